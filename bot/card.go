package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// showCard brings the case's cards up to date wherever they hang. An unchanged card
// is not sent again.
func (t *turn) showCard() {
	t.passed = len(t.out.Words)
	t.showAside()
	if t.kase == nil || t.ofCase().session == nil {
		return
	}
	if t.hush() {
		t.kase.Unposted, t.told, t.news = false, len(t.out.Events), nil
		return
	}
	about := t.ofCase()
	places := about.places()
	t.out.Case = about.out.Case
	if unposted := len(places) == 0; unposted != t.kase.Unposted {
		t.kase.Unposted, t.out.Case = unposted, t.kase
	}
	if t.kase.Unposted {
		return
	}
	render := about.card()
	v := about.staffVoice()
	for _, to := range places {
		slot := cardSlot(t.kase.ID, to)
		render.Rows = about.cardButtons(v, hasForms(to.Platform))
		t.want(storage.Want{Slot: slot, Kind: storage.CardD, Address: t.snap.At(to), Render: render})
		t.timeline(to, slot)
		t.showFiles(to, slot)
	}
	t.told = len(t.out.Events)
	t.tell(t.news, places)
	t.news = nil
}

// cardSlot is the place of a case's card in a chat.
func cardSlot(id string, to chat.Address) string { return "case:" + id + ":" + to.String() }

// staffVoice speaks to staff about the session: in the site's language.
func (t *turn) staffVoice() *Voice {
	lang := t.snap.Site(t.session.Site).Language
	if lang == "" {
		lang = Languages[0]
	}
	w := t.b.texts.Of(lang)
	v := t.voice(w, w.Tag, lang)
	if t.pseudonymous() {
		v.Name = v.Say("card_pseudonym", "mark", t.b.pseudonym(t.session.Identity))
	}
	return v
}

// Lengths on a card, in runes.
const (
	cardLabel = 120
	cardQuote = 500
)

// card is the message that staff see of a case (domain 3.5): what state it is in
// first, then who, where, what was answered, how bad it is, and by when what must
// happen. Facts that are not known are left out.
func (t *turn) card() chat.Message {
	v := t.staffVoice()
	k, s := t.kase, t.session
	name := t.customerName(v)
	service, _ := v.Known(AttrService)
	state, priority := string(k.State), k.Decision.Priority.String()
	if k.Watched() {
		state, priority = "watch", ""
	}
	title := []string{v.Say("state_" + state), priority, t.primaryAnswer(v), name, Cut(service, LongestName)}
	if kind := feedbackKind(s.Flow); kind != "" {
		title = slices.Insert(title, 2, v.Say("feedback_"+string(kind)))
	}
	if s.Test {
		title = slices.Insert(title, 1, v.Say("card_test"))
	}
	m := chat.Message{
		Title: Join(" · ", title...) + " (" + k.Name() + ")",
		State: cardState(k.Case, t.now), Lang: v.Lang,
	}
	fact := func(label, value string) {
		if value != "" {
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: value})
		}
	}
	who := name
	if t.identity != nil && t.identity.Username != "" && !t.pseudonymous() {
		who += " (@" + t.identity.Username + ")"
	}
	fact(v.Say("card_customer"), who)
	fact(v.Say("card_channel"), v.Say("channel_"+string(s.Address.Platform)))
	if MatchLanguage([]string{v.Lang}, s.Lang) == "" {
		fact(v.Say("card_language"), SelfName(s.Lang))
	}
	if s.Facts.Tier != recovery.Normal {
		fact(v.Say("card_tier"), v.Say("tier_"+string(s.Facts.Tier)))
	}
	fact(v.Say("card_site"), v.Site.Name)
	fact(v.Say("card_service"), service)
	for _, attr := range []struct{ name, label string }{
		{AttrAgent, "card_staff"},
		{AttrDate, "card_date"},
		{AttrItem, "card_item"},
		{AttrTicket, "card_ticket"},
		{AttrPromise, "card_promise"},
	} {
		value, _ := v.Known(attr.name)
		fact(v.Say(attr.label), value)
	}
	t.cardAnswers(v, &m)
	t.cardLevel(v, fact)
	if c := t.contact(); c != "" {
		fact(v.Say("card_contact"), v.Plain["contact_"+c])
	}
	fact(v.Say("card_why"), t.why(v))
	t.cardStory(v, fact)
	t.cardDue(v, &m)
	foot := t.cardFoot(v)
	if k.Changed {
		foot = append(foot, v.Say("card_changed"))
	}
	if t.live() {
		foot = append(foot, v.Say("card_going"))
	}
	m.Footer = strings.Join(foot, " ")
	return m
}

// primaryAnswer is the answer to the primary question in few words, "1 of 5".
func (t *turn) primaryAnswer(v *Voice) string {
	for i := range t.flow.Questions {
		q := &t.flow.Questions[i]
		if !q.Primary {
			continue
		}
		a, ok := t.session.Answer(q.Key)
		if !ok || a.Skipped || a.Value == nil {
			return ""
		}
		n := len(q.Scale.Options)
		if q.Kind == survey.ScaleQ && n > wordScale && q.Scale.Options[0].Value >= 0 {
			return v.Say("button_number", "value", Number(*a.Value), "max", Number(q.Scale.Options[n-1].Value))
		}
		return answerText(v, q, &a)
	}
	return ""
}

