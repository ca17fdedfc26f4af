package bot

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseWork is a tap on a case's card: one turn in the bucket where the case lives.
func (b *Bot) caseWork(j *job, p pressed) work {
	bucket := storage.BucketOf(p.Hash, b.store.Buckets())
	return work{bucket, b.turnOf(j.update.Key, j.update.Key, storage.Load{Case: p.Case}, &j.said, func(t *turn) error {
		return t.caseTapped(j.update, j.person, p)
	})}
}

// caseTapped does what a button of a card says, if whoever tapped it may. Who may not
// is told so; the attempt is written down, and nothing else.
func (t *turn) caseTapped(u *chat.Update, p storage.Person, d pressed) error {
	t.tapped = true
	if t.kase == nil || t.origin == nil || t.origin.identity == nil {
		t.answer(t.reader(u).say("refused_unknown_act"), true)
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	v := t.ofCase().staffVoice()
	by := t.snap.team.actor(p, t.kase.Site)
	if !by.Role.Acts() {
		code := recovery.NotStaff
		if by.Role == recovery.Viewer {
			code = recovery.MayNotAct
		}
		t.out.Events = append(t.out.Events, storage.CaseEvent{
			ID: newID(), Case: t.kase.ID, At: t.now, Kind: eventAttempted, By: by.ID,
			Detail: strings.TrimSpace(string(d.Act) + " " + p.ID()),
		})
		t.told = len(t.out.Events)
		t.answer(v.say("refused_"+string(code)), true)
		return nil
	}
	if d.Menu || d.Act == noMenu {
		return t.caseMenu(u, v, by, d)
	}
	before := len(t.out.Events)
	act, ok := t.actOf(d)
	if !ok {
		t.answer(v.say("refused_unknown_act"), true)
		return nil
	}
	err := t.apply(act, by)
	if refusal, ok := errors.AsType[*recovery.Refusal](err); ok {
		t.answer(t.refusal(v, refusal), true)
		t.showCard()
		return nil
	}
	if err != nil {
		return err
	}
	if len(t.out.Events) > before || t.out.Case == nil {
		t.answer(join(" · ", v.say("state_"+string(t.kase.State)), t.kase.Name()), false)
	}
	t.showCard()
	return nil
}

// eventAttempted is a line of a case's history that the machine does not write: somebody
// who may not act tried to. Detail is the act and the identity of who it was.
const eventAttempted = "attempted"

// caseMenu shows in the card that was tapped what can be chosen, or the card itself.
func (t *turn) caseMenu(u *chat.Update, v *voice, by recovery.Actor, d pressed) error {
	on := t.cardChat(u)
	at := slices.IndexFunc(t.kase.Cards, func(a chat.Address) bool { return t.snap.at(a) == on })
	if at < 0 {
		t.answer(v.say("refused_unknown_act"), true)
		return nil
	}
	m := t.ofCase().card()
	if u.From.Platform != chat.Web {
		m.Rows = t.cardButtons(v)
	}
	if d.Menu {
		if offers := recovery.Offers(t.kase.Case, by); !slices.Contains(offers, d.Act) {
			t.answer(t.refusal(v, t.whyNot(by)), true)
			t.showCard()
			return nil
		}
		m.Footer, m.Rows = t.menu(v, d)
	}
	to := t.kase.Cards[at]
	t.want(storage.Want{Slot: cardSlot(t.kase.ID, to), Kind: storage.CardD, Address: t.snap.at(to), Render: m})
	return nil
}

// cardChat is the address of the chat in which a card was tapped: Slack names a private
// one by its channel, and cards go there by the person.
func (t *turn) cardChat(u *chat.Update) chat.Address {
	if u.Private && u.From.Platform == chat.Slack {
		return chat.Address{Platform: chat.Slack, Account: u.From.Account, Chat: u.User.ID}
	}
	return u.From
}

// whyNot is why somebody who acts on cases is not offered the menus of this one.
func (t *turn) whyNot(by recovery.Actor) *recovery.Refusal {
	k := t.kase
	if !k.State.Active() {
		return &recovery.Refusal{Code: recovery.AlreadyClosed, Holder: k.Ended, Since: k.EndedAt}
	}
	if k.Holder.ID != "" && k.Holder.ID != by.ID {
		return &recovery.Refusal{Code: recovery.HeldByOther, Holder: k.Holder, Since: k.HeldAt}
	}
	return &recovery.Refusal{Code: recovery.UnknownAct}
}

// actOf is the act of a button without a menu.
func (t *turn) actOf(d pressed) (recovery.Act, bool) {
	switch d.Act {
	case recovery.ActTake:
		return recovery.Take{}, true
	case recovery.ActRelease:
		return recovery.Release{}, true
	case recovery.ActReopen:
		return recovery.Reopen{}, true
	case recovery.ActNoAction:
		return recovery.NoAction{Reason: d.Choice}, slices.Contains(noActionReasons, d.Choice)
	case recovery.ActResolve:
		a := recovery.Resolve{Cause: d.Choice}
		for i, k := range recovery.ActionKinds() {
			if d.Mask&(1<<i) != 0 {
				a.Actions = append(a.Actions, recovery.Action{Kind: k})
			}
		}
		return a, true
	}
	return nil, false
}

// refusal says why an act changed nothing.
func (t *turn) refusal(v *voice, r *recovery.Refusal) string {
	limit := ""
	if !r.Limit.IsZero() {
		limit = v.moment(r.Limit)
	}
	return v.say("refused_"+string(r.Code), "who", cut(r.Holder.Name, cardName), "since", v.ago(t.now.Sub(r.Since)),
		"limit", limit, "max", strconv.Itoa(recovery.MaxText))
}

// ago is how long something has lasted, "3 seconds".
func (v *voice) ago(d time.Duration) string {
	if d < time.Minute {
		return v.count("seconds", max(1, int(d/time.Second)))
	}
	return v.within(d)
}
