package storage

import (
	"context"
	"time"
)

// Alarm is that more or fewer answers of a site were unsatisfied than usual. It went off once, and is on until it
// is over; what goes off after that is another one.
type Alarm struct {
	ID   string // AlarmID
	Site string
	Kind AlarmKind
	Day  string // on which it went off: "2026-03-05"
	Made time.Time
	Over string // the day on which it ended; "" = it is on
	AlarmTerms
}

// AlarmKind is which way answers went.
type AlarmKind string

// The kinds.
const (
	AlarmWorse  AlarmKind = "worse"  // more are unsatisfied
	AlarmBetter AlarmKind = "better" // fewer are
)

// AlarmID is the one name of an alarm, whichever process sees it.
func AlarmID(site string, kind AlarmKind, day string) string {
	return site + "-" + string(kind) + "-" + day
}

// AlarmTerms are what is said of an alarm.
type AlarmTerms struct {
	By     string    `json:"by"`     // "sum": answer by answer; "week": by a week beyond the limits of a chart
	Since  string    `json:"since"`  // the first day of what it is about
	K      int       `json:"k"`      // unsatisfied since then
	N      int       `json:"n"`      // answers since then: five at least
	Manner string    `json:"manner"` // how their share may be shown, as report.Manner has it
	Low    float64   `json:"low"`    // the ends of its interval, 0–1
	High   float64   `json:"high"`
	Usual  float64   `json:"usual"`           // the share of the unsatisfied that is usual, 0–1
	Sum    *AlarmSum `json:"sum,omitempty"`   // nil of a chart
	First  string    `json:"first"`           // the first day of Days
	Begins int       `json:"begins"`          // which of Days is the first that is watched; those before say what is usual
	Days   [][2]int  `json:"days"`            // of each day, how many were unsatisfied and how many answered: its picture
	Known  time.Time `json:"known,omitzero"`  // when somebody said that they know
	Knows  string    `json:"knows,omitempty"` // who: a sign-in name
}

// AlarmSum is by what an alarm goes off that watches answer by answer: as report.Alarm has it.
type AlarmSum struct {
	Up    int     `json:"up"`
	Down  int     `json:"down"`
	At    int     `json:"at"`
	P0    float64 `json:"p0"`
	P1    float64 `json:"p1"`
	Apart float64 `json:"apart"` // answers between two false alarms, on average and at least
	After float64 `json:"after"` // answers after which a share of P1 is noticed, on average
}

// Open reports whether somebody is still to hear of it: nobody said that they know, and it is on or was until a day.
func (a *Alarm) Open(day string) bool { return a.Known.IsZero() && (a.Over == "" || a.Over >= day) }

// Alarms keeps what went off. It is no configuration.
type Alarms interface {
	// PutAlarm stores a new one; what went off already is left as it is.
	PutAlarm(ctx context.Context, a Alarm) error
	// Alarm returns one. ErrNotFound.
	Alarm(ctx context.Context, id string) (Alarm, error)
	// AlarmList returns those of sites that went off on a day or later, or are on, the newest first.
	AlarmList(ctx context.Context, sites []string, since string, limit int) ([]Alarm, error)
	// ChangeAlarm has change work on one as it is in the transaction, and stores what it left of Over and of its
	// terms. An error of change changes nothing. An Audit without an id is not written. ErrNotFound.
	ChangeAlarm(ctx context.Context, id string, a Audit, change func(*Alarm) error) (Alarm, error)
}
