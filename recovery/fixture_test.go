package recovery

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
)

// Monday noon.
var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

var (
	ann      = Actor{Staffer{"s1", "Ann"}, access.Agent, Staff}
	bob      = Actor{Staffer{"s2", "Bob"}, access.Agent, Staff}
	lea      = Actor{Staffer{"s3", "Lea"}, access.Lead, Staff}
	adm      = Actor{Staffer{"s4", "Adm"}, access.Admin, Staff}
	vic      = Actor{Staffer{"s5", "Vic"}, access.Viewer, Staff}
	stranger = Actor{Staffer{"s6", "Stranger"}, access.Outsider, Staff}
	guest    = Actor{Party: Customer}
	program  = Actor{Party: Program}
)

var (
	low     = Decision{Opens: true, Priority: P2, Reasons: []Reason{PrimaryL2}}
	lower   = Decision{Opens: true, Priority: P1, Reasons: []Reason{PrimaryL1}}
	wider   = Decision{Opens: true, Priority: P2, Reasons: []Reason{PrimaryL2, CriticalAnswer}}
	fine    = Decision{Reasons: []Reason{}}
	mended  = Resolve{Cause: "reliability", Actions: []Action{{Kind: Redo, Cost: 1200}, {Kind: Apology}}, Note: "done again"}
	promise = Agree{Plan: "do it again on Friday", Due: noon.Add(4 * day)}
)

func begin() Case {
	c, _ := OpenCase(DefaultRules, Case{ID: "c1", Number: 1, Session: "s", Contact: ContactPhone}, low, noon)
	return c
}

// must applies acts that are expected to be accepted.
func must(t *testing.T, c Case, by Actor, now time.Time, acts ...Act) Case {
	t.Helper()
	for _, a := range acts {
		var err error
		if c, _, err = Apply(DefaultRules, c, a, by, now); err != nil {
			t.Fatalf("%s by %s: %v", a.Kind(), by.Name, err)
		}
	}
	return c
}

// in brings a case into a state by Ann's acts, one minute after it opened.
func in(t *testing.T, s State) Case {
	t.Helper()
	now := noon.Add(time.Minute)
	c := begin()
	switch s {
	case Open:
	case Taken:
		c = must(t, c, ann, now, Take{})
	case Contacted:
		c = must(t, c, ann, now, Contact{Means: InChat, Text: "sorry"})
	case Agreed:
		c = must(t, c, ann, now, promise)
	case Resolved:
		c = must(t, c, ann, now, mended)
	case Verified:
		c = must(t, must(t, c, ann, now, mended), guest, now, FollowedUp{Level: 6, Settled: SettledYes})
	case Closed:
		c = must(t, must(t, c, ann, now, mended), guest, now, FollowedUp{Level: 4})
	case Unreached:
		c = must(t, c, ann, now, Unreachable{"called three times"})
	case Dismissed:
		c = must(t, c, ann, now, NoAction{"a test"})
	}
	if c.State != s {
		t.Fatalf("the case is %s, wanted %s", c.State, s)
	}
	return c
}

func frozen(t interface{ Fatal(...any) }, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// codeOf is the code of a refusal, or "".
func codeOf(t interface{ Fatalf(string, ...any) }, err error) Code {
	if err == nil {
		return ""
	}
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("%v is no refusal", err)
	}
	return r.Code
}

func kinds(events []Event) []EventKind {
	var all []EventKind
	for _, e := range events {
		all = append(all, e.Kind)
	}
	return all
}

func has(events []Event, k EventKind) bool { return slices.Contains(kinds(events), k) }
