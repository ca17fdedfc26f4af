package storage

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/text/secure/precis"
)

// Errors of logins that callers act on.
var (
	// ErrTaken means that somebody else has this name, or this member of staff a login already.
	ErrTaken = errors.New("taken")
	// ErrOutsideTaken means that another login is entered by this account of the identity provider.
	ErrOutsideTaken = errors.New("this account of the identity provider is another login's")
	// ErrLastOwner means that nobody would be left who may do everything and can sign in.
	ErrLastOwner = errors.New("the last owner stays")
)

// How long a browser stays signed in.
const (
	SessionIdle = 14 * 24 * time.Hour // without being used
	SessionLife = 90 * 24 * time.Hour // at most
)

// Login is somebody who may sign in to the pages.
type Login struct {
	ID       string // UUIDv7
	Staff    string // the member of staff who it is; "" = nobody of them
	Name     string // what is typed to sign in, as it was chosen. FoldName tells which are the same
	Shown    string // what pages call the person
	Password string // argon2id as a PHC string; "" = none: nobody can sign in by it
	Owner    bool   // may do everything, also what no role may
	Second   string // the sealed secret of codes that are asked after the password; "" = none are
	Step     int64  // the step of the last such code: none counts twice
	Recovery []string
	Passkeys []Passkey // beside the password; none of them is a secret
	Outside  string    // the account of the house's identity provider, by OutsideKey; "" = none
	Language string    // of the pages, BCP 47; "" = the browser's
	Look     string    // "light", "dark"; "" = the system's
	Created  time.Time
	Seen     time.Time // signed in last; zero = never
}

// Passkey is the public half of a key that somebody's device holds.
type Passkey struct {
	ID    string    `json:"id"`    // by which the browser names it, base64url
	Key   string    `json:"key"`   // SPKI, base64
	Name  string    `json:"name"`  // the device in which it was made
	Count uint32    `json:"count"` // of the authenticator, as it was left
	Made  time.Time `json:"made"`
	Used  time.Time `json:"used,omitzero"` // a challenge from before then proves nothing
}

// OutsideKey names an account of an identity provider: by issuer and subject, which are never given to
// somebody else, and not by e-mail, which is. An issuer is an address and has no space in it.
func OutsideKey(issuer, subject string) string { return issuer + " " + subject }

// SubjectAt is the subject of a login's account at an issuer; "" = it has none there.
func (l Login) SubjectAt(issuer string) string {
	at, subject, _ := strings.Cut(l.Outside, " ")
	if issuer == "" || at != issuer {
		return ""
	}
	return subject
}

// FoldName is a sign-in name as names are compared. It is "" for what cannot be one.
func FoldName(name string) string {
	folded, err := precis.UsernameCaseMapped.String(strings.TrimSpace(name))
	if err != nil {
		return ""
	}
	return folded
}

// WebSession is a browser that is signed in.
type WebSession struct {
	ID      string // UUIDv7: names it in lists, and opens nothing
	Hash    string // of what the browser holds
	Login   string
	Created time.Time
	Seen    time.Time // to the minute or so
	Fresh   time.Time // proved last who they are; zero = only by being here
	Device  string    // "Firefox on Linux"
	Address string    // from which it came last
}

// SignedIn is a session with the person behind it, as they are now.
type SignedIn struct {
	Session WebSession
	Login   Login
	Staff   Staff // zero where the login is of nobody in the team
}

// LinkKind says what a one-time link makes.
type LinkKind string

// The kinds.
const (
	SetupLink LinkKind = "setup" // the first login; it works only while there is none
	JoinLink  LinkKind = "join"  // the login of a member of staff
	ResetLink LinkKind = "reset" // another password for a login
)

// OneTimeLink is a link that makes one thing once.
type OneTimeLink struct {
	Hash    string // the database holds no link that works
	Kind    LinkKind
	Who     string // the member of staff who joins; the login whose password it is
	Made    time.Time
	Expires time.Time
}

// Enrolment is a new login with what comes with it.
type Enrolment struct {
	Link    string   // hash of the link that it spends; "" = none: a command makes it
	Kind    LinkKind // of the link
	First   bool     // only while there is no login
	Login   Login
	Staff   *Staff      // written too; nil = the member of staff is there already, or none
	Session *WebSession // of the browser in which it is made
	Audit   Audit
	Now     time.Time
}

// LoginChange changes a login with everything that follows.
type LoginChange struct {
	ID     string
	Link   string // hash of the ResetLink that it spends; "" = none
	Change func(*Login) error
	// Ends are the sessions that end: all but the one with the id Keep. False = none end.
	Ends    bool
	Keep    string
	Session *WebSession // one that begins
	Audit   Audit
	Now     time.Time
}

