package asking

import (
	"context"
	"fmt"
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

// tell tells other systems how asks stand.
func (a *Asking) tell(ctx context.Context, b storage.Bucket, asks []storage.Ask) error {
	if len(asks) == 0 {
		return nil
	}
	var ids []string
	for i := range asks {
		x := &asks[i]
		ids = append(ids, x.ID)
		news := newsOf(x)
		if news == "" {
			continue
		}
		at := x.Sent
		if at.IsZero() {
			at = x.Due // when it was decided
		}
		err := (bot.Hooks{Bot: a.bot}).Tell(ctx, bot.Told{
			Kind: news, Site: x.Site, Owner: x.ID, Part: x.State, Bucket: b, At: at, Data: bot.NewsOfAsk(x),
		})
		if err != nil {
			return err
		}
	}
	err := a.store.ChangeAsks(ctx, b, ids, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) (out []storage.AskChange, _ error) {
		for _, id := range ids {
			x, ok := now[id]
			if !ok || !x.Tell {
				continue
			}
			if x.Tell, x.Due = false, (time.Time{}); pastOpen(&x) {
				x.Due = a.moment().Add(firstLook)
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
