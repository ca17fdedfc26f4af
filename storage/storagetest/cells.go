package storagetest

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// historyFolding makes rows of a survey of scales and, as the last, of choices.
func historyFolding() folding {
	scale := survey.Scale{}
	for i := range 5 {
		score := 100.0 / 3 * float64(i) / 4 * 3
		scale.Options = append(scale.Options, survey.Option{Value: float64(i + 1), Score: &score})
	}
	flow := &survey.Flow{ID: "f", Version: 1}
	for i := range 4 {
		flow.Questions = append(flow.Questions, survey.Question{Key: fmt.Sprint("q", i), Kind: survey.ScaleQ, Scale: scale, Primary: i == 0})
	}
	flow.Questions[3] = survey.Question{Key: "q3", Kind: survey.ChoiceQ, Max: 2, Choices: []survey.Choice{{Key: "price"}, {Key: "waiting"}, {Key: "other"}}}
	return folding{flow: flow}
}

// counting takes the lease of who counts.
func counting(t *testing.T, s storage.Store, holder string) (storage.Lease, bool) {
	t.Helper()
	l, ok, err := s.Acquire(t.Context(), storage.CountingLease, holder, time.Minute)
	check(t, err)
	return l, ok
}

// countUp counts everything that is marked.
func countUp(t *testing.T, s storage.Store, l storage.Lease) (n int) {
	t.Helper()
	for more := true; more; {
		did := must(s.CountCells(t.Context(), l, 2))(t)
		if did.Lost {
			t.Fatal("who has the lease is told that it is another's")
		}
		n, more = n+did.Counted, did.Counted > 0
	}
	for _, some := range []func(context.Context, storage.Lease, int) (storage.CountedCells, error){s.CountMonths, s.CountCases, s.CountAsked, s.CountAskedMonths} {
		for more := true; more; {
			more = must(some(t.Context(), l, 2))(t).Counted > 0
		}
	}
	return n
}

// count counts on the shaky store, or has another take the lease from it in the middle.
func (h *foldHistory) count() {
	t := h.t
	l, ok := counting(t, h.b.store, "history")
	if !ok {
		t.Fatal("nobody else counts")
	}
	store := h.trouble()
	all := []func(context.Context, storage.Lease, int) (storage.CountedCells, error){store.CountCases, store.CountCells, store.CountMonths, store.CountAsked, store.CountAskedMonths}
	_, err := all[h.rand.IntN(len(all))](t.Context(), l, 1+h.rand.IntN(3))
	h.tried(err)
	h.cutter.Plan(nil)
}

// counted holds the sums to what plain SQL counts, and to a comparison of all of them.
func (h *foldHistory) counted() {
	t, s := h.t, h.b.store
	t.Helper()
	l, _ := counting(t, s, "history")
	countUp(t, s, l)
	got := must(s.CompareCells(t.Context()))(t)
	if got.Waiting+got.Different > 0 || got.First != "" {
		t.Errorf("the sums are compared: %+v", got)
	}
	sameSums(t, s, h.db)
	sameCases(t, s, h.db)
	sameAsked(t, s, []string{"main", "harbour"})
	pending := must(s.AskedPending(t.Context()))(t)
	if left := count(t, h.db, "SELECT count(*) FROM cell_marks"); left > 0 || !must(s.CellsReady(t.Context()))(t) || !must(s.AskedReady(t.Context()))(t) || len(pending) > 0 {
		t.Errorf("everything is counted, and %d marks and %v are left", left, pending)
	}
}

