package storage

import (
	"context"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/privacy"
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
	Name     string // the beginnings of words of their name, as NameBegins has them
}

// IsZero reports whether the query says nothing.
func (q IdentityQuery) IsZero() bool { return q == IdentityQuery{} }

// Fits reports whether an identity is one that is looked for, as far as more than its
// columns tell.
func (q IdentityQuery) Fits(i Identity) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return is(q.ID, i.ID) && is(q.Customer, i.Customer) && is(string(q.Platform), string(i.Person.Platform)) &&
		is(q.Account, i.Person.Account) && is(q.User, i.Person.User) && (q.Username == "" || strings.EqualFold(q.Username, i.Username)) && (q.Name == "" || NameBegins(i.Name, q.Name))
}

// Anchor is where the search for everything of one person begins.
type Anchor struct {
	Customers  []string `json:"customers,omitempty"`  // the admin's own keys
	Identities []Person `json:"identities,omitempty"` // their chat accounts
	// Brief leaves out messages, parked updates and keys: they are looked through, not looked up.
	Brief bool `json:"-"`
}

// Dossier is everything that is kept of one person: of their keys and chat accounts, and of
// all others that are connected with these by a conversation. The lists are sorted by time
// or id.
type Dossier struct {
	Keys          []string       `json:"keys"`             // the admin's own, also where no Customer has them
	Customers     []Customer     `json:"customers"`        // names and tiers
	Tiers         []TierChange   `json:"tiers,omitempty"`  // their classes by value, the oldest first
	Identities    []Identity     `json:"chat_accounts"`    //
	Invitations   []Invitation   `json:"invitations"`      //
	Conversations []Conversation `json:"conversations"`    //
	Cases         []CaseFile     `json:"cases"`            //
	Words         []Words        `json:"words"`            // that answered nothing, and what staff wrote back
	Feedback      []Feedback     `json:"feedback"`         //
	Messages      []Delivery     `json:"messages"`         // to them, and about them to staff
	Events        []StoredEvent  `json:"events,omitempty"` // that other systems told of
	Asks          []AskFile      `json:"asked,omitempty"`  // whether they were asked, and why
	Parked        []Parked       `json:"parked"`           // updates of theirs that could not be handled
	Handled       []string       `json:"handled"`          // keys of updates that name them
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
		len(d.Feedback)+len(d.Messages)+len(d.Events)+len(d.Asks)+len(d.Parked)+len(d.Handled) == 0
}

// Anchor names all of the person's keys and chat accounts.
func (d *Dossier) Anchor() Anchor {
	a := Anchor{Customers: d.Keys}
	for _, i := range d.Identities {
		a.Identities = append(a.Identities, i.Person)
	}
	return a
}

// Erasure is somebody who is being forgotten. It is kept while that is under way, so that it
// goes on after a crash, whoever goes on with it.
type Erasure struct {
	ID          string    `json:"-"`
	Begun       time.Time `json:"-"`
	Of          Anchor    `json:"of"`
	Invitations []Link    `json:"invitations,omitempty"`
	Named       []string  `json:"named,omitempty"` // words that name them where others' matters are told
	// Parting leaves links alone whose conversation lies in another bucket: until that is nobody's it may be answered,
	// and nothing else says how. They go in a second pass, without it.
	Parting bool `json:"-"`
}

// Link is an invitation of somebody who is being forgotten, and the level of what was answered; 0 = nothing was, or it
// is not known. The conversation may be nobody's before the invitation is: then nothing else says it. A conversation
// may name an invitation that led somebody else to another one: the invitation is theirs only where it names Session
// too.
type Link struct {
	Bucket  Bucket `json:"bucket"`
	ID      string `json:"id"`
	Session string `json:"session,omitempty"` // the conversation that names it; "" = none yet, and it is theirs
	Level   int    `json:"level,omitempty"`
}

// Links are the invitations of the dossier, with what was answered.
func (d *Dossier) Links() []Link {
	levels := map[string]int{}
	for _, c := range d.Conversations {
		levels[c.Session.ID] = c.Session.AnsweredLevel()
	}
	all := make([]Link, 0, len(d.Invitations))
	for _, i := range d.Invitations {
		all = append(all, Link{Bucket: i.Bucket, ID: i.ID, Session: i.Session, Level: levels[i.Session]})
	}
	return all
}

// Forgotten is what outlives a person: that they are not to be invited. It names nobody: who
// has neither the key nor the name cannot make the hash.
type Forgotten struct {
	Hash string
	Why  ForgottenWhy
	Day  time.Time
}

// ForgottenWhy says why somebody is not to be invited.
type ForgottenWhy string

// The reasons.
const (
	ErasedOnRequest ForgottenWhy = "erased"
	WantsNone       ForgottenWhy = "stopped" // they said stop
)

