package render

import (
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
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
	Wordings recovery.Wordings // what the site says in words of its own; nil = all as shipped
	Now      time.Time
}

// Live reports whether a session still takes answers: one that has not ended, or that
// opened another question because an answer was changed afterwards.
func Live(s *storage.Session) bool {
	return s != nil && s.Status != survey.New && (!s.Status.Final() || s.Open != survey.NoQuestion)
}

// Intro says who asks, about what, how many questions there are and how long they
// take, in the flow's own words or the shipped ones; who sees the answers; how to end it.
func (t *Talk) Intro(v *voice.Voice) chat.Message {
	spoken := t.Question()
	if _, words := t.Own("invitation", "intro"); words != "" { // what stands beside them is in their language
		spoken, _ = t.Own("invitation", "intro")
	}
	own := func(name string) string {
		return spoken.Fill(t.Flow.Texts[name].Exactly(spoken.Lang), "n", strconv.Itoa(t.Flow.Asked), "seconds", strconv.Itoa(t.Flow.Seconds))
	}
	greeting, more := own("invitation"), own("intro")
	foreign := false
	if greeting+more != "" {
		v = spoken
		foreign = voice.MatchLanguage(voice.Languages, v.Lang) == ""
	}
	if greeting == "" && !foreign {
		greeting = t.greeting(v)
	}
	if t.On.Lays {
		if greeting != "" || foreign {
			return t.laidIntro(v, "", greeting, more)
		}
		return t.laidIntro(v, t.length(v), t.hello(v), more)
	}
	privacy := voice.Sentence(v.Tell("intro_privacy"))
	its := t.Flow.Texts["intro_privacy"].Exactly(v.Lang) != ""
	if foreign && !its {
		privacy = ""
	}
	if greeting == "" && !foreign {
		greeting = voice.Join("\n", t.hello(v), t.length(v))
		if !its {
			greeting, privacy = voice.Join(" ", greeting, privacy), ""
		}
	}
	if t.Flow.Class == survey.Pulse && !foreign {
		privacy = voice.Join(" ", v.Say("intro_privacy_pulse"), privacy)
	}
	return chat.Message{Text: voice.Paragraphs(greeting, privacy, more), Lang: v.Lang}
}

// Greets reports whether the greeting stands above question i, in one message: it is the first
// thing that the customer is shown, and both are in one language.
func (t *Talk) Greets(i int) bool {
	s := t.Session
	if t.On.Lays || s.Status != survey.Active || len(s.Answers) > 0 || s.Open != i || FeedbackKind(t.Flow.ID) != "" {
		return false // nor is who came by themselves greeted
	}
	return t.Intro(t.Person()).Lang == t.Asks(i).Lang &&
		!slices.ContainsFunc(t.Flow.Questions[:i], func(q survey.Question) bool { return q.Kind.Info().Way == survey.Shown })
}

// Greeted is the message of a question with the greeting above it.
func (t *Talk) Greeted(v *voice.Voice, m chat.Message) chat.Message {
	m.Text = voice.Paragraphs(t.Intro(v).Text, m.Text)
	return m
}

