package bot

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/allowance"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// desk is staff's side of one case during a turn: what is done to the case, and what
// staff see of that once the turn ends.
type desk struct {
	*frame
	kase     *storage.Case
	session  *storage.Session  // that opened the case; nil = it is gone
	owner    *storage.Identity // whose it is; nil = not known
	flow     *snapshot.Flow    // of session; set by configure
	happened []recovery.Event  // in this turn
	heard    []heard           // the customer's words that are to be shown below the cards
	stand    chat.Address      // the chat in which staff read the words of this turn already
	telling  bool              // it gets its own card now, whatever it waits for
	redraw   bool              // its cards are to show how things stand, even if nothing happened
}

// heard are words of the customer; edited ones replace what stands there already.
type heard struct {
	said
	edited bool
	joins  allowance.Spent // what they join, if Joined is not 0
}

// newID makes the id of a record that is only ever added.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// configure finds the flow and the site of the session that opened the case.
func (d *desk) configure() (err error) {
	if d.session != nil {
		d.flow, err = configured(d.snap, d.session)
	}
	return err
}

// known reports whether it is known whose case it is: who acts on it needs that.
func (d *desk) known() bool { return d.session != nil && d.owner != nil }

// rules are those that the case lives by.
func (d *desk) rules() recovery.Rules { return d.snap.Rules(d.kase.Site) }

// view is the case as messages to staff are made from it.
func (d *desk) view() *render.CaseView {
	c := d.frame.view(d.session, d.owner, d.flow)
	c.Case = d.kase
	if next, ok := recovery.NextClock(d.rules(), d.kase.Case); ok && next.Clock == recovery.ClockFollowUp && d.owner != nil &&
		d.owner.Stopped.IsZero() && d.owner.Blocked.IsZero() {
		c.Asked = next.At
	}
	return c
}

// customer is the voice that speaks to the customer of the case.
func (d *desk) customer() *voice.Voice {
	return d.talk(d.session, d.owner, d.flow, d.session.Address.Platform).Person()
}

// want asks for a slot in a chat about the case.
func (d *desk) want(w storage.Want) {
	w.Identity = d.kase.Identity
	d.frame.want(w)
}

// act does something to the case in somebody's name. It is the one way in which staff, by
// whatever means, act on cases. A refusal is no error. s are the words that go with it.
func (d *desk) act(a recovery.Act, by recovery.Actor, s said) (*recovery.Refusal, error) {
	if contact, ok := a.(recovery.Contact); ok && contact.Means == recovery.InChat {
		return d.sayToCustomer(s, by)
	}
	closed := !d.kase.State.Active()
	err := d.apply(a, by)
	if refusal, ok := errors.AsType[*recovery.Refusal](err); ok {
		return refusal, nil
	}
	if err == nil && !closed && d.kase.State == recovery.Resolved && !d.kase.Round.Contacted.IsZero() && !d.view().Barred() {
		d.tellCustomer(storage.ClosedSlot, "closed", "site", d.snap.Site(d.kase.Site).Name)
	}
	return nil, err
}

// happens tells the case what its customer did.
func (d *desk) happens(a recovery.Act) {
	by := recovery.Actor{Party: recovery.Customer}
	if err := d.apply(a, by); err != nil {
		// What customers do is never refused: this would be a fault of ours.
		d.b.log.Error("a case refused what its customer did", "case", d.kase.ID, "act", a.Kind(), "err", err)
	}
}

// apply puts an act to the case and keeps what follows from it.
func (d *desk) apply(a recovery.Act, by recovery.Actor) error {
	next, events, err := recovery.Apply(d.rules(), d.kase.Case, a, by, d.now)
	if err != nil {
		return err
	}
	if d.kase.Case = next; len(events) == 0 {
		return nil
	}
	d.out.Case = d.kase
	d.record(events)
	return nil
}

// record adds what happened to the case's history; who must hear of it does where the
// turn ends.
func (d *desk) record(events []recovery.Event) {
	for _, e := range events {
		d.out.Events = append(d.out.Events, storage.CaseEvent{
			ID: newID(), Case: d.kase.ID, At: e.At, Kind: string(e.Kind), By: e.By.ID, Detail: e.Detail, Note: e.Note,
		})
	}
	d.happened = append(d.happened, events...)
}

