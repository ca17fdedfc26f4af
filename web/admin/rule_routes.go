package admin

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// routesPage is who hears of which case: routes in their order, the receivers that they lead to,
// and a case with which one tries them.
type routesPage struct {
	ruleSheet
	Routes    []int // by number
	Receivers []int
	Asked     bool
	Now, Then []string // who hears of the case by the routes in force, and by those of the form
	most      int      // receivers that one route leads to
	places    int      // chats and people of one receiver
}

var routesKind = ruleKind{
	at: "/settings/routes", template: "routes.html", title: "routes", lists: []string{"route.", "receiver."},
	open: func(s *site, words *words, c *ruleScope) rulePage {
		return routesOf(words, c, s.Bot.Configuration().Now())
	},
	tried: func(s *site, r *http.Request, v Viewer, p rulePage, then recovery.Policy) error {
		x, words := p.(*routesPage), s.words(r, v)
		m, snap := matterOf(&x.form, tryCase), s.Bot.Configuration().Now()
		after := *snap
		after.Policy = snapshot.Policy{Policy: then, Version: x.Version}
		x.Asked, x.Now, x.Then = true, rulePages{s}.hearers(words, snap, m), rulePages{s}.hearers(words, &after, m)
		return nil
	},
}

// Of the form: how many empty rows it offers, and into how many a route and a receiver lead.
const (
	emptyRoutes    = 2
	emptyReceivers = 1
	routeTargets   = 3
	receiverPlaces = 4
)

// Tos and Whos are the menus of a route and of a receiver.
func (p *routesPage) Tos() []int { return upTo(p.most) }

// Whos are the places of a receiver.
func (p *routesPage) Whos() []int { return upTo(p.places) }

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Conditions are the menus of a route, in the order of its sentence.
func (*routesPage) Conditions() []string {
	return []string{"site", "dimension", "language", "tier", "owner", "priority"}
}

// conditions are those of a route as the form has them, by the name of the field.
func conditions(r recovery.Route) map[string]string {
	tiers := make([]string, len(r.Tiers))
	for i, t := range r.Tiers {
		tiers[i] = string(t)
	}
	return map[string]string{
		"site": strings.Join(r.Sites, " "), "dimension": strings.Join(r.Dimensions, " "), "language": strings.Join(r.Languages, " "),
		"tier": strings.Join(tiers, " "), "owner": strings.Join(r.Owners, " "), "priority": forText(r.Priorities),
	}
}

// choicesOf are what each condition offers; a value of several joins them with a space, as files
// written by hand may have it.
func choicesOf(words *words, c *ruleScope, snap *snapshot.Snapshot) map[string][]option {
	all := map[string][]option{
		"site": slices.Clone(c.Sites[1:]), "priority": {{"P1", "P1"}, {"P2", "P2"}, {"P3", "P3"}, {"P1 P2", "P1, P2"}, {"P2 P3", "P2, P3"}},
		"tier": {{string(recovery.Normal), words.t("tier_usual")}},
	}
	for _, d := range []string{survey.Tangibles, survey.Reliability, survey.Responsiveness, survey.Assurance, survey.Empathy} {
		all["dimension"] = append(all["dimension"], option{d, words.t("about_" + d)})
	}
	for _, t := range []recovery.Tier{recovery.MVC, recovery.MGC, recovery.BZ} {
		all["tier"] = append(all["tier"], option{string(t), string(t)})
	}
	for _, tag := range voice.Languages {
		all["language"] = append(all["language"], option{tag, languageName(words.lang, tag)})
	}
	for _, id := range slices.Sorted(maps.Keys(snap.Team.Members)) {
		all["owner"] = append(all["owner"], option{id, snap.Team.Members[id].Name})
	}
	for _, name := range (*routesPage)(nil).Conditions() {
		all[name] = append([]option{{"", words.t("any_" + name)}}, all[name]...)
	}
	return all
}

// offered is a menu that has the value too, whatever it is.
func offered(menu []option, value string) []option {
	if slices.ContainsFunc(menu, func(o option) bool { return o.Value == value }) {
		return menu
	}
	var names []string
	for part := range strings.FieldsSeq(value) {
		i := slices.IndexFunc(menu, func(o option) bool { return o.Value == part })
		if i < 0 {
			names = append(names, part)
		} else {
			names = append(names, menu[i].Text)
		}
	}
	return append(slices.Clone(menu), option{value, strings.Join(names, ", ")})
}

