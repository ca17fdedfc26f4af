package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Door is where the rest of the program tells of services: what comes in by it is checked and
// stored as what is sent to /events, and no other way leads to the store.
type Door struct{ api *api }

// NewDoor returns the door.
func NewDoor(c Config) *Door {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Door{&api{Config: c, trusted: true}}
}

// Result is what became of one event, or would.
type Result string

// The results.
const (
	Created Result = "created"
	Same    Result = "same"    // it was told before, word for word
	Changed Result = "changed" // it was told before in another way, and is now as this says
	Refused Result = "refused"
	Older   Result = "older" // what is known of it is newer
)

// Outcome is what became of one event, or would.
type Outcome struct {
	Result Result
	Event  storage.Event // as it is stored; of one that is refused what could be read
	Faults []Fault       // of one that is refused
	Known  *storage.Event
}

// Fault is one mistake in an event.
type Fault struct {
	Pointer string // JSON Pointer within the event: "/customer/id"
	Code    string
	Detail  string
}

// Tell stores events, each of them told anew or changed; dry only says what would become of
// them. They are JSON, as the API takes it.
func (d *Door) Tell(ctx context.Context, sent []json.RawMessage, dry bool) ([]Outcome, error) {
	s := d.api
	now := s.Clock().UTC().Truncate(time.Microsecond)
	q := &request{Request: (&http.Request{URL: &url.URL{}}).WithContext(ctx), token: ours(now), now: now}
	r, err := s.reader(q)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(sent))
	var all []storage.Event
	var of []int
	for i, body := range sent {
		r.faults = nil
		v, f := parse(body)
		if f != nil {
			r.faults = append(r.faults, *f)
		} else {
			out[i].Event = r.event(v)
		}
		if len(r.faults) > 0 {
			out[i].Result = Refused
			for _, f := range r.faults {
				out[i].Faults = append(out[i].Faults, Fault{strings.TrimPrefix(f.Pointer, "#"), f.Code, f.Detail})
			}
			continue
		}
		all, of = append(all, out[i].Event), append(of, i)
	}
	gone, err := s.erased(ctx, customersOf(all)...)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(all))
	for j := range all {
		nameless(&all[j], gone)
		out[of[j]].Event, names[j] = all[j], all[j].Name()
	}
	before, err := s.Store.EventsOf(ctx, names)
	if err != nil {
		return nil, err
	}
	judge := func(e *storage.Event) (Result, *storage.Event) {
		was, ok := before[e.Name()]
		switch {
		case !ok:
			return Created, nil
		case was.Hash() == e.Hash():
			return Same, &was.Event
		case late(&was.Event, e):
			return Older, &was.Event
		}
		return Changed, &was.Event
	}
	// Two rows of one event are as if told one after the other.
	for j := range all {
		o := &out[of[j]]
		o.Result, o.Known = judge(&all[j])
		if dry {
			before[names[j]] = storage.StoredEvent{Event: all[j]}
		}
	}
	if dry {
		return out, nil
	}
	outcomes, err := s.Store.PutEvents(ctx, all, now, true)
	if err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for j, x := range outcomes {
		o := &out[of[j]]
		switch {
		case x.Conflict != nil && changed[names[j]] == all[j].Hash():
			o.Result = Same
		case x.Conflict == nil && x.Stored:
			o.Result = Created
		case x.Conflict == nil:
			o.Result = Same
		default:
			o.Result, changed[names[j]] = Changed, all[j].Hash()
			_, err := s.Store.ChangeEvent(ctx, all[j].Source, all[j].ID, now, func(was *storage.Event) (*storage.Event, error) {
				if was != nil && late(was, &all[j]) {
					o.Result = Older
					return was, nil
				}
				return &all[j], nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
