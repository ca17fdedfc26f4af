package storagetest

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// wasChosen is an answer to a question with choices, as plain SQL finds it.
type wasChosen struct {
	site, day, flow, question, customer string
	level                               int
	choices                             []string
}

func everyChosen(t *testing.T, db *sql.DB) (all []wasChosen) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT s.site, s.day, s.flow, a.question, s.level, a.choices,"+
		" coalesce(CASE WHEN x.customer > '' THEN x.customer WHEN x.identity > '' THEN x.identity END, s.session)"+
		" FROM read_sessions s JOIN answers a ON a.bucket = s.bucket AND a.session = s.session LEFT JOIN sessions x ON x.bucket = s.bucket AND x.id = s.session"+
		" WHERE s.answered > 0 AND s.level > 0 AND NOT s.test AND s.class IN ('transactional', 'relationship')"+
		" AND a.kind = 'choice' AND a.newest AND NOT a.dropped AND NOT a.skipped")
	check(t, err)
	defer rows.Close()
	for rows.Next() {
		var c wasChosen
		var choices string
		check(t, rows.Scan(&c.site, &c.day, &c.flow, &c.question, &c.level, &choices, &c.customer))
		if choices != "" {
			check(t, json.Unmarshal([]byte(choices), &c.choices))
		}
		all = append(all, c)
	}
	check(t, rows.Err())
	return all
}

// sameChoices holds what was chosen, as sums say it, to what plain SQL finds, on days that cut months and on whole
// ones.
func sameChoices(t *testing.T, s storage.Store, db *sql.DB) {
	t.Helper()
	all := everyChosen(t, db)
	for _, days := range [][2]string{
		{"2000-01-01", "2999-12-31"},
		{"2025-12-31", "2026-03-01"},
		{"2026-02-02", "2026-05-01"},
		{"2026-03-01", "2026-03-31"},
		{"2026-03-02", "2026-03-31"},
		{"2026-03-05", "2026-03-04"},
	} {
		for _, f := range []storage.FigureFilter{{Sites: []string{"main", "harbour"}}, {Sites: []string{"harbour"}, Flow: "f"}, {Sites: []string{"main"}, Flow: "none"}} {
			f.From, f.To = days[0], days[1]
			sums, months, gave := map[storage.CellChoice]*[7]int64{}, map[string]bool{}, map[string]map[string]map[string]int64{}
			for _, c := range all {
				if !slices.Contains(f.Sites, c.site) || f.Flow != "" && f.Flow != c.flow {
					continue
				}
				month := c.day[:7]
				if in := fmt.Sprint(c.site, " ", month, " ", c.flow, " ", c.question); f.From[:7] <= month && month <= f.To[:7] {
					if gave[in] == nil {
						gave[in] = map[string]map[string]int64{}
					}
					if gave[in][c.customer] == nil {
						gave[in][c.customer] = map[string]int64{}
					}
					for _, choice := range append([]string{""}, c.choices...) {
						gave[in][c.customer][choice]++
					}
				}
				if c.day < f.From || c.day > f.To {
					continue
				}
				for _, choice := range append([]string{""}, c.choices...) {
					key := storage.CellChoice{Flow: c.flow, Question: c.question, Choice: choice}
					if choice == "" {
						key.Site, key.Month = c.site, month
					}
					if sums[key] == nil {
						sums[key] = &[7]int64{}
					}
					sums[key][c.level-1]++
				}
			}
			got := must(s.CellChoices(t.Context(), f))(t)
			var want, said []string
			for key, levels := range sums {
				key.Levels = *levels
				want = append(want, fmt.Sprintf("%+v", key))
			}
			for _, c := range got.Sums {
				said = append(said, fmt.Sprintf("%+v", c))
			}
			slices.Sort(want)
			slices.Sort(said)
			same(t, fmt.Sprint("what was chosen, of ", f.Sites, f.Flow, days), said, want)
			for _, m := range got.Months {
				in := fmt.Sprint(m.Site, " ", m.Month, " ", m.Flow, " ", m.Question)
				months[in] = true
				same(t, "how alike it was in "+in, m, alikeIn(m, gave[in]))
			}
			equal(t, "months", len(months), len(gave))
		}
	}
}

