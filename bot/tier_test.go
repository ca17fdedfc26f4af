package bot

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// An invitation by hand tells a class; an offer about a service has the class that the service told, which may be older
// than what a person said since.
func TestTheNewestClassOfACustomerIsWhatCountsInACase(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	tier := func() recovery.Tier {
		t.Helper()
		c, err := w.store.Customer(ctx, "c-1")
		if err != nil {
			t.Fatal(err)
		}
		return c.Tier
	}
	counts := func(made Invite, err error) recovery.Tier {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b, id, _ := InvitationOf(w.bot.key, made.Token, w.store.Buckets())
		i, err := w.store.Invitation(ctx, b, id)
		if err != nil {
			t.Fatal(err)
		}
		return i.Facts.Tier
	}
	asks := func(event map[string]string) InviteRequest {
		return InviteRequest{Flow: "one_tap_csat", Customer: "c-1", Event: event}
	}
	offers := Offers{Bot: w.bot}
	if got := counts(w.bot.Invite(ctx, asks(map[string]string{"tier": "mgc"}))); got != recovery.MGC || tier() != recovery.MGC {
		t.Errorf("a new customer is %s, and is kept as %s", got, tier())
	}
	w.now = w.now.Add(time.Minute)
	if got := counts(w.bot.Invite(ctx, asks(map[string]string{"tier": "BZ"}))); got != recovery.BZ || tier() != recovery.BZ {
		t.Errorf("by a later invitation they are %s, and are kept as %s", got, tier())
	}
	w.now = w.now.Add(time.Minute)
	if _, err := w.store.SetTier(ctx, storage.TierChange{Customer: "c-1", At: w.now, Tier: recovery.MVC, Told: storage.TierByStaff + "mei"}); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	if got := counts(w.bot.Invite(ctx, asks(nil))); got != recovery.MVC {
		t.Errorf("an invitation that says nothing has %s", got)
	}
	if got := counts(offers.Make(ctx, asks(map[string]string{"tier": "normal"}), "an-ask", w.now)); got != recovery.MVC || tier() != recovery.MVC {
		t.Errorf("an offer about a service of before has %s, and they are kept as %s", got, tier())
	}
}
