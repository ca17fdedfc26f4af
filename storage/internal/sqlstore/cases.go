package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseQueries look for cases.
type caseQueries struct {
	casesOf                                         map[caseList]string
	casesDue, casesBefore, casesHeld, casesUnposted string
}

func newCaseQueries(t *texts) caseQueries {
	return caseQueries{
		casesOf:       t.caseLists(),
		casesDue:      t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND due IS NOT NULL AND due <= ? ORDER BY due, id LIMIT ?"),
		casesBefore:   t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND rules IS NOT NULL AND rules < ? ORDER BY rules, id LIMIT ?"),
		casesHeld:     t.one("SELECT body, bucket FROM cases" + t.by("cases_holder") + " WHERE bucket = ? AND holder = ? AND holder > '' AND state <> '" + string(recovery.Resolved) + "' ORDER BY id LIMIT ?"),
		casesUnposted: t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND unposted ORDER BY opened_at, id LIMIT ?"),
	}
}

// caseList is one way to find cases, with an index of its own.
type caseList struct {
	by    caseIndex
	sites bool // only those of some sites
}

type caseIndex int

const (
	byOpening  caseIndex = iota // all there are
	byActivity                  // those in an active state
	byHolder                    // those that somebody has
)

// activeStates are those of the index cases_active.
func activeStates() string { return among(recovery.ActiveStates()) }

// restingStates are those of cases whose cards nobody needs to see again.
func restingStates() string { return among(recovery.Resting()) }

func among(states []recovery.State) string {
	var list []string
	for _, s := range states {
		list = append(list, "'"+string(s)+"'")
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// caseLists are the statements that read a page of one bucket's cases, from a cursor on.
func (t *texts) caseLists() map[caseList]string {
	lists := map[caseList]string{}
	// Each names the index that is meant, see the migrations.
	for by, index := range map[caseIndex]string{
		byOpening:  " AND number > 0",
		byActivity: " AND state IN " + activeStates(),
		byHolder:   " AND holder = ? AND holder > ''",
	} {
		for _, sites := range []bool{false, true} {
			where := index + " AND " + t.dialect.Among("state")
			if sites {
				where += " AND " + t.dialect.Among("site")
			}
			lists[caseList{by, sites}] = t.one("SELECT body, bucket FROM cases WHERE bucket = ?" + where +
				" AND (opened_at, id) < (?, ?) ORDER BY opened_at DESC, id DESC LIMIT ?")
		}
	}
	return lists
}

// latest is later than any case: where the first page begins.
var latest = storage.Never

// Cases implements storage.Reader: it merges what each bucket has.
func (s *Store) Cases(ctx context.Context, f storage.CaseFilter) ([]storage.Case, error) {
	states := f.States
	if len(states) == 0 {
		states = recovery.States()
	}
	list := caseList{byOpening, len(f.Sites) > 0}
	var args []any
	switch {
	case f.Holder != "":
		list.by, args = byHolder, []any{storage.Clean(f.Holder)}
	case !slices.ContainsFunc(states, func(s recovery.State) bool { return !s.Active() }):
		list.by = byActivity
	}
	args = append(args, s.dialect.Keys(texted(states)))
	if list.sites {
		args = append(args, s.dialect.Keys(texted(f.Sites)))
	}
	before := cmp.Or(f.Before, storage.Cursor{At: latest})
	args = append(args, micro(before.At), storage.Clean(before.ID), int64(f.Limit))
	var all []storage.Case
	for b := range storage.Bucket(s.buckets) {
		some, err := collect(ctx, s, "cases", s.q.casesOf[list], slices.Concat([]any{int64(b)}, args), scanBody(decodeCase))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b storage.Case) int { return a.Cursor().Compare(b.Cursor()) })
	return all[:min(f.Limit, len(all))], nil
}

// texted are values as the columns hold them.
func texted[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = storage.Clean(string(v))
	}
	return all
}

func caseCell(b storage.Bucket, v storage.Case) (cell, error) {
	body, _, err := encode(v)
	if err != nil {
		return cell{}, fmt.Errorf("encode case: %w", err)
	}
	link := storage.Clean(v.Session)
	var due, rules any
	holder, unposted := "", false
	if !slices.Contains(recovery.Resting(), v.State) {
		due, rules, unposted = orNull(v.Next), int64(v.Rules), v.Unposted
	}
	if v.State.Active() || v.Unanswered() {
		holder = v.Holder.ID
	}
	return cell{body: body, link: link, row: []any{
		int64(b), storage.Clean(v.ID), int64(v.Number), link, storage.Clean(v.Identity), storage.Clean(v.Site),
		storage.Clean(v.Customer), string(v.State), int64(v.Decision.Priority), micro(v.OpenedAt), orNull(v.TellAt), string(body),
		due, rules, storage.Clean(holder), unposted, string(v.Standing()), micro(v.Place().At),
	}}, nil
}

func decodeCase(b storage.Bucket, body []byte) (*storage.Case, error) {
	v := new(storage.Case)
	if err := decode("case", body, v); err != nil {
		return nil, err
	}
	v.Bucket, v.Case.Bucket = b, int(b)
	return v, nil
}

// numbered reports whether a case that is new here has the number that it must have.
func numbered(c recovery.Case, next int) error {
	if c.Number != next {
		return fmt.Errorf("a new case has the number %d instead of %d", c.Number, next)
	}
	return nil
}

// CasesDue implements storage.Reader.
func (s *Store) CasesDue(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "due cases", s.q.casesDue, []any{int64(b), micro(now), int64(limit)}, scanBody(decodeCase))
}

// CasesBefore implements storage.Reader.
func (s *Store) CasesBefore(ctx context.Context, b storage.Bucket, rules, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "cases of older rules", s.q.casesBefore, []any{int64(b), int64(rules), int64(limit)}, scanBody(decodeCase))
}

// CasesHeld implements storage.Reader.
func (s *Store) CasesHeld(ctx context.Context, b storage.Bucket, staff string, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "held cases", s.q.casesHeld, []any{int64(b), storage.Clean(staff), int64(limit)}, scanBody(decodeCase))
}

// CasesUnposted implements storage.Reader.
func (s *Store) CasesUnposted(ctx context.Context, b storage.Bucket, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "cases without a card", s.q.casesUnposted, []any{int64(b), int64(limit)}, scanBody(decodeCase))
}
