package bot

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Silence is a service that was late or below its standard, and of which its customer said
// nothing: a case opens for staff, and nobody is written to.
type Silence struct {
	Of       string // what it is made for: made again, it is the same
	Priority recovery.Priority
	Since    time.Time         // of the service: an answer after it is no silence
	Event    map[string]string // attributes of the service
	Site     string
	Customer string // the organisation's own key
	Name     string // as the event tells it; "" = it does not
	// At and Session are the conversation in which they were asked about it; "" = none began.
	At      storage.Bucket
	Session string
	// Link is an offer that nobody has opened: its conversation is where they can still speak; zero = there is none.
	Link storage.Invitation
	// To and Address are where staff can write to them; zero = nowhere.
	To      storage.Person
	Address chat.Address
}

// Silent is what became of a silence.
type Silent struct {
	Case    string         // its name, "A-17"; "" = none opened
	Session string         // the conversation that it belongs to
	At      storage.Bucket // where that is
	Heard   time.Time      // when the customer said something meanwhile; zero = they did not
	Other   bool           // the conversation has another case already
	// No case opened: Forgotten = the customer asked for their erasure, Gone = the site is not there any more.
	Forgotten, Gone bool
}

// Open opens the case of a silence, in the conversation in which its customer was asked or, where
// none began, in the one that a link leads to, where staff can write to them nowhere, or in one of its own.
func (o Offers) Open(ctx context.Context, s Silence) (out Silent, err error) {
	b := o.Bot
	if s.Customer != "" {
		// Also an erasure that began since it was decided: nothing of them may come back.
		why, err := o.Forgotten(ctx, s.Customer)
		if out.Forgotten = why[s.Customer] == storage.ErasedOnRequest; err != nil || out.Forgotten {
			return out, err
		}
	}
	if s.Site != "" {
		err := b.knownSite(ctx, s.Site)
		if out.Gone = errors.Is(err, storage.ErrNotFound); out.Gone {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
	if s.Customer != "" {
		if _, err := b.customer(ctx, s.Customer, s.Event); err != nil {
			return out, err
		}
	}
	if s.Session != "" {
		session, err := b.store.Session(ctx, s.At, s.Session)
		if err == nil {
			err = o.openIn(ctx, &s, session, &out)
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return out, err
		}
	}
	return out, o.openBeside(ctx, &s, &out)
}

// openIn opens the case in a conversation that there is.
func (o Offers) openIn(ctx context.Context, s *Silence, in storage.Session, out *Silent) error {
	turn, err := o.Bot.sessionTurn(ctx, in, "silence:"+s.Of, func(t *turn) error {
		*out = Silent{Session: t.session.ID, At: t.session.Bucket}
		return s.openHere(t, out)
	})
	if err != nil {
		return err
	}
	if err := o.Bot.perform(ctx, in.Bucket, turn); err != nil {
		return err
	}
	if out.Session == "" {
		return errors.New("the conversation is gone since it was looked for")
	}
	return nil
}

// openHere opens the case in the conversation of a turn, unless it has one or its customer spoke.
func (s *Silence) openHere(t *turn, out *Silent) error {
	if err := t.configure(); err != nil {
		return err
	}
	if t.session.Case != "" {
		if k := t.kase(); k != nil && slices.Contains(k.Decision.Reasons, recovery.SilentFailure) {
			out.Case = k.Name() // a COMMIT whose answer was lost
			return nil
		}
		out.Other = true
		return nil
	}
	if out.Heard = Spoke(t.session, s.Since); !out.Heard.IsZero() {
		return nil
	}
	t.openCase(recovery.Silent(t.rules(), t.session.Facts, s.Priority), nil)
	t.out.Session = t.session
	out.Case = t.desk.kase.Name()
	return nil
}

// Spoke is when somebody first answered a question of a session at a moment or after it; zero =
// they did not.
func Spoke(s *storage.Session, since time.Time) (first time.Time) {
	for i := range s.Answers {
		if a := &s.Answers[i]; !a.Skipped && !a.At.Before(since) && (first.IsZero() || a.At.Before(first)) {
			first = a.At
		}
	}
	return first
}

// openBeside opens the case in a conversation in which nobody was asked anything: of its own, or the
// one that a link leads to. Whoever opens the link later goes on in it, and what they answer joins the case.
func (o Offers) openBeside(ctx context.Context, s *Silence, out *Silent) error {
	b := o.Bot
	to, id := s.To, b.key.derive("silence", s.Of)
	unreached := to.IsZero() // they are known by their key alone
	linked := unreached && s.Link.ID != ""
	switch {
	case linked:
		to, _ = onPage(s.Link.ID)
		id = b.key.sessionOf(s.Link.ID, s.Link.Created)
	case unreached:
		to = unwritten(hex.EncodeToString(b.key.sum("silence\x00" + s.Of)[:16]))
	}
	now := b.now().UTC().Truncate(time.Microsecond)
	earlier, err := b.store.Earlier(ctx, s.Customer, now.Add(-repeatWindow), now)
	if err != nil {
		return fmt.Errorf("count earlier unsatisfied surveys: %w", err)
	}
	bucket := b.bucketOf(to)
	return b.perform(ctx, bucket, b.turnOf("", "silence:"+s.Of, storage.Load{Person: to, Session: id}, nil, func(t *turn) error {
		*out = Silent{Session: id, At: bucket}
		if t.session != nil { // a COMMIT whose answer was lost, or somebody opened the link a moment ago
			return s.openHere(t, out)
		}
		t.identity = s.whose(t, to)
		if unreached {
			t.identity.Blocked = t.now
		}
		t.out.Identity = t.identity
		begin := s.begin
		if linked {
			begin = s.beginBehindLink
		}
		if err := begin(t, id, earlier); err != nil {
			return err
		}
		t.openCase(recovery.Silent(t.rules(), t.session.Facts, s.Priority), nil)
		if unreached { // in no chat: staff use what else they have of their customer
			t.desk.kase.Lost, t.desk.kase.Contact = t.now, recovery.ContactPhone
		}
		t.out.Session = t.session
		out.Case = t.desk.kase.Name()
		return nil
	}))
}

// whose is who the case is about, as far as they are known.
func (s *Silence) whose(t *turn, to storage.Person) *storage.Identity {
	id := t.identity
	if id == nil {
		address := s.Address
		if s.To.IsZero() && s.Link.ID != "" {
			_, address = onPage(s.Link.ID)
		}
		id = &storage.Identity{ID: to.ID(), Bucket: t.b.bucketOf(to), Person: to, Address: address, Name: storage.Clean(s.Name), Created: t.now, Seen: t.now}
	}
	if id.Customer == "" {
		id.Customer = s.Customer
	}
	return id
}

// Unopened reports whether a conversation waits behind a link that nobody has opened.
func (o Offers) Unopened(s *storage.Session) bool { return unopened(o.Bot.snap.Now(), s) }

// unopened reports whether a conversation waits on the page of a link.
// Others that are asked nothing yet wait for a service, in a chat where somebody was asked by name.
func unopened(snap *snapshot.Snapshot, s *storage.Session) bool {
	return s.Status == survey.New && (s.Expires.IsZero() || snap.Traits[s.Address.Platform].Stored)
}

// beginBehindLink makes the session that a link leads to, in which nobody was asked anything yet.
func (s *Silence) beginBehindLink(t *turn, id string, earlier int) error {
	inv := s.Link
	inv.Session = id
	inv.Facts.Late = inv.Facts.Late || isTrue(s.Event[voice.AttrLate])
	inv.Facts.StandardBroken = inv.Facts.StandardBroken || isTrue(s.Event[voice.AttrStandard])
	if err := t.prepare(inv, history{customer: s.Customer, earlier: earlier}); err != nil {
		return err
	}
	t.session.Last, t.session.Expires = t.now, inv.Expires // nobody opens the link after that
	s.served(t)
	return nil
}

// served counts the case on the day of the service.
func (s *Silence) served(t *turn) {
	t.session.Day = cmp.Or(s.Event[voice.AttrDate], t.now.In(zoneOf(t.snap, s.Site)).Format(time.DateOnly))
}

// behindLink is the turn of whoever opens a link whose conversation began without them.
type behindLink struct{ turn *turn }

// takesOver makes the conversation that of whoever opened the link in another chat than the page.
func (l behindLink) takesOver(before history) error {
	t, s, id := l.turn, l.turn.session, l.turn.identity
	if err := t.configure(); err != nil {
		return err
	}
	s.Identity, s.Address, s.Mark = id.ID, id.Address, ""
	if err := (masking{t.frame, s, id, t.numbers.mark}).begins(t.flow, before.last); err != nil {
		return err
	}
	id.Session = s.ID
	if id.Customer == "" {
		id.Customer = before.customer
	}
	t.out.Identity = id
	if k := t.kase(); k != nil {
		k.Identity, id.Case = id.ID, k.ID
		return t.desk.apply(recovery.Reachable{}, recovery.Actor{Party: recovery.Program})
	}
	return nil
}

// begins asks the first question. The case of a silence knows a chat now, and that nobody said they may be called.
func (l behindLink) begins() error {
	t := l.turn
	if err := t.configure(); err != nil {
		return err
	}
	k := t.kase()
	if k != nil && k.State.Active() && slices.Contains(k.Decision.Reasons, recovery.SilentFailure) && k.Contact == recovery.ContactPhone {
		k.Contact, t.desk.redraw = recovery.NotAsked, true
		t.out.Case = k
	}
	return t.greet()
}

// begin makes the session of such a case. It never began, so that no report counts it.
func (s *Silence) begin(t *turn, id string, earlier int) error {
	t.session = &storage.Session{
		Session: survey.Session{
			ID: id, Flow: render.FeedbackFlow(storage.Silence), Version: 1, Status: survey.Expired, Open: survey.NoQuestion, Attributes: s.Event,
			Last: t.now,
		},
		Bucket: t.identity.Bucket, Identity: t.identity.ID, Address: t.identity.Address, Site: s.Site, Service: s.Event[voice.AttrService], Customer: s.Customer,
		Facts: recovery.Facts{
			Class: survey.Transactional, Tier: tier(s.Event[voice.AttrTier]), Earlier: earlier,
			Late: isTrue(s.Event[voice.AttrLate]), StandardBroken: isTrue(s.Event[voice.AttrStandard]),
		},
	}
	t.desk = nil
	if err := t.configure(); err != nil {
		return err
	}
	s.served(t)
	t.session.Lang = voice.ChooseLanguage(t.flow.Languages, voice.Languages, t.identity.Language, t.identity.Spoken)
	return (masking{t.frame, t.session, t.identity, t.numbers.mark}).begins(t.flow, nil)
}
