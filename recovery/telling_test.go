package recovery

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

func TestStorms(t *testing.T) {
	s := Storm{Cases: 10, Within: Span(2 * time.Minute)}
	type counts = []int // P3 by minute
	at := func(from, until, n int) Gathering {
		return Gathering{Site: "a", From: minute(from), Until: minute(until), P3: n}
	}
	for _, row := range []struct {
		name   string
		counts counts
		want   []Gathering
	}{
		{"calm", counts{1, 2, 3, 2, 1}, nil},
		{"one below", counts{0, 9, 0, 9}, nil},
		{"within one minute", counts{0, 10}, []Gathering{at(1, 3, 10)}},
		{"over two minutes, from the second", counts{6, 4}, []Gathering{at(1, 2, 4)}},
		{"lasts while it is half as strong", counts{10, 5, 0, 5, 0, 4}, []Gathering{at(0, 5, 20)}},
		{"ends when it is weaker", counts{10, 1, 1, 1}, []Gathering{at(0, 2, 11)}},
		{"comes again", counts{10, 0, 0, 0, 12}, []Gathering{at(0, 2, 10), at(4, 6, 12)}},
	} {
		var opened []CasesOpened
		for i, n := range row.counts {
			opened = append(opened, CasesOpened{Site: "a", Minute: minute(i), P3: n})
		}
		if diff := cmp.Diff(row.want, s.Gather(opened)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
	mixed := s.Gather([]CasesOpened{{"b", minute(0), 3, 4, 5}, {"a", minute(0), 9, 0, 0}, {"b", minute(0), 1, 0, 0}})
	if diff := cmp.Diff([]Gathering{{"b", minute(0), minute(2), 4, 4, 5}}, mixed); diff != "" {
		t.Errorf("each site by itself, every P1 counted (-want +got):\n%s", diff)
	}
	g, ok := Gathered(mixed, "b", minute(1))
	if !ok {
		t.Errorf("nothing was gathered: %+v", g)
	}
	if g.Count() != 13 {
		t.Errorf("g.Count() is %v, want 13", g.Count())
	}
	for _, elsewhere := range []struct {
		site string
		at   time.Time
	}{{"a", minute(0)}, {"b", minute(-1)}, {"b", minute(2)}} {
		if _, ok := Gathered(mixed, elsewhere.site, elsewhere.at); ok {
			t.Errorf("%+v is in the storm", elsewhere)
		}
	}
	if off := (Storm{}).Gather([]CasesOpened{{Site: "a", Minute: noon, P1: 1000}}); off != nil {
		t.Errorf("grouping is off: %+v", off)
	}
}

// Every case of a storm is counted exactly once, in whatever order the counts come, and
// a quiet site has no storm.
func TestStormsCountEveryCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Storm{Cases: rapid.IntRange(2, 20).Draw(t, "cases"), Within: Span(rapid.IntRange(1, 5).Draw(t, "within")) * Span(time.Minute)}
		var opened []CasesOpened
		most := 0
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			o := CasesOpened{
				Site: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "site"), Minute: minute(rapid.IntRange(0, 40).Draw(t, "minute")),
				P1: rapid.IntRange(0, 3).Draw(t, "p1"), P2: rapid.IntRange(0, 5).Draw(t, "p2"), P3: rapid.IntRange(0, 9).Draw(t, "p3"),
			}
			opened = append(opened, o)
			most += o.sum()
		}
		storms := s.Gather(opened)
		counted := make([]Gathering, len(storms))
		for i, g := range storms {
			counted[i] = Gathering{Site: g.Site, From: g.From, Until: g.Until}
			if !g.Until.After(g.From) {
				t.Fatalf("it ends before it begins: %+v", g)
			}
			if g.Count() == 0 {
				t.Fatalf("it counts none: %+v", g)
			}
			if i > 0 && g.Site == storms[i-1].Site && g.From.Before(storms[i-1].Until) {
				t.Fatalf("%+v and %+v overlap", storms[i-1], g)
			}
		}
		for _, o := range opened {
			for i := range counted {
				if g, ok := Gathered(storms, o.Site, o.Minute); ok && g.From.Equal(counted[i].From) && g.Site == counted[i].Site {
					counted[i].P1, counted[i].P2, counted[i].P3 = counted[i].P1+o.P1, counted[i].P2+o.P2, counted[i].P3+o.P3
				}
			}
		}
		if diff := cmp.Diff(storms, counted); len(storms) > 0 && diff != "" {
			t.Fatalf("(-counted +really):\n%s", diff)
		}
		if most < s.Cases && len(storms) > 0 {
			t.Fatalf("%d cases in all, yet %+v", most, storms)
		}
		shuffled := s.Gather(rapid.Permutation(opened).Draw(t, "order"))
		if diff := cmp.Diff(storms, shuffled); diff != "" {
			t.Fatalf("in another order (-one +other):\n%s", diff)
		}
	})
}

