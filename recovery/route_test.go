package recovery_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/recovery"
)

func TestTheFirstRouteThatMatchesIsTheOnlyOne(t *testing.T) {
	r := recovery.Routing{
		Receivers: map[recovery.Receiver]recovery.Audience{"desk": {Chats: []string{"desk"}}, "chinese": {Staff: []string{"li"}}, "vip": {Staff: []string{"amy"}}},
		Routes: []recovery.Route{
			{Tiers: []recovery.Tier{recovery.MVC}, Priorities: []recovery.Priority{recovery.P1, recovery.P2}, To: []recovery.Receiver{"vip", recovery.ToOwner}},
			{Languages: []string{"zh"}, To: []recovery.Receiver{"chinese"}},
			{Sites: []string{"main-street"}, Services: []string{"haircut"}, To: []recovery.Receiver{"desk"}},
			{Dimensions: []string{"empathy", "assurance"}, To: []recovery.Receiver{recovery.ToLead}},
			{Owners: []string{"bob"}, To: []recovery.Receiver{recovery.ToOwner}},
		},
	}
	if problems := r.Check(); len(problems) > 0 {
		t.Fatalf("the routing has problems: %v", problems)
	}
	for _, c := range []struct {
		name string
		m    recovery.Matter
		want []recovery.Receiver
	}{
		{"nothing known", recovery.Matter{}, nil},
		{"tier and priority", recovery.Matter{Tier: recovery.MVC, Priority: recovery.P2, Language: "zh-Hans"}, []recovery.Receiver{"vip", recovery.ToOwner}},
		{"tier alone", recovery.Matter{Tier: recovery.MVC, Priority: recovery.P3}, nil},
		{"a language's other form", recovery.Matter{Language: "ZH-hans"}, []recovery.Receiver{"chinese"}},
		{"another language that begins alike", recovery.Matter{Language: "zha"}, nil},
		{"site and service, in other letters", recovery.Matter{Site: "main-street", Service: " Haircut"}, []recovery.Receiver{"desk"}},
		{"site without the service", recovery.Matter{Site: "main-street", Service: "Massage"}, nil},
		{"one of the dimensions", recovery.Matter{Dimensions: []string{"tangibles", "assurance"}}, []recovery.Receiver{recovery.ToLead}},
		{"owner", recovery.Matter{Owner: "bob"}, []recovery.Receiver{recovery.ToOwner}},
	} {
		if diff := cmp.Diff(c.want, r.To(c.m)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	normal := recovery.Route{Tiers: []recovery.Tier{recovery.Normal}, To: []recovery.Receiver{"desk"}}
	if !normal.Matches(recovery.Matter{}) {
		t.Error("a customer without a tier is not a normal one")
	}
}

func TestRoutingSaysWhatIsWrongWithIt(t *testing.T) {
	bad := recovery.Routing{
		Receivers: map[recovery.Receiver]recovery.Audience{"default": {Chats: []string{"x"}}, "empty": {}},
		Routes: []recovery.Route{
			{To: []recovery.Receiver{"nobody"}},
			{Sites: []string{"a"}},
			{Dimensions: []string{"kindness"}, Tiers: []recovery.Tier{"gold"}, Priorities: []recovery.Priority{4}, To: []recovery.Receiver{recovery.ToDefault}},
		},
	}
	var said []string
	for _, p := range bad.Check() {
		said = append(said, p.Path+": "+p.Message)
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{
		`receivers.default: `, `routes.2.dimension.0: `, `routes.0.to.0: `, `cannot be called "default"`, `"empty" is nobody`, `"nobody", which is no receiver`, "Route 1 matches everything",
		"Route 2 leads nowhere", `dimension "kindness"`, `tier "gold"`, "priority 4",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing is said of %q in:\n%s", want, all)
		}
	}
}
