// Package storage is the contract between the bot and its database: what is kept
// (records), how it changes (Turn, Change) and how what must be said waits to be said
// (Delivery). The promise of the outbox, word for word: in order per conversation in
// each chat, never lost, possibly shown twice.
//
// A Bucket is the unit of ordering, of batching and of distribution: a fixed hash of
// the person who answers. Everything that belongs to one conversation lives in one
// bucket, a write transaction touches one bucket and holds its lock, and one
// transaction per bucket is in flight at a time, over all instances.
package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/allowance"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// Errors that callers act on. They are wrapped, so compare with errors.Is.
var (
	// ErrSeen is a turn's error when its Key was committed before: nothing was done.
	ErrSeen = errors.New("seen before")
	// ErrUnavailable means that the database cannot be used now and that nothing was
	// changed, or that nobody knows whether it was. Everything may be repeated.
	ErrUnavailable = errors.New("the database is not available")
	// ErrOutdated is an ErrUnavailable that lasts: the database was migrated, while this
	// program ran, to rules that it does not know, and takes no changes from it. Nothing was
	// changed. A newer program goes on.
	ErrOutdated = fmt.Errorf("%w to this program: a newer one has changed it. Stop this one and start the newer", ErrUnavailable)
	// ErrGone is an ErrUnavailable that lasts: the file of the database was removed, moved,
	// replaced or closed to this program while it ran. Whatever would be written now would be
	// written where nobody looks for it. A new start finds what is at its path then.
	ErrGone = fmt.Errorf("%w: its file was taken away while it was in use", ErrUnavailable)
	// ErrRefused means that the database refuses what it was given, and always will: what one turn wrote, or what
	// somebody asked for, is too large, is no value of its kind, or contradicts what is stored. Repeating it does not
	// help. Outside of turns, what is there already is ErrThere.
	ErrRefused = errors.New("the database refuses what it was given")
	// ErrThere is an ErrUnavailable of what is no turn, while nothing is wrong with the database: something of the same
	// key is stored. Two made the same at once, or an earlier try stored it and its answer was lost. Whoever begins
	// anew sees what is there; the same row is never stored.
	ErrThere error = thereError{}
	// ErrSlow is an ErrUnavailable of a database that is there: what was asked took longer than one answer may. Less of
	// it may be had.
	ErrSlow error = slowError{}
	// ErrUnreadable means that a record is there and cannot be read: it is damaged, or was written by a
	// newer program. Others can be. A list that is read with it is without that record.
	ErrUnreadable = errors.New("a record cannot be read: it is damaged, or a newer program wrote it")
	// ErrChanged means that a record is no longer as it was read: somebody else changed it meanwhile. Nothing was
	// changed. Whoever reads it again can decide again.
	ErrChanged = errors.New("somebody else changed it meanwhile")
	// ErrNotFound means that there is no such record.
	ErrNotFound = errors.New("not found")
)

// thereError is ErrThere: an ErrUnavailable to whoever repeats what failed, with words of its own.
type thereError struct{}

func (thereError) Error() string { return "something of the same key is stored already" }

// Is reports whether it counts as an error.
func (thereError) Is(target error) bool { return target == ErrUnavailable }

// slowError is ErrSlow: an ErrUnavailable with words of its own.
type slowError struct{}

func (slowError) Error() string {
	return "it took longer than the database gives one answer: ask for less"
}

// Is reports whether it counts as an error.
func (slowError) Is(target error) bool { return target == ErrUnavailable }