// sameCases holds the cases of figures, as days keep them, to what plain SQL finds, and to those that are read
// case by case.
func sameCases(t *testing.T, s storage.Store, db *sql.DB) {
	t.Helper()
	filters := []storage.FigureFilter{{}, {Flow: "f"}, {Staff: "Bo", Language: "en"}, {Staff: "Eve"}, {Channel: "web"}, {Sites: []string{"harbour"}}}
	read := func() (all [][]storage.FigureCase) {
		for _, f := range filters {
			if f.From, f.To, f.Limit = "2000-01-01", "2999-12-31", 1000; f.Sites == nil {
				f.Sites = []string{"main", "harbour"}
			}
			list, more, err := s.FigureCases(t.Context(), f)
			if check(t, err); more {
				t.Fatal("there are more than a thousand cases")
			}
			slices.SortFunc(list, func(a, b storage.FigureCase) int { return cmp.Compare(a.ID, b.ID) })
			all = append(all, list)
		}
		return all
	}
	kept := read()
	var days []string
	for _, c := range kept[0] {
		if c.Flow == "" { // it is of no conversation
			equal(t, "the day of "+c.ID, c.Day, c.OpenedAt.Format(time.DateOnly))
			c.Day = ""
		}
		days = append(days, plain(fmt.Sprint(c.ID, c.Site, c.Day, c.Flow, c.Staff, c.Customer)))
	}
	want := printed(t, db, "SELECT c.id, c.site, coalesce(s.day, ''), coalesce(s.flow, ''), coalesce(s.staff, ''), c.customer"+
		" FROM cases c LEFT JOIN read_sessions s ON s.bucket = c.bucket AND s.session = c.session WHERE c.number > 0")
	for i := range want {
		want[i] = plain(want[i])
	}
	slices.Sort(days)
	slices.Sort(want)
	same(t, "cases of figures by SQL", days, want)
	if left := count(t, db, "SELECT count(*) FROM case_days WHERE facts = ''"); left > 0 {
		t.Errorf("everything is counted, and %d days of cases are empty", left)
	}
	exec(t, db, "UPDATE case_days SET facts = ''")
	same(t, "cases that are read one by one", read(), kept)
}

// sameSums holds what cells say to what plain SQL counts of the rows.
func sameSums(t *testing.T, s storage.Store, db *sql.DB) {
	t.Helper()
	counted := " WHERE answered > 0 AND level > 0 AND NOT test AND class IN ('transactional', 'relationship')"
	want := printed(t, db, "SELECT site, day, flow, level, count(*) FROM read_sessions"+counted+" GROUP BY site, day, flow, level")
	f := storage.FigureFilter{Sites: []string{"main", "harbour"}, From: "2000-01-01", To: "2999-12-31"}
	for _, by := range append(storage.CellDimensions(), storage.CellsDay) {
		total, said := [7]int{}, [7]int{}
		for _, c := range must(s.Cells(t.Context(), f, storage.CellsWhole))(t) {
			for i, n := range c.Levels {
				total[i] += n
			}
		}
		var days []string
		for _, c := range must(s.Cells(t.Context(), f, by))(t) {
			for i, n := range c.Levels {
				if said[i] += n; n > 0 && by == storage.CellsDay {
					days = append(days, fmt.Sprint(c.Site, " ", c.Key, " ", c.Flow, " ", i+1, " ", n))
				}
			}
		}
		equal(t, "sums by "+string(by), said, total)
		if by != storage.CellsDay {
			continue
		}
		for i := range want {
			want[i] = plain(want[i])
		}
		for i := range days {
			days[i] = plain(days[i])
		}
		slices.Sort(want)
		slices.Sort(days)
		same(t, "levels by day", days, want)
	}
	var scores []string
	for _, q := range must(s.CellQuestions(t.Context(), f))(t) {
		scores = append(scores, plain(fmt.Sprint(q.Site, q.Month, q.Flow, q.Question, q.N, q.Sum)))
	}
	of := printed(t, db, "SELECT a.site, substr(a.day, 1, 7), a.flow, a.question, count(*), sum(CAST(round(1000 * a.score) AS bigint))"+
		" FROM answers a WHERE a.newest AND NOT a.skipped AND NOT a.dropped AND a.score IS NOT NULL AND a.session IN (SELECT session FROM read_sessions"+counted+
		") GROUP BY 1, 2, 3, 4")
	for i := range of {
		of[i] = plain(of[i])
	}
	slices.Sort(scores)
	slices.Sort(of)
	same(t, "scores", scores, of)
	sameChoices(t, s, db)
	sameSpans(t, s, db, f, counted)
}

