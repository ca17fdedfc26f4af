package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/words"
)

// halting hears words that ask for no more surveys, before they are read as anything else.
type halting struct {
	of   *turn
	said string
}

// heard does what the words ask for, if they do. Where they may be an answer the person is
// asked once; said again they are one.
func (h halting) heard() (taken bool, err error) {
	how := words.Stops(h.said)
	t := h.of
	if how == words.GoesOn {
		return false, nil
	}
	live := render.Live(t.session)
	if live {
		if err := t.configure(); err != nil {
			return true, err
		}
	}
	answer := live && h.mayAnswer(how)
	switch {
	case how == words.MayStop && !live && listens(t.kase()):
		return false, nil // said to those who talk with them
	case how == words.WillStop && !answer, how == words.MayStop && live && !answer && t.session.StopAsked:
		if listens(t.kase()) {
			if err := t.configure(); err != nil {
				return true, err
			}
			t.keepWords(h.said, nil, false) // whoever has the case knows of it
		} // stop finds an earlier case
		return true, commands{t}.stop()
	case live && t.session.StopAsked:
		return false, nil
	}
	h.ask(live)
	return true, nil
}

// noMore reports whether an update is a wish for no more surveys and nothing else.
func noMore(u *chat.Update) bool { return len(u.Files) == 0 && words.Stops(u.Text) == words.WillStop }

// stopIn does what such words ask for that reply to staff of a case, and gives them to it.
func (j *job) stopIn(ctx context.Context, kase string) error {
	u := j.update
	j.turn(storage.Load{Person: j.person}, func(t *turn) error {
		t.meet(u, j.person)
		t.with.beside = j.beside
		return commands{t}.stop()
	})
	return j.stopsBeside(ctx, kase)
}

// besideCase is the error of a turn that ends the surveys of somebody whose earlier case may be
// open: it has to be read, since they are told that it stays, and whoever has it what they wrote.
type besideCase struct{ kase string }

func (*besideCase) Error() string { return "surveys end beside an earlier case" }

// stopsBeside reads the case beside which surveys end. What was written is given to it before
// the job's work is done, each under a key of its own, so that neither happens twice.
func (j *job) stopsBeside(ctx context.Context, kase string) error {
	k, err := j.b.store.Case(ctx, j.bucket, kase)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("read a case: %w", err)
	}
	j.beside = &k
	if j.update.Kind == chat.Text && listens(&k) {
		stops := j.work
		j.work = j.wordsToCase(kase)
		j.work.Turn.Key += " case"
		j.next = func(context.Context) (outbox.Work, error) { return stops, nil }
	}
	return nil
}

// mayAnswer reports whether the words may be an answer to the open question: the label of an
// option, or, where any words are one, those that are not certain.
func (h halting) mayAnswer(how words.Halt) bool {
	i := h.of.session.Open
	if i < 0 || i >= len(h.of.flow.Questions) {
		return false
	}
	q := &h.of.flow.Questions[i]
	return q.Kind.Info().Free && how == words.MayStop || q.Names(h.said, h.of.session.Lang)
}

// ask asks whether there shall be no more surveys; the open question waits.
func (h halting) ask(live bool) {
	t := h.of
	v := t.person()
	goOn := render.Tapped{Verb: render.VerbSurveys, On: true}
	if live {
		t.session.StopAsked, t.out.Session = true, t.session
		goOn = render.Tapped{Verb: render.VerbStart, Session: t.session.ID}
	}
	m := chat.Message{Text: v.Say("stop_asked"), Lang: v.Lang}
	closed := m
	m.Rows = [][]chat.Button{{
		{Text: v.Say("stop_yes"), Data: render.Tapped{Verb: render.VerbSurveys}.Encode()},
		{Text: v.Say("stop_no"), Data: goOn.Encode()},
	}}
	t.want(storage.Want{Slot: haltSlot(t.identity), Kind: storage.NoticeD, Address: t.identity.Address, Render: m, Repost: true, Leave: &closed})
}

// haltSlot is the place of the question whether somebody wants no more surveys, and of the
// sentence that there will be none.
func haltSlot(id *storage.Identity) string { return named(id.ID, "halt") }

// done says that there will be no more surveys, with a button that turns them on again: in
// place of the question that was tapped, else below what was written.
func (h halting) done() {
	t := h.of
	id, v := t.identity, t.person()
	now := chat.Message{Text: v.Say("stopped"), Lang: v.Lang}
	if listens(t.kase()) || listens(t.with.beside) {
		now.Text += "\n" + v.Say("stopped_case")
	}
	plain := now
	now.Rows = [][]chat.Button{{{Text: v.Say("stop_undo"), Data: render.Tapped{Verb: render.VerbSurveys, On: true}.Encode()}}}
	w := storage.Want{Slot: haltSlot(id), Kind: storage.NoticeD, Address: id.Address, Render: now}
	if t.tapped {
		t.answer(plain.Text, false) // whoever asked by a command of Slack reads nothing else
		w.OnlyIfKnown = true
	} else {
		w.Repost, w.Leave = true, &plain
	}
	t.want(w)
}

// undone takes the button away that turns surveys on again: they are on.
func (h halting) undone() {
	t := h.of
	id, v := t.identity, t.person()
	t.want(storage.Want{
		Slot: haltSlot(id), Kind: storage.NoticeD, Address: id.Address, OnlyIfKnown: true,
		Render: chat.Message{Text: v.Say("surveys_on"), Lang: v.Lang},
	})
}
