package bot

import (
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// tap is what a tapped button means. Its data may come from anybody: the session must
// belong to the one who taps, and the state decides whether it still works.
func (j *job) tap() (storage.Load, func(*turn) error) {
	u, p := j.update, j.person
	d, ok := render.Decode(u.Data)
	load := storage.Load{Person: p}
	if ok && d.Session != "" {
		load.Session = d.Session
	}
	return load, func(t *turn) error {
		t.tapped, t.with.beside = true, j.beside
		if id := t.identity; id != nil { // a stranger's tap makes nobody known
			was := *id
			t.meet(u, id.Person)
			if !u.Private && !t.snap.Traits[u.From.Platform].Stored || u.User.Name == "" {
				id.Address, id.Name, id.Username = was.Address, was.Name, was.Username
			}
		}
		switch {
		case !ok:
			t.session = nil
			t.answer(t.reader(u).Say("unknown_button"), true)
			return nil
		case d.Verb == render.VerbLanguage || d.Verb == render.VerbSurveys:
			if t.identity == nil && u.Private && u.Data != "" && u.On == "" {
				t.meet(u, p) // on their own page, before anything was asked
			}
			if d.Verb == render.VerbSurveys {
				return t.surveysTapped(u, d.On)
			}
			return commands{t}.languageTapped(u, d.Language)
		case t.identity == nil || t.session == nil || t.session.Identity != t.identity.ID:
			t.session = nil
			t.answer(t.reader(u).Say("not_yours"), true)
			return nil
		}
		return t.press(d)
	}
}

// surveysTapped turns surveys on or off.
func (t *turn) surveysTapped(u *chat.Update, on bool) error {
	switch {
	case t.identity == nil:
		t.answer(t.reader(u).Say("not_yours"), true)
	case !on:
		return commands{t}.stop()
	default:
		t.turnOn()
		t.answer(t.person().Say("surveys_on"), false)
	}
	return nil
}

// press puts a button of the person's own session to it.
func (t *turn) press(d render.Tapped) error {
	if err := t.configure(); err != nil {
		return err
	}
	if d.Question >= len(t.flow.Questions) {
		t.answer(t.person().Say("unknown_button"), true)
		return nil
	}
	if render.Live(t.session) && t.identity.Session != t.session.ID {
		// What is tapped is what the person is busy with: words go there from now on.
		t.identity.Session = t.session.ID
		t.out.Identity = t.identity
	}
	if d.Verb == render.VerbBack && t.session.Open != d.Question {
		// Back is about the question it hangs on, and that one is not open any more.
		t.noticeOf(survey.Notice{Code: survey.NoticeNotOpen, Question: d.Question})
		t.tidy(d.Question)
		return nil
	}
	refused, err := t.put(d.Input())
	if err != nil {
		return err
	}
	if refused && d.AboutQuestion() && t.session.Open != d.Question {
		t.tidy(d.Question)
	}
	return nil
}

// tidy takes an old keyboard away: the question shows its answer, if it has one.
func (t *turn) tidy(i int) {
	a, ok := t.session.Answer(t.flow.Questions[i].Key)
	changeable := ok && !a.Dropped && !t.now.After(a.At.Add(survey.EditWindow))
	t.want(storage.Want{
		Slot: questionSlot(t.session.ID, i), Kind: storage.QuestionD, OnlyIfKnown: true,
		Render: render.Condensed(t.talk().Asks(i), t.flow, i, changeable),
	})
}

// reader is the voice for somebody who may be unknown.
func (t *turn) reader(u *chat.Update) *voice.Voice {
	if t.identity != nil {
		return t.person()
	}
	return t.frame.talk(nil, nil, nil, u.From.Platform).Stranger(u.User.Language)
}
