package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// sumOf is the hash of a render, as in storage.Want.Hash.
func sumOf(m chat.Message) string {
	_, sum := encoded(m)
	return sum
}

// encoded is a render as JSON, and its hash.
func encoded(m chat.Message) (body []byte, sum string) {
	// Message holds strings, booleans and numbers only: it cannot fail to encode.
	body, _ = json.Marshal(m)
	hash := sha256.Sum256(body)
	return body, hex.EncodeToString(hash[:12])
}

// want asks for a slot in the chat that this turn is about, unless it names another
// address.
func (t *turn) want(w storage.Want) {
	switch {
	case t.identity != nil:
		w.Identity = t.identity.ID
	case t.kase != nil:
		w.Identity = t.kase.Identity
	}
	if w.Address.IsZero() {
		switch {
		case t.session != nil:
			w.Address = t.session.Address
		case t.identity != nil:
			w.Address = t.identity.Address
		}
		w.Address = t.snap.At(w.Address)
	}
	w.Body, w.Hash = encoded(w.Render)
	if w.Leave != nil {
		w.LeaveHash = sumOf(*w.Leave)
	}
	t.out.Slots = append(t.out.Slots, storage.SlotOp{Want: &w})
}

// questionSlot is the place of a question in its chat.
func questionSlot(session string, i int) string { return "q:" + session + ":" + strconv.Itoa(i) }

// texts are the program's own sentences with commands as the customer's platform has
// them.
func (t *turn) texts() *Texts {
	on := t.platform
	switch {
	case t.session != nil:
		on = t.session.Address.Platform
	case t.identity != nil:
		on = t.identity.Person.Platform
	}
	if on == chat.Slack {
		return t.b.slack
	}
	return t.b.texts
}

// person is the voice of the program's own sentences to the customer.
func (t *turn) person() *Voice {
	var wishes []string
	if t.live() {
		wishes = append(wishes, t.session.Lang)
	}
	if t.identity != nil {
		wishes = append(wishes, t.identity.Language)
	}
	if t.session != nil {
		wishes = append(wishes, t.session.Lang)
	}
	if t.identity != nil {
		wishes = append(wishes, t.identity.Spoken)
	}
	lang := ChooseLanguage(nil, Languages, wishes...)
	w := t.texts().Of(lang)
	return t.voice(w, w.Tag, lang)
}

// question is the voice of the flow's questions: in the customer's language if the
// flow has it, else in the flow's first. Buttons beside them speak the same language.
func (t *turn) question() *Voice {
	lang := MatchLanguage(t.flow.Languages, t.session.Lang)
	if lang == "" && len(t.flow.Languages) > 0 {
		lang = t.flow.Languages[0]
	}
	return t.voice(t.texts().Of(lang), lang, lang)
}

// voice speaks about the session in the given words; lang leads the languages in
// which the flow's own words are looked up.
func (t *turn) voice(w *Words, shown, lang string) *Voice {
	v := &Voice{Words: w, Lang: shown, Langs: []string{lang}, Session: t.session, Site: t.snap.Site(""), Now: t.now}
	if t.session != nil {
		v.Site = t.snap.Site(t.session.Site)
	}
	if t.flow != nil {
		v.Langs = append(v.Langs, t.flow.Languages...)
	}
	if t.identity != nil {
		v.Name = t.identity.Name
	}
	return v
}

