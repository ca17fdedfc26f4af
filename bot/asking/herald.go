package asking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// newsOf is what other systems are told of an ask as it stands; "" = nothing. Of services after
// which nobody was to be asked they are told nothing.
func newsOf(x *storage.Ask) storage.News {
	switch invitation.State(x.State) {
	case invitation.Sent, invitation.HandedOut:
		return storage.InvitationSent
	case invitation.Suppressed:
		if !x.Silent() && x.Reason != string(invitation.NoTrigger) {
			return storage.InvitationNot
		}
	}
	return ""
}

// herald notes that other systems are to be told how an ask stands now, if any is. That is done in a
// step of its own, before anything else is done with it, so that no crash loses it.
func herald(b *bot.Bot, x *storage.Ask, at time.Time) {
	if news := newsOf(x); news != "" && (bot.Hooks{Bot: b}).Wanted(news, x.Site) {
		x.Tell, x.Due = true, at
	}
}

// tell tells other systems how asks stand, some side by side. What fails for a reason that nobody knows is told later,
// behind the others, and at last not at all.
func (a *Asking) tell(ctx context.Context, b storage.Bucket, asks []storage.Ask) error {
	if len(asks) == 0 {
		return nil
	}
	ids, errs := make([]string, len(asks)), make([]error, len(asks))
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range asks {
		x := &asks[i]
		ids[i] = x.ID
		news := newsOf(x)
		if news == "" {
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			errs[i] = (bot.Hooks{Bot: a.bot}).Tell(ctx, bot.Told{
				Kind: news, Site: x.Site, Owner: x.ID, Part: x.State, Bucket: b, At: cmp.Or(x.Sent, x.Due), Data: bot.NewsOfAsk(x), // Due = when it was decided
			})
		})
	}
	all.Wait()
	for i, err := range errs {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, storage.ErrUnavailable):
			return err
		case err != nil:
			a.fail(ids[i], fmt.Errorf("tell other systems of an ask: %w", err))
		}
	}
	return noteTold(ctx, a.store, b, a.moment(), ids, errs)
}

// toldOf is an ask of which nobody is told any more.
func toldOf(x *storage.Ask, at time.Time) {
	if x.Tell, x.Due, x.Tries = false, (time.Time{}), 0; pastOpen(x) {
		x.Due = at.Add(firstLook)
	}
}

// untold is an ask of which other systems could not be told, as often as its tries say: later they are, and at last not
// at all.
func untold(x *storage.Ask, at time.Time) {
	if x.Tries >= mostTries {
		toldOf(x, at)
		return
	}
	x.Due = at.Add(again << x.Tries)
}

// noteTold notes which asks other systems were told of.
func noteTold(ctx context.Context, in storage.Asking, b storage.Bucket, at time.Time, ids []string, errs []error) error {
	err := in.ChangeAsks(ctx, b, ids, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) (out []storage.AskChange, _ error) {
		for i, id := range ids {
			x, ok := now[id]
			if !ok || !x.Tell {
				continue
			}
			if errs[i] != nil {
				x.Tries++
				untold(&x, at)
			} else {
				toldOf(&x, at)
			}
			out = append(out, storage.AskChange{Ask: x})
		}
		return out, nil
	})
	if err != nil {
		return fmt.Errorf("note that other systems were told: %w", err)
	}
	return nil
}
