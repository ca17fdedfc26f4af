package admin

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/bot"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseSource is everything that the page of a case is made from: plain values.
type caseSource struct {
	Case    *storage.Case
	View    *draw.CaseView      // nil = what it began with is gone
	Events  []storage.CaseEvent // those that are shown, the oldest first
	Since   int                 // how many came before them
	Later   int                 // how many came after them
	Next    []bot.Hears
	Cards   []string // names of the chats where its cards hang
	Arrived map[string]storage.DeliveryState
	Pending []storage.PendingReply
	Drafts  []storage.Draft
	Past    []storage.Session // earlier conversations of the same customer, the newest first
	Rules   recovery.Rules
	Zone    *time.Location
	Actor   recovery.Actor // the reader, as who they are at the site
	FormID  string         // names what is sent from this page, so that it is done once
	Names   map[string]string
	Reveal  bool // the reader may learn who a pseudonym is
}

// casePage is the page of a case.
type casePage struct {
	Number, Name, Who string // Who: the name in sentences
	Level             int
	Feeling           string
	Priority, Sign    string
	Why               string
	State, Shape      string // in words; the shape beside them
	Holder            string
	Site              string
	Active            bool
	Test              bool

	Clocks []caseClock
	Near   *caseClock // the next one, for the head of a phone

	Words   []said
	Answers []answered
	Mood    string
	Contact string // "yes", "no", "lost", "chatless", "phone"
	Going   bool   // the conversation is not over
	Hidden  bool   // the reader may not see words

	Talk    []bubble
	Pending *pending
	Refused *pending
	Typing  string // who else is writing

	Offers     []string // kinds of acts, the most important first
	Primary    string
	Reply      *box
	Note       *box
	Conflict   string
	CanReveal  bool
	Story      [][2]string
	History    []historyLine
	HistoryAll int
	Earlier    int  // how many things came before what is shown
	Old        bool // newer ones are left out

	Facts, Visit [][2]string
	Customer     string // address of all that is known of them; "" = there is none
	Past         []pastLine
	Cards, Next  []string
	FormID       string
}

type said struct{ Label, Text string }

type answered struct {
	draw.CaseAnswer
	Feeling string
}

// caseOf makes the page of a case.
func (l look) caseOf(in caseSource) casePage {
	k := in.Case
	p := casePage{
		Number: k.Name(), Name: l.w.t("customer_word"), Who: l.w.t("the_customer"), FormID: in.FormID, Hidden: !l.words,
		State: l.w.t("state_" + string(k.State)), Shape: shapeOf(k, l.now), Active: k.State.Active(), Why: "",
	}
	if k.Watched() {
		p.State = l.w.t("group_watch")
	}
	if k.Decision.Opens {
		p.Priority = k.Decision.Priority.String()
		p.Sign = prioritySign[p.Priority]
	}
	if k.State.Active() && k.State != recovery.Open {
		p.Holder = k.Holder.Name
	}
	var v *voice.Voice
	if in.View != nil {
		v = in.View.StaffVoiceIn(l.w.lang)
		if l.names {
			p.Name = plainName(in.View, v, l.w)
			if p.Name != l.w.t("customer_word") {
				p.Who = p.Name
			}
		}
		p.Level, p.Feeling, p.Mood = in.View.Level(v)
		p.Why, p.Site, p.Test = in.View.Why(v), in.View.Site.Name, in.View.Session.Test
		p.Going = draw.Live(in.View.Session)
		l.saidIn(&p, in, v)
		for _, fact := range in.View.Story(v) {
			p.Story = append(p.Story, [2]string{fact[0], lights.Replace(fact[1])})
		}
		p.CanReveal = in.View.Pseudonymous() && in.Reveal
	}
	l.clocksIn(&p, in)
	p.Contact = contactOf(k, in.View)
	l.talkIn(&p, in, v)
	l.offersIn(&p, in, v)
	l.historyIn(&p, in)
	l.factsIn(&p, in, v)
	return p
}

// Begins is who the customer is where a sentence begins.
func (p casePage) Begins() string { return begins(p.Who) }

// begins is a text where a sentence begins.
func begins(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// lights are the colours of states in chats: a page draws shapes.
var lights = strings.NewReplacer("🔴 ", "", "🟠 ", "", "🟢 ", "", "⚪ ", "", "👁 ", "")

// shapeOf is the shape of a state: it is drawn beside its words.
func shapeOf(k *storage.Case, now time.Time) string {
	switch k.Standing() {
	case recovery.OnWatch:
		return "watch"
	case recovery.Asleep:
		return "asleep"
	}
	switch k.State {
	case recovery.Open, recovery.Taken, recovery.Contacted, recovery.Agreed:
		return string(k.State)
	case recovery.Verified:
		return "settled"
	}
	return "over"
}

// contactOf is whether the customer may be written to.
func contactOf(k *storage.Case, view *draw.CaseView) string {
	switch {
	case k.Contact == recovery.NoContact:
		return "no"
	case view != nil && view.Chatless():
		return "chatless"
	case !k.Lost.IsZero():
		return "lost"
	case k.Contact == recovery.ContactPhone:
		return "phone"
	}
	return "yes"
}

// saidIn is what the customer said: words first, whole, then each answer.
func (l look) saidIn(p *casePage, in caseSource, v *voice.Voice) {
	for _, a := range in.View.Answers(v) {
		switch {
		case a.Free && !l.words:
		case a.Free && !a.Hidden:
			p.Words = append(p.Words, said{a.Question, a.Answer})
		default:
			p.Answers = append(p.Answers, answered{a, in.View.LevelName(v, a.Level)})
		}
	}
	if l.words {
		for _, words := range in.View.Session.Said {
			p.Words = append(p.Words, said{"", words})
		}
	}
	slices.SortStableFunc(p.Answers, func(a, b answered) int {
		if a.Primary != b.Primary && a.Primary {
			return -1
		} else if a.Primary != b.Primary {
			return 1
		}
		return 0
	})
}
