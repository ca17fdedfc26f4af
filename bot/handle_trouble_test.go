package bot

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

func TestAPoisonousUpdateIsParkedAndTheNextOneIsHandled(t *testing.T) {
	w := newWorld(t)
	ann, bob := telegramUser("1", "Ann", "en"), telegramUser("2", "Bob", "en")
	w.started(ann, haircut)
	w.started(bob, InviteRequest{Flow: "post_service_3", Site: "main-street"})
	w.parse = func(source []byte) (survey.Flow, error) {
		f, err := flowfile.Parse(source)
		if f.ID == "one_tap_csat" {
			return survey.Flow{}, errors.New("this program cannot read it")
		}
		return f, err
	}
	w.bot.snap.Change(func(n *snapshot.Snapshot) { *n = snapshot.Snapshot{} })
	if err := w.bot.refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	poison := w.update(ann, chat.Update{Kind: chat.Tap, Data: w.button(ann.address, "1"), Reply: make(chan int)})
	fine := w.update(bob, chat.Update{Kind: chat.Tap, Data: w.button(bob.address, "2")})
	w.handle(poison, fine)
	if s := w.session(bob); len(s.Answers) != 1 {
		t.Errorf("Bob's answer was not stored: %+v", s.Answers)
	}
	parked, err := w.store.ParkedUpdates(context.Background(), 10)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case len(parked) != 1:
		t.Fatalf("len(parked) != 1: parked: %+v", parked)
	case parked[0].Key != poison.Key:
		t.Fatalf("parked[0].Key != poison.Key: parked: %+v", parked)
	case !strings.Contains(parked[0].Payload, poison.Data):
		t.Fatalf("!strings.Contains(parked[0].Payload, poison.Data): parked: %+v", parked)
	}
	w.handle(poison) // redelivered: it counts as handled
	if parked, _ := w.store.ParkedUpdates(context.Background(), 10); len(parked) != 1 {
		t.Errorf("parked %d times", len(parked))
	}
	t.Attr("figure", "1 parked with its payload, the next one handled, a repeat of the first one counts as handled")
}

func TestAPanicIsParkedToo(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	snap := *w.bot.snap.Now()
	snap.Flows = maps.Clone(snap.Flows)
	for k := range snap.Flows {
		snap.Flows[k] = nil
	}
	w.bot.snap.Change(func(n *snapshot.Snapshot) { *n = snap })
	w.press(ann, "1")
	parked, err := w.store.ParkedUpdates(context.Background(), 10)
	switch {
	case err != nil:
		t.Errorf("err != nil: parked: %+v, %v", parked, err)
	case len(parked) != 1:
		t.Errorf("len(parked) != 1: parked: %+v, %v", parked, err)
	case !strings.Contains(parked[0].Error, "panic"):
		t.Errorf(`!strings.Contains(parked[0].Error, "panic"): parked: %+v, %v`, parked, err)
	}
}

// away is a database that cannot be used while down is set.
type away struct {
	storage.Store
	down bool
}

func (a *away) Advance(ctx context.Context, b storage.Bucket, ts []storage.Turn) []error {
	if !a.down {
		return a.Store.Advance(ctx, b, ts)
	}
	errs := make([]error, len(ts))
	for i := range errs {
		errs[i] = storage.ErrUnavailable
	}
	return errs
}

func TestWhileTheStoreIsAwayNothingIsAcknowledged(t *testing.T) {
	w := newWorld(t)
	store := &away{Store: w.store}
	w.store = store
	w.bot = w.newBot()
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	store.down = true
	u := w.update(ann, chat.Update{Kind: chat.Tap, Data: w.button(ann.address, "1")})
	if _, err := w.bot.Handle(context.Background(), []chat.Update{u}); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("Handle says %v; want storage.ErrUnavailable", err)
	}
	if h := w.bot.Health(); !h.Stalled || h.Healthy() {
		t.Errorf("the operator sees %+v", h)
	}
	store.down = false
	w.handle(u)
	if h := w.bot.Health(); h.Stalled || !h.Healthy() {
		t.Errorf("afterwards the operator sees %+v", h)
	}
	if s := w.session(ann); len(s.Answers) != 1 {
		t.Errorf("after the redelivery there are %d answers", len(s.Answers))
	}
}
