package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// customerRoutes are the pages of customers.
var customerRoutes = []route{
	{pattern: "GET /customers", deed: access.SeeCustomers, page: in(customerPages.customers)},
	{pattern: "GET /customers/{who}", deed: access.SeeCustomers, page: in(customerPages.customer)},
	{pattern: "POST /customers/{who}/tier", deed: access.EditCustomer, page: in(customerPages.setTier)},
	{pattern: "GET /customers/{who}/export", deed: access.ExportPerson, page: in(customerPages.exportCustomer)},
	{pattern: "GET /customers/{who}/erase", deed: access.ErasePerson, page: in(customerPages.askErase)},
	{pattern: "POST /customers/{who}/erase", deed: access.ErasePerson, page: in(customerPages.eraseCustomer)},
}

// customersPage is the search for a customer.
type customersPage struct {
	Query string
	Found []customerRow
	More  bool           // others have the name too
	Files []downloadFile // those who are shown, or everybody where nothing is searched for
}

// longestSearch is how long what is searched for may be, in bytes.
const longestSearch = 300

type customerRow struct{ URL, Name, About string }

// customerPage is what is known of one person, the newest first.
type customerPage struct {
	Asked []string // whether they can be asked, and why not
	Past  []pastRow
	Facts [][2]string
	Tier  *tierForm // nil = they have no key of the organisation's own
	Whole bool      // the viewer may export and erase
	Hides bool      // something is not shown here: of other sites, or under a pseudonym
	At    string
	AskAt string // where they are asked by hand; "" = the viewer may not
}

type pastRow struct {
	Kind        string // asked, answered, case, said, served: keys of words
	Level       int
	URL         string
	What, About string
	at          time.Time
}

// erasePage shows what will go, or what went.
type erasePage struct {
	At, Name string
	Kept     [][2]string
	Type     field // what must be typed first
	Receipt  *personal.Receipt
	Left     []string
}

// visible is what a viewer may know of a person: of the sites that are theirs, and nothing that
// staff know by a pseudonym alone. hides reports whether there is more.
func visible(v Viewer, d storage.Dossier) (seen storage.Dossier, hides bool) {
	seen = d
	masked := map[string]bool{} // cases that began under a pseudonym
	at := func(site string) bool { return v.Can(access.SeeCustomers, site) }
	seen.Invitations, seen.Conversations, seen.Cases, seen.Feedback, seen.Events = nil, nil, nil, nil, nil
	for _, c := range d.Conversations {
		if c.Session.Mark != "" {
			masked[c.Session.Case] = true
		}
		if c.Session.Mark == "" && at(c.Session.Site) {
			seen.Conversations = append(seen.Conversations, c)
		}
	}
	for _, i := range d.Invitations {
		if at(i.Site) {
			seen.Invitations = append(seen.Invitations, i)
		}
	}
	for _, c := range d.Cases {
		if at(c.Case.Site) && !masked[c.Case.ID] {
			seen.Cases = append(seen.Cases, c)
		}
	}
	for _, f := range d.Feedback {
		if at(f.Site) {
			seen.Feedback = append(seen.Feedback, f)
		}
	}
	for _, e := range d.Events {
		if at(e.Site) {
			seen.Events = append(seen.Events, e)
		}
	}
	hides = len(seen.Conversations) < len(d.Conversations) || len(seen.Events) < len(d.Events) || len(seen.Cases) < len(d.Cases) || len(seen.Invitations) < len(d.Invitations)
	return seen, hides
}

// nothing reports whether there is nothing of a person for this viewer.
func nothing(d storage.Dossier) bool {
	return len(d.Conversations)+len(d.Invitations)+len(d.Cases)+len(d.Feedback)+len(d.Events) == 0
}

// nameOf is what a person is called, "" where no name is known.
func nameOf(d storage.Dossier) string {
	for _, c := range d.Customers {
		if c.Name != "" {
			return c.Name
		}
	}
	for _, i := range d.Identities {
		if name := voice.Called(i.Name); name != "" {
			return name
		}
	}
	return ""
}

// called is what pages call a person: by name, else by a key of the organisation, else so that they are told apart.
func (s customerPages) called(w *words, d storage.Dossier) string {
	name := nameOf(d)
	for _, k := range ownKeys(d) {
		name = cmp.Or(name, k)
	}
	if account := accountOf(d.Identities); name == "" && account != "" {
		return s.unnamed(w, account)
	}
	return cmp.Or(name, w.t("customer_word"))
}

