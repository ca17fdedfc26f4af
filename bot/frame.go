package bot

import (
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// frame is what every part of a turn reads and writes.
type frame struct {
	b       *Bot
	snap    *snapshot.Snapshot
	now     time.Time
	key     string // of the update, or a name for work of our own: makes slots of notices unique
	with    brought
	out     storage.Change // so far
	said    *reply
	notices int // in out
}

// brought is what a turn was loaded with beside its conversation, and who waits for it.
type brought struct {
	asker  chat.Address                // where a member of staff acts and waits for what comes of it; zero = nowhere
	slots  map[string]storage.Delivery // those that were asked for
	member *storage.Staff              // who acts, with the rights of this transaction; nil = no member of staff
	beside *storage.Case               // an earlier case beside which surveys end; zero = gone, nil = not looked for
}

// actor is who acts on the cases of a site, and as what.
func (f *frame) actor(site string) recovery.Actor {
	m := f.with.member
	if m == nil {
		return recovery.Actor{}
	}
	return recovery.Actor{Staffer: recovery.Staffer{ID: m.ID, Name: m.Name}, Role: m.RoleAt(site)}
}

// reply is what the one who caused an update sees at once.
type reply struct {
	text  string
	alert bool
	rows  [][]chat.Button
	field string     // of a form that stays open (chat.Answer)
	form  *chat.Form // that opens
	lang  string     // of form
}

// answer is what the one who caused the update sees at once.
func (f *frame) answer(text string, alert bool) { *f.said = reply{text: text, alert: alert} }

// want asks for a slot.
func (f *frame) want(w storage.Want) {
	if slot, _ := storage.ParseSlot(w.Slot); slot.Kind.ForStaff() && slot.Kind != storage.AskSlot {
		w.Render.Inert = true // a prompt mentions whom it asks
	}
	if !w.Bare {
		w.Body, w.Hash = storage.Encoded(w.Render)
	}
	if w.Leave != nil {
		w.LeaveHash = sumOf(*w.Leave)
	}
	if !f.with.asker.IsZero() && w.Address == f.with.asker {
		w.Rank = storage.Prompt
	}
	f.out.Slots = append(f.out.Slots, storage.SlotOp{Want: &w})
}

// noticeSlot is the place of one more notice to somebody.
func (f *frame) noticeSlot(owner string) string {
	slot := storage.Slot{Kind: storage.NoticeSlot, Owner: owner, Part: f.key}.Nth(f.notices)
	f.notices++
	return slot.String()
}

// configured is the flow of a session, whose site is known as well.
func configured(snap *snapshot.Snapshot, s *storage.Session) (*snapshot.Flow, error) {
	flow, err := snap.Flow(s.Flow, s.Version)
	if err != nil {
		return nil, err
	}
	if _, ok := snap.Sites[s.Site]; !ok && s.Site != "" {
		return nil, &snapshot.MissingSite{ID: s.Site}
	}
	return flow, nil
}

// view is a session, whose identity is owner, as messages to staff are made from it.
func (f *frame) view(s *storage.Session, owner *storage.Identity, flow *snapshot.Flow) *render.CaseView {
	c := &render.CaseView{Texts: f.b.texts, Session: s, Identity: owner, Flow: flow, Team: f.snap.Team, Now: f.now}
	if s != nil {
		rules := f.snap.Rules(s.Site)
		c.Site, c.Causes, c.Currency = f.snap.Site(s.Site), rules.Causes, rules.Currency
	}
	if c.Pseudonymous() {
		if c.Mark = s.Mark; c.Mark == "" { // of before marks were stored
			c.Mark = f.b.key.pseudonym(s.Identity)
		}
	}
	return c
}

// talk is a conversation with somebody as messages to them are made from it; on is where
// it takes place.
func (f *frame) talk(s *storage.Session, id *storage.Identity, flow *snapshot.Flow, on chat.Platform) *render.Talk {
	t := &render.Talk{Texts: f.b.texts, On: f.snap.Traits[on], Session: s, Identity: id, Flow: flow, Now: f.now}
	if texts, ok := f.b.behind[on]; ok {
		t.Texts = texts
	}
	site := ""
	if s != nil {
		site = s.Site
	}
	t.Site, t.Wordings = f.snap.Site(site), f.snap.Wordings(site)
	return t
}

// muted reports whether staff of a site are told of nothing but a P1 now.
func muted(snap *snapshot.Snapshot, site string, now time.Time) bool {
	return snap.Rules(site).Tell(recovery.P2, now).At.After(now)
}

// feedbackOf is the record of what was said in a session; kase is its case, "" = none.
// Staff hear of it by the case.
func (f *frame) feedbackOf(s *storage.Session, kase, id string, kind storage.FeedbackKind, text string) storage.Feedback {
	return storage.Feedback{
		ID: id, Kind: kind, Session: s.ID, Identity: s.Identity, Customer: s.Customer, Site: s.Site, Case: kase,
		Owner: f.snap.Team.Named(s.Attributes[voice.AttrAgent]), Text: text, At: f.now, Announced: f.now,
	}
}

// nextLook notes when a changed case is to be looked at again, by the rules as they are
// now.
func nextLook(snap *snapshot.Snapshot, k *storage.Case) {
	k.Rules, k.Next = snap.Policy.Version, time.Time{}
	rules := snap.Rules(k.Site)
	if timer, ok := recovery.NextClock(rules, k.Case); ok {
		k.Next = strikes(rules, k, timer)
	}
	if at := lapses(k); !at.IsZero() && (k.Next.IsZero() || at.Before(k.Next)) {
		k.Next = at
	}
}

// strikes is when a timer of a case strikes: of what staff are told in no mute, unless
// the case is a P1.
func strikes(rules recovery.Rules, k *storage.Case, timer recovery.Timer) time.Time {
	if timer.To == "" || k.Decision.Priority == recovery.P1 {
		return timer.At
	}
	return rules.Tell(recovery.P2, timer.At).At
}
