package storagetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Hostile are texts that have broken databases, chats and pages. Each must be stored as
// storage.Clean makes it, the same on every engine.
func Hostile() []string {
	list := []string{
		"", " ", "\t\n\r", "\x00", "a\x00b", "\x00\x00\x00", "\\u0000", `\x00`, "\\", `\\u0000`, `"quoted"`, "'", "''", "`", "?", "$1", "$$", ":name", "%", "%s%n", "_", "--", "/*", ";",
		"'; DROP TABLE sessions; --", `" OR ""="`, "1' OR '1'='1", "Robert'); DROP TABLE answers;--", "\\'; SELECT pg_sleep(9); --",
		"\xff", "\xfe\xff", "\xc3\x28", "\xe2\x82", "\xf0\x28\x8c\xbc", "\xed\xa0\x80", "\xed\xa0\xbd\xed\xb8\x80", "\xc0\xaf", "ok\x80ok", "\xf4\x90\x80\x80",
		"\u202e\u202dright to left", "مرحبا", "שלום", "\u200b\u200c\u200d\ufeff", "zero\u200bwidth", "\u2028\u2029", "\u0085", "\ufffd", "\ufffe", "\uffff", "\U0010ffff",
		"😀", "👩‍👩‍👧‍👦", "👍🏿", "🏳️‍🌈", "🇨🇳", "中文字符", "日本語", "e\u0301", "\u0041\u030a", "ﷺ", "ﬃ",
		strings.Repeat("\u0300", 1000), "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", strings.Repeat("a", 1<<20), strings.Repeat("😀", 1<<16),
		"<script>alert(1)</script>", "<b>bold</b>", "&amp;&lt;", "<!-- -->", "]]>", "javascript:alert(1)", "*bold* _it_ [x](http://y)", "<!channel> <@U1>", "```code```",
		`{"a":"\u0000"}`, `{"$ne":null}`, "[]", "null", "NULL", "true", "0", "-0", "1e309", "NaN", "=cmd|' /C calc'!A0", "../../etc/passwd", "CON", "\x1b[31mred\x07", "\x7f", "\x01\x02\x03",
	}
	return list
}

