package recovery

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
)

var update = flag.Bool("update", false, "rewrite docs/case-states.md from the code")

const page = "../docs/case-states.md"

// walked tries every act of the table on every case that a few of them lead to, now and
// much later, and notes which states follow one another and by what.
func walked(t *testing.T) (map[[2]State]map[ActKind]bool, map[EventKind]bool) {
	arrows, told := map[[2]State]map[ActKind]bool{}, map[EventKind]bool{EventOpened: true}
	type stop struct {
		c   Case
		now time.Time
	}
	frontier := []stop{{begin(), noon}}
	known := map[string]bool{}
	for range 4 {
		var next []stop
		for _, at := range frontier {
			for _, p := range pairs {
				now := at.now.Add(p.late)
				c, events, err := Apply(DefaultRules, at.c, p.act, p.by, now)
				if err != nil {
					continue
				}
				for _, e := range events {
					told[e.Kind] = true
				}
				arrow := [2]State{at.c.State, c.State}
				if arrow[0] != arrow[1] {
					if arrows[arrow] == nil {
						arrows[arrow] = map[ActKind]bool{}
					}
					arrows[arrow][p.act.Kind()] = true
				}
				key := fmt.Sprint(c.State, c.Holder, c.Plan != nil, c.Round.Contacted.IsZero(), c.Wrote.IsZero(), c.Decision.Priority, c.Outcome.Asked.IsZero(), c.Snoozed.IsZero())
				if !known[key] {
					known[key] = true
					next = append(next, stop{c, now})
				}
			}
		}
		frontier = next
	}
	if len(known) < 100 {
		t.Fatalf("only %d kinds of cases were seen", len(known))
	}
	return arrows, told
}

// drawn is the chart as Mermaid.
func drawn(t *testing.T) string {
	arrows, _ := walked(t)
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> open\n")
	for _, from := range States() {
		b.WriteByte('\n')
		for _, to := range States() {
			var by []string
			for _, k := range ActKinds() {
				if arrows[[2]State{from, to}][k] {
					by = append(by, string(k))
				}
			}
			if len(by) > 0 {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, strings.Join(by, ", "))
			}
		}
	}
	return b.String()
}

