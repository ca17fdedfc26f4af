package admin

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/draft"
)

// TestTwoBrowsersAtRandom: two people in browsers of their own edit one draft at the same time. Every
// revision is one act that one of them did, over what their page showed: so no edit is lost, no field
// is overwritten unseen, and the file is what the acts say. `make browser` goes on for a
// minute.
func TestTwoBrowsersAtRandom(t *testing.T) {
	twoBrowsers(t, func(n int) bool { return n < 12 })
}

// twoBrowsers is such an evening; until says whether somebody who did n things goes on.
func twoBrowsers(t *testing.T, until func(n int) bool) {
	browser := browsertest.Start(t)
	h := builder(t)
	if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: "two", Rev: 1, Same: 1, Source: modelFile}); err != nil {
		t.Fatal(err)
	}
	log := &togetherLog{model: newFlowModel(t), store: h.store, last: 1, did: map[string][]togetherAct{}, met: map[string]int{}}
	t.Run("both", func(t *testing.T) {
		for seed, name := range []string{"Mei", "Tom"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := together(t, browser, h, name)
				p.log, p.random = log, rand.New(rand.NewPCG(uint64(seed), 14))
				for n := 0; until(n); n++ {
					p.act(n)
				}
			})
		}
	})
	log.read(t)
	for name, acts := range log.did {
		log.did[name] = slices.DeleteFunc(acts, log.edge)
	}
	for name, acts := range log.did {
		for _, a := range acts {
			t.Errorf("%s did this, and no revision says it: %+v", name, a)
		}
	}
	t.Logf("%d revisions: %v", log.last-1, log.met)
	for _, what := range []string{"set", "up", "down", "copy"} {
		if log.met[what] == 0 {
			t.Errorf("nothing was done by %q: %v", what, log.met)
		}
	}
}

// together is somebody with a browser of their own, at a server of their own.
func together(t *testing.T, browser context.Context, h *house, name string) *togetherPerson {
	t.Helper()
	tab := browsertest.Open(t, browser)
	tab.Do(chromedp.EmulateViewport(1280, 900))
	v := Viewer{Login: "l-" + name, Staff: strings.ToLower(name), Name: name, SignIn: name, Grants: access.Grants{access.EverySite: access.Admin}}
	server := httptest.NewServer(New(Config{Store: h.store, Bot: h.bot, Draw: painters, Gate: gateOf(v), Version: "test"}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return &togetherPerson{hands: &hands{Tab: tab, house: h}, name: name, at: server.URL + "/surveys/two/edit"}
}

// opens opens the card of a question.
func (p *togetherPerson) opens(key string) {
	p.Helper()
	p.Do(chromedp.Navigate(p.at + "?q=questions/=" + key))
	p.settled()
}

// TestOthersAreSeenAtADraft: who else has it open, at which card, what they write, and that they left;
// two people at the same words are asked, and the other's are not gone.
func TestOthersAreSeenAtADraft(t *testing.T) {
	browser := browsertest.Start(t)
	h := builder(t)
	if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: "two", Rev: 1, Same: 1, Source: modelFile}); err != nil {
		t.Fatal(err)
	}
	mei, tom := together(t, browser, h, "Mei"), together(t, browser, h, "Tom")
	card := func(key string) string { return fmt.Sprintf(`[data-card="questions/=%s"]`, key) }
	has := func(at, words string) string {
		return fmt.Sprintf(`document.querySelector(%s)?.innerText.includes(%s)`, browsertest.Quote(at), browsertest.Quote(words))
	}
	mei.opens("speed")
	tom.opens("room")
	tom.Until(has("header", "Mei is here too."))
	tom.Until(has(card("speed"), "Mei is here"))
	mei.Until(has(card("room"), "Tom is here"))
	tom.opens("speed")
	mei.Until(has(card("speed"), "Tom is here"))
	mei.write("#open", "What do you ask?", "How fast?")
	tom.Until(`document.querySelector('[name="questions/=speed/ask/@en"]').value === "How fast?"`)
	tom.Do(chromedp.Focus(chromedp.CSS(`[name="questions/=speed/ask/@en"]`)), chromedp.KeyEvent(" Tom"))
	mei.write("#open", "What do you ask?", "How slow?")
	tom.Do(chromedp.KeyEvent(kb.Tab))
	tom.Until(has("#open .conflict", "How slow?"))
	tom.Until(`document.querySelector('[name="questions/=speed/ask/@en"]').value === "How fast? Tom"`)
	tom.press("#open .conflict", "Use mine")
	mei.Until(`document.querySelector('[name="questions/=speed/ask/@en"]').value === "How fast? Tom"`)
	tom.Do(chromedp.Navigate("about:blank"))
	mei.Until(`!document.body.innerText.includes("Tom is here")`)
	mei.Until(has("header", "Tom changed something a moment ago."))
}

