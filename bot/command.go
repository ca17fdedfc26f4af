package bot

import (
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// commands is what a customer may tell the program instead of answering it.
type commands struct{ turn *turn }

// command does what a command says.
func (c commands) command(u *chat.Update) error {
	t := c.turn
	switch u.Command {
	case "start":
		return t.resume(u)
	case "cancel":
		return c.stepLive(survey.Decline{})
	case "skip":
		return c.stepLive(survey.Skip{Question: survey.NoQuestion})
	case "back":
		return c.stepLive(survey.Back{})
	case "later":
		return c.stepLive(survey.Pause{})
	case "pause":
		if render.Live(t.session) {
			return t.step(survey.Pause{})
		}
		return c.stop()
	case "language", "settings":
		return c.chooseLanguage(u)
	case "stop":
		return c.stop()
	case "privacy":
		return asksPrivacy(u, t)
	case "help":
		c.helped()
	case "complain", "suggest", "ask":
		return t.wish(u, wish{kind: voice.FeedbackCommands[u.Command], words: strings.TrimSpace(u.Text)})
	default:
		v := t.person()
		t.notice(voice.Paragraphs(v.Say("unknown_command"), v.Help()), false)
	}
	return nil
}

// stepLive puts an input to a survey that takes answers; else it says that none does.
func (c commands) stepLive(in survey.Input) error {
	t := c.turn
	if !render.Live(t.session) {
		t.notice(t.person().Say("nothing_open"), false)
		return nil
	}
	return t.step(in)
}

// stop ends the open survey and all invitations. One sentence says so: the goodbye of
// the survey itself would be one too many.
func (c commands) stop() error {
	t := c.turn
	if t.with.beside == nil && !listens(t.kase()) && (t.standing() || (remarks{t}).entered()) {
		return &besideCase{t.belongs}
	}
	if render.Live(t.session) {
		if err := t.step(survey.Decline{}); err != nil {
			return err
		}
		thanks := thanksSlot(t.session.ID)
		kept := t.out.Slots[:0]
		for _, op := range t.out.Slots {
			if op.Slot() != thanks {
				kept = append(kept, op)
			}
		}
		t.out.Slots = kept
	}
	if t.identity.Stopped.IsZero() { // said again, it holds since they said it first
		t.identity.Stopped = t.now
	}
	t.out.Identity = t.identity
	halting{of: t}.done()
	return nil
}

// chooseLanguage offers the languages, or takes the one that was named.
func (c commands) chooseLanguage(u *chat.Update) error {
	t := c.turn
	if err := t.configure(); err != nil {
		return err
	}
	langs := t.talk().Languages()
	if named := voice.MatchLanguage(langs, strings.TrimSpace(u.Text)); named != "" {
		if err := c.speak(named); err != nil {
			return err
		}
		v := t.person()
		t.notice(v.Say("language_now", "language", voice.SelfName(named)), false)
		return nil
	}
	v := t.person()
	var rows [][]chat.Button
	for _, tag := range langs {
		rows = append(rows, []chat.Button{{
			Text: voice.SelfName(tag), Data: render.Tapped{Verb: render.VerbLanguage, Language: tag}.Encode(), Selected: tag == v.Lang,
		}})
	}
	if t.tapped {
		*t.said = reply{text: v.Say("language_choose"), rows: rows}
		return nil
	}
	closed := chat.Message{Text: v.Say("language_closed"), Lang: v.Lang}
	m := chat.Message{Text: v.Say("language_choose"), Lang: v.Lang, Rows: rows}
	t.want(storage.Want{
		Slot: languageSlot(t.identity), Kind: storage.NoticeD, Address: t.identity.Address,
		Render: m, Repost: true, Leave: &closed,
	})
	return nil
}

// languageSlot is the place of the question for somebody's language.
func languageSlot(id *storage.Identity) string { return named(id.ID, "language") }

// languageTapped takes the language of a tapped button.
func (c commands) languageTapped(u *chat.Update, tag string) error {
	t := c.turn
	if t.identity == nil {
		t.answer(t.reader(u).Say("not_yours"), true)
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	langs := t.talk().Languages()
	named := voice.MatchLanguage(langs, tag)
	if named == "" {
		t.answer(t.person().Say("unknown_button"), true)
		return nil
	}
	if err := c.speak(named); err != nil {
		return err
	}
	v := t.person()
	now := v.Say("language_now", "language", voice.SelfName(named))
	t.want(storage.Want{
		Slot: languageSlot(t.identity), Kind: storage.NoticeD, Address: t.identity.Address, OnlyIfKnown: true,
		Render: chat.Message{Text: now, Lang: v.Lang},
	})
	t.answer(now, false)
	return nil
}

// speak sets the person's language. An open question is shown in it, in its place.
func (c commands) speak(tag string) error {
	t := c.turn
	t.identity.Language = tag
	t.out.Identity = t.identity
	if render.Live(t.session) {
		return t.step(survey.Speak{Lang: tag})
	}
	// The old survey keeps its language; what is said from now on is in the new one.
	t.session = nil
	return nil
}

// helped lists the commands, with buttons for what can be said at any time.
func (c commands) helped() {
	t := c.turn
	v := t.person()
	if t.tapped {
		*t.said = reply{text: v.Help(), rows: render.WishRows(v)}
		return
	}
	closed := chat.Message{Text: v.Help(), Lang: v.Lang}
	m := closed
	m.Rows = render.WishRows(v)
	t.want(storage.Want{
		Slot: named(t.identity.ID, "help"), Kind: storage.NoticeD, Address: t.identity.Address, Render: m, Repost: true, Leave: &closed,
	})
}
