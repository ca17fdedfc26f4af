package bot

import (
	"context"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// typed lets a member of staff write to the customer; the words wait for five seconds.
func (w *world) typed(id, by, text string) storage.PendingReply {
	w.t.Helper()
	k := w.onlyCase()
	p := storage.PendingReply{Bucket: k.Bucket, ID: id, Case: k.ID, Person: by, Text: text, Due: w.now.Add(5 * time.Second)}
	if _, err := w.store.PutPending(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// sends is one round of a process that sends what waits; it dies at a call of the store.
func (w *world) sends(at int, when storagetest.When) (survived bool) {
	w.t.Helper()
	return w.dyingSweeper(at, when, func(s *sweeper, b storage.Bucket) error { return s.replies.send(context.Background(), s, b) })
}

// TestWordsThatWaitAreSentOnceWhereverTheProcessDies kills the process that sends them before
// and after each of its calls of the store.
func TestWordsThatWaitAreSentOnceWhereverTheProcessDies(t *testing.T) {
	for name, open := range bothEngines(2) {
		t.Run(name, func(t *testing.T) {
			w := newWorldOn(t, open(t))
			w, ann := lowTapIn(w, staffTG)
			w.hire("bob", "Bob", access.Agent)
			deaths := 0
			for at, survived := 1, false; !survived; at++ {
				for _, when := range []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall} {
					text := "words " + time.Duration(at*10+int(when)).String()
					w.typed(newID(), "bob", text)
					if w.sends(0, 0); w.replies(ann, text) != 0 {
						t.Fatal("they were sent before their time")
					}
					w.now = w.now.Add(5 * time.Second)
					survived = w.sends(at, when)
					if !survived {
						deaths++
					}
					w.sends(0, 0)
					w.sends(0, 0)
					if n := w.replies(ann, text); n != 1 {
						t.Errorf("%s: the customer reads %q %d times", name, text, n)
					}
					if left, err := w.store.PendingOf(t.Context(), w.onlyCase().Bucket, w.onlyCase().ID); err != nil || len(left) > 0 {
						t.Errorf("left: %v, %v", left, err)
					}
				}
			}
			if deaths < 8 {
				t.Errorf("it died %d times only", deaths)
			}
		})
	}
}

// replies is how often the customer is written these words.
func (w *world) replies(to customer, text string) (n int) {
	for _, d := range w.transcript(to.address) {
		if d.Render.Text == text {
			n++
		}
	}
	return n
}

func TestWordsThatWereTakenBackAreNotSent(t *testing.T) {
	w, ann := lowTap(t, staffTG)
	w.hire("bob", "Bob", access.Agent)
	p := w.typed("r1", "bob", "never mind")
	if _, err := w.store.TakeBackPending(t.Context(), p.Bucket, p.ID); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	w.sends(0, 0)
	if w.replies(ann, "never mind") != 0 || w.onlyCase().State != recovery.Open {
		t.Errorf("they were sent; the case is %s", w.onlyCase().State)
	}
}

// Whoever may not write any more when the five seconds are over keeps the words and is told why.
func TestWordsThatMayNotBeSentStayWithWhoWroteThem(t *testing.T) {
	w, ann := lowTap(t, staffTG)
	w.hire("bob", "Bob", access.Agent)
	p := w.typed("r1", "bob", "I am Bob")
	if _, refused := w.act(w.doing(recovery.Take{}, "mei", access.Agent)); refused != nil {
		t.Fatal(refused)
	}
	w.now = w.now.Add(time.Minute)
	w.sends(0, 0)
	if w.replies(ann, "I am Bob") != 0 {
		t.Error("words of somebody who has not the case were sent")
	}
	left, err := w.store.PendingOf(t.Context(), p.Bucket, p.Case)
	if err != nil || len(left) != 1 || left[0].Text != "I am Bob" || left[0].Refused != string(recovery.HeldByOther) {
		t.Errorf("left: %+v, %v", left, err)
	}
}
