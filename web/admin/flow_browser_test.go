package admin

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/storage"
)

// TestSurveysAreBuiltInABrowser: from nothing, by menus, as somebody does who reads the page.
func TestSurveysAreBuiltInABrowser(t *testing.T) {
	browser := browsertest.Start(t)
	for name, test := range map[string]func(*hands){
		"statements on one scale, in random order": threeStatements.byHand,
		"words as options, and why":                pesquisa.byHand,
		"the first answer to an own survey":        firstAnswerByHand,
	} {
		t.Run(name, func(t *testing.T) {
			tab := browsertest.Open(t, browser)
			tab.Do(chromedp.EmulateViewport(1280, 900))
			test(sits(tab, "en"))
		})
	}
}

// byHand builds the three statements, answers them on every look, and lives through a change.
func (x statements) byHand(b *hands) {
	b.press("main", "New survey")
	b.write("main", "Title", x.title)
	b.press("main", "Begin")
	b.write("#open", "What do you ask?", x.overall)
	b.press(".cardlist", "Before the questions")
	b.choose("#open", "Kind of survey", "about the relationship")
	b.write("#open", "How long after the service", "")
	b.write("#open", "Open for", "")
	b.press(".cardlist", "Add a question after: "+x.overall)
	b.press("#add", "My own scale")
	b.write("#open", "What do you ask?", x.rows[0])
	b.named("row1")
	b.unfold("#open", "More")
	b.choose("#open", "Order", "in random order, a new group")
	b.press(".cardlist", "Own scale my_scale")
	b.press("#open", "Bare numbers")
	b.write("#open", "Words at the low end", x.low)
	b.write("#open", "Words at the high end", x.high)
	b.press(".cardlist", "2 "+x.rows[0])
	for i, row := range x.rows[1:] {
		b.press(".cardlist", "Duplicate question "+itoa(i+2))
		b.write("#open", "What do you ask?", row)
		b.named("row" + itoa(i+2))
	}
	b.Picture("builder-statements-" + x.lang)
	if b.looks != nil {
		b.looks()
	}
	menus{b.house, x.flow}.says(x.file("mixed"))
	for _, look := range looksOfChats {
		b.press("#chat", look)
		b.press("#chat", "Answer it")
		b.press("#chat .talk", "1")
		for range 3 {
			b.press("#chat .talk", "5")
		}
		b.UntilText("A case opens")
	}
	b.livesOn(x.flow, "3 "+x.rows[1], x.rows[1], x.changed, func() {
		for _, number := range []string{"2", "4", "4", "4"} {
			b.taps(number)
		}
	})
}

// looksOfChats are the three looks of the preview, as the page in English names them.
var looksOfChats = []string{"Browser", "Telegram", "Slack"}

// livesOn publishes what was built, says a question better while a customer is in the middle, who goes
// on by what they began with; compares both versions, and goes back to the first.
func (b *hands) livesOn(flow, card, was, now string, answers func()) {
	b.Helper()
	b.press("header", "Publish…")
	b.write("main", "Why?", "the first one")
	b.press("main", "Publish version 1")
	b.UntilText("the first one")
	b.invited(flow)
	b.press("main", "Edit")
	b.press(".cardlist", card)
	b.write("#open", "What do you ask?", now)
	b.press("header", "Publish…")
	b.UntilText(now)
	b.UntilText("1 person is in the middle of version 1")
	b.press("main", "Publish version 2")
	answers()
	if said := b.asked(); !strings.Contains(said, was) || strings.Contains(said, now) {
		b.Errorf("who was in the middle of version 1 was asked:\n%s", said)
	}
	b.press("main", "Compare with 1")
	b.UntilText(was)
	b.UntilText(now)
	b.press("body", "‹")
	b.press("main", "Back to version 1")
	b.UntilText("Version 3")
	src, err := b.store.FlowSource(b.Context(), flow, 0)
	if err != nil || src.Version != 3 || !strings.Contains(src.Source, was) || strings.Contains(src.Source, now) {
		b.Errorf("after going back version %d is live: %v\n%s", src.Version, err, src.Source)
	}
}

// named gives the open question another name in reports.
func (b *hands) named(key string) {
	b.Helper()
	b.unfold("#open", "More")
	b.write("#open", "Name in reports", key)
}