// Store is a database. Its methods are safe for concurrent use, and each returns
// within its context's deadline plus two seconds even on a connection that hangs.
type Store interface {
	// Buckets is the number of buckets, a property of the database.
	Buckets() int

	// Advance runs the turns of one bucket in order in one transaction and returns
	// one error per turn: nil (committed), ErrSeen (its Key was seen: skipped), the
	// error of its own Apply (dropped alone, with its Key), ErrRefused or ErrUnreadable (the
	// same), or ErrUnavailable. A panic in Apply is its error. When the database refuses a batch, or
	// answers with another error that a retry does not cure, the turns run singly; when it
	// is away, they do not. When Advance returns, everything whose error is nil is durable.
	Advance(ctx context.Context, b Bucket, turns []Turn) []error

	Reader
	Reference
	Keys
	Team
	StaffChats
	Installing
	Announcements
	Leases
	Parking
	Persons
	Processes
	ReadModel
	Inbox
	Writing
	Logins
	Answering
	Figuring
	Giving
	Saying
	Results
	Cells
	Serving
	Tiers
	Exporting
	StandingLinks
	Building
	Tokens
	SheetMaps
	HookTries
	Inbounds
	Improvements
	Alarms
	Events
	Asking

	// Prune removes up to limit rows of each kind that are older than retention says,
	// in one bucket, and returns how many went. Call it until it returns 0.
	Prune(ctx context.Context, b Bucket, before Retention, limit int) (int, error)

	// Hints delivers a value now and then after another process wrote deliveries. It is
	// only a hint: the receiver polls anyway. It ends with ctx.
	Hints(ctx context.Context) <-chan struct{}
	// Hint tells other processes that there are deliveries to send.
	Hint(ctx context.Context)

	// Ping reports whether the database answers, within ctx. It is ErrOutdated or ErrGone
	// once the database takes no changes from this program any more.
	Ping(ctx context.Context) error
	Close() error
}

// Reader is what is read outside turns. What it returns may be one commit old.
type Reader interface {
	// Invitation returns the invitation with this id. ErrNotFound if there is none.
	Invitation(ctx context.Context, b Bucket, id string) (Invitation, error)
	// Identity returns one person's chat account. ErrNotFound if it never wrote.
	Identity(ctx context.Context, b Bucket, id string) (Identity, error)
	// Session returns one session with its newest answers. ErrNotFound if there is none.
	Session(ctx context.Context, b Bucket, id string) (Session, error)
	// SessionsOf returns the newest sessions of an identity with their newest answers, at
	// most limit.
	SessionsOf(ctx context.Context, b Bucket, identity string, limit int) ([]Session, error)
	// Delivery returns the row of a slot. ErrNotFound if nothing was ever wanted there.
	Delivery(ctx context.Context, b Bucket, slot string) (Delivery, error)
	// Shown returns the card, or the message between staff and a customer, that a chat
	// shows as ref, whichever bucket it belongs to. ErrNotFound if there is none.
	Shown(ctx context.Context, in chat.Address, ref chat.Ref) (Delivery, error)
	// Answers returns every revision of a session's answers, oldest first, out of the session.
	Answers(ctx context.Context, b Bucket, session string) ([]survey.Answer, error)
	// Cases returns cases of all buckets, the newest first, at most f.Limit. See AllCases.
	Cases(ctx context.Context, f CaseFilter) ([]Case, error)
	// CaseEvents returns what happened to a case, oldest first.
	CaseEvents(ctx context.Context, b Bucket, caseID string) ([]CaseEvent, error)
	// Earlier counts a customer's unsatisfied sessions that started in [since, until),
	// over all buckets. customer is the id of a Customer or, for somebody who has none,
	// of an Identity.
	Earlier(ctx context.Context, customer string, since, until time.Time) (int, error)
	// Expiring lists live sessions of a bucket whose time is over at now, oldest first.
	Expiring(ctx context.Context, b Bucket, now time.Time, limit int) ([]Session, error)
	// CasesDue lists cases of a bucket for which something has fallen due at now, the
	// earliest first.
	CasesDue(ctx context.Context, b Bucket, now time.Time, limit int) ([]Case, error)
	// CasesBefore lists cases of a bucket that do not rest and whose Next was found by rules
	// older than this version.
	CasesBefore(ctx context.Context, b Bucket, rules, limit int) ([]Case, error)
	// CasesHeld lists active cases of a bucket that a member of staff has.
	CasesHeld(ctx context.Context, b Bucket, staff string, limit int) ([]Case, error)
	// CasesUnposted lists cases of a bucket that do not rest and have no card, oldest first.
	CasesUnposted(ctx context.Context, b Bucket, limit int) ([]Case, error)
	// Past lists sessions of a bucket that started since then, in the order of their start and
	// id. after is the id of one that started then, to go on behind it; "" = from the first on.
	Past(ctx context.Context, b Bucket, since time.Time, after string, limit int) ([]PastSession, error)
	// Transcript returns the deliveries to an address that one bucket holds, in their
	// order: what the web chat shows. A room's transcript is that of all buckets.
	Transcript(ctx context.Context, b Bucket, to chat.Address) ([]Delivery, error)
	// TranscriptPage returns the newest deliveries to an address on the web that one bucket
	// holds, of those whose Ord is below before (0 = of all), at most limit, in their order.
	TranscriptPage(ctx context.Context, b Bucket, to chat.Address, before int64, limit int) ([]Delivery, error)
	// TranscriptState tells what Transcript returns from what it returned earlier.
	TranscriptState(ctx context.Context, b Bucket, to chat.Address) (TranscriptState, error)
	// Heads returns deliveries of these accounts that may be claimed at now: those that are
	// due and wait for no earlier one of their chat that is no edit. Chats of one bucket, at
	// most limit of each account, lowest first. Their Render is left out: whoever claims one
	// gets it then.
	Heads(ctx context.Context, b Bucket, of []Served, now time.Time, limit int) ([]Delivery, error)
	// Doubtful returns deliveries of these accounts that an earlier sender (epoch below the
	// account's) left in the state Sending: nobody knows whether they were shown. At most
	// limit of each account, lowest first.
	Doubtful(ctx context.Context, b Bucket, of []Served, limit int) ([]Delivery, error)
	// Failed lists the newest deliveries that were given up, over all buckets.
	Failed(ctx context.Context, limit int) ([]Delivery, error)
	// Moment returns when something began that counts from then on. ErrNotFound.
	Moment(ctx context.Context, name string) (time.Time, error)
	// Counts is a small picture for the operator.
	Counts(ctx context.Context) (Counts, error)
	// Backlog is how much waits to be sent by each of our accounts that has something to send.
	Backlog(ctx context.Context) ([]Backlog, error)
}

