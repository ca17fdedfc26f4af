package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// answering is the work of an update that replies to a message of ours whose case is
// known by the message; false where it is none, and means what it would mean anyhow.
//
//	to a customer's words, or a prompt to reply   the customer gets it, where there are no forms
//	to another prompt                             it is what the prompt asked for
//	to a card, or what staff said                 it stays where it is, and the writer is told so
//	a customer's to what staff said               the case gets it
func (b *Bot) answering(ctx context.Context, j *job) (bool, error) {
	u := j.update
	switch {
	case u.ReplyTo == "" || u.User.Bot:
		return false, nil
	case u.Kind != chat.Text && u.Kind != chat.Edited && u.Kind != chat.Command || isLink(u):
		return false, nil
	}
	ours := u.Ours && !u.Private && b.snap.Load().StaffHears(u.From)
	shown, err := b.shown(ctx, u, ours)
	switch {
	case errors.Is(err, storage.ErrNotFound) && ours && u.Kind == chat.Text:
		j.work = b.unknownWords(j)
		return true, nil
	case errors.Is(err, storage.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find what a message replies to: %w", err)
	}
	kind, kase, part, _ := slotParts(shown.Slot)
	switch kind {
	case replySlot, "joined", "closed":
		if u.Kind != chat.Text {
			return false, nil
		}
		j.work = b.wordsToCase(j, kase)
		return true, nil
	case relaySlot, lostSlot, askSlot, saidSlot, "case":
	default:
		return false, nil
	}
	said := *u
	if u.Kind == chat.Command {
		said.Kind, said.Text = chat.Text, strings.TrimSpace("/"+u.Command+" "+u.Text)
	}
	s := saidIn(&said, files(said.Files))
	load := storage.Load{Case: kase}
	if said.Kind == chat.Edited {
		for n := range mostParts(recovery.MaxText) {
			load.Slots = append(load.Slots, wordsSlot(replySlot, kase, wordsPart(n), s.id()))
		}
	}
	p := prompt{what: recovery.ActContact}
	if kind == askSlot {
		p = promptOf(part)
		p.slot, p.at = shown.Slot, shown.Address
	}
	// Where there are forms, words reach a customer by them alone: in Slack every message
	// of a thread replies to the one that began it, which may be the customer's.
	inside := kind == saidSlot || kind == "case" || hasForms(u.From.Platform)
	j.work = outbox.Work{Bucket: shown.Bucket, Turn: b.turnOf(u.Key, u.Key, load, &j.said, func(t *turn) error {
		return t.staffWrote(&said, j.person, s, p, inside)
	})}
	return true, nil
}

// shownPause is how long a message that was posted a moment ago may need until the
// database knows its reference; it is waited for a few times, each time longer.
const shownPause = 50 * time.Millisecond

// shown finds what an update replies to. What we certainly posted is waited for: somebody
// may be faster than its settlement.
func (b *Bot) shown(ctx context.Context, u *chat.Update, ours bool) (storage.Delivery, error) {
	for pause := shownPause; ; pause *= 2 {
		d, err := b.store.Shown(ctx, u.From, u.ReplyTo)
		if !errors.Is(err, storage.ErrNotFound) || !ours || pause > 16*shownPause {
			return d, err
		}
		select {
		case <-ctx.Done():
			return d, fmt.Errorf("%w: %w", storage.ErrUnavailable, context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

// unknownWords tells staff that nobody got what they wrote: what they replied to is not
// known, or not any more.
func (b *Bot) unknownWords(j *job) outbox.Work {
	u := j.update
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, storage.Load{}, &j.said, func(t *turn) error {
		t.platform = u.From.Platform
		v := t.reader(u)
		t.want(storage.Want{
			Slot: "n:" + j.person.ID() + ":" + t.key, Kind: storage.NoticeD, Address: u.From,
			Render: chat.Message{Text: v.Say("staff_unknown"), Lang: v.Lang, Replies: u.Own},
		})
		return nil
	})}
}

// staffWrote is for words that somebody wrote in a staff chat as a reply to a message of
// a case.
func (t *turn) staffWrote(u *chat.Update, p storage.Person, s said, ask prompt, inside bool) error {
	if t.kase == nil || t.origin == nil || t.origin.identity == nil {
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	v := t.ofCase().staffVoice()
	by := t.snap.Team.Actor(p, t.kase.Site)
	if inside {
		if u.Kind == chat.Text && by.Role.Acts() {
			t.stays(u, v)
		}
		return nil
	}
	if !by.Role.Acts() {
		if u.Kind == chat.Text {
			t.attempted(by, p, string(ask.what))
			t.under(s, t.notStaff(v, by, u))
		}
		return nil
	}
	if u.Kind == chat.Edited {
		return t.staffEdited(s, by, ask)
	}
	t.stand = s.at
	problem, err := t.perform(s, by, ask)
	switch {
	case err != nil:
		return err
	case problem != "":
		t.under(s, problem)
	case ask.slot != "":
		t.answered(v, ask)
	}
	t.showCard()
	return nil
}

// stays tells a member of staff, once for each case and chat, that a reply to the card
// goes to nobody.
func (t *turn) stays(u *chat.Update, v *Voice) {
	t.want(storage.Want{
		Slot: "stays:" + t.kase.ID + ":" + u.From.String(), Kind: storage.NoticeD, Address: u.From,
		Render: chat.Message{Text: v.Say("staff_stays", "name", t.ofCase().customerName(v)), Lang: v.Lang},
	})
}

// attempted writes down that somebody tried what they may not.
func (t *turn) attempted(by recovery.Actor, p storage.Person, what string) {
	t.jot(eventAttempted, by.ID, strings.TrimSpace(what+" "+p.ID()), "")
}

// notStaff says why somebody may not act, and what helps.
func (t *turn) notStaff(v *Voice, by recovery.Actor, u *chat.Update) string {
	switch {
	case by.Role == recovery.Viewer:
		return v.Say("refused_may_not_act")
	case u.User.ID == "":
		return v.Say("refused_nameless")
	}
	return v.Say("refused_not_staff")
}

// perform puts words to the case as the act that they were asked for. It returns what is
// wrong with them, or "".
func (t *turn) perform(s said, by recovery.Actor, ask prompt) (problem string, _ error) {
	v := t.ofCase().staffVoice()
	words := s.text
	if words == "" && len(s.files) > 0 {
		words = v.Files(s.files)
	}
	var refusal *recovery.Refusal
	var err error
	switch ask.what {
	case recovery.ActContact:
		refusal, err = t.sayToCustomer(s, by)
	case recovery.ActNote:
		refusal, err = t.attempt(recovery.Note{Text: words, Ref: s.key}, by)
	case recovery.ActAgree:
		if ask.due.IsZero() {
			return t.dueSaid(s, ask, words), nil
		}
		refusal, err = t.attempt(recovery.Agree{Plan: words, Due: ask.due}, by)
	case resolveCost:
		resolve := t.resolution(ask.choice, ask.mask)
		cost, ok := parseAmount(words)
		if !ok {
			return v.Say("cost_unclear"), nil
		}
		priced(resolve.Actions, cost)
		refusal, err = t.attempt(resolve, by)
	default:
		refusal = &recovery.Refusal{Code: recovery.UnknownAct}
	}
	if refusal != nil {
		problem = t.refusal(v, refusal)
	}
	return problem, err
}

// dueSaid asks for the plan once its date was typed; else it says what is wrong with that.
func (t *turn) dueSaid(s said, ask prompt, words string) string {
	v := t.ofCase().staffVoice()
	due, ok := parseMoment(words, v.Site.Zone)
	switch {
	case !ok:
		return v.Say("due_unclear")
	case !due.After(t.now):
		return t.refusal(v, &recovery.Refusal{Code: recovery.PlanPast})
	}
	t.prompt(s.at, s.own, prompt{what: recovery.ActAgree, due: due, who: ask.who})
	return ""
}

// attempt puts an act to the case and tells a refusal from an error.
func (t *turn) attempt(act recovery.Act, by recovery.Actor) (*recovery.Refusal, error) {
	closed := !t.kase.State.Active()
	err := t.apply(act, by)
	if refusal, ok := errors.AsType[*recovery.Refusal](err); ok {
		return refusal, nil
	}
	if err == nil && !closed && t.kase.State == recovery.Resolved && !t.kase.Round.Contacted.IsZero() && !t.barred() {
		t.tellCustomer("closed", "site", t.snap.Site(t.kase.Site).Name)
	}
	return nil, err
}

// staffEdited mirrors what a member of staff changed in words that the customer has; a
// note that was changed is a note more.
func (t *turn) staffEdited(s said, by recovery.Actor, ask prompt) error {
	v := t.ofCase().staffVoice()
	t.stand = s.at
	if ask.what == recovery.ActNote {
		refusal, err := t.attempt(recovery.Note{Text: s.text, Ref: s.key}, by)
		if refusal != nil {
			t.under(s, t.refusal(v, refusal))
		}
		t.showCard()
		return err
	}
	first, known := t.slots[wordsSlot(replySlot, t.kase.ID, wordsPart(0), s.id())]
	switch {
	case ask.what != recovery.ActContact || !known || first.Render.Text == s.text:
		return nil
	case t.barred():
		t.under(s, v.Say("edit_not_sent"))
		return nil
	}
	t.jot(eventEdited, by.ID, string(recovery.ActContact), s.text)
	t.reply(s, by, true)
	return nil
}

// eventEdited is a line of a case's history that the machine does not write: words that
// were said before were changed. Note is what they are now.
const eventEdited = "edited"

// prompt is a question of ours in a staff chat: replies to it are words for the case.
type prompt struct {
	what   recovery.ActKind
	due    time.Time // of Agree; zero = it is what is asked for
	choice string    // of resolveCost: the cause
	mask   int       // … and the actions
	who    string    // the user name of who is asked; not kept in the slot
	slot   string    // where it stands
	at     chat.Address
}

// encode is the part of the prompt's slot that says what it asks for.
func (p prompt) encode() string {
	s := string(caseLetters[p.what])
	switch {
	case p.what == resolveCost:
		s += "." + p.choice + "." + fmt.Sprint(p.mask)
	case !p.due.IsZero():
		s += "." + dueMark(p.due)
	}
	return s
}

// promptOf reads what encode wrote; anything else is no act.
func promptOf(part string) prompt {
	var p prompt
	fields := strings.Split(part, ".")
	for act, letter := range caseLetters {
		if fields[0] == string(letter) {
			p.what = act
		}
	}
	switch {
	case p.what == resolveCost && len(fields) == 3:
		p.choice = fields[1]
		p.mask, _ = index(fields[2])
	case p.what == recovery.ActAgree && len(fields) == 2:
		p.due, _ = dueOf(fields[1])
	}
	return p
}

// prompt asks in a staff chat for words. They are to be sent as a reply to it: in a group
// a bot sees nothing else, and nothing else is taken for them.
func (t *turn) prompt(at chat.Address, below chat.Ref, p prompt) {
	about := t.ofCase()
	v := about.staffVoice()
	id := "prompt_" + string(p.what)
	if p.what == recovery.ActAgree && p.due.IsZero() {
		id = "prompt_due"
	}
	who := ""
	if p.who != "" {
		who = "@" + p.who
	}
	due := ""
	if !p.due.IsZero() {
		due = v.Moment(p.due)
	}
	t.want(storage.Want{
		Slot: askSlot + ":" + t.kase.ID + ":" + p.encode() + ":" + t.key, Kind: storage.RelayD, Address: at,
		Render: chat.Message{
			Title: t.kase.Name() + " · " + v.Say("act_"+string(p.what)),
			Text:  v.Say(id, "who", who, "name", about.customerName(v), "due", due), Lang: v.Lang,
			Expects: chat.ExpectsLong, Hint: v.Say("prompt_hint"), Replies: below,
		},
	})
}

// answered says in the place of a prompt that it has what it asked for.
func (t *turn) answered(v *Voice, p prompt) {
	t.want(storage.Want{
		Slot: p.slot, Kind: storage.RelayD, OnlyIfKnown: true, Address: p.at,
		Render: chat.Message{
			Title: t.kase.Name() + " · " + v.Say("act_"+string(p.what)),
			Text:  v.Say("prompt_done", "name", t.ofCase().customerName(v)), Lang: v.Lang,
		},
	})
}
