package render

import (
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Home is a person's own page, where a platform has one: their surveys, their language,
// whether they get surveys, and for staff the open cases.
type Home struct {
	Lang     string // BCP 47
	Title    string
	Sections []HomeSection
}

// HomeSection is a part of the page under a heading.
type HomeSection struct {
	Title, Text string
	Items       []HomeItem
	Rows        [][]chat.Button
}

// HomeItem is one line with what can be done about it; Detail is shown faint.
type HomeItem struct {
	Text, Detail string
	Buttons      []chat.Button
}

// HomeView is what a page is made from: plain values, for reading only.
type HomeView struct {
	Person  *Talk   // about no survey
	Surveys []*Talk // the newest first
	Staff   bool    // the person is one of them: Cases are shown, the first ones first
	Cases   []HomeCase
	Admin   string // the address of the admin's pages; "" = they are not for this person
}

// HomeCase is an open case with its site.
type HomeCase struct {
	Case *storage.Case
	Site snapshot.Site
}

// Page is the page.
func (h *HomeView) Page() Home {
	v := h.Person.Person()
	page := Home{Lang: v.Lang, Title: v.Say("home_title")}
	open, past := HomeSection{Title: v.Say("home_open")}, HomeSection{Title: v.Say("home_past")}
	for _, t := range h.Surveys {
		if item := homeSurvey(v, t); Live(t.Session) {
			open.Items = append(open.Items, item)
		} else {
			past.Items = append(past.Items, item)
		}
	}
	if len(open.Items) == 0 {
		open.Text = v.Say("home_none")
	}
	page.Sections = append(page.Sections, open)
	if len(past.Items) > 0 {
		page.Sections = append(page.Sections, past)
	}
	page.Sections = append(page.Sections, h.wishes(v)...)
	if h.Staff {
		page.Sections = append(page.Sections, h.cases(v))
	}
	return page
}

// homeSurvey is the line of one survey.
func homeSurvey(v *voice.Voice, t *Talk) HomeItem {
	s, about := t.Session, t.Person()
	business, _ := about.Known(voice.AttrBusiness)
	item := HomeItem{Text: voice.Join(" · ", business, t.Flow.Title.In(append([]string{v.Lang}, t.Flow.Languages...)...))}
	on := func(id string, at time.Time) string { return v.Say(id, "date", v.Day(at.In(about.Site.Zone))) }
	if Live(s) {
		item.Detail = on("home_asked", s.Started)
		item.Buttons = append(item.Buttons, chat.Button{Text: v.Say("go_on"), Data: Tapped{Verb: VerbStart, Session: s.ID}.Encode(), Style: "primary"})
		if s.Paused {
			item.Detail = voice.Join(" · ", item.Detail, v.Say("home_later"))
		} else {
			item.Buttons = append(item.Buttons, chat.Button{Text: v.Say("later"), Data: Tapped{Verb: VerbLater, Session: s.ID}.Encode()})
		}
		return item
	}
	id := "home_ended"
	if len(s.Answers) > 0 {
		id = "home_answered"
	}
	item.Detail = on(id, s.Last)
	return item
}

// wishes are what the person can say by themselves, their language, and whether they get
// surveys.
func (h *HomeView) wishes(v *voice.Voice) []HomeSection {
	language := HomeSection{Title: v.Say("home_language"), Rows: [][]chat.Button{nil}}
	for _, tag := range voice.Languages {
		language.Rows[0] = append(language.Rows[0], chat.Button{
			Text: voice.SelfName(tag), Data: Tapped{Verb: VerbLanguage, Language: tag}.Encode(), Selected: tag == v.Lang,
		})
	}
	surveys := HomeSection{Title: v.Say("home_surveys"), Text: v.Say("home_on")}
	button := chat.Button{Text: v.Say("home_turn_off"), Data: Tapped{Verb: VerbSurveys, On: false}.Encode()}
	if id := h.Person.Identity; id != nil && !id.Stopped.IsZero() {
		surveys.Text = v.Say("home_off")
		button = chat.Button{Text: v.Say("home_turn_on"), Data: Tapped{Verb: VerbSurveys, On: true}.Encode(), Style: "primary"}
	}
	surveys.Rows = [][]chat.Button{{button}}
	say := HomeSection{Title: v.Say("home_say"), Rows: WishRows(v)}
	return []HomeSection{say, language, surveys}
}

// cases are the open cases of staff, and for admins the way to their pages.
func (h *HomeView) cases(v *voice.Voice) HomeSection {
	s := HomeSection{Title: v.Say("home_cases")}
	for _, c := range h.Cases {
		k, in := c.Case, *v
		in.Site = c.Site
		detail := v.Say("home_asked", "date", in.Moment(k.OpenedAt))
		if due := k.Due.Acknowledge; k.State == recovery.Open && !due.IsZero() {
			detail = v.Say("due_take") + " " + v.Say("due_value", "at", in.Moment(due), "left", v.Relative(due.Sub(h.Person.Now)), "zone", c.Site.Zone.String())
		}
		s.Items = append(s.Items, HomeItem{
			Text:   voice.Join(" · ", v.Say("state_"+string(k.State)), k.Decision.Priority.String(), k.Name(), c.Site.Name, voice.Called(k.Holder.Name)),
			Detail: detail,
		})
	}
	if len(s.Items) == 0 {
		s.Text = v.Say("home_no_cases")
	}
	if h.Admin != "" {
		s.Rows = [][]chat.Button{{{Text: v.Say("home_admin"), URL: h.Admin}}}
	}
	return s
}