// Try is one thing that a password is tried for, with how often without a wait.
type Try struct {
	Key  string // names nobody: a hash
	Free int
}

// TryMemory is how long tries are remembered after the last one.
const TryMemory = time.Hour

// WaitAfter is how long nobody tries again after so many tries: 10 seconds after the first
// that is not free, twice as long after each that follows, a quarter of an hour at most.
func WaitAfter(tries, free int) time.Duration {
	over := tries - free
	if over < 0 {
		return 0
	}
	const first, most = 10 * time.Second, 15 * time.Minute
	if over >= 7 {
		return most
	}
	return min(first<<over, most)
}

// Audit is one change, for who asks later who did what.
type Audit struct {
	ID      string // UUIDv7
	At      time.Time
	Who     string // a sign-in name, the id of a member of staff, or "" = the server itself
	Role    string // what they were then
	From    string // page, cli, chat, api
	What    string // machine words: "staff.add"
	Subject string // what it was done to, by its key
	Before  string // as it was, in the product's own words and never a customer's
	After   string
}

// AuditFilter says which entries are listed, newest first.
type AuditFilter struct {
	Who, What, Subject string // "" = any
	Before             string // id of the entry behind which the list goes on; "" = from the newest
	Limit              int
}

// Logins is who may sign in to the pages, and what was changed by whom. Each method that
// changes something is one transaction.
type Logins interface {
	// Logins returns all, by name.
	Logins(ctx context.Context) ([]Login, error)
	// LoginNamed finds one by what somebody typed. ErrNotFound.
	LoginNamed(ctx context.Context, name string) (Login, error)
	// LoginOutside finds the one that an account of the identity provider enters, by OutsideKey. ErrNotFound.
	LoginOutside(ctx context.Context, outside string) (Login, error)
	// Enrol makes a login. ErrNotFound if its link is unknown, expired, spent, or for another, if
	// the member of staff is not there, or if there is a login where it must be the first;
	// ErrTaken if the name is, or the member of staff has one; ErrOutsideTaken. The same may be repeated.
	Enrol(ctx context.Context, e Enrolment) error
	// ChangeLogin lets c.Change work on the login as it is in the transaction, and returns it as
	// it is then; an error of c.Change is returned and changes nothing. ErrNotFound if there is
	// no such login or its link is not good, ErrTaken for a name, ErrOutsideTaken, ErrLastOwner.
	ChangeLogin(ctx context.Context, c LoginChange) (Login, error)
	// DropLogin removes a login, its links and its sessions. ErrNotFound, ErrLastOwner.
	DropLogin(ctx context.Context, id string, a Audit) error

	// PutOneTimeLink stores a link, in place of an earlier one of its kind for the same person.
	PutOneTimeLink(ctx context.Context, l OneTimeLink, a Audit) error
	// OneTimeLink looks at a link that is good at now and spends nothing. ErrNotFound.
	OneTimeLink(ctx context.Context, hash string, now time.Time) (OneTimeLink, error)
	// OneTimeLinks lists the links that are good at now, newest first.
	OneTimeLinks(ctx context.Context, now time.Time) ([]OneTimeLink, error)

	// PutWebSession begins a session; the one with the hash instead ends.
	PutWebSession(ctx context.Context, s WebSession, instead string) error
	// SignedIn returns who is behind the hash, at now. ErrNotFound if the session ended, was not
	// used for SessionIdle, began SessionLife ago, or its person left.
	SignedIn(ctx context.Context, hash string, now time.Time) (SignedIn, error)
	// MarkWebSession writes when and from where a session was used, and when it was proved.
	MarkWebSession(ctx context.Context, s WebSession) error
	// WebSessions lists those of a login that are good at now, the one used last first.
	WebSessions(ctx context.Context, login string, now time.Time) ([]WebSession, error)
	// EndWebSession ends one session of a login, by its id. ErrNotFound.
	EndWebSession(ctx context.Context, login, id string) error

	// Try counts a try against each of these, unless one of them waits: then nothing is counted,
	// and it returns until when.
	Try(ctx context.Context, of []Try, now time.Time) (until time.Time, err error)
	// Forgive forgets the tries for one key: they succeeded.
	Forgive(ctx context.Context, key string) error

	// PutAudit writes an entry that belongs to no other method.
	PutAudit(ctx context.Context, a Audit) error
	// Audits lists entries, newest first.
	Audits(ctx context.Context, f AuditFilter) ([]Audit, error)
}
