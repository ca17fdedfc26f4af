package bot

import (
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// sumOf is the hash of a render, as in storage.Want.Hash.
func sumOf(m chat.Message) string {
	_, sum := storage.Encoded(m)
	return sum
}

// want asks for a slot in the chat that this turn is about, unless it names another
// address.
func (t *turn) want(w storage.Want) {
	switch {
	case t.identity != nil:
		w.Identity = t.identity.ID
	case t.desk != nil:
		w.Identity = t.desk.kase.Identity
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
	t.frame.want(w)
}

// questionSlot is the place of a question in its chat.
func questionSlot(session string, i int) string {
	return storage.Slot{Kind: storage.QuestionSlot, Owner: session, Part: strconv.Itoa(i)}.String()
}

// thanksSlot is the place of the last words of a session.
func thanksSlot(session string) string {
	return storage.Slot{Kind: storage.ThanksSlot, Owner: session}.String()
}

// named is the place of a notice that its owner has once, under a word of the program's own.
func named(owner, word string) string {
	return storage.Slot{Kind: storage.NoticeSlot, Owner: owner, Part: word}.String()
}

// show turns one effect into what is to be seen. Judged has been seen to already.
func (t *turn) show(e survey.Effect, in survey.Input) {
	id := t.session.ID
	switch e := e.(type) {
	case survey.Ask:
		if e.Again && t.talking() {
			if t.session.Doubt != nil { // what is not shown cannot be answered
				t.session.Doubt = &survey.Doubt{}
			}
			return
		}
		v := t.talk().Asks(e.Question)
		w := storage.Want{Slot: questionSlot(id, e.Question), Kind: storage.QuestionD, Render: render.Question(v, t.flow, e.Question)}
		// A question that opens after the end comes below the thanks.
		late := t.session.Status.Final() && len(t.out.Answers) > 0 && !t.session.Editing
		if !e.Again && t.talk().Greets(e.Question) {
			w.Render = t.talk().Greeted(t.person(), w.Render)
		}
		if e.Again || late {
			left := render.Withdrawn(v, t.flow, e.Question)
			w.Repost, w.Leave = true, &left
		}
		t.want(w)
	case survey.Tell:
		t.want(storage.Want{
			Slot: questionSlot(id, e.Question), Kind: storage.NoticeD,
			Render: render.Withdrawn(t.talk().Asks(e.Question), t.flow, e.Question),
		})
	case survey.Condense:
		t.want(storage.Want{
			Slot: questionSlot(id, e.Question), Kind: storage.QuestionD, OnlyIfKnown: true,
			Render: render.Wrote(t.talk().Asks(e.Question), render.Condensed(t.talk().Asks(e.Question), t.flow, e.Question, e.Changeable), e.Wrote),
		})
	case survey.Withdraw:
		t.want(storage.Want{
			Slot: questionSlot(id, e.Question), Kind: storage.QuestionD, OnlyIfKnown: true,
			Render: render.Withdrawn(t.talk().Asks(e.Question), t.flow, e.Question),
		})
	case survey.Notice:
		if wrote, ok := in.(survey.Write); ok && e.Code == survey.NoticeTooLong {
			t.keepWords(wrote.Text, nil, true) // no answer, but nothing that was written is lost
		}
		switch {
		case e.Code != survey.NoticeKept && e.Code != survey.NoticeHandedOn:
			t.noticeOf(e)
		case !t.talking():
			remarks{t}.heard("heard")
		}
	case survey.OffScript:
		t.keepWords(e.Text, e.Files, false)
	case survey.Attempt:
		remarks{t}.attempted(e.Text)
	case survey.Judged:
	case survey.Close:
		t.closed(e, in)
	}
}

// talking reports whether words that answer no question went to somebody who talks with
// the customer: then the program neither thanks for them nor repeats its question.
func (t *turn) talking() bool {
	k := t.kase()
	wrote := func(e storage.CaseEvent) bool { return e.Kind == string(recovery.EventCustomerWrote) }
	return slices.ContainsFunc(t.out.Events, wrote) && k != nil && k.State.Active() && !k.Round.Contacted.IsZero()
}

// noticeOf says the sentence of a notice, in the language of the question that it is
// about.
func (t *turn) noticeOf(n survey.Notice) {
	var pairs []string
	if n.Question >= 0 && n.Question < len(t.flow.Questions) {
		q := &t.flow.Questions[n.Question]
		pairs = []string{"max", strconv.Itoa(render.TextLimit(q)), "min", voice.Number(q.MinValue)}
		switch {
		case n.Code == survey.NoticeTooLong: // however many may be chosen, and however great a number may be
		case q.Kind == survey.NumberQ:
			pairs[1] = voice.Number(q.MaxValue)
		case q.Kind == survey.ChoiceQ:
			pairs[1], pairs[3] = strconv.Itoa(q.Max), strconv.Itoa(q.Min)
		case q.Kind == survey.DateQ:
			from, until := render.Bounds(t.person(), q)
			pairs = append(pairs, "from", from, "until", until)
		}
		if own, ok := render.Refused(t.talk().Question(), q, n.Code); ok {
			t.notice(own, false)
			return
		}
	} else {
		pairs = []string{"max", strconv.Itoa(survey.MaxText)}
	}
	if n.Code == survey.NoticePaused {
		t.putOff(true)
		return
	}
	id := "notice_" + string(n.Code)
	if n.Code == survey.NoticeKept {
		kindly(id, t)
		return
	}
	if n.Code == survey.NoticeNeedFile && !t.talk().On.Files {
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
	m := chat.Message{Text: v.Say("notice_paused", "until", v.Moment(t.session.Expires)), Lang: v.Lang}
	w := storage.Want{Slot: named(t.session.ID, "later"), Kind: storage.NoticeD, OnlyIfKnown: !paused}
	if paused {
		closed := m
		w.Repost, w.Leave = true, &closed
		m.Rows = [][]chat.Button{{{Text: v.Say("go_on"), Data: render.Tapped{Verb: render.VerbStart, Session: t.session.ID}.Encode(), Style: "primary"}}}
	}
	w.Render = m
	t.want(w)
}

// keepWords stores words that answer nothing. They are the session's case's, else an
// earlier open case's, else staff are shown them once (drawAside). Files that come with
// what may be an answer go where it goes: answers says so.
func (t *turn) keepWords(text string, files []survey.File, answers bool) {
	mine := t.desk != nil && (render.Live(t.session) || listens(t.desk.kase))
	if !mine && !answers && t.standing() {
		return
	}
	if mine || render.Live(t.session) {
		t.remember(t.session, text, files)
	}
	if mine {
		t.desk.toStaff(t.identity, said{text: text, files: files, at: t.session.Address, own: t.message, key: t.key})
		return
	}
	t.out.Words = append(t.out.Words, storage.Words{
		ID: newID(), Session: t.session.ID, Inbound: true, Text: text, Files: files, At: t.now,
	})
	t.own(text)
}

// own shows somebody their own words, where a page has nothing but what is stored.
func (t *turn) own(text string) {
	if on := t.session.Address; t.snap.Traits[on.Platform].Stored && text != "" {
		t.want(storage.Want{
			Slot: storage.Slot{Kind: storage.OwnSlot, Owner: t.session.ID, Part: t.key}.Nth(len(t.out.Words)).String(), Kind: storage.NoticeD,
			Render: ownWords(t.talk().On, t.now, text, t.flow != nil && (remarks{t}).reaches()),
		})
	}
}

// saidSize is how many runes of words beside the answers a card shows.
const saidSize = 500

// remember keeps words beside the answers for the card: the first ones, as many as it holds
// whole, and the newest.
func (t *turn) remember(s *storage.Session, text string, files []survey.File) {
	said := text
	if len(files) > 0 {
		said = voice.Join(" ", text, t.view().StaffVoice().Files(files))
	}
	if d := t.desk; d != nil && d.session == s && d.waits() {
		// They are shown whole as soon as there is a card below which they can stand.
		s.Said = append(s.Said[:len(s.Said):len(s.Said)], said)
		t.out.Session = s
		return
	}
	n := whole(s.Said)
	newest := append(slices.Clone(s.Said[n:]), voice.Cut(said, saidSize))
	s.Said = append(s.Said[:n:n], newest[max(0, len(newest)-newestSaid):]...)
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
		v, text = t.talk().Thanks(t.kase(), remarks{t}.hearing())
	case survey.Declined:
		text = v.Tell("thanks_declined")
		if render.FeedbackKind(t.flow.ID) != "" {
			text = v.Say("wish_dropped")
			if t.session.Before != "" { // the survey that was open goes on
				t.identity.Session, t.out.Identity = t.session.Before, t.identity
			}
		}
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
		Slot: thanksSlot(t.session.ID), Kind: storage.ThanksD, Repost: more,
		Render: render.Thanks(v, text),
	})
	if way, of := t.talk().WayApart(v, t.kase()); way != "" {
		t.want(storage.Want{Slot: named(t.session.ID, "web_way"), Kind: storage.NoticeD, Render: chat.Message{Text: way, Lang: of.Lang}})
	}
}
