package render

import (
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Talk is what messages to a customer are made from: plain values, for reading only. It
// is about one survey of theirs, or about none.
type Talk struct {
	Texts    *voice.Texts      // with commands as the customer's platform has them
	On       chat.Traits       // of that platform
	Session  *storage.Session  // nil = none
	Identity *storage.Identity // nil = a stranger
	Flow     *snapshot.Flow    // of Session
	Site     snapshot.Site     // of Session
	Now      time.Time
}

// Live reports whether a session still takes answers: one that has not ended, or that
// opened another question because an answer was changed afterwards.
func Live(s *storage.Session) bool {
	return s != nil && s.Status != survey.New && (!s.Status.Final() || s.Open != survey.NoQuestion)
}

// Intro says who asks, about what, how many questions there are and how long they
// take, in the flow's own words or the shipped ones; who sees the answers; how to end it.
func (t *Talk) Intro(v *voice.Voice) string {
	own := func(name string) string {
		v, words := t.Own(name)
		if words == "" {
			return ""
		}
		return v.Fill(words, "n", strconv.Itoa(t.Flow.Asked), "seconds", strconv.Itoa(t.Flow.Seconds))
	}
	greeting, more := own("invitation"), own("intro")
	foreign := false
	if greeting+more != "" { // what stands beside the flow's own words is in their language
		v = t.Question()
		foreign = voice.MatchLanguage(voice.Languages, v.Lang) == ""
	}
	if greeting == "" && !foreign {
		greeting = t.greeting(v)
	}
	privacy := voice.Sentence(v.Tell("intro_privacy"))
	switch {
	case foreign && t.Flow.Texts["intro_privacy"].Exactly(v.Lang) == "":
		privacy = ""
	case t.Flow.Class == survey.Pulse && !foreign:
		privacy = v.Say("intro_privacy_pulse")
	}
	return voice.Paragraphs(greeting, privacy, more)
}

// greeting is the shipped invitation.
func (t *Talk) greeting(v *voice.Voice) string {
	greeting := v.Tell("intro")
	if business, ok := v.Known(voice.AttrBusiness); ok {
		greeting = v.Tell("intro_from", voice.AttrBusiness, business)
	}
	if t.Flow.Class == survey.Pulse {
		greeting = v.Tell("intro_pulse")
	}
	follows := t.Flow.Class == survey.Recovery && t.Session.Case != ""
	if follows {
		greeting = v.Tell("intro_recovery")
	}
	var about []string
	for _, name := range []string{voice.AttrService, voice.AttrDate, voice.AttrAgent} {
		if s, ok := v.Known(name); ok {
			about = append(about, s)
		}
	}
	subject := ""
	if joined := voice.Join(v.Plain["list_comma"], about...); joined != "" && !follows {
		subject = v.Say("intro_about", "about", joined)
	}
	length, more := "", ""
	if n := t.Flow.Asked; n > 0 {
		length = v.Count("intro_length", n, "seconds", strconv.Itoa(t.Flow.Seconds))
		if t.Flow.More {
			more = v.Say("intro_more")
		}
	}
	return voice.Join("\n", greeting, subject, length, more)
}

// Opens is the kind of the open question; nothing where none is open.
func (t *Talk) Opens() survey.KindInfo {
	if i := t.Session.Open; i >= 0 && i < len(t.Flow.Questions) {
		return t.Flow.Questions[i].Kind.Info()
	}
	return survey.KindInfo{}
}

// Languages are those of the interface and of the survey, if it still takes answers.
func (t *Talk) Languages() []string {
	langs := slices.Clone(voice.Languages)
	if !Live(t.Session) {
		return langs
	}
	for _, tag := range t.Flow.Languages {
		if voice.MatchLanguage(langs, tag) == "" {
			langs = append(langs, tag)
		}
	}
	return langs
}

// Person is the voice of the program's own sentences to the customer. In a language that the
// program does not speak they are the flow's, if it has all of them.
func (t *Talk) Person() *voice.Voice {
	if Live(t.Session) && t.Flow != nil {
		lang := voice.MatchLanguage(t.Flow.Languages, t.Session.Lang)
		if lang != "" && voice.MatchLanguage(voice.Languages, lang) == "" && len(t.Flow.Unworded(lang)) == 0 {
			return t.voice(t.worded(lang), lang, lang)
		}
	}
	var wishes []string
	if Live(t.Session) {
		wishes = append(wishes, t.Session.Lang)
	}
	if t.Identity != nil {
		wishes = append(wishes, t.Identity.Language)
	}
	if t.Session != nil {
		wishes = append(wishes, t.Session.Lang)
	}
	if t.Identity != nil {
		wishes = append(wishes, t.Identity.Spoken)
	}
	lang := voice.ChooseLanguage(nil, voice.Languages, wishes...)
	w := t.Texts.Of(lang)
	return t.voice(w, w.Tag, lang)
}

// Question is the voice of the flow's questions: in the customer's language if the
// flow has it, else in the flow's first. Buttons beside them speak the same language.
func (t *Talk) Question() *voice.Voice {
	lang := t.spoken()
	return t.voice(t.worded(lang), lang, lang)
}

// spoken is the language of the flow that its questions are asked in.
func (t *Talk) spoken() string {
	lang := voice.MatchLanguage(t.Flow.Languages, t.Session.Lang)
	if lang == "" && len(t.Flow.Languages) > 0 {
		lang = t.Flow.Languages[0]
	}
	return lang
}

// worded are the program's sentences as the flow words them in this language.
func (t *Talk) worded(lang string) *voice.Words {
	var own map[string]string
	for name, words := range t.Flow.Texts {
		if name == "invitation" || name == "intro" {
			continue // a greeting as a whole, see Intro
		}
		if s := words.Exactly(lang); s != "" {
			if own == nil {
				own = make(map[string]string, len(t.Flow.Texts))
			}
			own[name] = s
		}
	}
	return t.Texts.Worded(lang, own)
}

// Stranger is the voice for somebody of whom only the language is known.
func (t *Talk) Stranger(lang string) *voice.Voice {
	w := t.Texts.Of(lang)
	return t.voice(w, w.Tag, w.Tag)
}

// voice speaks about the session in the given words; lang leads the languages in
// which the flow's own words are looked up.
func (t *Talk) voice(w *voice.Words, shown, lang string) *voice.Voice {
	v := &voice.Voice{Words: w, On: t.On, Lang: shown, Langs: []string{lang}, Session: t.Session, Site: t.Site, Now: t.Now}
	if t.Flow != nil {
		v.Langs = append(v.Langs, t.Flow.Languages...)
	}
	if t.Identity != nil {
		v.Name = t.Identity.Name
	}
	return v
}

// Thanks are the words by outcome (templates.md, frame texts), the flow's own or the
// shipped ones, and whose voice says them. k is the case of the session, nil = none.
func (t *Talk) Thanks(k *storage.Case) (*voice.Voice, string) {
	id, within := t.outcome(k)
	sla := func(v *voice.Voice) []string {
		if within <= 0 {
			return nil
		}
		return []string{"sla", v.Within(within)}
	}
	if v, words := t.Own(id); words != "" {
		if text := v.Fill(words, sla(v)...); text != "" {
			return v, text
		}
	}
	v := t.Person()
	return v, v.Tell(id, sla(v)...)
}

// Own is a frame text that the flow words for itself, with a voice in the language of
// these words, so that what fills their placeholders speaks it too; "" if there is none.
func (t *Talk) Own(name string) (*voice.Voice, string) {
	for _, lang := range t.Question().Langs {
		if words := t.Flow.Texts[name].In(lang); words != "" {
			return t.voice(t.worded(lang), lang, lang), words
		}
	}
	return nil, ""
}

// outcome is the id of the thanks that suit the session, and within which time the
// customer hears from a person, 0 = not said.
func (t *Talk) outcome(k *storage.Case) (string, time.Duration) {
	j := &t.Session.Judgement
	if t.Flow.Class == survey.Pulse {
		return "thanks_pulse", 0 // nobody is called, so nobody looks into it
	}
	if !j.Unhappy() && !t.Session.Facts.Complaint {
		if j.Flag == survey.Satisfied || j.Flag == survey.Delighted {
			return "thanks_satisfied", 0
		}
		return "thanks_neutral", 0
	}
	switch Contact(t.Flow, t.Session) {
	case ContactNo:
		return "thanks_no_contact", 0
	case ContactHere, ContactPhone:
		if k != nil && !k.Due.Contact.IsZero() {
			within := k.Due.Contact.Sub(k.OpenedAt)
			return "thanks_unsatisfied", within.Round(time.Minute)
		}
	}
	return "thanks_unsatisfied_open", 0
}

// ContactKey is the key, in every template, of the question whether the customer may be
// contacted.
const ContactKey = "contact_ok"

// The answers to it, and what is known without one.
const (
	ContactHere    = "here"
	ContactPhone   = "phone"
	ContactNo      = "no"
	ContactSkipped = "skipped" // they were asked in vain
	ContactWaiting = "waiting" // they are yet to be asked
)

// Contact says whether the customer may be contacted, as far as they were asked: ""
// where the flow does not ask.
func Contact(f *snapshot.Flow, s *storage.Session) string {
	if _, asks := f.Index[ContactKey]; !asks {
		return ""
	}
	a, ok := s.Answer(ContactKey)
	switch {
	case !ok && Live(s):
		return ContactWaiting
	case !ok, a.Dropped, a.Skipped, len(a.Choices) == 0:
		return ContactSkipped
	}
	return a.Choices[0]
}
