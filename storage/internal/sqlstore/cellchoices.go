package sqlstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

const (
	cellChoiceColumns      = "bucket, site, day, flow, taken"
	cellChoiceMonthColumns = "bucket, site, month, flow, alike"
	// How many columns of both are their key.
	cellChoiceKeyed = 4
)

// choiceQueries keep how often choices were taken.
type choiceQueries struct {
	unchosen                         *list
	choicesOf, choiceSumsOf          string
	choiceMonthsOf, chosenInMonth    string
	ofMonthChosen                    string
	putCellChoices, putChoiceMonths  *list
	dropCellChoices, dropChoiceMonth string
	cellChoices, cellChoiceMonths    *list
}

func newChoiceQueries(t *texts) choiceQueries {
	among := " AND " + t.dialect.Among("site")
	flow := " AND (flow = ? OR '' = ?)"
	day, days := " WHERE bucket = ? AND site = ? AND day = ? AND flow = ?", " WHERE bucket = ? AND site = ? AND day >= ? AND day <= ? AND flow = ?"
	month := " WHERE bucket = ? AND site = ? AND month = ? AND flow = ?"
	return choiceQueries{
		unchosen: t.inBuckets(func(bucket string) string {
			return "SELECT count(*) FROM (SELECT 1 AS one FROM cell_marks WHERE bucket = " + bucket + " AND unchosen AND day < '" + anAsk + "' LIMIT 1) AS first"
		}),
		choicesOf:      t.one("SELECT " + cellChoiceColumns + " FROM cell_choices" + day),
		choiceSumsOf:   t.one("SELECT bucket, site, '" + aMonth + "' || substr(day, 1, 7), flow, taken FROM cell_choices" + days + " ORDER BY day"),
		choiceMonthsOf: t.one("SELECT " + cellChoiceMonthColumns + " FROM cell_choice_months" + month),
		chosenInMonth:  t.one("SELECT count(*) FROM (SELECT 1 AS one FROM cell_choices" + days + " LIMIT 1) AS first"),
		ofMonthChosen: t.one("SELECT " + whoseSession + ", a.question, a.choices" + sessionsOf(t, false) + " JOIN answers a ON a.bucket = s.bucket AND a.session = s.session" +
			" WHERE s.bucket = ? AND s.site = ? AND s.day >= ? AND s.day <= ? AND s.flow = ?" + countedHere + countedAnswer + " AND a.kind = 'choice'"),
		putCellChoices:  t.put("cell_choices", cellChoiceColumns, columns(cellChoiceColumns)[:cellChoiceKeyed]...),
		putChoiceMonths: t.put("cell_choice_months", cellChoiceMonthColumns, columns(cellChoiceMonthColumns)[:cellChoiceKeyed]...),
		dropCellChoices: t.one("DELETE FROM cell_choices" + day),
		dropChoiceMonth: t.one("DELETE FROM cell_choice_months" + month),
		cellChoices: t.inBuckets(func(bucket string) string {
			return "SELECT site, month, flow, taken FROM (" + inSpans("site, flow, taken", "cell_choices WHERE bucket = "+bucket+among) + ") AS part WHERE 1 = 1" + flow
		}),
		cellChoiceMonths: t.inBuckets(func(bucket string) string {
			return "SELECT site, month, flow, alike FROM cell_choice_months WHERE bucket = " + bucket + among + " AND month >= ? AND month <= ?" + flow
		}),
	}
}

// chosen is how often each choice of a survey's questions was taken, by level. Days of a survey name the same questions
// and choices in the same order, so that each is looked for where it stood before.
type chosen struct {
	list []ofChoice
	by   map[[2]string]int // where each stands
	next int               // where the next one is expected
}

// ofChoice is how many of each level took a choice of a question; "" = how many answered it.
type ofChoice struct {
	question, choice string
	levels           [7]int64
}

func (c *chosen) at(question, choice string) *[7]int64 {
	i := c.next
	if i >= len(c.list) || c.list[i].choice != choice || c.list[i].question != question {
		key := [2]string{question, choice}
		known, ok := c.by[key]
		if i = known; !ok {
			if i = len(c.list); c.by == nil {
				c.by = map[[2]string]int{}
			}
			c.by[key] = i
			c.list = append(c.list, ofChoice{question: question, choice: choice})
		}
	}
	c.next = i + 1
	return &c.list[i].levels
}

// add counts n conversations of a level that took some choices, as an answer holds them.
func (c *chosen) add(question, choices string, level int, n int64) error {
	taken, err := takenOf(choices)
	if err != nil {
		return err
	}
	c.at(question, "")[level-1] += n
	for _, choice := range taken {
		c.at(question, choice)[level-1] += n
	}
	return nil
}

// takenOf are the choices of an answer, each once.
func takenOf(choices string) (taken []string, err error) {
	if choices == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(choices), &taken); err != nil {
		return nil, errors.New("read what was chosen: it is no list")
	}
	slices.Sort(taken)
	return slices.DeleteFunc(slices.Compact(taken), func(choice string) bool { return choice == "" }), nil
}

