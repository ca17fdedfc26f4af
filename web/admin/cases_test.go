package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const wait = "I waited forty minutes, and nobody told me why."

// event reports whether the history of a case has a line of this kind with this note.
func (w *world) event(k storage.Case, kind recovery.EventKind, note string) bool {
	w.t.Helper()
	events, err := w.store.CaseEvents(context.Background(), k.Bucket, k.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.ContainsFunc(events, func(e storage.CaseEvent) bool { return e.Kind == string(kind) && e.Note == note })
}

func (w *world) now(k storage.Case) storage.Case {
	w.t.Helper()
	now, err := w.store.CaseNumbered(context.Background(), k.Bucket, k.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	return now
}

// told is how often a customer was written these words.
func (w *world) told(user, text string) (n int) {
	w.t.Helper()
	rows, err := w.store.Transcript(context.Background(), 0, chat.Address{Platform: chat.Telegram, Account: "42", Chat: user})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range rows {
		if strings.Contains(d.Render.Text, text) {
			n++
		}
	}
	return n
}

// hiddenID is what names the forms of a page.
func hiddenID(page string) string {
	m := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

// TestAPersonWorksACaseToItsEndWithoutScript takes, answers, notes, agrees and resolves with
// nothing but links and forms.
func TestAPersonWorksACaseToItsEndWithoutScript(t *testing.T) {
	w := newWorld(t)
	w.runs()
	k := w.unhappy("main", "1", "Anna", wait)
	mei := w.as("mei")
	list := body(mei.get("/cases"))
	for _, want := range []string{k.Name(), "Anna", "forty minutes", "Nobody has it", "▲ P1", "Take", `href="/cases/` + k.Name() + `"`} {
		if !strings.Contains(list, want) {
			t.Errorf("the list does not show %q", want)
		}
	}
	page := body(mei.post("/cases/take", url.Values{"case": {k.Name()}}))
	if !strings.Contains(page, "You have the case.") || w.now(k).Holder.ID != "mei" {
		t.Fatalf("it was not taken: %s", page)
	}
	for _, want := range []string{"<blockquote", wait, "To Anna, on Telegram", "Mei (Main Street)", "Note, for staff only", "Send to Anna", "Save note"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not show %q", want)
		}
	}
	at := "/cases/" + k.Name()
	page = body(mei.post(at+"/reply", url.Values{"reply": {"Anna, I am so sorry."}, "id": {hiddenID(page)}}))
	if !strings.Contains(page, "Sending, seconds left") || !strings.Contains(page, "Undo") || w.told("1", "so sorry") != 0 {
		t.Fatalf("the words do not wait: %s", page)
	}
	w.clock.add(6 * time.Second)
	await(t, "the words reach the customer", func() bool { return w.told("1", "so sorry") == 1 })
	await(t, "the case is contacted", func() bool { return w.now(k).State == recovery.Contacted })
	body(mei.post(at+"/note", url.Values{"note": {"The booking was ours."}, "id": {"n1"}}))
	if !w.event(k, recovery.EventNoted, "The booking was ours.") || w.told("1", "booking") != 0 {
		t.Error("the note is not in the history, or reached the customer")
	}
	tomorrow := w.clock.Now().Add(24 * time.Hour)
	page = body(mei.post(at+"/agree", url.Values{"plan": {"The fringe is put right."}, "date": {tomorrow.Format("2006-01-02")}, "time": {"12:30"}, "id": {"a1"}}))
	if got := w.now(k); got.State != recovery.Agreed || got.Plan == nil || got.Plan.Due.In(time.UTC).Format("15:04") != "11:30" {
		t.Fatalf("nothing is agreed, or in another zone: %+v\n%s", got.Plan, page)
	}
	page = body(mei.get(at + "/resolve"))
	for _, want := range []string{"What went wrong?", "Too slow", "Apology", "Anna will be asked"} {
		if !strings.Contains(page, want) {
			t.Errorf("the form does not show %q", want)
		}
	}
	page = body(mei.post(at+"/resolve", url.Values{"cause": {"responsiveness"}, "action": {"apology", "redo"}, "cost": {"12.50"}, "note": {"two at once"}, "id": {"r1"}}))
	if got := w.now(k); got.State != recovery.Resolved || got.Resolution.Cause != "responsiveness" || len(got.Resolution.Actions) != 2 {
		t.Fatalf("it is not resolved: %+v\n%s", got.Resolution, page)
	}
	if !strings.Contains(page, "Resolved.") || !strings.Contains(page, "Too slow") {
		t.Errorf("the page does not say how it was resolved: %s", page)
	}
	if list := body(mei.get("/cases")); !strings.Contains(list, "Nobody is waiting.") {
		t.Errorf("the list still shows it: %s", list)
	}
	if list := body(mei.get("/cases?state=closed")); !strings.Contains(list, k.Name()) {
		t.Errorf("the closed cases do not show it: %s", list)
	}
	mei.get(at + "/reopen")
	page = body(mei.post(at+"/reopen", url.Values{"reason": {"She wrote again."}}))
	if w.now(k).State != recovery.Open {
		t.Errorf("it was not reopened: %s", page)
	}
}

// TestReplyAndNoteAreNeverCrossed puts words into each box in every way that a form has: those
// of a note never reach the customer, and those of a reply are no note.
func TestReplyAndNoteAreNeverCrossed(t *testing.T) {
	w := newWorld(t)
	w.runs()
	k := w.unhappy("main", "1", "Anna", wait)
	mei, at := w.as("mei"), "/cases/"+k.Name()
	mei.post(at+"/take", url.Values{})
	for i, form := range []url.Values{
		{"note": {"secret 0"}}, {"note": {"secret 1"}, "reply": {""}}, {"note": {"secret 2"}, "reply": {"secret 2"}}, {"reply": {"secret 3"}},
	} {
		form.Set("id", fmt.Sprint("note", i))
		mei.post(at+"/note", form)
	}
	for i, form := range []url.Values{{"note": {"secret 4"}}, {"note": {"secret 5"}, "reply": {" "}}} {
		form.Set("id", fmt.Sprint("reply", i))
		if got := mei.post(at+"/reply", form); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("a reply without words is answered with %d", got.Code)
		}
	}
	mei.post(at+"/draft", url.Values{"box": {"note"}, "text": {"secret 6"}})
	if page := body(mei.get(at)); !regexp.MustCompile(`name="note"[^>]*>secret 6<`).MatchString(page) || regexp.MustCompile(`name="reply"[^>]*>secret`).MatchString(page) {
		t.Errorf("a draft stands in the wrong box: %s", page)
	}
	mei.post(at+"/reply", url.Values{"reply": {"public words"}, "id": {"0190b1c2-0000-7000-8000-000000000001"}})
	w.clock.add(time.Minute)
	await(t, "the reply is sent", func() bool { return w.told("1", "public words") == 1 })
	if n := w.told("1", "secret"); n != 0 {
		t.Errorf("%d notes reached the customer", n)
	}
	if w.event(k, recovery.EventNoted, "public words") {
		t.Error("a reply became a note")
	}
	for i := range 3 {
		if !w.event(k, recovery.EventNoted, fmt.Sprint("secret ", i)) {
			t.Errorf("note %d is not in the history", i)
		}
	}
	page := body(mei.get(at))
	reply, note := regexp.MustCompile(`(?s)<form class="composer-reply".*?</form>`).FindString(page), regexp.MustCompile(`(?s)<form class="composer-note".*?</form>`).FindString(page)
	for box, wants := range map[string][]string{
		reply: {`action="` + at + `/reply"`, `name="reply"`, "To Anna", `class="button primary"`, "Send to Anna"},
		note:  {`action="` + at + `/note"`, `name="note"`, "for staff only", `class="button"`, "Save note"},
	} {
		for _, want := range wants {
			if !strings.Contains(box, want) {
				t.Errorf("a box has no %q: %s", want, box)
			}
		}
	}
	if strings.Contains(note, "primary") || strings.Contains(reply, "note") {
		t.Error("the boxes look or are named alike")
	}
}

// TestFiveSecondsToChangeOnesMind takes words back: they are in their box again, and nothing is
// sent. After that it is said that it was too late.
func TestFiveSecondsToChangeOnesMind(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	mei, at := w.as("mei"), "/cases/"+k.Name()
	page := body(mei.get(at))
	if !strings.Contains(page, "Take and send") {
		t.Errorf("the button does not say that sending takes the case: %s", page)
	}
	send := url.Values{"reply": {"I am so sorry"}, "id": {hiddenID(page)}}
	mei.post(at+"/reply", send)
	waits, err := w.store.PendingOf(t.Context(), k.Bucket, k.ID)
	if err != nil || len(waits) != 1 {
		t.Fatalf("%v, %v", waits, err)
	}
	mei.post(at+"/reply", send) // the form was sent twice
	if again, _ := w.store.PendingOf(t.Context(), k.Bucket, k.ID); len(again) != 1 {
		t.Errorf("the same form waits %d times", len(again))
	}
	if w.as("ada").post(at+"/undo", url.Values{"id": {waits[0].ID}}); w.now(k).State != recovery.Open {
		t.Error("the case moved")
	}
	if left, _ := w.store.PendingOf(t.Context(), k.Bucket, k.ID); len(left) != 1 {
		t.Error("somebody else took the words back")
	}
	page = body(mei.post(at+"/undo", url.Values{"id": {waits[0].ID}}))
	if !strings.Contains(page, "Nothing was sent") || !regexp.MustCompile(`name="reply"[^>]*>I am so sorry<`).MatchString(page) {
		t.Errorf("the words are not in their box: %s", page)
	}
	w.runs()
	w.clock.add(time.Minute)
	page = body(mei.post(at+"/undo", url.Values{"id": {waits[0].ID}}))
	if !strings.Contains(page, "too late") || w.told("1", "so sorry") != 0 {
		t.Errorf("what was taken back is sent, or it is not said that it is too late")
	}
}

// TestOfTwoAgentsTheLoserIsToldAndKeepsTheirWords lets two people take a case and write.
func TestOfTwoAgentsTheLoserIsToldAndKeepsTheirWords(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	at := "/cases/" + k.Name()
	mei, ada := w.as("mei"), w.as("ada")
	mei.post(at+"/take", nil)
	w.clock.add(3 * time.Minute)
	if lost := ada.post("/cases/take", url.Values{"case": {k.Name()}}); lost.Code != http.StatusConflict || !strings.Contains(body(lost), "Mei Chen has had it for 3 minutes") {
		t.Errorf("the second one is answered with %d", lost.Code)
	}
	lost := ada.post(at+"/reply", url.Values{"reply": {"Dear Anna, long and careful words"}})
	page := body(lost)
	if lost.Code != http.StatusConflict || !strings.Contains(page, "Mei Chen has had it") || !strings.Contains(page, "long and careful words") {
		t.Errorf("%d: the words are lost, or nothing says why: %s", lost.Code, page)
	}
	lost = ada.post(at+"/resolve", url.Values{"cause": {"price"}, "action": {"refund"}, "cost": {"7"}, "note": {"kept note"}})
	page = body(lost)
	if lost.Code != http.StatusConflict || !strings.Contains(page, "kept note") || !strings.Contains(page, `value="price" checked`) || !strings.Contains(page, `value="refund" checked`) || w.now(k).State != recovery.Taken {
		t.Errorf("%d: a form of the loser is lost, or did something: %s", lost.Code, page)
	}
	if _, err := w.bot.Act(t.Context(), bot.Doing{Bucket: k.Bucket, Case: k.ID, Act: recovery.NoAction{Reason: "known"}, By: "mei"}); err != nil {
		t.Fatal(err)
	}
	page = body(ada.post(at+"/note", url.Values{"note": {"afterwards"}, "id": {"x"}}))
	if !w.event(k, recovery.EventNoted, "afterwards") {
		t.Errorf("a note on a closed case is lost: %s", page)
	}
}

// TestAFormThatFailsKeepsEveryWord leaves out what each form needs.
func TestAFormThatFailsKeepsEveryWord(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	mei, at := w.as("mei"), "/cases/"+k.Name()
	mei.post(at+"/take", nil)
	long := strings.Repeat("ö", recovery.MaxText+1)
	for i, c := range []struct {
		form  string
		typed url.Values
		want  []string
	}{
		{"resolve", url.Values{"note": {"kept"}, "cost": {"x"}}, []string{"Choose what went wrong.", "Choose what was done", "kept", `href="#f-cause"`, "Write an amount"}},
		{"agree", url.Values{"plan": {"kept"}, "date": {"31.2."}}, []string{"Choose a date.", ">kept<"}},
		{"agree", url.Values{"date": {"2031-01-01"}, "time": {"09:00"}}, []string{"Say what is agreed.", `value="2031-01-01"`, `value="09:00"`}},
		{"agree", url.Values{"plan": {"kept"}, "date": {"2020-01-01"}}, []string{"must be in the future", ">kept<"}},
		{"snooze", url.Values{}, []string{"Choose until when."}},
		{"assign", url.Values{"to": {"vera"}}, []string{"Choose a person."}},
		{"no-action", url.Values{}, []string{"Say why."}},
		{"unreachable", url.Values{"reason": {" "}}, []string{"Say why."}},
		{"note", url.Values{"note": {""}}, []string{"Write something first."}},
		{"note", url.Values{"note": {long}}, []string{"That is too long", long}},
		{"reply", url.Values{"reply": {long}}, []string{"That is too long", long}},
	} {
		first := fmt.Sprint("first", i)
		c.typed.Set("id", first)
		got := mei.post(at+"/"+c.form, c.typed)
		page := body(got)
		if id := hiddenID(page); id == "" || id == first {
			t.Errorf("%s: the form is shown again under the name %q: sending it again would do nothing", c.form, id)
		}
		if got.Code < 400 || got.Code >= 500 {
			t.Errorf("%s %v: %d", c.form, len(c.typed), got.Code)
		}
		for _, want := range c.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %.60q is not on the page:\n%.3000s", c.form, want, page)
			}
		}
		if w.now(k).State != recovery.Taken {
			t.Fatalf("%s changed the case", c.form)
		}
	}
}

