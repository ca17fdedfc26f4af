package recovery

import (
	"strconv"
	"time"
)

// State is where a case stands.
type State string

// The states.
const (
	Open     State = "open"
	Taken    State = "taken"
	Resolved State = "resolved"
	Closed   State = "closed"
)

// Case is one unsatisfied customer's recovery.
type Case struct {
	ID       string    `json:"id"`     // UUID
	Number   int       `json:"number"` // counted per bucket; Name shows it with the bucket's letters
	Bucket   int       `json:"bucket"`
	Session  string    `json:"session,omitempty"`
	State    State     `json:"state"`
	Decision Decision  `json:"decision"`
	Changed  bool      `json:"changed,omitempty"` // the customer changed the low answer afterwards
	OpenedAt time.Time `json:"opened_at"`
	Due      Clocks    `json:"due,omitzero"`
}

// Clocks are the times by which something must have happened.
type Clocks struct {
	Acknowledge time.Time `json:"acknowledge,omitzero"`
	Contact     time.Time `json:"contact,omitzero"`
	Resolve     time.Time `json:"resolve,omitzero"`
}

// Name is the number as people say it: the bucket's letters and the number, "A-17".
// Buckets count A … Z, AA … as spreadsheets do.
func (c Case) Name() string { return caseName(c.Bucket, c.Number) }

func caseName(bucket, number int) string {
	letters := ""
	for b := bucket; ; b = b/26 - 1 {
		letters = string(rune('A'+b%26)) + letters
		if b < 26 {
			break
		}
	}
	return letters + "-" + strconv.Itoa(number)
}

// dueTimes are the defaults of domain 2.4 by priority, in elapsed time.
var dueTimes = map[Priority][3]time.Duration{
	P1: {15 * time.Minute, time.Hour, 24 * time.Hour},
	P2: {30 * time.Minute, 4 * time.Hour, 48 * time.Hour},
	P3: {4 * time.Hour, 24 * time.Hour, 5 * 24 * time.Hour},
}

// DueFrom returns the clocks of a case of priority p that opened at t. None has none.
func DueFrom(p Priority, t time.Time) Clocks {
	d, ok := dueTimes[p]
	if !ok {
		return Clocks{}
	}
	return Clocks{Acknowledge: t.Add(d[0]), Contact: t.Add(d[1]), Resolve: t.Add(d[2])}
}
