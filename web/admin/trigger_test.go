package admin

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

func init() {
	words := tongues()["en"]
	f := frame{Title: "Triggers", Here: "/asking"}
	bar := &ruleBar{State: "Draft by Mei", Also: "Tom is here too.", Undo: "A trigger added", Redo: true, At: triggersAt, Topic: "draft:x@triggers"}
	tried := &triedTriggers{Events: 9, Asked: 4, Lines: [][2]string{{"visit", "9 matched"}}, Rows: [][3]string{{"till:1", "would have been asked about", ""}}, More: 1, Cut: true}
	for _, of := range []string{"empty", "full"} {
		source := "triggers: []\n"
		if of == "full" {
			source = "triggers:\n  - {name: visit, ask: a, when: {service: [cut], event.price: {above: 3}}}\n  - {name: b, every: 90d, ask: a}\nsites: {main: {contact: {declined: 1d}}}\n"
		}
		d, err := readTriggers(drafted{FlowDraft: storage.FlowDraft{Source: source}}, triggerfile.Known{})
		if err != nil {
			panic(err)
		}
		site := map[string]string{"full": "main"}[of]
		list := &triggersPage{contactForm: *contactFormOf(words, d, site, []storage.Site{{ID: "main", Name: "Main Street"}, {ID: "harbour", Name: "Harbour"}}), Kinds: momentOptions(words)}
		one := &triggerForm{draft: d, at: -1, was: usualTrigger(invitation.OnDone), menus: menusOf(words, &snapshot.Snapshot{}, []option{{"main", "Main Street"}})}
		one.fields(words, []option{{"a", "After your visit"}}, &snapshot.Snapshot{})
		one.When = one.menus.view("")
		one.add(field{Name: "when", Label: "Of which services"})
		if of == "full" {
			list.Rows = []triggerRow{{Handle: "visit", Name: "visit", Sentence: "visit: when any service is done, ask a.", Wrong: []string{"There is no survey a."}, First: true}, {Handle: "#1", Name: "b", Sentence: "b: whoever was served is asked.", Last: true}}
			list.Version, list.Elsewhere, list.Wrong, list.Problem, list.Tried, list.Standards, list.Bar = 3, []string{"A standard is wrong."}, []string{"No class."}, "no", tried, 2, bar
			list.field("wait").Fault, list.field("wait").Theirs, list.field("wait").Conflict = "Somebody changed it:", "2d", true
			one.When = one.menus.view(d.doc.Show("triggers/#0/when"))
			one.Handle, one.Sentence, one.Wrong, one.Problem, one.Tried, one.Bar = "visit", "visit: when cut is done, ask a.", []string{"It never asks."}, "no", tried, bar
			for _, name := range []string{"name", "after", "when", "ask", "by.0"} {
				one.field(name).Fault = "Say what."
			}
		}
		fixtures = append(fixtures, fixture{"triggers.html", of, f, list}, fixture{"trigger.html", of, f, one})
	}
	fixtures = append(fixtures,
		fixture{"trigger_file.html", "empty", f, triggerFilePage{Source: "triggers: []"}},
		fixture{"trigger_file.html", "full", f, triggerFilePage{
			Source: "triggers: []", Version: 3, Rev: 2, Fault: "Mei changed the file.", Theirs: "triggers: []", Findings: []ruleFinding{{"Line 2:", "There is no such survey.", "a: b\n^"}}, Tried: tried, Bar: bar,
		}},
		fixture{"file_publish.html", "empty triggers", f, filePublish{Key: "triggers", At: triggersAt, Same: true}},
		fixture{"file_publish.html", "full triggers", f, filePublish{
			Key: "triggers", At: triggersAt,
			compareView: compareView{Changes: []changeView{{Text: "visit", Was: "", Now: "visit: when any service is done, ask a."}}, Lines: []diffLine{{"+", "a"}}},
			Next:        4, Rev: 2, Findings: []ruleFinding{{"Line 2:", "There is no such survey.", "a: b\n^"}}, Tried: tried, Behind: "Version 3 was published since.", Note: "why", Fault: "no",
		}},
	)
}

// triggerDesk is an admin of every site at the pages of triggers.
type triggerDesk struct {
	*visit
	t *testing.T
}

func newTriggerDesk(t *testing.T) *triggerDesk {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Name: "Mei", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	return &triggerDesk{&visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}, t}
}

