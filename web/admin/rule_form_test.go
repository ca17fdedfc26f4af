package admin

import (
	"errors"
	"fmt"
	"html"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/google/go-cmp/cmp"
)

func init() {
	words := tongues()["en"]
	for _, of := range []string{"empty", "full"} {
		c := &ruleScope{source: emptyRules, policy: recovery.DefaultPolicy(), Title: "Every site", Sites: []option{{"", "Every site"}}}
		if of == "full" {
			c.Site, c.Title = "main", "Main Street"
			c.Sites = append(c.Sites, option{"main", "Main Street"}, option{"harbour", "Harbour"})
		}
		var err error
		if c.doc, err = draft.Parse(c.source); err != nil {
			panic(err)
		}
		p := ruleFormOf(words, c)
		p.Bar = &ruleBar{State: "Draft by Mei", Also: "Mei is here too.", Undo: "Hours", Redo: true, At: "/settings/rules", Topic: "draft:x@rules"}
		h := hoursOf(words, c, time.Now())
		o := routesOf(words, c, &snapshot.Snapshot{})
		n := snippetsOf(words, c)
		x := textsOf(words, c, "ar", map[string]string{"empty": "messages", "full": "buttons"}[of])
		for _, f := range x.Fields {
			x.Rows = append(x.Rows, textRow{Field: f, Shown: "Skip", Button: of == "full"})
		}
		if of == "full" {
			p.Own, p.Problem, p.Tried = true, "Chain step 1 is at 2000 %.", &triedRules{Sessions: 3, Changes: [][2]string{{"Would open", "2"}}}
			p.field("sla.P1.contact").Fault, p.field("chain.0.at").Fault = "Write a time.", "Write a number."
			h.Own, h.Problem, h.Means = true, "no", "A P2 case …"
			o.Problem, o.Asked, o.Now = "no", true, []string{"front-desk (Telegram)"}
			o.field("route.0.to.0").Fault = "Say who hears of it."
			n.Own, n.Problem = true, "no"
			n.field("snippet.0.text").Fault = "Write the words."
			x.Own, x.Problem = true, "no"
			x.field("skip").Fault, x.Rows[2].Field.Fault = "Write a button in one line.", "Write a button in one line."
			h.field("mon.0.from").Fault = "Give both times."
		}
		fixtures = append(fixtures, fixture{"rules.html", of, frame{Title: "Rules"}, p}, fixture{"hours.html", of, frame{Title: "Hours"}, h}, fixture{"routes.html", of, frame{Title: "Routes"}, o}, fixture{"snippets.html", of, frame{Title: "Saved answers"}, n}, fixture{"texts.html", of, frame{Title: "Texts"}, x})
	}
}

var (
	posted  = regexp.MustCompile(`<(input|select)([^>]*) name="([^"]+)"([^>]*)>(?:((?:<option[^>]*>[^<]*</option>)+)</select>)?`)
	valued  = regexp.MustCompile(` value="([^"]*)"`)
	chosen  = regexp.MustCompile(`<option value="([^"]*)" selected>`)
	options = regexp.MustCompile(`<option value="([^"]*)"`)
)

