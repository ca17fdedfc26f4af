package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/storage"
)

const (
	// forgetEvery is how long this process may remember somebody whom another one erased.
	forgetEvery = time.Second
	// scrubAgain is how long the database's files are left alone when somebody was in the way.
	scrubAgain = time.Minute
	// scrubPatience is how long readers are waited for each time.
	scrubPatience = 30 * time.Second
	// resumeAfter is after how long an erasure counts as cut off: going on with one that still
	// runs does no harm. resumeEvery is how often such are looked for.
	resumeAfter = time.Minute
	resumeEvery = 10 * time.Second
)

// Privacy is what forgets people, with a bot's store, key and words.
func Privacy(b *Bot) *personal.Keeper {
	return personal.New(b.store, b.key, b.now, b.texts, b.snap.Now().Traits).Telling(Hooks{b}.erased)
}

// forgetter lets a process forget whom another one erased. It is used by one goroutine.
type forgetter struct {
	store storage.Store
	log   *slog.Logger
	next  time.Time // when the database's files are seen to; zero = they are as they should be
}

// look asks whether somebody was erased since the last time.
func (f *forgetter) look(ctx context.Context) {
	changed, err := f.store.Forget(ctx)
	if err != nil {
		if ctx.Err() == nil {
			f.log.Warn("cannot ask who was erased", "err", err)
		}
		return
	}
	if changed {
		f.next = time.Now()
	}
	if f.next.IsZero() || time.Now().Before(f.next) {
		return
	}
	waiting, cancel := context.WithTimeout(ctx, scrubPatience)
	defer cancel()
	switch r, err := f.store.Scrub(waiting, storage.ScrubLog); {
	case err != nil && ctx.Err() == nil:
		f.log.Warn("cannot empty the database's log after an erasure; it is tried again", "err", err)
		f.next = time.Now().Add(scrubAgain)
	case r.Busy:
		f.next = time.Now().Add(scrubAgain)
	default:
		f.next = time.Time{}
	}
}

// retaining goes on with erasures that were cut off, every few seconds, and once a day removes
// what is older than it is kept.
func retaining(keeper func() *personal.Keeper) func(context.Context) error {
	var looked, last time.Time
	return func(ctx context.Context) error {
		if !looked.IsZero() && time.Since(looked) < resumeEvery {
			return nil
		}
		looked = time.Now()
		k := keeper()
		if _, err := k.Resume(ctx, resumeAfter); err != nil {
			return err
		}
		if !last.IsZero() && time.Since(last) < retainEvery {
			return nil
		}
		_, err := k.Retain(ctx)
		if err == nil {
			last = time.Now()
		}
		return err
	}
}

// NotInvitedError says that somebody is not invited, because they asked for it before
// everything about them was erased.
type NotInvitedError struct {
	storage.Forgotten
	Who string // as the request names them
}

func (e *NotInvitedError) Error() string {
	asked := "asked to be forgotten"
	if e.Why == storage.WantsNone {
		asked = "wanted no surveys"
	}
	return fmt.Sprintf("%q %s (%s) and is not invited. If they want to be asked again after all, say so first: aftercare customer allow %s",
		e.Who, asked, e.Day.Format(time.DateOnly), e.Who)
}

// mayInvite reports whether the people of a request may be invited, as far as is known of
// those of whom nothing else is known. Somebody who has written since speaks for themselves.
func mayInvite(ctx context.Context, b *Bot, r InviteRequest) error {
	if r.Customer != "" {
		found, err := personal.NotInvited(ctx, b.store, b.key, storage.Anchor{Customers: []string{r.Customer}})
		if err != nil {
			return err
		}
		if found.Hash != "" {
			return &NotInvitedError{found, r.Customer}
		}
	}
	if r.To.IsZero() {
		return nil
	}
	switch _, err := b.store.Identity(ctx, b.bucketOf(r.To), r.To.ID()); {
	case err == nil:
		return nil
	case !errors.Is(err, storage.ErrNotFound):
		return fmt.Errorf("read an identity: %w", err)
	}
	found, err := personal.NotInvited(ctx, b.store, b.key, storage.Anchor{Identities: []storage.Person{r.To}})
	if err == nil && found.Hash != "" {
		err = &NotInvitedError{found, fmt.Sprintf("%s:%s:%s", r.To.Platform, r.To.Account, r.To.User)}
	}
	return err
}

// FindPeople returns everything of each person whom typed words may mean: see personal.Finder.
func FindPeople(ctx context.Context, b *Bot, typed string) ([]storage.Dossier, error) {
	return seeker{b}.finder().Find(ctx, typed)
}

// LookUpPeople is FindPeople without messages, parked updates and keys, for who only looks.
func LookUpPeople(ctx context.Context, b *Bot, typed string) ([]storage.Dossier, error) {
	f := seeker{b}.finder()
	f.Brief = true
	return f.Find(ctx, typed)
}

// PeopleNamed returns people whose names begin as what was typed, and whether there are more: see
// personal.Finder.
func PeopleNamed(ctx context.Context, b *Bot, typed string) (people []storage.Dossier, more bool, err error) {
	return seeker{b}.finder().Named(ctx, typed)
}

// seeker looks for people.
type seeker struct{ bot *Bot }

func (s seeker) finder() personal.Finder {
	b := s.bot
	return personal.Finder{
		Store: b.store,
		Invitation: func(token string) (storage.Bucket, string, bool, error) {
			bucket, id, ok := InvitationOf(b.key, token, b.store.Buckets())
			return bucket, id, ok, nil
		},
		Platform: func(p chat.Platform) bool { _, ok := b.snap.Now().Traits[p]; return ok },
	}
}