// text is what was chosen as it is stored: a line a question, in the order of their names: the question, how many of
// each level answered it, then each choice and how many of each level took it.
func (c *chosen) text() string {
	list := slices.Clone(c.list)
	slices.SortFunc(list, func(a, b ofChoice) int {
		return cmp.Or(cmp.Compare(a.question, b.question), cmp.Compare(a.choice, b.choice))
	}) // "" comes first
	var all strings.Builder
	for i := range list {
		of := &list[i]
		switch {
		case of.choice != "":
			all.WriteByte(' ')
		case i > 0:
			all.WriteByte('\n')
		}
		all.WriteString(url.QueryEscape(cmp.Or(of.choice, of.question)) + " " + levelsText(&of.levels))
	}
	return all.String()
}

// read adds what is stored.
func (c *chosen) read(text string) error {
	c.next = 0
	return eachPair(text, func(question, choice, numbers string) error { return readLevels(numbers, c.at(question, choice)) })
}

// eachPair calls each for what is stored: of each line its question with "", then with each choice, and their numbers.
func eachPair(text string, each func(question, choice, numbers string) error) error {
	if text == "" {
		return nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		question := ""
		for i := 0; line != "" || i == 0; i++ {
			var name, numbers string
			name, line, _ = strings.Cut(line, " ")
			numbers, line, _ = strings.Cut(line, " ")
			name, err := url.QueryUnescape(name)
			if err != nil || name == "" || numbers == "" {
				return errors.New("read what was chosen: a name or its numbers are missing")
			}
			choice := name
			if i == 0 {
				question, choice = name, ""
			}
			if err := each(question, choice, numbers); err != nil {
				return err
			}
		}
	}
	return nil
}

// levelsText are seven numbers with commas: a 0 is nothing, and so are those at the end.
func levelsText(levels *[7]int64) string {
	text := make([]byte, 0, 32)
	for i, n := range levels {
		if i > 0 {
			text = append(text, ',')
		}
		if n > 0 {
			text = strconv.AppendInt(text, n, 10)
		}
	}
	return strings.TrimRight(string(text), ",")
}

// readLevels adds such numbers to others.
func readLevels(text string, to *[7]int64) error {
	at, n := 0, int64(0)
	for i := range len(text) {
		switch d := text[i]; {
		case d == ',' && at < len(to)-1:
			to[at] += n
			at, n = at+1, 0
		case '0' <= d && d <= '9':
			n = 10*n + int64(d-'0')
		default:
			return errors.New("read what was chosen: these are no seven numbers")
		}
	}
	to[at] += n
	return nil
}

// sumChosen adds up the rows of days: one row, or none.
func sumChosen(days [][]any) ([][]any, error) {
	if len(days) == 0 {
		return nil, nil
	}
	all := chosen{}
	for _, row := range days {
		text, ok := row[cellChoiceKeyed].(string)
		if !ok {
			return nil, errors.New("read what was chosen: it is no text")
		}
		if err := all.read(text); err != nil {
			return nil, err
		}
	}
	return [][]any{append(slices.Clone(days[0][:cellChoiceKeyed]), all.text())}, nil
}

// alikeOf is what a month needs of one question; of its choices what storage.CellLikeness says.
type alikeOf struct {
	customers, most, m, mm int64
	of                     map[string]*[3]int64
}

// alike is how alike what a customer chose was in a month, by question.
type alike map[string]*alikeOf

// add counts a customer who answered a question so often and took each choice so often.
func (a alike) add(question string, answered int64, took map[string]int64) {
	q := a[question]
	if q == nil {
		q = &alikeOf{of: map[string]*[3]int64{}}
		a[question] = q
	}
	q.customers, q.most, q.m, q.mm = q.customers+1, max(q.most, answered), q.m+answered, q.mm+answered*answered
	for choice, k := range took {
		c := q.of[choice]
		if c == nil {
			c = &[3]int64{}
			q.of[choice] = c
		}
		c[0], c[1], c[2] = c[0]+k, c[1]+answered*k, c[2]+k*k
	}
}

// text is how alike it was as it is stored: a line a question, as those of chosen.
func (a alike) text() string {
	lines := make([]string, 0, len(a))
	for _, question := range slices.Sorted(maps.Keys(a)) {
		q := a[question]
		line := []string{url.QueryEscape(question), fmt.Sprintf("%d,%d,%d,%d", q.customers, q.most, q.m, q.mm)}
		for _, choice := range slices.Sorted(maps.Keys(q.of)) {
			c := q.of[choice]
			line = append(line, url.QueryEscape(choice), fmt.Sprintf("%d,%d,%d", c[0], c[1], c[2]))
		}
		lines = append(lines, strings.Join(line, " "))
	}
	return strings.Join(lines, "\n")
}

// readAlike reads what is stored of a month: a question each, in the order of their names.
func readAlike(text string, month storage.CellChoiceMonth) (all []storage.CellChoiceMonth, err error) {
	err = eachPair(text, func(question, choice, numbers string) error {
		var n [7]int64
		if err := readLevels(numbers, &n); err != nil {
			return err
		}
		if choice == "" {
			month.Question, month.Customers, month.Most, month.M, month.MM = question, int(n[0]), int(n[1]), n[2], n[3]
			all = append(all, month)
		} else {
			of := &all[len(all)-1]
			of.Choices = append(of.Choices, storage.CellLikeness{Choice: choice, K: n[0], MK: n[1], KK: n[2]})
		}
		return nil
	})
	return all, err
}