// TestAnAgentOfOneSiteIsRefusedAtAnother asks for a case of another site in every way there is:
// nothing tells that it exists.
func TestAnAgentOfOneSiteIsRefusedAtAnother(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("harbour", "7", "Nadia", "I asked for two centimetres and lost ten.")
	w.unhappy("main", "1", "Anna", wait)
	mei := w.as("mei")
	nothing := "Z-999"
	for _, to := range routes {
		method, at, _ := strings.Cut(to.pattern, " ")
		if !strings.HasPrefix(at, "/cases") {
			continue
		}
		form := url.Values{"case": {k.Name()}, "reply": {"x"}, "note": {"x"}, "text": {"x"}, "box": {"note"}, "reason": {"x"}, "id": {"x"}, "name": {"x"}, "query": {"site=harbour"}}
		ask := func(number string) (int, string) {
			form.Set("case", number)
			path := strings.ReplaceAll(at, "{number}", number)
			got := mei.get(path + "?q=&site=main")
			if method == "POST" {
				got = mei.post(path, form)
			}
			return got.Code, body(got)
		}
		code, page := ask(k.Name())
		if strings.Contains(page, "Nadia") || strings.Contains(page, "centimetres") {
			t.Errorf("%s shows who or what it is about", to.pattern)
		}
		if !strings.Contains(at, "{number}") && at != "/cases/take" {
			continue
		}
		other, same := ask(nothing)
		if code != other || page != same || code < 400 {
			t.Errorf("%s: %d for a case of another site, %d for one that is not there", to.pattern, code, other)
		}
	}
	if got := mei.get("/cases?site=harbour"); got.Code != http.StatusForbidden {
		t.Errorf("the list of another site: %d", got.Code)
	}
	if got := mei.get("/cases?q=" + k.Name()); strings.Contains(body(mei.get(got.Header().Get("Location"))), "Nadia") {
		t.Error("the search shows it")
	}
	if w.now(k).State != recovery.Open {
		t.Errorf("the case is %s", w.now(k).State)
	}
	for _, p := range []string{"robin", "hans"} {
		if got := w.as(p).get("/cases/" + k.Name()); got.Code != 200 || !strings.Contains(body(got), "Nadia") {
			t.Errorf("%s, who may, is answered with %d", p, got.Code)
		}
	}
}