func routesOf(words *words, c *ruleScope, snap *snapshot.Snapshot) *routesPage {
	p := &routesPage{ruleSheet: ruleSheet{ruleScope: *c}, most: routeTargets, places: receiverPlaces}
	routing, menus := c.policy.Routing, choicesOf(words, c, snap)
	names := slices.Sorted(maps.Keys(routing.Receivers))
	to := []option{{"", words.t("step_none")}}
	for _, r := range recovery.BuiltIn() {
		to = append(to, option{string(r), words.t("hear_" + string(r))})
	}
	for _, name := range names {
		if !slices.Contains(recovery.BuiltIn(), name) {
			to = append(to, option{string(name), string(name)})
		}
	}
	for _, r := range routing.Routes {
		p.most = max(p.most, len(r.To))
	}
	for _, a := range routing.Receivers {
		p.places = max(p.places, len(a.Chats)+len(a.Staff)+1)
	}
	for i := range len(routing.Routes) + emptyRoutes {
		var r recovery.Route
		if i < len(routing.Routes) {
			r = routing.Routes[i]
		}
		at, n, now := fmt.Sprintf("route.%d.", i), words.t("route_n", i+1), conditions(r)
		p.add(field{Name: at + "n", Label: n + ", " + words.t("route_place"), Kind: "number", Value: strconv.Itoa(i + 1)})
		for _, name := range p.Conditions() {
			p.add(field{Name: at + name, Label: n + ", " + words.t("if_"+name), Kind: "select", Options: offered(menus[name], now[name]), Value: now[name]})
		}
		p.add(field{Name: at + "service", Label: n + ", " + words.t("if_service"), Value: strings.Join(r.Services, ", "), Fill: "off"})
		for k := range p.most {
			target := ""
			if k < len(r.To) {
				target = string(r.To[k])
			}
			p.add(field{Name: fmt.Sprintf("%sto.%d", at, k), Label: n + ", " + words.t("route_to", k+1), Kind: "select", Options: offered(to, target), Value: target})
		}
		p.Routes = append(p.Routes, i)
	}
	p.receivers(snap, words, names)
	for _, x := range matterFields(words, tryCase, c.Sites[1:]) {
		p.add(x)
	}
	return p
}

// receivers are the fields of the named sets of chats and people.
func (p *routesPage) receivers(snap *snapshot.Snapshot, words *words, names []recovery.Receiver) {
	who := []option{{"", words.t("step_none")}}
	for _, c := range snap.Chats {
		who = append(who, option{"chats:" + c.Name, words.t("receiver_chat", c.Name)})
	}
	for _, id := range slices.Sorted(maps.Keys(snap.Team.Members)) {
		who = append(who, option{"staff:" + id, snap.Team.Members[id].Name})
	}
	for i := range len(names) + emptyReceivers {
		name, in := "", []string(nil)
		if i < len(names) {
			name = string(names[i])
			for _, x := range p.policy.Routing.Receivers[names[i]].Chats {
				in = append(in, "chats:"+x)
			}
			for _, x := range p.policy.Routing.Receivers[names[i]].Staff {
				in = append(in, "staff:"+x)
			}
		}
		at, n := fmt.Sprintf("receiver.%d.", i), words.t("receiver_n", i+1)
		p.add(field{Name: at + "name", Label: n, Value: name, Fill: "off"})
		for k := range p.places {
			value := ""
			if k < len(in) {
				value = in[k]
			}
			p.add(field{Name: fmt.Sprintf("%swho.%d", at, k), Label: n + ", " + words.t("receiver_who", k+1), Kind: "select", Options: offered(who, value), Value: value})
		}
		p.Receivers = append(p.Receivers, i)
	}
}

