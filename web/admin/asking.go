package admin

import (
	"cmp"
	"context"
	"encoding/csv"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// askingRoutes are about who is asked by itself, and who is not.
var askingRoutes = []route{
	{pattern: "GET /asking", deed: access.SeeAsking, page: in(askingPages.askingNow)},
	{pattern: "GET /asking/handout", deed: access.AskNow, page: in(askingPages.handout)},
	{pattern: "GET /asking/handout/{ask}/whatsapp", deed: access.AskNow, page: in(askingPages.toWhatsApp)},
}

// Of these pages.
const (
	askingDays  = 30
	askingShown = 60
	askingOpen  = 6 // of them, the others are folded
	handedShown = 1000
)

// asks is what decides here whom to ask.
func (s *site) asks() *asking.Asking {
	if s.Asking != nil {
		return s.Asking
	}
	return asking.New(asking.Config{Store: s.Store, Bot: s.Bot, Clock: s.Clock, Log: s.Log})
}

// askingPage is what became of everybody who would be asked, the triggers as sentences, and the
// newest decisions.
type askingPage struct {
	Finding, Meta string
	Drawing       template.HTML
	Keys          []askKey
	NotAsked      string   // why, with how many
	Waits         []string // what still waits for the pace of a platform, and for how long
	States, Why   [][2]string
	Triggers      []askTrigger
	Version       int
	Contact       []string
	May           bool // edit the triggers
	Hand          bool // hand links out
	Import        bool // sheets are taken here
	Outcomes      []choice
	Rows, Older   []askRow
	NoRows        string         // what stands in their place where there are none
	Files         []downloadFile // all that Rows and Older are the newest of
}

// askKey is a part of the bar beside its words.
type askKey struct {
	Sign  template.HTML
	Label string
	N     int
}

// askTrigger is a trigger as people say it, with what came of it.
type askTrigger struct {
	Says, Meta, Tag string
	On              bool
}

type askRow struct {
	URL, Who, What, Why, About string
	At                         string
	Case                       string // that was opened; "" = none
}

func (s askingPages) askingNow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	ctx, words, now := r.Context(), s.words(r, v), s.Clock()
	sites := s.named(v, access.SeeAsking)
	since := now.AddDate(0, 0, -askingDays)
	policy, err := s.asks().Policy(ctx)
	if err != nil {
		return err
	}
	p := askingPage{
		Version: policy.Version, May: v.Can(access.EditTriggers, access.EverySite), Hand: v.Anywhere(access.AskNow), Import: s.Imports != nil,
		Contact: s.contactSentences(words, policy),
	}
	counts, err := s.Store.CountAsks(ctx, since)
	if err != nil {
		return err
	}
	counts = slices.DeleteFunc(counts, func(c storage.AskCount) bool { return !slices.Contains(sites, c.Site) })
	p.figures(words, counts)
	if p.Waits, err = s.underWay(ctx, words); err != nil {
		return err
	}
	resting, err := s.Store.FlowStates(ctx)
	if err != nil {
		return err
	}
	for _, t := range policy.Triggers {
		p.Triggers = append(p.Triggers, s.askTrigger(words, t, counts, resting))
	}
	outcome := outcomeOf(r)
	p.Outcomes = append(p.Outcomes, choice{"", words.t("asking_every_outcome"), outcome == ""})
	for _, state := range invitation.States() {
		p.Outcomes = append(p.Outcomes, choice{string(state), words.t("ask_" + string(state)), outcome == string(state)})
	}
	list, err := s.Store.Asks(ctx, storage.AskFilter{Sites: sites, Since: since, State: outcome, Limit: askingShown})
	if err != nil {
		return err
	}
	for i := range list {
		p.Rows = append(p.Rows, s.askRow(words, v, &list[i], now))
	}
	p.NoRows = words.t("asking_nobody")
	if outcome != "" {
		p.NoRows = words.t("asking_not_so")
	}
	if len(p.Rows) > askingOpen+1 { // one row is no shorter folded
		p.Rows, p.Older = p.Rows[:askingOpen], p.Rows[askingOpen:]
	}
	p.Files = s.filesOf(words, v, "/list/asking", "asking_newest", kept(r.URL.Query(), []string{"state"}), access.SeeAsking)
	f := frame{Title: words.t("asking"), Meta: words.t("asking_figures"), Here: "/asking"}
	if p.Hand {
		f.Do = &link{"/asking/now", words.t("asknow")}
	}
	return s.show(w, r, v, http.StatusOK, "asking.html", f, p)
}

// outcomeOf is the outcome by which the address narrows the list of decisions; "" = every one.
func outcomeOf(r *http.Request) string {
	outcome := r.URL.Query().Get("state")
	if !slices.Contains(invitation.States(), invitation.State(outcome)) {
		return ""
	}
	return outcome
}

// longWait is how much must wait for the pace of a platform so that it is worth telling.
const longWait = 20 * time.Second

