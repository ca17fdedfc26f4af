package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// givenQueries read what figures of questions are counted from.
type givenQueries struct{ given, givenAfter byClass[string] }

func newGivenQueries(t *texts) givenQueries {
	// Each answer is a line: names without blanks, numbers, a moment as the engine writes it, and JSON.
	answers := "coalesce((SELECT string_agg(a.question || ' ' || a.kind || ' ' || coalesce(CAST(a.value AS text), '') || ' ' || coalesce(CAST(a.score AS text), '')" +
		" || ' ' || CASE WHEN a.skipped THEN '1' ELSE '' END || ' ' || a.choices || ' ' || CAST(a.at AS text), '\n') FROM answers a" +
		" WHERE a.bucket = ? AND a.session = s.session AND a.newest AND NOT a.dropped AND a.kind NOT IN ('text', 'contact')), '')"
	text := "SELECT s.session, s.day, s.flow, s.site, s.level, " + whoseSession + ", " + answers
	of := func(rest func(others bool) string) byClass[string] {
		return byClass[string]{t.one(text + sessionsOf(t, false) + rest(false)), t.one(text + sessionsOf(t, true) + rest(true))}
	}
	return givenQueries{
		given: of(func(others bool) string { return judgedIn(t, "?", others) + " LIMIT ?" }),
		// In the order of the index by which they are found: in any other, each page would sort all that is left.
		givenAfter: of(func(others bool) string {
			return " WHERE s.bucket = ? AND s.site = ? AND (s.day, s.session) > (?, ?) AND s.day <= ? AND s.answered > 0" + judged(others) +
				" ORDER BY s.day, s.session LIMIT ?"
		}),
	}
}

// Given implements storage.Giving.
func (s *Store) Given(ctx context.Context, f storage.FigureFilter) ([]storage.GivenSession, bool, error) {
	if many, err := s.crowded(ctx, f); many || err != nil {
		return nil, many, err
	}
	list, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]storage.GivenSession, error) {
		args := slices.Concat([]any{int64(b), int64(b)}, s.inDays(b, f), []any{classOf(f.Of)}, conditions(f), []any{most})
		return collect(ctx, s, "what was given", s.q.given.of(f.Of), args, scanGiven)
	})
	slices.SortFunc(list, func(a, b storage.GivenSession) int { return strings.Compare(a.Customer, b.Customer) })
	return list, more, err
}

// GivenAfter implements storage.Giving.
func (s *Store) GivenAfter(ctx context.Context, b storage.Bucket, after storage.GivenPlace, f storage.FigureFilter) (list []storage.GivenSession, err error) {
	for _, site := range slices.Compact(slices.Sorted(slices.Values(texted(f.Sites)))) {
		day, id := f.From, ""
		switch {
		case len(list) >= f.Limit:
			return list, nil
		case site < after.Site:
			continue
		case site == after.Site && after.ID != "":
			day, id = after.Day, after.ID
		}
		args := slices.Concat(
			[]any{int64(b), int64(b), int64(b), site, storage.Clean(day), storage.Clean(id), storage.Clean(f.To), classOf(f.Of)},
			conditions(f), []any{int64(f.Limit - len(list))},
		)
		some, err := collect(ctx, s, "what was given", s.q.givenAfter.of(f.Of), args, scanGiven)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

func scanGiven(row scanner) (g storage.GivenSession, err error) {
	var answers string
	if err := row.Scan(&g.ID, &g.Day, &g.Flow, &g.Site, &g.Level, &g.Customer, &answers); err != nil || answers == "" {
		return g, err
	}
	for line := range strings.SplitSeq(answers, "\n") {
		a, err := givenOf(line)
		if err != nil {
			return g, fmt.Errorf("read what was given: %w", err)
		}
		g.Answers = append(g.Answers, a)
	}
	slices.SortFunc(g.Answers, func(a, b storage.GivenAnswer) int { return strings.Compare(a.Question, b.Question) })
	return g, nil
}

// givenOf reads a line: the question, its kind, value, score, whether it was left, choices, the moment.
func givenOf(line string) (a storage.GivenAnswer, err error) {
	parts := strings.SplitN(line, " ", 6)
	if len(parts) < 6 {
		return a, fmt.Errorf("%d parts", len(parts))
	}
	number := func(text string) *float64 {
		if text == "" {
			return nil
		}
		x, parse := strconv.ParseFloat(text, 64)
		if err == nil {
			err = parse
		}
		return &x
	}
	a.Question, a.Kind, a.Value, a.Score, a.Skipped = parts[0], parts[1], number(parts[2]), number(parts[3]), parts[4] != ""
	choices, at := "", parts[5]
	if strings.HasPrefix(at, "[") || strings.HasPrefix(at, "null") {
		end := strings.LastIndexAny(at, "]l") // of null
		choices, at = at[:end+1], at[end+1:]
	}
	if choices != "" && err == nil {
		err = json.Unmarshal([]byte(choices), &a.Choices)
	}
	if at = strings.TrimSpace(at); err == nil {
		a.At, err = writtenAt(at)
	}
	return a, err
}

// writtenAt is a moment as either engine writes it as a text.
func writtenAt(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMicro(n).UTC(), nil
	}
	at, err := time.Parse("2006-01-02 15:04:05Z07", text)
	if err != nil {
		at, err = time.Parse("2006-01-02 15:04:05Z07:00", text)
	}
	return at.UTC(), err
}