// jot writes down in the case's history what the machine does not know of.
func (d *desk) jot(kind, by, detail, words string) {
	d.out.Events = append(d.out.Events, storage.CaseEvent{
		ID: newID(), Case: d.kase.ID, At: d.now, Kind: kind, By: by, Detail: strings.TrimSpace(detail), Note: words,
	})
}

// attempted writes down that somebody tried what they may not: once a day for each of them,
// so that it costs nothing to refuse them again and again.
func (d *desk) attempted(by recovery.Actor, p storage.Person, what string) {
	d.jot(eventAttempted, by.ID, strings.TrimSpace(what+" "+p.ID()), "")
	name := d.kase.ID + " " + p.ID() + " " + d.now.Format(time.DateOnly)
	d.out.Events[len(d.out.Events)-1].ID = uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)).String()
}

// matter is what the routes look at in a case: the session that opened it, and what was
// bad in it.
func (d *desk) matter() recovery.Matter {
	s := d.session
	return recovery.Matter{
		Site: d.kase.Site, Service: s.Service, Dimensions: d.view().Bad(), Language: s.Lang, Tier: s.Facts.Tier,
		Owner: d.snap.Team.Named(s.Attributes[voice.AttrAgent]), Priority: d.kase.Decision.Priority,
	}
}

// places are the chats where the case's cards hang from now on: those where they hang
// already, those of its route, and those of whom a clock of the case calls now: they can
// act in their own chats, and see what becomes of it.
func (d *desk) places() []chat.Address {
	m := d.matter()
	all := slices.Concat(d.kase.Cards, d.snap.Hears(m))
	for _, e := range d.happened {
		if e.Kind == recovery.EventStruck && e.To != recovery.ToThread {
			all = append(all, escalated(d.snap, e.To, m)...)
		}
	}
	return d.snap.Distinct(all)
}

// hang notes where the cards hang from now on and returns the chats in which they can be
// seen: one that takes no messages is left out.
func (d *desk) hang(places []chat.Address) []chat.Address {
	if len(places) > len(d.kase.Cards) {
		d.kase.Cards, d.out.Case = places, d.kase
	}
	return slices.DeleteFunc(slices.Clone(places), func(a chat.Address) bool { return d.snap.Lost(a) || d.snap.Former(a) })
}

// reachable are the chats in which staff are shown the case, or will be.
func (d *desk) reachable() []chat.Address {
	return slices.DeleteFunc(d.places(), func(a chat.Address) bool { return d.snap.Lost(a) || d.snap.Former(a) })
}

// shown reports whether staff can see what is written now: below a card, or on the pages.
func (d *desk) shown() bool {
	return !d.waits() && len(d.reachable()) > 0 || d.snap.Team.Sees(d.kase.Site)
}

// waits reports whether the case has no card below which anything could stand.
func (d *desk) waits() bool {
	_, held := d.heldBack()
	return held
}

// threads are the chats where the case's conversation is shown: those of its cards.
func (d *desk) threads() []chat.Address { return d.hang(d.places()) }

// heldBack reports whether the case gets no card of its own now, and when staff may be told
// of it, where that is known: it hangs on the card of a storm, waits for a digest or for
// the end of a mute, or has dropped to the watch list before anybody heard of it. A case
// that has cards, or that somebody works on, keeps them.
func (d *desk) heldBack() (until time.Time, held bool) {
	k := d.kase
	switch {
	case len(k.Cards) > 0 || d.telling || k.State != recovery.Open:
		return time.Time{}, false
	case k.Watched() && k.Changed:
		return time.Time{}, true
	}
	until = d.quietUntil()
	return until, !until.IsZero()
}

// quietUntil is when staff may be told of the case: on the card of a storm at once. Zero =
// now, on a card of its own.
func (d *desk) quietUntil() time.Time {
	k, rules := d.kase, d.rules()
	if _, stormed := recovery.Gathered(d.b.openings.storms(k.Site, rules.Storm), k.Site, k.OpenedAt); stormed {
		return k.OpenedAt
	}
	if k.Decision.Priority == recovery.P1 {
		return time.Time{}
	}
	if !k.TellAt.IsZero() {
		return k.TellAt // the teller's business
	}
	if tell := rules.Tell(k.Decision.Priority, k.OpenedAt); tell.At.After(d.now) {
		return tell.At
	}
	return time.Time{}
}