// draft is the file of the draft, and what it says.
func (d *triggerDesk) draft() (string, invitation.Policy) {
	d.t.Helper()
	x, err := d.w.store.FlowDraft(d.t.Context(), storage.TriggersDraft)
	if err != nil {
		d.t.Fatal(err)
	}
	p, found := triggerfile.Read([]byte(x.Source), triggerfile.Known{})
	if len(found) > 0 {
		d.t.Fatalf("%v\n%s", found, x.Source)
	}
	return x.Source, p
}

// put stores a file as the draft.
func (d *triggerDesk) put(source string) {
	d.t.Helper()
	rev := 0
	if x, err := d.w.store.FlowDraft(d.t.Context(), storage.TriggersDraft); err == nil {
		rev = x.Rev
	}
	if page := body(d.post("/asking/triggers/file", url.Values{"do": {"save"}, "version": {fmt.Sprint(rev)}, "source": {source}})); !strings.Contains(page, "Saved as a draft.") {
		d.t.Fatalf("not stored:\n%s", page)
	}
}

// one posts the form of one trigger as its page shows it, but for some of its fields.
func (d *triggerDesk) one(query string, pairs ...string) string {
	d.t.Helper()
	form := asShown(body(d.get("/asking/triggers/one?" + query)))
	return body(d.post("/asking/triggers/one", with(form, append([]string{"do", "save"}, pairs...)...)))
}

// Triggers of each moment are made, changed, put in order, copied and taken away by forms alone, and the
// file says the same with its comments.
func TestTriggersAreMadeByForms(t *testing.T) {
	b := newTriggerDesk(t)
	if page := body(b.get("/asking/triggers")); !strings.Contains(page, "There is no trigger") || !strings.Contains(page, "a service is booked") {
		t.Fatalf("at first:\n%s", page)
	}
	if page := b.one("new=done"); !strings.Contains(page, "Choose the survey") {
		t.Errorf("no survey:\n%s", page)
	}
	if page := b.one("new=done", "ask", "one_tap_csat", "after", "soon"); !strings.Contains(page, "Write a time such as") || !strings.Contains(page, `value="soon"`) {
		t.Errorf("no time:\n%s", page)
	}
	if page := b.one("new=done", "ask", "one_tap_csat", "after", "1 hour", "sample", "50", "by.0", "web", "by.1", "", "by.2", ""); !strings.Contains(page, "one-tap-csat: when any service at any site is done, ask “One-tap CSAT”, 1 hour later, 50 % of them") {
		t.Errorf("made:\n%s", page)
	}
	b.one("new=late_or_broken", "name", "Nothing heard", "wait", "24h", "open", "P1")
	b.one("new=time", "name", "quarterly", "ask", "post_service_3", "every", "90d", "at_least", "2", "within", "180d", "per_day", "200", "between.tue.0.from", "10:00", "between.tue.0.to", "12:00")
	b.one("new=lost", "name", "gone", "ask", "one_tap_csat", "intervals", "4")
	source, p := b.draft()
	hour := recovery.Span(time.Hour)
	if len(p.Triggers) != 4 || !strings.Contains(source, "# whom we leave in peace") {
		t.Fatalf("%d triggers:\n%s", len(p.Triggers), source)
	}
	first, silent, quarterly, gone := p.Triggers[0], p.Triggers[1], p.Triggers[2], p.Triggers[3]
	if first.Name != "one-tap-csat" || first.After == nil || *first.After != hour || first.Sample != 50 || len(first.By) != 1 || first.By[0] != invitation.Web {
		t.Errorf("the first is %+v", first)
	}
	if silent.Name != "nothing-heard" || silent.Wait.String() != "1d" || silent.Open != recovery.P1 || silent.Ask != "" {
		t.Errorf("that of silence is %+v", silent)
	}
	if quarterly.Every.String() != "90d" || quarterly.AtLeast != 2 || quarterly.Within.String() != "180d" || quarterly.PerDay != 200 || len(quarterly.Between[time.Tuesday]) != 1 {
		t.Errorf("that of time is %+v", quarterly)
	}
	if gone.On != invitation.OnLost || gone.Intervals != 4 {
		t.Errorf("that of the lost is %+v", gone)
	}
	act := func(do, name string) string {
		t.Helper()
		return body(b.post("/asking/triggers/list", url.Values{"do": {do}, "t": {name}}))
	}
	act("up", "gone")
	act("copy", "one-tap-csat")
	act("remove", "quarterly")
	page := body(b.get("/asking/triggers"))
	at := -1
	for _, name := range []string{"one-tap-csat:", "one-tap-csat-2:", "nothing-heard:", "gone:"} {
		i := strings.Index(page, ">"+name)
		if i <= at {
			t.Errorf("%s stands elsewhere:\n%s", name, page)
		}
		at = i
	}
	if strings.Contains(page, "quarterly") || !strings.Contains(page, "“one-tap-csat-2” never asks") && !strings.Contains(page, "&#34;one-tap-csat-2&#34; never asks") {
		t.Errorf("the copy is hidden by the one before it:\n%s", page)
	}
}