// TranscriptState is a small picture of a transcript that differs once anything in it does:
// whatever is shown anew is one more, or has a higher version, or comes last.
type TranscriptState struct {
	Count    int
	Last     int64 // the highest Ord
	Versions int64 // the sum of what is wanted
}

// Reference is the small tables that every bucket may refer to.
type Reference interface {
	// Revision is the number of the configuration: every write of Reference, Team and
	// StaffChats raises it in its transaction, but for PutCustomer, as customers are no
	// configuration. Whoever reads the number first and the tables then has at least that
	// configuration.
	Revision(ctx context.Context) (int64, error)

	// Publish stores source as the next version of the flow, unless it equals the newest
	// one. It returns the version that holds it and whether that version is new.
	// Concurrent publishers get versions without gaps or doubles.
	Publish(ctx context.Context, flow, source string, at time.Time) (version int, created bool, err error)
	// FlowSource returns one version's source; version 0 is the newest. ErrNotFound.
	FlowSource(ctx context.Context, flow string, version int) (FlowSource, error)
	// FlowSources returns the newest version of every flow.
	FlowSources(ctx context.Context) ([]FlowSource, error)

	// PublishRules is Publish for the one file of recovery rules.
	PublishRules(ctx context.Context, source string, at time.Time) (version int, created bool, err error)
	// Rules returns one version of the recovery rules; version 0 is the newest. ErrNotFound
	// if none was ever published.
	Rules(ctx context.Context, version int) (RulesSource, error)

	// PutSite inserts or updates a site by id, whatever is there; whoever read it first takes
	// ReplaceSite. Sites returns all of them, also those that are gone: what happened there keeps
	// their names.
	PutSite(ctx context.Context, s Site) error
	// ReplaceSite writes now in the place of was, which is as Sites returned it; without an ID in was, now is new.
	// ErrChanged if was is not there any more as it was, unless now is there already: the same may be repeated.
	ReplaceSite(ctx context.Context, was, now Site) error
	Sites(ctx context.Context) ([]Site, error)
	// AtSite counts what goes on at a site now.
	AtSite(ctx context.Context, id string) (SiteUse, error)

	// PutCustomer inserts or updates a customer by id. A class that differs from the one that is known holds from
	// v.Created on: see Tiers.
	PutCustomer(ctx context.Context, c Customer) error
	Customer(ctx context.Context, id string) (Customer, error)

	// PutAccount remembers what a platform said of our account, so that links can be
	// made offline.
	PutAccount(ctx context.Context, a Account) error
	Accounts(ctx context.Context) ([]Account, error)

	// PutInstallation inserts or replaces the installation of a workspace. One that was
	// approved stays so.
	PutInstallation(ctx context.Context, i Installation) error
	// ReplaceInstallation writes now in the place of was, which is as Installations returned it; without an account in
	// was, now is a new one. ErrChanged if was is not there any more as it was, unless now is there already: the same
	// may be repeated. One that was approved stays so.
	ReplaceInstallation(ctx context.Context, was, now Installation) error
	// Installations returns all of a platform's, by account.
	Installations(ctx context.Context, p chat.Platform) ([]Installation, error)
	// ApproveInstallation lets a workspace be served from at on. ErrNotFound if it is not
	// installed.
	ApproveInstallation(ctx context.Context, p chat.Platform, account string, at time.Time) error
	// DropInstallation forgets a workspace and its token; one that is not there is none
	// to forget.
	DropInstallation(ctx context.Context, p chat.Platform, account string) error

	// PutMove remembers that a chat has a new address; Moves returns all of them.
	PutMove(ctx context.Context, from, to chat.Address) error
	Moves(ctx context.Context) (map[chat.Address]chat.Address, error)
}

