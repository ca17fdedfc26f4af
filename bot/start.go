package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// repeatWindow is how long an unsatisfied answer counts towards a repeat (domain 3.5).
const repeatWindow = 90 * 24 * time.Hour

// redemption is what became of redeeming an invitation.
type redemption struct {
	invitation storage.Invitation
	problem    string // id of the sentence that says why not
}

// startJob is "/start <token>". It takes two turns, because the invitation and the
// person may live in different buckets: the invitation is redeemed there, the session is
// opened here. Both do nothing the second time, so that a redelivery, and a crash
// between them, are harmless.
func (j *job) startJob(token string) {
	b := j.b
	bucket, id, ok := InvitationOf(b.key, token, b.store.Buckets())
	if !ok {
		j.work = j.refusal("link_unknown")
		return
	}
	identity := j.person.ID()
	got := new(redemption)
	load := storage.Load{Invitation: id}
	j.work = outbox.Work{Bucket: bucket, Turn: storage.Turn{Load: load, Apply: func(l storage.Loaded) (storage.Change, error) {
		*got = redemption{}
		inv := l.Invitation
		switch {
		case inv == nil:
			got.problem = "link_unknown"
		case inv.RedeemedBy != "" && inv.RedeemedBy != identity:
			got.problem = "link_used"
		case inv.RedeemedBy == identity:
			got.invitation = *inv
		case !inv.CalledOff.IsZero():
			got.problem = "link_off"
		case !inv.Expires.IsZero() && !l.Now.Before(inv.Expires):
			got.problem = "link_expired"
		default:
			inv.RedeemedBy, inv.RedeemedAt, inv.Session = identity, l.Now, b.key.sessionOf(inv.ID, inv.Created)
			if page, _ := onPage(inv.ID); b.bucketOf(page) != j.bucket {
				inv.Session = b.key.sessionApart(inv.ID, inv.Created)
			}
			got.invitation = *inv
			return storage.Change{Invitation: inv}, nil
		}
		return storage.Change{}, nil
	}}}
	j.next = func(ctx context.Context) (outbox.Work, error) {
		if got.problem != "" {
			return j.refusal(got.problem), nil
		}
		return j.openWork(ctx, got.invitation)
	}
}

// refusal says why a link does not work. It still turns invitations on, as every
// /start does.
func (j *job) refusal(id string) outbox.Work {
	b := j.b
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(j.update.Key, j.update.Key, storage.Load{Person: j.person}, &j.said, func(t *turn) error {
		t.tapped = j.update.Ephemeral
		t.meet(j.update, j.person)
		t.turnOn()
		t.notice(t.person().Say(id), false)
		return nil
	})}
}

// openWork is the second turn of a start: the session is opened, or shown again. What
// other buckets know of the customer is read beforehand and may be one commit old.
func (j *job) openWork(ctx context.Context, inv storage.Invitation) (outbox.Work, error) {
	b := j.b
	before, err := b.history(ctx, j.person, inv)
	if err != nil {
		return outbox.Work{}, err
	}
	load := storage.Load{Person: j.person, Session: inv.Session, Case: before.returns}
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(j.update.Key, j.update.Key, load, &j.said, func(t *turn) error {
		t.tapped = j.update.Ephemeral
		t.meet(j.update, j.person)
		on := t.turnOn()
		defer t.pointToChat()
		if t.session != nil {
			if t.desk != nil && t.desk.kase.ID != t.session.Case {
				t.desk = nil
			}
			if unopened(t.snap, t.session) && t.session.Identity != t.identity.ID {
				behind := behindLink{t}
				if err := behind.takesOver(before); err != nil {
					return err
				}
				return behind.begins()
			}
			return t.again(on)
		}
		return t.open(inv, before)
	})}, nil
}

// history is what is known of a customer before this survey.
type history struct {
	customer string           // id of the Customer; "" = only known by this identity
	earlier  int              // unsatisfied sessions in the last 90 days
	last     *storage.Session // the newest one before; nil = none
	previous int              // level of the newest one before; 0 = none
	returns  string           // id of the case of the survey before, if this one is about another service; "" = none
}

func (b *Bot) history(ctx context.Context, p storage.Person, inv storage.Invitation) (history, error) {
	bucket := b.bucketOf(p)
	h := history{customer: inv.Customer}
	id, err := b.store.Identity(ctx, bucket, p.ID())
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return h, fmt.Errorf("read an identity: %w", err)
	}
	if h.customer == "" {
		h.customer = id.Customer
	}
	if id.Session != "" && id.Session != inv.Session {
		last, err := b.store.Session(ctx, bucket, id.Session)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return h, fmt.Errorf("read the session before: %w", err)
		}
		if err == nil {
			h.last = &last
		}
		if h.previous = last.Judgement.Level; h.previous == 0 {
			h.previous = last.Judgement.Primary.Level
		}
		if last.Case != "" && inv.Case == "" && !inv.Test && serves(inv.Facts.Class) {
			// A link that is opened again is no new service.
			_, err := b.store.Session(ctx, bucket, inv.Session)
			switch {
			case errors.Is(err, storage.ErrNotFound):
				h.returns = last.Case
			case err != nil:
				return h, fmt.Errorf("read a session: %w", err)
			}
		}
	}
	who := h.customer
	if who == "" || !id.Masked.IsZero() {
		who = p.ID()
	}
	now := b.now().UTC().Truncate(time.Microsecond)
	if h.earlier, err = b.store.Earlier(ctx, who, now.Add(-repeatWindow), now); err != nil {
		return h, fmt.Errorf("count earlier unsatisfied surveys: %w", err)
	}
	return h, nil
}