var textTests = map[string]func(*testing.T, *bench){
	"every text is stored as it is, or cleaned by the rule": func(t *testing.T, b *bench) {
		if len(Hostile()) < 60 {
			t.Fatalf("only %d hostile texts", len(Hostile()))
		}
		ctx, now := t.Context(), b.clock.Now()
		for n, raw := range Hostile() {
			clean := storage.Clean(raw)
			key := fmt.Sprintf("%d-", n)
			short := raw
			if len(short) > 500 {
				short = short[:500] // ids are in indexes, which do not hold megabytes
			}
			p := storage.Person{Platform: chat.Telegram, Account: "42", User: key + short}
			id, caseID := newID(), newID()
			i := identity(p, id, now)
			i.Name, i.Username, i.Customer = raw, raw, short
			a := survey.Answer{Question: "q" + short, Text: raw, Choices: []string{raw, "x"}, Files: []survey.File{{Kind: "photo", ID: raw, Name: raw}}, Revision: 1, At: now}
			s := session(id, p, now)
			s.Case, s.Answers, s.Attributes, s.Site, s.Customer = caseID, []survey.Answer{a}, map[string]string{"item": raw}, short, short
			inv := storage.Invitation{ID: "inv" + key + short, Site: short, Channel: raw, Attributes: map[string]string{"agent_name": raw}, Created: now, Expires: now}
			next := n + 1
			c := storage.Case{Case: recovery.Case{ID: caseID, Number: next, State: recovery.Open, OpenedAt: now}, Site: short}
			e := storage.CaseEvent{ID: newID(), Case: caseID, At: now, Kind: "words", By: raw, Note: raw}
			w := storage.Words{ID: newID(), Session: id, Text: raw, Files: a.Files, At: now}
			op := want("q:"+key+short, p, raw)
			op.Want.Render.Rows = [][]chat.Button{{{Text: raw, Data: raw}}}
			op.Want.Address = chat.Address{Platform: chat.Web, Chat: key + short}
			turn := change("key"+key+raw, storage.Change{
				Identity: &i, Session: &s, Answers: []survey.Answer{a}, Invitation: &inv, Case: &c,
				Events: []storage.CaseEvent{e}, Words: []storage.Words{w}, Slots: []storage.SlotOp{op},
			})
			var result storage.Result
			turn.Done = func(r storage.Result) { result = r }
			fail := func(what string, got any) { t.Fatalf("text %d (%.40q): %s is %.80q", n, raw, what, fmt.Sprint(got)) }
			if err := b.store.Advance(ctx, 0, []storage.Turn{turn})[0]; err != nil {
				fail("error", err)
			}
			wantErrors(t, b.store.Advance(ctx, 0, []storage.Turn{turn}), storage.ErrSeen)

			if got := must(b.store.Identity(ctx, 0, p.ID()))(t); got.Name != clean || got.Person.User != storage.Clean(p.User) {
				fail("name", got.Name)
			}
			if got := must(b.store.Session(ctx, 0, id))(t); got.Answers[0].Text != clean || got.Attributes["item"] != clean {
				fail("the session's answer", got.Answers[0].Text)
			}
			got := must(b.store.Answers(ctx, 0, id))(t)
			if len(got) != 1 || got[0].Text != clean || got[0].Choices[0] != clean || got[0].Files[0].ID != clean || got[0].Question != storage.Clean("q"+short) {
				fail("answer", got)
			}
			if got := must(b.store.Invitation(ctx, 0, inv.ID))(t); got.Attributes["agent_name"] != clean {
				fail("invitation", got.Attributes)
			}
			if got := must(b.store.CaseEvents(ctx, 0, caseID))(t); len(got) != 1 || got[0].Note != clean || got[0].By != clean {
				fail("event", got)
			}
			show := must(b.store.Transcript(ctx, 0, op.Want.Address))(t)
			if len(show) != 1 || show[0].Render.Text != clean || show[0].Render.Rows[0][0].Data != clean {
				fail("transcript", show)
			}
			same(t, "what the turn hears of its delivery", result.Changed, show)

			check(t, b.store.PutSite(ctx, storage.Site{ID: key, Name: raw, Zone: short, Created: now}))
			check(t, b.store.PutCustomer(ctx, storage.Customer{ID: key + short, Name: raw, Created: now}))
			if got := must(b.store.Customer(ctx, key+short))(t); got.Name != clean {
				fail("customer", got.Name)
			}
			check(t, b.store.PutMove(ctx, chat.Address{Chat: key + short}, chat.Address{Chat: short}))
			check(t, b.store.Park(ctx, storage.Parked{Key: "parked" + key + raw, Person: p, Payload: raw, Error: raw, At: now}))
			if _, _, err := b.store.Publish(ctx, "flow"+key, raw, now); err != nil {
				fail("publishing", err)
			}
			if got := must(b.store.FlowSource(ctx, "flow"+key, 0))(t); got.Source != clean {
				fail("flow", got.Source)
			}
			_, ok, err := b.store.Acquire(ctx, key+short, short, 1)
			if err != nil || !ok {
				fail("lease", err)
			}
		}
		if got := must(b.store.ParkedUpdates(ctx, 1000))(t); len(got) != len(Hostile()) {
			t.Fatalf("%d parked, want %d", len(got), len(Hostile()))
		}
		if got := must(b.store.Moves(ctx))(t); len(got) != len(Hostile()) {
			t.Fatalf("%d moves, want %d", len(got), len(Hostile()))
		}
	},
	"an unclean key is the same key as its clean form": func(t *testing.T, b *bench) {
		b.advance(t, change("a\x00b\xff", storage.Change{}))
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{change("ab\ufffd", storage.Change{}), change("a\x00b\xff", storage.Change{})}), storage.ErrSeen, storage.ErrSeen)
	},
}