// underWay says how far a broadcast has got: how many messages wait because the platform takes only so
// many a second, and when the last of them goes.
func (s askingPages) underWay(ctx context.Context, words *words) (out []string, _ error) {
	all, err := s.Store.Backlog(ctx)
	if err != nil {
		return nil, err
	}
	traits := s.Bot.Configuration().Now().Traits
	for _, b := range all {
		pace := traits[b.Platform].Limits.Account.PerSecond
		if pace <= 0 || math.IsInf(pace, 1) {
			continue
		}
		if left := time.Duration(float64(b.Waiting) / pace * float64(time.Second)); left >= longWait {
			out = append(out, words.t("asking_under_way", b.Waiting, words.platform(string(b.Platform)), report.Whole(pace), words.span(left)))
		}
	}
	return out, nil
}

func (s askingPages) askRow(words *words, v Viewer, x *storage.Ask, now time.Time) askRow {
	at := s.at(x.Site)
	row := askRow{What: words.t("ask_" + x.State), About: voice.Join(" · ", x.Service, at.Name, readable(x.Trigger), words.arm(x.Arm)), At: words.moment(now, x.Made, at.Zone)}
	if x.By != "" && x.By != string(invitation.Web) {
		row.What += " · " + words.platform(x.By)
	}
	if x.Reason != "" {
		row.Why = words.t("asking_" + x.Reason)
	}
	if name := x.With["case"]; name != "" && v.Can(access.SeeCases, x.Site) {
		row.Case = name
	}
	if row.Who = x.Customer; x.Customer != "" && v.Can(access.SeeCustomers, x.Site) {
		row.URL = "/customers?q=" + url.QueryEscape(x.Customer)
	}
	return row
}

// askTrigger says what came of a trigger, and whether its survey is asked at all.
func (s askingPages) askTrigger(w *words, t invitation.Trigger, counts []storage.AskCount, resting []storage.FlowState) askTrigger {
	row := askTrigger{Says: s.triggerSentence(w, t), On: true, Tag: w.t("asking_on")}
	asked, answered, opened := 0, 0, 0
	for _, c := range counts {
		if c.Trigger != t.Name {
			continue
		}
		switch reached, said := became(c.State); {
		case c.State == string(invitation.Opened):
			opened += c.N
		case said:
			asked, answered = asked+c.N, answered+c.N
		case reached:
			asked += c.N
		}
	}
	row.Meta = w.t("asking_trigger_counts", asked, answered)
	if t.On == invitation.OnSilence {
		row.Meta = w.t("asking_trigger_opened", opened)
		return row
	}
	if slices.ContainsFunc(resting, func(f storage.FlowState) bool { return f.Flow == t.Ask }) {
		row.On, row.Tag, row.Meta = false, w.t("asking_waits"), w.t("asking_survey_rests")
	}
	return row
}

// became says of the state of an ask whether it reached somebody, and whether they said something.
func became(state string) (reached, said bool) {
	switch invitation.State(state) {
	case invitation.Completed, invitation.Partial, invitation.Started:
		return true, true
	case invitation.Sent, invitation.HandedOut, invitation.Seen, invitation.Declined, invitation.Expired:
		return true, false
	}
	return false, false
}

// askParts are the parts of the bar, with the states that each is made of.
var askParts = []struct {
	key, class string
	of         []invitation.State
}{
	{"asking_part_answered", "w1", []invitation.State{invitation.Completed}},
	{"asking_part_partly", "w2", []invitation.State{invitation.Partial, invitation.Started}},
	{"asking_part_seen", "w3", []invitation.State{invitation.Seen}},
	{"asking_part_sent", "w4", []invitation.State{invitation.Sent, invitation.HandedOut, invitation.Sending}},
	{"asking_part_declined", "w5", []invitation.State{invitation.Declined}},
	{"asking_part_expired", "w5", []invitation.State{invitation.Expired}},
	{"asking_part_scheduled", "w0", []invitation.State{invitation.Scheduled}},
	{"asking_part_not", "", []invitation.State{invitation.Suppressed, invitation.Unreachable, invitation.Cancelled}},
}

