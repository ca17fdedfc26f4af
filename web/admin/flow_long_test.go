package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/storage"
)

// longDraft puts a survey of n questions, of which every other one depends on the one before, into
// the drafts.
func (h *house) longDraft(flow string, n int) {
	h.t.Helper()
	var f strings.Builder
	fmt.Fprintf(&f, "flow: %s\nclass: transactional\ntitle: Long\nlanguages: [en]\nquestions:\n", flow)
	for i := range n {
		fmt.Fprintf(&f, "  - key: q%d\n    ask: How was part %d?\n", i, i)
		if i%2 == 0 {
			f.WriteString("    scale: csat5\n")
		} else {
			fmt.Fprintf(&f, "    text: long\n    optional: true\n    when: {q%d: unsatisfied}\n", i-1)
		}
		if i == 0 {
			f.WriteString("    primary: true\n")
		}
	}
	if _, err := h.store.PutFlowDraft(h.t.Context(), storage.FlowDraft{Flow: flow, Rev: 1, Same: 1, Source: f.String()}); err != nil {
		h.t.Fatal(err)
	}
}

// TestALongSurveyIsDrawnInProportion: what drawing the editor takes grows as the survey does, and not as
// its square; and what follows from a change comes without the tools of the cards, which stand there.
func TestALongSurveyIsDrawnInProportion(t *testing.T) {
	h := builder(t)
	draw := func(n int) (made float64, whole, part int) {
		flow := fmt.Sprint("long_", n)
		h.longDraft(flow, n)
		ask := func(headers ...string) string {
			r := httptest.NewRequest(http.MethodGet, "/surveys/"+flow+"/edit?q=questions/=q0", nil)
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			out := httptest.NewRecorder()
			h.pages.ServeHTTP(out, r)
			if out.Code != http.StatusOK {
				t.Fatalf("%d questions: %d", n, out.Code)
			}
			return out.Body.String()
		}
		page, after := ask(), ask("Aftercare-Live", "1")
		last := fmt.Sprintf("How was part %d?", n-2)
		if !strings.Contains(page, last) || !strings.Contains(after, last) {
			t.Errorf("%d questions: the last scale is not on the page", n)
		}
		if tools := strings.Count(page, `class="qtools"`); tools != n {
			t.Errorf("%d questions, and the tools of %d", n, tools)
		}
		if strings.Contains(after, "qtools") {
			t.Error("what follows from a change has the tools of cards")
		}
		return testing.AllocsPerRun(3, func() { ask() }), len(page), len(after)
	}
	few, _, _ := draw(20)
	many, whole, part := draw(200)
	if many > 12*few {
		t.Errorf("drawing 20 questions allocates %.0f times, 200 of them %.0f times", few, many)
	}
	if whole > 200*2600 || part > whole*3/4 {
		t.Errorf("a survey of 200 questions has %d bytes, and a change of it %d", whole, part)
	}
}

// TestAChangeOfALongSurveyPutsInWhatItChanges: the chat, the map and the cards of a long survey stand where
// they are while one of its questions is worded; what the new words change is all that is put in.
func TestAChangeOfALongSurveyPutsInWhatItChanges(t *testing.T) {
	browser := browsertest.Start(t)
	h := builder(t)
	h.longDraft("two", 60)
	mei := together(t, browser, h, "Mei")
	mei.opens("q0")
	mei.Do(chromedp.Evaluate[chromedp.Void](`window.put = 0; new MutationObserver(all => { for (const m of all) for (const n of m.addedNodes) if (n.nodeType === 1) window.put += 1 + n.getElementsByTagName("*").length })
		.observe(document.querySelector("main"), { childList: true, subtree: true }); void 0`))
	mei.write("#open", "What do you ask?", "How was all of it?")
	for _, at := range []string{"#chat .bubble", "#map", `[data-card="questions/=q0"] .qhead`} {
		mei.Until(`document.querySelector(` + browsertest.Quote(at) + `).textContent.includes("How was all of it?")`)
	}
	all := browsertest.Eval[int](mei.Tab, `document.querySelectorAll("main *").length`)
	if put := browsertest.Eval[int](mei.Tab, `window.put`); all < 1500 || put > 60 {
		t.Errorf("%d elements of %d were put in", put, all)
	}
}
