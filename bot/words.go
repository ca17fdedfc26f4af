package bot

import (
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// words decides whose a person's words are: the open question's if they can be an
// answer, or more of the one before; else the open case's; else nobody's, and help is
// offered.
func (t *turn) words(u *chat.Update) error {
	text, sent := u.Text, sentWith(u)
	if u.Contact != "" && t.takesNumber() {
		text, sent = international(u.Contact), files(u.Files)
	}
	if t.session == nil || strings.TrimSpace(text) == "" && len(sent) == 0 {
		if t.session == nil && (t.standing() || (remarks{t}).entered()) {
			return nil
		}
		return remarks{t}.remark(text, sent)
	}
	if err := t.configure(); err != nil {
		return err
	}
	if !render.Live(t.session) {
		return t.afterwards(text, sent)
	}
	if in, ok := t.talk().Typed(text); ok && len(sent) == 0 {
		return t.step(in)
	}
	if thing := len(sent) > 0 && sent[0].ID == ""; thing || len(sent) > 0 && t.talk().Opens().Way == survey.Typed {
		// Only words are an answer here, but nothing that was sent is lost.
		t.keepWords("", sent, strings.TrimSpace(text) != "")
		switch {
		case strings.TrimSpace(text) != "":
			return t.step(survey.Write{Text: text, Today: t.talk().Today()})
		case t.belongs != "":
		case t.talk().Opens().Way == survey.Typed:
			kindly("only_text", t)
		default:
			remarks{t}.heard("heard")
		}
		return nil
	}
	if len(sent) > 0 {
		return t.step(survey.Attach{Files: sent, Text: text})
	}
	return t.step(survey.Write{Text: text, Today: t.talk().Today()})
}

// takesNumber reports whether the open question takes the number that somebody shared.
func (t *turn) takesNumber() bool {
	if !render.Live(t.session) || t.configure() != nil {
		return false
	}
	opens := t.talk().Opens()
	return opens.Personal || opens.Free
}

// sentWith is what came with, or in place of, words: a number that was shared as well.
func sentWith(u *chat.Update) []survey.File {
	fs := files(u.Files)
	if u.Contact != "" {
		fs = append(fs, survey.File{Kind: "contact", Name: international(u.Contact)})
	}
	return fs
}

// international is a shared number as people dial it: Telegram tells it with the
// country code, but often without the sign before it.
func international(number string) string {
	if number != "" && number[0] >= '1' && number[0] <= '9' {
		return "+" + number
	}
	return number
}

// afterwards is for words that follow a survey: they may go on with its last answer; else
// the case that is open hears them, and where none is they are an entry of the watch list.
func (t *turn) afterwards(text string, fs []survey.File) error {
	var in survey.Input = survey.Write{Text: text, Today: t.talk().Today()}
	if len(fs) > 0 {
		in = survey.Attach{Files: fs, Text: text}
	}
	other := !remarks{t}.hears() && (t.standing() || remarks{t}.entered())
	if goesOn := survey.Step(t.flow.Flow, t.session.Session, in, t.now).Answer != nil; goesOn && !other && !t.b.texts.Turns(text) {
		return remarks{t}.added(in, text)
	}
	switch {
	case remarks{t}.hears():
		t.keepWords(text, fs, false)
		t.kept()
	case !other:
		return remarks{t}.remark(text, fs)
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
	if k := t.kase(); !k.State.Active() || k.Round.Contacted.IsZero() {
		remarks{t}.heard("heard")
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
		if k := t.kase(); k == nil || k.Identity != t.identity.ID || !(remarks{t}).hears() {
			if t.identity.Case == kase {
				t.identity.Case, t.out.Identity = "", t.identity
			}
			t.desk = nil
			if j.beside != nil {
				return nil
			}
			if t.identity.Spent.Wish != kase && (remarks{t}).entered() {
				return &elsewhere{j.wordsToCase(t.belongs)}
			}
			return remarks{t}.remark(u.Text, sentWith(u))
		}
		if err := t.configure(); err != nil {
			return err
		}
		t.remember(t.desk.session, u.Text, sentWith(u))
		t.desk.toStaff(t.identity, saidIn(u, sentWith(u)))
		if j.beside == nil {
			t.kept()
		}
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