// figures counts what became of the asks: reached, answered, and all others with why.
func (p *askingPage) figures(words *words, counts []storage.AskCount) {
	states, why := map[string]int{}, map[string]int{}
	delivered, answered, eligible, all := 0, 0, 0, 0
	for _, c := range counts {
		if c.Silent && c.State != string(invitation.Opened) { // nobody was to be asked
			continue
		}
		states[c.State] += c.N
		if c.Silent {
			continue
		}
		all += c.N
		if c.Reason != "" && c.State != string(invitation.Scheduled) {
			why[c.Reason] += c.N
		}
		if c.Reason != string(invitation.NoTrigger) {
			eligible += c.N
		}
		reached, said := became(c.State)
		if reached {
			delivered += c.N
		}
		if said {
			answered += c.N
		}
	}
	switch rate := report.Show(answered, delivered); {
	case delivered == 0:
		p.Finding = words.t("asking_none_reached")
	case !rate.Rated():
		p.Finding = words.t("asking_reached_few", answered, delivered)
	default:
		p.Finding = words.t("asking_reached", answered, delivered, words.percent(rate.P), report.PerCent(rate.Low()), report.PerCent(rate.High()))
	}
	if all > 0 {
		p.Meta = words.t("asking_all", all, eligible)
	}
	var ways []chart.Way
	for i, part := range askParts {
		n := 0
		for _, s := range part.of {
			n += states[string(s)]
		}
		if n == 0 {
			continue
		}
		label := words.t(part.key)
		ways = append(ways, chart.Way{Class: part.class, N: n, Words: words.t("label_value", label, strconv.Itoa(n))})
		p.Keys = append(p.Keys, askKey{chart.Key(part.class, "key-"+strconv.Itoa(i)), label, n})
	}
	if len(ways) > 0 {
		p.Drawing = chart.Ways("became", words.t("asking_states"), p.Finding, ways)
	}
	for _, s := range invitation.States() {
		if n := states[string(s)]; n > 0 {
			p.States = append(p.States, [2]string{words.t("ask_" + string(s)), strconv.Itoa(n)})
		}
	}
	for _, r := range invitation.Reasons() {
		if n := why[string(r)]; n > 0 {
			p.Why = append(p.Why, [2]string{words.t("asking_" + string(r)), strconv.Itoa(n)})
		}
	}
	var not []string
	most := slices.SortedStableFunc(slices.Values(p.Why), func(a, b [2]string) int {
		x, _ := strconv.Atoi(a[1])
		y, _ := strconv.Atoi(b[1])
		return y - x
	})
	for _, one := range most[:min(4, len(most))] {
		not = append(not, words.t("label_value", one[0], one[1]))
	}
	if len(not) > 0 {
		p.NotAsked = words.t("asking_not", strings.Join(not, " · "))
	}
}

// handoutPage lists the links that somebody is to send.
type handoutPage struct {
	Rows  []handoutRow
	More  bool
	Local bool // a link leads to this computer alone
	Mends bool // the viewer may say another address
}

type handoutRow struct {
	Who, About, Link string
	WhatsApp         string
	SMS, Mail        template.URL
}

func (s askingPages) handout(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words, now := s.words(r, v), s.Clock()
	list, err := s.asks().HandOuts(r.Context(), s.named(v, access.AskNow), now.AddDate(0, 0, -askingDays), handedShown)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("as") == "csv" {
		if err := s.Store.PutAudit(r.Context(), s.audit(v, "data.export", "list of links.csv")); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="links.csv"`)
		out := csv.NewWriter(w)
		_ = out.Write(asking.HandOutColumns())
		for i := range list {
			_ = out.Write(list[i].Row())
		}
		out.Flush()
		return nil // who asks may be gone
	}
	p := handoutPage{More: len(list) == handedShown, Mends: v.Can(access.EditSites, access.EverySite)}
	for _, h := range list {
		at := s.at(h.Ask.Site)
		text, digits := s.handed(words, &h)
		row := handoutRow{
			Who: cmp.Or(h.Name, h.Ask.Customer), Link: h.Link(),
			About:    voice.Join(" · ", h.Ask.Service, at.Name, words.moment(now, h.Ask.Sent, cmp.Or(at.Zone, time.UTC))),
			WhatsApp: "/asking/handout/" + h.Ask.ID + "/whatsapp",
			SMS:      template.URL("sms:" + digits + "?body=" + url.PathEscape(text)),                                                                                         //nolint:gosec // digits and escaped words
			Mail:     template.URL("mailto:" + url.PathEscape(h.Email) + "?subject=" + url.PathEscape(words.t("handout_subject", at.Name)) + "&body=" + url.PathEscape(text)), //nolint:gosec // each part is escaped
		}
		p.Rows = append(p.Rows, row)
		p.Local = p.Local || isLocal(row.Link)
	}
	f := frame{Title: words.t("handout"), Here: "/asking", Back: &link{"/asking", words.t("asking")}}
	return s.show(w, r, v, http.StatusOK, "handout.html", f, p)
}

// handed are the words with which a link is sent, and the digits of the number to which.
func (s askingPages) handed(words *words, h *asking.HandOut) (text, digits string) {
	text = words.t("handout_words", cmp.Or(s.at(h.Ask.Site).Name, words.t("asking_us")), h.Link())
	return text, strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, h.Phone)
}

// toWhatsApp leads to the reader's own WhatsApp with the words written. Our pages hold no address of
// others: this one is asked for it.
func (s askingPages) toWhatsApp(w http.ResponseWriter, r *http.Request, v Viewer) error {
	list, err := s.asks().HandOuts(r.Context(), s.named(v, access.AskNow), s.Clock().AddDate(0, 0, -askingDays), handedShown)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(h asking.HandOut) bool { return h.Ask.ID == r.PathValue("ask") })
	if i < 0 {
		return s.nothingHere(w, r, v)
	}
	text, digits := s.handed(s.words(r, v), &list[i])
	http.Redirect(w, r, "https://wa.me/"+digits+"?text="+url.QueryEscape(text), http.StatusSeeOther)
	return nil
}