// TestAViewerSeesCasesWithoutWordsOrNames and can do nothing to them.
func TestAViewerSeesCasesWithoutWordsOrNames(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	vera := w.as("vera")
	for _, at := range []string{"/cases", "/cases/" + k.Name()} {
		page := body(vera.get(at))
		if !strings.Contains(page, k.Name()) || strings.Contains(page, "Anna") || strings.Contains(page, "forty") {
			t.Errorf("%s shows words or a name, or no case", at)
		}
		if strings.Contains(page, "<textarea") || strings.Contains(page, ">Take<") {
			t.Errorf("%s offers acts", at)
		}
	}
	for _, act := range []string{"take", "reply", "note", "resolve", "reopen", "draft"} {
		if got := vera.post("/cases/"+k.Name()+"/"+act, url.Values{"note": {"x"}, "reply": {"x"}}); got.Code != http.StatusForbidden {
			t.Errorf("%s: %d", act, got.Code)
		}
	}
}

// TestWordsOfAChoiceAreWords: they stand with the words, and whoever may read none sees what was
// chosen alone.
func TestWordsOfAChoiceAreWords(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", "price, something else: the parking lot")
	for person, reads := range map[string]bool{"mei": true, "vera": false} {
		page := body(w.as(person).get("/cases/" + k.Name()))
		if strings.Contains(page, "the parking lot") != reads || !strings.Contains(page, "Price, Something else") {
			t.Errorf("%s reads the words: %v; the page is %s", person, !reads, page)
		}
		if strings.Contains(page, "Something else: the parking lot") {
			t.Errorf("%s reads the words as an answer", person)
		}
	}
}

