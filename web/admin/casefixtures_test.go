package admin

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/web/chart"
)

// Fixtures of the pages of cases: with nothing, and with everything that they may show.
func init() {
	full := casePage{
		Number: "A-1042", Name: "Anna", Who: "Anna", Level: 2, Feeling: "dissatisfied", Priority: "P1", Sign: "▲", Why: "main answer: dissatisfied",
		State: "Taken", Shape: "taken", Holder: "Robin Park", Site: "Main Street", Active: true, Test: true, Mood: "angry", Contact: "yes", Going: true,
		Clocks: []caseClock{
			{when: when{"13 min left", "09:15", "soon", 1}, Label: "Contact by", Share: 78, Ticks: []int{50, 100}, Says: []string{"at 100 % Mei hears"}},
			{when: when{"late by 2 h", "07:15", "late", 1}, Label: "Resolve by", Share: 100},
		},
		Near:     &caseClock{when: when{"13 min left", "09:15", "soon", 1}},
		Words:    []said{{"Why?", "I waited <b>forty</b> minutes."}, {"", "Hello?"}},
		Answers:  []answered{{draw.CaseAnswer{Question: "Overall", Answer: "2 of 5", Level: 2, Before: "4"}, "dissatisfied"}, {draw.CaseAnswer{Question: "More", Answer: "yes"}, ""}},
		Talk:     []bubble{{"o", "program", "Anna answered", "08:15", false}, {"e1", "customer", "Hi", "Anna · 08:16", false}, {"e2", "staff", "So sorry", "Robin · ✕ Not delivered", true}, {"e3", "aside", "Ours", "Note", false}},
		Pending:  &pending{ID: "p1", Text: "Dear Anna", Seconds: 4, Mine: true},
		Refused:  &pending{ID: "p2", Text: "Dear Anna", Why: "Mei has had it for 3 minutes.", Mine: true},
		Typing:   "Mei is writing to Anna.",
		Offers:   []string{"take", "contact", "resolve", "release", "agree", "snooze", "assign", "no_action", "unreachable", "note", "spoke", "reopen"},
		Primary:  "reply",
		Reply:    &box{"To Anna, on Telegram", "The customer reads it as “Robin”.", "Send to Anna", "words", "Write something first.", []string{"Sorry"}},
		Note:     &box{"Note, for staff only", "Never leaves this page.", "Save note", "words", "Write something first.", nil},
		Conflict: "Mei has had it for 3 minutes.", CanReveal: true,
		Story:   [][2]string{{"Holder", "Robin, 08:22"}},
		History: []historyLine{{"Mei wrote a note", "", "08:44", true}, {"Robin took the case", "words", "08:22", false}}, HistoryAll: 2,
		Facts: [][2]string{{"Tier", "regular"}}, Visit: [][2]string{{"Service", "haircut"}}, Past: []pastLine{{5, "Sep 18 haircut"}, {0, "Aug 30"}},
		Cards: []string{"Front desk"}, Next: []string{"Next: at 09:15 to Mei"}, FormID: "f1",
	}
	empty := casePage{Number: "A-1", Name: "Customer", Who: "the customer", State: "Open", Shape: "open", Contact: "no", Hidden: true}
	closed := full
	earlier := full
	earlier.Earlier, earlier.Old, earlier.HistoryAll = 40, true, 154
	closed.Active, closed.Primary, closed.Contact, closed.Reply = false, "reopen", "lost", &box{Title: "Nothing can be sent here now", Hint: "What you wrote is kept here.", Text: "words"}
	row := caseRow{"A-1042", 2, "dissatisfied", "P1", "Anna", "haircut · Main Street", "I waited <b>forty</b> minutes.", "08:51", when{"13 min left", "09:15", "soon", 1}, "contact by 09:15", "you", "reply", true}
	take := row
	take.Number, take.Act, take.Level, take.Wrote = "C-88", "take", 7, ""
	list := inboxPage{
		Files:  listedAs("/list/cases", "Cases"),
		Storms: []stormRow{{"Storm at Harbour since 09:00: 34 cases, 6 of them P1", "12 that nobody has", "/cases/next?site=harbour", "/cases?site=harbour"}},
		Groups: []standingGroup{
			{Key: "waiting", Count: "1", Rows: []caseRow{row}, More: "/cases?state=waiting"},
			{Key: "free", Count: "1000+", Rows: []caseRow{take}},
			{Key: "closed", Count: "0"},
			{Key: "asleep", Count: "1", Fold: true, Next: "15:00", Rows: []caseRow{{Number: "B-1", Name: "Tom", State: "Mei"}}, More: "/cases?state=asleep"},
		},
		Sites: []choice{{"", "All", true}, {"main", "Main Street", false}}, States: []choice{{"", "All", true}}, Ranks: []choice{{"P1", "P1", false}}, Whys: []choice{{"", "Every reason", true}},
		Query: "Z-1", NotOne: "Z-1", Found: true, Saving: "site=main", Views: []link{{"/cases?site=main", "Main Street"}}, May: true,
	}
	fixtures = append(fixtures,
		fixture{"cases.html", "empty", frame{Title: "Cases", Own: true}, inboxPage{Empty: true, Last: "The last case was closed 16:10 by Robin."}},
		fixture{"cases.html", "full", frame{Title: "Cases", Own: true, Waiting: 3, Flash: "Saved"}, list},
		fixture{"case.html", "empty", frame{Title: "A-1", Own: true}, empty},
		fixture{"case.html", "full", frame{Title: "A-1", Own: true, Flash: "Saved"}, full},
		fixture{"case.html", "closed", frame{Title: "A-1", Own: true}, closed},
		fixture{"case.html", "earlier", frame{Title: "A-1", Own: true}, earlier},
		fixture{"act.html", "revealed", frame{Title: "Who"}, actPage{Kind: "revealed", Number: "A-1", Told: "“Anna”"}},
	)
	var points []chart.Point
	for i, p := range []float64{0.1, 0.09, 0.12, 0.1, 0, 0.08, 0.11, 0.12, 0.13, 0.15, 0.17, 0.19, 0.2} {
		mark := map[bool]chart.Mark{true: chart.Filled, false: chart.Gap}[p > 0]
		points = append(points, chart.Point{Label: map[bool]string{true: fmt.Sprintf("week %d", 36+i)}[i%3 == 0], Words: "10 %", Mark: mark, P: p, Low: p / 2, High: p * 1.7})
	}
	said := answerRow{"/answers/0.s", 2, "Level 2 of 7", "I waited <b>forty</b> minutes.", "haircut · Main Street", true}
	fixtures = append(fixtures,
		fixture{"today.html", "empty", frame{Title: "Today", Own: true}, todayPage{Empty: true}},
		fixture{"today.html", "quiet", frame{Title: "Today", Own: true}, todayPage{Nobody: true, Search: true}},
		fixture{"today.html", "full", frame{Title: "Today", Meta: "Monday, March 2", Own: true}, todayPage{
			Sites: list.Sites, Search: true,
			Wrong: []trouble{{"Slack takes no messages; 3 chats wait.", "/outbox", "Mend"}}, Mend: true, Could: []step{{"Connect Telegram, so that customers answer where they write anyway.", "/settings/telegram", "Connect"}}, Needs: []caseRow{row, take}, All: 12, Alarms: []alarmView{alarmFixture("main-worse-2026-03-02"), alarmFixture("harbour-worse-2026-03-02")}, MoreAlarms: true,
			Said: []answerRow{said, {"/answers/0.t", 0, "", "", "x", false}}, Trend: &trend{
				Says: "Unsatisfied by week, of 705 answers in 13 weeks.", Rows: []reportRow{{Label: "week 9", N: "62", Value: "19 % (11–31)"}},
				Drawing: chart.Line{ID: "trend", Title: "Unsatisfied by week", Points: points, Usual: 0.1, Percent: func(x float64) string { return strconv.Itoa(int(100*x)) + " %" }}.SVG(),
			}, Week: []figure{{"Unsatisfied", "19 %", "(11–31) of 62", "11.0%", "20.0%", "19.0%"}, {"Unsatisfied", "2 of 7", "too few for a rate", "", "", ""}, {"Answered", "35 %", "(28–42) of 178", "28.0%", "14.0%", "35.0%"}},
		}},
		fixture{"answers.html", "empty", frame{Title: "Answers"}, answersPage{}},
		fixture{"answers.html", "full", frame{Title: "Answers"}, answersPage{Rows: []answerRow{said}, Sites: list.Sites, Flows: flowMenu{list.Sites, list.Sites}, Levels: list.Sites, Speaking: list.Sites, Words: true, More: "/answers?after=x", CSV: "/answers.csv?", Found: true}},
		fixture{"answer.html", "empty", frame{Title: "Anna"}, answerPage{Level: 3, Feeling: "neither"}},
		fixture{"answer.html", "full", frame{Title: "Anna"}, answerPage{2, "dissatisfied", full.Words, full.Answers, full.Facts, "A-1042"}},
	)
	some := []choice{{"a", "One", true}, {"b", "Two", false}}
	for _, form := range actForms {
		p := actPage{Kind: form, Number: "A-1", Name: "Anna", Who: "Anna", FormID: "f", Offered: true, Button: "Do it", Zone: time.UTC.String(), Causes: some, Actions: some, Choices: some}
		fixtures = append(fixtures, fixture{"act.html", form + " empty", frame{Title: "Act"}, p})
		p.Level, p.Feeling, p.Words, p.Error, p.Follows = 2, "dissatisfied", "I waited.", "Mei has it.", "Anna will be asked."
		p.Values = url.Values{"note": {"x"}, "plan": {"x"}, "reason": {"x"}, "text": {"x"}, "more": {"x"}, "cost": {"x"}}
		p.At = map[string]string{}
		for _, field := range fieldsOf[form] {
			p.At[field] = "That is wrong."
		}
		fixtures = append(fixtures, fixture{"act.html", form + " full", frame{Title: "Act"}, p})
	}
}

// fieldsOf are the fields of each form that may be wrong.
var fieldsOf = map[string][]string{
	"resolve": {"cause", "action", "cost", "note"}, "agree": {"plan", "date", "time"}, "snooze": {"span"}, "assign": {"to"}, "no-action": {"reason", "more"},
	"unreachable": {"reason"}, "reopen": {"reason"}, "spoke": {"means", "text"}, "reveal": {"reason"},
}