// Leases give one instance, for a while, the right to be the only one that does
// something. Time is the database's own.
type Leases interface {
	// Acquire takes the lease or renews it: it succeeds when nobody holds it, when it
	// lapsed, or when holder holds it already. A takeover raises the epoch; a renewal
	// keeps it.
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (Lease, bool, error)
	// Release gives the lease up, if holder still holds it.
	Release(ctx context.Context, name, holder string) error
}

// Lease is the right to be the only one; its Epoch fences late writers.
type Lease struct {
	Name   string
	Holder string
	Epoch  int64
}

// Served is an account as a process sends for it: Epoch is that of the account's lease.
type Served struct {
	Platform chat.Platform
	Account  string
	Epoch    int64
}

// Turn is one update's work. Apply is pure and may run more than once; all it may
// read is Loaded and the configuration snapshot that it closes over. Done, if set, is
// called after the commit, in order, and not for a turn that was skipped or dropped.
type Turn struct {
	Key   string // refused if seen before; "" = work of our own that is idempotent
	Load  Load
	Apply func(Loaded) (Change, error)
	Done  func(Result)
}

// Load says what Apply needs to see.
type Load struct {
	Person     Person   // whose conversation it is; zero = only what the other fields name
	Session    string   // a session by id; "" = the person's current one
	Invitation string   // an invitation by id
	Case       string   // a case by id; "" = the case of the loaded session
	Slots      []string // deliveries by slot
	Staff      Person   // who acts, if they are linked to a member of staff; zero = nobody
	Member     string   // who acts, by the id of the member of staff; "" = Staff says
}

