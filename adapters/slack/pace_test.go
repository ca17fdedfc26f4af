package slack_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// TestEditsKeepWithinTheMinute has 300 edits wanted at once, each of which comes
// back when it was told to, and counts those of every minute.
func TestEditsKeepWithinTheMinute(t *testing.T) {
	const perMinute, wanted = 50, 300
	e := slack.NewEdits(perMinute)
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var went []time.Time
	for i := range wanted {
		name := fmt.Sprint(i)
		at := start
		for tries := 0; ; tries++ {
			wait := e.Wait("T1", name, at)
			if wait == 0 {
				went = append(went, at)
				break
			}
			if tries > 0 {
				t.Fatalf("edit %d was told to wait once more", i)
			}
			if early := e.Wait("T1", name, at.Add(wait/2)); early == 0 {
				t.Fatalf("edit %d went before its time", i)
			}
			at = at.Add(wait)
		}
	}
	if !slices.IsSortedFunc(went, time.Time.Compare) {
		t.Error("edits overtook each other")
	}
	for i := range went {
		n := 0
		for _, at := range went[i:] {
			if at.Sub(went[i]) < time.Minute {
				n++
			}
		}
		if n > perMinute {
			t.Fatalf("%d edits in one minute", n)
		}
	}
	if last := went[wanted-1].Sub(start); last > wanted/(perMinute*0.75)*time.Minute {
		t.Errorf("the last one went after %v", last)
	}
	if e.Wait("T2", "0", start) != 0 {
		t.Error("another workspace had to wait")
	}
	// One that never came back is forgotten.
	e.Wait("T1", "lost", start)
	if wait := e.Wait("T1", "lost", start.Add(24*time.Hour)); wait != 0 {
		t.Errorf("a day later an edit had to wait %v", wait)
	}
}

func TestAnEditThatComesTooEarlyIsNotSent(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(c *slack.Config) {
		c.EditsPerMinute = 5
		c.Clock = func() time.Time { return now }
	})
	w.Limit(slackfake.Limits{PerMinute: map[string]int{"chat.update": 5}})
	ann := w.ann()
	var refs []chat.Ref
	for range 2 {
		refs = append(refs, w.mustSend(ann.Direct(), chat.Message{Text: "one"}, ""))
	}
	w.mustSend(ann.Direct(), chat.Message{Text: "two"}, refs[0])
	_, err := w.send(ann.Direct(), chat.Message{Text: "two"}, refs[1])
	e := chat.AsError(err)
	if e.Kind != chat.RateLimited || e.RetryAfter <= 0 || e.Account {
		t.Errorf("got %+v", e)
	}
	if n := len(w.Requests("chat.update")); n != 1 {
		t.Errorf("%d edits were sent", n)
	}
	now = now.Add(e.RetryAfter)
	w.mustSend(ann.Direct(), chat.Message{Text: "two"}, refs[1])
	w.noRefusals()
}