// sameSpans holds the sums of days that cut months, and of days that hold whole ones, to plain SQL.
func sameSpans(t *testing.T, s storage.Store, db *sql.DB, f storage.FigureFilter, counted string) {
	t.Helper()
	for _, days := range [][2]string{
		{"2025-12-31", "2026-03-01"},
		{"2026-01-01", "2026-03-31"},
		{"2026-02-02", "2026-05-01"},
		{"2026-03-01", "2026-03-31"},
		{"2026-03-01", "2026-03-30"},
		{"2026-03-02", "2026-03-31"},
		{"2026-02-28", "2026-04-01"},
		{"2026-03-05", "2026-03-04"},
		{"2026-03-04", "2026-04-30"},
	} {
		f.From, f.To = days[0], days[1]
		in := counted + " AND day >= '" + f.From + "' AND day <= '" + f.To + "'"
		for _, by := range append(storage.CellDimensions(), storage.CellsWhole, storage.CellsDay) {
			var months []string
			n := map[string]int{}
			for _, c := range must(s.Cells(t.Context(), f, by))(t) {
				for _, k := range c.Levels {
					n[c.Month] += k
				}
			}
			for month, k := range n {
				months = append(months, plain(fmt.Sprint(month, k)))
			}
			want := printed(t, db, "SELECT substr(day, 1, 7), count(*) FROM read_sessions"+in+" GROUP BY 1")
			for i := range want {
				want[i] = plain(want[i])
			}
			slices.Sort(months)
			slices.Sort(want)
			same(t, fmt.Sprint("sums by ", by, " of ", days), months, want)
		}
		n := 0
		for _, q := range must(s.CellQuestions(t.Context(), f))(t) {
			n += q.N
		}
		equal(t, fmt.Sprint("scores of ", days), n, count(t, db, "SELECT count(*) FROM answers a WHERE a.newest AND NOT a.skipped AND NOT a.dropped"+
			" AND a.score IS NOT NULL AND a.session IN (SELECT session FROM read_sessions"+in+")"))
	}
}

// plain is a row without its blanks.
func plain(row string) string {
	var all []rune
	for _, r := range row {
		if r != ' ' {
			all = append(all, r)
		}
	}
	return string(all)
}

