package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/survey"
)

// file writes a file into the console's directory.
func (c *console) file(name, content string) string {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return name
}

func TestRulesArePublishedAndShown(t *testing.T) {
	c := newConsole(t, nil)
	if got := c.must("recovery", "show"); !strings.HasPrefix(got, "# The shipped rules") || !strings.Contains(got, string(rulefile.Shipped())) {
		t.Errorf("before the first: %q", got)
	}
	good := c.file("recovery.yaml", "rules:\n  attribute: false\nsites:\n  main-street:\n    storm: {cases: 5}\n")
	if got := c.must("recovery", "check", good); got != "recovery.yaml: no errors.\n" {
		t.Errorf("check says %q", got)
	}
	c.refuses(1, "there is no site main-street", "recovery", "apply", good)
	c.must("site", "add", "main-street", "--name", "Main Street")
	if got := c.must("recovery", "apply", good); !strings.HasPrefix(got, "Published as version 1.") {
		t.Errorf("apply says %q", got)
	}
	if got := c.must("recovery", "apply", good); !strings.Contains(got, "in force already, as version 1") {
		t.Errorf("apply again says %q", got)
	}
	c.must("recovery", "apply", c.file("other.yaml", "rules: {gap: false}\n"))
	if got := c.must("recovery", "show"); !strings.HasPrefix(got, "# Recovery rules, version 2, published ") || !strings.HasSuffix(got, "\nrules: {gap: false}\n") {
		t.Errorf("show says %q", got)
	}
	var view versionView
	err := json.Unmarshal([]byte(c.must("recovery", "show", "--version", "1", "--json")), &view)
	if err != nil {
		t.Fatal(err)
	}
	if *view.Version != 1 {
		t.Errorf("*view.Version is %v, want 1", *view.Version)
	}
	if !strings.Contains(view.Source, "main-street") {
		t.Errorf("the site is not in the source: %+v", view)
	}
	c.refuses(1, "no version 7", "recovery", "show", "--version", "7")

	bad := c.file("bad.yaml", "rules:\n  gpa: true\n  storm: {cases: 1}\n")
	for _, command := range []string{"check", "apply", "try"} {
		c.refuses(1, "line 2, column 3", "recovery", command, bad)
		c.refuses(2, "cannot be read", "recovery", command, "missing.yaml")
	}
	for _, command := range []string{"check", "apply"} {
		if code := c.call("recovery", command, bad, "--json"); code != 1 {
			t.Errorf("%s --json: exit code %d", command, code)
		}
		var report checkedFile
		if err := json.Unmarshal(c.stdout.Bytes(), &report); err != nil || report.OK || report.Version != nil || len(report.Errors) != 2 || report.Errors[1].Line != 3 {
			t.Errorf("%s: %+v, %v", command, report, err)
		}
	}
	if got := c.must("recovery", "show"); !strings.Contains(got, "version 2") {
		t.Errorf("a refused file changed something: %q", got)
	}
}

// past stores sessions that ended, as the bot would have.
func (c *console) past(sessions ...storage.Session) {
	c.t.Helper()
	store, err := sqlite.Open(c.t.Context(), strings.TrimPrefix(c.env["DATABASE_URL"], "sqlite:"), sqlite.Options{Migrate: true})
	if err != nil {
		c.t.Fatal(err)
	}
	defer store.Close()
	var turns []storage.Turn
	for i := range sessions {
		s := &sessions[i]
		s.ID = uuid.NewString()
		turns = append(turns, storage.Turn{Apply: func(l storage.Loaded) (storage.Change, error) {
			change := storage.Change{Session: s}
			d := recovery.Decide(recovery.DefaultRules, s.Facts, s.Judgement)
			if d.Opens {
				k := recovery.Case{ID: uuid.NewString(), Number: l.NextCase, Session: s.ID, State: recovery.Open, Decision: d, OpenedAt: s.Started}
				s.Case, change.Case = k.ID, &storage.Case{Case: k, Site: s.Site}
			}
			return change, nil
		}})
	}
	for _, err := range store.Advance(context.Background(), 0, turns) {
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// ended is a session with a main answer at this level of seven.
func ended(level int, ago time.Duration) storage.Session {
	flag := survey.Satisfied
	switch {
	case level <= 3:
		flag = survey.Unsatisfied
	case level == 4:
		flag = survey.Neutral
	}
	value := float64(level)
	at := app.Now().Add(-ago)
	return storage.Session{
		Session: survey.Session{
			Status: survey.Completed, Started: at, Ended: at,
			Answers: []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: at}},
		},
		Site: "main-street", Facts: recovery.Facts{Class: survey.Transactional, Tier: recovery.Normal},
		Judgement: survey.Judgement{Flag: flag, Settled: true, Level: level, Primary: survey.Primary{Answered: true, Level: level}},
	}
}