// Loaded is the state a turn starts from, with the effects of the turns before it in
// the same batch. Pointers are nil where there is nothing; Apply may change what they
// point to and hand it back in its Change.
type Loaded struct {
	Now        time.Time // the transaction's one time, UTC, to the microsecond
	Identity   *Identity
	Session    *Session
	Invitation *Invitation
	Case       *Case
	Origin     *Session  // that opened Case, where Session is another or none
	Owner      *Identity // whose Origin is
	Slots      map[string]Delivery
	NextCase   int // the number that a new case of this bucket gets
	NextMark   int // the number that a new pseudonym of this bucket is made from
	// Staff is who acts, with the rights that they have at the moment of the commit: nobody
	// takes them away in between. nil = no member of staff, or gone.
	Staff *Staff
}

// Change is what a turn did. Nil and empty mean "unchanged".
type Change struct {
	Identity   *Identity
	Marked     bool // a pseudonym was made from Loaded.NextMark: nobody else gets it
	Session    *Session
	Answers    []survey.Answer // new revisions, of Session, or of the loaded one
	Invitation *Invitation
	Case       *Case // a new one must have Number == Loaded.NextCase
	Events     []CaseEvent
	Words      []Words
	Feedback   []Feedback
	Slots      []SlotOp // applied in order
}

// Result is what became of a turn's slot operations.
type Result struct {
	Change  Change
	Claimed []Delivery // rows that this turn's Claim operations moved to Sending, in their order
	Changed []Delivery // every row that was written, as it is now; Render only where this turn wanted or claimed it
}

// Person names a chat account: who taps.
type Person struct {
	Platform chat.Platform `json:"Platform"`
	Account  string        `json:"Account"`
	User     string        `json:"User"`
}

// Identity is one chat account of a customer.
type Identity struct {
	ID       string       `json:"ID"` // Person.ID()
	Bucket   Bucket       `json:"Bucket"`
	Person   Person       `json:"Person"`
	Address  chat.Address `json:"Address"` // where this person is written to
	Name     string       `json:"Name"`
	Username string       `json:"Username"`
	Language string       `json:"Language"`       // chosen with /language; "" = Spoken
	Spoken   string       `json:"Spoken"`         // as the platform last said; may be ""
	Customer string       `json:"Customer"`       // id of the Customer; "" = only known here
	Session  string       `json:"Session"`        // the newest session
	Case     string       `json:"Case"`           // the newest case that this person opened; "" = none, or closed since
	Stopped  time.Time    `json:"Stopped"`        // /stop; zero = may be invited
	Blocked  time.Time    `json:"Blocked"`        // blocked the bot; zero = reachable
	Mark     string       `json:"Mark,omitempty"` // their pseudonym, "123456"; "" = they never needed one
	// Masked is until when they are staff's by their pseudonym, whatever the flow says.
	Masked  time.Time `json:"Masked,omitzero"`
	Created time.Time `json:"Created"`
	Seen    time.Time `json:"Seen"` // last update
	// Spent is what this person brought to staff lately.
	Spent allowance.Spent `json:"Spent,omitzero"`
	// Told is which kind sentences they were told lately.
	Told allowance.Told `json:"Told,omitzero"`
}

// Session is a survey.Session with what it belongs to.
type Session struct {
	survey.Session
	Bucket     Bucket       `json:"Bucket"`
	Identity   string       `json:"Identity"`
	Address    chat.Address `json:"Address"`    // where it is asked
	Invitation string       `json:"Invitation"` // "" = self-started
	Site       string       `json:"Site"`
	Service    string       `json:"Service"`
	Customer   string       `json:"Customer"`
	Case       string       `json:"Case"`   // id of the case that it opened or joined, or that it follows up
	Before     string       `json:"Before"` // the session that goes on after it; "" = none
	// Mark is the pseudonym by which staff know the customer of this session; "" = they know
	// the name, or the flow is of before marks were stored.
	Mark      string           `json:"Mark,omitempty"`
	Facts     recovery.Facts   `json:"Facts"`
	Judgement survey.Judgement `json:"Judgement"` // of the newest answers
	// Earlier are the revisions that those in Answers replaced, oldest first. The store keeps
	// them: whatever a turn hands back here, none is lost.
	Earlier []survey.Answer `json:"Earlier,omitempty"`
	// Day is that of the event, else of the opening, at the site: "2026-03-05". It never moves,
	// whatever becomes of the site's zone. "" = of an earlier release.
	Day     string `json:"Day,omitempty"`
	Staff   string `json:"Staff,omitempty"`   // who served, as the invitation named them
	Channel string `json:"Channel,omitempty"` // the platform, where Address does not tell any more
}

