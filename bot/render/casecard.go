package render

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// What a card shows beside the menu of all the rest, by where the case stands (platforms
// D3): never a button that would do nothing.
var (
	openActs   = []recovery.ActKind{recovery.ActTake, recovery.ActContact, recovery.ActResolve}
	heldActs   = []recovery.ActKind{recovery.ActContact, recovery.ActResolve, recovery.ActRelease}
	closedActs = []recovery.ActKind{recovery.ActReopen, recovery.ActNote}
	// furtherActs are behind More, where they are not on the card already.
	furtherActs = []recovery.ActKind{
		recovery.ActNote, recovery.ActAgree, recovery.ActAssign, recovery.ActSnooze, recovery.ActNoAction, recovery.ActRelease, Reveal,
	}
)

// opensMenu reports whether an act needs more to be chosen.
func opensMenu(k recovery.ActKind) bool {
	switch k {
	case recovery.ActResolve, recovery.ActNoAction, recovery.ActAssign, recovery.ActAgree, recovery.ActSnooze, MoreActs:
		return true
	}
	return false
}

// NoActionReasons are the reasons that the menu offers; the case keeps the key.
var NoActionReasons = []string{"duplicate", "mistake", "known", "other"}

// acts are the acts on the card itself and behind More.
func (c *CaseView) acts() (shown, further []recovery.ActKind) {
	offers := recovery.CardOffers(c.Case.Case)
	if c.Pseudonymous() {
		offers = append(offers, Reveal)
	}
	first := heldActs
	switch {
	case !c.Case.State.Active():
		first = closedActs
	case c.Case.State == recovery.Open:
		first = openActs
	}
	for _, k := range first {
		if slices.Contains(offers, k) {
			shown = append(shown, k)
		}
	}
	for _, k := range furtherActs {
		if k == recovery.ActAssign && len(c.Assignable()) == 0 {
			continue // there is nobody
		}
		if slices.Contains(offers, k) && !slices.Contains(shown, k) {
			further = append(further, k)
		}
	}
	return shown, further
}

// Buttons are the buttons below a card: those that would do something now. on is what the
// platform can: ask for words before a button acts, or hold menus.
func (c *CaseView) Buttons(v *voice.Voice, on chat.Traits) [][]chat.Button {
	if c.Identity == nil {
		return nil // nobody could be found by them
	}
	shown, further := c.acts()
	if on.Menus && c.Case.State.Active() {
		shown, further = folded(shown, further)
	}
	all := c.actButtons(v, shown, on.Forms)
	if len(all) > 0 && c.Case.State.Active() { // of one that is closed nothing is expected
		all[0].Style = "primary"
	}
	if on.Menus {
		return [][]chat.Button{append(all, menuOf(v, c, further))}
	}
	if len(further) > 0 {
		all = append(all, chat.Button{Text: v.Say("act_more"), Data: c.pressing(MoreActs, true, "", 0)})
	}
	return inRows(all, 2)
}

// folded leaves on the card what is done most, and the rest to its menu; that no action is
// needed stands beside what else can end the case.
func folded(shown, further []recovery.ActKind) (onCard, inMenu []recovery.ActKind) {
	for _, k := range shown {
		if k != recovery.ActRelease {
			onCard = append(onCard, k)
		}
	}
	for _, k := range further {
		if k != recovery.ActNoAction {
			inMenu = append(inMenu, k)
		}
	}
	if slices.Contains(shown, recovery.ActRelease) {
		inMenu = append(inMenu, recovery.ActRelease)
	}
	return onCard, inMenu
}

// menuOf is the menu of a card: its details, and the acts that have no button. A menu has room
// for few, so the last entry may lead to all of them. One entry alone is a button.
func menuOf(v *voice.Voice, c *CaseView, acts []recovery.ActKind) chat.Button {
	details := chat.Button{Text: v.Say("act_details"), Data: c.pressing(Details, false, "", 0)}
	if len(acts) == 0 {
		return details
	}
	more := chat.Button{Text: v.Say("act_more")}
	all := append([]chat.Button{details}, c.actButtons(v, acts, false)...)
	if len(all) > chat.MostMenu {
		all = append(all[:chat.MostMenu-1], chat.Button{Text: more.Text, Data: c.pressing(MoreActs, true, "", 0)})
	}
	for _, b := range all {
		more.Menu = append(more.Menu, chat.Entry{Text: b.Text, Data: b.Data})
	}
	return more
}

// On is the card as a platform shows it, with its buttons: where a menu tells the details, the
// card itself leaves them out, but for the place that it is about.
func On(v *voice.Voice, c *CaseView, card chat.Message, on chat.Traits) chat.Message {
	card.Rows = c.Buttons(v, on)
	if on.Menus && len(card.Rows) > 0 {
		card.Facts = slices.DeleteFunc(slices.Clone(card.Facts), func(f chat.Fact) bool { return f.Label != v.Say("card_site") })
	}
	return card
}