// What a trigger waits for is changed with the keys that belong to it; the comments of the file stay.
func TestATriggerChangesItsMoment(t *testing.T) {
	b := newTriggerDesk(t)
	b.put("# ours\ntriggers:\n  # the first\n  - name: visit # of the shop\n    ask: one_tap_csat\n    after: 1h # as Ann wished\n    sample: 50\n  - {name: other, on: booked, ask: one_tap_csat, when: {service: [cut]}}\n")
	if page := b.one("t=visit", "after", "2h"); !strings.Contains(page, "2 hours later") {
		t.Errorf("changed:\n%s", page)
	}
	source, _ := b.draft()
	if want := "# ours\ntriggers:\n  # the first\n  - name: visit # of the shop\n    ask: one_tap_csat\n    after: 2h # as Ann wished\n    sample: 50\n  - {name: other, on: booked, ask: one_tap_csat, when: {service: [cut]}}\n"; source != want {
		t.Errorf("the file is\n%s", source)
	}
	if b.one("t=other"); !strings.Contains(strings.Join([]string{source}, ""), "when: {service: [cut]}") {
		t.Error("a condition that nobody touched was written anew")
	}
	b.one("t=visit", "on", "late_or_broken", "wait", "12h")
	_, p := b.draft()
	if x := p.Triggers[0]; !x.Silent() || x.Wait.String() != "12h" || x.Ask != "" || x.After != nil {
		t.Errorf("%+v", x)
	}
	b.one("t=visit", "on", "time", "every", "30d", "ask", "one_tap_csat")
	_, p = b.draft()
	if x := p.Triggers[0]; x.On != invitation.OnTime || x.Every.String() != "30d" || x.Wait != 0 {
		t.Errorf("%+v", x)
	}
}

// Conditions are rows of menus: put in, filled, taken away; a row that says nothing is not stored.
func TestConditionsOfTriggersAreMenus(t *testing.T) {
	b := newTriggerDesk(t)
	b.put("triggers:\n  - {name: visit, ask: one_tap_csat}\n")
	show := func(form url.Values, pairs ...string) string {
		t.Helper()
		return body(b.post("/asking/triggers/one", with(form, pairs...)))
	}
	form := asShown(body(b.get("/asking/triggers/one?t=visit")))
	page := show(form, "do", "save", "when|add", "service", "after", "2h")
	if !strings.Contains(page, `name="when|0|free"`) || !strings.Contains(page, `name="after.n" aria-label="How long after the service" class="number" type="number" min="0" max="100000" value="2"`) {
		t.Fatalf("a row:\n%s", page)
	}
	if source, _ := b.draft(); strings.Contains(source, "when") || strings.Contains(source, "2h") {
		t.Errorf("a row that says nothing is stored:\n%s", source)
	}
	if page := show(asShown(page), "do", "save"); !strings.Contains(page, "Say what it must be") {
		t.Errorf("nothing said:\n%s", page)
	}
	page = show(asShown(page), "do", "show", "when|0|free", "haircut, colour", "when|add", "site")
	if !strings.Contains(page, `value="haircut, colour"`) || !strings.Contains(page, `name="when|1|value" value="main"`) {
		t.Fatalf("two rows:\n%s", page)
	}
	form = asShown(page)
	form["when|1|value"] = []string{"main", "harbour"}
	page = show(form, "do", "show", "when|attribute", "price")
	if !strings.Contains(page, `name="when|2|number"`) {
		t.Fatalf("an attribute:\n%s", page)
	}
	form = asShown(page)
	form["when|1|value"] = []string{"main", "harbour"}
	show(form, "do", "save", "when|2|verb", "at_least", "when|2|number", "20", "when|2|not", "1")
	_, p := b.draft()
	when := p.Triggers[0].When
	if len(when.All) != 3 || strings.Join(when.All[0].Is, " ") != "haircut colour" || strings.Join(when.All[1].Is, " ") != "harbour main" || when.All[2].Not == nil || *when.All[2].Not.Low != 20 {
		t.Errorf("the condition is %+v", when)
	}
	form = asShown(body(b.get("/asking/triggers/one?t=visit")))
	form["when|1|value"] = []string{"main", "harbour"}
	page = show(form, "do", "show", "when|2|drop", "1")
	form = asShown(page)
	form["when|1|value"] = []string{"main", "harbour"}
	show(form, "do", "save", "when|mode", "any")
	if _, p = b.draft(); len(p.Triggers[0].When.Any) != 2 {
		t.Errorf("one of both: %+v", p.Triggers[0].When)
	}
}