// show turns one effect into what is to be seen. Judged has been seen to already.
func (t *turn) show(e survey.Effect, in survey.Input) {
	id := t.session.ID
	switch e := e.(type) {
	case survey.Ask:
		if e.Again && t.talking() {
			return
		}
		v := t.question()
		w := storage.Want{Slot: questionSlot(id, e.Question), Kind: storage.QuestionD, Render: asked(v, t.flow, e.Question)}
		// A question that opens after the end comes below the thanks.
		late := t.session.Status.Final() && len(t.out.Answers) > 0 && !t.session.Editing
		if e.Again || late {
			left := withdrawn(v, t.flow, e.Question)
			w.Repost, w.Leave = true, &left
		}
		t.want(w)
	case survey.Tell:
		t.want(storage.Want{
			Slot: questionSlot(id, e.Question), Kind: storage.NoticeD,
			Render: withdrawn(t.question(), t.flow, e.Question),
		})
	case survey.Condense:
		t.want(storage.Want{
			Slot: questionSlot(id, e.Question), Kind: storage.QuestionD, OnlyIfKnown: true,
			Render: condensed(t.question(), t.flow, e.Question, e.Changeable),
		})
	case survey.Withdraw:
		t.want(storage.Want{
			Slot: questionSlot(id, e.Question), Kind: storage.QuestionD, OnlyIfKnown: true,
			Render: withdrawn(t.question(), t.flow, e.Question),
		})
	case survey.Notice:
		if e.Code != survey.NoticeKept || !t.talking() {
			t.noticeOf(e)
		}
	case survey.OffScript:
		t.keepWords(e.Text, e.Files)
	case survey.Judged:
	case survey.Close:
		t.closed(e, in)
	}
}

// talking reports whether words that answer no question went to somebody who talks with
// the customer: then the program neither thanks for them nor repeats its question.
func (t *turn) talking() bool {
	return t.aside && t.kase != nil && t.kase.State.Active() && !t.kase.Round.Contacted.IsZero()
}

// noticeOf says the sentence of a notice, in the language of the question that it is
// about.
func (t *turn) noticeOf(n survey.Notice) {
	var pairs []string
	if n.Question >= 0 && n.Question < len(t.flow.Questions) {
		q := &t.flow.Questions[n.Question]
		most := textLimit(q)
		if q.Kind == survey.ChoiceQ {
			most = q.Max
		}
		pairs = []string{"max", strconv.Itoa(most), "min", Number(q.MinValue)}
		if q.Kind == survey.NumberQ {
			pairs[1] = Number(q.MaxValue)
		}
	} else {
		pairs = []string{"max", strconv.Itoa(survey.MaxText)}
	}
	if n.Code == survey.NoticePaused {
		t.putOff(true)
		return
	}
	id := "notice_" + string(n.Code)
	if n.Code == survey.NoticeNeedFile && t.session.Address.Platform == chat.Web {
		id = "no_file_here"
	}
	alert := n.Code == survey.NoticeEnded || n.Code == survey.NoticeTooLate
	t.notice(t.person().Say(id, pairs...), alert)
}

// putOff says that the survey waits, with a button that goes on. It stays in the chat,
// where a passing answer to the tap would be gone when it is wanted; paused = false
// takes the button away again.
func (t *turn) putOff(paused bool) {
	v := t.person()
	m := chat.Message{Text: v.Say("notice_paused"), Lang: v.Lang}
	w := storage.Want{Slot: "n:" + t.session.ID + ":later", Kind: storage.NoticeD, OnlyIfKnown: !paused}
	if paused {
		closed := m
		w.Repost, w.Leave = true, &closed
		m.Rows = [][]chat.Button{{{Text: v.Say("go_on"), Data: tapped{Verb: startV, Session: t.session.ID}.encode(), Style: "primary"}}}
	}
	w.Render = m
	t.want(w)
}

// keepWords stores words that answer nothing. They are the session's case's, else an
// earlier open case's, else staff are shown them once (showAside).
func (t *turn) keepWords(text string, files []survey.File) {
	t.aside = true
	mine := t.kase != nil && (t.live() || listens(t.kase))
	if !mine && !t.answers && t.standing() {
		return
	}
	if mine || t.live() {
		t.remember(t.session, text, files)
	}
	if mine {
		t.toStaff(said{text: text, files: files, at: t.session.Address, own: t.message, key: t.key})
		return
	}
	t.out.Words = append(t.out.Words, storage.Words{
		ID: newID(), Session: t.session.ID, Inbound: true, Text: text, Files: files, At: t.now,
	})
}

