package admin

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/web/chart"
)

func init() {
	f := frame{Title: "Asking", Meta: "The last 30 days", Here: "/asking", Do: &link{"/asking/now", "Ask somebody now"}}
	fixtures = append(fixtures,
		fixture{"asking.html", "empty", f, askingPage{Finding: "Nobody was reached in the last 30 days", NoRows: "In the last 30 days there was nobody to ask."}},
		fixture{"asking.html", "full", f, askingPage{
			Files:   listedAs("/list/asking", "Newest decisions"),
			Finding: "40 of 129 who were reached answered: 31 % (24–39)", Meta: "Occasions to ask: 150.", NotAsked: "Not asked: was asked lately: 9",
			Waits:   []string{"On their way: 8766 messages wait for Telegram, which takes 30 a second. The last goes in about 4 min."},
			Drawing: chart.Ways("became", "What became of them", "40 of 129", []chart.Way{{Class: "w1", N: 40, Words: "answered: 40"}, {N: 9, Words: "not asked: 9"}}),
			Keys:    []askKey{{chart.Key("w1", "key-0"), "answered", 40}, {chart.Key("", "key-7"), "not asked", 9}},
			Triggers: []askTrigger{
				{"visit: when any service is done, ask post_service_3, 1h later, 100 %, not after 3d.", "reached 129, answered 40 in 30 days", "on", true},
				{"late: when any service is late, ask one_tap_csat.", "its survey is not asked at the moment", "waits", false},
			}, Version: 3, May: true, Hand: true, Import: true,
			Contact:  []string{"Nobody is asked more than 8 times within 180 days.", "Whoever says stop is asked no more, by no trigger and by nobody."},
			Outcomes: []choice{{"", "Every outcome", true}, {"sent", "sent", false}},
			States:   [][2]string{{"sent", "20"}}, Why: [][2]string{{"was asked lately", "9"}},
			Rows:  []askRow{{"/customers?q=C-1", "C-1", "not asked", "was asked lately", "cut · Main Street", "today 07:55", ""}, {"", "C-2", "sent", "", "cut", "yesterday 19:20", "A-17"}},
			Older: []askRow{{"", "C-3", "answered", "", "cut · Main Street", "Mon 19:20", ""}},
		}},
		fixture{"handout.html", "empty", f, handoutPage{}},
		fixture{"handout.html", "full", f, handoutPage{More: true, Local: true, Mends: true, Rows: []handoutRow{{"Anna", "cut · Main Street", "https://care.example/chat/x", "/asking/handout/x/whatsapp", "sms:?body=x", "mailto:?body=x"}}}},
	)
}

