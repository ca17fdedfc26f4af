package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// gave stores a conversation of somebody who gave a value, in a bucket; with a key as a customer or none.
func (b *bench) gave(t *testing.T, bucket storage.Bucket, i int, customer, site string, value float64) {
	t.Helper()
	p, now := person(i), b.clock.Now()
	s, of := session(newID(), p, now), identity(p, "", now)
	s.Bucket, of.Bucket, of.Session, of.Customer, s.Customer = bucket, bucket, s.ID, customer, customer
	s.Site, s.Day, s.Flow, s.Status, s.Lang, s.Facts.Class, s.Judgement.Level = site, "2026-03-01", "f", survey.Completed, "en", survey.Transactional, 4
	s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: now}}
	if err := errors.Join(b.store.Advance(t.Context(), bucket, []storage.Turn{change("gave:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers})})...); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		more = must(b.store.Fold(t.Context(), bucket, folding{flow: gaveFlow()}, 100))(t).More
	}
}

// gaveFlow is the survey that gave answers.
func gaveFlow() *survey.Flow {
	scale := survey.Scale{}
	for i := range 5 {
		score := float64(25 * i)
		scale.Options = append(scale.Options, survey.Option{Value: float64(i + 1), Score: &score})
	}
	return &survey.Flow{ID: "f", Version: 1, Questions: []survey.Question{{Key: "overall", Kind: survey.ScaleQ, Scale: scale, Primary: true}}}
}

// foldAll folds what waits in every bucket.
func (b *bench) foldAll(t *testing.T) {
	t.Helper()
	for in := range storage.Bucket(b.store.Buckets()) {
		for more := true; more; {
			more = must(b.store.Fold(t.Context(), in, folding{flow: gaveFlow()}, 100))(t).More
		}
	}
}

func init() {
	inboxTests["what a customer gave at several sites and in several chats counts as one customer's"] = func(t *testing.T, b *bench) {
		ctx, last := t.Context(), storage.Bucket(b.store.Buckets()-1)
		b.gave(t, 0, 1, "", "a", 2) // a chat that is nobody's
		b.gave(t, 0, 1, "", "b", 4)
		b.gave(t, 0, 2, "c1", "a", 1) // a customer with two chats, in two buckets if there are two
		b.gave(t, last, 3, "c1", "b", 5)
		b.gave(t, last, 4, "", "b", 3)
		f := storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-01-01", To: "2026-12-31", Limit: 9}
		list, more, err := b.store.Judged(ctx, f)
		if err != nil || more {
			t.Fatal(more, err)
		}
		var customers []string
		for _, j := range list {
			customers = append(customers, j.Customer)
		}
		want := []string{"p:" + person(1).ID(), "p:" + person(1).ID(), "p:" + person(4).ID(), "p:c1", "p:c1"}
		slices.Sort(want)
		same(t, "customers", customers, want)
		given, more, err := b.store.Given(ctx, f)
		if err != nil || more {
			t.Fatal(more, err)
		}
		customers = nil
		for _, g := range given {
			customers = append(customers, g.Customer)
			if a := g.Answer("overall"); len(g.Answers) != 1 || a == nil || a.Value == nil || *a.Score != 25*(*a.Value-1) || !a.At.Equal(b.clock.Now()) || a.Kind != "scale" {
				t.Errorf("given: %+v", g)
			}
		}
		same(t, "customers of what was given", customers, want)
		one := f
		one.Limit = 1
		behind := 0
		for in := range storage.Bucket(b.store.Buckets()) {
			for after := (storage.GivenPlace{}); ; behind++ {
				next := must(b.store.GivenAfter(ctx, in, after, one))(t)
				if len(next) == 0 {
					break
				}
				at := next[0].Place()
				if len(next) != 1 || slices.Compare([]string{after.Site, after.Day, after.ID}, []string{at.Site, at.Day, at.ID}) >= 0 {
					t.Fatalf("behind %v comes %+v", after, next)
				}
				after = at
			}
		}
		equal(t, "conversations one by one", behind, len(want))
		if list[0].Scores != nil {
			t.Errorf("scores that nobody asked for: %+v", list[0])
		}
		f.Scores = true
		list, _, err = b.store.Judged(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		scores := map[string][]float64{}
		for _, j := range list {
			for _, x := range j.Scores {
				scores[j.Customer+" "+x.Question] = append(scores[j.Customer+" "+x.Question], x.Score)
			}
		}
		for _, of := range scores {
			slices.Sort(of)
		}
		// 1 … 5 are 0, 25 … 100 of 100.
		same(t, "scores", scores, map[string][]float64{"p:" + person(1).ID() + " overall": {25, 75}, "p:" + person(4).ID() + " overall": {50}, "p:c1 overall": {0, 100}})
		f.Sites = nil
		if list, more, err := b.store.Judged(ctx, f); len(list) > 0 || more || err != nil {
			t.Errorf("nowhere: %d, %v, %v", len(list), more, err)
		}
	}
	inboxTests["figures are made of what was judged, asked and wanted said"] = func(t *testing.T, b *bench) {
		ctx := t.Context()
		one := b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		two := b.answered(t, 2, "b", "2026-03-02", 5, "")
		three := b.answered(t, 3, "a", "2026-03-03", 7, "")
		for _, c := range []struct {
			name string
			f    storage.FigureFilter
			want []string
		}{
			{"at a", storage.FigureFilter{Sites: []string{"a"}}, []string{one.ID, three.ID}},
			{"everywhere", storage.FigureFilter{Sites: []string{"a", "b"}}, []string{one.ID, two.ID, three.ID}},
			{"nowhere", storage.FigureFilter{}, nil},
			{"up to a day", storage.FigureFilter{Sites: []string{"a", "b"}, To: "2026-03-02"}, []string{one.ID, two.ID}},
			{"from a day", storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-03-02"}, []string{two.ID, three.ID}},
			{"of a flow and a person", storage.FigureFilter{Sites: []string{"a"}, Flow: "f", Staff: "Bo", Language: "en"}, []string{one.ID, three.ID}},
			{"of another flow", storage.FigureFilter{Sites: []string{"a"}, Flow: "g"}, nil},
			{"of another service", storage.FigureFilter{Sites: []string{"a"}, Service: "x"}, nil},
			{"by another channel", storage.FigureFilter{Sites: []string{"a"}, Channel: "web"}, nil},
		} {
			f := c.f
			f.Limit = 9
			if f.To == "" {
				f.To = "2026-12-31"
			}
			list, more, err := b.store.Judged(ctx, f)
			if err != nil || more {
				t.Fatalf("%s: %v, more %v", c.name, err, more)
			}
			var found []string
			for _, j := range list {
				found = append(found, j.ID)
			}
			slices.Sort(found)
			slices.Sort(c.want)
			same(t, c.name, found, c.want)
		}
		all := storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-01-01", To: "2026-12-31", Limit: 2}
		for _, flow := range []string{"", "f"} {
			all.Flow = flow
			if _, more, err := b.store.Judged(ctx, all); err != nil || !more {
				t.Errorf("more than the limit of %q: %v, %v", flow, more, err)
			}
		}
		all.Limit, all.Flow = 9, ""
		list, _, err := b.store.Judged(ctx, all)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range list {
			if j.ID == one.ID && (j.Level != 2 || j.Day != "2026-03-01" || j.Customer != "p:"+one.Identity || j.Staff != "Bo") {
				t.Errorf("it says %+v", j)
			}
		}
		now := b.clock.Now()
		c := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open, Session: one.ID, OpenedAt: now}, Site: "a"})
		b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open, OpenedAt: now}, Site: "elsewhere"})
		lone := b.putCase(t, storage.Case{Case: recovery.Case{State: recovery.Open, OpenedAt: now}, Site: "b"})
		wide := all
		wide.From, wide.To = now.AddDate(-1, 0, 0).UTC().Format(time.DateOnly), now.AddDate(1, 0, 0).UTC().Format(time.DateOnly)
		cases, more, err := b.store.FigureCases(ctx, wide)
		if err != nil || more {
			t.Fatal(more, err)
		}
		days := map[string]string{}
		for _, k := range cases {
			days[k.ID] = k.Day + " " + k.Flow
		}
		want := map[string]string{lone.ID: lone.OpenedAt.UTC().Format(time.DateOnly) + " "}
		if one.Day >= wide.From && one.Day <= wide.To {
			want[c.ID] = "2026-03-01 f"
		}
		same(t, "cases", days, want)
		wide.Flow = "f"
		if cases, _, err := b.store.FigureCases(ctx, wide); err != nil || len(cases) != len(want)-1 {
			t.Errorf("of a flow: %d, %v", len(cases), err)
		}
		wide.Flow = ""

		made := func(id, session string, invite storage.Invitation) {
			invite.ID, invite.Site, invite.Flow, invite.Session, invite.Created = id, "a", "f", session, now
			if session != "" {
				invite.RedeemedAt = now
			}
			b.advance(t, change("asked:"+id, storage.Change{Invitation: &invite}))
		}
		made("i1", one.ID, storage.Invitation{})
		made("i2", "", storage.Invitation{Customer: "c7"})
		made("i3", "", storage.Invitation{Test: true})
		made("i4", "", storage.Invitation{Case: c.ID})
		asked, more, err := b.store.Asked(ctx, wide)
		if err != nil || more {
			t.Fatal(more, err)
		}
		slices.SortFunc(asked, func(x, y storage.AskedCustomer) int { return y.Level - x.Level })
		today := now.UTC().Format(time.DateOnly)
		same(t, "asked", asked, []storage.AskedCustomer{
			{Day: today, Site: "a", Flow: "f", Opened: true, Answered: true, Level: 2, Customer: "s:i1"}, {Day: today, Site: "a", Flow: "f", Customer: "p:c7"},
		})

		b.experimented(t, one.ID, one.Bucket)
		of := map[storage.Of]recovery.Facts{
			storage.OfStaff: {Class: survey.Pulse}, storage.OfGuests: {Class: survey.Mystery}, storage.OfLost: {Class: survey.Relationship, Lost: true},
		}
		for kind, facts := range of {
			made("i5"+string(kind), "", storage.Invitation{Customer: "of " + string(kind), Facts: facts})
		}
		for kind := range of {
			f := wide
			f.Of = kind
			only, more, err := b.store.Asked(ctx, f)
			if err != nil || more || len(only) != 1 || only[0].Customer != "p:of "+string(kind) {
				t.Errorf("asked of %s: %+v, %v, %v", kind, only, more, err)
			}
		}
		for _, x := range []struct {
			flows []string
			want  int
		}{{[]string{"f", "g"}, 2}, {[]string{"g"}, 0}, {[]string{}, 0}} {
			f := wide
			f.Flows = x.flows
			if asked, more, err := b.store.Asked(ctx, f); err != nil || more || len(asked) != x.want {
				t.Errorf("asked by the surveys %q are %d, not %d, %v, %v", x.flows, len(asked), x.want, more, err)
			}
		}
		for kind, want := range map[storage.Of]int{storage.OfCustomers: 2, storage.OfAnybody: 5} {
			f := wide
			f.Of = kind
			if asked, _, err := b.store.Asked(ctx, f); err != nil || len(asked) != want {
				t.Errorf("asked of %q are %d, not %d, %v", kind, len(asked), want, err)
			}
		}

		b.advance(t, change("said", storage.Change{Feedback: []storage.Feedback{
			{ID: newID(), Kind: storage.Complaint, Site: "a", Session: one.ID, Identity: one.Identity, Text: "late", At: now},
			{ID: newID(), Kind: storage.Praise, Site: "elsewhere", Text: "fine", At: now},
		}}))
		said, more, err := b.store.Received(ctx, wide)
		if err != nil || more || len(said) != 1 || said[0].Kind != storage.Complaint || said[0].Customer != "p:"+one.Identity {
			t.Errorf("received: %+v, %v, %v", said, more, err)
		}
		b.clock.Add(time.Minute)
		elder := now
		now = b.clock.Now()
		b.advance(t, change("said more", storage.Change{Feedback: []storage.Feedback{{ID: newID(), Kind: storage.Complaint, Site: "b", Text: "again", At: now}}}))
		words := storage.SaidFilter{FigureFilter: wide, Kind: storage.Complaint}
		words.Limit = 1
		newest := must(b.store.Said(ctx, words))(t)
		if len(newest) != 1 || newest[0].Text != "again" || newest[0].Session != "" || !newest[0].At.Equal(now) || newest[0].Level != 0 {
			t.Fatalf("the newest words: %+v", newest)
		}
		words.Before = newest[0].Place()
		if next := must(b.store.Said(ctx, words))(t); len(next) != 1 || next[0].Text != "late" || next[0].Session != one.ID || next[0].Level != 2 || next[0].Staff != "Bo" || !next[0].At.Equal(elder) {
			t.Errorf("the next words: %+v", next)
		}
		words.Before, words.Limit = storage.Place{}, 9
		for level, want := range map[int]int{0: 2, 2: 1, 3: 0} {
			words.Worst, words.Best = level, level
			equal(t, "words of a level", len(must(b.store.Said(ctx, words))(t)), want)
		}
		words.Worst, words.Best, words.Kind = 0, 0, storage.Praise
		equal(t, "words of elsewhere", len(must(b.store.Said(ctx, words))(t)), 0)
		for filter, want := range map[*storage.FigureFilter]int{{Flow: "f"}: 1, {Flow: "another"}: 0, {Staff: "Bo", Language: "en"}: 1, {Staff: "Eve"}: 0} {
			f := wide
			f.Flow, f.Staff, f.Language = filter.Flow, filter.Staff, filter.Language
			if said, _, err := b.store.Received(ctx, f); err != nil || len(said) != want {
				t.Errorf("received under %+v: %+v, %v", filter, said, err)
			}
		}
	}
	inboxTests["a pulse of one's own staff is apart from what customers say"] = func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		of := b.answeredAs(t, survey.Pulse, "pulse", 5, "a", "2026-03-01", 1, "more hands")
		b.answeredAs(t, survey.Pulse, "pulse", 6, "b", "2026-03-02", 7, "")
		f := storage.FigureFilter{Sites: []string{"a", "b"}, From: "2026-03-01", To: "2026-03-31", Limit: 9, Of: storage.OfStaff, Scores: true}
		list, more, err := b.store.Judged(ctx, f)
		if err != nil || more || len(list) != 2 {
			t.Fatalf("a pulse: %+v, %v, %v", list, more, err)
		}
		for _, j := range list {
			if j.Flow != "pulse" || j.Site == "a" && (j.Level != 1 || j.Customer != "p:"+of.Identity) {
				t.Errorf("it says %+v", j)
			}
		}
		words, more, err := b.store.PulseWords(ctx, f)
		if err != nil || more {
			t.Fatal(more, err)
		}
		same(t, "words of staff", words, []storage.PulseWords{{Day: "2026-03-01", Site: "a", Text: "more hands"}})
		f.Of = storage.OfCustomers
		if list, _, err := b.store.Judged(ctx, f); err != nil || len(list) != 1 || list[0].Flow != "f" {
			t.Errorf("of customers: %+v, %v", list, err)
		}
		f.Sites, f.To = []string{"b"}, "2026-03-01"
		if words, _, err := b.store.PulseWords(ctx, f); err != nil || len(words) > 0 {
			t.Errorf("elsewhere they wrote %+v, %v", words, err)
		}
	}
	inboxTests["rows are handed out with yes and no, numbers and days as they are meant"] = func(t *testing.T, b *bench) {
		one := b.answered(t, 1, "a", "2026-03-01", 2, "it was late")
		rows := map[storage.Exported][]map[string]any{}
		for _, what := range storage.ExportedKinds() {
			err := b.store.Export(t.Context(), what, storage.ExportFilter{}, func(values []any) error {
				row := map[string]any{}
				for i, c := range what.Columns() {
					row[c] = values[i]
				}
				rows[what] = append(rows[what], row)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if s := rows[storage.ExportSessions]; len(s) != 1 || s[0]["session"] != one.ID || s[0]["day"] != "2026-03-01" || s[0]["level"] != int64(2) || s[0]["test"] != false || s[0]["composite"] != nil {
			t.Errorf("sessions: %v", s)
		}
		if a := rows[storage.ExportAnswers]; len(a) != 2 || a[0]["newest"] != true || a[0]["value"] != 2.0 && a[1]["value"] != 2.0 {
			t.Errorf("answers: %v", a)
		}
		if w := rows[storage.ExportWords]; len(w) != 1 || w[0]["text"] != "it was late" {
			t.Errorf("words: %v", w)
		}
		b.answeredAs(t, survey.Pulse, "pulse", 5, "a", "2026-03-01", 1, "the boss shouts") // one colleague's row, which nobody gets
		other := b.answered(t, 3, "b", "2026-03-04", 2, "it was loud")
		for _, c := range []struct {
			f    storage.ExportFilter
			want []string
		}{
			{storage.ExportFilter{}, []string{one.ID, other.ID}},
			{storage.ExportFilter{Sites: []string{"a"}}, []string{one.ID}},
			{storage.ExportFilter{Sites: []string{}}, nil},
			{storage.ExportFilter{Sites: []string{"a", "b"}, Since: "2026-03-02"}, []string{other.ID}},
			{storage.ExportFilter{Until: "2026-03-01"}, []string{one.ID}},
			{storage.ExportFilter{Since: "2026-03-01", Until: "2026-03-04", Flow: "f"}, []string{one.ID, other.ID}},
			{storage.ExportFilter{Flow: "another"}, nil},
		} {
			for _, what := range storage.ExportedKinds() {
				var got, texts []string
				err := b.store.Export(t.Context(), what, c.f, func(values []any) error {
					if i := slices.Index(what.Columns(), "text"); i >= 0 {
						texts = append(texts, values[i].(string))
					}
					if i := slices.Index(what.Columns(), "session"); i >= 0 && !slices.Contains(got, values[i].(string)) {
						got = append(got, values[i].(string))
					}
					return nil
				})
				slices.Sort(got)
				if what == storage.ExportWords && slices.Contains(texts, "the boss shouts") {
					t.Error("what a colleague wrote in a pulse is handed out")
				}
				want := slices.Sorted(slices.Values(c.want))
				if err != nil || slices.Contains(what.Columns(), "session") && !slices.Equal(got, want) {
					t.Errorf("%s under %+v: of %q, want %q, %v", what, c.f, got, want, err)
				}
			}
		}
		if err := b.store.Export(t.Context(), "sessions; DROP TABLE answers", storage.ExportFilter{}, nil); err == nil {
			t.Error("anything is handed out")
		}
		if err := b.store.Export(t.Context(), storage.ExportAnswers, storage.ExportFilter{}, func([]any) error { return context.Canceled }); err == nil {
			t.Error("who cannot take it is not heard")
		}
	}
}