// countAlike counts how alike what a customer chose was in a month, read in parts: one row, or none. A survey of which
// nobody chose anything on these days has no answers to be read.
func (s *Store) countAlike(ctx context.Context, m cellMark, parts [][2]string) ([][]any, error) {
	home := s.bucketOfCells(m.site)
	some, err := collect(ctx, s, "a month to count", s.q.chosenInMonth, m.daysIn(home), func(row scanner) (n int, err error) { return n, row.Scan(&n) })
	if err != nil || len(some) == 0 || some[0] == 0 {
		return nil, err
	}
	type one struct{ customer, question, choices int32 }
	customers, questions, choices := dictionary{of: map[string]int32{}}, dictionary{of: map[string]int32{}}, dictionary{of: map[string]int32{}}
	var all []one
	for b := range storage.Bucket(s.buckets) {
		for _, days := range parts {
			args := []any{int64(b), int64(b), m.site, days[0], days[1], m.flow}
			some, err := collect(ctx, s, "a month to count", s.q.ofMonthChosen, args, func(row scanner) (one, error) {
				var customer, question, taken string
				err := row.Scan(&customer, &question, &taken)
				return one{customers.number(customer), questions.number(question), choices.number(taken)}, err
			})
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
	}
	taken := make([][]string, len(choices.list))
	for i, text := range choices.list {
		if taken[i], err = takenOf(text); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b one) int {
		return cmp.Or(cmp.Compare(a.customer, b.customer), cmp.Compare(a.question, b.question))
	})
	month := alike{}
	for i := 0; i < len(all); {
		of, answered, took := all[i], int64(0), map[string]int64{}
		for ; i < len(all) && all[i].customer == of.customer && all[i].question == of.question; i++ {
			answered++
			for _, choice := range taken[all[i].choices] {
				took[choice]++
			}
		}
		month.add(questions.list[of.question], answered, took)
	}
	if len(month) == 0 {
		return nil, nil
	}
	return [][]any{{int64(home), m.site, m.day, m.flow, month.text()}}, nil
}

// CellChoices implements storage.Cells.
func (s *Store) CellChoices(ctx context.Context, f storage.FigureFilter) (c storage.CellChoices, err error) {
	if c.Ready, err = s.CellsReady(ctx); err != nil || len(f.From) < 7 || len(f.To) < 7 {
		return c, err
	}
	left, err := ofBuckets(ctx, s, "whether all days are counted", s.q.unchosen, nil, func(row scanner) (n int, err error) { return n, row.Scan(&n) })
	if err != nil {
		return c, err
	}
	c.Ready = c.Ready && !slices.ContainsFunc(left, func(n int) bool { return n > 0 })
	type place struct{ site, month, flow string }
	type stored struct {
		place
		taken string
	}
	sites, flow := s.dialect.Keys(texted(f.Sites)), storage.Clean(f.Flow)
	rows, err := ofBuckets(ctx, s, "what was chosen", s.q.cellChoices, append(bySpan(f.From, f.To, sites), flow, flow), func(row scanner) (r stored, err error) {
		return r, row.Scan(&r.site, &r.month, &r.flow, &r.taken)
	})
	if err != nil {
		return c, err
	}
	answered, taken := map[place]*chosen{}, map[string]*chosen{}
	for _, r := range rows {
		if answered[r.place] == nil {
			answered[r.place] = &chosen{}
		}
		if taken[r.flow] == nil {
			taken[r.flow] = &chosen{}
		}
		here, everywhere := answered[r.place], taken[r.flow]
		here.next, everywhere.next = 0, 0
		err := eachPair(r.taken, func(question, choice, numbers string) error {
			if choice == "" {
				return readLevels(numbers, here.at(question, choice))
			}
			return readLevels(numbers, everywhere.at(question, choice))
		})
		if err != nil {
			return c, err
		}
	}
	for p, of := range answered {
		for _, one := range of.list {
			c.Sums = append(c.Sums, storage.CellChoice{Site: p.site, Month: p.month, Flow: p.flow, Question: one.question, Levels: one.levels})
		}
	}
	for flow, of := range taken {
		for _, one := range of.list {
			c.Sums = append(c.Sums, storage.CellChoice{Flow: flow, Question: one.question, Choice: one.choice, Levels: one.levels})
		}
	}
	months, err := ofBuckets(ctx, s, "months of what was chosen", s.q.cellChoiceMonths, []any{sites, storage.Clean(f.From[:7]), storage.Clean(f.To[:7]), flow, flow},
		func(row scanner) ([]storage.CellChoiceMonth, error) {
			var month storage.CellChoiceMonth
			var text string
			if err := row.Scan(&month.Site, &month.Month, &month.Flow, &text); err != nil {
				return nil, err
			}
			return readAlike(text, month)
		})
	c.Months = slices.Concat(months...)
	return c, err
}