// routes are those of the form in the order of their places: one that leads nowhere and says
// nothing is none.
func (p *routesPage) routes(words *words) (out []recovery.Route) {
	type placed struct {
		at    float64
		route recovery.Route
	}
	var all []placed
	for _, i := range p.Routes {
		at := fmt.Sprintf("route.%d.", i)
		list := func(name string) []string { return strings.Fields(p.field(at + name).Value) }
		r := recovery.Route{Sites: list("site"), Dimensions: list("dimension"), Languages: list("language"), Owners: list("owner")}
		for _, t := range list("tier") {
			r.Tiers = append(r.Tiers, recovery.Tier(t))
		}
		r.Priorities = prioritiesOf(p.field(at + "priority").Value)
		for name := range strings.SplitSeq(p.field(at+"service").Value, ",") {
			if name = strings.TrimSpace(name); name != "" {
				r.Services = append(r.Services, name)
			}
		}
		for k := range p.most {
			if to := recovery.Receiver(p.field(fmt.Sprintf("%sto.%d", at, k)).Value); to != "" && !slices.Contains(r.To, to) {
				r.To = append(r.To, to)
			}
		}
		if len(r.To) == 0 && routeText(r) == routeText(recovery.Route{}) {
			continue
		}
		place, x := float64(i+1), p.field(at+"n")
		if n, err := strconv.Atoi(cmp.Or(x.Value, x.Was)); err != nil {
			x.Fault = words.t("number_fault")
		} else if x.Value != x.Was { // it goes before the one that stands there, or after it
			place = float64(n) - 0.5
			if n > i+1 {
				place = float64(n) + 0.5
			}
		}
		if len(r.To) == 0 {
			p.field(at + "to.0").Fault = words.t("route_nowhere")
		}
		all = append(all, placed{place, r})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for _, x := range all {
		out = append(out, x.route)
	}
	return out
}

// settle says what is to change. What is wrong stands at its field.
func (p *routesPage) settle(words *words) (out []change) {
	was := p.policy.Routing
	receivers := map[recovery.Receiver]recovery.Audience{}
	for _, i := range p.Receivers {
		at := fmt.Sprintf("receiver.%d.", i)
		var a recovery.Audience
		for k := range p.places {
			kind, id, _ := strings.Cut(p.field(fmt.Sprintf("%swho.%d", at, k)).Value, ":")
			switch {
			case kind == "chats" && !slices.Contains(a.Chats, id):
				a.Chats = append(a.Chats, id)
			case kind == "staff" && !slices.Contains(a.Staff, id):
				a.Staff = append(a.Staff, id)
			}
		}
		x := p.field(at + "name")
		name := recovery.Receiver(x.Value)
		switch _, twice := receivers[name]; {
		case x.Value == "" && len(a.Chats)+len(a.Staff) == 0:
		case x.Value == "":
			x.Fault = words.t("receiver_unnamed")
		case twice:
			x.Fault = words.t("receiver_twice")
		case len(a.Chats)+len(a.Staff) == 0:
			p.field(at + "who.0").Fault = words.t("receiver_nobody")
		default:
			receivers[name] = a
		}
	}
	if now, then := receiversText(was.Receivers), receiversText(receivers); now != then {
		out = append(out, change{"/receivers", words.t("receivers"), now, then, then})
	}
	if now, then := routesText(was.Routes), routesText(p.routes(words)); now != then {
		out = append(out, change{"/routes", words.t("routes"), now, then, then})
	}
	return out
}

// same does nothing: routes are of every site.
func (*routesPage) same(*words) []change { return nil }

// routeText, routesText and receiversText are routes as the file has them.
func routeText(r recovery.Route) string {
	now := conditions(r)
	var parts []string
	list := func(key string, values []string) {
		for i, x := range values {
			values[i] = flowfile.Scalar(x)
		}
		if len(values) > 0 {
			parts = append(parts, key+": ["+strings.Join(values, ", ")+"]")
		}
	}
	for _, name := range (*routesPage)(nil).Conditions() {
		list(name, strings.Fields(now[name]))
	}
	list("service", slices.Clone(r.Services))
	to := make([]string, len(r.To))
	for i, x := range r.To {
		to[i] = string(x)
	}
	list("to", to)
	return "- {" + strings.Join(parts, ", ") + "}"
}

func routesText(routes []recovery.Route) string {
	lines := make([]string, len(routes))
	for i, r := range routes {
		lines[i] = routeText(r)
	}
	return strings.Join(lines, "\n")
}

func receiversText(receivers map[recovery.Receiver]recovery.Audience) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(receivers)) {
		var parts []string
		for _, x := range []struct {
			key string
			ids []string
		}{{"chats", receivers[name].Chats}, {"staff", receivers[name].Staff}} {
			if len(x.ids) > 0 {
				parts = append(parts, x.key+": ["+strings.Join(x.ids, ", ")+"]")
			}
		}
		lines = append(lines, flowfile.Scalar(string(name))+": {"+strings.Join(parts, ", ")+"}")
	}
	return strings.Join(lines, "\n")
}