// Triggers are tried on the past and published; then what became of services, and why, and the
// links to hand out are shown to those whose site it is.
func TestTriggersArePublishedAndEverybodyIsCounted(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	c := Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now}
	b := &visit{w: w, h: New(c)}
	if page := body(b.get("/asking")); !strings.Contains(page, "nobody is asked by itself") {
		t.Errorf("at first:\n%s", page)
	}
	e := storage.Event{Source: "till", ID: "1", State: storage.EventDone, Site: "main", Service: "cut", Ended: w.clock.Now().Add(-time.Hour), Customer: &storage.EventCustomer{ID: "C-9", FirstName: "Zoe"}}
	if _, err := w.store.PutEvents(ctx, []storage.Event{e}, w.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	save := func(do, rev, source string) string {
		t.Helper()
		return body(b.post("/asking/triggers/file", url.Values{"do": {do}, "version": {rev}, "source": {source}}))
	}
	const file = "triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n"
	if page := save("check", "0", "triggers:\n  - {name: visit, ask: one_tap_cast}\n"); !strings.Contains(page, "Line 2:") || !strings.Contains(page, "one_tap_csat") {
		t.Errorf("an error:\n%s", page)
	}
	if page := save("check", "0", file); !strings.Contains(page, "1 services of the last 90 days were looked at: 1 would") {
		t.Errorf("tried:\n%s", page)
	}
	if page := save("publish", "0", file); !strings.Contains(page, "1 services of the last 90 days were looked at: 1 would") || !strings.Contains(page, "Publish version 1") {
		t.Errorf("before it is published:\n%s", page)
	}
	if page := save("save", "0", file+"# mine\n"); !strings.Contains(page, "changed the file while you wrote") || !strings.Contains(page, "# mine") {
		t.Errorf("two at once:\n%s", page)
	}
	if page := body(b.post("/asking/triggers/publish", url.Values{"do": {"publish"}, "rev": {"1"}})); !strings.Contains(page, "Published.") {
		t.Errorf("published:\n%s", page)
	}
	s := newSite(c)
	for range 2 {
		if err := s.asks().Look(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if page := body(b.get("/asking")); !strings.Contains(page, "when any service at any site is done, ask “One-tap CSAT”, at once, not after 3 days.") || !strings.Contains(page, "C-9") {
		t.Errorf("afterwards:\n%s", page)
	}
	if page := body(b.get("/asking/handout")); !strings.Contains(page, "Zoe") && !strings.Contains(page, "nothing to hand out") {
		t.Errorf("links:\n%s", page)
	}
	if got := b.get("/asking/handout?as=csv"); got.Code != 200 || !strings.HasPrefix(body(got), "customer,") {
		t.Errorf("links as a file: %d", got.Code)
	}
	audits, err := w.store.Audits(ctx, storage.AuditFilter{What: "data.export", Limit: 5})
	if err != nil || len(audits) != 1 || audits[0].Subject != "list of links.csv" {
		t.Errorf("who has the links is noted as %+v, %v", audits, err)
	}
	list, err := s.asks().HandOuts(ctx, nil, w.clock.Now().AddDate(0, 0, -1), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range list {
		if got := b.get("/asking/handout/" + h.Ask.ID + "/whatsapp"); got.Code != 303 || !strings.HasPrefix(got.Header().Get("Location"), "https://wa.me/?text=How+was+it") {
			t.Errorf("to WhatsApp: %d, %s", got.Code, got.Header().Get("Location"))
		}
	}
	if code := w.as("robin").get("/asking/triggers").Code; code != 403 {
		t.Errorf("a lead may publish: %d", code)
	}
}

// A trigger is told as people say it.
func TestTriggersAreSentences(t *testing.T) {
	w := newWorld(t)
	s := newSite(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now})
	hour, five := recovery.Span(90*time.Minute), 5.0
	full := invitation.Trigger{Name: "visit", On: invitation.OnDone, Ask: "f", After: &hour, Stale: invitation.UsualStale, Sample: 50, When: &invitation.When{All: []invitation.When{
		{Field: "service", Is: []string{"haircut", "colour"}}, {Field: "site", Is: []string{"main"}}, {Field: "event.items", Low: &five}, {Not: &invitation.When{Field: "tier", Is: []string{"BZ"}}},
	}}}
	for lang, want := range map[string]string{
		"en":      "visit: when haircut or colour (if “items” is at least 5 and not: the tier is BZ) at Main Street is done, ask “f”, 1 hour 30 minutes later, 50 % of them, not after 3 days.",
		"zh-Hans": "visit：Main Street的haircut或colour（须“items”至少 5且并非等级为BZ）完成后，询问“f”，1 小时 30 分钟之后，其中 50%，超过3 天不再询问。",
	} {
		if got := s.triggerSentence(tongues()[lang], full); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
	silent := invitation.Trigger{
		Name: "unheard", On: invitation.OnSilence, Wait: invitation.UsualWait, Open: recovery.P2, When: &invitation.When{Field: "site", Is: []string{"main"}},
	}
	for lang, want := range map[string]string{
		"en":      "unheard: when any service at Main Street was late or below its standard, and nothing is heard of the customer within 2 days, a case of priority P2 opens for staff.",
		"zh-Hans": "unheard：Main Street的任何服务延误或未达标准，且 2 天内顾客没有回音时，为工作人员建立优先级为 P2 的跟进单。",
	} {
		if got := s.triggerSentence(tongues()[lang], silent); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
}

// Where two surveys are called the same their names tell them apart.
func TestTriggersTellSurveysApart(t *testing.T) {
	one := &survey.Flow{ID: "one_tap_csat", Title: survey.Text{"en": "One-tap CSAT"}}
	n := namer{flows: map[string]*survey.Flow{"one_tap_csat": one}, as: &voice.Voice{Langs: []string{"en"}}}
	if got := n.apart("one_tap_csat"); got != "One-tap CSAT" {
		t.Errorf("alone it is %s", got)
	}
	n.flows["one_tap_again"] = one
	if got := n.apart("one_tap_csat"); got != "One-tap CSAT (one_tap_csat)" {
		t.Errorf("one of two is %s", got)
	}
	if got := n.apart("nobody_wrote_it"); got != "nobody_wrote_it" {
		t.Errorf("what is not there is %s", got)
	}
}

// While a broadcast is under way the page says how many messages still wait for the pace of the platform,
// and for how long; what a platform takes in a moment is not worth telling, nor what has no pace.
func TestABroadcastSaysHowFarItHasGot(t *testing.T) {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	b := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}
	waits := func(platform chat.Platform, from, to int) {
		t.Helper()
		by := map[storage.Bucket][]storage.Turn{}
		for i := from; i < to; i++ {
			p := storage.Person{Platform: platform, Account: "42", User: strconv.Itoa(100_000 + i)}
			want := storage.Want{
				Slot: "n:" + p.ID() + ":hello", Identity: p.ID(), Kind: storage.QuestionD, Hash: "1",
				Address: chat.Address{Platform: platform, Account: "42", Chat: p.User}, Render: chat.Message{Text: "How was your visit?"},
			}
			bucket := storage.BucketOf(p.Hash16(), w.store.Buckets())
			by[bucket] = append(by[bucket], storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
				return storage.Change{Slots: []storage.SlotOp{{Want: &want}}}, nil
			}})
		}
		for bucket, turns := range by {
			for _, err := range w.store.Advance(t.Context(), bucket, turns) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	waits(chat.Telegram, 0, 300)
	waits(chat.Web, 0, 1)
	if page := body(b.get("/asking")); strings.Contains(page, "On their way") {
		t.Errorf("what goes within ten seconds is told of:\n%s", page)
	}
	waits(chat.Telegram, 300, 3600)
	want := "On their way: 3600 messages wait for Telegram, which takes 30 a second. The last goes in about 2 min."
	if page := body(b.get("/asking")); !strings.Contains(page, want) || strings.Count(page, "On their way") != 1 {
		t.Errorf("it does not say %q:\n%s", want, page)
	}
}

// TestTheNewestDecisionsStandInShort: the page of asking shows the newest, folds the older ones, and calls a survey
// that nobody was asked yet by its title.
func TestTheNewestDecisionsStandInShort(t *testing.T) {
	w := newWorld(t)
	var made []storage.AskChange
	for i := range 30 {
		at := w.clock.Now().Add(-time.Duration(i) * time.Minute)
		made = append(made, storage.AskChange{Ask: storage.Ask{
			ID: "a" + strconv.Itoa(i), Customer: "C-" + strconv.Itoa(i), Site: "main", Flow: "post_service_3", Trigger: "visit", State: "completed", Made: at, First: at,
		}})
	}
	err := w.store.ChangeAsks(t.Context(), 0, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) { return made, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.store.PublishTriggers(t.Context(), "triggers:\n  - {name: visit, ask: post_service_3}\n", w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	page := body(w.as("robin").get("/asking"))
	open, folded, ok := strings.Cut(page, "<summary>The other 24</summary>")
	if !ok || strings.Count(open, ">C-") != askingOpen || strings.Count(folded, ">C-") != 24 || !strings.Contains(open, ">C-0<") {
		t.Errorf("%v: %d stand open, %d are folded", ok, strings.Count(open, ">C-"), strings.Count(folded, ">C-"))
	}
	if strings.Contains(page, "post_service_3") || !strings.Contains(page, "Three-question post-service") {
		t.Error("a survey is called by its key")
	}
}

// What the page says of all that was decided holds also where no service was told: a time came, or somebody asks by
// hand. An empty list says why it is empty.
func TestThePageOfAskingSaysWhatIsSo(t *testing.T) {
	w := newWorld(t)
	robin := w.as("robin")
	if text := textOf(body(robin.get("/asking"))); !strings.Contains(text, "there was nobody to ask") {
		t.Errorf("with nothing decided: %s", text)
	}
	now := w.clock.Now()
	made := []storage.AskChange{{Ask: storage.Ask{
		ID: "by-hand", Customer: "C-1", Flow: "one_tap_csat", Class: "transactional", Site: "main", State: string(invitation.Sent), Made: now, Sent: now, Asker: "robin",
	}}}
	err := w.store.ChangeAsks(t.Context(), 0, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) { return made, nil })
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(body(robin.get("/asking")))
	if strings.Contains(text, "Services that were told") || !strings.Contains(text, "Occasions to ask: 1,") || !strings.Contains(text, "C-1") {
		t.Errorf("of one who is asked by hand: %s", text)
	}
	if text := textOf(body(robin.get("/asking?state=declined"))); strings.Contains(text, "nobody to ask") || strings.Contains(text, "No service has been told") ||
		!strings.Contains(text, "nothing came out like that") {
		t.Errorf("of an outcome that nothing had: %s", text)
	}
	for _, odd := range []string{"nonsense", "%00", "sent+"} {
		if text := textOf(body(robin.get("/asking?state=" + odd))); !strings.Contains(text, "C-1") {
			t.Errorf("an outcome that there is not, %s, hides what there is: %s", odd, text)
		}
	}
}
