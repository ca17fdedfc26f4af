package admin

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// TestSurveysAreBuiltInABrowser: from nothing, by menus, as somebody does who reads the page.
func TestSurveysAreBuiltInABrowser(t *testing.T) {
	browser := browsertest.Start(t)
	for name, test := range map[string]func(*hands){
		"statements on one scale, in random order": statementsByHand,
		"words as options, and why":                wordsByHand,
		"the first answer to an own survey":        firstAnswerByHand,
	} {
		t.Run(name, func(t *testing.T) {
			tab := browsertest.Open(t, browser)
			tab.Do(chromedp.EmulateViewport(1280, 900))
			test(sits(tab, "en"))
		})
	}
}

// statementsByHand builds three statements on one scale, answers them on every look, publishes,
// changes a word while somebody is in the middle, compares, and goes back.
func statementsByHand(b *hands) {
	b.press("main", "New survey")
	b.write("main", "Title", "Three statements")
	b.press("main", "Begin")
	b.write("#open", "What do you ask?", "All in all?")
	b.press(".cardlist", "Before the questions")
	b.choose("#open", "Kind of survey", "about the relationship")
	b.write("#open", "How long after the service", "")
	b.write("#open", "Open for", "")
	b.press(".cardlist", "Add a question after: All in all?")
	b.press("#add", "My own scale")
	b.write("#open", "What do you ask?", "The staff knew their trade")
	b.named("row1")
	b.unfold("#open", "More")
	b.choose("#open", "Order", "in random order, a new group")
	b.press(".cardlist", "Own scale my_scale")
	b.press("#open", "Bare numbers")
	b.write("#open", "Words at the low end", "Not at all")
	b.write("#open", "Words at the high end", "Fully")
	b.press(".cardlist", "2 The staff knew their trade")
	for i, row := range []string{"The shop was tidy", "I found what I wanted"} {
		b.press(".cardlist", "Duplicate question "+itoa(i+2))
		b.write("#open", "What do you ask?", row)
		b.named("row" + itoa(i+2))
	}
	b.Picture("builder-statements")
	menus{b.house, "three_statements"}.says(`flow: three_statements
class: relationship
title: Three statements
scales:
  my_scale: {generator: linear, min: 1, max: 5, min_text: Not at all, max_text: Fully}
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: All in all?}
  - {key: row1, scale: my_scale, weight: 1, rotate: mixed, ask: The staff knew their trade}
  - {key: row2, scale: my_scale, weight: 1, rotate: mixed, ask: The shop was tidy}
  - {key: row3, scale: my_scale, weight: 1, rotate: mixed, ask: I found what I wanted}
`)
	for _, look := range []string{"Browser", "Telegram", "Slack"} {
		b.press("#chat", look)
		b.press("#chat", "Answer it")
		b.press("#chat .talk", "1")
		for range 3 {
			b.press("#chat .talk", "5")
		}
		b.UntilText("A case opens")
	}
	b.press("header", "Publish…")
	b.write("main", "Why?", "the first one")
	b.press("main", "Publish version 1")
	b.UntilText("the first one")
	b.invited("three_statements")
	b.taps("2")
	b.press("main", "Edit")
	b.press(".cardlist", "3 The shop was tidy")
	b.write("#open", "What do you ask?", "The shop was clean")
	b.press("header", "Publish…")
	b.UntilText("The shop was clean")
	b.press("main", "Publish version 2")
	for range 3 {
		b.taps("4")
	}
	if said := b.asked(); !strings.Contains(said, "The shop was tidy") || strings.Contains(said, "The shop was clean") {
		b.Errorf("who was in the middle of version 1 was asked:\n%s", said)
	}
	b.press("main", "Compare with 1")
	b.UntilText("The shop was tidy")
	b.UntilText("The shop was clean")
	b.press("body", "‹")
	b.press("main", "Back to version 1")
	b.UntilText("Version 3")
	src, err := b.store.FlowSource(b.Context(), "three_statements", 0)
	if err != nil || src.Version != 3 || !strings.Contains(src.Source, "The shop was tidy") {
		b.Errorf("after going back version %d is live: %v\n%s", src.Version, err, src.Source)
	}
}

// named gives the open question another name in reports.
func (b *hands) named(key string) {
	b.Helper()
	b.unfold("#open", "More")
	b.write("#open", "Name in reports", key)
}

// wordsByHand builds five words as answers, in another language, and what follows the low ones.
func wordsByHand(b *hands) {
	b.press("main", "New survey")
	b.write("main", "Title", "Pesquisa")
	b.choose("main", "Language", "Brazilian Portuguese")
	b.press("main", "Begin")
	b.write("#open", "What do you ask?", "Como foi o atendimento?")
	b.unfold("#open", "Answered in another way")
	b.press("#open", "Make a scale of its own")
	b.press("#open", "Scores by the names of the levels")
	for i, label := range []string{"Muito insatisfeito 😣", "Insatisfeito 🙁", "Neutro 😶", "Satisfeito 🙂", "Muito satisfeito 😃"} {
		b.write("#open .optrow:nth-of-type("+itoa(i+1)+")", "Words on the button", label)
	}
	behind := "Como foi o atendimento?"
	for _, q := range []struct{ ask, key, values string }{{"O que aconteceu?", "bad", "1 2"}, {"O que faltou?", "mid", "3"}} {
		b.press(".cardlist", "Add a question after: "+behind)
		b.press("#add", "Long words")
		b.write("#open", "What do you ask?", q.ask)
		b.named(q.key)
		b.tick("#open", "May be skipped")
		b.choose("#open", "Ask only when", "Como foi")
		for _, v := range strings.Fields(q.values) {
			b.tick("#open .clause", v+" ")
		}
		b.tick("#open .clause", "unsatisfied")
		behind = q.ask
	}
	b.press(".cardlist", "Before the questions")
	b.write("#open", "How long after the service", "")
	b.write("#open", "Open for", "1h")
	b.Picture("builder-words")
	menus{b.house, "pesquisa"}.says(`flow: pesquisa
class: transactional
title: Pesquisa
languages: [pt-BR]
expires: 1h
scales:
  my_scale:
    generator: ladder
    options:
      - {value: 1, label: Muito insatisfeito 😣}
      - {value: 2, label: Insatisfeito 🙁}
      - {value: 3, label: Neutro 😶}
      - {value: 4, label: Satisfeito 🙂}
      - {value: 5, label: Muito satisfeito 😃}
questions:
  - {key: overall, scale: my_scale, primary: true, weight: 1, ask: Como foi o atendimento?}
  - {key: bad, text: long, when: {overall: [1, 2]}, ask: O que aconteceu?}
  - {key: mid, text: long, when: {overall: 3}, ask: O que faltou?}
`)
	if f, err := flowfile.Parse([]byte(b.source("pesquisa"))); err != nil || len(f.Questions) != 3 {
		b.Errorf("%v", err)
	}
	b.press("header", "Publish…")
	b.press("main", "Publish version 1")
	b.UntilText("Version 1")
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