// alikeIn is how alike what customers chose was: of each customer how often they answered (""), and took each choice.
func alikeIn(of storage.CellChoiceMonth, gave map[string]map[string]int64) storage.CellChoiceMonth {
	of.Customers, of.Most, of.M, of.MM, of.Choices = 0, 0, 0, 0, nil
	all := map[string]storage.CellLikeness{}
	for _, times := range gave {
		m := times[""]
		of.Customers, of.Most, of.M, of.MM = of.Customers+1, max(of.Most, int(m)), of.M+m, of.MM+m*m
		for choice, k := range times {
			if c := all[choice]; choice != "" {
				all[choice] = storage.CellLikeness{Choice: choice, K: c.K + k, MK: c.MK + m*k, KK: c.KK + k*k}
			}
		}
	}
	for _, choice := range slices.Sorted(maps.Keys(all)) {
		of.Choices = append(of.Choices, all[choice])
	}
	return of
}

// chose stores a conversation of a customer in which something was chosen, as it is folded.
func (b *bench) chose(t *testing.T, bucket storage.Bucket, i int, customer, day string, level int, choices ...string) {
	t.Helper()
	p, now := person(i), b.clock.Now()
	s, of := session(newID(), p, now), identity(p, "", now)
	s.Bucket, of.Bucket, of.Session, of.Customer, s.Customer = bucket, bucket, s.ID, customer, customer
	s.Site, s.Day, s.Flow, s.Status, s.Lang, s.Facts.Class, s.Judgement.Level = "main", day, "f", survey.Completed, "en", survey.Transactional, level
	s.Answers = []survey.Answer{{Question: "q3", Choices: choices, Revision: 1, At: now}}
	if err := errors.Join(b.store.Advance(t.Context(), bucket, []storage.Turn{change("chose:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers})})...); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		more = must(b.store.Fold(t.Context(), bucket, historyFolding(), 100))(t).More
	}
}

func init() {
	foldTests["what was chosen is added up by day, compared, and counted anew"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.store = s
		ctx, last := t.Context(), storage.Bucket(s.Buckets()-1)
		l, _ := counting(t, s, "one")
		b.chose(t, 0, 1, "c1", "2026-03-01", 2, "price", "waiting")
		b.chose(t, last, 2, "c1", "2026-03-02", 5, "price")
		b.chose(t, last, 3, "c2", "2026-03-02", 5)
		b.chose(t, 0, 4, "c3", "2026-04-02", 1, "what there was once")
		f := storage.FigureFilter{Sites: []string{"main"}, From: "2026-03-01", To: "2026-03-31"}
		if got := must(s.CellChoices(ctx, f))(t); len(got.Sums)+len(got.Months) > 0 {
			t.Errorf("counted before it was counted: %+v", got)
		}
		countUp(t, s, l)
		got := must(s.CellChoices(ctx, f))(t)
		same(t, "the month", got.Months, []storage.CellChoiceMonth{{
			Site: "main", Month: "2026-03", Flow: "f", Question: "q3", Customers: 2, Most: 2, M: 3, MM: 5,
			Choices: []storage.CellLikeness{{Choice: "price", K: 2, MK: 4, KK: 4}, {Choice: "waiting", K: 1, MK: 2, KK: 1}},
		}})
		equal(t, "counted once", got.Ready, true)
		sameChoices(t, s, db)
		before := printed(t, db, "SELECT taken FROM cell_choices ORDER BY site, day")
		mended := func() {
			_ = must(s.FoldAll(ctx))(t)
			foldUpBy(t, s, historyFolding(), 3)
			countUp(t, s, l)
			if got := must(s.CompareCells(ctx))(t); got.Different+got.Waiting > 0 {
				t.Errorf("it is mended: %+v", got)
			}
			same(t, "what was chosen", printed(t, db, "SELECT taken FROM cell_choices ORDER BY site, day"), before)
			sameChoices(t, s, db)
		}
		for spoil, different := range map[string]int{
			"UPDATE cell_choices SET taken = 'q3 ,9' WHERE day = '2026-03-02'": 2, // its month as well
			"UPDATE cell_choices SET taken = 'q3 ,9' WHERE day = 'm2026-03'":   1,
			"DELETE FROM cell_choices WHERE day = 'm2026-04'":                  1,
			"UPDATE cell_choice_months SET alike = '' WHERE month = '2026-03'": 1,
			"DELETE FROM cell_choice_months WHERE month = '2026-04'":           1,
		} {
			exec(t, db, spoil)
			if got := must(s.CompareCells(ctx))(t); got.Different != different {
				t.Errorf("after %s: %+v", spoil, got)
			}
			mended()
		}
	}
	foldTests["days of which it was never counted what was chosen are not called counted"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		b.store = s
		ctx := t.Context()
		l, _ := counting(t, s, "one")
		b.chose(t, 0, 1, "c1", "2026-03-01", 2, "price")
		countUp(t, s, l)
		// As a database of an earlier release is left by its migration.
		exec(t, db, "DELETE FROM cell_choices")
		exec(t, db, "DELETE FROM cell_choice_months")
		exec(t, db, "INSERT INTO cell_marks (bucket, day, site, flow, seq, unchosen) SELECT bucket, day, site, flow, 1, TRUE FROM cells WHERE dim = '' AND length(day) = 10")
		f := storage.FigureFilter{Sites: []string{"main"}, From: "2026-03-01", To: "2026-03-31"}
		ready := func(what string, want bool) {
			t.Helper()
			if got := must(s.CellChoices(ctx, f))(t).Ready; got != want {
				t.Errorf("%s it is ready: %v", what, got)
			}
			if !must(s.CellsReady(ctx))(t) {
				t.Errorf("%s levels are not counted any more", what)
			}
		}
		ready("before", false)
		b.chose(t, 0, 2, "c2", "2026-03-01", 5, "waiting") // which marks the day again
		ready("marked again", false)
		_ = must(s.CountCells(ctx, l, 9))(t)
		ready("before its month", false)
		countUp(t, s, l)
		ready("counted", true)
		sameChoices(t, s, db)
	}
}

func init() {
	foldTests["that more was given than may be read is said of the sums, whatever the filter says"] = func(t *testing.T, b *bench) {
		s, db := b.behind(t)
		for _, row := range []string{"'', '', '', '', ''", "'service', 'cut', '', '', ''", "'staff', '', 'Bo', '', ''"} {
			dim, rest, _ := strings.Cut(row, ", ")
			exec(t, db, "INSERT INTO cells (bucket, dim, site, day, flow, service, staff, language, channel, l1, l2, l3, l4, l5, l6, l7)"+
				" VALUES (0, "+dim+", 'main', '2026-03-01', 'f', "+rest+", 1, 2, 3, 0, 0, 0, 4)")
		}
		for _, f := range []storage.FigureFilter{{}, {Flow: "f"}, {Service: "cut"}, {Flow: "f", Staff: "Bo"}} {
			f.Sites, f.From, f.To = []string{"main"}, "2026-03-01", "2026-03-30" // a whole month is another row
			for _, limit := range []int{9, 10} {
				f.Limit = limit
				list, more, err := s.Given(t.Context(), f)
				if err != nil || len(list) > 0 || more != (limit < 10) {
					t.Errorf("of %+v: %d, more: %v, %v", f, len(list), more, err)
				}
			}
		}
	}
}
