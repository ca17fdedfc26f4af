package slack

import (
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestThePaceKeepsWithinWhatSlackDocuments(t *testing.T) {
	l := Traits().Limits
	if n := float64(l.Account.Burst) + l.Account.PerSecond*60; n > 300 {
		t.Errorf("a workspace gets %v messages a minute", n)
	}
	if l.Chat.PerSecond > 1 || l.Group.PerSecond > 1 {
		t.Errorf("a person gets %v messages a second, a channel %v", l.Chat.PerSecond, l.Group.PerSecond)
	}
}

// Members of staff are written to by who they are, customers in the conversation that was
// opened with them.
func TestSlackNamesAPersonsChatInTwoWays(t *testing.T) {
	can := Traits()
	for id, want := range map[string]struct{ personal, customers bool }{
		"U1": {true, false}, "W1": {true, false}, "D1": {false, true}, "C1": {false, false},
	} {
		a := chat.Address{Platform: chat.Slack, Account: "T1", Chat: id}
		if got := can.Personal(a); got != want.personal {
			t.Errorf("%s is a member's: %v", id, got)
		}
		if err := can.Refuse(a); (err == nil) != want.customers {
			t.Errorf("a customer is written to at %s: %v", id, err)
		}
	}
	if got := can.Private("T1", "U1"); got != (chat.Address{Platform: chat.Slack, Account: "T1", Chat: "U1"}) {
		t.Errorf("the private chat of U1 is %s", got)
	}
}