func init() {
	foldTests["sums by day are exact, of who has the lease alone, and of one customer in several chats"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.store = s
		ctx := t.Context()
		l, _ := counting(t, s, "one")
		if n := countUp(t, s, l); n > 0 {
			t.Errorf("nothing is marked, and %d days are counted", n)
		}
		b.gave(t, 0, 1, "c1", "main", 2)
		b.gave(t, 0, 2, "c1", "main", 5)
		last := storage.Bucket(s.Buckets() - 1)
		b.gave(t, last, 3, "c1", "main", 1)
		b.gave(t, last, 4, "", "harbour", 1)
		f := storage.FigureFilter{Sites: []string{"main"}, From: "2026-03-01", To: "2026-03-31"}
		if got := must(s.Cells(ctx, f, storage.CellsWhole))(t); len(got) > 0 {
			t.Errorf("counted before it was counted: %+v", got)
		}
		if got := must(s.CompareCells(ctx))(t); got.Waiting == 0 || got.Different > 0 {
			t.Errorf("what is marked waits: %+v", got)
		}
		// Another took the lease meanwhile: the first writes nothing.
		exec(t, db, "UPDATE leases SET expires = 0 WHERE name = 'cells'")
		other, ok := counting(t, s, "two")
		if !ok {
			t.Fatal("the lease was over")
		}
		if did := must(s.CountCells(ctx, l, 9))(t); !did.Lost || did.Counted > 0 {
			t.Errorf("the lease is another's: %+v", did)
		}
		equal(t, "days", countUp(t, s, other), 2)
		got := must(s.Cells(ctx, f, storage.CellsLanguage))(t)
		same(t, "cells", got, []storage.Cell{{Site: "main", Month: "2026-03", Flow: "f", Key: "en", Levels: [7]int{3: 3}}})
		f.Language, f.Channel = "en", "telegram"
		same(t, "cells of two conditions", must(s.Cells(ctx, f, storage.CellsDay))(t), []storage.Cell{{Site: "main", Month: "2026-03", Flow: "f", Key: "2026-03-01", Levels: [7]int{3: 3}}})
		f.Language = "es"
		if got := must(s.Cells(ctx, f, storage.CellsStaff))(t); len(got) > 0 {
			t.Errorf("in another language: %+v", got)
		}
		f.Language, f.Channel = "", ""
		months := must(s.CellMonths(ctx, f, storage.CellsWhole, storage.CellsLanguage))(t)
		pairs := storage.LevelPairs{}
		pairs[storage.Pair(3, 3)] = 9
		one := storage.CellMonth{Site: "main", Month: "2026-03", Flow: "f", Customers: 1, Most: 3, Levels: [7]int64{3: 3}, Pairs: pairs}
		two := one
		two.Dimension, two.Key = storage.CellsLanguage, "en"
		same(t, "months", months, []storage.CellMonth{one, two})
		same(t, "scores", must(s.CellQuestions(ctx, f))(t), []storage.CellQuestion{{Site: "main", Month: "2026-03", Flow: "f", Question: "overall", N: 3, Sum: 125_000, Squares: 25_000*25_000 + 100_000*100_000}})
		sameSums(t, s, db)
		// What is spoilt is seen, and mended by a fold of everything.
		exec(t, db, "UPDATE cells SET l4 = l4 + 1 WHERE dim = 'staff' AND site = 'main'")
		exec(t, db, "UPDATE cell_months SET most = 7 WHERE dim = '' AND site = 'harbour'")
		exec(t, db, "INSERT INTO cells (bucket, dim, site, day, flow, service, staff, language, channel, l1, l2, l3, l4, l5, l6, l7)"+
			" SELECT bucket, dim, site, '2026-03-09', flow, service, staff, language, channel, 1, 1, 1, 1, 1, 1, 1 FROM cells WHERE dim = '' AND length(day) = 10")
		if got := must(s.CompareCells(ctx))(t); got.Different != 5 || got.Days != 4 || got.Months != 2 || got.First == "" { // of a month that has a day more, too
			t.Errorf("five are spoilt: %+v", got)
		}
		_ = must(s.FoldAll(ctx))(t)
		foldUpBy(t, s, folding{flow: gaveFlow()}, 3)
		countUp(t, s, other)
		if got := must(s.CompareCells(ctx))(t); got.Different+got.Waiting > 0 {
			t.Errorf("they are mended: %+v", got)
		}
		// So is a month that is not what its days are, of levels and of scores.
		for _, spoil := range []string{"UPDATE cells SET l4 = l4 + 1 WHERE dim = 'all' AND day = 'm2026-03' AND site = 'main'", "DELETE FROM cell_questions WHERE day = 'm2026-03' AND site = 'main'"} {
			exec(t, db, spoil)
			if got := must(s.CompareCells(ctx))(t); got.Different != 1 || got.Months != 2 {
				t.Errorf("after %s: %+v", spoil, got)
			}
			_ = must(s.FoldAll(ctx))(t)
			foldUpBy(t, s, folding{flow: gaveFlow()}, 3)
			countUp(t, s, other)
			if got := must(s.CompareCells(ctx))(t); got.Different+got.Waiting > 0 {
				t.Errorf("after %s it is mended: %+v", spoil, got)
			}
		}
	}
	foldTests["a day that is marked again while it is counted is counted again"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.store = s
		b.gave(t, 0, 1, "c1", "main", 2)
		l, _ := counting(t, s, "one")
		seq := count(t, db, "SELECT seq FROM cell_marks")
		exec(t, db, "UPDATE cell_marks SET seq = 0")
		equal(t, "counted once", must(s.CellsReady(t.Context()))(t), false)
		b.gave(t, 0, 2, "c2", "main", 2)
		if again := count(t, db, "SELECT seq FROM cell_marks"); again == seq || again >= 0 {
			t.Errorf("it was never counted, and is marked by %d, then %d", seq, again)
		}
		equal(t, "counted once", must(s.CellsReady(t.Context()))(t), false)
		countUp(t, s, l)
		equal(t, "counted once", must(s.CellsReady(t.Context()))(t), true)
		equal(t, "marks", count(t, db, "SELECT count(*) FROM cell_marks"), 0)
	}
}

func init() {
	foldTests["days that are marked again and again keep no others waiting"] = func(t *testing.T, b *bench) {
		s, _ := b.behind(t)
		b.store = s
		l, _ := counting(t, s, "one")
		sites, n := []string{"a", "b", "c", "d"}, 0
		give := func(site string) {
			n++
			b.gave(t, storage.Bucket(n%s.Buckets()), n, fmt.Sprint("c", n), site, 2)
		}
		for _, site := range sites {
			give(site)
		}
		for range sites {
			if did := must(s.CountCells(t.Context(), l, 1))(t); did.Counted != 1 {
				t.Errorf("counted was %+v", did)
			}
			give("a")
			give("b")
		}
		f := storage.FigureFilter{Sites: sites, From: "2026-03-01", To: "2026-03-31"}
		for _, c := range must(s.Cells(t.Context(), f, storage.CellsWhole))(t) {
			sites = slices.DeleteFunc(sites, func(site string) bool { return site == c.Site })
		}
		if len(sites) > 0 {
			t.Errorf("never counted: %v", sites)
		}
	}
}
