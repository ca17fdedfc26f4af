package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Chooser is who opened a menu.
func (c *CaseView) Chooser(open storage.OpenMenu) string {
	return glance{}.who(c.Team.Members[open.By].Name)
}

// InMenu shows a menu in a card in the place of its buttons, and whose it is.
func (c *CaseView) InMenu(v *voice.Voice, card *chat.Message, open storage.OpenMenu, on chat.Traits) {
	p, ok := DecodePressed(open.Data)
	if !ok || !p.Menu {
		return
	}
	card.Title += " · " + v.Say("menu_choosing", "who", c.Chooser(open))
	first := card.Rows[:min(1, len(card.Rows))]
	card.Footer, card.Rows = c.Menu(v, p, on)
	if p.Act == MoreActs && !on.Menus { // nobody waits for Take and Reply
		card.Rows = append(first[:len(first):len(first)], card.Rows...)
	}
}

// Menu is what the card shows below instead while something is chosen: a question and
// its buttons.
func (c *CaseView) Menu(v *voice.Voice, p Pressed, on chat.Traits) (ask string, rows [][]chat.Button) {
	var all, last []chat.Button
	forms := on.Forms
	switch p.Act {
	case MoreActs:
		ask = v.Say("ask_more")
		shown, further := c.acts()
		if on.Menus { // the card has one row, and what it leaves out
			further = slices.Concat(shown, further)
		}
		all = c.actButtons(v, further, forms)
	case recovery.ActResolve:
		r := resolving{c, v}
		p = r.opened(p)
		ask = v.Say("ask_resolve")
		if said := r.chosen(p); said != "" {
			ask += "\n" + said
		}
		rows = append(inRows(r.causes(p), 2), inRows(r.actions(p), 2)...)
		cost := chat.Button{Text: v.Say("act_resolve_cost"), Data: c.pressing(ResolveCost, false, p.Choice, p.Mask)}
		if forms && Decided(p) {
			cost.Form = c.form(v, ResolveCost)
		}
		last = []chat.Button{{Text: v.Say("act_resolve"), Data: c.pressing(p.Act, false, p.Choice, p.Mask), Style: "primary"}, cost}
		if on.Menus && slices.Contains(recovery.CardOffers(c.Case.Case), recovery.ActNoAction) {
			last = append(last, c.actButtons(v, []recovery.ActKind{recovery.ActNoAction}, forms)...)
		}
	case recovery.ActNoAction:
		ask = v.Say("ask_reason")
		for _, reason := range NoActionReasons {
			all = append(all, chat.Button{Text: v.Say("no_action_" + reason), Data: c.pressing(p.Act, false, reason, 0)})
		}
	case recovery.ActAssign:
		ask = v.Say("ask_assign")
		people, next := assignPage(c.Assignable(), p.Choice)
		for _, s := range people {
			all = append(all, chat.Button{Text: voice.Called(s.Name), Data: c.pressing(p.Act, false, StaffMark(s.ID), 0)})
		}
		if next != "" {
			last = []chat.Button{{Text: v.Say("act_more"), Data: c.pressing(p.Act, true, next, 0)}}
		}
	case recovery.ActSnooze:
		ask = v.Say("ask_snooze")
		for _, span := range Snoozes {
			all = append(all, chat.Button{Text: v.Say("snooze_" + span), Data: c.pressing(p.Act, false, span, 0)})
		}
	case recovery.ActAgree:
		ask = v.Say("ask_due")
		for _, due := range c.dueDates() {
			b := chat.Button{Text: v.Moment(due), Data: c.pressing(p.Act, false, DueMark(due), 0)}
			if forms {
				b.Form = c.formDue(v, due)
			}
			all = append(all, b)
		}
		other := chat.Button{Text: v.Say("due_other"), Data: c.pressing(p.Act, false, DueTyped, 0)}
		if forms {
			other.Form = c.formDue(v, time.Time{})
		}
		all = append(all, other)
	}
	rows = append(rows, inRows(all, 2)...)
	last = append(last, chat.Button{Text: v.Say("menu_close"), Data: c.pressing(NoMenu, false, "", 0)})
	return ask, append(rows, last)
}