// table is what every act does in every state.
func table(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| act |")
	for _, s := range States() {
		fmt.Fprintf(&b, " %s |", s)
	}
	b.WriteString("\n|---" + strings.Repeat("|---", len(States())) + "|\n")
	for _, p := range pairs {
		fmt.Fprintf(&b, "| %s |", p.name)
		for _, s := range States() {
			c := in(t, s)
			after, events, err := Apply(DefaultRules, c, p.act, p.by, p.at())
			cell := result(t, c, after, events, err)
			if code, refused := strings.CutPrefix(cell, "!"); refused {
				cell = "*" + strings.ReplaceAll(code, "_", " ") + "*"
			} else if cell == string(s) {
				cell = "noted"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// between replaces or returns what stands between two marks of the page.
func between(t *testing.T, text, begin, end string) (head, body, tail string) {
	t.Helper()
	head, rest, ok := strings.Cut(text, begin)
	body, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("the page has no %q (%t) … %q (%t)", begin, ok, end, closed)
	}
	return head + begin, body, end + tail
}

func TestThePageSaysWhatTheCodeDoes(t *testing.T) {
	source, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for _, part := range []struct{ begin, end, want string }{
		{"```mermaid\n", "```\n", drawn(t)},
		{"<!-- acts -->\n", "<!-- end -->", table(t)},
	} {
		head, body, tail := between(t, text, part.begin, part.end)
		if *update {
			text = head + part.want + tail
		} else if body != part.want {
			t.Errorf("%s says\n%s\nthe code does\n%s\nRun: go test ./recovery -run ThePage -update", page, body, part.want)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range States() {
		if !strings.Contains(text, "| `"+string(s)+"` |") {
			t.Errorf("the page does not explain %s", s)
		}
	}
	for _, c := range AllClocks() {
		if !strings.Contains(text, "| `"+string(c)+"` |") {
			t.Errorf("the page does not explain the clock %s", c)
		}
	}
	for _, c := range Codes() {
		if !strings.Contains(text, "`"+string(c)+"`") {
			t.Errorf("the page does not explain the refusal %s", c)
		}
	}
}

// The order of domain 3.1 can be walked, every state can be reached, every closed one
// reopened, and none is left by itself.
func TestTheShapeOfTheChart(t *testing.T) {
	arrows, _ := walked(t)
	path := []State{Open, Taken, Contacted, Agreed, Resolved, Verified}
	for i := range path[1:] {
		if arrows[[2]State{path[i], path[i+1]}] == nil {
			t.Errorf("%s does not lead to %s", path[i], path[i+1])
		}
	}
	for _, s := range States() {
		if s != Open && !s.Active() && !arrows[[2]State{s, Open}][ActReopen] {
			t.Errorf("%s cannot be reopened", s)
		}
		reached := slices.ContainsFunc(States(), func(from State) bool { return arrows[[2]State{from, s}] != nil })
		if !reached {
			t.Errorf("%s is never reached", s)
		}
		for to, by := range arrows {
			if to[0] == s && by[ActClockStruck] && to[1] != Open && to[1] != Closed {
				t.Errorf("a clock leads from %s to %s", s, to[1])
			}
		}
	}
}

// Acts, events and roles are closed sets. A new one cannot be forgotten.
func TestClosedSets(t *testing.T) {
	contract, err := os.ReadFile("act.go")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := os.ReadFile("apply.go")
	if err != nil {
		t.Fatal(err)
	}
	acts := regexp.MustCompile(`func \((\w+)\) act\(\)`).FindAllStringSubmatch(string(contract), -1)
	if len(acts) != len(ActKinds()) {
		t.Errorf("%d acts, %d kinds", len(acts), len(ActKinds()))
	}
	for _, a := range acts {
		if !strings.Contains(string(engine), "\tcase "+a[1]+":\n") {
			t.Errorf("Apply does not handle %s", a[1])
		}
	}
	_, told := walked(t)
	no := NoContact
	_, events, _ := Apply(DefaultRules, begin(), Joined{Decision: fine, Contact: &no}, program, noon)
	asleep := must(t, in(t, Contacted), ann, noon.Add(time.Hour), Snooze{noon.Add(2 * time.Hour)})
	_, woken, _ := Apply(DefaultRules, asleep, ClockStruck{}, program, noon.Add(2*time.Hour))
	lost := must(t, begin(), program, noon, Unreachable{})
	_, found, _ := Apply(DefaultRules, lost, Reachable{}, program, noon.Add(time.Hour))
	waits := must(t, begin(), ann, noon, Contact{Means: InChat, Text: "sorry", Waits: true})
	_, seen, _ := Apply(DefaultRules, waits, Seen{}, program, noon.Add(time.Hour))
	for _, e := range slices.Concat(events, woken, found, seen) {
		told[e.Kind] = true
	}
	for _, k := range EventKinds() {
		if !told[k] {
			t.Errorf("nothing tells of %s", k)
		}
	}
	if len(told) != len(EventKinds()) {
		t.Errorf("%v are told, %d are known", told, len(EventKinds()))
	}
	for _, r := range access.Roles() {
		works := len(Offers(begin(), Actor{ann.Staffer, r, Staff})) > 0
		if may := r.Can(access.TakeCase); works != may {
			t.Errorf("%q: is offered something %v, may take a case %v", r, works, may)
		}
	}
	if got := CardOffers(begin()); !slices.Equal(got, Offers(begin(), ann)) {
		t.Errorf("the card of an open case offers %v", got)
	}
}

// Every act that people do has a deed in the table of rights, and each its own; what
// happens has none, so that no role can make it happen.
func TestEveryActThatPeopleDoIsADeed(t *testing.T) {
	acts := map[access.Deed]ActKind{}
	for _, k := range ActKinds() {
		d := k.Deed()
		if people := k.by(Staff) || k == ActStaffGone; people != (d != "") {
			t.Errorf("%s: done by people %v, deed %q", k, people, d)
		}
		if d == "" {
			continue
		}
		if !slices.Contains(access.Deeds(), d) {
			t.Errorf("%s asks for %q, which is no deed", k, d)
		}
		if other, ok := acts[d]; ok {
			t.Errorf("%s and %s are one deed, %s", k, other, d)
		}
		acts[d] = k
	}
	for _, d := range access.Deeds() {
		if _, ok := acts[d]; !ok && strings.HasPrefix(string(d), "case.") && d != access.ActForOthers {
			t.Errorf("no act is the deed %s", d)
		}
	}
}
