package admin

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// askNowRoutes are about asking one customer by hand.
var askNowRoutes = []route{
	{pattern: "GET /asking/now", deed: access.AskNow, page: in(askingPages.askNow)},
	{pattern: "POST /asking/now", deed: access.AskNow, page: in(askingPages.askThem)},
}

// mostKey is how long a customer's key is that is typed, and a reason.
const mostKey = 200

// askNowPage finds somebody, asks them by the policy that triggers ask by, and says what came of
// it.
type askNowPage struct {
	form
	Query  string
	Found  []customerRow
	More   bool   // others have the name too
	Who    string // key of the one who is asked; "" = nobody is chosen yet
	Name   string
	New    bool // nobody is known by this key
	Once   string
	Result *askResult
	NoSite bool

	because *field
	person  storage.Person // who is meant where no key is known
}

// Why is the field for the reason to ask somebody whom the limits would leave in peace; nil = it is
// not asked for.
func (p askNowPage) Why() *field {
	if at := p.field("why"); at != nil {
		return at
	}
	return p.because
}

// askResult is what became of it.
type askResult struct {
	Asked   bool
	What    string
	Why     string // a sentence, with the rule
	Link    string // that somebody is to hand out
	Insists bool   // it may be done all the same, with a reason
}

func (s askingPages) askNow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	p := askNowPage{Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	who := r.URL.Query().Get("who")
	if len(p.Query) > mostKey || len(who) > mostKey {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	if who == "" && p.Query != "" {
		if err := s.seekToAsk(r, v, &p); err != nil {
			return err
		}
		if len(p.Found) == 1 && !p.More {
			who = p.Found[0].URL
		} else if len(p.Found) == 0 {
			who = p.Query
		}
	}
	if who == "" {
		return s.showAskNow(w, r, v, http.StatusOK, p)
	}
	if err := s.chosen(r, v, &p, who); err != nil {
		return err
	}
	return s.showAskNow(w, r, v, http.StatusOK, p)
}

// seekToAsk proposes the people whom a word may mean.
func (s askingPages) seekToAsk(r *http.Request, v Viewer, p *askNowPage) error {
	people, err := bot.LookUpPeople(r.Context(), s.Bot, p.Query)
	if err == nil && len(people) == 0 {
		people, p.More, err = bot.PeopleNamed(r.Context(), s.Bot, p.Query)
	}
	if err != nil {
		return err
	}
	words := s.words(r, v)
	for _, d := range people {
		seen, _ := visible(v, d)
		key := keyOf(d)
		if nothing(seen) || key == "" {
			continue
		}
		p.Found = append(p.Found, customerRow{
			URL: key, Name: cmp.Or(nameOf(d), key),
			About: voice.Join(" · ", strings.Join(ownKeys(d), ", "), words.t("customer_line", len(seen.Conversations), len(seen.Cases))),
		})
	}
	return nil
}

// keyOf is the key by which somebody is asked.
func keyOf(d storage.Dossier) string {
	if own := ownKeys(d); len(own) > 0 {
		return own[0]
	}
	if len(d.Keys) > 0 {
		return d.Keys[0]
	}
	return idOfPerson(d)
}

// chosen is the form for one customer.
func (s *site) chosen(r *http.Request, v Viewer, p *askNowPage, who string) error {
	if strings.ContainsFunc(who, isControl) {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	p.Who, p.Name, p.New, p.Once = who, who, true, rand.Text()
	people, err := bot.FindPeople(r.Context(), s.Bot, who)
	if err != nil {
		return err
	}
	for _, d := range people {
		if seen, _ := visible(v, d); !nothing(seen) {
			p.Who, p.Name, p.New = keyOf(d), cmp.Or(nameOf(d), keyOf(d)), false
			if len(ownKeys(d)) == 0 && len(d.Identities) > 0 {
				p.person = d.Identities[0].Person
			}
			break
		}
	}
	flow, at, err := s.askable(r, v, access.AskNow)
	p.form, p.NoSite = form{Fields: []field{flow, at}}, len(at.Options) == 0
	return err
}

func (s askingPages) showAskNow(w http.ResponseWriter, r *http.Request, v Viewer, status int, p askNowPage) error {
	words := s.words(r, v)
	f := frame{Title: words.t("asknow"), Here: "/asking", Back: &link{"/asking", words.t("asking")}}
	if p.Who != "" {
		f.Title = words.t("asknow_who", p.Name)
	}
	return s.show(w, r, v, status, "asknow.html", f, p)
}

// askThem asks, or says why not.
func (s askingPages) askThem(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	var p askNowPage
	who, words := strings.TrimSpace(r.PostForm.Get("who")), s.words(r, v)
	if who == "" || len(who) > mostKey || len(r.PostForm.Get("once")) > mostKey {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	if err := s.chosen(r, v, &p, who); err != nil {
		return err
	}
	if err := p.read(w, r); err != nil {
		return err
	}
	p.offered(words, "flow", "site")
	why := strings.TrimSpace(lines(r.PostForm.Get("why")))
	insists := r.PostForm.Get("do") == "insist"
	if insists && (why == "" || len([]rune(why)) > mostKey) {
		p.Fields = append(p.Fields, field{Name: "why", Label: words.t("asknow_because"), Value: why, Fault: words.t("asknow_because_fault")})
	}
	if len(p.Faults()) > 0 {
		return s.showAskNow(w, r, v, http.StatusUnprocessableEntity, p)
	}
	wish := asking.Wish{
		Once: cmp.Or(r.PostForm.Get("once"), p.Once), Customer: p.Who, Flow: p.field("flow").Value, Site: p.field("site").Value, By: cmp.Or(v.SignIn, v.Staff), Person: p.person,
	}
	if insists {
		wish.Against = why
	}
	x, d, err := s.asks().Now(r.Context(), wish)
	if errors.Is(err, asking.ErrNoFlow) {
		p.field("flow").Fault = words.t("link_choose")
		return s.showAskNow(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	a := s.audit(v, "ask.now", x.ID) // which names nobody
	a.After = x.State
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	if p.Result = s.askResult(words, &x, d); p.Result.Insists {
		p.because = &field{Name: "why", Label: words.t("asknow_because"), Hint: words.t("asknow_because_hint"), Fill: "off"}
	}
	return s.showAskNow(w, r, v, http.StatusOK, p)
}

// askResult says what became of an ask by hand.
func (s askingPages) askResult(words *words, x *storage.Ask, d invitation.Decision) *askResult {
	out := &askResult{What: words.t("ask_" + x.State)}
	switch state := invitation.State(x.State); state {
	case invitation.Suppressed, invitation.Unreachable, invitation.Cancelled:
		out.Why = s.whyText(words, d, x.Site)
		out.Insists = state == invitation.Suppressed && slices.Contains(invitation.Insisted(), d.Reason)
	case invitation.Scheduled:
		out.Asked, out.Why = d.Reason == "", s.whyText(words, d, x.Site)
		out.Insists = slices.Contains(invitation.Insisted(), d.Reason)
	default:
		out.Asked = true
		out.What = words.t("asknow_sent", words.platform(x.By))
		if x.By == string(invitation.Web) {
			web, telegram := bot.Offers{Bot: s.Bot}.Links(x.ID)
			out.What, out.Link = words.t("asknow_link"), cmp.Or(web, telegram)
		}
	}
	return out
}

// whyText says in the reader's language why somebody is not asked, or not yet: the reason, what
// the rule looked at, and from when on they may be asked.
func (s *site) whyText(words *words, d invitation.Decision, site string) string {
	if d.Reason == "" {
		return ""
	}
	now, zone := s.Clock(), cmp.Or(s.at(site).Zone, time.UTC)
	last, limit := "", d.Evidence["limit"]
	if t, err := time.Parse(time.RFC3339, d.Evidence["last"]); err == nil {
		last = words.day(now, t, zone)
	}
	var span recovery.Span
	if err := span.UnmarshalText([]byte(limit)); err == nil && span > 0 {
		limit = spanText(words, span)
	}
	text := words.t("asking_" + string(d.Reason))
	key := "why_" + string(d.Reason)
	if said := words.t(key, last, limit, d.Evidence["offers"]); said != key && (last != "" || d.Reason == invitation.CapReached) {
		text = said
	}
	if !d.From.IsZero() && d.From.After(now) {
		text = words.t("why_from", text, words.moment(now, d.From, zone))
	}
	return text
}

// askNowAt is the address at which somebody is asked.
func askNowAt(key string) string { return "/asking/now?who=" + url.QueryEscape(key) }
