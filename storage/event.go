package storage

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"
)

// EventDays is how long events are kept, and may be corrected, from when they took place.
const EventDays = 400

// EventState says how far a service has got.
type EventState string

// The states.
const (
	EventBooked    EventState = "booked"
	EventStarted   EventState = "started"
	EventDone      EventState = "done"
	EventCancelled EventState = "cancelled"
	EventReopened  EventState = "reopened" // it was done, and has to be done again
)

// EventStates lists every state.
func EventStates() []EventState {
	return []EventState{EventBooked, EventStarted, EventDone, EventCancelled, EventReopened}
}

// Event is one service that took place, or is going to, as another system told it. Its JSON
// is what the API reads and writes, and what the database keeps.
type Event struct {
	Source     string             `json:"source"` // the system that tells it
	ID         string             `json:"id"`     // there: both name the service for ever
	State      EventState         `json:"state"`
	Site       string             `json:"site,omitempty"`
	Service    string             `json:"service,omitempty"`
	Booked     time.Time          `json:"booked,omitzero"`
	Started    time.Time          `json:"started,omitzero"`
	Ended      time.Time          `json:"ended,omitzero"`
	Promised   *EventPromise      `json:"promised,omitempty"`
	Measures   map[string]float64 `json:"measures,omitempty"`
	Staff      string             `json:"staff,omitempty"`
	Touchpoint string             `json:"touchpoint,omitempty"`
	Stage      string             `json:"stage,omitempty"`
	Amount     *EventAmount       `json:"amount,omitempty"`
	Customer   *EventCustomer     `json:"customer,omitempty"` // nil = an event that only counts
	Ask        string             `json:"ask,omitempty"`      // the survey that is asked once it is done; "" = the triggers decide
	Attributes map[string]any     `json:"attributes,omitempty"`
	Reason     string             `json:"reason,omitempty"` // why it was cancelled
	Updated    time.Time          `json:"updated,omitzero"` // when the source changed it last, as it says
	Test       bool               `json:"test,omitempty"`   // never counted
}

// EventPromise is until when something was promised, and in which words.
type EventPromise struct {
	By    time.Time `json:"by"`
	Words string    `json:"words,omitempty"`
}

// EventAmount is what was paid: a decimal and an ISO 4217 code.
type EventAmount struct {
	Value    string `json:"value"`
	Currency string `json:"currency"`
}

// EventCustomer is who was served.
type EventCustomer struct {
	ID        string        `json:"id"` // the admin's own key
	Name      string        `json:"name,omitempty"`
	FirstName string        `json:"first_name,omitempty"`
	Language  string        `json:"language,omitempty"`
	Zone      string        `json:"zone,omitempty"`
	Tier      string        `json:"tier,omitempty"`
	Kind      string        `json:"kind,omitempty"`
	Reach     []EventReach  `json:"reach,omitempty"` // how, the preferred way first
	Consent   *EventConsent `json:"consent,omitempty"`
}

// EventReach is one way to reach a customer: a kind and what it takes.
type EventReach struct {
	Kind string
	To   string
}

// MarshalJSON writes {"slack_email": "anna@example.com"}.
func (r EventReach) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{r.Kind: r.To})
}

// UnmarshalJSON reads it.
func (r *EventReach) UnmarshalJSON(data []byte) error {
	var m map[string]string
	err := json.Unmarshal(data, &m)
	for k, v := range m {
		r.Kind, r.To = k, v
	}
	return err
}

// EventConsent is on what basis a customer may be asked.
type EventConsent struct {
	Basis string    `json:"basis"`
	From  time.Time `json:"from,omitzero"`
}

// At is when it took place, or is going to, as far as that is known.
func (e Event) At() time.Time {
	for _, t := range []time.Time{e.Ended, e.Started, e.Booked} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// Name is what tells an event from all others. A source has no colon in it.
func (e Event) Name() string { return e.Source + ":" + e.ID }

// Hash tells events of one name apart that say different things.
func (e Event) Hash() string {
	body, _ := json.Marshal(e) // nothing in it can fail
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// EventBucket is where the event of a name is kept.
func EventBucket(name string, buckets int) Bucket {
	sum := sha256.Sum256([]byte(name))
	return BucketOf(binary.BigEndian.Uint16(sum[:]), buckets)
}

// StoredEvent is an event with when it was told first, and last in another way.
type StoredEvent struct {
	Event
	Received time.Time
	Changed  time.Time
}

// EventOutcome is what became of one event that was told.
type EventOutcome struct {
	Stored   bool   // it was not known; if not, it is known, or Conflict
	Conflict *Event // what is stored under its name and says something else
}

// Events keeps the services that other systems tell of.
type Events interface {
	// PutEvents stores events that are not known, with their customers, in one transaction,
	// and says what became of each. One that is known with another content changes nothing;
	// unless partial is true, none is stored then.
	PutEvents(ctx context.Context, all []Event, at time.Time, partial bool) ([]EventOutcome, error)
	// Event returns one event. ErrNotFound.
	Event(ctx context.Context, source, id string) (StoredEvent, error)
	// ChangeEvent lets change work on the event as it is in the transaction, nil if there is
	// none, and stores what it returns; nil removes it. An error of change changes nothing.
	ChangeEvent(ctx context.Context, source, id string, at time.Time, change func(*Event) (*Event, error)) (StoredEvent, error)
}
