package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// News names something that other systems can be told of.
type News string

// The news. Their bodies are described by the webhooks of the OpenAPI document.
const (
	AnswerCreated   News = "answer.created"
	AnswerChanged   News = "answer.changed"
	SessionFinished News = "session.finished"
	CaseOpened      News = "case.opened"
	CaseChanged     News = "case.changed"
	CaseClosed      News = "case.closed"
	CaseReopened    News = "case.reopened"
	InvitationSent  News = "invitation.sent" // or handed to somebody who passes it on
	InvitationNot   News = "invitation.suppressed"
	CustomerStopped News = "customer.stopped"
	CustomerErased  News = "customer.erased"
	AlarmRaised     News = "alarm.raised"
	FlowPublished   News = "flow.published"
	Ping            News = "test.ping" // sent by hand, whatever an endpoint is told of
)

// AllNews lists what endpoints can be told of.
func AllNews() []News {
	return []News{
		AnswerCreated, AnswerChanged, SessionFinished, CaseOpened, CaseChanged, CaseClosed, CaseReopened, InvitationSent, InvitationNot,
		CustomerStopped, CustomerErased, AlarmRaised, FlowPublished,
	}
}

// Known reports whether endpoints can be told of such.
func (n News) Known() bool { return slices.Contains(AllNews(), n) }

// Hook is an endpoint of another system: an Installation of the platform chat.Hook, whose Scopes
// say what it is told, and whose token is where it is and how its news are signed.
type Hook struct {
	ID   string
	Name string // for people
	Made time.Time
	HookTerms
}

// HookTerms are what an endpoint is told.
type HookTerms struct {
	News  []News    `json:"news"`            // what it is told of
	Sites []string  `json:"sites,omitempty"` // of which sites; none = of every one
	Words bool      `json:"words,omitempty"` // with what customers wrote
	Names bool      `json:"names,omitempty"` // with what customers are called
	Off   HookOff   `json:"off,omitempty"`   // why nothing is sent; "" = it is on
	OffAt time.Time `json:"off_at,omitzero"`
	By    string    `json:"by,omitempty"` // who made it: a sign-in name; "" = a command
}

// HookOff is why an endpoint is told nothing.
type HookOff string

// The reasons.
const (
	HookByHand  HookOff = "hand"
	HookGone    HookOff = "gone"    // it answered 410
	HookFailing HookOff = "failing" // it took nothing for three days
	HookRemoved HookOff = "removed" // it goes once what waits for it is settled
)

// Wants reports whether an endpoint is told of such news of a site.
func (h Hook) Wants(n News, site string) bool {
	return h.Off == "" && slices.Contains(h.News, n) && (len(h.Sites) == 0 || slices.Contains(h.Sites, site))
}

// Told is what an endpoint is told, in the words of the API.
func (h Hook) Told() string {
	var all []string
	for _, n := range h.News {
		all = append(all, string(n))
	}
	if len(h.News) == len(AllNews()) {
		all = []string{"everything"}
	}
	if h.Words {
		all = append(all, "with words")
	}
	if h.Names {
		all = append(all, "with names")
	}
	if len(h.Sites) > 0 {
		all = append(all, "of "+strings.Join(h.Sites, " and "))
	}
	return strings.Join(all, ", ")
}

// Installation is the endpoint as it is kept. sealed is its token.
func (h Hook) Installation(sealed string) Installation {
	scopes, _ := json.Marshal(h.HookTerms) // words, booleans and moments always can be
	return Installation{
		Platform: chat.Hook, Account: h.ID, Name: h.Name, Sealed: sealed, Scopes: string(scopes), Installed: h.Made, Approved: h.Made,
	}
}

// HookOf reads what Hook.Installation wrote.
func HookOf(i Installation) (h Hook, err error) {
	if err := json.Unmarshal([]byte(i.Scopes), &h.HookTerms); err != nil {
		return Hook{}, fmt.Errorf("what the endpoint %s is told cannot be read: %w", i.Account, err)
	}
	h.ID, h.Name, h.Made = i.Account, i.Name, i.Installed
	return h, nil
}

// HookTry is one try to tell an endpoint something. It holds no secret, no address and, but for
// what the endpoint itself said, nobody's words.
type HookTry struct {
	ID       string // UUIDv7
	Endpoint string
	At       time.Time
	Message  string // its webhook-id: the same at each try
	News     News
	Bucket   Bucket
	Slot     string // "" = it was sent by hand, and waits nowhere
	Status   int    // of HTTP; 0 = there was no answer
	Took     time.Duration
	Answer   string // how it begins
	Error    string // "" = it was taken
	Replay   bool
}

// HookTryDays is for how long tries are kept.
const HookTryDays = 30

// HookTries keep what became of telling other systems.
type HookTries interface {
	// PutHookTry stores a try, and removes those of its endpoint that are older than
	// HookTryDays.
	PutHookTry(ctx context.Context, t HookTry) error
	// HookTries returns the tries of an endpoint before the one of this id ("" = of all), the
	// newest first.
	HookTries(ctx context.Context, endpoint, before string, limit int) ([]HookTry, error)
	// HookFailing returns since when no try of an endpoint has succeeded; zero = the newest did,
	// or there is none.
	HookFailing(ctx context.Context, endpoint string) (time.Time, error)
	// HookNewest returns the newest try of each message of an endpoint since then that waits
	// somewhere, oldest first, at most limit; failed = only of those that were not taken.
	HookNewest(ctx context.Context, endpoint string, since time.Time, failed bool, limit int) ([]HookTry, error)
}
