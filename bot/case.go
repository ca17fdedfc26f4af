package bot

import (
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// decide lets the alert rules look at the newest judgement: a case opens, is joined
// by more reasons, becomes more urgent, or learns that the customer changed an answer.
// What is said after a recovery goes to the case that it is about. a is the answer that
// was given, if one was; judged says that it changed the judgement.
func (t *turn) decide(a *survey.Answer, judged bool) {
	if t.flow.Class == survey.Recovery {
		if t.desk != nil {
			t.desk.followedUp(t.session)
		}
		return
	}
	if kind := render.FeedbackKind(t.flow.ID); kind != "" {
		t.wishGiven(kind, a)
		return
	}
	facts := t.session.Facts
	facts.Class = t.flow.Class
	d := recovery.Decide(t.rules(), facts, t.session.Judgement)
	said := permission(t.flow, t.session)
	if t.desk == nil {
		if d.Opens {
			t.openCase(d, said)
		}
		return
	}
	if judged && a != nil && a.Revision > 1 {
		t.desk.happens(recovery.CustomerChanged{Decision: d, Contact: said})
		return
	}
	t.desk.happens(recovery.Joined{Decision: d, Contact: said})
}

// permission is what the customer said about being contacted; nil where the flow does
// not ask.
func permission(f *snapshot.Flow, s *storage.Session) *recovery.Permission {
	said := render.Contact(f, s)
	if said == "" {
		return nil
	}
	p := recovery.Permission(said)
	if said == render.ContactSkipped || said == render.ContactWaiting {
		p = recovery.NotAsked
	}
	return &p
}

// openCase begins a case of the session.
func (t *turn) openCase(d recovery.Decision, said *recovery.Permission) {
	c := recovery.Case{
		ID: t.b.key.derive("case", t.session.ID), Number: t.numbers.kase, Bucket: int(t.session.Bucket), Session: t.session.ID,
	}
	if said != nil {
		c.Contact = *said
	}
	c, events := recovery.OpenCase(t.rules(), c, d, t.now)
	k := &storage.Case{
		Case: c, Bucket: t.session.Bucket, Identity: t.session.Identity, Site: t.session.Site, Customer: t.session.Customer,
	}
	t.desk = &desk{frame: t.frame, kase: k, session: t.session, owner: t.identity, flow: t.flow}
	t.session.Case, t.out.Case = c.ID, k
	if t.identity != nil && t.identity.ID == t.session.Identity {
		t.identity.Case, t.out.Identity = c.ID, t.identity
	}
	t.desk.record(events)
}

// The questions of a recovery flow that a case hears, and the value of "yes, fully".
const (
	settledKey   = "resolved"
	settledFully = 2
)

// followedUp tells the case what the customer says after its recovery. The session of
// somebody else, to whom the link was passed on, tells nothing.
func (d *desk) followedUp(s *storage.Session) {
	if d.kase.Identity != s.Identity {
		return
	}
	f := recovery.FollowedUp{Session: s.ID, Level: s.Judgement.Primary.Level, Contradictory: s.Judgement.Contradictory}
	if f.Level == 0 {
		f.Level = s.Judgement.Level
	}
	if a, ok := s.Answer(settledKey); ok && !a.Dropped && !a.Skipped && a.Value != nil {
		switch v := *a.Value; {
		case v >= settledFully:
			f.Settled = recovery.SettledYes
		case v > 0:
			f.Settled = recovery.SettledPartly
		default:
			f.Settled = recovery.SettledNo
		}
	}
	d.happens(f)
}

// eventOpened is the kind of the first event of every case.
const eventOpened = string(recovery.EventOpened)
