package storage

import (
	"context"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/survey"
)

// IdentityQuery says whose chat accounts are looked for. What is empty fits everybody; a
// query that says nothing finds nobody.
type IdentityQuery struct {
	ID       string // of the identity
	Customer string // the admin's own key
	Platform chat.Platform
	Account  string // the bot or the workspace
	User     string // as the platform knows them
	Username string // without "@", in any case
}

// IsZero reports whether the query says nothing.
func (q IdentityQuery) IsZero() bool { return q == IdentityQuery{} }

// Fits reports whether an identity is one that is looked for, as far as more than its
// columns tell.
func (q IdentityQuery) Fits(i Identity) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(q.ID, i.ID) && is(q.Customer, i.Customer) && is(string(q.Platform), string(i.Person.Platform)) &&
		is(q.Account, i.Person.Account) && is(q.User, i.Person.User) && (q.Username == "" || strings.EqualFold(q.Username, i.Username))
}

// Anchor is where the search for everything of one person begins.
type Anchor struct {
	Customers  []string `json:"customers,omitempty"`  // the admin's own keys
	Identities []Person `json:"identities,omitempty"` // their chat accounts
}

// Dossier is everything that is kept of one person: of their keys and chat accounts, and of
// all others that are connected with these by a conversation. The lists are sorted by time
// or id.
type Dossier struct {
	Keys          []string       `json:"keys"`          // the admin's own, also where no Customer has them
	Customers     []Customer     `json:"customers"`     // names and tiers
	Identities    []Identity     `json:"chat_accounts"` //
	Invitations   []Invitation   `json:"invitations"`   //
	Conversations []Conversation `json:"conversations"` //
	Cases         []CaseFile     `json:"cases"`         //
	Words         []Words        `json:"words"`         // that answered nothing, and what staff wrote back
	Feedback      []Feedback     `json:"feedback"`      //
	Messages      []Delivery     `json:"messages"`      // to them, and about them to staff
	Parked        []Parked       `json:"parked"`        // updates of theirs that could not be handled
	Handled       []string       `json:"handled"`       // keys of updates that name them
}

// Conversation is a session with every revision of its answers.
type Conversation struct {
	Session Session         `json:"session"`
	Answers []survey.Answer `json:"answers"`
}

// CaseFile is a case with what happened to it.
type CaseFile struct {
	Case   Case        `json:"case"`
	Events []CaseEvent `json:"events"`
}

// Empty reports whether nothing is known.
func (d *Dossier) Empty() bool {
	return len(d.Customers)+len(d.Identities)+len(d.Invitations)+len(d.Conversations)+len(d.Cases)+len(d.Words)+
		len(d.Feedback)+len(d.Messages)+len(d.Parked)+len(d.Handled) == 0
}

// Anchor names all of the person's keys and chat accounts.
func (d *Dossier) Anchor() Anchor {
	a := Anchor{Customers: d.Keys}
	for _, i := range d.Identities {
		a.Identities = append(a.Identities, i.Person)
	}
	return a
}

// Persons is what is kept of single persons.
type Persons interface {
	// IdentitiesOf looks for chat accounts over all buckets, at most limit.
	IdentitiesOf(ctx context.Context, q IdentityQuery, limit int) ([]Identity, error)
	// Dossier gathers everything of one person. It reads a bucket at a time: what is written
	// meanwhile may be missing.
	Dossier(ctx context.Context, of Anchor) (Dossier, error)
}