// togetherAct is something that somebody did, as their page says it was done.
type togetherAct struct {
	do, key    string
	field      string // of set
	was, value string
	since      int // the newest revision when it was begun
}

// togetherLog replays the revisions of a draft over a model, each as the act that its person did.
type togetherLog struct {
	mu     sync.Mutex
	model  *flowModel
	store  storage.Store
	last   int
	did    map[string][]togetherAct // that no revision has told of yet, in their order
	orders [][]string               // of the questions, by revision
	met    map[string]int
}

// wants notes an act before it is done: its revision may be there before the page says so.
func (l *togetherLog) wants(name string, a togetherAct) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.since = l.last
	l.did[name] = append(l.did[name], a)
}

// undid takes an act back that the page says was not done, but asked about.
func (l *togetherLog) undid(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.did[name] = l.did[name][:len(l.did[name])-1]
	l.met["asked"]++
}

// read takes in the revisions since.
func (l *togetherLog) read(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		d, err := l.store.FlowDraftAt(t.Context(), "two", l.last+1)
		if err != nil { // there is none yet
			break
		}
		for len(l.did[d.Person]) > 0 && !l.made(l.did[d.Person][0], d) && l.edge(l.did[d.Person][0]) {
			l.did[d.Person] = l.did[d.Person][1:]
		}
		acts := l.did[d.Person]
		if len(acts) == 0 || !l.made(acts[0], d) {
			t.Fatalf("revision %d by %s (%s) is not what they did: %+v\n%s", d.Rev, d.Person, d.Change, acts, d.Source)
		}
		a := acts[0]
		l.did[d.Person] = acts[1:]
		l.met[a.do]++
		if got := l.model.fields[a.field]; a.do == "set" && got != a.was {
			t.Errorf("revision %d: %s saw %q at %s when there was %q", d.Rev, d.Person, a.was, a.field, got)
		}
		l.model.does(a)
		l.last = d.Rev
		l.orders = append(l.orders, slices.Clone(l.model.order))
		l.model.same(d.Source)
	}
}

// made reports whether an act on the model makes this revision.
func (l *togetherLog) made(a togetherAct, d storage.FlowDraft) bool {
	if a.do == "set" {
		return d.Change == a.field
	}
	doc, err := draft.Parse(d.Source)
	if err != nil || d.Change != a.do {
		return false
	}
	then := flowModel{order: slices.Clone(l.model.order), fields: l.model.copyFields()}
	then.does(a)
	return slices.EqualFunc(doc.Elements("questions"), then.order, func(e, key string) bool { return e == "="+key })
}

// does is what an act does to a draft.
func (m *flowModel) does(a togetherAct) {
	if a.do != "set" && !slices.Contains(m.order, a.key) {
		return
	}
	switch a.do {
	case "set":
		m.fields[a.field] = a.value
	case "up":
		m.move(a.key, -1)
	case "down":
		m.move(a.key, 1)
	case "copy":
		m.duplicate(a.key)
	case "remove":
		m.remove(a.key)
	}
}

// edge reports whether a move may have changed nothing: its question stood at the end since.
func (l *togetherLog) edge(a togetherAct) bool {
	for _, order := range append([][]string{{"main", "speed", "room"}}, l.orders...)[a.since-1:] {
		if a.do == "up" && order[0] == a.key || a.do == "down" && order[len(order)-1] == a.key || !slices.Contains(order, a.key) {
			return a.do != "set"
		}
	}
	return false
}

// keys are the questions that there are now.
func (l *togetherLog) keys(t *testing.T) []string {
	l.read(t)
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.model.order)
}

// togetherPerson is one of those who edit together.
type togetherPerson struct {
	*hands
	name   string
	at     string
	log    *togetherLog
	random *rand.Rand
	open   string // the question whose card is open
}