// Erased counts what was rewritten or removed.
type Erased struct {
	Conversations int `json:"conversations"` // of which the marks stay
	Answers       int `json:"answers"`
	Cases         int `json:"cases"` // of which the outcome stays
	Words         int `json:"words"`
	Feedback      int `json:"feedback"`
	Invitations   int `json:"invitations"`
	Accounts      int `json:"chat_accounts"`
	Messages      int `json:"messages"`
	Parked        int `json:"parked"`
	Handled       int `json:"handled"`
	Events        int `json:"events"`
	Asks          int `json:"asked"` // of which what became of them stays
	Edits         int `json:"edits"` // messages in staff chats that are to be overwritten
}

// Add adds counts.
func (e *Erased) Add(o Erased) {
	e.Conversations, e.Answers, e.Cases, e.Words = e.Conversations+o.Conversations, e.Answers+o.Answers, e.Cases+o.Cases, e.Words+o.Words
	e.Feedback, e.Invitations, e.Accounts = e.Feedback+o.Feedback, e.Invitations+o.Invitations, e.Accounts+o.Accounts
	e.Events, e.Asks = e.Events+o.Events, e.Asks+o.Asks
	e.Messages, e.Parked, e.Handled, e.Edits = e.Messages+o.Messages, e.Parked+o.Parked, e.Handled+o.Handled, e.Edits+o.Edits
}

// Scrubbing says how much is done so that an engine's own files lose what was removed.
type Scrubbing int

// The ways, each doing more than the one before.
const (
	ScrubLog   Scrubbing = iota // what is cheap, beside everything else
	ScrubFile                   // and once, what was removed before removed data was overwritten
	ScrubWhole                  // every table is written anew, and locked meanwhile
)

// Scrubbed says whether anything that was removed is left in the engine's own files.
type Scrubbed struct {
	Done bool   `json:"done"`
	Left string `json:"left,omitempty"` // plain words: what is left, and who sees to it
	Busy bool   `json:"-"`              // somebody was in the way: trying again helps
}

// Persons is what is kept of single persons.
type Persons interface {
	// IdentitiesOf looks for chat accounts over all buckets, at most limit. Where it returns fewer,
	// there are no more.
	IdentitiesOf(ctx context.Context, q IdentityQuery, limit int) ([]Identity, error)
	// CustomersNamed looks for customers by the beginnings of words of their name, as NameBegins has
	// them, at most limit. Where it returns fewer, there are no more.
	CustomersNamed(ctx context.Context, typed string, limit int) ([]Customer, error)
	// Dossier gathers everything of one person, each kind of records by one statement. What is written
	// meanwhile may be missing.
	Dossier(ctx context.Context, of Anchor) (Dossier, error)

	// BeginErasure keeps an erasure until EndErasure, and what outlives the person.
	BeginErasure(ctx context.Context, e Erasure, marks []Forgotten) error
	// Erasures returns those that have not ended, oldest first.
	Erasures(ctx context.Context) ([]Erasure, error)
	// EraseIn rewrites, in one transaction, what one bucket has of the person. It may be
	// repeated, and does nothing where nothing is left. The erasure keeps what was answered to
	// links until the conversation went, whoever begun it knew of it or not.
	EraseIn(ctx context.Context, b Bucket, e Erasure, as Anonymous) (Erased, error)
	// EndErasure removes the person's customers, and the erasure. Processes that watch the
	// number of Forgets forget what they remember.
	EndErasure(ctx context.Context, e Erasure) error
	// Forgotten returns which of these hashes are marked.
	Forgotten(ctx context.Context, hashes []string) ([]Forgotten, error)
	// ErasedSince returns the hashes of who was erased at their wish on that day or later.
	ErasedSince(ctx context.Context, day time.Time) ([]string, error)
	// Recall takes marks away, and returns how many there were.
	Recall(ctx context.Context, hashes []string) (int, error)

	// RetentionDays returns for how many days each class is kept; SetRetentionDays says so, 0 =
	// for good. It is configuration.
	RetentionDays(ctx context.Context) (privacy.Retention, error)
	SetRetentionDays(ctx context.Context, c privacy.Class, days int) error
	// Retain rewrites or removes, in one bucket and one transaction, up to limit records of a
	// class that are older than before, and returns how many. Call it until it returns 0.
	// People are left alone: see Idle.
	Retain(ctx context.Context, b Bucket, c privacy.Class, before time.Time, limit int, as Anonymous) (int, error)
	// Retainable counts what Retain would rewrite or remove.
	Retainable(ctx context.Context, b Bucket, c privacy.Class, before time.Time) (int, error)
	// Idle lists people who were last heard of before then and of whom nothing is left but
	// their names: chat accounts of a bucket by id, behind after, and customers in bucket 0.
	Idle(ctx context.Context, b Bucket, before time.Time, after string, limit int) ([]Anchor, error)

	// Forget drops what this process remembers of buckets, once the number of erasures that
	// ended has changed since it was asked last, and has the engine's files follow. It
	// reports whether there was anything to do.
	Forget(ctx context.Context) (bool, error)
	// Scrub has the engine's own files lose what was removed, and waits for readers until
	// ctx ends.
	Scrub(ctx context.Context, how Scrubbing) (Scrubbed, error)
}
