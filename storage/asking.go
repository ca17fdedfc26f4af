package storage

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Ask is one offer of a survey to a customer that was made, is going to be, or was decided not
// to be: what package invitation decides about. It lives in the bucket of its customer.
type Ask struct {
	ID       string    `json:"-"`
	Bucket   Bucket    `json:"-"`
	Customer string    `json:"-"`
	Event    string    `json:"-"` // Event.Name; "" = somebody asks by hand
	Trigger  string    `json:"-"` // "" = none asks, or somebody does by hand
	Flow     string    `json:"-"`
	Class    string    `json:"-"`
	Site     string    `json:"-"`
	State    string    `json:"-"` // an invitation.State
	Reason   string    `json:"-"` // an invitation.Reason; "" = none
	Offer    string    `json:"-"` // id of the invitation
	Test     bool      `json:"-"`
	Made     time.Time `json:"-"`
	Due      time.Time `json:"-"` // when it is to be looked at next; zero = it is over
	Sent     time.Time `json:"-"` // zero = it was not

	Experiment string `json:"-"` // the key of an invitation.Compared; "" = none
	Arm        string `json:"-"` // an invitation.Arm

	First    time.Time         `json:"first,omitzero"` // when it was due at first
	Told     string            `json:"told,omitempty"` // hash of the event of which it was made
	Day      string            `json:"day,omitempty"`  // of the service at the site
	Service  string            `json:"service,omitempty"`
	By       string            `json:"by,omitempty"` // an invitation.Way
	Language string            `json:"language,omitempty"`
	To       *Identity         `json:"to,omitempty"`      // who is asked at once; nil = whoever opens the link
	Session  string            `json:"session,omitempty"` // of who was asked at once, or opened the link
	At       Bucket            `json:"at,omitempty"`      // where the session is or, until somebody opens a link, its invitation
	Began    time.Time         `json:"began,omitzero"`    // from when on it is being sent
	Until    time.Time         `json:"until,omitzero"`    // when it can be answered no longer
	Ended    time.Time         `json:"ended,omitzero"`    // when it was answered, declined or over
	Reminded time.Time         `json:"reminded,omitzero"`
	Tries    int               `json:"tries,omitempty"`
	Not      []string          `json:"not,omitempty"`     // ways that led to nobody
	Again    bool              `json:"again,omitempty"`   // the service is done once more
	Asker    string            `json:"asker,omitempty"`   // who of staff asks by hand
	Against  string            `json:"against,omitempty"` // why, although the limits would leave the customer in peace
	Like     string            `json:"like,omitempty"`    // the event that tells of the customer, where it is about none
	With     map[string]string `json:"with,omitempty"`    // what is told of the service where there is no event
	Tell     bool              `json:"tell,omitempty"`    // other systems are to be told how it stands
	Decided  int               `json:"decided,omitempty"` // how many decisions there are
}

// Silent reports whether nobody is asked by it: it watches whether anything is heard of a service.
func (a *Ask) Silent() bool { return a.Trigger != "" && a.Flow == "" }

// AskDecision is what was decided about an ask, and why. None is ever changed.
type AskDecision struct {
	Ask      string            `json:"ask"`
	Seq      int               `json:"seq"`
	At       time.Time         `json:"at"`
	State    string            `json:"state"`
	Reason   string            `json:"reason,omitempty"`
	Rule     string            `json:"rule"`
	Policy   int               `json:"policy"` // version of the triggers
	Evidence map[string]string `json:"evidence,omitempty"`
}

// AskChange is an ask as it is to be from now on, and what was decided, if anything was.
type AskChange struct {
	Ask      Ask
	Decision *AskDecision
}

// AskFile is an ask with everything that was decided about it, oldest first.
type AskFile struct {
	Ask       Ask           `json:"ask"`
	Name      string        `json:"event,omitempty"`
	State     string        `json:"state"`
	Made      time.Time     `json:"made"`
	Compared  string        `json:"experiment,omitempty"`
	Arm       string        `json:"arm,omitempty"`
	Decisions []AskDecision `json:"decisions"`
}

// FileOf is the file of an ask.
func FileOf(a Ask, decisions []AskDecision) AskFile {
	return AskFile{Ask: a, Name: a.Event, State: a.State, Made: a.Made, Compared: a.Experiment, Arm: a.Arm, Decisions: decisions}
}

