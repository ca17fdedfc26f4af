package bot

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseWork is a tap on a case's card: one turn in the bucket where the case lives.
func (j *job) caseWork(data render.Pressed) outbox.Work {
	b := j.b
	bucket := storage.BucketOf(data.Hash, b.store.Buckets())
	return outbox.Work{Bucket: bucket, Turn: b.turnOf(j.update.Key, j.update.Key, storage.Load{Case: data.Case, Staff: j.staffer()}, &j.said, func(t *turn) error {
		if t.desk == nil || !t.desk.known() {
			t.answer(t.reader(j.update).Say("refused_unknown_act"), true)
			return nil
		}
		return t.desk.pressed(j.update, j.person, data)
	})}
}

// pressed does what a button of a card says, if whoever pressed it may. Who may not is
// told so; the attempt is written down, and nothing else.
func (d *desk) pressed(u *chat.Update, who storage.Person, data render.Pressed) error {
	if err := d.configure(); err != nil {
		return err
	}
	c := d.view()
	p := press{desk: d, update: u, data: data, by: d.actor(d.kase.Site), view: c, voice: c.StaffVoice()}
	if !p.by.Can(access.TakeCase) {
		d.attempted(p.by, who, string(data.Act))
		p.answer(notStaff(p.voice, p.by, u, d.snap.Traits[u.From.Platform]), true)
		return nil
	}
	d.with.asker = cardChat(d.snap, u)
	return p.do()
}

// press is a button of a card, or its form, and who used it.
type press struct {
	desk   *desk
	update *chat.Update
	data   render.Pressed
	by     recovery.Actor
	view   *render.CaseView // as it was before
	voice  *voice.Voice     // to staff
}

// do is for those who may act on cases.
func (p *press) do() error {
	p.goesOn()
	switch {
	case p.data.Act == render.Reveal:
		p.reveal()
		return nil
	case p.data.Act == render.ShowCase:
		p.shows()
		return nil
	case p.data.Act == render.Details:
		*p.desk.said = reply{form: render.Told(p.voice, p.view), lang: p.voice.Lang}
		return nil
	case p.inMenu() && p.others():
		return nil
	case p.data.Menu || p.data.Act == render.NoMenu:
		p.menu()
		return nil
	case p.unresolved():
		return nil
	case p.update.Kind == chat.Filled:
		return p.filled()
	case asksWords(p.data):
		p.asks()
		return nil
	}
	act, ok := p.view.ActOf(p.data)
	if !ok {
		p.answer(p.voice.Say("refused_unknown_act"), true)
		return nil
	}
	return p.act(act, said{key: p.update.Key})
}

// unresolved says what Resolve still needs; the menu stays as it is.
func (p *press) unresolved() bool {
	if p.data.Act != recovery.ActResolve && p.data.Act != render.ResolveCost || render.Decided(p.data) {
		return false
	}
	code := recovery.ActionMissing
	if p.data.Choice == "" || p.data.Choice == render.NoCause {
		code = recovery.CauseMissing
	}
	p.answer(p.view.Refusal(p.voice, &recovery.Refusal{Code: code}), true)
	return true
}

func (p *press) answer(text string, alert bool) { p.desk.answer(text, alert) }

// act does it, and answers by what became of it.
func (p *press) act(a recovery.Act, s said) error {
	before := len(p.desk.out.Events)
	refusal, err := p.desk.act(a, p.by, s)
	if err == nil {
		p.conclude(refusal, before)
	}
	return err
}

// conclude answers by what became of an act; there were so many events before it.
func (p *press) conclude(refusal *recovery.Refusal, before int) {
	d := p.desk
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	// Where cards have threads the card and the line below it say so: an answer would be the
	// same words a third time.
	if told := d.snap.Traits[p.update.From.Platform].Threads; !told && (len(d.out.Events) > before || d.out.Case == nil) {
		p.answer(voice.Join(" · ", p.voice.Say("state_"+string(d.kase.State)), d.kase.Name()), false)
	}
	d.opens(cardChat(d.snap, p.update), "", render.Pressed{})
	d.redraw = true
}

// refuse says why not. The cards show how things stand, without the menu from which it
// may have come.
func (p *press) refuse(r *recovery.Refusal) {
	p.answer(p.view.Refusal(p.voice, r), true)
	p.desk.opens(cardChat(p.desk.snap, p.update), "", render.Pressed{})
	p.desk.redraw = true
}

// asksWords reports whether an act needs words that a button cannot carry.
func asksWords(d render.Pressed) bool {
	switch d.Act {
	case recovery.ActContact, recovery.ActNote, recovery.ActAgree, render.ResolveCost:
		return true
	}
	return false
}

// mayDo reports whether an act that only begins now would be accepted in the end; else
// it says why not.
func (p *press) mayDo() bool {
	act := p.data.Act
	if act == render.ResolveCost {
		act = recovery.ActResolve
	}
	if act == render.MoreActs || slices.Contains(recovery.Offers(p.desk.kase.Case, p.by), act) {
		return true
	}
	p.refuse(whyNot(p.desk.kase.Case, p.by, act))
	return false
}