// prioritiesOf are those that a control names.
func prioritiesOf(text string) (out []recovery.Priority) {
	for name := range strings.FieldsSeq(text) {
		for p := recovery.P1; p <= recovery.P3; p++ {
			if p.String() == name {
				out = append(out, p)
			}
		}
	}
	return out
}

// tryCase begins the names of the fields that say a case beside the routes.
const tryCase = "case."

// matterFields say a case, to see who hears of it.
func matterFields(words *words, prefix string, sites []option) []field {
	tiers := []option{{"", words.t("tier_usual")}}
	for _, t := range []recovery.Tier{recovery.MVC, recovery.MGC, recovery.BZ} {
		tiers = append(tiers, option{string(t), string(t)})
	}
	var langs []option
	for _, tag := range voice.Languages {
		langs = append(langs, option{tag, languageName(words.lang, tag)})
	}
	first := ""
	if len(sites) > 0 {
		first = sites[0].Value
	}
	return []field{
		{Name: prefix + "site", Label: words.t("fact_site"), Kind: "select", Options: sites, Value: first},
		{Name: prefix + "priority", Label: words.t("priority"), Kind: "select", Options: []option{{"1", "P1"}, {"2", "P2"}, {"3", "P3"}}, Value: "2"},
		{Name: prefix + "service", Label: words.t("fact_service")},
		{Name: prefix + "language", Label: words.t("fact_language"), Kind: "select", Options: langs, Value: fallback},
		{Name: prefix + "tier", Label: words.t("fact_tier"), Kind: "select", Options: tiers},
	}
}

// matterOf is the case that the fields say.
func matterOf(f *form, prefix string) recovery.Matter {
	n, _ := strconv.Atoi(f.field(prefix + "priority").Value)
	return recovery.Matter{
		Site: f.field(prefix + "site").Value, Service: f.field(prefix + "service").Value, Language: f.field(prefix + "language").Value,
		Tier: recovery.Tier(f.field(prefix + "tier").Value), Priority: recovery.Priority(n),
	}
}

// hearers are the chats and people that hear of a matter, in their order.
func (s rulePages) hearers(words *words, snap *snapshot.Snapshot, m recovery.Matter) (out []string) {
	for _, to := range snap.Hears(m) {
		out = append(out, s.placeName(words, snap, to))
	}
	return out
}

// hearingPage says who would hear of a case.
type hearingPage struct {
	form
	Asked bool
	Hear  []string
	Edits bool // the viewer may change it
}

func (s rulePages) hearing(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words, q := s.words(r, v), r.URL.Query()
	var sites []option
	for _, id := range s.named(v, access.SeeSettings) {
		if id != access.EverySite {
			sites = append(sites, option{id, cmp.Or(s.at(id).Name, id)})
		}
	}
	p := hearingPage{form: form{Fields: matterFields(words, "", sites)}, Asked: q.Has("site"), Edits: v.Can(access.EditRoutes, access.EverySite)}
	for i := range p.Fields {
		if x := &p.Fields[i]; q.Has(x.Name) {
			x.Value = strings.TrimSpace(q.Get(x.Name))
		}
	}
	if m := matterOf(&p.form, ""); p.Asked && m.Site != "" {
		if !v.Can(access.SeeSettings, m.Site) {
			return notAllowed(nil)
		}
		p.Hear = s.hearers(words, s.Bot.Configuration().Now(), m)
	}
	return s.show(w, r, v, http.StatusOK, "hearing.html", frame{Title: words.t("hearing"), Here: "/settings", Back: &link{"/settings", words.t("settings")}}, p)
}