// AskID names the ask that a trigger makes of an event.
func AskID(event, trigger string) string {
	sum := sha256.Sum256([]byte("ask\x00" + event + "\x00" + trigger))
	const hex = "0123456789abcdef"
	id := make([]byte, 0, 32)
	for _, b := range sum[:16] {
		id = append(id, hex[b>>4], hex[b&15])
	}
	return string(id)
}

// AskBucket is where what is asked of a customer is kept.
func AskBucket(customer string, buckets int) Bucket {
	sum := sha256.Sum256([]byte("customer\x00" + Clean(customer)))
	return BucketOf(binary.BigEndian.Uint16(sum[:]), buckets)
}

// AskCount is how many asks of a kind there are.
type AskCount struct {
	Site, Trigger, State, Reason string
	Silent                       bool // of services that are only watched: their customers are not asked by it
	N                            int
}

// AskFilter says which asks are wanted: the newest first.
type AskFilter struct {
	Sites   []string // one of these, where "" is of none; nil = any
	Since   time.Time
	State   string // "" = any, as below
	Reason  string
	Trigger string
	Before  time.Time // made before; zero = any
	Limit   int
}

// AskPlace is where an ask stands among those that are due.
type AskPlace struct {
	Due time.Time
	ID  string
}

// Asking keeps who is asked by itself, and why others are not.
type Asking interface {
	// PublishTriggers is Publish for the one file of triggers; Triggers is Rules for it.
	PublishTriggers(ctx context.Context, source string, at time.Time) (version int, created bool, err error)
	Triggers(ctx context.Context, version int) (RulesSource, error)

	// ToPlan returns events of a bucket at which the triggers have not looked yet, the oldest
	// first; with ErrUnreadable beside them where one cannot be read, and is left out. Planned says
	// that they did, unless an event changed since: of events of any bucket.
	ToPlan(ctx context.Context, b Bucket, limit int) ([]StoredEvent, error)
	Planned(ctx context.Context, events []StoredEvent) error
	// ToldSince lists events of a bucket that took place since then, in the order of that
	// moment, behind the one of this name if one is given.
	ToldSince(ctx context.Context, b Bucket, since time.Time, after string, limit int) ([]StoredEvent, error)
	// EventsOf returns events by their names; one that there is not is left out.
	EventsOf(ctx context.Context, names []string) (map[string]StoredEvent, error)

	// AsksDue returns asks of a bucket that are to be looked at, but for those of AsksSending, the
	// earliest first; with ErrUnreadable beside them where one cannot be read, and is left out.
	AsksDue(ctx context.Context, b Bucket, now time.Time, limit int) ([]Ask, error)
	// AsksSending is AsksDue for those about which it was decided that somebody is asked, and whose
	// offer is not made: those behind one, zero = all. They may wait for a platform.
	AsksSending(ctx context.Context, b Bucket, now time.Time, behind AskPlace, limit int) ([]Ask, error)
	// AsksAfter returns the asks that an event of a customer made.
	AsksAfter(ctx context.Context, customer, event string) ([]Ask, error)
	// AsksOf returns the newest asks of a customer.
	AsksOf(ctx context.Context, customer string, limit int) ([]Ask, error)
	// AsksNamed returns asks of a bucket by their ids; one that there is not is left out.
	AsksNamed(ctx context.Context, b Bucket, ids []string) ([]Ask, error)
	// AskDecisions returns what was decided about asks of one bucket, oldest first.
	AskDecisions(ctx context.Context, b Bucket, asks []string) ([]AskDecision, error)
	// ChangeAsks runs change in one transaction, under the bucket's lock, on these asks as they
	// are and on the newest offers that were made to these customers, and stores what it returns.
	ChangeAsks(ctx context.Context, b Bucket, asks, customers []string,
		change func(asks map[string]Ask, offers map[string][]Ask) ([]AskChange, error)) error
	// Offers returns the newest offers that were made to customers, by customer.
	Offers(ctx context.Context, customers []string) (map[string][]Ask, error)
	// CustomerAccounts returns the chat accounts of customers, by customer.
	CustomerAccounts(ctx context.Context, customers []string) (map[string][]Identity, error)
	// Asks lists asks over all buckets.
	Asks(ctx context.Context, f AskFilter) ([]Ask, error)
	// CountAsks counts asks that were made since then, without tests.
	CountAsks(ctx context.Context, since time.Time) ([]AskCount, error)
}

// MostOffers is how many offers of a customer are looked at, at most.
const MostOffers = 100
