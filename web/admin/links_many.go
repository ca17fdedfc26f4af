package admin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// manyRoutes make links for all sites, services, tables or members of staff at once.
var manyRoutes = []route{
	{pattern: "GET /asking/links/many", deed: access.MakeLinks, page: in(linkPages.manyLinks)},
	{pattern: "POST /asking/links/many", deed: access.MakeLinks, page: in(linkPages.makeMany)},
}

// What links are made for, one each.
const (
	eachTable   = "table"
	eachStaff   = "staff"
	eachService = "service"
	eachSite    = "site"
)

// attrTable is the number of a table among the facts of a conversation that began there.
const attrTable = "table"

// eachKinds lists what links are made for.
func eachKinds() []string { return []string{eachTable, eachStaff, eachService, eachSite} }

// mostTable is the highest number of a table.
const mostTable = 9999

// linkFor is what a link was made for: of a table, a member of staff, a service, or a whole site.
func linkFor(l *storage.StandingLink) string {
	switch {
	case l.Event[attrTable] != "":
		return eachTable
	case l.Event[voice.AttrAgent] != "":
		return eachStaff
	case l.Event[voice.AttrService] != "" && l.Event[voice.AttrService] == l.Name:
		return eachService
	}
	return eachSite
}

// manyPage is the form of links for many.
type manyPage struct {
	form
	For    string
	Kinds  []choice
	NoSite bool
}

// manyAsked is what an address asks links for.
type manyAsked struct {
	form
	kind  string
	sites []option // at which the viewer may make links
}

// manyForm is what has to be said so that each of a kind has a link: of the first, unless the address
// names another.
func (s linkPages) manyForm(r *http.Request, v Viewer) (m manyAsked, err error) {
	words := s.words(r, v)
	f, err := s.standingLinkForm(r, v)
	if err != nil {
		return m, err
	}
	if m.kind = r.URL.Query().Get("for"); !slices.Contains(eachKinds(), m.kind) {
		m.kind = eachTable
	}
	flow, at, service, language := *f.field("flow"), *f.field("site"), *f.field("service"), *f.field("language")
	m.sites = at.Options
	each := field{Name: "each", Kind: "area"}
	switch m.kind {
	case eachTable:
		m.Fields = []field{
			{Name: "word", Label: words.t("many_word"), Value: words.t("many_word_table"), Fill: "off"},
			{Name: "from", Label: words.t("many_from"), Kind: "number", Value: "1"},
			{Name: "to", Label: words.t("many_to"), Kind: "number", Value: "20"},
			at, flow, service, language,
		}
	case eachStaff:
		each.Label, each.Hint, each.Value = words.t("many_staff"), words.t("many_staff_hint"), s.namesOfStaff(m.sites)
		m.Fields = []field{each, at, flow, service, language}
	case eachService:
		each.Label, each.Hint = words.t("many_services"), words.t("many_services_hint")
		each.Value, err = s.knownServices(r, v)
		m.Fields = []field{each, at, flow, language}
	case eachSite:
		m.Fields = []field{flow, service, language}
	}
	return m, err
}

// namesOfStaff are those who work at any of these sites, a line each.
func (s linkPages) namesOfStaff(sites []option) string {
	team := s.Bot.Configuration().Now().Team
	var all []string
	for _, id := range team.Order {
		m := team.Members[id]
		if slices.ContainsFunc(sites, func(at option) bool { return m.RoleAt(at.Value) >= access.Agent }) {
			all = append(all, m.Name)
		}
	}
	return strings.Join(all, "\n")
}