// asShown is what a browser posts of a page whose form nobody has touched.
func asShown(page string) url.Values {
	v := url.Values{}
	for _, m := range posted.FindAllStringSubmatch(page, -1) {
		attrs := m[2] + m[4]
		value := ""
		if at := valued.FindStringSubmatch(attrs); at != nil {
			value = html.UnescapeString(at[1])
		}
		switch {
		case m[1] == "select":
			at := chosen.FindStringSubmatch(m[5])
			if at == nil {
				at = options.FindStringSubmatch(m[5])
			}
			value = html.UnescapeString(at[1])
		case strings.Contains(attrs, `type="checkbox"`), strings.Contains(attrs, `type="radio"`):
			if !strings.Contains(attrs, " checked") {
				continue
			}
			if value == "" {
				value = "on"
			}
		}
		v.Set(m[3], value)
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>`).FindAllStringSubmatch(page, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	return v
}

// ruleDesk is an admin of every site at the forms of rules, and what is in force.
type ruleDesk struct {
	*visit
	t *testing.T
}

func newRuleDesk(t *testing.T) *ruleDesk {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	return &ruleDesk{&visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}, t}
}

// inForce are the rules as they are, and their file.
func (d *ruleDesk) inForce() (recovery.Policy, string) {
	d.t.Helper()
	src, err := d.w.store.Rules(d.t.Context(), 0)
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := rulefile.Parse([]byte(src.Source))
	if err != nil {
		d.t.Fatal(err)
	}
	return p, src.Source
}

// save posts a form as its page shows it, but for some of its fields.
func (d *ruleDesk) save(at string, pairs ...string) string {
	d.t.Helper()
	return d.do(at, "save", pairs...)
}

// post sends a form as somebody does who means it: what it stored in the draft is published.
func (d *ruleDesk) post(at string, form url.Values) *httptest.ResponseRecorder {
	d.t.Helper()
	out := d.visit.post(at, form)
	if do := form.Get("do"); do == "save" || do == "same" {
		d.publish("")
	}
	return out
}

// publish makes the draft the rules in force, if there is one, and returns the page that comes.
func (d *ruleDesk) publish(note string) string {
	d.t.Helper()
	now, err := d.w.store.FlowDraft(d.t.Context(), storage.RulesDraft)
	if errors.Is(err, storage.ErrNotFound) || now.Source == "" {
		return ""
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return body(d.visit.post("/settings/rules/publish", url.Values{"do": {"publish"}, "rev": {fmt.Sprint(now.Rev)}, "note": {note}}))
}

func (d *ruleDesk) do(at, what string, pairs ...string) string {
	d.t.Helper()
	return body(d.post(strings.Split(at, "?")[0], with(asShown(body(d.get(at))), append(pairs, "do", what)...)))
}

// Rules are forms: what is changed is changed in the file, alone, and everything else in it
// stays as somebody wrote it; two who change different things both have their way, and who
// changes what somebody else has changed is asked at the field.
func TestRulesAreForms(t *testing.T) {
	b := newRuleDesk(t)
	b.w.unhappy("main", "7", "Anna", "I waited.")
	inForce := b.inForce
	first := asShown(body(b.get("/settings/rules")))
	if page := body(b.post("/settings/rules", with(first, "do", "save"))); !strings.Contains(page, "shipped rules") {
		t.Errorf("nothing was touched, and something is stored:\n%s", page)
	}
	off := with(first, "do", "try")
	off.Del("primary")
	off.Del("composite")
	if page := body(b.post("/settings/rules", off)); !strings.Contains(page, "Would not open") {
		t.Errorf("the past:\n%s", page)
	}
	b.post("/settings/rules", with(first, "do", "save", "sla.P1.contact", "45 min", "sla.P3.idle", "", "chain.1.at", "40", "causes.10.name", "Waited too long", "causes.10.failure", "process", "causes.7.name", "Too dear", "causes.11.name", "等太久", "currency", "eur"))
	p, text := inForce()
	r := p.Rules
	if r.SLA.P1.Contact.String() != "45m" || r.SLA.P3.Idle != 0 || r.SLA.P1.Acknowledge.String() != "15m" || r.Chain[1].At != 40 || len(r.Chain) != 5 || fmt.Sprint(r.Causes[7:8], r.Causes[10:]) != "[{price Too dear outcome}] [{waited_too_long Waited too long process} {cause 等太久 other}]" || r.Currency != "EUR" {
		t.Errorf("%+v", r)
	}
	if strings.Contains(text, "acknowledge") || strings.Contains(text, "storm") {
		t.Errorf("what nobody changed is written:\n%s", text)
	}
	// Somebody else had the page open: another field is theirs, the same one asks.
	if page := body(b.post("/settings/rules", with(first, "do", "save", "sla.P2.contact", "3h"))); !strings.Contains(page, "Saved") {
		t.Errorf("another field:\n%s", page)
	}
	if p, _ := inForce(); p.Rules.SLA.P2.Contact.String() != "3h" || p.Rules.SLA.P1.Contact.String() != "45m" {
		t.Errorf("two who change different things: %+v", p.Rules.SLA)
	}
	if page := body(b.post("/settings/rules", with(first, "do", "save", "sla.P1.contact", "30m"))); !strings.Contains(page, `<q dir="auto">45m</q>`) || !strings.Contains(page, `value="30m"`) {
		t.Errorf("the same field:\n%s", page)
	}
	if page := body(b.post("/settings/rules", with(first, "do", "save", "chain.1.at", "60"))); !strings.Contains(page, `<q dir="auto">40</q>`) {
		t.Errorf("the same list:\n%s", page)
	}
	for field, bad := range map[string]string{"sla.P1.contact": "soon", "chain.0.at": "x", "storm.cases": "1", "currency": "euros", "follow_up.to": "", "follow_up.close": "1h", "causes.1.name": "Not done right"} {
		if page := b.save("/settings/rules", field, bad); !strings.Contains(page, "Nothing was saved") && !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s %q is stored", field, bad)
		}
	}
	// A site of its own, and back.
	b.save("/settings/rules?site=harbour", "sla.P1.acknowledge", "5m")
	if p, _ := inForce(); p.At("harbour", nil).SLA.P1.Acknowledge.String() != "5m" || p.At("main", nil).SLA.P1.Acknowledge.String() != "15m" || p.At("harbour", nil).Currency != "EUR" {
		t.Errorf("a site: %+v", p.Sites)
	}
	b.do("/settings/rules?site=harbour", "same")
	if p, _ := inForce(); p.At("harbour", nil).SLA.P1.Acknowledge.String() != "15m" {
		t.Errorf("as everywhere: %+v", p.Sites)
	}
	if page := body(b.get("/audit")); !strings.Contains(page, "P1 · Contact by: 1h") || !strings.Contains(page, "P1 · Contact by: 45m") {
		t.Errorf("what was changed:\n%s", page)
	}
}

// Routes are lines in their order, that lead to built-in receivers and to those of one's own; who
// would hear of a case is said before they are saved.
func TestRoutesAreForms(t *testing.T) {
	b := newRuleDesk(t)
	at := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}
	for name, at := range map[string]chat.Address{"desk": at, "night": {Platform: chat.Telegram, Account: "42", Chat: "-200"}} {
		if err := b.w.store.PutStaffChat(t.Context(), storage.StaffChat{Name: name, Sites: []string{"main"}, Created: b.w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.w.store.PlaceStaffChat(t.Context(), storage.StaffChat{Name: name, Sites: []string{"main"}, Address: at, Created: b.w.clock.Now(), Linked: b.w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.w.bot.StaffChatsChanged(t.Context()); err != nil {
		t.Fatal(err)
	}
	const page = "/settings/routes"
	if out := b.save(page); !strings.Contains(out, "shipped rules") {
		t.Error("nothing was touched, and something is stored")
	}
	saved := func(pairs ...string) {
		t.Helper()
		if out := b.save(page, pairs...); !strings.Contains(out, "Saved") {
			t.Fatalf("%v is not stored:\n%s", pairs, out)
		}
	}
	saved("receiver.0.name", "owls", "receiver.0.who.0", "chats:night", "receiver.0.who.1", "staff:robin")
	night := []string{"route.0.site", "main", "route.0.priority", "P1 P2", "route.0.service", "Haircut, Colour", "route.0.to.0", "owls", "route.0.to.1", "lead"}
	out := b.do(page, "try", append(night, "case.site", "main", "case.priority", "2", "case.service", "colour")...)
	if !regexp.MustCompile(`(?s)in force</dt><dd>desk \(Telegram\), night \(Telegram\)</dd>.*stands here</dt><dd>night \(Telegram\)`).MatchString(out) {
		t.Errorf("before it is saved:\n%s", out)
	}
	if p, _ := b.inForce(); len(p.Routing.Routes) > 0 {
		t.Error("trying stored it")
	}
	saved(night...)
	saved("route.1.language", "zh-Hans", "route.1.to.0", "manager", "route.1.n", "1") // the new line goes first
	p, text := b.inForce()
	want := recovery.Routing{
		Receivers: map[recovery.Receiver]recovery.Audience{"owls": {Chats: []string{"night"}, Staff: []string{"robin"}}},
		Routes: []recovery.Route{
			{Languages: []string{"zh-Hans"}, To: []recovery.Receiver{recovery.ToManager}},
			{Sites: []string{"main"}, Priorities: []recovery.Priority{recovery.P1, recovery.P2}, Services: []string{"Haircut", "Colour"}, To: []recovery.Receiver{"owls", recovery.ToLead}},
		},
	}
	if diff := cmp.Diff(want, p.Routing); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, text)
	}
	for field, bad := range map[string]string{"route.0.to.0": "", "receiver.0.name": "", "receiver.1.name": "owls", "route.1.n": "x"} {
		if out := b.save(page, field, bad); !strings.Contains(out, `role="alert"`) {
			t.Errorf("%s %q is stored", field, bad)
		}
	}
	if out := b.save(page, "receiver.0.who.0", "", "receiver.0.who.1", "", "receiver.0.name", ""); !strings.Contains(out, "no receiver") {
		t.Errorf("a line leads to somebody who is gone:\n%s", out)
	}
	saved("route.0.language", "", "route.0.to.0", "", "route.1.to.0", "", "route.1.to.1", "", "route.1.site", "", "route.1.priority", "", "route.1.service", "",
		"receiver.0.who.0", "", "receiver.0.who.1", "", "receiver.0.name", "")
	if p, text := b.inForce(); len(p.Routing.Routes)+len(p.Routing.Receivers) > 0 || strings.Contains(text, "routes:") {
		t.Errorf("nothing is left of them:\n%s", text)
	}
}

// Saved answers are put into the box of a reply, behind what stands there, and sent by nobody;
// a site has its own, and what nothing is known for is refused.
func TestSavedAnswersGoIntoAReply(t *testing.T) {
	b := newRuleDesk(t)
	kase := b.w.unhappy("main", "7", "Anna", "I waited.").Name()
	const page = "/settings/snippets"
	if out := b.save(page, "snippet.0.name", "Sorry", "snippet.0.text", "Your {order} is late."); !strings.Contains(out, "Nothing is known for {order}.") {
		t.Errorf("a placeholder that nobody knows:\n%s", out)
	}
	b.save(page, "snippet.0.name", "Sorry", "snippet.0.text", "Hello {name},\r\nwe are sorry. {me}", "snippet.1.name", "Call", "snippet.1.text", "May we call you?")
	b.save(page+"?site=harbour", "snippet.0.name", "Ahoy", "snippet.0.text", "Ahoy {name}!")
	robin := b.w.as("robin")
	out := body(robin.get("/cases/" + kase))
	if !strings.Contains(out, `value="Sorry" formaction`) || strings.Contains(out, "Ahoy") {
		t.Errorf("the menu:\n%s", out)
	}
	robin.post("/cases/"+kase+"/snippet", url.Values{"reply": {"Dear Anna"}, "snippet": {"Sorry"}})
	if out := body(robin.get("/cases/" + kase)); !strings.Contains(out, ">Dear Anna\n\nHello Anna,\nwe are sorry. Robin Park</textarea>") {
		t.Errorf("the box:\n%s", regexp.MustCompile(`(?s)<textarea.*?</textarea>`).FindString(out))
	}
	k, err := b.w.store.PendingOf(t.Context(), 0, kase)
	if err != nil || len(k) > 0 {
		t.Errorf("something is on its way: %v, %v", k, err)
	}
	if p, _ := b.inForce(); len(p.At("main", nil).Snippets) != 2 || p.At("harbour", nil).Snippets[0].Name != "Ahoy" {
		t.Errorf("%+v", p)
	}
	b.do(page+"?site=harbour", "same")
	for i := range 2 {
		b.save(page, fmt.Sprintf("snippet.%d.name", 1-i), "", fmt.Sprintf("snippet.%d.text", 1-i), "")
	}
	if p, text := b.inForce(); len(p.Rules.Snippets) > 0 || len(p.At("harbour", nil).Snippets) > 0 {
		t.Errorf("nothing is left: %s", text)
	}
}

// Hours are a grid, holidays a list; a night, a break and a whole day are said as they are.
func TestHoursAreAGrid(t *testing.T) {
	b := newRuleDesk(t)
	hours := func(site string) string {
		t.Helper()
		p, _ := b.inForce()
		h := p.At(site, nil).Hours
		return weekText(h.Week) + " " + strings.ReplaceAll(holidayText(h.Holidays), "\n", " ")
	}
	page := asShown(body(b.get("/settings/hours")))
	if page.Get("open") != "always" {
		t.Errorf("the shipped hours: %q", page.Get("open"))
	}
	if out := body(b.post("/settings/hours", with(page, "do", "save", "open", "times"))); !strings.Contains(out, "Give at least one day") {
		t.Errorf("no day:\n%s", out)
	}
	b.post("/settings/hours", with(page, "do", "save", "mon.0.from", "09:00", "mon.0.to", "12:30", "mon.1.from", "13:30", "mon.1.to", "18:00",
		"fri.0.from", "18:00", "fri.0.to", "02:00", "sun.0.from", "00:00", "sun.0.to", "00:00",
		"holiday.0.from", "2026-12-24", "holiday.0.to", "2026-12-26", "holiday.0.each", "on", "holiday.1.from", "2026-05-29", "holiday.2.from", "2026-12-31", "holiday.2.open", "09:00", "holiday.2.shut", "13:00"))
	const want = `{mon: ["09:00-12:30", "13:30-18:00"], fri: ["18:00-02:00"], sun: ["00:00-24:00"]} - "12-24 to 12-26" - "2026-05-29" - "2026-12-31 09:00-13:00"`
	if got := hours("main"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if out := b.save("/settings/hours"); !strings.Contains(out, "Saved") || hours("main") != want {
		t.Errorf("untouched: %s", hours("main"))
	}
	for field, bad := range map[string]string{"mon.0.to": "", "tue.0.from": "9", "mon.1.from": "11:00"} {
		if out := b.save("/settings/hours", field, bad); !strings.Contains(out, "Nothing was saved") || hours("main") != want {
			t.Errorf("%s %q: %s", field, bad, hours("main"))
		}
	}
	b.save("/settings/hours?site=harbour", "open", "always")
	if got := hours("harbour"); !strings.HasPrefix(got, "{} ") || hours("main") == got {
		t.Errorf("a site that never closes: %s", got)
	}
	b.do("/settings/hours?site=harbour", "same")
	if hours("harbour") != hours("main") {
		t.Errorf("as everywhere: %s", hours("harbour"))
	}
}

// with is a form with some of it written otherwise.
func with(v url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, x := range v {
		out[k] = x
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}
