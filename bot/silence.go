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
}

// Open opens the case of a silence, in the conversation in which its customer was asked or, where
// none began, in one of its own.
func (o Offers) Open(ctx context.Context, s Silence) (out Silent, err error) {
	b := o.Bot
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

// openBeside opens the case in a conversation of its own, in which nobody is asked anything.
func (o Offers) openBeside(ctx context.Context, s *Silence, out *Silent) error {
	b := o.Bot
	if s.Site != "" {
		if err := b.knownSite(ctx, s.Site); err != nil {
			return err
		}
	}
	to, unreached := s.To, s.To.IsZero()
	if unreached { // they are known by their key alone
		to = unwritten(hex.EncodeToString(b.key.sum("silence\x00" + s.Of)[:16]))
	}
	who := s.Customer
	now := b.now().UTC().Truncate(time.Microsecond)
	earlier, err := b.store.Earlier(ctx, who, now.Add(-repeatWindow), now)
	if err != nil {
		return fmt.Errorf("count earlier unsatisfied surveys: %w", err)
	}
	bucket, id := b.bucketOf(to), b.key.derive("silence", s.Of)
	return b.perform(ctx, bucket, b.turnOf("", "silence:"+s.Of, storage.Load{Person: to, Session: id}, nil, func(t *turn) error {
		*out = Silent{Session: id, At: bucket}
		if t.session != nil { // a COMMIT whose answer was lost
			if k := t.kase(); k != nil {
				out.Case = k.Name()
			}
			return nil
		}
		if t.identity == nil {
			t.identity = &storage.Identity{ID: to.ID(), Bucket: bucket, Person: to, Address: s.Address, Name: storage.Clean(s.Name), Created: t.now, Seen: t.now}
		}
		if t.identity.Customer == "" {
			t.identity.Customer = s.Customer
		}
		if unreached {
			t.identity.Blocked = t.now
		}
		t.out.Identity = t.identity
		if err := s.begin(t, id, earlier); err != nil {
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
	// Its case is counted on the day of the service.
	t.session.Day = cmp.Or(s.Event[voice.AttrDate], t.now.In(zoneOf(t.snap, s.Site)).Format(time.DateOnly))
	t.session.Lang = voice.ChooseLanguage(t.flow.Languages, voice.Languages, t.identity.Language, t.identity.Spoken)
	return (masking{t.frame, t.session, t.identity, t.numbers.mark}).begins(t.flow, nil)
}
