package outbox

import (
	"testing"
	"time"
)

// Whoever taps in a group waits for the answer, not for the cards that grow meanwhile; and
// no card waits for ever.
func TestInAGroupWhatIsNewGoesAheadOfEdits(t *testing.T) {
	now := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	edit := func(waited time.Duration) place {
		return place{identity: "a", ord: 1, edit: true, due: now.Add(-waited)}
	}
	post := place{identity: "b", ord: 2, due: now}
	later := place{identity: "b", ord: 2, due: now.Add(time.Second)}
	for name, c := range map[string]struct {
		group bool
		known []place
		want  int
		at    time.Time
	}{
		"in a group":                   {true, []place{edit(time.Second), post}, 1, now},
		"an edit that waited long":     {true, []place{edit(editPatience), post}, 0, now},
		"nothing new":                  {true, []place{edit(time.Second)}, 0, now},
		"what is new is not due yet":   {true, []place{edit(time.Second), later}, 0, now},
		"with one person, in order":    {false, []place{edit(time.Second), post}, 0, now},
		"only later":                   {true, []place{later}, 0, later.due},
		"behind its own conversation":  {true, []place{later, {identity: "b", ord: 3, due: now}}, 0, later.due},
		"an edit holds its own not up": {true, []place{edit(time.Second), {identity: "a", ord: 3, due: now}}, 1, now},
		"nothing":                      {true, nil, -1, time.Time{}},
	} {
		i, at := (&lane{group: c.group, known: c.known}).next(now)
		if i != c.want || !at.Equal(c.at) {
			t.Errorf("%s: %d at %v, want %d at %v", name, i, at, c.want, c.at)
		}
	}
}