// idOf names a person in an address.
func idOfPerson(d storage.Dossier) string {
	for _, i := range d.Identities {
		return i.ID
	}
	for _, k := range d.Keys {
		return k
	}
	return ""
}

func (s customerPages) customers(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	p := customersPage{Query: r.URL.Query().Get("q")}
	if len(p.Query) > longestSearch {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	people, err := bot.LookUpPeople(r.Context(), s.Bot, p.Query)
	if err != nil {
		return err
	}
	if len(people) == 0 {
		if people, p.More, err = bot.PeopleNamed(r.Context(), s.Bot, p.Query); err != nil {
			return err
		}
	}
	for _, d := range people {
		seen, _ := visible(v, d)
		id := idOfPerson(d)
		if nothing(seen) || id == "" {
			continue
		}
		row := customerRow{URL: "/customers/" + url.PathEscape(id), Name: s.called(words, d)}
		row.About = s.lineOf(words, seen)
		p.Found = append(p.Found, row)
	}
	if len(p.Found) == 1 && !p.More {
		http.Redirect(w, r, s.Prefix+p.Found[0].URL, http.StatusSeeOther)
		return nil
	}
	if p.Query == "" || len(p.Found) > 0 {
		p.Files = s.filesOf(words, v, "/download/customers", "customers", kept(r.URL.Query(), []string{"q"}), access.SeeCustomers)
	}
	return s.show(w, r, v, http.StatusOK, "customers.html", frame{Title: words.t("customers"), Here: "/customers"}, p)
}

// lineOf tells people of one name apart: how much there is of them, where, when last, and what is open.
func (s customerPages) lineOf(words *words, d storage.Dossier) string {
	var last time.Time
	at := ""
	newest := func(t time.Time, site string) {
		if t.After(last) {
			last, at = t, site
		}
	}
	for _, c := range d.Conversations {
		newest(c.Session.Started, c.Session.Site)
	}
	for _, e := range d.Events {
		newest(cmp.Or(e.At(), e.Received), e.Site)
	}
	for _, f := range d.Feedback {
		newest(f.At, f.Site)
	}
	parts := []string{words.t("customer_line", len(d.Conversations), len(d.Cases))}
	if !last.IsZero() {
		parts = append(parts, s.at(at).Name, words.t("seen_last", words.day(s.Clock(), last, s.at(at).Zone)))
	}
	for _, c := range d.Cases {
		if c.Case.State.Active() {
			parts = append(parts, words.t("customer_open", c.Case.Name()))
		}
	}
	return voice.Join(" · ", parts...)
}

// whom is the person of a request's address, and what the viewer may see of them.
// brief is for a page that only shows.
func (s customerPages) whom(r *http.Request, v Viewer, brief bool) (d, seen storage.Dossier, hides bool, err error) {
	find := bot.FindPeople
	if brief {
		find = bot.LookUpPeople
	}
	people, err := find(r.Context(), s.Bot, r.PathValue("who"))
	if err != nil {
		return d, seen, false, err
	}
	for _, d = range people {
		if seen, hides = visible(v, d); !nothing(seen) {
			return d, seen, hides, nil
		}
	}
	return d, seen, false, &page.Error{Code: page.NotFound, Title: "no_customer", Text: "no_customer_text"}
}

func (s customerPages) customer(w http.ResponseWriter, r *http.Request, v Viewer) error {
	whole, d, hides, err := s.whom(r, v, true)
	if err != nil {
		return err
	}
	words, now := s.words(r, v), s.Clock()
	p := customerPage{Hides: hides, At: "/customers/" + url.PathEscape(r.PathValue("who"))}
	p.Whole = v.Can(access.ExportPerson, access.EverySite) && v.Can(access.ErasePerson, access.EverySite)
	zone := func(site string) *time.Location { return s.at(site).Zone }
	for _, c := range d.Conversations {
		x := c.Session
		row := pastRow{Kind: "answered", at: x.Started, Level: x.Judgement.Level}
		row.URL = "/answers/" + strconv.Itoa(int(x.Bucket)) + "." + x.ID
		row.What = words.t("past_answers", len(c.Answers))
		if len(c.Answers) == 0 {
			row.What, row.URL = words.t("past_no_answers"), ""
		}
		row.About = voice.Join(" · ", s.flowTitle(words, x.Flow, x.Version), x.Service, s.at(x.Site).Name, words.moment(now, x.Started, zone(x.Site)))
		p.Past = append(p.Past, row)
	}
	for _, i := range d.Invitations {
		row := pastRow{Kind: "asked", at: i.Created, What: words.t(howAsked(i, now))}
		row.About = voice.Join(" · ", s.flowTitle(words, i.Flow, i.Version), s.at(i.Site).Name, words.platform(i.Channel), words.moment(now, i.Created, zone(i.Site)))
		p.Past = append(p.Past, row)
	}
	for _, c := range d.Cases {
		k := c.Case
		row := pastRow{Kind: "case", at: k.OpenedAt, URL: "/cases/" + k.Name(), What: k.Name() + " – " + words.t("state_"+string(k.State))}
		row.About = voice.Join(" · ", s.at(k.Site).Name, k.Holder.Name, words.moment(now, k.OpenedAt, zone(k.Site)))
		p.Past = append(p.Past, row)
	}
	for _, f := range d.Feedback {
		p.Past = append(p.Past, pastRow{Kind: "said", at: f.At, What: voice.Cut(f.Text, 400), About: voice.Join(" · ", s.at(f.Site).Name, words.moment(now, f.At, zone(f.Site)))})
	}
	for _, e := range d.Events {
		at := cmp.Or(e.At(), e.Received)
		p.Past = append(p.Past, pastRow{Kind: "served", at: at, What: words.t("told_"+string(e.State), cmp.Or(e.Service, e.ID)), About: voice.Join(" · ", s.at(e.Site).Name, e.Staff, e.Source, words.moment(now, at, zone(e.Site)))})
	}
	names := s.namer(words)
	for _, f := range d.Asks {
		x := f.Ask
		row := pastRow{Kind: "decided", at: x.Made, What: words.t("ask_" + x.State)}
		if n := len(f.Decisions); n > 0 {
			row.at = f.Decisions[n-1].At
			if why := s.whyText(words, asking.Decision(f.Decisions[n-1]), x.Site); x.Reason != "" && why != "" {
				row.What += ": " + why
			}
		}
		row.About = voice.Join(" · ", readable(x.Trigger), names.survey(x.Flow), x.Service, s.at(x.Site).Name, words.moment(now, row.at, zone(x.Site)))
		p.Past = append(p.Past, row)
	}
	slices.SortStableFunc(p.Past, func(a, b pastRow) int { return b.at.Compare(a.at) })
	p.Asked = s.mayBeAsked(words, d, now)
	if v.Anywhere(access.AskNow) {
		p.AskAt = askNowAt(keyOf(d))
	}
	if keys := ownKeys(d); len(keys) > 0 {
		p.Facts = append(p.Facts, [2]string{words.t("fact_key"), voice.Join(", ", keys...)})
	}
	p.Tier = s.tierOf(words, v, whole, d, p.At)
	seenOn := map[chat.Platform]time.Time{}
	for _, i := range d.Identities {
		if i.Seen.After(seenOn[i.Person.Platform]) {
			seenOn[i.Person.Platform] = i.Seen
		}
	}
	for _, on := range slices.Sorted(maps.Keys(seenOn)) {
		p.Facts = append(p.Facts, [2]string{words.platform(string(on)), words.t("seen_last", words.day(now, seenOn[on], s.houseZone()))})
	}
	f := frame{Title: s.called(words, d), Here: "/customers", Back: &link{"/customers", words.t("customers")}}
	return s.show(w, r, v, http.StatusOK, "customer.html", f, p)
}

// ownKeys are the organisation's own keys of a person, without what the program named them.
func ownKeys(d storage.Dossier) []string {
	return slices.DeleteFunc(slices.Clone(d.Keys), func(k string) bool {
		return slices.ContainsFunc(d.Identities, func(i storage.Identity) bool { return i.ID == k })
	})
}

// howAsked is what became of an invitation, as the key of its words.
func howAsked(i storage.Invitation, now time.Time) string {
	switch {
	case !i.RedeemedAt.IsZero():
		return "asked_opened"
	case !i.Expires.IsZero() && i.Expires.Before(now):
		return "asked_expired"
	}
	return "asked_waits"
}

// mayBeAsked says of each chat account whether surveys reach it, and if not why.
func (s customerPages) mayBeAsked(words *words, d storage.Dossier, now time.Time) (all []string) {
	for _, i := range d.Identities {
		on := words.platform(string(i.Person.Platform))
		switch {
		case !i.Stopped.IsZero():
			all = append(all, words.t("asked_stopped", on, words.day(now, i.Stopped, s.houseZone())))
		case !i.Blocked.IsZero():
			all = append(all, words.t("asked_blocked", on, words.day(now, i.Blocked, s.houseZone())))
		case i.Person.Platform == chat.Web:
			all = append(all, words.t("asked_link", on))
		default:
			all = append(all, words.t("asked_can", on))
		}
	}
	if len(d.Identities) == 0 {
		all = append(all, words.t("asked_nowhere"))
	}
	slices.Sort(all)
	return slices.Compact(all) // each browser that a customer used is an account
}

// flowTitle is what a survey is called, its name where its version is not at hand.
func (s customerPages) flowTitle(words *words, id string, version int) string {
	flow, err := s.Bot.Configuration().Now().Flow(id, version)
	if err != nil {
		return id
	}
	return cmp.Or(flow.Title.In(words.lang, voice.Languages[0]), id)
}

// mayHaveAll lets through whoever may have, and lose, all that is kept of a person: it is of
// every site.
func mayHaveAll(v Viewer, d access.Deed) error {
	if !v.Can(d, access.EverySite) {
		return notAllowed(nil)
	}
	return nil
}

func (s customerPages) exportCustomer(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayHaveAll(v, access.ExportPerson); err != nil {
		return err
	}
	d, _, _, err := s.whom(r, v, false)
	if err != nil {
		return err
	}
	if !s.proved(w, r, v, r.URL.EscapedPath()) {
		return nil
	}
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "customer.export", "")); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="customer.json"`)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(personal.Export(d, s.Clock()))
}

func (s customerPages) askErase(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayHaveAll(v, access.ErasePerson); err != nil {
		return err
	}
	return s.showErase(w, r, v, http.StatusOK, "")
}

// mustType is what somebody types who has a person erased: the key of the customer or, of one without a key, how many
// records there are of them. key is false for the number.
func mustType(d storage.Dossier) (is string, key bool) {
	for _, k := range d.Keys { // an account that has no key stands there as itself
		if !slices.ContainsFunc(d.Identities, func(i storage.Identity) bool { return i.ID == k }) {
			return k, true
		}
	}
	n := len(d.Identities) + len(d.Invitations) + len(d.Conversations) + len(d.Words) + len(d.Feedback) + len(d.Cases) + len(d.Events)
	return strconv.Itoa(n + answersOf(d)), false
}

// answersOf counts somebody's answers, with those that were changed.
func answersOf(d storage.Dossier) (n int) {
	for _, c := range d.Conversations {
		n += len(c.Answers)
	}
	return n
}

// showErase shows what goes of a person. typed is what was typed and does not fit; "" = nothing was.
func (s customerPages) showErase(w http.ResponseWriter, r *http.Request, v Viewer, status int, typed string) error {
	d, _, _, err := s.whom(r, v, true)
	if err != nil {
		return err
	}
	messages, parked, err := s.writtenTo(r.Context(), d)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p := erasePage{At: "/customers/" + url.PathEscape(r.PathValue("who")), Name: s.called(words, d)}
	p.Type = field{Name: "typed", Label: words.t("erase_type_number"), Hint: words.t("erase_type_number_hint"), Value: typed, Fill: "off"}
	is, key := mustType(d)
	if key {
		p.Type.Label, p.Type.Hint = words.t("erase_type_key"), words.t("erase_type_key_hint", is)
	}
	if status != http.StatusOK {
		p.Type.Fault = words.t("erase_type_wrong", is)
	}
	for _, k := range []struct {
		key string
		n   int
	}{
		{"kept_accounts", len(d.Identities)},
		{"kept_invitations", len(d.Invitations)},
		{"kept_conversations", len(d.Conversations)},
		{"kept_answers", answersOf(d)},
		{"kept_words", len(d.Words)},
		{"kept_feedback", len(d.Feedback)},
		{"kept_cases", len(d.Cases)},
		{"kept_events", len(d.Events)},
		{"kept_written", messages},
		{"kept_parked", parked},
	} {
		if k.n > 0 {
			p.Kept = append(p.Kept, [2]string{words.t(k.key), strconv.Itoa(k.n)})
		}
	}
	if !key {
		p.Kept = append(p.Kept, [2]string{words.t("erase_records"), is})
	}
	return s.show(w, r, v, status, "erase.html", s.eraseFrame(words, p), p)
}

// writtenTo counts the messages in somebody's own chats and the newest updates of theirs that could not be
// handled. What staff were shown of them is not counted: it would have to be looked for in every chat.
func (s customerPages) writtenTo(ctx context.Context, d storage.Dossier) (messages, parked int, err error) {
	chats, people := map[chat.Address]bool{}, map[storage.Person]bool{}
	for _, i := range d.Identities {
		people[i.Person] = true
		if chats[i.Address] {
			continue
		}
		chats[i.Address] = true
		list, err := s.Store.Transcript(ctx, i.Bucket, i.Address)
		if err != nil {
			return 0, 0, err
		}
		messages += len(list)
	}
	all, err := s.Store.ParkedUpdates(ctx, mostParked)
	for _, x := range all {
		if people[x.Person] {
			parked++
		}
	}
	return messages, parked, err
}

// mostParked is how many updates that could not be handled are looked through.
const mostParked = 1000

func (s customerPages) eraseFrame(words *words, p erasePage) frame {
	return frame{Title: words.t("erase_title", p.Name), Here: "/customers", Back: &link{"/customers", words.t("customers")}}
}

func (s customerPages) eraseCustomer(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayHaveAll(v, access.ErasePerson); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	d, _, _, err := s.whom(r, v, false)
	if err != nil {
		return err
	}
	if !s.proved(w, r, v, r.URL.EscapedPath()) {
		return nil
	}
	if is, _ := mustType(d); !strings.EqualFold(strings.TrimSpace(r.PostForm.Get("typed")), is) {
		return s.showErase(w, r, v, http.StatusUnprocessableEntity, r.PostForm.Get("typed"))
	}
	words := s.words(r, v)
	o := personal.Options{Quiet: r.PostForm.Get("tell") == "", Why: storage.ErasedOnRequest, Mark: true}
	made, err := bot.Privacy(s.Bot).Erase(r.Context(), d, o)
	if err != nil {
		return &page.Error{Code: page.Unavailable, Title: "erase_goes_on", Text: "erase_goes_on_text", Err: fmt.Errorf("erase a person: %w", err)}
	}
	if s.Imports != nil {
		s.Imports.Wake() // so that no sheet waits here in which they stand
	}
	a := s.audit(v, "customer.erase", made.ID) // a receipt, which names nobody
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	p := erasePage{Receipt: &made}
	n := made.Erased
	for _, k := range []struct {
		key string
		n   int
	}{
		{"kept_accounts", n.Accounts},
		{"kept_invitations", n.Invitations},
		{"kept_conversations", n.Conversations},
		{"kept_answers", n.Answers},
		{"kept_words", n.Words},
		{"kept_feedback", n.Feedback},
		{"kept_cases", n.Cases},
		{"kept_events", n.Events},
		{"kept_messages", n.Messages},
		{"kept_parked", n.Parked},
		{"kept_edits", n.Edits},
	} {
		if k.n > 0 {
			p.Kept = append(p.Kept, [2]string{words.t(k.key), strconv.Itoa(k.n)})
		}
	}
	if made.Told > 0 {
		p.Left = append(p.Left, words.t("erase_told", made.Told))
	}
	if made.NotTold > 0 {
		p.Left = append(p.Left, words.t("erase_not_told", made.NotTold))
	}
	for _, key := range []string{"left_files", "left_backups", "left_archive", "left_logs", "left_platforms", "left_sheets", "left_exports"} {
		p.Left = append(p.Left, words.t(key))
	}
	f := s.eraseFrame(words, p)
	f.Title = words.t("erased_title")
	return s.show(w, r, v, http.StatusOK, "erase.html", f, p)
}