// knownServices are those that customers were asked about lately at the viewer's sites, a line each.
func (s linkPages) knownServices(r *http.Request, v Viewer) (string, error) {
	f := storage.FigureFilter{Sites: s.named(v, access.MakeLinks)}
	f.From, f.To = figures.Usual(s.Bot.Configuration().Now().NewestDay(s.Clock()))
	t, err := figures.Read(r.Context(), s.Store, f, figures.Unsatisfied, figures.Service)
	if err != nil && !errors.Is(err, figures.ErrTooMany) {
		return "", err
	}
	var all []string
	for _, p := range t.Parts {
		if p.Key != "" {
			all = append(all, p.Key)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n"), nil
}

func (s linkPages) manyLinks(w http.ResponseWriter, r *http.Request, v Viewer) error {
	m, err := s.manyForm(r, v)
	if err != nil {
		return err
	}
	return s.showMany(w, r, v, http.StatusOK, &m)
}

func (s linkPages) showMany(w http.ResponseWriter, r *http.Request, v Viewer, status int, m *manyAsked) error {
	words := s.words(r, v)
	p := manyPage{form: m.form, For: m.kind, NoSite: len(m.sites) == 0}
	for _, k := range eachKinds() {
		p.Kinds = append(p.Kinds, choice{k, words.t("many_for_" + k), k == m.kind})
	}
	return s.show(w, r, v, status, "links_many.html", frame{
		Title: words.t("links_many"), Here: "/asking/links", Back: &link{"/asking/links", words.t("links")},
	}, p)
}

// makeMany makes the links that are not there yet, and leads to the sheet of all of them: posted again,
// or after a server died in between, it makes what is missing.
func (s linkPages) makeMany(w http.ResponseWriter, r *http.Request, v Viewer) error {
	m, err := s.manyForm(r, v)
	if err != nil {
		return err
	}
	if err := m.read(w, r); err != nil {
		return err
	}
	wanted := m.wanted(s.words(r, v))
	if len(m.Faults()) > 0 || len(wanted) == 0 {
		return s.showMany(w, r, v, http.StatusUnprocessableEntity, &m)
	}
	there, err := s.Store.StandingLinkList(r.Context())
	if err != nil {
		return err
	}
	made := 0
	for _, l := range wanted {
		if slices.ContainsFunc(there, func(x storage.StandingLink) bool { return x.Closed.IsZero() && sameLink(&x, &l) }) {
			continue
		}
		l.ID, l.Created = bot.NewStandingID(func(p []byte) { _, _ = rand.Read(p) }), s.Clock()
		if err := s.Store.ReplaceStandingLink(r.Context(), storage.StandingLink{}, l); err != nil {
			return fmt.Errorf("store a link: %w", err)
		}
		made++
	}
	a := s.audit(v, "link.make_many", m.kind)
	a.After = fmt.Sprintf("%d of %d, %s", made, len(wanted), wanted[0].Flow)
	q := url.Values{"kind": {"cards"}, "for": {m.kind}, "flow": {wanted[0].Flow}, "done": {"links_many"}}
	if at := m.field("site"); at != nil {
		a.After += ", " + at.Value
		q.Set("site", at.Value)
	}
	if printed(bot.Standing{Bot: s.Bot}.Addresses(wanted[0].ID)) == "" {
		return s.done(w, r, a, "/asking/links?done=links_many_nowhere")
	}
	return s.done(w, r, a, "/asking/links/cards?"+q.Encode())
}

// sameLink reports whether two links ask the same of whoever stands before them.
func sameLink(x, y *storage.StandingLink) bool {
	return x.Name == y.Name && x.Flow == y.Flow && x.Site == y.Site && x.Language == y.Language && maps.Equal(x.Event, y.Event)
}

// wanted are the links that a form asks for; what is wrong with it stands at its fields.
func (m *manyAsked) wanted(w *words) (all []storage.StandingLink) {
	value := func(name string) string {
		if at := m.field(name); at != nil {
			return at.Value
		}
		return ""
	}
	for _, name := range []string{"flow", "site", "language"} {
		if m.field(name) != nil {
			m.offered(w, name)
		}
	}
	if at := m.field("service"); at != nil && badLine(at.Value) {
		at.Fault = w.t("link_service_fault")
	}
	add := func(name, at, key, of string) {
		l := storage.StandingLink{Name: name, Flow: value("flow"), Site: at, Language: value("language"), Event: map[string]string{}}
		if service := value("service"); service != "" {
			l.Event[voice.AttrService] = service
		}
		if key != "" {
			l.Event[key] = of
		}
		all = append(all, l)
	}
	switch m.kind {
	case eachTable:
		from, to := m.tables(w)
		for n := from; n <= to; n++ {
			add(strings.TrimSpace(value("word")+" "+strconv.Itoa(n)), value("site"), attrTable, strconv.Itoa(n))
		}
	case eachSite:
		for _, at := range m.sites[:min(len(m.sites), mostCards)] {
			add(at.Text, at.Value, "", "")
		}
	default:
		key := map[string]string{eachStaff: voice.AttrAgent, eachService: voice.AttrService}[m.kind]
		for _, line := range m.eachLine(w) {
			add(line, value("site"), key, line)
		}
	}
	return all
}

func badLine(text string) bool {
	return len([]rune(text)) > 80 || strings.ContainsFunc(text, isControl)
}

// tables are the first and the last number of a form.
func (f *form) tables(w *words) (from, to int) {
	if at := f.field("word"); badLine(at.Value) || len([]rune(at.Value)) > 60 {
		at.Fault = w.t("link_name_fault")
	}
	numbers := [2]int{}
	for i, name := range []string{"from", "to"} {
		at := f.field(name)
		n, err := strconv.Atoi(at.Value)
		if err != nil || n < 0 || n > mostTable {
			at.Fault = w.t("many_number_fault", mostTable)
		}
		numbers[i] = n
	}
	at := f.field("to")
	if from, to = numbers[0], numbers[1]; at.Fault == "" && (to < from || to-from >= mostCards) {
		at.Fault = w.t("many_to_fault", mostCards)
	}
	if len(f.Faults()) > 0 {
		return 1, 0
	}
	return from, to
}

// eachLine are the names that stand in a form, each once.
func (f *form) eachLine(w *words) (all []string) {
	at := f.field("each")
	for line := range strings.Lines(at.Value) {
		line = strings.Join(strings.Fields(line), " ")
		switch {
		case line == "" || slices.Contains(all, line):
		case badLine(line):
			at.Fault = w.t("many_each_fault", mostCards)
		default:
			all = append(all, line)
		}
	}
	if len(all) == 0 || len(all) > mostCards {
		at.Fault = w.t("many_each_fault", mostCards)
	}
	return all
}
