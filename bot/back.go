package bot

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// cameBack is the error of a turn of somebody whose chat took no messages until now: their
// cases hear of it first, and then the turn runs again.
type cameBack struct{ cases []string }

func (*cameBack) Error() string { return "the customer can be written to again" }

// lostCases are the cases that may know that their customer cannot be written to: the one
// of the session, nil = none, and the one that words of this person belong to.
func lostCases(id *storage.Identity, k *storage.Case) []string {
	var all []string
	if k != nil && k.Identity == id.ID && !k.Lost.IsZero() {
		all = append(all, k.ID)
	}
	if id.Case != "" && (k == nil || k.ID != id.Case) {
		all = append(all, id.Case)
	}
	return all
}

// welcomeBack tells the cases, one turn each, and goes on with what the job was about. The
// last of them makes the person reachable with the same commit: after a crash in between
// the next update does it all again.
func (j *job) welcomeBack(cases []string) {
	rest, then := j.work, j.next
	j.work = j.backWork(cases[0], len(cases) == 1)
	j.next = func(context.Context) (outbox.Work, error) {
		if len(cases) > 1 {
			j.work, j.next = rest, then
			j.welcomeBack(cases[1:])
			return j.work, nil
		}
		j.next = then
		return rest, nil
	}
}

// backWork is the turn that tells one case.
func (j *job) backWork(kase string, last bool) outbox.Work {
	b := j.b
	load := storage.Load{Person: j.person, Case: kase}
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf("", j.update.Key+" back", load, nil, func(t *turn) error {
		if t.identity == nil {
			return nil
		}
		if last && !t.identity.Blocked.IsZero() {
			t.identity.Blocked = time.Time{}
			t.out.Identity = t.identity
		}
		if k := t.kase(); k == nil || k.Identity != t.identity.ID || k.Lost.IsZero() {
			return nil
		}
		if err := t.configure(); err != nil {
			return err
		}
		return t.desk.apply(recovery.Reachable{}, recovery.Actor{Party: recovery.Program})
	})}
}
