package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// words decides whose a person's words are: the open question's if they can be an
// answer, or more of the one before; else the open case's; else nobody's, and help is
// offered.
func (t *turn) words(u *chat.Update) error {
	text := u.Text
	if u.Contact != "" {
		text = international(u.Contact)
	}
	if t.session == nil || strings.TrimSpace(text) == "" && len(u.Files) == 0 {
		if t.session == nil && t.standing() {
			return nil
		}
		kindly("no_survey", t)
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	if !render.Live(t.session) {
		return t.afterwards(text, files(u.Files))
	}
	if in, ok := t.talk().Typed(text); ok && len(u.Files) == 0 {
		return t.step(in)
	}
	if len(u.Files) > 0 && t.talk().Opens().Way == survey.Typed {
		// Only words are an answer here, but nothing that was sent is lost.
		t.keepWords("", files(u.Files), strings.TrimSpace(text) != "")
		if strings.TrimSpace(text) == "" {
			kindly("only_text", t)
			return nil
		}
		return t.step(survey.Write{Text: text})
	}
	if len(u.Files) > 0 {
		return t.step(survey.Attach{Files: files(u.Files), Text: text})
	}
	return t.step(survey.Write{Text: text})
}

// international is a shared number as people dial it: Telegram tells it with the
// country code, but often without the sign before it.
func international(number string) string {
	if number != "" && number[0] >= '1' && number[0] <= '9' {
		return "+" + number
	}
	return number
}

// afterwards is for words that follow a survey: they may belong to its last answer;
// an open case hears them.
func (t *turn) afterwards(text string, fs []survey.File) error {
	if utf8.RuneCountInString(text) > survey.MaxText {
		t.noticeOf(survey.Notice{Code: survey.NoticeTooLong, Question: survey.NoQuestion})
		return nil
	}
	switch {
	case len(fs) > 0 && t.desk != nil:
		t.keepWords(text, fs, false)
	case len(fs) == 0:
		if err := t.step(survey.Write{Text: text}); err != nil {
			return err
		}
		if len(t.out.Words) == 0 && t.belongs == "" {
			return nil
		}
	}
	switch {
	case t.belongs != "" || !listens(t.kase()) && t.standing():
	case !listens(t.kase()):
		kindly("no_survey", t)
	default:
		t.kept()
	}
	return nil
}

// kept thanks for words that went to a case, until a person has answered there: from then
// on it is a conversation, and the program keeps out of it.
func (t *turn) kept() {
	if n := t.identity.Spent.Joined; n > 0 {
		if n == 1 { // once, until they have been calm for a while
			t.notice(t.person().Say("words_joined"), false)
		}
		return
	}
	if t.desk.kase.Round.Contacted.IsZero() {
		kindly("notice_kept", t)
	}
}

// standing finds the case that words belong to when the newest survey has none that
// listens: an earlier one may.
func (t *turn) standing() bool {
	if t.identity == nil || t.identity.Case == "" || t.desk != nil && t.desk.kase.ID == t.identity.Case {
		return false
	}
	t.belongs = t.identity.Case
	return true
}

// elsewhere is the error of a turn whose update belongs to a case that it did not load:
// its work is done instead.
type elsewhere struct{ work outbox.Work }

func (*elsewhere) Error() string { return "these words belong to another case" }

// wordsToCase gives what a customer wrote to a case of theirs.
func (j *job) wordsToCase(kase string) outbox.Work {
	b := j.b
	u := j.update
	load := storage.Load{Person: j.person, Case: kase}
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, load, &j.said, func(t *turn) error {
		t.meet(u, j.person)
		if k := t.kase(); k == nil || k.Identity != t.identity.ID || !listens(t.kase()) {
			if t.identity.Case == kase {
				t.identity.Case, t.out.Identity = "", t.identity
			}
			t.desk = nil
			kindly("no_survey", t)
			return nil
		}
		if err := t.configure(); err != nil {
			return err
		}
		if utf8.RuneCountInString(u.Text) > survey.MaxText {
			t.noticeOf(survey.Notice{Code: survey.NoticeTooLong, Question: survey.NoQuestion})
			return nil
		}
		t.remember(t.desk.session, u.Text, files(u.Files))
		t.desk.toStaff(t.identity, saidIn(u, files(u.Files)))
		t.kept()
		return nil
	})}
}

// files are references to files as the survey keeps them.
func files(fs []chat.File) []survey.File {
	kept := make([]survey.File, len(fs))
	for i, f := range fs {
		kept[i] = survey.File{Kind: f.Kind, ID: f.ID, Name: f.Name, Size: f.Size}
	}
	return kept
}

// command does what a command says.
func (t *turn) command(u *chat.Update) error {
	switch u.Command {
	case "start":
		return t.resume(u)
	case "cancel":
		return t.stepLive(survey.Decline{})
	case "skip":
		return t.stepLive(survey.Skip{Question: survey.NoQuestion})
	case "back":
		return t.stepLive(survey.Back{})
	case "later":
		return t.stepLive(survey.Pause{})
	case "pause":
		if render.Live(t.session) {
			return t.step(survey.Pause{})
		}
		return t.stop()
	case "language", "settings":
		return t.chooseLanguage(u)
	case "stop":
		return t.stop()
	case "privacy":
		return asksPrivacy(u, t)
	case "help":
		t.helped()
	case "complain", "suggest", "ask":
		return t.wish(u, wish{kind: voice.FeedbackCommands[u.Command], words: strings.TrimSpace(u.Text)})
	default:
		v := t.person()
		t.notice(voice.Paragraphs(v.Say("unknown_command"), v.Help()), false)
	}
	return nil
}

// stepLive puts an input to a survey that takes answers; else it says that none does.
func (t *turn) stepLive(in survey.Input) error {
	if !render.Live(t.session) {
		t.notice(t.person().Say("nothing_open"), false)
		return nil
	}
	return t.step(in)
}

// stop ends the open survey and all invitations. One sentence says so: the goodbye of
// the survey itself would be one too many.
func (t *turn) stop() error {
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
	t.identity.Stopped = t.now
	t.out.Identity = t.identity
	halted(t.identity, t)
	t.notice(t.person().Say("stopped"), false)
	return nil
}

// chooseLanguage offers the languages, or takes the one that was named.
func (t *turn) chooseLanguage(u *chat.Update) error {
	if err := t.configure(); err != nil {
		return err
	}
	langs := t.talk().Languages()
	if named := voice.MatchLanguage(langs, strings.TrimSpace(u.Text)); named != "" {
		if err := t.speak(named); err != nil {
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
func (t *turn) languageTapped(u *chat.Update, tag string) error {
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
	if err := t.speak(named); err != nil {
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
func (t *turn) speak(tag string) error {
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
func (t *turn) helped() {
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
