package bot

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/storage/storagetest"
)

var everyCall = flag.Int("everycall", 4, "how many troubles to play in each core flow, evenly spread; 0 = one at every call")

// trouble is what befalls one call of a run.
type trouble struct {
	send bool // a call of the Sender; else of the store
	at   int  // which one, counted from 1; 0 = nothing happens
	when storagetest.When
}

func (x trouble) String() string {
	what := "store"
	if x.send {
		what = "sender"
	}
	return fmt.Sprintf("%s call %d %s", what, x.at, []string{"dies before", "dies after", "fails before", "fails after"}[x.when])
}

// doubtful reports whether nobody can know afterwards what chats show.
func (x trouble) doubtful() bool {
	return x.at > 0 && (x.when == storagetest.BeforeCall || x.when == storagetest.AfterCall || x.send && x.when == storagetest.FailAfter)
}

// Each core flow is played once undisturbed, which counts its calls of the store and of
// the Sender. Then one call after the other fails, before it has an effect and after, or
// is the last of its process. What is stored in the end, and what chats show, is what it
// was without.
func TestEveryCallOfTheCoreFlowsFailsInTurn(t *testing.T) {
	var calls, sends, played, doubled atomic.Int64
	flows := coreFlows()
	t.Run("flows", func(t *testing.T) {
		for i, f := range flows {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				want := playFlow(t, f, trouble{})
				if t.Failed() {
					return
				}
				calls.Add(int64(want.calls))
				sends.Add(int64(want.sends))
				for _, x := range troubles(want, uint64(i)) {
					got := playFlow(t, f, x)
					if !got.struck {
						t.Errorf("%v: it never came to that", x)
					}
					if diff := cmp.Diff(want.stored, got.stored); diff != "" {
						t.Errorf("%v: what is stored differs (-undisturbed +disturbed):\n%s", x, diff)
					}
					played.Add(1)
					doubled.Add(int64(got.copies))
					if t.Failed() {
						return // the rest would say the same
					}
				}
			})
		}
	})
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d core flows with %d calls of the database and %d of the platform; %d runs, in each of which one call fails, or the process dies at it: 0 lost, 0 stored twice; %d messages shown twice, each where nobody could know that it was shown",
			len(flows), calls.Load(), sends.Load(), played.Load(), doubled.Load()))
	}
}

// troubles are those that can befall a run: all, or as many as the flag says.
func troubles(want result, seed uint64) []trouble {
	var all []trouble
	for when := range storagetest.FailAfter + 1 {
		for at := range want.calls {
			all = append(all, trouble{at: at + 1, when: when})
		}
		for at := range want.sends {
			all = append(all, trouble{send: true, at: at + 1, when: when})
		}
	}
	n := *everyCall
	if n <= 0 || n >= len(all) {
		return all
	}
	random := rand.New(rand.NewPCG(seed, 9))
	chosen := make([]trouble, n)
	for i := range chosen { // one of each stretch
		from, to := i*len(all)/n, (i+1)*len(all)/n
		chosen[i] = all[from+random.IntN(to-from)]
	}
	return chosen
}

// result is what a run left behind.
type result struct {
	calls, sends int // of its first process, and of all
	copies       int // messages that stand in a chat a second time
	struck       bool
	stored       []string
}

// playFlow plays a flow in a time of its own.
func playFlow(t *testing.T, f coreFlow, x trouble) (out result) {
	t.Helper()
	path := sqlitetest.New(t, 1)
	synctest.Test(t, func(t *testing.T) {
		r := &flowRun{t: t, name: fmt.Sprintf("%s, %v", f.name, x), trouble: x, phones: newPhones(), people: []chat.Address{staffTG}}
		r.skip(time.Until(monday))
		store, err := sqliteAt(path)(r.now)
		if err != nil {
			t.Fatal(err)
		}
		r.store = store
		placeStaff(store, staffTG)
		defer func() { // in the bubble's own time, whatever failed
			if r.life != nil {
				r.life.end(&r.ending)
			}
			r.ending.Wait()
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		site := storage.Site{ID: "main-street", Name: "Salon Anna", Zone: "Europe/Berlin", Language: "en", Created: r.now()}
		account := storage.Account{Platform: chat.Telegram, ID: "42", Name: "salon_bot", Seen: r.now()}
		if err := errors.Join(store.PutSite(t.Context(), site), store.PutAccount(t.Context(), account)); err != nil {
			t.Fatal(err)
		}
		r.life = r.rise()
		first := r.life
		f.play(r)
		out.calls, out.sends = first.Calls(), r.sent()
		r.pass(time.Second) // what was put off is made up for
		r.life.end(&r.ending)
		r.life = nil
		r.ending.Wait()
		out.struck = r.struck || x.at == 0 || !x.send && first.Calls() >= x.at
		out.copies = r.checkChats()
	})
	out.stored = storedIn(t, path)
	return out
}
