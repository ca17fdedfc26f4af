package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Cases is how pages see cases: as the messages about them are drawn.
type Cases struct{ Bot *Bot }

// EventAttempted and EventRevealed are lines of a case's history that recovery.Apply does not
// write: somebody tried what they may not, and somebody was told who a pseudonym is.
const (
	EventAttempted = eventAttempted
	EventRevealed  = eventRevealed
)

// View is a case as it is shown to staff. o is what it began with; where the session is gone
// there is no view, and the error is storage.ErrNotFound.
func (c Cases) View(ctx context.Context, k *storage.Case, o storage.Opening) (*render.CaseView, error) {
	if o.Session == nil {
		return nil, storage.ErrNotFound
	}
	f := &frame{b: c.Bot, snap: c.Bot.snap.Now(), now: c.Bot.now().UTC()}
	key := snapshot.FlowKey{ID: o.Session.Flow, Version: o.Session.Version}
	if _, err := f.snap.Flow(key.ID, key.Version); err != nil {
		if err := c.Bot.snap.LoadFlow(ctx, key); err != nil {
			return nil, fmt.Errorf("view a case: %w", err)
		}
		f.snap = c.Bot.snap.Now()
	}
	flow, err := f.snap.Flow(key.ID, key.Version)
	if err != nil {
		return nil, err
	}
	view := f.view(o.Session, o.Identity, flow)
	view.Case = k
	return view, nil
}

// Storms are the storms that were under way within the last while, of the sites that seen lets
// through, the latest first.
func (c Cases) Storms(within time.Duration, seen func(site string) bool) (all []recovery.Gathering) {
	since := c.Bot.now().Add(-within)
	for _, site := range c.Bot.openings.sites() {
		if !seen(site) {
			continue
		}
		for _, g := range c.Bot.openings.storms(site, c.Bot.snap.Now().Rules(site).Storm) {
			if !g.Until.Before(since) {
				all = append(all, g)
			}
		}
	}
	slices.SortFunc(all, func(a, b recovery.Gathering) int { return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.Site, b.Site)) })
	return all
}

// Hears is what somebody hears of a case, by itself, at a moment.
type Hears struct {
	recovery.Timer
	Chats []string // names of chats that were linked, and of members of staff
}

// Next are the steps of the chain that are still to come, with who hears: names of people and
// of linked chats; none where nobody can be told.
func (c Cases) Next(view *render.CaseView) []Hears {
	snap := c.Bot.snap.Now()
	matter := recovery.Matter{
		Site: view.Case.Site, Service: view.Session.Service, Dimensions: view.Bad(), Language: view.Session.Lang, Tier: view.Session.Facts.Tier,
		Owner: snap.Team.Named(view.Session.Attributes[voice.AttrAgent]), Priority: view.Case.Decision.Priority,
	}
	var all []Hears
	for _, timer := range snap.Rules(view.Case.Site).Timers(view.Case.Case) {
		if timer.To == "" {
			continue
		}
		h := Hears{Timer: timer}
		h.At = strikes(snap.Rules(view.Case.Site), view.Case, timer)
		if timer.To != recovery.ToThread {
			h.Chats = c.Named(snap.Receiver(timer.To, matter))
		}
		all = append(all, h)
	}
	return all
}

// Named are what people call chats: a linked chat's name, or whose private chat it is.
func (c Cases) Named(at []chat.Address) []string {
	snap := c.Bot.snap.Now()
	var all []string
	for _, a := range at {
		name := ""
		if linked, ok := snap.Linked(a); ok {
			name = linked.Name
		} else {
			for _, id := range snap.Team.Order {
				if slices.Contains(snap.Team.Homes[id], a) {
					name = snap.Team.Members[id].Name
				}
			}
		}
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Reveal tells somebody who a pseudonym is, if they may know, and writes it down with their
// reason. The error is a *Refused where they may not.
func (c Cases) Reveal(ctx context.Context, bucket storage.Bucket, kase, by, reason string) (who string, err error) {
	var refused *Refused
	turn := c.Bot.turnOf("", newID(), storage.Load{Case: kase, Member: by}, nil, func(t *turn) error {
		who, refused = "", nil
		if t.desk == nil || !t.desk.known() {
			return storage.ErrNotFound
		}
		if err := t.configure(); err != nil {
			return err
		}
		d, view := t.desk, t.desk.view()
		if actor := d.actor(d.kase.Site); !actor.Can(access.Reveal) {
			d.jot(eventAttempted, by, string(render.Reveal), "")
			refused = &Refused{Refusal: &recovery.Refusal{Code: recovery.NotStaff, State: d.kase.State}, Text: view.StaffVoice().Say("refused_reveal")}
			return nil
		}
		d.jot(eventRevealed, by, d.owner.ID, reason)
		who = revealed(view.StaffVoice(), d)
		return nil
	})
	if err := c.Bot.perform(ctx, bucket, turn); err != nil {
		return "", fmt.Errorf("reveal who it is: %w", err)
	}
	if refused != nil {
		return "", refused
	}
	return who, nil
}

// Arrived says of each of these words that staff wrote to the customer of a case how far they
// have come: by their text, for the part of a message that holds it.
func (c Cases) Arrived(ctx context.Context, view *render.CaseView) (map[string]storage.DeliveryState, error) {
	to := c.Bot.snap.Now().At(view.Session.Address)
	all, err := c.Bot.store.Transcript(ctx, view.Case.Bucket, to)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("read what the customer was sent: %w", err)
	}
	states := map[string]storage.DeliveryState{}
	for _, d := range all {
		if slot, ok := storage.ParseSlot(d.Slot); ok && slot.Kind == storage.ReplySlot && slot.Owner == view.Case.ID {
			states[d.Render.Text] = d.State
		}
	}
	return states, nil
}