func TestRulesAreTriedOnThePast(t *testing.T) {
	c := newConsole(t, map[string]string{"SECRET_KEY": someKey})
	same := c.file("same.yaml", "rules: {}\n")
	if got := c.must("recovery", "try", same); got != "0 sessions looked at. Nothing would have been different.\n" {
		t.Errorf("an empty database: %q", got)
	}
	aspect := ended(6, time.Hour)
	aspect.Judgement.Bottom = []string{"speed"}
	valued := ended(3, time.Hour)
	valued.Facts.Tier = recovery.MVC
	test, live, silent, old := ended(1, time.Hour), ended(1, time.Hour), ended(1, time.Hour), ended(1, 100*24*time.Hour)
	test.Test, live.Status, silent.Answers = true, survey.Active, nil
	c.past(ended(1, time.Hour), aspect, ended(4, time.Hour), valued, ended(7, time.Hour), test, live, silent, old)
	if got := c.must("recovery", "try", same); got != "5 sessions looked at. Nothing would have been different.\n" {
		t.Errorf("the same rules: %q", got)
	}
	other := c.file("other.yaml", "rules: {attribute: false, watch: false, raise_tier: false}\n")
	got := c.must("recovery", "try", other)
	for _, want := range []string{"would not open", "P3", "attribute_bottom", "less urgent", "P2 → P3", "5 sessions looked at: 1 would not open, 1 less urgent, 1 would not be watched."} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in:\n%s", want, got)
		}
	}
	if got := c.must("recovery", "try", other, "--since", "120d"); !strings.Contains(got, "6 sessions looked at") {
		t.Errorf("since long ago:\n%s", got)
	}
	var report struct {
		Since       time.Time
		Differences []triedSession
		Sessions    int
		Changes     map[recovery.Change]int
	}
	if err := json.Unmarshal([]byte(c.must("recovery", "try", other, "--json")), &report); err != nil {
		t.Fatalf("%v in %s", err, c.stdout.String())
	}
	want := map[recovery.Change]int{
		recovery.WouldOpen: 0, recovery.WouldNot: 1, recovery.MoreUrgent: 0, recovery.LessUrgent: 1, recovery.WouldWatch: 0, recovery.WouldIgnore: 1,
	}
	if diff := cmp.Diff(want, report.Changes); diff != "" || report.Sessions != 5 || len(report.Differences) != 3 {
		t.Errorf("%+v\n%s", report, diff)
	}
	for _, d := range report.Differences {
		if (d.Case != nil) != d.Was.Opens {
			t.Errorf("a case would open: %v, and then: %v", d.Case != nil, d.Was.Opens)
		}
		if d.Site != "main-street" {
			t.Errorf("d.Site is %q, want main-street", d.Site)
		}
	}
	if err := json.Unmarshal([]byte(c.must("recovery", "try", same, "--json")), &report); err != nil {
		t.Errorf("no differences: %v in %s", err, c.stdout.String())
	}
	// Rules of a site are tried on its sessions only.
	c.must("site", "add", "main-street", "--name", "Main Street")
	site := c.file("site.yaml", "sites: {elsewhere: {primary: false}}\n")
	if got := c.must("recovery", "try", site); !strings.Contains(got, "Nothing would have been different") {
		t.Errorf("the rules of another site: %s", got)
	}
	c.refuses(2, "since", "recovery", "try", same, "--since", "soon")
	c.refuses(2, "since", "recovery", "try", same, "--since", "0m")
}

func TestThePastIsReadInPages(t *testing.T) {
	c := newConsole(t, map[string]string{"SECRET_KEY": someKey})
	for n := 0; n < 2*bot.TryPage+7; {
		var batch []storage.Session
		for ; len(batch) < 100 && n < 2*bot.TryPage+7; n++ {
			batch = append(batch, ended(1+n%7, time.Hour))
		}
		c.past(batch...)
	}
	got := c.must("recovery", "try", c.file("none.yaml", "rules: {primary: false, composite: false}\n"))
	opened := 0
	for n := range 2*bot.TryPage + 7 {
		if n%7 < 3 {
			opened++
		}
	}
	if want := fmt.Sprintf("%d sessions looked at: %d would not open.", 2*bot.TryPage+7, opened); !strings.Contains(got, want) {
		t.Errorf("no %q in %s", want, got[max(0, len(got)-200):])
	}
	if lines := strings.Count(got, "would not open  "); lines != opened {
		t.Errorf("%d lines of %d", lines, opened)
	}
}
