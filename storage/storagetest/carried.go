package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Carried is the test of a database from before conversations held every revision. exec runs a
// statement on it, moment spells a time for it, and open migrates it.
func Carried(t *testing.T, exec func(text string), moment func(time.Time) string, open func() storage.Store) {
	t.Helper()
	at := carry(exec, moment)
	s := open()
	four, two := 4.5, 2.0
	same(t, "revisions", must(s.Answers(t.Context(), 0, "changed"))(t), []survey.Answer{
		{Question: "a", Value: &four, Revision: 1, At: at},
		{Question: "why", Text: "it's late", Revision: 1, At: at.Add(time.Second)},
		{Question: "a", Choices: []string{"x", `y "z"`}, Files: []survey.File{{Kind: "photo", ID: "p1"}}, Skipped: true, Revision: 2, At: at.Add(time.Second)},
		{Question: "a", Value: &two, Revision: 3, At: at.Add(2 * time.Second)},
	})
	equal(t, "revisions of one that was not changed", len(must(s.Session(t.Context(), 0, "plain"))(t).Earlier), 0)
	equal(t, "revisions that only rows had", len(must(s.Answers(t.Context(), 0, "silent"))(t)), 1)
	equal(t, "buckets with a pass", must(s.Behind(t.Context()))(t).Passing, 1)
	foldUp(t, s, 2)
	wantFolded(t, s, 3, 6)
	equal(t, "day", must(s.Session(t.Context(), 0, "changed"))(t).Day, "2026-03-04")
}

// carry fills a database of that time with three conversations of six revisions, and says when they were.
func carry(exec func(text string), moment func(time.Time) string) time.Time {
	at := time.Date(2026, 3, 4, 23, 6, 7, 123456000, time.UTC)
	exec("INSERT INTO buckets (bucket, cases, ord, sessions, answers, protocol) VALUES (0, 0, 0, 3, 6, 2)")
	session := func(id, more string) {
		exec(fmt.Sprintf("INSERT INTO sessions (bucket, id, identity, flow, version, status, site, customer, invitation, case_id, started_at, level, unsatisfied, test, body)"+
			` VALUES (0, '%s', 'i', 'f', 1, 'completed', '', '', '', '', %s, 0, FALSE, FALSE, '{"id":"%s","flow":"f","version":1,"status":"completed","open":-1,`+
			`"started":"2026-03-04T23:06:07.123456Z"%s,"Site":"x","Facts":{},"Judgement":{}}')`, id, moment(at), id, more))
	}
	answer := func(id, question string, revision int, value, choices, text, files string, skipped bool, after time.Duration) {
		exec(fmt.Sprintf("INSERT INTO answers (bucket, session, question, revision, value, choices, text, files, skipped, dropped, at)"+
			" VALUES (0, '%s', '%s', %d, %s, '%s', '%s', '%s', %v, FALSE, %s)", id, question, revision, value, choices, text, files, skipped, moment(at.Add(after))))
	}
	session("changed", `,"answers":[{"q":"a","v":2,"r":3,"at":"2026-03-04T23:06:09.123456Z"},{"q":"why","t":"it''s late","r":1,"at":"2026-03-04T23:06:08.123456Z"}]`)
	answer("changed", "a", 1, "4.5", "", "", "", false, 0)
	answer("changed", "a", 2, "NULL", `["x","y \"z\""]`, "", `[{"kind":"photo","id":"p1"}]`, true, time.Second)
	answer("changed", "a", 3, "2", "", "", "", false, 2*time.Second)
	answer("changed", "why", 1, "NULL", "", "it''s late", "", false, time.Second)
	session("plain", `,"answers":[{"q":"a","v":1,"r":1,"at":"2026-03-04T23:06:07.123456Z"}]`)
	answer("plain", "a", 1, "1", "", "", "", false, 0)
	session("silent", "")
	answer("silent", "a", 1, "1", "", "", "", false, 0) // which should not be, and is not lost either
	return at
}
