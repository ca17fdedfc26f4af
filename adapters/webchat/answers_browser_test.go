package webchat

import (
	"fmt"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/chat"
)

// sevenPoints is a question with seven points, which are a list on a phone.
func sevenPoints() chat.Message {
	m := laid("How good was it?", chat.Layout{Part: chat.PartQuestion, Step: 4, Steps: 5})
	var row []chat.Button
	for i, words := range []string{"Very dissatisfied", "Dissatisfied", "Somewhat dissatisfied", "Neither satisfied nor dissatisfied", "Somewhat satisfied", "Satisfied", "Very satisfied"} {
		row = append(row, chat.Button{Text: fmt.Sprint(i + 1), Words: words, Data: fmt.Sprint("7p", i), Label: fmt.Sprintf("%d %s, %d of 7", i+1, words, i+1)})
	}
	m.Lang, m.Rows = "en", [][]chat.Button{row, {{Text: "Skip", Data: "s", Aside: chat.AsideSkip}, {Text: "Back", Data: "b", Aside: chat.AsideBack}}}
	return m
}

// elevenPoints is a question with eleven points, which are two rows on a phone.
func elevenPoints() chat.Message {
	m := laid("How likely are you to recommend us to a friend or colleague?", chat.Layout{Part: chat.PartQuestion, Step: 1, Steps: 2, Low: "0 = very unlikely", High: "10 = very likely"})
	var row []chat.Button
	for i := range 11 {
		row = append(row, chat.Button{Text: fmt.Sprint(i), Data: fmt.Sprint("np", i), Label: fmt.Sprintf("%d of 10", i)})
	}
	m.Lang, m.Rows = "en", [][]chat.Button{row}
	return m
}

// Ratings never differ in width, and their words are on their buttons at 320 px.
func equalSteps(t tab) {
	for _, width := range []int64{320, 390, 575, 576, 768, 1280} {
		for name, m := range map[string]chat.Message{"five": overall(), "seven": sevenPoints(), "eleven": elevenPoints()} {
			bot := newFakeBot()
			bot.put(customer, "q", m)
			s := serveConfig(t.T, bot.config())
			t.Do(chromedp.EmulateViewport(width, 640), chromedp.Navigate(s.URL+chatPath))
			t.Until(`document.readyState === "complete"`)
			got := eval[[]float64](t, `(all => [
				Math.max(...all.map(b => b.width)) - Math.min(...all.map(b => b.width)), new Set(all.map(b => Math.round(b.top))).size,
				[...document.querySelectorAll(".scale *")].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).length,
			])([...document.querySelectorAll(".scale .opt")].map(b => b.getBoundingClientRect()))`)
			rows := map[string]float64{"five": 1, "seven": 7, "eleven": 2}[name]
			if width >= 576 {
				rows = 1
			}
			if got[0] > .6 || got[1] != rows || got[2] != 0 {
				t.Errorf("%s points at %d px: widths differ by %v px, %v rows (want %v), %v clipped", name, width, got[0], got[1], rows, got[2])
			}
			t.NoSidewaysScroll(name)
			t.Picture(fmt.Sprintf("%s-%d", name, width))
		}
	}
}

// C3: what is too long never leaves its field.
func tooLongWords(t tab) {
	bot := newFakeBot()
	bot.put(customer, "q:s1:2", why())
	s := serveConfig(t.T, bot.config())
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(whyAsk)
	eval[any](t, `document.querySelector("#f").value = "x".repeat(4312)`)
	t.Do(chromedp.KeyEvent(""), chromedp.SendKeys(chromedp.CSS("#f"), "!"))
	t.UntilText("4,313 of 4,000")
	t.Do(chromedp.Click(chromedp.CSS("#answer .go")))
	t.UntilText("over the limit: 313")
	t.Picture("too-long")
	if n := len(bot.handled()); n != 0 {
		t.Errorf("%d updates", n)
	}
	if n := eval[int](t, `document.querySelector("#f").value.length`); n != 4313 {
		t.Errorf("the field holds %d characters", n)
	}
	if !eval[bool](t, `document.querySelector("#f").ariaInvalid === "true"`) {
		t.Error("the field does not say that it is wrong")
	}
	eval[any](t, `document.querySelector("#f").value = "short"`)
	t.Do(chromedp.SendKeys(chromedp.CSS("#f"), "!"))
	t.Until(`document.querySelector("#f").ariaInvalid === null`)
	t.Do(chromedp.Click(chromedp.CSS("#answer .go")))
	t.UntilText("Thank you for telling us.")
}

// Whoever chooses more than may be chosen reads it below the choices, and hears it at once; every choice is
// a checkbox, chosen or not, and nothing is sent or lost.
func tooManyChoices(t tab) {
	bot := newFakeBot()
	bot.put(customer, "q:s1:1", bot.reasons())
	s := serveConfig(t.T, bot.config())
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(reasonAsk)
	eval[any](t, `document.querySelectorAll(".picks input").forEach(e => e.click())`)
	t.Do(chromedp.Tap(chromedp.CSS("#answer .go")))
	t.Until(`[...document.querySelectorAll("[role=alert]")].some(e => e.textContent.includes("Choose at most 3") && e.checkVisibility())`)
	t.Picture("too-many")
	below := `(e => e.getBoundingClientRect().top >= document.querySelector(".picks").getBoundingClientRect().bottom)(document.querySelector("#e"))`
	if !eval[bool](t, below) {
		t.Error("it is not said below the choices")
	}
	if n := eval[int](t, `document.querySelectorAll(".picks input[type=checkbox]:checked").length`); n != 4 || len(bot.handled()) != 0 {
		t.Errorf("%d are chosen still, and %d updates were sent", n, len(bot.handled()))
	}
}

// Whoever has ticked something, and then writes into the box, keeps what was ticked.
func ticksSurvive(t tab) {
	bot := newFakeBot()
	bot.put(customer, "q:s1:1", bot.reasons())
	s := serveConfig(t.T, bot.config())
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(reasonAsk)
	eval[any](t, `[...document.querySelectorAll(".picks input")].slice(0, 2).forEach(e => e.click())`)
	t.Do(chromedp.SendKeys(chromedp.CSS("#box textarea"), "And she was on the phone."), chromedp.Tap(chromedp.CSS("#box button")))
	t.UntilText("And she was on the phone.")
	t.Until(`document.querySelector("#box textarea").value === ""`)
	if n := eval[int](t, `document.querySelectorAll(".picks input:checked").length`); n != 2 {
		t.Errorf("of two choices %d are left", n)
	}
}

// An answer that is changed shows what stands, and can be left as it is.
func changedAnswer(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(overallAsk)
	t.Do(chromedp.Tap(chromedp.CSS(`button[value="1ps1.0.3"]`)))
	t.UntilText(reasonAsk)
	t.Do(chromedp.Tap(chromedp.CSS(`.edit`)))
	t.UntilText("Keep 4 – satisfied")
	t.Picture("phone-edit")
	if got := eval[string](t, `document.querySelector(".scale .was").value`); got != "1ps1.0.3" {
		t.Errorf("%s is marked as the answer that stands", got)
	}
	t.Do(chromedp.Tap(chromedp.CSS(`button[form=keep]`)))
	t.UntilText(reasonAsk)
	updates := bot.handled()
	if got := updates[len(updates)-1].Data; got != "1ps1.0.3" {
		t.Errorf("keeping sent %s", got)
	}
}