// TestACasePageOffersWhatLeadsSomewhere: nobody is offered to assign where there is nobody, a
// closed case does not ask to be opened again, and Resolve begins with the customer's own reason.
func TestACasePageOffersWhatLeadsSomewhere(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", "price")
	mei, at := w.as("mei"), "/cases/"+k.Name()
	if page := body(mei.get(at)); !strings.Contains(page, at+"/assign") {
		t.Errorf("nobody can be chosen, though there are others: %s", page)
	}
	if page := body(mei.get(at + "/resolve")); !regexp.MustCompile(`value="price"[^>]* checked|checked[^>]* value="price"`).MatchString(page) {
		t.Errorf("the customer's own reason is not set: %s", page)
	}
	if got := mei.post(at+"/no-action", url.Values{"id": {"end"}, "reason": {"known"}}); got.Code >= 400 || w.now(k).State != recovery.Dismissed {
		t.Fatalf("no action is answered with %d, and the case is %s", got.Code, w.now(k).State)
	}
	if page := body(mei.get(at)); !strings.Contains(page, at+"/reopen") || regexp.MustCompile(`button primary" href="`+at+`/reopen`).MatchString(page) {
		t.Errorf("Reopen is what is expected of a closed case: %s", page)
	}
	for id := range people {
		if id != "mei" {
			if _, err := w.bot.RemoveStaff(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
	k = w.unhappy("main", "2", "Nadia", wait)
	at = "/cases/" + k.Name()
	mei.post(at+"/take", url.Values{"id": {hiddenID(body(mei.get(at)))}})
	if w.now(k).Holder.ID != "mei" {
		t.Fatal("Mei does not have the case")
	}
	if page := body(mei.get("/cases/" + k.Name())); strings.Contains(page, "/cases/"+k.Name()+"/assign") {
		t.Error("it is offered to assign the case to nobody")
	}
}

// emptyBox is the box for a reply where none can be sent and none was begun.
var emptyBox = regexp.MustCompile(`<form [^>]*id="reply"[^>]* hidden>`)

// TestNobodyIsWrittenToWhoDoesNotWantIt: no box for a reply is seen, and none is sent.
func TestNobodyIsWrittenToWhoDoesNotWantIt(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	if errs := w.store.Advance(t.Context(), k.Bucket, []storage.Turn{{Load: storage.Load{Case: k.ID}, Apply: func(in storage.Loaded) (storage.Change, error) {
		in.Case.Contact = recovery.NoContact
		return storage.Change{Case: in.Case}, nil
	}}}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	mei, at := w.as("mei"), "/cases/"+k.Name()
	page := body(mei.get(at))
	if !strings.Contains(page, "does not want to be contacted") || strings.Contains(page, `id="reply"`) != emptyBox.MatchString(page) || !strings.Contains(page, `id="note"`) {
		t.Errorf("there is a box for a reply, or none for a note: %s", page)
	}
	got := mei.post(at+"/reply", url.Values{"reply": {"please"}})
	if got.Code != http.StatusConflict || !strings.Contains(body(got), "please") {
		t.Errorf("a reply is answered with %d", got.Code)
	}
	if waits, _ := w.store.PendingOf(t.Context(), k.Bucket, k.ID); len(waits) > 0 {
		t.Error("a reply waits")
	}
}

// TestViewsAreFiltersUnderAName saves what the address says, and nothing else of it.
func TestViewsAreFiltersUnderAName(t *testing.T) {
	w := newWorld(t)
	w.unhappy("main", "1", "Anna", wait)
	robin := w.as("robin")
	page := body(robin.get("/cases?state=free&priority=P1&reason=primary&x=1"))
	if !strings.Contains(page, "Save this view") {
		t.Errorf("it cannot be saved: %s", page)
	}
	page = body(robin.post("/cases/views", url.Values{"query": {"state=free&priority=P1&reason=primary&x=https://elsewhere"}}))
	if !strings.Contains(page, `href="/cases?priority=P1&amp;reason=primary&amp;state=free"`) || strings.Contains(page, "elsewhere") || !strings.Contains(page, "Nobody has it · P1 · Main question") {
		t.Errorf("the view is not there: %s", page)
	}
	if page := body(w.as("mei").get("/cases")); strings.Contains(page, "My views") {
		t.Error("somebody else has it too")
	}
}

// TestTheListGoesOnByPages has more cases than a page shows.
func TestTheListGoesOnByPages(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		errs := w.store.Advance(t.Context(), 0, []storage.Turn{{Apply: func(in storage.Loaded) (storage.Change, error) {
			k := storage.Case{Site: "main", Case: recovery.Case{
				ID: fmt.Sprint("c", 1000+i), Number: in.NextCase, State: recovery.Open, OpenedAt: in.Now, Decision: recovery.Decision{Opens: true, Priority: recovery.P2},
				Due: recovery.Clocks{Acknowledge: in.Now.Add(time.Duration(60-i) * time.Minute)},
			}}
			return storage.Change{Case: &k}, nil
		}}})
		if errs[0] != nil {
			t.Fatal(errs[0])
		}
	}
	robin := w.as("robin")
	link := regexp.MustCompile(`href="(/cases\?[^"]*state=free[^"]*)"`)
	seen, at := map[string]bool{}, "/cases"
	var order []string
	for range 9 {
		page := body(robin.get(at))
		for _, m := range regexp.MustCompile(`id="row-([A-Z]+-\d+)"`).FindAllStringSubmatch(page, -1) {
			if at != "/cases" && seen[m[1]] {
				t.Errorf("%s stands twice", m[1])
			}
			if at != "/cases" {
				seen[m[1]] = true
				order = append(order, m[1])
			}
		}
		m := link.FindStringSubmatch(page)
		if m == nil {
			break
		}
		at = strings.ReplaceAll(m[1], "&amp;", "&")
	}
	if len(seen) != 60 || order[0] != "A-60" || order[59] != "A-1" {
		t.Errorf("%d cases were seen, from %v to %v", len(seen), order[:1], order[max(0, len(order)-1):])
	}
	if page := body(robin.get("/cases")); !strings.Contains(page, `<span class="count meta">60</span>`) {
		t.Error("the group does not say how many it has")
	}
}

// TestEveryEventOfACaseHasWords in each language of the pages.
func TestEveryEventOfACaseHasWords(t *testing.T) {
	keys := []string{"event_" + bot.EventAttempted, "event_" + bot.EventRevealed}
	for _, k := range recovery.EventKinds() {
		keys = append(keys, "event_"+string(k))
	}
	for _, k := range recovery.States() {
		keys = append(keys, "state_"+string(k))
	}
	for _, c := range recovery.AllClocks() {
		keys = append(keys, "clock_"+string(c))
	}
	for _, m := range recovery.AllMeans() {
		keys = append(keys, "means_"+string(m))
	}
	for _, form := range actForms {
		keys = append(keys, "title_"+form, "button_"+form)
	}
	for _, key := range keys {
		if tongues()["en"].by[key] == "" {
			t.Errorf("there are no words for %s", key)
		}
	}
}

// Many cases of one site at once are told of in one row, that leads to the most urgent which
// nobody has; who may not see the site hears of no storm.
func TestAStormIsOneRowOfTheList(t *testing.T) {
	w := newWorld(t)
	w.rated("2", "harbour", "500", "Early", "It was so so.")
	w.clock.add(10 * time.Minute)
	for i := range 12 {
		w.rated("2", "harbour", fmt.Sprint(600+i), "Guest", "It was so so.")
	}
	urgent := w.unhappy("harbour", "700", "Last", "It was awful.")
	hans := w.as("hans")
	page := body(hans.get("/cases"))
	if !strings.Contains(page, "Storm at Harbour") || !strings.Contains(page, ": 13 cases, 1 of them P1") || !strings.Contains(page, "14 that nobody has") {
		t.Errorf("the list:\n%s", page)
	}
	if to := hans.get("/cases/next?site=harbour").Header().Get("Location"); to != "/cases/"+urgent.Name() {
		t.Errorf("next is %q, not %s", to, urgent.Name())
	}
	if page := body(w.as("ada").get("/cases")); strings.Contains(page, "Storm") {
		t.Error("a storm of another site is told of")
	}
	if code := w.as("ada").get("/cases/next?site=harbour").Code; code != http.StatusForbidden {
		t.Errorf("the next of another site: %d", code)
	}
	w.clock.add(2 * time.Hour)
	if page := body(hans.get("/cases")); strings.Contains(page, "Storm") {
		t.Error("a storm that is long over is told of")
	}
}

// What somebody tries opens a case like any other; where it stands beside those of customers it says that it is a test.
func TestACaseThatIsATestSaysSoWhereverItIsListed(t *testing.T) {
	w := newWorld(t)
	inv, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main", Event: map[string]string{"service_name": "Haircut"}, Test: true})
	if err != nil {
		t.Fatal(err)
	}
	w.says("7", "Robin", chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
	w.press("7", "Robin", "1")
	w.unhappy("main", "8", "Anna", wait)
	chinese := viewer("robin")
	chinese.Language = "zh-Hans"
	for tag, h := range map[string]http.Handler{
		"Test · Haircut": w.as("robin").h,
		"测试 · Haircut":   New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(chinese), Clock: w.clock.Now}),
	} {
		for _, at := range []string{"/", "/cases"} {
			if page := body((&visit{w: w, h: h}).get(at)); strings.Count(page, tag) != 1 {
				t.Errorf("%s has %q %d times:\n%s", at, tag, strings.Count(page, tag), page)
			}
		}
	}
}
