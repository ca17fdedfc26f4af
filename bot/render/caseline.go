package render

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Reminder is what staff are told when something falls due at a case, in one line, the case
// first, with the buttons that help; false = nothing. Should the card be gone, the line stands
// alone.
func (c *CaseView) Reminder(v *voice.Voice, e recovery.Event, forms bool) (chat.Message, bool) {
	k := c.Case
	var id string
	due, who := time.Time{}, k.Holder.Name
	var acts []recovery.ActKind
	switch e.Kind {
	case recovery.EventWoke:
		id = "reminder_woke"
	case recovery.EventUnacknowledged:
		id, who, acts = "reminder_unacknowledged", c.Team.Members[e.Detail].Name, []recovery.ActKind{recovery.ActTake}
	case recovery.EventStruck:
		which, _, _ := strings.Cut(e.Detail, " ")
		clock := recovery.Clock(which)
		due = k.Due.Of(clock)
		switch {
		case clock == recovery.ClockPlan && k.Plan != nil:
			due = k.Plan.Due
		case clock == recovery.ClockAcknowledge:
			acts = []recovery.ActKind{recovery.ActTake}
		case clock == recovery.ClockContact:
			acts = []recovery.ActKind{recovery.ActContact}
		case clock == recovery.ClockResolve:
			acts = []recovery.ActKind{recovery.ActResolve, recovery.ActAgree}
		}
		if due.IsZero() {
			return chat.Message{}, false
		}
		id = "reminder_" + which
		if c.Now.Before(due) {
			id += "_soon"
		}
	default:
		return chat.Message{}, false
	}
	plan, at, left := "", "", ""
	if k.Plan != nil {
		plan = voice.Cut(k.Plan.Text, LongestQuote)
	}
	if !due.IsZero() {
		at, left = v.Soon(due), v.Span(due.Sub(c.Now))
	}
	m := chat.Message{Lang: v.Lang, Text: v.Say(id,
		"case", k.Name(), "name", c.CustomerName(v), "who", voice.Cut(voice.Called(who), longestWho), "at", at, "left", left, "plan", plan)}
	offered, further := c.acts()
	acts = slices.DeleteFunc(acts, func(a recovery.ActKind) bool { return !slices.Contains(offered, a) && !slices.Contains(further, a) })
	if len(acts) > 0 {
		m.Rows = [][]chat.Button{c.actButtons(v, acts, forms)}
	}
	return m, true
}

// Brief is a case in one line of a message that is about several: nothing in it is its customer's
// own.
func (c *CaseView) Brief(v *voice.Voice) string {
	service, _ := v.Known(voice.AttrService)
	return voice.Join(" · ", c.Case.Name(), c.Case.Decision.Priority.String(), glance{c, v}.mark(), voice.Cut(service, voice.LongestName))
}

// Shows is the button that posts the card of a case.
func Shows(c *CaseView, text string) chat.Button {
	return chat.Button{Text: text, Label: c.Case.Name(), Data: c.pressing(ShowCase, false, "", 0)}
}

// Note is the message that passes on words which answer no question, while there is no
// case that they could belong to; once there is one it says where to look.
func (c *CaseView) Note(v *voice.Voice) chat.Message {
	s := c.Session
	test, idle := "", v.Say("aside_idle")
	if s.Test {
		test = v.Say("card_test")
	}
	if c.Case != nil {
		idle = ""
	}
	m := chat.Message{Title: voice.Join(" · ", v.Say("aside_title"), test, c.CustomerName(v), idle), Lang: v.Lang, Folded: true}
	if c.Case != nil {
		m.Footer = v.Say("aside_case", "case", c.Case.Name())
		return m
	}
	known := func(name string) string {
		value, _ := v.Known(name)
		return voice.Cut(value, voice.LongestName)
	}
	// No line begins with what others wrote: the channel comes first.
	m.Text = voice.Join(" · ", v.Channel(s.Address.Platform), v.Site.Name, known(voice.AttrService), known(voice.AttrAgent), known(voice.AttrDate))
	for _, said := range s.Said {
		m.Quotes = append(m.Quotes, chat.Quote{Text: said})
	}
	return m
}

// NoteButtons are those below a note: to answer, and to make a case of it.
func NoteButtons(v *voice.Voice, c *CaseView, on chat.Traits) [][]chat.Button {
	if c.Identity == nil || c.Case != nil {
		return nil
	}
	p := Pressed{Hash: c.Identity.Person.Hash16(), Case: c.Session.ID, Act: AnswerNote}
	answer := chat.Button{Text: v.Say("act_answer_note"), Data: p.Encode()}
	if name := c.CustomerName(v); on.Forms {
		answer.Form = &chat.Form{
			Title: v.Say("act_answer_note"), Submit: v.Say("form_send"),
			Note:   v.Say("form_reply_quote", "name", name, "words", c.Newest()),
			Fields: []chat.Field{{Name: FieldText, Label: v.Say("form_reply", "name", name), Expects: chat.ExpectsLong}},
		}
	}
	p.Act = OpenNote
	return [][]chat.Button{{answer, {Text: v.Say("act_open_note"), Data: p.Encode()}}}
}