// cardAnswers lists each answer with its words; what was written is quoted.
func (t *turn) cardAnswers(v *Voice, m *chat.Message) {
	for i := range t.session.Answers {
		a := &t.session.Answers[i]
		at, ok := t.flow.Index[a.Question]
		if !ok || a.Dropped || a.Question == contactKey {
			continue
		}
		q := &t.flow.Questions[at]
		label := Cut(v.Fill(q.Ask.In(v.Langs...)), cardLabel)
		switch {
		case a.Skipped:
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: v.Say("card_skipped")})
		case q.Kind.Info().Personal && t.pseudonymous():
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: v.Say("card_hidden")})
		case q.Kind.Info().Free:
			m.Quotes = append(m.Quotes, chat.Quote{Label: label, Text: Cut(answerText(v, q, a), cardQuote)})
		default:
			m.Facts = append(m.Facts, chat.Fact{Label: label, Value: Cut(answerText(v, q, a), cardQuote)})
		}
	}
	for _, said := range t.session.Said {
		m.Quotes = append(m.Quotes, chat.Quote{Label: v.Say("card_wrote"), Text: said})
	}
}

// cardLevel says how bad it is and which mood to expect: the mood of the worse of
// the primary answer and the whole.
func (t *turn) cardLevel(v *Voice, fact func(label, value string)) {
	bands := t.flow.Bands
	langs := append(slices.Clip(v.Langs), Languages[0])
	j := &t.session.Judgement
	level := j.Level
	if level == 0 {
		level = j.Primary.Level
	}
	mood := level
	if p := j.Primary.Level; p > 0 && p < mood {
		mood = p
	}
	name := func(id string, level int) string {
		max := strconv.Itoa(len(bands))
		return v.Say(id, "level", strconv.Itoa(level), "max", max, "name", bands[level-1].Name.In(langs...))
	}
	if level >= 1 && level <= len(bands) {
		id := "level_value"
		if !j.Settled {
			id = "level_so_far"
		}
		fact(v.Say("card_level"), name(id, level))
	}
	if mood >= 1 && mood <= len(bands) {
		fact(v.Say("card_mood"), bands[mood-1].Indication.In(langs...))
	}
	if p := t.session.Facts.Previous; p >= 1 && p <= len(bands) {
		fact(v.Say("card_previous"), name("level_value", p))
	}
	if n := t.session.Facts.Earlier; n > 0 {
		fact(v.Say("card_history"), v.Count("card_earlier", n))
	}
}

// primaryOf is the reason of the main answer at the level of a composite one.
var primaryOf = map[recovery.Reason]recovery.Reason{
	recovery.CompositeL1: recovery.PrimaryL1,
	recovery.CompositeL2: recovery.PrimaryL2,
	recovery.CompositeL3: recovery.PrimaryL3,
}

// why says in plain words why the case opened and what made it more urgent.
func (t *turn) why(v *Voice) string {
	var why []string
	rs := t.kase.Decision.Reasons
	for _, r := range rs {
		if same, ok := primaryOf[r]; ok && slices.Contains(rs, same) {
			continue // the main answer says as much
		}
		why = append(why, t.reason(v, r))
	}
	for _, r := range t.kase.Decision.Raised {
		why = append(why, v.Say("raise_"+string(r)))
	}
	return strings.Join(why, "; ")
}

// reason is one reason in words. Levels go by the names that the flow's own bands have.
func (t *turn) reason(v *Voice, r recovery.Reason) string {
	j := &t.session.Judgement
	id, level, now := "", 0, 0
	switch r {
	case recovery.AttributeBottom:
		if which := t.bottom(v); which != "" {
			return v.Say("reason_attribute_of", "questions", which)
		}
	case recovery.PrimaryL1, recovery.PrimaryL2, recovery.PrimaryL3:
		id, now = "reason_primary_level", j.Primary.Level
		level = 1 + slices.Index([]recovery.Reason{recovery.PrimaryL1, recovery.PrimaryL2, recovery.PrimaryL3}, r)
	case recovery.CompositeL1, recovery.CompositeL2, recovery.CompositeL3:
		id, now = "reason_composite_level", j.Level
		level = 1 + slices.Index([]recovery.Reason{recovery.CompositeL1, recovery.CompositeL2, recovery.CompositeL3}, r)
	}
	bands := t.flow.Bands
	if level == 3 && now > 3 && now <= len(bands) && bands[now-1].Unsatisfied {
		level = now // a ladder with more than three unsatisfied levels
	}
	if level >= 1 && level <= len(bands) {
		if name := bands[level-1].Name.In(append(slices.Clip(v.Langs), Languages[0])...); name != "" {
			return v.Say(id, "name", strings.ToLower(name))
		}
	}
	return v.Say("reason_" + string(r))
}

// bottom names the questions about single aspects that got the lowest mark; "" when an
// answer was changed and none has it any more.
func (t *turn) bottom(v *Voice) string {
	var asked []string
	for _, key := range t.session.Judgement.Bottom {
		if i, ok := t.flow.Index[key]; ok {
			asked = append(asked, v.Say("quoted", "words", Cut(v.Fill(t.flow.Questions[i].Ask.In(v.Langs...)), cardLabel)))
		}
	}
	return strings.Join(asked, v.Say("list_comma"))
}

// cardDue says by when what must still happen. A case on the watch list has no clocks,
// and who does not want to be contacted has no clock for that.
func (t *turn) cardDue(v *Voice, m *chat.Message) {
	k := t.kase
	if !k.State.Active() || k.Watched() {
		return
	}
	by := func(id string, at time.Time) {
		if at.IsZero() {
			return
		}
		text := v.Say("due_value", "at", v.Moment(at), "zone", v.Site.Zone.String())
		m.Facts = append(m.Facts, chat.Fact{Label: v.Say(id), Value: text, At: at})
	}
	if k.State == recovery.Open {
		by("due_take", k.Due.Acknowledge)
	}
	if k.Contact != recovery.NoContact && k.Round.Contacted.IsZero() {
		by("due_contact", k.Due.Contact)
	}
	if k.Plan == nil {
		by("due_resolve", k.Due.Resolve)
	}
}