// Times are numbers with a menu of their unit; what an older file says in another way is shown in the unit of
// which it is a whole number, and stays as it is written while nobody touches it.
func TestTimesAreNumbersWithTheirUnit(t *testing.T) {
	b := newTriggerDesk(t)
	const file = "triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h30m, stale: 48h}\ncontact:\n  classes:\n    transactional: {every: 36h}\n"
	b.put(file)
	form := asShown(body(b.get("/asking/triggers/one?t=visit")))
	for name, want := range map[string]string{"after.n": "90", "after.unit": "m", "stale.n": "2", "stale.unit": "d"} {
		if got := form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	send := func(at string, form url.Values, pairs ...string) string {
		t.Helper()
		return body(b.post(at, with(form, append(pairs, "do", "save")...)))
	}
	send("/asking/triggers/one", form)
	if source, _ := b.draft(); source != file {
		t.Errorf("nothing was touched, and the file is\n%s", source)
	}
	send("/asking/triggers/one", form, "after.n", "2", "after.unit", "h", "stale.n", "0")
	_, p := b.draft()
	if x := p.Triggers[0]; x.After.String() != "2h" || x.Stale != 0 {
		t.Errorf("after %s, stale %s", x.After, x.Stale)
	}
	form = asShown(body(b.get("/asking/triggers/one?t=visit")))
	send("/asking/triggers/one", form, "after.n", "", "stale.n", "5", "stale.unit", "d")
	if _, p = b.draft(); p.Triggers[0].After != nil || p.Triggers[0].Stale.String() != "5d" {
		t.Errorf("emptied: %+v", p.Triggers[0])
	}
	for _, bad := range []string{"-1", "1.5", "x", "999999999999"} {
		if page := send("/asking/triggers/one", form, "after.n", bad); !strings.Contains(page, `id="after-fault"`) {
			t.Errorf("%q is no number:\n%s", bad, page)
		}
	}
	limits := asShown(body(b.get("/asking/triggers")))
	if limits.Get("classes.transactional.every.n") != "36" || limits.Get("classes.transactional.every.unit") != "h" || limits.Get("declined.n") != "30" || limits.Get("declined.unit") != "d" {
		t.Errorf("the limits show %v", limits)
	}
	send("/asking/triggers", limits, "classes.transactional.every.n", "3", "classes.transactional.every.unit", "d", "declined.n", "", "wait.n", "12", "wait.unit", "h")
	if _, p = b.draft(); p.Contact.Classes[survey.Transactional].Every.String() != "3d" || p.Contact.Declined != 0 || p.Contact.Wait.String() != "12h" {
		t.Errorf("the limits are %+v", p.Contact)
	}
	changes := textOf(body(b.get("/asking/triggers/publish")))
	for _, want := range []string{"At most once in 7 days 3 days", "is asked within, or not at all: 3 days 12 hours"} {
		if !strings.Contains(changes, want) {
			t.Errorf("what changes is told without %q:\n%s", want, changes)
		}
	}
}

// Two people at the triggers: other fields are theirs, the same one asks at the field, and what was
// taken away meanwhile is not lost.
func TestTwoPeopleAtATrigger(t *testing.T) {
	b := newTriggerDesk(t)
	b.put("triggers:\n  - {name: visit, ask: one_tap_csat}\n")
	first := asShown(body(b.get("/asking/triggers/one?t=visit")))
	limits := asShown(body(b.get("/asking/triggers")))
	send := func(pairs ...string) string {
		return body(b.post("/asking/triggers/one", with(first, append(pairs, "do", "save")...)))
	}
	send("after", "1h")
	send("sample", "50")
	_, p := b.draft()
	if x := p.Triggers[0]; x.After == nil || x.Sample != 50 {
		t.Errorf("one of two is lost: %+v", x)
	}
	if page := send("after", "3h"); !strings.Contains(page, `<q dir="auto">1h</q>`) || !strings.Contains(page, `name="after.n"`) || asShown(page).Get("after.n") != "3" {
		t.Errorf("the same field:\n%s", page)
	}
	for i, days := range []string{"20d", "25d"} {
		page := body(b.post("/asking/triggers", with(limits, "do", "save", "declined", days)))
		if asked := strings.Contains(page, `<q dir="auto">20d</q>`); asked != (i == 1) {
			t.Errorf("limits, %s:\n%s", days, page)
		}
	}
	first = asShown(body(b.get("/asking/triggers/one?t=visit")))
	send("after", "")
	if page := send("after", "3h"); !strings.Contains(page, "They wrote:</b> nothing</span>") || strings.Contains(page, "aria-invalid") {
		t.Errorf("a field that they emptied:\n%s", page)
	}
	b.post("/asking/triggers/list", url.Values{"do": {"remove"}, "t": {"visit"}})
	page := send("stale", "5d")
	if !strings.Contains(page, "Somebody took this trigger away") || asShown(page).Get("stale.n") != "5" {
		t.Errorf("taken away:\n%s", page)
	}
	if page := body(b.post("/asking/triggers/one", with(asShown(page), "do", "save"))); !strings.Contains(page, "not after 5 days") {
		t.Errorf("and made anew:\n%s", page)
	}
}

// Limits are sentences with numbers in them, of every site and of one, and what is left as it was is not
// written.
func TestLimitsAreSentences(t *testing.T) {
	b := newTriggerDesk(t)
	b.put("triggers: []\ncontact: # ours\n  quiet: none\n")
	save := func(query string, pairs ...string) string {
		t.Helper()
		form := asShown(body(b.get("/asking/triggers" + query)))
		return body(b.post("/asking/triggers", with(form, append([]string{"do", "save"}, pairs...)...)))
	}
	save("", "classes.transactional.every", "14d", "cap.offers", "", "quiet.from", "22:00", "quiet.to", "08:00", "reminder.after", "", "open_case", "ask", "consent.consent", "on")
	source, p := b.draft()
	c := p.Contact
	if c.Classes[survey.Transactional].Every.String() != "14d" || c.Classes[survey.Relationship].Every.String() != "90d" || c.CapOffers != 0 || c.Remind != 0 ||
		c.Quiet != (recovery.Interval{From: 22 * 60, To: 8 * 60}) || c.OpenCase != invitation.AskCase || strings.Join(c.Consent, " ") != "consent" {
		t.Errorf("%+v\n%s", c, source)
	}
	if !strings.Contains(source, "# ours") || strings.Contains(source, "relationship") {
		t.Errorf("the file is\n%s", source)
	}
	none := asShown(body(b.get("/asking/triggers?site=harbour")))
	none.Del("consent.consent")
	if page := body(b.post("/asking/triggers", with(none, "do", "save"))); !strings.Contains(page, "tick one at least") {
		t.Errorf("without a basis:\n%s", page)
	}
	save("?site=harbour", "declined", "60d")
	_, p = b.draft()
	if x := p.At("harbour"); x.Declined.String() != "60d" || x.OpenCase != invitation.AskCase || p.Contact.Declined.String() != "30d" {
		t.Errorf("of one site: %+v", x)
	}
	save("?site=harbour", "do", "same")
	if source, p = b.draft(); len(p.Sites) != 0 || strings.Contains(source, "harbour") {
		t.Errorf("as everywhere:\n%s", source)
	}
	for name, bad := range map[string]string{"wait": "soon", "cap.offers": "many", "quiet.from": "09:00"} {
		pairs := []string{name, bad}
		if name == "quiet.from" {
			pairs = append(pairs, "quiet.to", "")
		}
		if page := save("", pairs...); !strings.Contains(page, `id="`+name+`-fault"`) {
			t.Errorf("%s %s:\n%s", name, bad, page[:200])
		}
	}
}

// A finding of the file stands at the trigger and at its field; with it nothing is published. Then the
// draft is published with what it would have done, and a version comes back.
func TestTriggersArePublished(t *testing.T) {
	b := newTriggerDesk(t)
	e := storage.Event{Source: "till", ID: "1", State: storage.EventDone, Site: "main", Service: "cut", Ended: b.w.clock.Now().Add(-time.Hour), Customer: &storage.EventCustomer{ID: "C-9", FirstName: "Zoe"}}
	if _, err := b.w.store.PutEvents(t.Context(), []storage.Event{e}, b.w.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	publish := func() string {
		t.Helper()
		x, err := b.w.store.FlowDraft(t.Context(), storage.TriggersDraft)
		if err != nil {
			t.Fatal(err)
		}
		return body(b.post("/asking/triggers/publish", url.Values{"do": {"publish"}, "rev": {fmt.Sprint(x.Rev)}, "note": {"for the summer"}}))
	}
	b.put("triggers:\n  - {name: visit, ask: one_tap_cast, after: 0m}\n  - {name: late, ask: one_tap_csat, after: 5d}\n")
	page := body(b.get("/asking/triggers"))
	if !strings.Contains(page, "There is no survey") || !strings.Contains(page, "Raise stale") {
		t.Errorf("the list:\n%s", page)
	}
	if page := body(b.get("/asking/triggers/one?t=late")); !strings.Contains(page, `id="after-fault"`) || !strings.Contains(page, "Raise stale") {
		t.Errorf("at its field:\n%s", page)
	}
	if page := publish(); !strings.Contains(page, "What is wrong in the file") {
		t.Errorf("published with faults:\n%s", page)
	}
	b.one("t=visit", "ask", "one_tap_csat")
	b.post("/asking/triggers/list", url.Values{"do": {"remove"}, "t": {"late"}})
	page = body(b.get("/asking/triggers/publish"))
	for _, want := range []string{"Publish version 1", "1 services of the last 90 days were looked at: 1 would", "visit: when any service", "till:1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of publishing does not say %q:\n%s", want, page)
		}
	}
	if page := publish(); !strings.Contains(page, "Published.") {
		t.Errorf("published:\n%s", page)
	}
	b.one("t=visit", "after", "2h")
	if page := body(b.post("/asking/triggers/draft", url.Values{"do": {"undo"}})); !strings.Contains(page, "Redo") {
		t.Errorf("undone:\n%s", page)
	}
	b.post("/asking/triggers/draft", url.Values{"do": {"redo"}})
	publish()
	if page := body(b.get("/asking/triggers/versions")); !strings.Contains(page, "for the summer") || !strings.Contains(page, "/asking/triggers/compare?from=1&amp;to=2") {
		t.Errorf("the versions:\n%s", page)
	}
	if page := body(b.get("/asking/triggers/compare?from=1&to=2")); !strings.Contains(page, "at once") || !strings.Contains(page, "2 hours later") {
		t.Errorf("what differs:\n%s", page)
	}
	b.post("/asking/triggers/versions", url.Values{"version": {"1"}})
	src, err := b.w.store.Triggers(t.Context(), 0)
	if err != nil || src.Version != 3 || !strings.Contains(src.Source, "after: 0m") {
		t.Errorf("after going back: %+v, %v", src, err)
	}
}

