package recovery

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
)

// pair is an act by somebody, and what becomes of it in each state.
type pair struct {
	name string
	by   Actor
	act  Act
	late time.Duration // after noon; 0 = two minutes
	want string        // by States(): the next state, "=" for no change, "!code" for a refusal
}

var pairs = []pair{
	{"take", ann, Take{}, 0, "taken = = = !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"take by another", bob, Take{}, 0, "taken !already_taken !already_taken !already_taken !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"release", ann, Release{}, 0, "= open open open !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"release by another", bob, Release{}, 0, "= !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"release by a lead", lea, Release{}, 0, "= open open open !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"assign", ann, Assign{bob}, 0, "taken taken contacted agreed !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"assign by another", bob, Assign{bob}, 0, "taken !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"assign by a lead", lea, Assign{bob}, 0, "taken taken contacted agreed !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"assign to the holder", ann, Assign{ann}, 0, "taken = = = !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"note", ann, Note{Text: "he was right"}, 0, "open taken contacted agreed resolved verified closed unreachable no_action"},
	{"note by another", bob, Note{Text: "he was right"}, 0, "open taken contacted agreed resolved verified closed unreachable no_action"},
	{"contact", ann, Contact{Means: ByPhone, Text: "called"}, 0, "contacted contacted contacted agreed !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"contact by another", bob, Contact{Means: InChat}, 0, "contacted !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"contact by a lead", lea, Contact{Means: InChat}, 0, "contacted contacted contacted agreed !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"agree", ann, Agree{"a refund", noon.Add(day)}, 0, "agreed agreed agreed agreed !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"agree by another", bob, Agree{"a refund", noon.Add(day)}, 0, "agreed !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"snooze", ann, Snooze{noon.Add(time.Hour)}, 0, "taken taken contacted agreed !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"snooze by another", bob, Snooze{noon.Add(time.Hour)}, 0, "taken !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"resolve", ann, mended, 0, "resolved resolved resolved resolved = = = !already_closed !already_closed"},
	{"resolve by another", bob, mended, 0, "resolved !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"resolve otherwise", ann, Resolve{Cause: Unfounded, Actions: []Action{{Kind: Explanation}}}, 0, "resolved resolved resolved resolved !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"no action", ann, NoAction{"a test"}, 0, "no_action no_action no_action no_action !already_closed !already_closed !already_closed !already_closed ="},
	{"no action by another", bob, NoAction{"a test"}, 0, "no_action !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"unreachable", ann, Unreachable{"called three times"}, 0, "unreachable unreachable unreachable unreachable !already_closed !already_closed !already_closed = !already_closed"},
	{"unreachable by another", bob, Unreachable{"no answer"}, 0, "unreachable !held_by_other !held_by_other !held_by_other !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"unreachable by the program", program, Unreachable{}, 0, "open taken contacted agreed resolved verified closed unreachable no_action"},
	{"reopen", ann, Reopen{}, 0, "= = = = open open open open open"},
	{"reopen by another", bob, Reopen{"she called again"}, 0, "= = = = open open open open open"},
	{"reopen by the program", program, Reopen{}, 0, "= = = = open open open open open"},
	{"customer wrote", guest, CustomerWrote{Text: "hello?"}, 0, "open taken contacted agreed resolved verified closed open no_action"},
	{"customer changed to fine", guest, CustomerChanged{Decision: fine}, 0, "open taken contacted agreed resolved verified closed unreachable no_action"},
	{"customer changed to worse", guest, CustomerChanged{Decision: lower}, 0, "open taken contacted agreed open open open open open"},
	{"joined by the same", program, Joined{Decision: low}, 0, "= = = = = = = = ="},
	{"joined by nothing", program, Joined{Decision: fine}, 0, "= = = = = = = = ="},
	{"joined by more reasons", program, Joined{Decision: wider}, 0, "open taken contacted agreed resolved verified closed unreachable no_action"},
	{"joined by worse", program, Joined{Decision: lower}, 0, "open taken contacted agreed open open open open open"},
	{"clock struck at once", program, ClockStruck{}, 0, "= = = = = = = = ="},
	{"clock struck ten days later", program, ClockStruck{}, 10 * day, "open open contacted open resolved = = = ="},
	{"followed up: settled", guest, FollowedUp{Level: 7, Settled: SettledYes}, 0, "open taken contacted agreed verified verified verified unreachable no_action"},
	{"followed up: average", guest, FollowedUp{Level: 4, Settled: SettledPartly}, 0, "open taken contacted agreed closed closed closed unreachable no_action"},
	{"followed up: not settled", guest, FollowedUp{Level: 5, Settled: SettledNo}, 0, "open taken contacted agreed open open open open open"},
	{"followed up: unsatisfied", guest, FollowedUp{Level: 3}, 0, "open taken contacted agreed open open open open open"},
	{"followed up: nothing said", guest, FollowedUp{}, 0, "= = = = = = = = ="},
	{"returned", program, Returned{}, 0, "= = = = resolved verified closed unreachable no_action"},
	{"reachable again", program, Reachable{}, 0, "= = = = = = = = ="},
	{"seen", program, Seen{}, 0, "= = = = = = = = ="},
	{"reply on a page", ann, Contact{Means: InChat, Text: "on a page", Waits: true}, 0, "taken taken contacted agreed !already_closed !already_closed !already_closed !already_closed !already_closed"},
	{"holder gone", program, StaffGone{ann.ID}, 0, "= open open open = = = = ="},
	{"somebody else gone", lea, StaffGone{bob.ID}, 0, "= = = = = = = = ="},
}

func (p pair) at() time.Time {
	if p.late > 0 {
		return noon.Add(p.late)
	}
	return noon.Add(2 * time.Minute)
}

// result is what became of an act, as the tables write it.
func result(t *testing.T, before, after Case, events []Event, err error) string {
	t.Helper()
	code := codeOf(t, err)
	if code != "" || len(events) == 0 {
		if frozen(t, before) != frozen(t, after) || len(events) > 0 {
			t.Errorf("changed with %d events, in spite of a refusal %q:\n%s\n%s", len(events), code, frozen(t, before), frozen(t, after))
		}
	}
	switch {
	case code != "":
		return "!" + string(code)
	case len(events) == 0:
		return "="
	}
	return string(after.State)
}

func TestEveryActInEveryState(t *testing.T) {
	seen := map[ActKind]bool{}
	for _, p := range pairs {
		seen[p.act.Kind()] = true
		want := strings.Fields(p.want)
		if len(want) != len(States()) {
			t.Fatalf("%s: %d results for %d states", p.name, len(want), len(States()))
		}
		for i, s := range States() {
			t.Run(p.name+" when "+string(s), func(t *testing.T) {
				c := in(t, s)
				before := frozen(t, c)
				after, events, err := Apply(DefaultRules, c, p.act, p.by, p.at())
				if got := result(t, c, after, events, err); got != want[i] {
					t.Errorf("%s, want %s", got, want[i])
				}
				if frozen(t, c) != before {
					t.Error("Apply changed its argument")
				}
				if err != nil {
					return
				}
				again, events, err := Apply(DefaultRules, after, p.act, p.by, p.at())
				if len(events) > 0 || frozen(t, again) != frozen(t, after) {
					t.Errorf("the same again changed something: %v, %v", kinds(events), err)
				}
			})
		}
	}
	for _, k := range ActKinds() {
		if !seen[k] {
			t.Errorf("the table has no %s", k)
		}
	}
}

// One row for each role that may not do something, for every act in every state.
func TestWhoMayDoWhat(t *testing.T) {
	for _, p := range pairs {
		k := p.act.Kind()
		for _, s := range States() {
			c := in(t, s)
			code := func(by Actor) Code {
				_, _, err := Apply(DefaultRules, c, p.act, by, p.at())
				return codeOf(t, err)
			}
			for _, by := range []Actor{stranger, {Role: access.Agent}, {Role: access.Lead}, {Staffer{"x", "X"}, "boss", Staff}} {
				if got := code(by); got != NotStaff {
					t.Errorf("%s when %s by %+v: %q", p.name, s, by, got)
				}
			}
			if got := code(vic); got != MayNotAct {
				t.Errorf("%s when %s by a viewer: %q", p.name, s, got)
			}
			if k.by(Staff) && code(guest) != NotTheirs {
				t.Errorf("%s when %s by the customer: %q", p.name, s, code(guest))
			}
			if k.by(Staff) && k != ActReopen && k != ActUnreachable && code(program) != NotTheirs {
				t.Errorf("%s when %s by the program: %q", p.name, s, code(program))
			}
			if !k.by(Staff) && code(ann) != NotTheirs {
				t.Errorf("%s when %s by an agent: %q", p.name, s, code(ann))
			}
			for _, lead := range []Actor{lea, adm} {
				if !k.by(Staff) && (code(lead) == NotTheirs) != (k != ActStaffGone) {
					t.Errorf("%s when %s by a lead: %q", p.name, s, code(lead))
				}
			}
		}
	}
	for _, k := range []Act{ClockStruck{}, StaffGone{ann.ID}} {
		if _, _, err := Apply(DefaultRules, in(t, Taken), k, guest, noon); codeOf(t, err) != NotTheirs {
			t.Errorf("%s by the customer: %v", k.Kind(), err)
		}
	}
}

func TestUnknownActs(t *testing.T) {
	for _, act := range []Act{nil, (*pointed)(nil)} {
		if _, _, err := Apply(DefaultRules, begin(), act, ann, noon); codeOf(t, err) != UnknownAct {
			t.Errorf("%v: %v", act, err)
		}
	}
}

// pointed is an act that is none of the set.
type pointed struct{}

func (*pointed) Kind() ActKind { return ActTake }
func (*pointed) act()          {}
