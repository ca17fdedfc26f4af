package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const (
	// mostlyEvery is how often what went wrong in a storm is counted anew, and mostlyRead of how
	// many cases at most, the newest.
	mostlyEvery = 15 * time.Second
	mostlyRead  = 200
	// mostlyNamed is how many causes the card of a storm names, each with two customers at least.
	mostlyNamed, mostlyLeast = 2, 2
)

// causes is what the customers of a storm say went wrong, by the keys of causes, as it was counted.
type causes struct {
	storm time.Time // when it began
	cases int
	at    time.Time
	n     map[string]int
}

// mostly counts what the customers of a storm chose as what was not good: no words of theirs.
func (s *teller) mostly(ctx context.Context, g recovery.Gathering) (map[string]int, error) {
	b, now := s.bot, s.bot.now()
	had := s.causes[g.Site]
	if had.storm.Equal(g.From) && (had.cases == g.Count() || now.Sub(had.at) < mostlyEvery) {
		return had.n, nil
	}
	counted := causes{storm: g.From, cases: g.Count(), at: now, n: map[string]int{}}
	read := 0
	for k, err := range storage.AllCases(ctx, b.store, storage.CaseFilter{Sites: []string{g.Site}, Limit: mostlyRead}) {
		if err != nil {
			return nil, fmt.Errorf("read what went wrong in a storm: %w", err)
		}
		if read++; k.OpenedAt.Before(g.From) || read > mostlyRead {
			break
		}
		session, err := b.store.Session(ctx, k.Bucket, k.Session)
		if err != nil {
			return nil, fmt.Errorf("read what opened a case of a storm: %w", err)
		}
		snap := b.snap.Now()
		flow, err := configured(snap, &session)
		if err != nil {
			continue // it is counted once its survey is known here
		}
		c := render.CaseView{Case: &k, Session: &session, Flow: flow, Causes: snap.Rules(g.Site).Causes}
		if cause := render.SaidCause(&c); cause != "" {
			counted.n[cause]++
		}
	}
	s.causes[g.Site] = counted
	return counted.n, nil
}

// mostlySaid are the causes that most of them name, "Too slow (21), Price (6)"; "" = none.
func mostlySaid(v *voice.Voice, rules recovery.Rules, n map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
	c := render.CaseView{Causes: rules.Causes}
	var all []string
	for _, key := range keys[:min(len(keys), mostlyNamed)] {
		if n[key] >= mostlyLeast {
			all = append(all, v.Say("card_beside", "what", c.Cause(v, key), "more", strconv.Itoa(n[key])))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return v.Say("storm_mostly", "causes", strings.Join(all, v.Say("list_comma")))
}
