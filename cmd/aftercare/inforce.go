package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
)

// inForcePatience is how long a command waits until the servers that run have taken what it
// changed. They look every second.
const inForcePatience = 5 * time.Second

// inForce is where a change is in force, as programs see it.
type inForce struct {
	Servers int      `json:"servers"`               // that run and have it whole
	Waiting []string `json:"waiting,omitempty"`     // that run and have not taken it yet
	Unread  []string `json:"cannot_read,omitempty"` // that have taken it but for what is named: "server: what it cannot read"
	Unknown string   `json:"unknown,omitempty"`     // why nobody knows
}

// inForce waits until what was changed is in force in every server that runs, and says where
// it is. The change stays whatever comes of that: it is no reason to fail.
func (a *terminal) inForce(store storage.Store) *inForce {
	revision, err := store.Revision(a.ctx)
	if err != nil {
		return &inForce{Unknown: err.Error()}
	}
	limited, cancel := context.WithTimeout(a.ctx, inForcePatience)
	defer cancel()
	var last snapshot.Spread
	for spread, err := range snapshot.Watch(limited, store, revision) {
		if err != nil {
			return &inForce{Unknown: err.Error()}
		}
		last = spread
	}
	f := &inForce{}
	for _, p := range last.Waiting {
		f.Waiting = append(f.Waiting, fmt.Sprintf("%s (it last said that it lives %v ago)", p.Name, p.Age.Round(time.Second)))
	}
	for _, p := range last.Taken {
		if p.Lacks == "" {
			f.Servers++
		} else {
			f.Unread = append(f.Unread, p.Name+": "+p.Lacks)
		}
	}
	return f
}

// text is a line, or more where something is not as it should be.
func (f *inForce) text() string {
	var b strings.Builder
	switch waiting, all := len(f.Waiting), f.Servers+len(f.Waiting)+len(f.Unread); {
	case f.Unknown != "":
		fmt.Fprintf(&b, "It is stored. Whether the servers that run have taken it is not known: %s\n", f.Unknown)
	case all == 0:
		b.WriteString("No server is running: the next one that starts has it.\n")
	case waiting > 0:
		fmt.Fprintf(&b, "It is stored, and in force in %d of %d running servers. Not yet in %s.\n", f.Servers, all, strings.Join(f.Waiting, "; "))
		fmt.Fprintf(&b, "A server that starts or is busy takes it within seconds; one that was killed is no longer counted after %v.\n", snapshot.GoneAfter)
	case all > 1:
		fmt.Fprintf(&b, "It is in force in %d of %d running servers.\n", f.Servers, all)
	case f.Servers == 1:
		b.WriteString("It is in force in the running server.\n")
	}
	for _, unread := range f.Unread {
		fmt.Fprintf(&b, "A server of an earlier release cannot read all of it, and keeps to what was before: %s\n", unread)
	}
	return b.String()
}