// act does one thing: mostly words at a card, which may be old by now.
func (p *togetherPerson) act(n int) {
	p.Helper()
	keys := p.log.keys(p.T)
	do := p.random.IntN(10)
	if n < 3 { // each at least once
		do = n
		p.open = ""
	}
	if p.open == "" || p.random.IntN(3) == 0 {
		switch p.open = keys[p.random.IntN(len(keys))]; n {
		case 0:
			p.open = keys[len(keys)-1]
		case 1:
			p.open = keys[0]
		}
		p.Do(chromedp.Navigate(p.at + "?q=questions/=" + p.open))
		p.settled()
	}
	at := "questions/=" + p.open
	if !browsertest.Eval[bool](p.Tab, `!!document.querySelector("#open")`) { // somebody took it away meanwhile
		p.open = ""
		return
	}
	switch {
	case do == 0:
		p.presses(togetherAct{do: "up", key: p.open}, at)
	case do == 1:
		p.presses(togetherAct{do: "down", key: p.open}, at)
	case do == 2 && len(keys) < 7:
		p.presses(togetherAct{do: "copy", key: p.open}, at)
		p.open = ""
	case do == 3 && strings.Contains(p.open, "_copy"):
		p.presses(togetherAct{do: "remove", key: p.open}, at)
		p.open = ""
	case do < 6:
		p.sets(at+"/weight", fmt.Sprint(10*n+5+len(p.name)+int(p.name[0])%2))
	default:
		p.sets(at+"/ask/@en", fmt.Sprintf("%s %d: \"of\" # no comment", p.name, n))
	}
	p.log.read(p.T)
}

// presses presses a button of the open card.
func (p *togetherPerson) presses(a togetherAct, at string) {
	p.Helper()
	button := fmt.Sprintf(`document.querySelector('#open [name="act"][value="%s|%s"]')`, a.do, at)
	if !browsertest.Eval[bool](p.Tab, `!!`+button) {
		return
	}
	p.log.wants(p.name, a)
	p.Do(chromedp.Evaluate[chromedp.Void](`void (window.gone = true, ` + button + `.click())`))
	p.settled()
	if p.lost() {
		p.log.undid(p.name)
	}
}

// sets writes into a field, and answers if somebody else has changed it meanwhile.
func (p *togetherPerson) sets(name, value string) {
	p.Helper()
	field := fmt.Sprintf(`document.querySelector('#open [name="%s"]')`, name)
	p.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`void (() => { window.handed ??= addEventListener("submit", () => { window.gone = true }, true) ?? true
		const f = %s; f.closest("details")?.setAttribute("open", ""); f.focus(); f.select() })()`, field)))
	a := togetherAct{do: "set", field: name, value: value}
	a.was = browsertest.Eval[string](p.Tab, fmt.Sprintf(`document.querySelector('[name="%s.was"]').value`, name))
	p.log.wants(p.name, a)
	if _, err := chromedp.Call(p.Ctx, input.InsertText, input.InsertTextParams{Text: value}); err != nil {
		p.Fatal(err)
	}
	p.Do(chromedp.KeyEvent(kb.Tab))
	p.settled()
	for browsertest.Eval[bool](p.Tab, fmt.Sprintf(`!!document.querySelector('[name="%s.asked"]')`, name)) {
		p.log.undid(p.name)
		with := []string{"keep", "take"}[p.random.IntN(2)]
		if with == "take" {
			a.was = browsertest.Eval[string](p.Tab, fmt.Sprintf(`document.querySelector('[name="%s.was"]').value`, name))
			p.log.wants(p.name, a)
		}
		p.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`void (window.gone = true, document.querySelector('[name="%s"][value="%s"]').click())`, with, name)))
		p.settled()
	}
	if p.lost() {
		p.log.undid(p.name)
		if !browsertest.Eval[bool](p.Tab, `document.getElementById("lost").innerText.includes(`+browsertest.Quote(value)+`)`) {
			p.Errorf("the words %q are gone with their question", value)
		}
		p.open = ""
	}
}

// lost reports whether the page says that what was changed is not there any more.
func (p *togetherPerson) lost() bool {
	p.Helper()
	return browsertest.Eval[bool](p.Tab, `!!document.getElementById("lost")`)
}