// Told is the form that tells the details of a card.
func Told(v *voice.Voice, c *CaseView) *chat.Form {
	var lines []string
	for _, f := range c.Card(v).Facts {
		lines = append(lines, f.Label+": "+f.Value)
	}
	return &chat.Form{Title: c.Case.Name() + " · " + v.Say("act_details"), Submit: v.Say("form_close"), Note: strings.Join(lines, "\n")}
}

// actButtons are the buttons of these acts.
func (c *CaseView) actButtons(v *voice.Voice, acts []recovery.ActKind, forms bool) []chat.Button {
	var all []chat.Button
	for _, act := range acts {
		b := chat.Button{Text: v.Say("act_" + string(act)), Data: c.pressing(act, opensMenu(act), "", 0)}
		if forms {
			b.Form = c.form(v, act)
		}
		all = append(all, b)
	}
	return all
}

// pressing is the data of a button on this case's card.
func (c *CaseView) pressing(act recovery.ActKind, menu bool, choice string, mask int) string {
	of := c.Identity
	if of == nil {
		return ""
	}
	return Pressed{Hash: of.Person.Hash16(), Case: c.Case.ID, Act: act, Menu: menu, Choice: choice, Mask: mask}.Encode()
}

// inRows lays buttons out, at most n in a row.
func inRows(all []chat.Button, n int) [][]chat.Button {
	var rows [][]chat.Button
	for row := range slices.Chunk(all, n) {
		rows = append(rows, row)
	}
	return rows
}

// cardStory says who has the case, what they noted when they closed it, and what the customer
// thinks of the recovery.
func (c *CaseView) cardStory(v *voice.Voice, fact func(label, value string)) {
	k := c.Case
	who := func(id, name string, at time.Time) {
		if name != "" {
			fact(v.Say(id), v.Say("card_person_at", "name", voice.Called(name), "at", v.Moment(at)))
		}
	}
	if k.State.Active() {
		who("card_holder", k.Holder.Name, k.HeldAt)
	} else {
		who("card_ended", k.Ended.Name, k.EndedAt)
		if r := k.Resolution; r != nil && k.State != recovery.Dismissed && k.State != recovery.Unreached {
			fact(v.Say("card_note"), voice.Cut(r.Note, LongestQuote))
		}
	}
	c.cardOutcome(v, fact)
}

// reasonText is why no action was taken, or how the customer was sought.
func reasonText(v *voice.Voice, reason string) string {
	if known := v.Plain["no_action_"+reason]; known != "" {
		reason = known
	}
	return voice.Cut(reason, LongestQuote)
}

// actionsText is what was done for the customer, with what it cost.
func (c *CaseView) actionsText(v *voice.Voice, r *recovery.Resolution) string {
	var done []string
	for _, a := range r.Actions {
		done = append(done, c.Action(v, a))
	}
	return strings.Join(done, v.Say("list_comma"))
}

// Action is one thing that was done for the customer, with what it cost.
func (c *CaseView) Action(v *voice.Voice, a recovery.Action) string {
	what := v.Say("action_" + string(a.Kind))
	if a.Cost <= 0 {
		return what
	}
	return v.Say("card_beside", "what", what, "more", voice.Join(" ", amount(a.Cost), c.Currency))
}

// cardOutcome says what the customer thinks of the recovery, and whether they came again.
func (c *CaseView) cardOutcome(v *voice.Voice, fact func(label, value string)) {
	o := c.Case.Outcome
	var said []string
	if o.Settled != recovery.SettledUnknown {
		said = append(said, v.Say("settled_"+string(o.Settled)))
	}
	if o.Recovered != recovery.RecoveredUnknown {
		said = append(said, v.Say("outcome_"+string(o.Recovered)))
	}
	if o.Contradictory {
		said = append(said, v.Say("outcome_contradictory"))
	}
	fact(v.Say("card_outcome"), strings.Join(said, v.Say("list_comma")))
	if at := c.Case.Returned; !at.IsZero() {
		fact(v.Say("card_returned"), v.Day(at.In(v.Site.Zone)))
	}
}

// cardFoot says below the card what staff should know before they write: that the
// customer waits or cannot be written to, and what reaches them.
func cardFoot(v *voice.Voice, c *CaseView) []string {
	k := c.Case
	if !k.State.Active() {
		if !k.Wrote.IsZero() {
			return []string{v.Say("card_wrote_after")}
		}
		return nil
	}
	switch {
	case k.Contact == recovery.NoContact:
		return []string{v.Say("refused_contact_denied")}
	case c.Chatless():
		return []string{v.Say("card_chatless")}
	case !k.Lost.IsZero():
		return []string{v.Say("card_lost")}
	case !k.Unseen.IsZero():
		return []string{v.Say("card_unseen", "at", v.Moment(k.Unseen))}
	case !k.Wrote.IsZero():
		return []string{v.Say("card_waits")}
	}
	return nil
}