// Whoever tries a file that a colleague changed meanwhile is told so when they save it, as if they had not tried
// it: of triggers and of rules.
func TestWhoTriesAFileKeepsTheRevisionThatTheyRead(t *testing.T) {
	for at, sources := range map[string][3]string{
		"/asking/triggers/file": {"triggers: []\n", "triggers:\n  - {name: theirs, ask: one_tap_csat}\n", "triggers:\n  - {name: mine, ask: one_tap_csat}\n"},
		"/settings/rules/file":  {"rules: {}\n", "rules: {sla: {P1: {contact: 20m}}}\n", "rules: {sla: {P1: {contact: 40m}}}\n"},
	} {
		d := newTriggerDesk(t)
		send := func(page, do, source string) string {
			t.Helper()
			return body(d.post(at, with(asShown(page), "do", do, "source", source)))
		}
		mine := send(body(d.get(at)), "save", sources[0])
		send(body(d.get(at)), "save", sources[1])
		tried := send(mine, "check", sources[2])
		if page := send(tried, "save", sources[2]); !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s: what a colleague stored is gone without a word:\n%s", at, page)
		}
	}
}

// A word that has a comma in it is one word: its condition is changed in the file, for a field has a comma between
// words.
func TestAWordWithACommaStaysOne(t *testing.T) {
	d := newTriggerDesk(t)
	const file = "triggers:\n  - name: visit\n    ask: one_tap_csat\n    when: {service: \"Cut, colour\"}\n"
	d.put(file)
	d.one("t=visit", "stale.n", "3")
	if source, p := d.draft(); len(p.Triggers[0].When.Is) != 1 || p.Triggers[0].When.Is[0] != "Cut, colour" {
		t.Errorf("the condition is %+v\n%s", p.Triggers[0].When, source)
	}
}
