package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/access"
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
	Contact string // "yes", "no", "lost", "phone"
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

// caseClock is a promise of a case that still runs.
type caseClock struct {
	when
	Label string
	Share int      // how much of it is used, in per cent
	Ticks []int    // where on it somebody hears, in per cent
	Says  []string // who hears when, in words
}

// bubble is something that was said.
type bubble struct {
	ID, Kind string // "customer", "staff", "program", "aside"
	Text     string
	Foot     string
	Bad      bool // it did not arrive
}

// pending are words that wait to be sent, or were not sent.
type pending struct {
	ID, Text, Why string
	Seconds       int
	Due           int64
	Mine          bool
	By            string
}

// box is a place to write in.
type box struct {
	Title, Hint, Button, Text, Error string
	Snippets                         []string // names of saved answers
}

type historyLine struct {
	Text, Note, At string
	Now            bool
}

type pastLine struct {
	Level int
	Text  string
}

// How much of what happened a page of a case shows at most: the rest is on pages before it.
const (
	eventsShown = 60
	noteBytes   = 12 << 10 // of the words in them; one is shown whatever it has
)

// show leaves the newest events of the first upto, as many as a page shows. upto is 0 for all of them.
func (in *caseSource) show(upto int) {
	all := in.Events
	if upto <= 0 || upto > len(all) {
		upto = len(all)
	}
	in.Since, in.Later = upto, len(all)-upto
	for size := 0; in.Since > 0 && upto-in.Since < eventsShown; in.Since-- {
		if size += len(all[in.Since-1].Note); size > noteBytes && in.Since < upto {
			break
		}
	}
	in.Events = all[in.Since:upto]
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
	p.Contact = contactOf(k)
	l.talkIn(&p, in, v)
	l.offersIn(&p, in, v)
	l.historyIn(&p, in)
	l.factsIn(&p, in, v)
	return p
}

