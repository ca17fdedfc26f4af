package telegram

import (
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// atMost is how much passes within so many seconds, whenever they begin.
func atMost(r chat.Rate, seconds float64) float64 { return float64(r.Burst) + r.PerSecond*seconds }

func TestThePaceKeepsWithinWhatTelegramDocuments(t *testing.T) {
	l := Traits().Limits
	if n := atMost(l.Group, 60); n > 20 {
		t.Errorf("a group gets %v messages a minute", n)
	}
	if l.Account.PerSecond > 30 || l.Chat.PerSecond > 1 {
		t.Errorf("an account sends %v a second, a chat gets %v", l.Account.PerSecond, l.Chat.PerSecond)
	}
	group, one := chat.Address{Chat: "-1001"}, chat.Address{Chat: "1001"}
	if l.Of(group) != l.Group || l.Of(one) != l.Chat {
		t.Errorf("a group has the rate %v, one person %v", l.Of(group), l.Of(one))
	}
	if personal := Traits().Personal; personal(group) || !personal(one) {
		t.Errorf("personal: a group %v, one person's chat %v", personal(group), personal(one))
	}
}