func TestWhenStaffAreTold(t *testing.T) {
	berlin := in0(t, "Europe/Berlin")
	at := func(s string) time.Time { return wall(t, berlin, s) }
	rules := defaults()
	rules.Hours.Zone = berlin
	night := Week{}
	for i := range night {
		night[i] = []Interval{interval(t, "00:00-07:00"), interval(t, "22:00-24:00")}
	}
	quiet := rules
	quiet.Mutes = []Mute{{Week: night}, {From: at("2026-03-03 07:00"), Until: at("2026-03-03 09:00")}}
	daily := quiet
	daily.Digest = Digest{At: []Minute{18 * 60, 8 * 60}}
	for _, row := range []struct {
		name   string
		rules  Rules
		p      Priority
		at     string
		want   string
		digest bool
	}{
		{"at once", rules, P3, "2026-03-02 23:00", "2026-03-02 23:00", false},
		{"P2 during the day", quiet, P2, "2026-03-02 12:00", "2026-03-02 12:00", false},
		{"P2 at night, then one mute after the other", quiet, P2, "2026-03-02 23:00", "2026-03-03 09:00", false},
		{"P2 when the mute ends", quiet, P2, "2026-03-04 07:00", "2026-03-04 07:00", false},
		{"P1 at night", quiet, P1, "2026-03-02 23:00", "2026-03-02 23:00", false},
		{"P1 with digests", daily, P1, "2026-03-02 23:00", "2026-03-02 23:00", false},
		{"P2 with digests", daily, P2, "2026-03-02 12:00", "2026-03-02 12:00", false},
		{"P3 with digests", daily, P3, "2026-03-02 12:00", "2026-03-02 18:00", true},
		{"P3 at the digest waits for the next", daily, P3, "2026-03-02 18:00", "2026-03-03 09:00", true},
		{"P3 in the morning", daily, P3, "2026-03-04 07:30", "2026-03-04 08:00", true},
		{"P3 over the change of clocks", daily, P3, "2026-03-28 19:00", "2026-03-29 08:00", true},
	} {
		got := row.rules.Tell(row.p, at(row.at))
		if !got.At.Equal(at(row.want)) || got.Digest != row.digest {
			t.Errorf("%s: %v, %v; want %s, %v", row.name, got.At.In(berlin), got.Digest, row.want, row.digest)
		}
	}
	always := rules
	always.Mutes = []Mute{{Week: Week{{{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}, {{0, 1440}}}}}
	if got := always.Tell(P2, noon); !got.At.Equal(noon) {
		t.Errorf("mutes without an end silence a case until %v", got.At)
	}
}

// No mute, digest or hour puts off a P1; the rest is never told before it opens nor
// within a mute.
func TestNobodyMutesAP1(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := defaults()
		rules.Hours.Zone = in0(t, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Australia/Lord_Howe"}).Draw(t, "zone"))
		for range rapid.IntRange(0, 3).Draw(t, "mutes") {
			from := randomTime(t, rules.Hours.zone(), "from")
			m := Mute{From: from, Until: from.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "minutes")) * time.Minute)}
			if rapid.Bool().Draw(t, "weekly") {
				m = Mute{}
				m.Week[rapid.IntRange(0, 6).Draw(t, "day")] = []Interval{{0, Minute(rapid.IntRange(1, 1440).Draw(t, "to"))}}
			}
			rules.Mutes = append(rules.Mutes, m)
		}
		if rapid.Bool().Draw(t, "digest") {
			rules.Digest = Digest{At: []Minute{Minute(rapid.IntRange(0, 1439).Draw(t, "at"))}}
		}
		at := randomTime(t, rules.Hours.zone(), "opened")
		for p := P1; p <= P3; p++ {
			got := rules.Tell(p, at)
			if p == P1 && (!got.At.Equal(at) || got.Digest) || got.At.Before(at) {
				t.Fatalf("%v opened at %v, told at %+v", p, at, got)
			}
			for _, m := range rules.Mutes {
				if _, muted := m.covers(got.At, rules.Hours.zone()); p != P1 && muted {
					t.Fatalf("%v told at %v, in the mute %s", p, got.At, fmt.Sprint(m))
				}
			}
		}
	})
}
