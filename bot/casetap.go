package bot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseWork is a tap on a case's card: one turn in the bucket where the case lives.
func (b *Bot) caseWork(j *job, p pressed) outbox.Work {
	bucket := storage.BucketOf(p.Hash, b.store.Buckets())
	return outbox.Work{Bucket: bucket, Turn: b.turnOf(j.update.Key, j.update.Key, storage.Load{Case: p.Case}, &j.said, func(t *turn) error {
		return t.caseTapped(j.update, j.person, p)
	})}
}

// caseTapped does what a button of a card says, if whoever tapped it may. Who may not
// is told so; the attempt is written down, and nothing else.
func (t *turn) caseTapped(u *chat.Update, p storage.Person, d pressed) error {
	t.tapped = true
	if t.kase == nil || t.origin == nil || t.origin.identity == nil {
		t.answer(t.reader(u).Say("refused_unknown_act"), true)
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	v := t.ofCase().staffVoice()
	by := t.snap.Team.Actor(p, t.kase.Site)
	if !by.Role.Acts() {
		t.attempted(by, p, string(d.Act))
		t.answer(t.notStaff(v, by, u), true)
		return nil
	}
	switch {
	case d.Act == reveal:
		t.reveal(v, by)
		return nil
	case d.Menu || d.Act == noMenu:
		return t.caseMenu(u, v, by, d)
	case u.Kind == chat.Filled:
		return t.caseFilled(u, v, by, d)
	case asksWords(d):
		return t.caseAsks(u, v, by, d)
	}
	act, ok := t.actOf(d)
	if !ok {
		t.answer(v.Say("refused_unknown_act"), true)
		return nil
	}
	before := len(t.out.Events)
	refusal, err := t.attempt(act, by)
	return t.concludeTap(v, refusal, err, before)
}

// concludeTap answers a tap, or a form, by what became of it, and brings the cards up to
// date.
func (t *turn) concludeTap(v *Voice, refusal *recovery.Refusal, err error, before int) error {
	switch {
	case err != nil:
		return err
	case refusal != nil:
		t.answer(t.refusal(v, refusal), true)
	case len(t.out.Events) > before || t.out.Case == nil:
		t.answer(Join(" · ", v.Say("state_"+string(t.kase.State)), t.kase.Name()), false)
	}
	t.showCard()
	return nil
}

// asksWords reports whether an act needs words that a button cannot carry.
func asksWords(d pressed) bool {
	switch d.Act {
	case recovery.ActContact, recovery.ActNote, recovery.ActAgree, resolveCost:
		return true
	}
	return false
}

// mayDo says why an act that only begins now would be refused in the end, or "".
func (t *turn) mayDo(v *Voice, by recovery.Actor, act recovery.ActKind) string {
	if act == resolveCost {
		act = recovery.ActResolve
	}
	if act == moreActs || slices.Contains(recovery.Offers(t.kase.Case, by), act) {
		return ""
	}
	return t.refusal(v, t.whyNot(by, act))
}

// caseAsks asks in the chat for the words of an act, where the platform has no forms.
func (t *turn) caseAsks(u *chat.Update, v *Voice, by recovery.Actor, d pressed) error {
	if problem := t.mayDo(v, by, d.Act); problem != "" {
		t.answer(problem, true)
		t.showCard()
		return nil
	}
	p := prompt{what: d.Act, choice: d.Choice, mask: d.Mask, who: u.User.Username}
	if d.Act == recovery.ActAgree && d.Choice != dueTyped {
		due, ok := dueOf(d.Choice)
		if !ok {
			t.answer(v.Say("refused_unknown_act"), true)
			return nil
		}
		if !due.After(t.now) {
			t.answer(t.refusal(v, &recovery.Refusal{Code: recovery.PlanPast}), true)
			return nil
		}
		p.due = due
	}
	if hasForms(u.From.Platform) {
		t.answer(v.Say("refused_unknown_act"), true) // its form would have come
		return nil
	}
	t.prompt(u.From, u.On, p)
	t.answer(v.Say("prompt_below"), false)
	return t.showCardIn(u, v, pressed{Act: noMenu})
}

// caseFilled does what a button says with the words of its form.
func (t *turn) caseFilled(u *chat.Update, v *Voice, by recovery.Actor, d pressed) error {
	before := len(t.out.Events)
	s := said{text: strings.TrimSpace(u.Fields[textField]), key: u.Key}
	field := func(name, problem string) error {
		*t.said = reply{text: problem, alert: true, field: name}
		return nil
	}
	var refusal *recovery.Refusal
	var err error
	switch d.Act {
	case recovery.ActContact:
		if s.text == "" {
			return field(textField, v.Say("refused_text_missing"))
		}
		refusal, err = t.sayToCustomer(s, by)
	case recovery.ActNote:
		if s.text == "" {
			return field(textField, v.Say("refused_text_missing"))
		}
		refusal, err = t.attempt(recovery.Note{Text: s.text, Ref: s.key}, by)
	case recovery.ActAgree:
		due, ok := dueOf(d.Choice)
		if d.Choice == dueTyped {
			if due, ok = parseMoment(u.Fields[dueField], v.Site.Zone); !ok {
				return field(dueField, v.Say("due_unclear"))
			}
		}
		if !ok {
			refusal = &recovery.Refusal{Code: recovery.UnknownAct}
			break
		}
		refusal, err = t.attempt(recovery.Agree{Plan: strings.TrimSpace(u.Fields[planField]), Due: due}, by)
		if refusal != nil && refusal.Code == recovery.PlanMissing {
			return field(planField, t.refusal(v, refusal))
		}
		if refusal != nil && refusal.Code == recovery.PlanPast {
			return field(dueField, t.refusal(v, refusal))
		}
	case resolveCost:
		a := t.resolution(d.Choice, d.Mask)
		a.Note = s.text
		if words := strings.TrimSpace(u.Fields[costField]); words != "" {
			cost, ok := parseAmount(words)
			if !ok {
				return field(costField, v.Say("cost_unclear"))
			}
			priced(a.Actions, cost)
		}
		refusal, err = t.attempt(a, by)
	default:
		refusal = &recovery.Refusal{Code: recovery.UnknownAct}
	}
	return t.concludeTap(v, refusal, err, before)
}

// eventAttempted is a line of a case's history that the machine does not write: somebody
// who may not act tried to. Detail is the act and the identity of who it was.
const eventAttempted = "attempted"

// caseMenu shows in the card that was tapped what can be chosen, or the card itself.
func (t *turn) caseMenu(u *chat.Update, v *Voice, by recovery.Actor, d pressed) error {
	if d.Menu {
		if problem := t.mayDo(v, by, d.Act); problem != "" {
			t.answer(problem, true)
			t.showCard()
			return nil
		}
	}
	return t.showCardIn(u, v, d)
}

// showCardIn shows the card, with a menu if d opens one, in the chat that u came from and
// nowhere else.
func (t *turn) showCardIn(u *chat.Update, v *Voice, d pressed) error {
	on := t.cardChat(u)
	at := slices.IndexFunc(t.kase.Cards, func(a chat.Address) bool { return t.snap.At(a) == on })
	if at < 0 {
		t.answer(v.Say("refused_unknown_act"), true)
		return nil
	}
	forms := hasForms(u.From.Platform)
	m := t.ofCase().card()
	m.Rows = t.cardButtons(v, forms)
	if d.Menu {
		m.Footer, m.Rows = t.menu(v, d, forms)
	}
	to := t.kase.Cards[at]
	t.want(storage.Want{Slot: cardSlot(t.kase.ID, to), Kind: storage.CardD, Address: t.snap.At(to), Render: m})
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

// whyNot is why somebody who acts on cases is not offered this act.
func (t *turn) whyNot(by recovery.Actor, act recovery.ActKind) *recovery.Refusal {
	k := t.kase
	if !k.State.Active() {
		return &recovery.Refusal{Code: recovery.AlreadyClosed, Holder: k.Ended, Since: k.EndedAt}
	}
	if k.Holder.ID != "" && k.Holder.ID != by.ID && !by.Role.Leads() {
		return &recovery.Refusal{Code: recovery.HeldByOther, Holder: k.Holder, Since: k.HeldAt}
	}
	if act == recovery.ActContact || act == recovery.ActAgree {
		switch {
		case k.Contact == recovery.NoContact:
			return &recovery.Refusal{Code: recovery.ContactDenied}
		case !k.Lost.IsZero():
			return &recovery.Refusal{Code: recovery.CustomerUnreachable, Since: k.Lost}
		}
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
		return t.resolution(d.Choice, d.Mask), true
	case recovery.ActAssign:
		return recovery.Assign{To: t.marked(d.Choice)}, true
	case recovery.ActSnooze:
		until, ok := t.snoozeUntil(d.Choice)
		return recovery.Snooze{Until: until}, ok
	}
	return nil, false
}

// resolution is Resolve with a cause and the actions of a mask.
func (t *turn) resolution(cause string, mask int) recovery.Resolve {
	a := recovery.Resolve{Cause: cause}
	for i, k := range recovery.ActionKinds() {
		if mask&(1<<i) != 0 {
			a.Actions = append(a.Actions, recovery.Action{Kind: k})
		}
	}
	return a
}

// refusal says why an act changed nothing.
func (t *turn) refusal(v *Voice, r *recovery.Refusal) string {
	limit := ""
	if !r.Limit.IsZero() {
		limit = v.Moment(r.Limit)
	}
	return v.Say("refused_"+string(r.Code), "who", Cut(r.Holder.Name, LongestName), "since", v.Ago(t.now.Sub(r.Since)),
		"limit", limit, "max", strconv.Itoa(recovery.MaxText))
}