// Begins is who the customer is where a sentence begins.
func (p casePage) Begins() string {
	first, size := utf8.DecodeRuneInString(p.Who)
	return string(unicode.ToUpper(first)) + p.Who[size:]
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
func contactOf(k *storage.Case) string {
	switch {
	case k.Contact == recovery.NoContact:
		return "no"
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

// clocksIn are the promises that run, with who hears at which of their marks.
func (l look) clocksIn(p *casePage, in caseSource) {
	hours := in.Rules.Hours
	if in.Case.Decision.Priority == recovery.P1 && in.Rules.OnCall != "" {
		hours = recovery.Hours{}
	}
	for _, promise := range in.Case.Promises() {
		c := caseClock{when: l.w.until(l.now, promise.Due, in.Zone), Label: l.w.t("clock_" + string(promise.Clock))}
		whole, used := hours.Between(promise.Since, promise.Due), hours.Between(promise.Since, l.now)
		if whole > 0 {
			c.Share = min(100, max(0, int(100*used/whole)))
		}
		if !l.now.Before(promise.Due) {
			c.Share = 100
		}
		for _, h := range in.Next {
			if h.Clock != promise.Clock || h.Percent == 0 {
				continue
			}
			if h.Percent <= 100 {
				c.Ticks = append(c.Ticks, h.Percent)
			}
			if len(h.Chats) > 0 {
				c.Says = append(c.Says, l.w.t("hears_at", h.Percent, strings.Join(h.Chats, l.w.t("comma"))))
			}
		}
		if in.Case.State.Active() && c.Class != "late" && !hours.Open(l.now) && promise.Clock != recovery.ClockPlan && promise.Clock != recovery.ClockSnooze {
			c.Says = append(c.Says, l.w.t("runs_again", l.w.moment(l.now, hours.Next(l.now), in.Zone)))
		}
		p.Clocks = append(p.Clocks, c)
	}
	if next, ok := in.Case.NextPromise(); ok {
		near := caseClock{when: l.w.until(l.now, next.Due, in.Zone), Label: l.w.t("clock_" + string(next.Clock))}
		p.Near = &near
	}
}

// unanswered reports whether a case opened because nothing was heard, and nothing was since.
func unanswered(c *draw.CaseView) bool {
	return len(c.Session.Answers) == 0 && c.Case != nil && slices.Contains(c.Case.Decision.Reasons, recovery.SilentFailure)
}

// talkIn is the conversation: what both sides wrote, notes of staff, and in small what the
// program did.
func (l look) talkIn(p *casePage, in caseSource, v *voice.Voice) {
	at := func(t time.Time) string { return l.w.moment(l.now, t, in.Zone) }
	if in.View != nil && in.Since == 0 && !unanswered(in.View) {
		s := in.View.Session
		title := in.View.Flow.Title.In(append(slices.Clip(v.Langs), voice.Languages[0])...)
		p.Talk = append(p.Talk, bubble{ID: "opened", Kind: "program", Text: voice.Join(" · ", l.w.t("answered_flow", p.Name, title, s.Version), at(s.Started))})
	}
	if !l.words {
		return
	}
	for _, e := range in.Events {
		who := in.Names[e.By]
		b := bubble{ID: "e" + e.ID, Text: e.Note}
		switch recovery.EventKind(e.Kind) {
		case recovery.EventCustomerWrote:
			b.Kind, b.Foot = "customer", voice.Join(" · ", p.Name, at(e.At))
		case recovery.EventContacted:
			b.Kind = "staff"
			means, _, _ := strings.Cut(e.Detail, " ")
			if means == string(recovery.InChat) {
				state, sign := l.arrived(in.Arrived, e.Note)
				b.Bad = state == "bad"
				b.Foot = voice.Join(" · ", who, at(e.At), sign)
			} else {
				b.Foot = voice.Join(" · ", who, at(e.At), l.w.t("means_"+means))
			}
		case recovery.EventNoted:
			b.Kind, b.Foot = "aside", l.w.t("note_by", who, at(e.At))
		case recovery.EventTaken, recovery.EventAssigned, recovery.EventReleased, recovery.EventReopened, recovery.EventResolved,
			recovery.EventFollowUp, recovery.EventVerified, recovery.EventAgreed:
			b.Kind, b.Text = "program", voice.Join(" · ", l.happened(in, e), at(e.At))
		default:
			continue
		}
		p.Talk = append(p.Talk, b)
	}
	for _, d := range in.Drafts {
		if d.Person != l.staff && d.Box == "reply" && l.now.Sub(d.At) < 30*time.Second && in.Names[d.Person] != "" {
			p.Typing = l.w.t("is_writing", in.Names[d.Person], p.Who)
		}
	}
	for _, w := range in.Pending {
		one := &pending{ID: w.ID, Text: w.Text, By: in.Names[w.Person], Mine: w.Person == l.staff, Due: w.Due.Unix()}
		one.Seconds = max(0, int(w.Due.Sub(l.now)/time.Second))
		switch {
		case w.Refused != "" && one.Mine:
			one.Why = l.w.t("not_sent")
			if v != nil && w.Refused != "unclear" {
				r := &recovery.Refusal{Code: recovery.Code(w.Refused), Holder: in.Case.Holder, Since: in.Case.HeldAt}
				if !in.Case.State.Active() {
					r.Holder, r.Since = in.Case.Ended, in.Case.EndedAt
				}
				one.Why = in.View.Refusal(v, r)
			}
			p.Refused = one
		case w.Refused == "":
			p.Pending = one
		}
	}
}

// arrived says how far words have come that staff wrote.
func (l look) arrived(states map[string]storage.DeliveryState, text string) (state, words string) {
	parts := voice.InParts(text)
	if len(parts) == 0 {
		return "", ""
	}
	worst := storage.Sent
	for _, part := range parts {
		switch s, known := states[part]; {
		case !known:
			return "", ""
		case s == storage.Failed:
			return "bad", "✕ " + l.w.t("not_delivered")
		case s != storage.Sent:
			worst = s
		}
	}
	if worst != storage.Sent {
		return "", l.w.t("on_its_way")
	}
	return "", "✓ " + l.w.t("delivered")
}

// offersIn are the acts that the reader has, and the two boxes.
func (l look) offersIn(p *casePage, in caseSource, v *voice.Voice) {
	offers := recovery.Offers(in.Case.Case, in.Actor)
	has := func(k recovery.ActKind) bool { return slices.Contains(offers, k) }
	for _, k := range offers {
		if k == recovery.ActAssign && (in.View == nil || len(in.View.Assignable()) == 0) {
			continue // there is nobody
		}
		p.Offers = append(p.Offers, string(k))
	}
	if has(recovery.ActContact) && slices.ContainsFunc(in.Case.AllowedMeans(), func(m recovery.Means) bool { return m != recovery.InChat }) {
		p.Offers = append(p.Offers, "spoke")
	}
	chat := has(recovery.ActContact) && slices.Contains(in.Case.AllowedMeans(), recovery.InChat) && in.View != nil
	switch {
	case has(recovery.ActTake):
		p.Primary = "take"
	case chat && (in.Case.Round.Contacted.IsZero() || !in.Case.Wrote.IsZero()):
		p.Primary = "reply"
	case has(recovery.ActResolve):
		p.Primary = "resolve"
	case has(recovery.ActReopen):
		p.Primary = "reopen"
	}
	draft := func(name string) string {
		for _, d := range in.Drafts {
			if d.Person == l.staff && d.Box == name {
				return d.Text
			}
		}
		return ""
	}
	if chat {
		p.Reply = &box{
			Title: l.w.t("reply_title", p.Who, v.Channel(in.View.Session.Address.Platform)), Text: draft("reply"),
			Hint: l.w.t("reply_hint", in.View.Signature(v, in.Actor.Name)), Button: l.w.t("reply_button", p.Who),
		}
		for _, x := range in.Rules.Snippets {
			p.Reply.Snippets = append(p.Reply.Snippets, x.Name)
		}
		if in.Case.State == recovery.Open {
			p.Reply.Button = l.w.t("take_and_send")
		} else if in.Case.Holder.ID != in.Actor.ID {
			p.Reply.Hint += " " + l.w.t("keeps_case", in.Case.Holder.Name)
		}
		if p.Refused != nil && p.Reply.Text == "" {
			p.Reply.Text = p.Refused.Text
		}
	}
	if has(recovery.ActNote) {
		p.Note = &box{Title: l.w.t("note_title"), Hint: l.w.t("note_hint"), Button: l.w.t("note_button"), Text: draft("note")}
	}
}

// factsIn stand beside the story.
func (l look) factsIn(p *casePage, in caseSource, v *voice.Voice) {
	add := func(to *[][2]string, label, value string) {
		if value != "" {
			*to = append(*to, [2]string{l.w.t(label), value})
		}
	}
	if in.View != nil {
		s := in.View.Session
		if l.names && !in.View.Pseudonymous() && in.View.Identity != nil && s.Mark == "" {
			p.Customer = "/customers/" + in.View.Identity.ID
		}
		if s.Facts.Tier != recovery.Normal {
			add(&p.Facts, "fact_tier", v.Say("tier_"+string(s.Facts.Tier)))
		}
		if s.Facts.Earlier > 0 {
			add(&p.Facts, "fact_before", l.w.t("unhappy_before", s.Facts.Earlier))
		}
		add(&p.Facts, "fact_language", voice.SelfName(s.Lang))
		add(&p.Facts, "fact_channel", v.Channel(s.Address.Platform))
		if !in.Case.Returned.IsZero() {
			add(&p.Facts, "fact_returned", l.w.day(l.now, in.Case.Returned, in.Zone))
		}
		add(&p.Visit, "fact_site", in.View.Site.Name)
		for _, attr := range []struct{ name, label string }{
			{voice.AttrService, "fact_service"},
			{voice.AttrAgent, "fact_staff"},
			{voice.AttrDate, "fact_date"},
			{voice.AttrItem, "fact_item"},
			{voice.AttrTicket, "fact_ticket"},
			{voice.AttrPromise, "fact_promise"},
		} {
			value, _ := v.Known(attr.name)
			add(&p.Visit, attr.label, value)
		}
		if title := in.View.Flow.Title.In(append(slices.Clip(v.Langs), voice.Languages[0])...); !unanswered(in.View) {
			add(&p.Visit, "fact_flow", l.w.t("flow_version", title, s.Version))
		}
		for i := range in.Past {
			o := &in.Past[i]
			text := voice.Join(" ", l.w.day(l.now, o.Started, in.Zone), voice.Cut(o.Service, voice.LongestName))
			if o.Case != "" {
				text = voice.Join(l.w.t("comma"), text, l.w.t("with_a_case"))
			}
			level := o.Judgement.Level
			if level == 0 {
				level = o.Judgement.Primary.Level
			}
			p.Past = append(p.Past, pastLine{level, text})
		}
	}
	p.Cards = append(p.Cards, in.Cards...)
	for _, h := range in.Next {
		if h.At.After(l.now) && len(h.Chats) > 0 {
			p.Next = append(p.Next, l.w.t("next_hears", l.w.moment(l.now, h.At, in.Zone), strings.Join(h.Chats, l.w.t("comma"))))
		}
		if len(p.Next) == 3 {
			break
		}
	}
}

// historyIn is everything that happened, the newest first.
func (l look) historyIn(p *casePage, in caseSource) {
	p.HistoryAll, p.Earlier, p.Old = in.Since+len(in.Events)+in.Later, in.Since, in.Later > 0
	for _, e := range slices.Backward(in.Events) {
		line := historyLine{Text: l.happened(in, e), At: l.w.moment(l.now, e.At, in.Zone), Now: len(p.History) == 0 && !p.Old}
		switch recovery.EventKind(e.Kind) {
		case recovery.EventCustomerWrote, recovery.EventContacted, recovery.EventNoted: // they stand in the conversation
		default:
			if l.words {
				line.Note = e.Note
			}
		}
		if e.Kind == string(recovery.EventNoAction) && in.View != nil && line.Note != "" {
			if known := in.View.StaffVoiceIn(l.w.lang).Plain["no_action_"+line.Note]; known != "" {
				line.Note = known
			}
		}
		p.History = append(p.History, line)
	}
}

// happened is a line of the history in words.
func (l look) happened(in caseSource, e storage.CaseEvent) string {
	who := in.Names[e.By]
	if who == "" {
		who = l.w.t("somebody")
	}
	key := "event_" + e.Kind
	args := []any{who}
	first, rest, _ := strings.Cut(e.Detail, " ")
	switch recovery.EventKind(e.Kind) {
	case recovery.EventOpened:
		why := ""
		if in.View != nil {
			why = in.View.Why(in.View.StaffVoiceIn(l.w.lang))
		}
		args = append(args, first, why)
	case recovery.EventAssigned:
		args = append(args, in.Names[e.Detail])
	case recovery.EventUnacknowledged, recovery.EventStaffGone:
		args = append(args, in.Names[e.Detail])
	case recovery.EventContacted:
		if first != string(recovery.InChat) {
			key = "event_spoke"
			args = append(args, l.w.t("means_"+first))
		}
	case recovery.EventAgreed, recovery.EventSnoozed:
		at := e.Detail
		if t, err := time.Parse(time.RFC3339, e.Detail); err == nil {
			at = l.w.moment(l.now, t, in.Zone)
		}
		args = append(args, at)
	case recovery.EventResolved:
		args = append(args, l.resolved(in, first, rest))
	case recovery.EventRaised:
		args = append(args, e.Detail)
	case recovery.EventReopened:
		if e.By != "" {
			key = "event_reopened_by"
		}
	case recovery.EventStruck:
		args = append(args, l.w.t("clock_"+first), rest)
	case recovery.EventFollowUp:
		if e.Detail != "" {
			key = "event_not_asked"
		}
	default:
		switch e.Kind {
		case bot.EventAttempted:
			args = append(args, l.w.t("act_"+first))
		}
	}
	return l.w.t(key, args...)
}

// resolved is how a case was settled, in words: the cause and what was done.
func (l look) resolved(in caseSource, cause, rest string) string {
	if in.View == nil {
		return cause
	}
	v := in.View.StaffVoiceIn(l.w.lang)
	parts := []string{in.View.Cause(v, cause)}
	for i, word := range strings.Fields(rest) {
		if i == 0 {
			continue // the kind of failure follows from the cause
		}
		kind, cost, _ := strings.Cut(word, "=")
		n, _ := strconv.ParseInt(cost, 10, 64) // none: it cost nothing
		parts = append(parts, in.View.Action(v, recovery.Action{Kind: recovery.ActionKind(kind), Cost: n}))
	}
	return strings.Join(parts, l.w.t("comma"))
}

// mayReveal reports whether somebody may learn at a site who a pseudonym is.
func mayReveal(v Viewer, at string) bool { return v.Staff != "" && v.Can(access.Reveal, at) }