// byHand builds five words as answers, and what follows the low ones; answers both ways on every
// look, and lives through a change.
func (x wordy) byHand(b *hands) {
	b.press("main", "New survey")
	b.write("main", "Title", x.title)
	if x.menu != "" {
		b.choose("main", "Language", x.menu)
	}
	b.press("main", "Begin")
	b.write("#open", "What do you ask?", x.overall)
	b.unfold("#open", "Answered in another way")
	b.press("#open", "Make a scale of its own")
	b.press("#open", "Scores by the names of the levels")
	for i, label := range x.levels {
		b.write("#open .optrow:nth-of-type("+itoa(i+1)+")", "Words on the button", label)
	}
	behind := x.overall
	for _, q := range []struct{ ask, key, values string }{{x.bad, "bad", "1 2"}, {x.mid, "mid", "3"}} {
		b.press(".cardlist", "Add a question after: "+behind)
		b.press("#add", "Long words")
		b.write("#open", "What do you ask?", q.ask)
		b.named(q.key)
		b.tick("#open", "May be skipped")
		b.choose("#open", "Ask only when", x.overall)
		for _, v := range strings.Fields(q.values) {
			b.tick("#open .clause", v+" ")
		}
		b.tick("#open .clause", "unsatisfied")
		behind = q.ask
	}
	b.press(".cardlist", "Before the questions")
	b.write("#open", "How long after the service", "")
	b.write("#open", "Open for", "1h")
	b.Picture("builder-words-" + x.lang)
	if b.looks != nil {
		b.looks()
	}
	menus{b.house, x.flow}.says(x.file())
	for _, look := range looksOfChats {
		b.press("#chat", look)
		b.press("#chat", "Answer it")
		b.press("#chat .talk", "…"+x.levels[0])
		b.UntilText(x.bad)
		b.write("#chat .talk", "Your answer", "…!")
		b.press("#chat .talk", "Send")
		b.UntilText("A case opens")
		b.press("#chat", "Answer it")
		b.press("#chat .talk", "…"+x.levels[4])
		b.UntilText("No case opens")
		if page := browsertest.Eval[string](b.Tab, `document.querySelector("#chat .talk").innerText`); strings.Contains(page, x.bad) || strings.Contains(page, x.mid) {
			b.Errorf("%s: whoever is happy is asked why not:\n%s", look, page)
		}
	}
	b.livesOn(x.flow, "2 "+x.bad, x.bad, x.changed, func() { b.taps(x.levels[1]) })
}

// firstAnswerByHand counts what it takes from an empty database, into which somebody has just
// signed in for the first time, to an answer to two questions of their own.
func firstAnswerByHand(b *hands) {
	b.Do(chromedp.Evaluate[chromedp.Void](`void (window.gone = true, location.href = "/setup/place")`))
	b.write("main", "What is your place called?", "Bella")
	b.press("main", "Continue")
	b.press("main", "Browser only for now")
	b.press("main", "Build one of your own")
	b.write("main", "Title", "Our visit")
	b.press("main", "Begin")
	b.write("#open", "What do you ask?", "How was your visit?")
	b.press(".cardlist", "Add a question after: How was your visit?")
	b.press("#add", "Long words")
	b.write("#open", "What do you ask?", "What should we do better?")
	b.press("header", "Publish…")
	b.press("main", "Publish version 1")
	b.press("main", "Link and QR code")
	b.write("main", "What you call it", "Counter")
	b.press("main", "Make the link")
	b.Until(`/links\/[^/]+$/.test(location.pathname) && !location.pathname.endsWith("/new")`)
	id := browsertest.Eval[string](b.Tab, `location.pathname.split("/").at(-1)`)
	if err := b.bot.Configuration().Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.clicks++ // the customer opens the link
	b.customer(chat.Update{Kind: chat.Command, Command: "start", Text: "s_" + id})
	b.clicks++
	b.taps("2")
	b.customer(chat.Update{Kind: chat.Text, Text: "The music was loud."})
	stored := 0
	for bucket := range storage.Bucket(b.store.Buckets()) {
		list, err := b.store.Past(b.Context(), bucket, time.Time{}, "", 10)
		if err != nil {
			b.Fatal(err)
		}
		for _, x := range list {
			if x.Flow == "our_visit" {
				stored += len(x.Answers)
			}
		}
	}
	b.Logf("from an empty database to the answers to two own questions: %d clicks", b.clicks)
	if stored != 2 || b.clicks > 12 {
		b.Errorf("%d answers are stored, after %d clicks; at most 12 are meant", stored, b.clicks)
	}
}
