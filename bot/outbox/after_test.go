package outbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// What follows from how a sending ended is in the commit that settles it.
func TestTheCoreSaysWhatFollowsFromHowASendingEnded(t *testing.T) {
	for name, c := range map[string]struct {
		kind storage.DeliveryKind
		errs []error
		want Conclusion
	}{
		"shown":                           {storage.RelayD, nil, Conclusion{Outcome: storage.Delivered}},
		"shown in the end":                {storage.RelayD, []error{fail(chat.Temporary), fail(chat.InDoubt)}, Conclusion{Outcome: storage.Delivered}},
		"not shown":                       {storage.RelayD, []error{fail(chat.Rejected)}, Conclusion{Outcome: storage.GaveUp}},
		"blocked":                         {storage.RelayD, []error{fail(chat.Unreachable)}, Conclusion{Outcome: storage.GaveUp, Blocked: true}},
		"perhaps shown, and not repeated": {storage.NoticeD, []error{fail(chat.InDoubt)}, Conclusion{Outcome: storage.Dropped}},
		"perhaps shown, and then refused": {storage.RelayD, []error{fail(chat.InDoubt), fail(chat.Rejected)}, Conclusion{Outcome: storage.Dropped}},
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, fast, func(t *testing.T, p *program) {
				p.sender.script = func(n int, to chat.Address, _ chat.Message, _ chat.Ref) (error, bool) {
					if n <= len(c.errs) && to == private(1) {
						return c.errs[n-1], false
					}
					return nil, true
				}
				var ends []Conclusion
				var settled []storage.DeliveryState
				p.after["s"] = func(end Conclusion) (storage.Change, error) {
					ends = append(ends, end)
					settled = append(settled, p.store.rows[0]["s"].State)
					return storage.Change{Slots: []storage.SlotOp{tell("follows", private(2), "it ended")}}, nil
				}
				p.says(want("s", private(1), c.kind, "x"))
				pass(time.Minute)
				if d := cmp.Diff([]Conclusion{c.want}, ends); d != "" {
					t.Errorf("the core heard (-want +got):\n%s", d)
				}
				if d := cmp.Diff([]storage.DeliveryState{storage.Sending}, settled); d != "" {
					t.Errorf("the core was asked when the row was (-want +got):\n%s", d)
				}
				if d := cmp.Diff([]string{"it ended"}, p.sender.texts(private(2))); d != "" {
					t.Errorf("what followed (-want +got):\n%s", d)
				}
			})
		})
	}
}

// absent is a Lack.
type absent struct{ loads *int }

func (a absent) Error() string { return "something is not loaded" }

func (a absent) Load(context.Context) error {
	*a.loads++
	return nil
}

func TestWhatTheCoreLacksIsLoadedAndAskedForAgain(t *testing.T) {
	scene(t, fast, func(t *testing.T, p *program) {
		loads := 0
		p.after["s"] = func(Conclusion) (storage.Change, error) {
			if loads == 0 {
				return storage.Change{}, absent{&loads}
			}
			return storage.Change{Slots: []storage.SlotOp{tell("follows", private(2), "it ended")}}, nil
		}
		p.says(want("s", private(1), storage.RelayD, "x"))
		pass(time.Minute)
		if loads != 1 {
			t.Errorf("it was loaded %d times", loads)
		}
		if got := p.sender.texts(private(2)); len(got) != 1 {
			t.Errorf("what followed: %v", got)
		}
		if got := p.sender.texts(private(1)); len(got) != 1 {
			t.Errorf("it was sent %d times", len(got))
		}
	})
}

// What the sender before left in doubt after the last try is given up, with what follows;
// if the core cannot say what that is, the row is settled all the same.
func TestADoubtAfterTheLastTryIsConcluded(t *testing.T) {
	for name, c := range map[string]struct {
		err  error // of the core, whenever it is asked
		lack bool  // … or once
		told int
	}{
		"said":                {told: 1},
		"said once it can be": {lack: true, told: 1},
		"it cannot be said":   {err: errors.New("a fault of ours")},
	} {
		t.Run(name, func(t *testing.T) {
			scene(t, fast, func(t *testing.T, p *program) {
				loads := 0
				p.after["s"] = func(end Conclusion) (storage.Change, error) {
					if end != (Conclusion{Outcome: storage.Dropped}) {
						t.Errorf("the core heard %+v", end)
					}
					if c.lack && loads == 0 {
						return storage.Change{}, absent{&loads}
					}
					return storage.Change{Slots: []storage.SlotOp{tell("follows", private(2), "it ended")}}, c.err
				}
				p.store.memory.mu.Lock()
				for _, slot := range []string{"s", "other"} {
					p.store.rows[0][slot] = storage.Delivery{
						Slot: slot, Identity: "who", Address: private(1), Kind: storage.RelayD, Ord: 1,
						Hash: "x", Wanted: 1, State: storage.Sending, Attempts: maxAttempts,
					}
				}
				p.store.memory.mu.Unlock()
				pass(2 * doubtEvery)
				for _, slot := range []string{"s", "other"} {
					if d := p.store.row(t, 0, slot); d.State != storage.Failed {
						t.Errorf("%s is %s", slot, d.State)
					}
				}
				if got := p.sender.texts(private(2)); len(got) != c.told {
					t.Errorf("what followed: %v", got)
				}
			})
		})
	}
}
