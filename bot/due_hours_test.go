package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
)

// applyRules publishes rules and lets the bot read them.
func (w *world) applyRules(source string) {
	w.t.Helper()
	if _, err := rulefile.Parse([]byte(source)); err != nil {
		w.t.Fatal(err)
	}
	if _, _, err := w.store.PublishRules(context.Background(), source, w.now); err != nil {
		w.t.Fatal(err)
	}
	if err := w.bot.refresh(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func TestChangedRulesReachOpenCases(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	k := w.onlyCase()
	// What was promised stays; who hears of it, and when, is by the new rules.
	w.applyRules("rules: {chain: [{at: 20, to: thread}], sla: {P2: {acknowledge: 5m}}}\n")
	w.sweep()
	after := w.onlyCase()
	if !after.Due.Acknowledge.Equal(k.Due.Acknowledge) || after.Rules != 1 || !after.Next.Equal(monday.Add(6*time.Minute)) {
		t.Errorf("due %v, rules %d, next at %v", after.Due, after.Rules, after.Next)
	}
	w.pass(time.Hour, time.Minute)
	if got := w.told(k, recovery.EventStruck); !slices.Equal(got, []string{"6m0s clock acknowledge 20", "48m0s clock contact 20"}) {
		t.Errorf("struck %v", got)
	}
	// A rule that nobody here can read changes nothing.
	if _, _, err := w.store.PublishRules(context.Background(), "rules: {of: the future}", w.now); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := w.bot.snap.Now().Rules("main-street").Chain; len(got) != 1 {
		t.Errorf("the chain is %v", got)
	}
}

func TestClocksRunInTheHoursOfTheSite(t *testing.T) {
	w := newWorld(t)
	w.applyRules(`
sites:
  main-street:
    hours:
      week: {mon: ["09:00-12:00", "13:00-18:00"], tue: ["09:00-18:00"], fri: ["09:00-18:00"]}
      holidays: [2026-03-03]
`)
	w.now = time.Date(2026, 3, 2, 10, 45, 0, 0, time.UTC) // 11:45 in Berlin
	w, _ = lowTapIn(w, staffTG)
	k := w.onlyCase()
	if want := time.Date(2026, 3, 2, 12, 15, 0, 0, time.UTC); !k.Due.Acknowledge.Equal(want) {
		t.Errorf("take by %v, want %v: the pause does not count", k.Due.Acknowledge, want)
	}
	// Tuesday is a holiday, Wednesday and Thursday are closed.
	if want := time.Date(2026, 3, 6, 10, 45, 0, 0, time.UTC); !k.Due.Resolve.After(want) {
		t.Errorf("resolve by %v, want after %v", k.Due.Resolve, want)
	}
	facts := w.transcript(staffTG)[0].Render.Facts
	if !slices.ContainsFunc(facts, func(f chat.Fact) bool { return f.Label == "Take by" && strings.Contains(f.Value, "13:15") }) {
		t.Errorf("the card says %+v", facts)
	}
	w.pass(90*time.Minute, 5*time.Minute)
	if got := w.told(k, recovery.EventStruck); len(got) != 2 || !strings.HasPrefix(got[0], "2h0m0s ") { // 15 minutes from 11:45
		t.Errorf("struck %v", got)
	}
}

func TestClocksCrossTheChangeToSummerTime(t *testing.T) {
	w := newWorld(t)
	w.applyRules("rules: {hours: {week: {sat: [\"09:00-18:00\"], sun: [\"01:00-06:00\"]}}}\n")
	w.now = time.Date(2026, 3, 28, 16, 0, 0, 0, time.UTC) // 17:00 in Berlin; clocks go forward at 02:00 on Sunday
	w, _ = lowTapIn(w, staffTG)
	// Contact within four hours: one on Saturday, one until 02:00, then 03:00 to 05:00.
	if k := w.onlyCase(); !k.Due.Contact.Equal(time.Date(2026, 3, 29, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("contact by %v", k.Due.Contact)
	}
}
