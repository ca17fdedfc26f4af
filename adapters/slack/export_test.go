package slack

import "time"

// Edits is the pacing of edits, for its test.
type Edits struct{ edits }

// NewEdits paces so many edits a minute.
func NewEdits(perMinute int) *Edits { return &Edits{edits{perMinute: perMinute}} }

// Wait is how long an edit must wait.
func (e *Edits) Wait(team, message string, now time.Time) time.Duration {
	return e.wait(team, message, now)
}

// Heard is how many updates an event brings.
func (c *Client) Heard(event []byte) (int, error) {
	in, err := c.decodeEvent(event)
	return len(in.updates), err
}