// causes are the entries of the menu, those whose keys a button can carry.
func (c *CaseView) causes() []recovery.Cause {
	return slices.DeleteFunc(slices.Clone(c.Causes), func(cause recovery.Cause) bool {
		return len(cause.Key) > LongestChoice || !voice.IsName(cause.Key)
	})
}

// Cause is the name of what went wrong.
func (c *CaseView) Cause(v *voice.Voice, key string) string {
	if i := slices.IndexFunc(c.Causes, func(x recovery.Cause) bool { return x.Key == key && x.Name != "" }); i >= 0 {
		return c.Causes[i].Name
	}
	if s := v.Plain["cause_"+key]; s != "" {
		return s
	}
	return key // a cause of the organisation's own that has no name
}

// AssignShown is how many people the menu of Assign offers at once.
const AssignShown = 40

// assignPage is the part of all that the menu of Assign shows for a button's choice, and the
// choice that leads to the next part: after the last comes the first again. "" = there is
// no other.
func assignPage(all []storage.Staff, choice string) (shown []storage.Staff, next string) {
	if len(all) <= AssignShown {
		return all, ""
	}
	page, _ := index(strings.TrimPrefix(choice, "p"))
	from := page * AssignShown
	if from >= len(all) { // somebody left meanwhile
		page, from = 0, 0
	}
	to := min(from+AssignShown, len(all))
	if page++; to == len(all) {
		page = 0
	}
	return all[from:to], "p" + strconv.Itoa(page)
}

// Assignable are those who may act on cases of this site, by name; who holds the case
// already is left out.
func (c *CaseView) Assignable() []storage.Staff {
	var all []storage.Staff
	for id, s := range c.Team.Members {
		held := c.Case.State != recovery.Open && c.Case.Holder.ID == id
		if s.RoleAt(c.Case.Site).Can(access.TakeCase) && !held {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b storage.Staff) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return all
}

// StaffMark is how a button names a member of staff: ids are the admin's own and may be
// longer than a button carries.
func StaffMark(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "s" + hex.EncodeToString(sum[:8])
}

// marked is the member of staff that a button names, as who they are at this site.
func (c *CaseView) marked(mark string) recovery.Actor {
	for id, s := range c.Team.Members {
		if StaffMark(id) == mark {
			return recovery.Actor{Staffer: recovery.Staffer{ID: id, Name: s.Name}, Role: s.RoleAt(c.Case.Site)}
		}
	}
	return recovery.Actor{}
}

// Snoozes are the spans that the menu of Snooze offers.
var Snoozes = []string{"1h", "4h", "morning"}

// Hours of the day at the site that menus offer.
const (
	morningHour = 9
	noonHour    = 12
	eveningHour = 18
)

// snoozeUntil is when a span ends that begins now.
func (c *CaseView) snoozeUntil(span string) (time.Time, bool) {
	switch span {
	case "1h":
		return c.Now.Add(time.Hour), true
	case "4h":
		return c.Now.Add(4 * time.Hour), true
	case "morning":
		return c.hourOf(1, morningHour), true
	}
	return time.Time{}, false
}

// hourOf is an hour of the day at the site, so many days from today.
func (c *CaseView) hourOf(days, hour int) time.Time {
	at := c.Now.In(c.Site.Zone)
	return time.Date(at.Year(), at.Month(), at.Day()+days, hour, 0, 0, 0, at.Location()).UTC()
}

// dueDates are the moments that the menu of Agree offers, those that are yet to come.
func (c *CaseView) dueDates() []time.Time {
	var all []time.Time
	for _, d := range []struct{ days, hour int }{{0, eveningHour}, {1, noonHour}, {1, eveningHour}, {3, eveningHour}, {7, eveningHour}} {
		if at := c.hourOf(d.days, d.hour); at.After(c.Now) {
			all = append(all, at)
		}
	}
	return all
}

// DueTyped is the choice of a date that is to be typed.
const DueTyped = "typed"

// DueMark is how buttons and prompts carry a moment, to the minute.
func DueMark(at time.Time) string { return "d" + strconv.FormatInt(at.Unix()/60, 36) }

func DueOf(mark string) (time.Time, bool) {
	if len(mark) < 2 || mark[0] != 'd' {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(mark[1:], 36, 64)
	return time.Unix(n*60, 0).UTC(), err == nil && n > 0 && n < 1<<32
}
