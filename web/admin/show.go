package admin

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/docs"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

//go:embed pages
var pageFiles embed.FS

// material is what the pages below a prefix are made of: the same for every site that has the prefix.
type material struct {
	assets *page.Assets
	pages  map[string]func() *template.Template // by language
	topics func() map[string]topic              // of the help, by name; read when somebody asks
}

// materials is what this process made, by the prefix. A server has one.
var materials sync.Map

// materialBelow makes what the pages below a prefix are made of, once for a process.
func materialBelow(prefix string) *material {
	made, _ := materials.LoadOrStore(prefix, sync.OnceValue(func() *material {
		d := &material{assets: page.NewAssets(staticFiles, "static", prefix+Static)}
		d.pages = parsePages(prefix, d.assets)
		d.topics = sync.OnceValue(func() map[string]topic {
			all, err := topicsOf(docs.Files, prefix)
			if err != nil {
				panic(err) // embedded: cannot fail in a binary that was built
			}
			return all
		})
		return d
	}))
	return made.(func() *material)()
}

// parsePages parses every template once a language, when the first page in it is shown: a server
// whose pages nobody opens does not hold them. {{t "key" args…}} is a text of the language, and
// {{url "/cases"}} and {{file "admin.css"}} are addresses as links carry them.
func parsePages(prefix string, assets *page.Assets) map[string]func() *template.Template {
	all := map[string]func() *template.Template{}
	for lang, w := range tongues() {
		all[lang] = sync.OnceValue(func() *template.Template {
			return template.Must(template.New("").Funcs(template.FuncMap{
				"t": w.t, "gap": w.gap, "url": func(at string) string { return prefix + at }, "file": assets.URL, "dict": dict,
				"field": actField, "radios": actRadios,
			}).ParseFS(pageFiles, "pages/*.html", "pages/parts/*.html"))
		})
	}
	return all
}

// dict is a map of the pairs, so that a part can be given more than one thing.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// frame is what stands around a page's own content.
type frame struct {
	Title   string   // heads the page and the window
	Whole   string   // what of the title stays on one line, such as the number of a case; "" = nothing
	Meta    string   // one faint line beside the title, "" for none
	Back    *link    // to where one came from, nil for none
	Do      *link    // the page's first act, beside the title; nil for none
	Here    string   // the place of the rail that is current: its address
	Flash   string   // what was just done, "" for nothing
	Modules []string // files of static that this page loads, beyond those that every page has
	Own     bool     // the page draws its head by itself
	Part    bool     // what has changed is wanted alone: the page leaves out what stands around it
	Bare    bool     // no rail: signing in, first run
	Wide    bool     // a bare page that takes the whole width
	Waiting int      // cases that wait for this person, in the window's title; 0 shows nothing
	Counted bool     // Waiting is what the page itself counted
}

// Pieces are the title up to what stays on one line, that, and the rest.
func (f frame) Pieces() [3]string {
	before, after, found := strings.Cut(f.Title, f.Whole)
	if !found {
		return [3]string{f.Title}
	}
	return [3]string{before, f.Whole, after}
}

// link is an address with its words.
type link struct{ URL, Text string }

// sheet is what the frame's template is given.
type sheet struct {
	frame
	Style     string // the file of static that styles this kind of page, "" for none
	Lang, Dir string
	Viewer    Viewer
	Role      string // who the viewer is where, in words
	Places    []place
	Cases     int // that wait for the viewer, beside their place in the rail; 0 shows nothing
	Stuck     int // messages and updates, for who may mend it
	Page      any // what the page's own template shows
}

// place is an entry of the rail.
type place struct {
	At   string // address, as routes know it
	Name string // key of its words, and of its icon
	deed access.Deed
	Bar  bool // it stands in the bar of a phone as well

	Narrow bool // it stands in the bar of a phone alone: wide pages have it elsewhere
}

// places are the rail's, in order. An entry is here once its pages are.
var places = []place{
	{At: "/", Name: "today", deed: access.CompareStaff, Bar: true},
	{At: "/cases", Name: "cases", deed: access.SeeCases, Bar: true},
	{At: "/customers", Name: "customers", deed: access.SeeCustomers, Bar: true},
	{At: "/answers", Name: "answers", deed: access.SeeWords, Bar: true},
	{At: "/reports", Name: "reports", deed: access.SeeReports},
	{At: "/surveys", Name: "surveys", deed: access.SeeFlows},
	{At: "/asking", Name: "asking", deed: access.SeeAsking},
	{At: "/asking/links", Name: "links", deed: access.MakeLinks},
	{At: "/people", Name: "people", deed: access.ManageAgents},
	{At: "/settings", Name: "settings", deed: access.SeeSettings},
	{At: "/more", Name: "more", deed: access.SeeReports, Bar: true, Narrow: true},
}

// show writes a page: name is a template that defines what stands below the head, and data
// is what it is given as .Page. The flash is named by the address (?done=KEY), never worded by it.
// A template that fails is told to the person and the log here: the error is always nil, so
// that a handler can end with it. Foreign words are made inert here, once for every page: what
// turns the reading direction, or piles up over its neighbours, is not written.
func (s *site) show(w http.ResponseWriter, r *http.Request, v Viewer, status int, name string, f frame, data any) error {
	words := s.words(r, v)
	if done := "done_" + r.URL.Query().Get("done"); f.Flash == "" && words.has(done) {
		f.Flash = words.t(done)
	}
	out := sheet{frame: f, Style: styles[name], Lang: words.lang, Dir: dir(words.lang), Viewer: v, Page: data}
	out.Bare = f.Bare || v.Login == ""
	for _, module := range []string{"keys.js", "busy.js"} {
		if !slices.Contains(out.Modules, module) && (!out.Bare || module == "busy.js") {
			out.Modules = append(slices.Clip(out.Modules), module)
		}
	}
	if s.Bot != nil && !out.Bare {
		out.Role = s.rolesWords(words, member{Staff: storage.Staff{Roles: v.Grants}, login: storage.Login{Owner: v.Owner}})
	}
	if out.Cases = f.Waiting; !out.Bare {
		out.Stuck = s.stuckNow(r.Context(), v)
		if !f.Counted {
			out.Cases = s.waitingNow(r.Context(), v)
		}
	}
	for _, p := range places {
		if v.Anywhere(p.deed) {
			out.Places = append(out.Places, p)
		}
	}
	if err := page.Render(w, r, s.pages[words.lang](), status, name, out, chat.Clean); err != nil {
		s.Log.Error("admin: a page cannot be shown", "err", err)
	}
	return nil
}

func (w *words) has(key string) bool {
	if _, ok := w.by[key]; ok {
		return true
	}
	return w.rest != nil && w.rest.has(key)
}
