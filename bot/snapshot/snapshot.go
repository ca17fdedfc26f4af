// Package snapshot is the configuration that turns read: flows, sites, accounts, staff,
// their chats and the recovery rules. A Snapshot is never changed. A Keeper replaces it
// when another program or this one changed the database.
package snapshot

import (
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Snapshot is the configuration that turns read. It is never changed: a new one
// replaces it, and a turn that runs meanwhile goes on with the old one.
type Snapshot struct {
	Revision int64    // of the configuration in the database: this is at least as new
	Lacks    []string // what of it cannot be read, in words: an earlier version is in force instead
	Flows    map[FlowKey]*Flow
	Sites    map[string]Site
	accounts map[chat.Platform][]storage.Account
	Moves    map[chat.Address]chat.Address
	Chats    []storage.StaffChat
	Team     Team
	Policy   Policy
	Kept     privacy.Retention             // for how many days what is kept of people
	Hooks    []storage.Hook                // endpoints of other systems that are told what happens
	Traits   map[chat.Platform]chat.Traits // of every platform; one that is missing can do nothing
}

// FlowKey names one version of a flow.
type FlowKey struct {
	ID      string
	Version int
}

// Flow is a parsed version with what is computed once about it.
type Flow struct {
	survey.Flow
	Index   map[string]int // question key → index
	Asked   int            // how many questions everybody is asked
	Seconds int            // about how long these take
	More    bool           // further questions may follow, depending on the answers
}

// Before reports whether something is asked before the service.
func (f *Flow) Before() bool {
	return slices.ContainsFunc(f.Questions, func(q survey.Question) bool { return q.Phase == survey.Pre })
}

// How long people take for one question, in seconds (domain 3: estimates shown).
const (
	secondsPerTap  = 8
	secondsPerText = 30
)

// Seconds is about how long people take for a question.
func Seconds(q *survey.Question) int {
	switch q.Kind.Info().Way {
	case survey.Shown:
		return 0
	case survey.Tapped:
		return secondsPerTap
	}
	return secondsPerText
}

// NewFlow computes what is known about a version before anybody answers it.
func NewFlow(f survey.Flow) *Flow {
	n := &Flow{Flow: f, Index: make(map[string]int, len(f.Questions))}
	for i, q := range f.Questions {
		n.Index[q.Key] = i
		way := q.Kind.Info().Way
		switch {
		case way == survey.Shown:
		case q.When != nil:
			n.More = true
		default:
			n.Asked++
			n.Seconds += Seconds(&q)
		}
	}
	return n
}

// Site is a branch with its time zone ready for use.
type Site struct {
	storage.Site
	Zone *time.Location
}

// Flow returns a version, or a *missingFlow.
func (s *Snapshot) Flow(id string, version int) (*Flow, error) {
	k := FlowKey{id, version}
	if f, ok := s.Flows[k]; ok {
		return f, nil
	}
	return nil, &missingFlow{k}
}

// Site returns a branch, or one without a name whose zone is UTC.
func (s *Snapshot) Site(id string) Site {
	if found, ok := s.Sites[id]; ok {
		return found
	}
	return Site{Zone: time.UTC}
}

// At returns where a chat is now: the end of its chain of moves.
func (s *Snapshot) At(a chat.Address) chat.Address {
	for range len(s.Moves) {
		to, ok := s.Moves[a]
		if !ok {
			break
		}
		a = to
	}
	return a
}

// Account returns the account of a platform that was seen last.
func (s *Snapshot) Account(p chat.Platform) (storage.Account, bool) {
	all := s.AccountsOf(p)
	if len(all) == 0 {
		return storage.Account{}, false
	}
	return all[0], true
}

// AccountsOf returns the accounts of a platform, the one that was seen last first.
func (s *Snapshot) AccountsOf(p chat.Platform) []storage.Account {
	return slices.SortedStableFunc(slices.Values(s.accounts[p]), func(x, y storage.Account) int { return y.Seen.Compare(x.Seen) })
}