// serves reports whether flows of this class are about a service that a customer came for.
func serves(c survey.Class) bool {
	return c == survey.Transactional || c == survey.Relationship
}

// hasReturned tells the case of the survey before that its customer came again.
func (t *turn) hasReturned(before history) error {
	if before.returns == "" || t.desk == nil || t.desk.kase.ID != before.returns {
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	t.returned = t.desk
	return t.returned.apply(recovery.Returned{}, recovery.Actor{Party: recovery.Program})
}

// open starts the session of an invitation: who asks, then the first question.
func (t *turn) open(inv storage.Invitation, before history) error {
	if err := t.prepare(inv, before); err != nil {
		return err
	}
	return t.greet()
}

// prepare makes the session of an invitation, in which nobody was asked anything yet.
func (t *turn) prepare(inv storage.Invitation, before history) error {
	if err := t.hasReturned(before); err != nil {
		return err
	}
	id := t.identity
	facts := inv.Facts
	facts.Earlier, facts.Previous = before.earlier, before.previous
	t.session = &storage.Session{
		Session: survey.Session{
			ID: inv.Session, Flow: inv.Flow, Version: inv.Version, Status: survey.New, Open: survey.NoQuestion,
			Attributes: inv.Attributes, Test: inv.Test,
		},
		Bucket: id.Bucket, Identity: id.ID, Address: id.Address, Invitation: inv.ID,
		Site: inv.Site, Service: inv.Attributes[voice.AttrService], Customer: before.customer, Case: inv.Case, Facts: facts,
	}
	t.desk = nil
	if err := t.configure(); err != nil {
		return err
	}
	t.session.Lang = voice.ChooseLanguage(t.flow.Languages, voice.Languages, id.Language, inv.Language, id.Spoken)
	if err := (masking{t.frame, t.session, id, t.numbers.mark}).begins(t.flow, before.last); err != nil {
		return err
	}
	id.Session = inv.Session
	if id.Customer == "" {
		id.Customer = before.customer
	}
	if id.Name == "" {
		id.Name = inv.Attributes[voice.AttrFirstName]
	}
	t.out.Identity = id
	return nil
}

// greet says who asks, and asks the first question: in one message, if nothing else comes first.
func (t *turn) greet() error {
	first := survey.Step(t.flow.Flow, t.session.Session, survey.Open{}, t.now)
	talk := t.talk()
	opened := *t.session
	opened.Session = first.Session
	talk.Session = &opened
	if !talk.Greets(opened.Open) {
		t.want(storage.Want{
			Slot: storage.Slot{Kind: storage.IntroSlot, Owner: t.session.ID}.String(), Kind: storage.NoticeD,
			Render: t.talk().Intro(t.person()),
		})
	}
	return t.step(survey.Open{})
}

// turnOn turns invitations back on; it reports whether they were off.
func (t *turn) turnOn() bool {
	if t.identity.Stopped.IsZero() {
		return false
	}
	t.identity.Stopped = time.Time{}
	t.out.Identity = t.identity
	halting{of: t}.undone()
	return true
}

// resume is "/start" alone: the open question is asked again below, or the person is
// welcomed.
func (t *turn) resume(u *chat.Update) error {
	on := t.turnOn()
	if render.Live(t.session) {
		return t.again(on)
	}
	id := "welcome"
	if on {
		id = "surveys_on"
	}
	t.notice(t.person().Say(id), false)
	return nil
}

// again goes on with a session that was opened before. A page shows its whole
// transcript, so that there is nothing to repeat.
func (t *turn) again(on bool) error {
	if t.identity.Session != t.session.ID && render.Live(t.session) {
		t.identity.Session = t.session.ID
		t.out.Identity = t.identity
	}
	page := t.talk().On.Stored
	switch {
	case unopened(t.snap, t.session):
		return behindLink{t}.begins()
	case !render.Live(t.session) && page:
		return nil
	case !render.Live(t.session):
		v := t.person()
		text := v.Say("notice_ended")
		if t.session.Status == survey.Completed {
			text = v.Say("already_answered")
		}
		if on {
			text = voice.Paragraphs(v.Say("surveys_on"), text)
		}
		t.notice(text, false)
		return nil
	case on:
		t.notice(t.person().Say("surveys_on"), false)
	case page && !t.session.Paused:
		return nil
	}
	return t.step(survey.Open{})
}