// Line is what is told below a card of something that happened to the case; false where
// nothing is. That it opened needs no telling: the card itself says so, and where there
// are no threads it says enough of most things. thread says that there the line costs the
// chat nothing.
func (c *CaseView) Line(v *voice.Voice, e storage.CaseEvent, thread bool) (chat.Message, bool) {
	m := chat.Message{Lang: v.Lang}
	who := func(id string) string { return voice.Called(c.Team.Members[id].Name) }
	var title string
	switch kind := recovery.EventKind(e.Kind); {
	case kind == recovery.EventNoted:
		title = v.Say("timeline_noted", "who", who(e.By))
		for _, part := range voice.InParts(e.Note) {
			m.Quotes = append(m.Quotes, chat.Quote{Text: part})
		}
	case kind == recovery.EventAssigned:
		title = v.Say("timeline_assigned", "who", who(e.Detail))
	case kind == recovery.EventReachable:
		title = v.Say("timeline_reachable", "name", c.CustomerName(v))
	case !thread:
		return m, false
	case kind == recovery.EventRaised:
		title = v.Say("timeline_raised", "priority", e.Detail)
	case kind == recovery.EventJoined:
		title, m.Text = v.Say("timeline_joined"), c.Why(v)
	case kind == recovery.EventChanged:
		title = v.Say("timeline_changed")
	case kind == recovery.EventAgreed:
		title = v.Say("timeline_agreed")
		m.Quotes = []chat.Quote{{Text: voice.Cut(e.Note, LongestQuote)}}
	case kind == recovery.EventFollowUp:
		title = v.Say("timeline_asked")
		if e.Detail != "" {
			title = v.Say("timeline_not_asked")
		}
	case kind == recovery.EventReturned:
		title = v.Say("timeline_returned")
	case kind == recovery.EventTaken, kind == recovery.EventReleased, kind == recovery.EventResolved,
		kind == recovery.EventNoAction, kind == recovery.EventReopened, kind == recovery.EventVerified, kind == recovery.EventClosed:
		title = voice.Join(" · ", v.Say("state_"+string(c.Case.State)), who(e.By))
	default:
		return m, false
	}
	// Should the card be gone, the line stands in the channel: it names its case.
	m.Title = c.Case.Name() + " · " + title
	return m, true
}

// Relaying is how words of the customer are shown to staff in one chat.
type Relaying struct {
	At      time.Time // when they came
	Forms   bool      // the platform can ask for words
	Told    bool      // staff know by now how the customer is answered
	Buttons bool      // it has the buttons: nothing newer does
}

// Relay is the message, still without words, in which staff read what the customer wrote,
// with the way to answer.
func (c *CaseView) Relay(v *voice.Voice, r Relaying) chat.Message {
	name := c.CustomerName(v)
	// No line begins with what others wrote: the case comes first.
	m := chat.Message{Title: voice.Join(" · ", c.Case.Name(), name, v.Soon(r.At)), Lang: v.Lang}
	acts := []recovery.ActKind{recovery.ActContact, recovery.ActResolve}
	switch {
	case !c.Case.State.Active():
		m.Footer, acts = v.Say("relay_closed", "name", name), []recovery.ActKind{recovery.ActReopen}
	case r.Forms:
		acts = acts[:1]
	case c.Barred():
		m.Footer = v.Say("refused_contact_denied")
	case !r.Told:
		m.Footer = v.Say("relay_reply", "name", name)
	}
	shown, further := c.acts()
	acts = slices.DeleteFunc(acts, func(a recovery.ActKind) bool { return !slices.Contains(shown, a) && !slices.Contains(further, a) })
	if r.Buttons && len(acts) > 0 && c.Identity != nil {
		m.Rows = [][]chat.Button{c.actButtons(v, acts, r.Forms)}
	}
	return m
}

// Echo shows staff who did not see it written what one of them wrote to the customer;
// status is the sentence that says how far it has come, "" = none.
func (c *CaseView) Echo(v *voice.Voice, written chat.Message, status string) chat.Message {
	m := chat.Message{
		Title: c.Case.Name() + " · " + v.Say("said_to", "who", chat.CleanName(written.Title), "name", c.CustomerName(v)),
		Lang:  v.Lang, Files: written.Files,
	}
	if written.Text != "" {
		m.Quotes = []chat.Quote{{Text: written.Text}}
	}
	if status != "" {
		m.Footer = v.Say(status)
	}
	return m
}

// Lost says that words did not reach the customer, with the words; or, if they did after
// all, that staff were told otherwise. id is the sentence.
func (c *CaseView) Lost(v *voice.Voice, id string, written chat.Message, lost bool) chat.Message {
	m := chat.Message{
		Title: c.Case.Name(), Text: v.Say(id, "name", c.CustomerName(v)), Lang: v.Lang, Files: written.Files,
	}
	if lost {
		m.Title += " · " + v.Say("lost_title")
	}
	if written.Text != "" {
		m.Quotes = []chat.Quote{{Label: written.Title, Text: written.Text}}
	}
	return m
}

// File is a file of the customer as staff see it.
func (c *CaseView) File(v *voice.Voice, f survey.File) chat.Message {
	id, kase := "file_from", ""
	if c.Case != nil {
		id, kase = "file_from_case", c.Case.Name()
	}
	m := chat.Message{
		Text: v.Say(id, "file", v.Files([]survey.File{f}), "name", c.CustomerName(v), "case", kase), Lang: v.Lang,
	}
	if c.Pseudonymous() {
		m.Footer = v.Say("file_kept_back")
		return m
	}
	m.Files = []chat.File{{Kind: f.Kind, ID: f.ID, Name: f.Name, Size: f.Size}}
	return m
}