// saidSize is how many runes of words beside the answers a card shows.
const saidSize = 500

// remember keeps the newest words beside the answers, for the card.
func (t *turn) remember(s *storage.Session, text string, files []survey.File) {
	const kept = 5 // words on a card
	said := Cut(text, saidSize)
	if said == "" && len(files) > 0 {
		said = t.staffVoice().Files(files)
	}
	s.Said = append(s.Said[:len(s.Said):len(s.Said)], said)
	if n := len(s.Said); n > kept {
		s.Said = s.Said[n-kept:]
	}
	t.out.Session = s
}

// closed says goodbye, by how the session ended. One whose time was over is left in
// peace.
func (t *turn) closed(e survey.Close, in survey.Input) {
	if _, expired := in.(survey.Expire); expired {
		return
	}
	v := t.person()
	var text string
	switch e.Status {
	case survey.Completed:
		t.praise()
		v, text = t.thanks()
	case survey.Declined:
		text = v.Tell("thanks_declined")
	case survey.Partial:
		text = v.Tell("thanks_partial")
	default:
		return
	}
	// Whoever answered one more question after the end is thanked below it; whoever only
	// changed an answer sees the thanks change where they are.
	n := len(t.out.Answers)
	more := e.Revised && n > 0 && t.out.Answers[n-1].Revision == 1
	t.want(storage.Want{
		Slot: "t:" + t.session.ID, Kind: storage.ThanksD, Repost: more,
		Render: chat.Message{Text: text, Lang: v.Lang},
	})
}

// thanks are the words by outcome (templates.md, frame texts), the flow's own or the
// shipped ones, and whose voice says them.
func (t *turn) thanks() (*Voice, string) {
	id, within := t.outcome()
	sla := func(v *Voice) []string {
		if within <= 0 {
			return nil
		}
		return []string{"sla", v.Within(within)}
	}
	if v, words := t.own(id); words != "" {
		if text := v.Fill(words, sla(v)...); text != "" {
			return v, text
		}
	}
	v := t.person()
	return v, v.Tell(id, sla(v)...)
}

// own is a frame text that the flow words for itself, with a voice in the language of
// these words, so that what fills their placeholders speaks it too; "" if there is none.
func (t *turn) own(name string) (*Voice, string) {
	for _, lang := range t.question().Langs {
		if words := t.flow.Texts[name].In(lang); words != "" {
			return t.voice(t.texts().Of(lang), lang, lang), words
		}
	}
	return nil, ""
}

// outcome is the id of the thanks that suit the session, and within which time the
// customer hears from a person, 0 = not said.
func (t *turn) outcome() (string, time.Duration) {
	j := &t.session.Judgement
	if !j.Unsatisfied {
		if j.Flag == survey.Satisfied || j.Flag == survey.Delighted {
			return "thanks_satisfied", 0
		}
		return "thanks_neutral", 0
	}
	switch t.contact() {
	case contactNo:
		return "thanks_no_contact", 0
	case contactHere, contactPhone:
		if t.kase != nil && !t.kase.Due.Contact.IsZero() {
			within := t.kase.Due.Contact.Sub(t.kase.OpenedAt)
			return "thanks_unsatisfied", within.Round(time.Minute)
		}
	}
	return "thanks_unsatisfied_open", 0
}

// The answers to whether the customer may be contacted.
const (
	contactKey     = "contact_ok" // the question's key in every template
	contactHere    = "here"
	contactPhone   = "phone"
	contactNo      = "no"
	contactSkipped = "skipped"
	contactWaiting = "waiting"
)

// contact says whether the customer may be contacted, as far as they were asked: ""
// where the flow does not ask.
func (t *turn) contact() string {
	if _, asks := t.flow.Index[contactKey]; !asks {
		return ""
	}
	a, ok := t.session.Answer(contactKey)
	switch {
	case !ok && t.live():
		return contactWaiting
	case !ok, a.Dropped, a.Skipped, len(a.Choices) == 0:
		return contactSkipped
	}
	return a.Choices[0]
}