// asks asks in the chat for the words of an act, where the platform has no forms.
func (p *press) asks() {
	if !p.mayDo() {
		return
	}
	u, data := p.update, p.data
	ask := render.Prompt{What: data.Act, Choice: data.Choice, Mask: data.Mask, Who: u.User.Username}
	if data.Act == recovery.ActAgree && data.Choice != render.DueTyped {
		due, ok := render.DueOf(data.Choice)
		if !ok {
			p.answer(p.voice.Say("refused_unknown_act"), true)
			return
		}
		if !due.After(p.desk.now) {
			p.answer(p.view.Refusal(p.voice, &recovery.Refusal{Code: recovery.PlanPast}), true)
			return
		}
		ask.Due = due
	}
	if can := p.desk.snap.Traits[u.From.Platform]; can.Forms {
		if form := render.Form(p.voice, p.view, data.Act); can.Menus && form != nil { // an entry of a menu carries none
			*p.desk.said = reply{form: form, lang: p.voice.Lang}
			return
		}
		p.answer(p.voice.Say("refused_unknown_act"), true) // its form would have come
		return
	}
	p.desk.prompt(u.From, u.On, ask)
	p.answer(p.voice.Say("prompt_below"), false)
	p.showIn(render.Pressed{Act: render.NoMenu})
}

// filled does what a button says with the words of its form.
func (p *press) filled() error {
	u, data, v := p.update, p.data, p.voice
	s := said{text: strings.TrimSpace(u.Fields[render.FieldText]), key: u.Key}
	switch data.Act {
	case recovery.ActContact, recovery.ActNote:
		if s.text == "" {
			return p.field(render.FieldText, v.Say("refused_text_missing"))
		}
		if data.Act == recovery.ActNote {
			return p.act(recovery.Note{Text: s.text, Ref: s.key}, s)
		}
		return p.act(inChat(s), s)
	case recovery.ActAgree:
		return p.agree(s)
	case render.ResolveCost:
		a := render.Resolution(data.Choice, data.Mask)
		a.Note = s.text
		if words := strings.TrimSpace(u.Fields[render.FieldCost]); words != "" {
			cost, ok := render.ParseAmount(words)
			if !ok {
				return p.field(render.FieldCost, v.Say("cost_unclear"))
			}
			render.Price(a.Actions, cost)
		}
		return p.act(a, s)
	}
	p.refuse(&recovery.Refusal{Code: recovery.UnknownAct})
	return nil
}

// agree does what the form of a plan says.
func (p *press) agree(s said) error {
	due, ok := render.DueOf(p.data.Choice)
	if p.data.Choice == render.DueTyped {
		if due, ok = render.ParseMoment(p.update.Fields[render.FieldDue], p.desk.now, p.voice.Site.Zone); !ok {
			return p.field(render.FieldDue, p.voice.Say("due_unclear"))
		}
	}
	if !ok {
		p.refuse(&recovery.Refusal{Code: recovery.UnknownAct})
		return nil
	}
	before := len(p.desk.out.Events)
	refusal, err := p.desk.act(recovery.Agree{Plan: strings.TrimSpace(p.update.Fields[render.FieldPlan]), Due: due}, p.by, s)
	switch {
	case err != nil:
		return err
	case refusal != nil && refusal.Code == recovery.PlanMissing:
		return p.field(render.FieldPlan, p.view.Refusal(p.voice, refusal))
	case refusal != nil && refusal.Code == recovery.PlanPast:
		return p.field(render.FieldDue, p.view.Refusal(p.voice, refusal))
	}
	p.conclude(refusal, before)
	return nil
}

// field keeps a form open and says beside one of its fields what is wrong.
func (p *press) field(name, problem string) error {
	*p.desk.said = reply{text: problem, alert: true, field: name}
	return nil
}

// eventAttempted is a line of a case's history that the machine does not write: somebody
// who may not act tried to. Detail is the act and the identity of who it was.
const eventAttempted = "attempted"

// menu shows in the card that was tapped what can be chosen, or the card itself.
func (p *press) menu() {
	if !p.data.Menu || p.mayDo() {
		if !p.desk.snap.Traits[p.update.From.Platform].Forms {
			// The card may have to wait for the chat's pace, and the answer to the tap does not.
			// Where menus are forms, pace is no matter and an answer would be one more message.
			p.answer(p.view.MenuSaid(p.voice, p.data), false)
		}
		p.showIn(p.data)
	}
}

// showIn shows the card, with a menu if data opens one, in the chat in which it was tapped
// and nowhere else.
func (p *press) showIn(data render.Pressed) {
	d := p.desk
	on := cardChat(p.desk.snap, p.update)
	at := slices.IndexFunc(d.kase.Cards, func(a chat.Address) bool { return d.snap.At(a) == on })
	if at < 0 {
		p.answer(p.voice.Say("refused_unknown_act"), true)
		return
	}
	c, can := d.view(), p.desk.snap.Traits[p.update.From.Platform]
	m := render.On(p.voice, c, c.Card(p.voice), can)
	d.opens(on, p.by.ID, data)
	if open, ok := d.menuIn(d.kase, on); ok {
		c.InMenu(p.voice, &m, open, can)
	}
	to := d.kase.Cards[at]
	rank := rankOf(d.kase.Decision.Priority)
	d.want(storage.Want{Slot: cardSlot(d.kase.ID, to), Kind: storage.CardD, Rank: rank, Address: d.snap.At(to), Render: m})
}

// cardChat is the address of the chat in which a card was tapped: where the platform names
// a private one otherwise than cards are sent to, theirs.
func cardChat(snap *snapshot.Snapshot, u *chat.Update) chat.Address {
	if private := snap.Traits[u.From.Platform].Private; u.Private && private != nil {
		return private(u.From.Account, u.User.ID)
	}
	return u.From
}

// whyNot is why somebody who acts on cases is not offered this act.
func whyNot(k recovery.Case, by recovery.Actor, act recovery.ActKind) *recovery.Refusal {
	if !k.State.Active() {
		return &recovery.Refusal{Code: recovery.AlreadyClosed, Holder: k.Ended, Since: k.EndedAt}
	}
	if k.Holder.ID != "" && k.Holder.ID != by.ID && !by.Can(access.ActForOthers) {
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
