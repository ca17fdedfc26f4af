package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// TryPage is how many sessions the dry run reads at once.
const TryPage = 500

// TryRules is the dry run of rules over what was answered since a time: one hears of each
// session that they would have treated otherwise, read of how many were read with each page.
// It returns how many sessions count. Tests, sessions under way, ones without an answer and those
// that counts says no of are left out; nil = none for that reason.
func TryRules(ctx context.Context, store storage.Store, now, then recovery.Policy, since time.Time,
	counts func(*storage.PastSession) bool, one func(*storage.PastSession, recovery.Difference) error, read func(int),
) (sessions int, err error) {
	for b := range storage.Bucket(store.Buckets()) {
		for from, after := since, ""; ; {
			page, err := store.Past(ctx, b, from, after, TryPage)
			if err != nil {
				return sessions, fmt.Errorf("read past sessions: %w", err)
			}
			for i := range page {
				s := &page[i]
				if s.Test || !s.Status.Final() || len(s.Answers) == 0 || s.Facts.Class == survey.Recovery {
					continue
				}
				if counts != nil && !counts(s) {
					continue
				}
				sessions++
				if d, ok := triedOn(now, then, s); ok {
					if err := one(s, d); err != nil {
						return sessions, err
					}
				}
			}
			if read != nil {
				read(len(page))
			}
			if len(page) < TryPage {
				break
			}
			last := &page[len(page)-1]
			from, after = last.Started, last.ID
		}
	}
	return sessions, nil
}

// triedOn compares what became of one session with what the rules would have made of it.
func triedOn(now, then recovery.Policy, s *storage.PastSession) (recovery.Difference, bool) {
	past := recovery.Past{Session: s.ID, Facts: s.Facts, Judgement: s.Judgement}
	if s.Case != nil {
		past.Was = s.Case.Decision
	} else if d := recovery.Decide(now.At(s.Site, nil), s.Facts, s.Judgement); !d.Opens {
		past.Was = d // whether it is on the watch list follows from the answers alone
	}
	all := recovery.Replay(then.At(s.Site, nil), []recovery.Past{past})
	if len(all) == 0 {
		return recovery.Difference{}, false
	}
	return all[0], true
}

// RulesInForce is what the published rules say, or the shipped ones.
func RulesInForce(ctx context.Context, store storage.Store, parse func([]byte) (recovery.Policy, error)) (recovery.Policy, error) {
	src, err := store.Rules(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return recovery.DefaultPolicy(), nil
	}
	if err != nil {
		return recovery.Policy{}, err
	}
	p, err := parse([]byte(src.Source))
	if err != nil {
		return p, fmt.Errorf("version %d of the published rules cannot be read:\n%w", src.Version, err)
	}
	return p, nil
}

// UnknownSites are the sites of rules that do not exist: a misspelt one would be without its
// rules, and nobody would notice.
func UnknownSites(ctx context.Context, store storage.Store, p recovery.Policy) (unknown []string, err error) {
	sites, err := store.Sites(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the sites: %w", err)
	}
	known := map[string]bool{}
	for _, s := range storage.Present(sites) {
		known[s.ID] = true
	}
	for id := range p.Sites {
		if !known[id] {
			unknown = append(unknown, id)
		}
	}
	return unknown, nil
}