// hello says who asks.
func (t *Talk) hello(v *voice.Voice) string {
	switch business, ok := v.Known(voice.AttrBusiness); {
	case t.Flow.Class == survey.Recovery && t.Session.Case != "":
		return v.Tell("intro_recovery")
	case t.Flow.Before():
		return v.Tell("intro_before")
	case t.Flow.Class == survey.Pulse:
		return v.Tell("intro_pulse")
	case ok:
		return v.Tell("intro_from", voice.AttrBusiness, business)
	}
	return v.Tell("intro")
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
	w := t.said(lang)
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

// worded are the program's sentences as the flow words them in this language or, where it does not, as
// the site does.
func (t *Talk) worded(lang string) *voice.Words {
	own := t.ofSite(lang)
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
	w := t.said(lang)
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
	if t.Flow != nil {
		repeats(v, t.Flow)
	}
	return v
}

// Hearing is who of staff hears what a customer says, as the customer may be told.
type Hearing struct {
	Staff bool   // somebody is shown it, now or when a mute ends
	Who   string // the person who has taken the case, as they sign; "" = nobody who may be named
}

// by are the placeholders of a promise to be in touch within some time.
func (h Hearing) by(v *voice.Voice, within time.Duration) []string {
	if within <= 0 {
		return nil
	}
	who := h.Who
	if who == "" {
		who = v.Say("fallback_agent_or_team")
	}
	return []string{"sla", v.Within(within), "agent_or_team", who}
}

// Thanks are the words by outcome (templates.md, frame texts), the flow's own or the
// shipped ones, and whose voice says them. k is the case of the session, nil = none.
func (t *Talk) Thanks(k *storage.Case, h Hearing) (*voice.Voice, string) {
	if kind := FeedbackKind(t.Flow.ID); kind != "" {
		v := t.Person()
		return v, t.WishThanks(v, kind, k, h)
	}
	id, within := t.outcome(k)
	if v, text := t.hung(h.by(t.Question(), within)); text != "" {
		return v, voice.Paragraphs(text, t.webWay(v, within))
	}
	if v, words := t.Own(id); words != "" {
		if text := v.Fill(words, h.by(v, within)...); text != "" {
			return v, voice.Paragraphs(text, t.webWay(v, within))
		}
	}
	v := t.Person()
	if number := t.number(); id == "thanks_unsatisfied" && number != "" && len(t.Wordings[id]) == 0 && voice.MatchLanguage(voice.Languages, v.Lang) != "" {
		if v.Lang == "ar" { // a number runs the other way
			number = voice.LeftToRight + number
		}
		return v, v.Tell("thanks_unsatisfied_phone", append(h.by(v, within), "phone", number)...)
	}
	return v, voice.Paragraphs(t.Frame(v, id, h, within), t.webWay(v, within))
}

// number is the one at which the customer asked to be called; "" = none.
func (t *Talk) number() string {
	if Contact(t.Flow, t.Session) != ContactPhone {
		return ""
	}
	for i := range t.Session.Answers {
		a := &t.Session.Answers[i]
		if at, ok := t.Flow.Index[a.Question]; ok && !a.Dropped && !a.Skipped && t.Flow.Questions[at].Contact == "phone" {
			return voice.Cut(a.Text, voice.LongestName)
		}
	}
	return ""
}

// WishThanks are the words for what somebody said by themselves.
func (t *Talk) WishThanks(v *voice.Voice, kind storage.FeedbackKind, k *storage.Case, h Hearing) string {
	id, within := "thanks_"+string(kind), Answered(k, t.Now)
	if !h.Staff {
		return v.Say(id + "_kept")
	}
	return voice.Paragraphs(v.Say(id, h.by(v, within)...), t.webWay(v, within))
}

// webWay says where an answer that was promised is read, and how to be reached otherwise, to
// somebody whom nothing tells that it is there.
func (t *Talk) webWay(v *voice.Voice, within time.Duration) string {
	if within <= 0 || !t.On.Stored || t.reachable() {
		return ""
	}
	return v.Say("web_way")
}

// reachable reports whether the customer said how they can be reached outside this chat.
func (t *Talk) reachable() bool {
	for i := range t.Session.Answers {
		a := &t.Session.Answers[i]
		if at, ok := t.Flow.Index[a.Question]; ok && !a.Dropped && !a.Skipped && t.Flow.Questions[at].Kind.Info().Personal {
			return true
		}
	}
	return false
}

// Answered is within which time the customer of a case hears from a person, as its clock runs;
// 0 where none does. It is never less than what is left.
func Answered(k *storage.Case, now time.Time) time.Duration {
	if k == nil || !k.State.Active() || !k.Decision.Opens || !k.Round.Contacted.IsZero() || k.Contact == recovery.NoContact {
		return 0
	}
	left, step := k.Due.Contact.Sub(now), 5*time.Minute
	switch {
	case k.Due.Contact.IsZero() || left <= 0:
		return 0
	case left > time.Hour:
		step = time.Hour
	}
	return (left + step - 1) / step * step
}

// Own is a frame text that the flow words for itself, the first of several, with a voice in
// the language of these words, so that what fills their placeholders, and what stands beside
// them, speaks it too; "" if there is none.
func (t *Talk) Own(names ...string) (*voice.Voice, string) {
	for _, lang := range t.Question().Langs {
		for _, name := range names {
			if words := t.Flow.Texts[name].In(lang); words != "" {
				return t.voice(t.worded(lang), lang, lang), words
			}
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
		if within := Answered(k, t.Now); within > 0 {
			return "thanks_unsatisfied", within
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