// Invitation is one offer of a survey. Its id is a keyed hash of the token in its
// link, so that the database does not hold live links.
type Invitation struct {
	ID         string            `json:"ID"`
	Bucket     Bucket            `json:"Bucket"`
	Flow       string            `json:"Flow"`
	Version    int               `json:"Version"`
	Site       string            `json:"Site"`
	Customer   string            `json:"Customer"`
	Case       string            `json:"Case"`       // that a follow-up is about; "" = none, NobodysCase = it is not known any more which
	Channel    string            `json:"Channel"`    // telegram, web, slack: how it was meant to go; "" = any
	Language   string            `json:"Language"`   // "" = the platform's
	Attributes map[string]string `json:"Attributes"` // of the event
	Facts      recovery.Facts    `json:"Facts"`
	RedeemedBy string            `json:"ClaimedBy"` // identity id; "" = open
	RedeemedAt time.Time         `json:"ClaimedAt"`
	Session    string            `json:"Session"`
	Created    time.Time         `json:"Created"`
	Expires    time.Time         `json:"Expires"`
	Test       bool              `json:"Test"`
	// Browser is a keyed hash of what the browser holds in which a link of the web chat was
	// opened first; "" = in none yet, or by an earlier release.
	Browser string `json:"Browser,omitempty"`
	// Move is the code by which another browser takes the conversation over; nil = none was made.
	Move *Move `json:"Move,omitempty"`
	// Asker is a keyed hash of what another browser holds, in which somebody asked for a link of
	// their own; "" = nobody did.
	Asker string `json:"Asker,omitempty"`
	// CalledOff is when the service that it asks about was cancelled, while nobody had opened it: it opens nothing any
	// more. Zero = it was not.
	CalledOff time.Time `json:"called_off,omitzero"`
	// Level is the level of what was answered, of one that is nobody's any more and whose Session is not known; 0 =
	// nothing was answered, or Session says it.
	Level int `json:"level,omitempty"`
}

// Move is a code that moves a conversation of the web chat to another browser, once.
type Move struct {
	Code  string    `json:"Code"` // a keyed hash
	Until time.Time `json:"Until"`
	Wrong int       `json:"Wrong,omitempty"` // how many codes were sent that were not it
}

// LinksEnd is the moment from which the views of web links end that were out before.
const LinksEnd = "links end"

// Case is a recovery.Case with what it belongs to.
type Case struct {
	recovery.Case
	Bucket   Bucket `json:"Bucket"`
	Identity string `json:"Identity"`
	Site     string `json:"Site"`
	Customer string `json:"Customer"`

	Next     time.Time `json:"Next"`     // when something falls due by itself; zero = nothing does
	Rules    int       `json:"Rules"`    // version of the recovery rules by which Next was found; 0 = the shipped ones
	Unposted bool      `json:"Unposted"` // there was no chat for its card

	Cards  []chat.Address `json:"Cards"`  // where its cards hang, as routes named them; chats may have moved since
	TellAt time.Time      `json:"TellAt"` // it has no card of its own yet: staff may be told from then on; zero = they were
	Menus  []OpenMenu     `json:"Menus,omitempty"`
	// Reminded is the part of the slot of the reminder that hangs below its cards; "" = none.
	Reminded string `json:"reminded,omitempty"`
	// Newest names the message of the customer's words, in each of its chats, that has the
	// buttons; "" = none has. Relayed counts the words that staff were shown.
	Newest  string `json:"newest,omitempty"`
	Relayed int    `json:"relayed,omitempty"`
}

