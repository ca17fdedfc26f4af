package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

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
var latest = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

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
