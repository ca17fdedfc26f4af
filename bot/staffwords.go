package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
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
func (j *job) answering(ctx context.Context) (bool, error) {
	b := j.b
	u := j.update
	switch {
	case u.ReplyTo == "" || u.User.Bot:
		return false, nil
	case u.Kind != chat.Text && u.Kind != chat.Edited && u.Kind != chat.Command || isLink(u):
		return false, nil
	}
	ours := u.Ours && !u.Private && b.snap.Now().StaffHears(u.From)
	shown, err := j.shown(ctx, ours)
	switch {
	case errors.Is(err, storage.ErrNotFound) && ours && u.Kind == chat.Text:
		j.work = j.unknownWords()
		return true, nil
	case errors.Is(err, storage.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find what a message replies to: %w", err)
	}
	slot, _ := storage.ParseSlot(shown.Slot)
	kase := slot.Owner
	switch slot.Kind {
	case storage.ReplySlot, storage.JoinedSlot, storage.ClosedSlot:
		if u.Kind != chat.Text {
			return false, nil
		}
		if noMore(u) {
			return true, j.stopIn(ctx, kase)
		}
		j.work = j.wordsToCase(kase)
		return true, nil
	case storage.RelaySlot, storage.LostSlot, storage.AskSlot, storage.SaidSlot, storage.CardSlot, storage.EventSlot, storage.ReminderSlot:
	default:
		return false, nil
	}
	said := *u
	if u.Kind == chat.Command {
		said.Kind, said.Text = chat.Text, strings.TrimSpace("/"+u.Command+" "+u.Text)
	}
	s := saidIn(&said, files(said.Files))
	load := storage.Load{Case: kase, Staff: j.staffer()}
	if said.Kind == chat.Edited {
		for n := range mostParts(recovery.MaxText) {
			load.Slots = append(load.Slots, wordsSlot(storage.ReplySlot, kase, wordsPart(n), s.id()).String())
		}
	}
	w := written{update: &said, words: s, ask: render.Prompt{What: recovery.ActContact}}
	if slot.Kind == storage.AskSlot {
		w.ask, w.slot, w.at = render.PromptOf(slot.Part), shown.Slot, shown.Address
	}
	// Where there are forms, words reach a customer by them alone: in Slack every message
	// of a thread replies to the one that began it, which may be the customer's.
	inside := slot.Kind == storage.SaidSlot || onCard(slot.Kind) || b.snap.Now().Traits[u.From.Platform].Forms
	j.work = outbox.Work{Bucket: shown.Bucket, Turn: b.turnOf(u.Key, u.Key, load, &j.said, func(t *turn) error {
		if t.desk == nil || !t.desk.known() {
			return nil
		}
		return t.desk.wrote(w, j.person, inside)
	})}
	return true, nil
}

// shownPause is how long a message that was posted a moment ago may need until the
// database knows its reference; it is waited for a few times, each time longer.
const shownPause = 50 * time.Millisecond

// shown finds what an update replies to. What we certainly posted is waited for: somebody
// may be faster than its settlement.
func (j *job) shown(ctx context.Context, ours bool) (storage.Delivery, error) {
	u := j.update
	for pause := shownPause; ; pause *= 2 {
		d, err := j.b.store.Shown(ctx, u.From, u.ReplyTo)
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
func (j *job) unknownWords() outbox.Work {
	b := j.b
	u := j.update
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, storage.Load{}, &j.said, func(t *turn) error {
		v := t.reader(u)
		t.want(storage.Want{
			Slot: named(j.person.ID(), t.key), Kind: storage.NoticeD, Address: u.From,
			Render: chat.Message{Text: v.Say("staff_unknown"), Lang: v.Lang, Replies: u.Own},
		})
		return nil
	})}
}

// wrote is for words that somebody wrote in a staff chat as a reply to a message of
// a case; inside says that such replies reach nobody.
func (d *desk) wrote(w written, who storage.Person, inside bool) error {
	u := w.update
	if err := d.configure(); err != nil {
		return err
	}
	w.desk, w.by, w.view = d, d.actor(d.kase.Site), d.view()
	w.voice = w.view.StaffVoice()
	acts := w.by.Can(access.TakeCase)
	if acts {
		d.with.asker = u.From
	}
	switch {
	case inside:
		if u.Kind == chat.Text && acts {
			w.stays()
		}
	case !acts:
		if u.Kind == chat.Text {
			d.attempted(w.by, who, string(w.ask.What))
			d.refused(w.words, who, notStaff(w.voice, w.by, u, d.snap.Traits[u.From.Platform]))
		}
	case u.Kind == chat.Edited:
		d.stand = w.words.at
		return w.edited()
	default:
		d.stand = w.words.at
		return w.do()
	}
	return nil
}

// written is what somebody wrote in a staff chat as a reply to a message of a case, and
// what that message had asked for.
type written struct {
	desk   *desk
	update *chat.Update
	words  said
	by     recovery.Actor
	ask    render.Prompt
	slot   string           // where the prompt stands; "" = it was none
	at     chat.Address     // … and in which chat
	view   *render.CaseView // as it was before
	voice  *voice.Voice     // to staff
}

// do puts the words to the case as what they were asked for.
func (w *written) do() error {
	problem, err := w.perform()
	switch {
	case err != nil:
		return err
	case problem != "":
		w.desk.under(w.words, problem)
	case w.slot != "":
		w.desk.want(storage.Want{
			Slot: w.slot, Kind: storage.RelayD, OnlyIfKnown: true, Address: w.at, Render: w.view.PromptDone(w.voice, w.ask),
		})
	}
	w.desk.redraw = true
	return nil
}

// stays tells a member of staff, once for each case and chat, that a reply to the card
// goes to nobody.
func (w *written) stays() {
	says := "staff_stays"
	if w.desk.snap.Traits[w.update.From.Platform].Threads {
		says = "staff_stays_thread"
	}
	w.desk.want(storage.Want{
		Slot: storage.Slot{Kind: storage.StaysSlot, Owner: w.desk.kase.ID, At: w.update.From}.String(), Kind: storage.NoticeD, Address: w.update.From,
		Render: chat.Message{Text: w.voice.Say(says, "name", w.view.CustomerName(w.voice)), Lang: w.voice.Lang},
	})
}

// notStaff says why somebody may not act, and what helps.
func notStaff(v *voice.Voice, by recovery.Actor, u *chat.Update, can chat.Traits) string {
	switch {
	case by.Role == access.Viewer:
		return v.Say("refused_may_not_act")
	case u.User.ID == "":
		return v.Say("refused_nameless")
	}
	return v.Say("refused_not_staff", "link", linking(can))
}

// perform does it. It returns what is wrong with the words, or "".
func (w *written) perform() (problem string, _ error) {
	words := w.words.text
	if words == "" && len(w.words.files) > 0 {
		words = w.voice.Files(w.words.files)
	}
	var act recovery.Act
	switch w.ask.What {
	case recovery.ActContact:
		act = inChat(w.words)
	case recovery.ActNote:
		act = recovery.Note{Text: words, Ref: w.words.key}
	case recovery.ActAgree:
		if w.ask.Due.IsZero() {
			return w.dueSaid(words), nil
		}
		act = recovery.Agree{Plan: words, Due: w.ask.Due}
	case render.ResolveCost:
		resolve := render.Resolution(w.ask.Choice, w.ask.Mask)
		cost, ok := render.ParseAmount(words)
		if !ok {
			return w.voice.Say("cost_unclear"), nil
		}
		render.Price(resolve.Actions, cost)
		act = resolve
	default:
		return w.view.Refusal(w.voice, &recovery.Refusal{Code: recovery.UnknownAct}), nil
	}
	refusal, err := w.desk.act(act, w.by, w.words)
	if refusal != nil {
		problem = w.view.Refusal(w.voice, refusal)
	}
	return problem, err
}

// dueSaid asks for the plan once its date was typed; else it says what is wrong with that.
func (w *written) dueSaid(words string) string {
	due, ok := render.ParseMoment(words, w.desk.now, w.voice.Site.Zone)
	switch {
	case !ok:
		return w.voice.Say("due_unclear")
	case !due.After(w.desk.now):
		return w.view.Refusal(w.voice, &recovery.Refusal{Code: recovery.PlanPast})
	}
	w.desk.prompt(w.words.at, w.words.own, render.Prompt{What: recovery.ActAgree, Due: due, Who: w.ask.Who})
	return ""
}

// edited mirrors what a member of staff changed in words that the customer has; a note
// that was changed is a note more.
func (w *written) edited() error {
	d, s := w.desk, w.words
	if w.ask.What == recovery.ActNote {
		refusal, err := d.act(recovery.Note{Text: s.text, Ref: s.key}, w.by, s)
		if refusal != nil {
			d.under(s, w.view.Refusal(w.voice, refusal))
		}
		d.redraw = true
		return err
	}
	first, known := d.with.slots[wordsSlot(storage.ReplySlot, d.kase.ID, wordsPart(0), s.id()).String()]
	switch {
	case w.ask.What != recovery.ActContact || !known || first.Render.Text == s.text:
		return nil
	case w.view.Barred():
		d.under(s, w.voice.Say("edit_not_sent"))
		return nil
	}
	d.jot(eventEdited, w.by.ID, string(recovery.ActContact), s.text)
	d.reply(s, w.by, true)
	return nil
}

// eventEdited is a line of a case's history that the machine does not write: words that
// were said before were changed. Note is what they are now.
const eventEdited = "edited"

// linking is the command by which staff link a chat on this platform.
func linking(can chat.Traits) string {
	if can.Slash != "" {
		return can.Slash + " link"
	}
	return "/link"
}
