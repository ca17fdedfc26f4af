package bot

import (
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// newID makes the id of a record that is only ever added.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// decide lets the alert rules look at the newest judgement: a case opens, is joined
// by more reasons, becomes more urgent, or learns that the customer changed an answer.
// What is said after a recovery goes to the case that it is about. a is the answer that
// was given, if one was; judged says that it changed the judgement.
func (t *turn) decide(a *survey.Answer, judged bool) {
	if t.flow.Class == survey.Recovery {
		t.followedUp()
		return
	}
	if kind := feedbackKind(t.flow.ID); kind != "" {
		t.wishGiven(kind, a)
		return
	}
	facts := t.session.Facts
	facts.Class = t.flow.Class
	d := recovery.Decide(t.rules(), facts, t.session.Judgement)
	said := t.permission()
	if t.kase == nil {
		if d.Opens {
			t.openCase(d, said)
		}
		return
	}
	if judged && a != nil && a.Revision > 1 {
		t.happens(recovery.CustomerChanged{Decision: d, Contact: said})
		return
	}
	t.happens(recovery.Joined{Decision: d, Contact: said})
}

// permission is what the customer said about being contacted; nil where the flow does
// not ask.
func (t *turn) permission() *recovery.Permission {
	said := t.contact()
	if said == "" {
		return nil
	}
	p := recovery.Permission(said)
	if said == contactSkipped || said == contactWaiting {
		p = recovery.NotAsked
	}
	return &p
}

func (t *turn) openCase(d recovery.Decision, said *recovery.Permission) {
	c := recovery.Case{
		ID: t.b.derive("case", t.session.ID), Number: t.nextCase, Bucket: int(t.session.Bucket), Session: t.session.ID,
	}
	if said != nil {
		c.Contact = *said
	}
	c, events := recovery.OpenCase(t.rules(), c, d, t.now)
	t.kase = &storage.Case{
		Case: c, Bucket: t.session.Bucket, Identity: t.session.Identity, Site: t.session.Site, Customer: t.session.Customer,
	}
	t.session.Case, t.out.Case = c.ID, t.kase
	if t.identity != nil && t.identity.ID == t.session.Identity {
		t.identity.Case, t.out.Identity = c.ID, t.identity
	}
	t.record(events)
}

// The questions of a recovery flow that a case hears, and the value of "yes, fully".
const (
	settledKey   = "resolved"
	settledFully = 2
)

// followedUp tells the case what the customer says after its recovery. The session of
// somebody else, to whom the link was passed on, tells nothing.
func (t *turn) followedUp() {
	if t.kase == nil || t.kase.Identity != t.session.Identity {
		return
	}
	f := recovery.FollowedUp{Session: t.session.ID, Level: t.session.Judgement.Primary.Level}
	if f.Level == 0 {
		f.Level = t.session.Judgement.Level
	}
	if a, ok := t.session.Answer(settledKey); ok && !a.Dropped && !a.Skipped && a.Value != nil {
		switch v := *a.Value; {
		case v >= settledFully:
			f.Settled = recovery.SettledYes
		case v > 0:
			f.Settled = recovery.SettledPartly
		default:
			f.Settled = recovery.SettledNo
		}
	}
	t.happens(f)
}

// happens tells the case what its customer did.
func (t *turn) happens(a recovery.Act) {
	by := recovery.Actor{Role: recovery.Customer}
	if err := t.apply(a, by); err != nil {
		// What customers do is never refused: this would be a fault of ours.
		t.b.log.Error("a case refused what its customer did", "case", t.kase.ID, "act", a.Kind(), "err", err)
	}
}

// apply puts an act to the case and keeps what follows from it.
func (t *turn) apply(a recovery.Act, by recovery.Actor) error {
	next, events, err := recovery.Apply(t.rules(), t.kase.Case, a, by, t.now)
	if err != nil {
		return err
	}
	if t.kase.Case = next; len(events) == 0 {
		return nil
	}
	t.out.Case = t.kase
	t.record(events)
	return nil
}

// record adds what happened to the case's history; who must hear of it does once its
// cards show it.
func (t *turn) record(events []recovery.Event) {
	for _, e := range events {
		t.out.Events = append(t.out.Events, storage.CaseEvent{
			ID: newID(), Case: t.kase.ID, At: e.At, Kind: string(e.Kind), By: e.By.ID, Detail: e.Detail, Note: e.Note,
		})
	}
	t.news = append(t.news, events...)
}

// eventOpened is the kind of the first event of every case.
const eventOpened = string(recovery.EventOpened)

// cardState is the colour of a card: one of those that chat.Message knows.
func cardState(c recovery.Case, now time.Time) string {
	switch {
	case c.Watched():
		return "watch"
	case !c.State.Active():
		return "resolved"
	case c.Snoozed.After(now):
		return "snoozed"
	case c.State == recovery.Open:
		return "open"
	}
	return "taken"
}
