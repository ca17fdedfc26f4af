package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Offers are invitations that follow from what they are made for: made again, one is the same,
// so that a crash in between has nobody asked twice.
type Offers struct{ Bot *Bot }

// Make invites as Bot.Invite does; of names what it is made for, and at when that was decided.
func (o Offers) Make(ctx context.Context, r InviteRequest, of string, at time.Time) (Invite, error) {
	r.token, r.made = o.token(r.To, of), at.UTC().Truncate(time.Microsecond)
	return o.Bot.Invite(ctx, r)
}

func (o Offers) token(to storage.Person, of string) string {
	return tokenFor(to, func(raw []byte) { copy(raw, o.Bot.key.sum("offer\x00"+of)) })
}

// Lots is the key by which customers are drawn into the arms of experiments.
func (o Offers) Lots() []byte { return o.Bot.key.sum("experiments") }

// Where is the bucket, the invitation and the conversation of an offer that was made at a moment.
func (o Offers) Where(to storage.Person, of string, at time.Time) (bucket storage.Bucket, invitation, session string) {
	b := o.Bot
	bucket, invitation, _ = InvitationOf(b.key, o.token(to, of), b.store.Buckets())
	return bucket, invitation, b.key.sessionOf(invitation, at.UTC().Truncate(time.Microsecond))
}

// Links are the addresses of an offer that somebody hands out.
func (o Offers) Links(of string) (web, telegram string) {
	return linksTo(o.Bot.snap.Now(), LinksOf(o.Bot).PublicURL(), o.token(storage.Person{}, of))
}

// CanLink reports whether a link leads anywhere.
func (o Offers) CanLink() bool {
	web, telegram := o.Links("")
	return web != "" || telegram != ""
}

// Served says that the service of an offer is over: see Served.
func (o Offers) Served(ctx context.Context, to storage.Person, of string, at time.Time) error {
	_, _, err := Served{Token: o.token(to, of), At: at}.Tell(ctx, o.Bot)
	return err
}

// Flow is the newest version of a survey, and whether it is asked at present.
func (o Offers) Flow(ctx context.Context, id string) (f *snapshot.Flow, paused bool, err error) {
	f, err = o.Bot.newestFlow(ctx, id)
	if err != nil {
		return nil, false, err
	}
	states, err := o.Bot.store.FlowStates(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("find out whether %s is asked: %w", id, err)
	}
	for _, s := range states {
		paused = paused || s.Flow == id
	}
	return f, paused, nil
}

// Forgotten is why customers are not to be invited, by their keys; of others nobody said so.
func (o Offers) Forgotten(ctx context.Context, customers ...string) (map[string]storage.ForgottenWhy, error) {
	return personal.NotInvitedOf(ctx, o.Bot.store, o.Bot.key, customers)
}

// Known is the chat account of somebody on a platform, as one of ours there knows them: the newest of
// ours first, also one that was connected a moment ago. One that is blocked is told only where there is
// no other. storage.ErrNotFound.
func (o Offers) Known(ctx context.Context, p chat.Platform, user string) (blocked storage.Identity, err error) {
	b := o.Bot
	for looked := false; ; looked = true {
		snap := b.snap.Now()
		for _, a := range snap.AccountsOf(p) {
			who := storage.Person{Platform: p, Account: a.ID, User: user}
			id, err := b.store.Identity(ctx, b.bucketOf(who), who.ID())
			switch {
			case errors.Is(err, storage.ErrNotFound):
			case err != nil:
				return storage.Identity{}, fmt.Errorf("look for a chat account: %w", err)
			case id.Blocked.IsZero():
				return id, nil
			case blocked.ID == "":
				blocked = id
			}
		}
		if blocked.ID != "" {
			return blocked, nil
		}
		if !looked {
			err = b.snap.Look(ctx)
		}
		if err != nil || looked || b.snap.Now() == snap {
			return storage.Identity{}, cmp.Or(err, storage.ErrNotFound)
		}
	}
}

// untouched is a turn about a conversation in which nobody answered anything.
func (o Offers) untouched(ctx context.Context, b storage.Bucket, session, key string, f func(*turn) error) error {
	s, err := o.Bot.store.Session(ctx, b, session)
	if err != nil {
		return fmt.Errorf("read the conversation of an offer: %w", err)
	}
	id, err := o.Bot.store.Identity(ctx, b, s.Identity)
	if err != nil {
		return fmt.Errorf("read whose conversation it is: %w", err)
	}
	load := storage.Load{Person: id.Person, Session: session}
	err = o.Bot.perform(ctx, b, o.Bot.turnOf(key, key, load, nil, func(t *turn) error {
		open := t.session != nil && (t.session.Status == survey.New || t.session.Status == survey.Active) && len(t.session.Answers) == 0
		if !open || t.identity == nil || !t.identity.Stopped.IsZero() || !t.identity.Blocked.IsZero() {
			return nil
		}
		return f(t)
	}))
	if errors.Is(err, storage.ErrSeen) {
		return nil
	}
	return err
}

// Remind asks the open question once more, where nobody answered it and nobody said "not now".
func (o Offers) Remind(ctx context.Context, b storage.Bucket, session string) error {
	return o.untouched(ctx, b, session, "remind:"+session, func(t *turn) error {
		if t.session.Paused || t.session.Status != survey.Active || t.talk().On.Stored {
			return nil
		}
		return t.step(survey.Open{})
	})
}

// Withdraw ends a conversation that nobody needs any more, however long it would have waited.
func (o Offers) Withdraw(ctx context.Context, b storage.Bucket, session string) error {
	return o.untouched(ctx, b, session, "withdraw:"+session, func(t *turn) error {
		t.session.Expires = t.now
		return t.step(survey.Expire{})
	})
}

// CallOff has a link open nothing any more, as its service was cancelled. false = somebody opened it before.
func (o Offers) CallOff(ctx context.Context, b storage.Bucket, invitation string) (unopened bool, _ error) {
	err := o.Bot.perform(ctx, b, storage.Turn{
		Load: storage.Load{Invitation: invitation},
		Apply: func(l storage.Loaded) (storage.Change, error) {
			inv := l.Invitation
			if unopened = inv == nil || inv.RedeemedBy == ""; inv == nil || !unopened || !inv.CalledOff.IsZero() {
				return storage.Change{}, nil
			}
			inv.CalledOff = l.Now
			return storage.Change{Invitation: inv}, nil
		},
	})
	if err != nil {
		return false, fmt.Errorf("call a link off: %w", err)
	}
	return unopened, nil
}

// Classes are the surveys that can be asked, by their ids.
func (o Offers) Classes(ctx context.Context) (map[string]survey.Class, error) {
	published, err := o.Bot.store.FlowSources(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the surveys: %w", err)
	}
	all := map[string]survey.Class{}
	for _, f := range o.Bot.templates() {
		all[f.ID] = f.Class
	}
	for _, src := range published {
		f, err := o.Bot.newestFlow(ctx, src.Flow)
		if err != nil {
			return nil, err
		}
		all[src.Flow] = f.Class
	}
	return all, nil
}