// OpenMenu is a menu that somebody opened in one of a case's cards: theirs for a while.
type OpenMenu struct {
	At    chat.Address `json:"at"`
	By    string       `json:"by"` // id of a member of staff
	Until time.Time    `json:"until"`
	Data  string       `json:"data"` // of the button that shows it
}

// PastSession is a session with the case that it opened, if it did.
type PastSession struct {
	Session
	Case *Case
}

// CaseEvent is something that happened to a case. They are only ever added.
type CaseEvent struct {
	ID     string // UUIDv7
	Case   string
	At     time.Time
	Kind   string // a recovery.EventKind, or "attempted": somebody who may not act tried to
	By     string // who, "" = the customer or the program
	Detail string // machine words, as recovery.Event says
	Note   string // plain words; may hold the customer's own
}

// Words are what a person wrote that was no answer: kept, and passed to staff.
type Words struct {
	ID      string // UUIDv7
	Session string // "" = outside a session
	Case    string
	Inbound bool
	Text    string
	Files   []survey.File
	At      time.Time
}

// Site is a branch.
type Site struct {
	ID       string // short key, e.g. "main-street"
	Name     string
	Zone     string // IANA time zone, "" = UTC
	Language string // BCP 47, "" = English
	Signs    Signature
	Created  time.Time
	Gone     time.Time // since when nobody is asked about it any more; zero = they are
}

// Present are the sites that were not removed.
func Present(all []Site) []Site {
	return slices.DeleteFunc(slices.Clone(all), func(s Site) bool { return !s.Gone.IsZero() })
}

// SiteUse counts what goes on at a site.
type SiteUse struct {
	Cases       int `json:"open_cases"`       // that staff are to work on
	Surveys     int `json:"running_surveys"`  // that were begun and have not ended
	Invitations int `json:"open_invitations"` // that may still be opened
}

// Signature is how staff of a site sign what they write to customers.
type Signature string

// The signatures. The empty one is ByFirstName.
const (
	ByFirstName Signature = "first" // "Bob (Salon Anna)"
	ByFullName  Signature = "full"  // "Bob Miller (Salon Anna)"
	ByTeam      Signature = "team"  // "Salon Anna"
)

// Signatures lists every signature.
func Signatures() []Signature { return []Signature{ByFirstName, ByFullName, ByTeam} }

// Customer is a person, over all their identities.
type Customer struct {
	ID      string // the admin's own key for them
	Name    string
	Tier    recovery.Tier
	Created time.Time
}

// Account is one bot token or one workspace installation.
type Account struct {
	Platform chat.Platform
	ID       string // the bot's own id
	Name     string // the bot's user name, for links
	Seen     time.Time
}

// FlowSource is one published version of a flow, as its file.
type FlowSource struct {
	Flow      string
	Version   int
	Source    string
	Published time.Time
}

// RulesSource is one published version of the recovery rules, as its file.
type RulesSource struct {
	Version   int
	Source    string
	Published time.Time
}

// Retention says before which time what is removed. Zero = nothing of that kind.
type Retention struct {
	Keys        time.Time // keys of updates
	Deliveries  time.Time // settled deliveries, except of open cases and live sessions
	Told        time.Time // those by which it is known that somebody was told (ToldOnce) go before this time only; zero = with the others
	CasesOpened time.Time // counts of cases by minute, whatever the limit
	Events      time.Time // that took place, or came, before then
}

// Counts is a small picture for the operator.
type Counts struct {
	Sessions int
	Answers  int
	Cases    int
	Due      int // what waits or is being sent: what a survey shows in a chat counts once
	Failed   int // deliveries that were given up
	Parked   int
}

// Backlog is what waits to be sent by one of our accounts: what a survey shows in a chat counts once.
type Backlog struct {
	Platform chat.Platform
	Account  string
	Waiting  int
}
