package admin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// triggerForm is one trigger as a form.
type triggerForm struct {
	form
	draft    *triggerDraft
	menus    *triggerMenus
	at       int // in the draft, -1 = it is a new one
	was      invitation.Trigger
	Handle   string // "" = a new one
	Sentence string // what the draft says now
	When     whenView
	Weekdays []hoursDay
	Wrong    []string // that stands at no field
	Problem  string
	Tried    *triedTriggers
	Bar      *ruleBar
}

// moments are what a trigger may wait for, in the order of the menu.
func moments() []invitation.On {
	return []invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted, invitation.OnSilence, invitation.OnTime, invitation.OnLost}
}

func momentOptions(words *words) (out []option) {
	for _, on := range moments() {
		out = append(out, option{string(on), words.t("moment_" + string(on))})
	}
	return out
}

// triggerKeys are the keys of a trigger in the order in which they are written, beside its name, its
// moment and its condition, with the moments of which they are.
var triggerKeys = []struct {
	key string
	of  []invitation.On
}{
	{"ask", []invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted, invitation.OnTime, invitation.OnLost}},
	{"after", []invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted}},
	{"wait", []invitation.On{invitation.OnSilence}},
	{"open", []invitation.On{invitation.OnSilence}},
	{"every", []invitation.On{invitation.OnTime}},
	{"at_least", []invitation.On{invitation.OnTime}},
	{"within", []invitation.On{invitation.OnTime}},
	{"intervals", []invitation.On{invitation.OnLost}},
	{"stale", []invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted, invitation.OnSilence, invitation.OnLost}},
	{"sample", []invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted}},
	{"per_day", []invitation.On{invitation.OnTime, invitation.OnLost}},
	{"between", []invitation.On{invitation.OnTime, invitation.OnLost}},
	{"language", []invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted, invitation.OnTime, invitation.OnLost}},
	{"by", []invitation.On{invitation.OnDone, invitation.OnBooked, invitation.OnStarted, invitation.OnTime, invitation.OnLost}},
}

// triggerPath is where a key stands below its trigger.
func triggerPath(key string) string {
	switch key {
	case "at_least", "within":
		return "who/events/" + key
	case "open":
		return "open/priority"
	case "between":
		return "between/week"
	}
	return key
}

// usualTrigger is what a trigger does of which nothing is said but its moment.
func usualTrigger(on invitation.On) invitation.Trigger {
	t := invitation.Trigger{On: on, Stale: invitation.UsualStale, Sample: invitation.UsualSample, Language: invitation.OfCustomer, By: invitation.Ways()}
	switch on {
	case invitation.OnSilence:
		t.Wait, t.Open = invitation.UsualWait, invitation.UsualPriority
	case invitation.OnLost:
		t.Intervals, t.Stale = invitation.UsualIntervals, invitation.UsualTold*recovery.Span(24*time.Hour)
	}
	return t
}

// triggerValues are what a trigger says, by key, as its fields have it; "" = nothing.
func triggerValues(t *invitation.Trigger) map[string]string {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	span := func(x recovery.Span) string {
		if x == 0 {
			return ""
		}
		return x.String()
	}
	out := map[string]string{
		"ask": t.Ask, "stale": span(t.Stale), "sample": number(t.Sample), "language": t.Language, "every": span(t.Every), "at_least": number(t.AtLeast),
		"within": span(t.Within), "per_day": number(t.PerDay), "intervals": number(t.Intervals), "wait": span(t.Wait), "open": "", "after": "",
		"between": hoursText(t.Between),
	}
	if t.Silent() {
		out["open"] = t.Open.String()
	}
	if t.After != nil {
		out["after"] = t.After.String()
	}
	ways := make([]string, len(t.By))
	for i, w := range t.By {
		ways[i] = string(w)
	}
	out["by"] = strings.Join(ways, ", ")
	return out
}

// hoursText is a week as a file has it, "" = at any hour.
func hoursText(week recovery.Week) string {
	if (recovery.Hours{Week: week}).Always() {
		return ""
	}
	return weekText(week)
}

// triggerYAML is a value of a field as a file has it.
func triggerYAML(key, value string) string {
	switch {
	case value == "":
		return ""
	case key == "by":
		return "[" + value + "]"
	case key == "between", key == "sample", key == "at_least", key == "per_day", key == "intervals":
		return value
	}
	return flowfile.Scalar(value)
}

func (s triggerPages) triggerFormOf(words *words, t *triggerDraft, at int, on invitation.On) *triggerForm {
	snap := s.Bot.Configuration().Now()
	var sites []option
	for _, id := range t.known.Sites {
		sites = append(sites, option{id, cmp.Or(s.at(id).Name, id)})
	}
	p := &triggerForm{draft: t, at: at, was: usualTrigger(on), menus: menusOf(words, snap, sites)}
	text := ""
	if at >= 0 {
		p.was, p.Handle = t.policy.Triggers[at], t.handle(at)
		p.Sentence, text = s.triggerSentence(words, p.was), t.doc.Show(p.place("when"))
	}
	titles, flows := s.namer(words), []option{{"", words.t("trigger_choose")}}
	for _, id := range slices.Sorted(maps.Keys(t.known.Flows)) {
		if class := t.known.Flows[id]; class == survey.Transactional || class == survey.Relationship {
			flows = append(flows, option{id, titles.apart(id)})
		}
	}
	p.fields(words, flows, snap)
	p.When = p.menus.view(text)
	p.add(field{Name: "when", Label: words.t("trigger_when"), Value: text})
	if at >= 0 {
		p.blame(t.wrong("triggers/#" + strconv.Itoa(at)))
	}
	return p
}

// place is where a key of the trigger stands in the file.
func (p *triggerForm) place(key string) string {
	return "triggers/#" + strconv.Itoa(p.at) + "/" + key
}

func (p *triggerForm) fields(words *words, flows []option, snap *snapshot.Snapshot) {
	now := triggerValues(&p.was)
	add := func(key, kind string, menu ...option) {
		x := field{Name: key, Label: words.t("trigger_f_" + key), Kind: kind, Value: now[key], Options: menu}
		if words.has("trigger_h_" + key) {
			x.Hint = words.t("trigger_h_" + key)
		}
		if kind == "select" {
			x.Options = offered(menu, x.Value)
		}
		if key == "after" {
			x.Usually = "h"
		}
		p.add(x)
	}
	now["name"], now["on"] = p.was.Name, string(p.was.On)
	add("name", "")
	add("on", "select", momentOptions(words)...)
	add("ask", "select", flows...)
	for _, key := range []string{"after", "stale", "wait", "every", "within"} {
		add(key, "lapse")
	}
	for _, key := range []string{"sample", "at_least", "per_day", "intervals"} {
		add(key, "number")
	}
	now["open"] = cmp.Or(now["open"], invitation.UsualPriority.String())
	add("open", "select", option{"P1", "P1"}, option{"P2", "P2"}, option{"P3", "P3"})
	langs := []option{{invitation.OfCustomer, words.t("trigger_lang_customer")}, {invitation.OfSite, words.t("trigger_lang_site")}}
	for _, tag := range voice.Languages {
		langs = append(langs, option{tag, languageName(words.lang, tag)})
	}
	add("language", "select", langs...)
	ways := []option{{"", words.t("trigger_way_none")}}
	for _, w := range invitation.Ways() {
		ways = append(ways, option{string(w), words.t("trigger_way_" + string(w))})
	}
	for i := range invitation.Ways() {
		way := ""
		if i < len(p.was.By) {
			way = string(p.was.By[i])
		}
		p.add(field{Name: fmt.Sprintf("by.%d", i), Label: words.t("trigger_way_n", i+1), Kind: "select", Options: ways, Value: way})
	}
	p.experimentFields(words, flows)
	p.Weekdays = p.addWeek(words, "between.", p.was.Between)
}

// blame puts what the file finds wrong at the fields that say it.
func (p *triggerForm) blame(wrong map[string][]string) {
	for _, path := range sortedKeys(wrong) {
		key := strings.Split(path, "/")[0]
		name := map[string]string{"": "name", "by": "by.0", "between": "between.mon.0.from", "who": "at_least", "open": "open"}[key]
		if key == "who" && strings.HasSuffix(path, "within") {
			name = "within"
		}
		if key == "experiment" {
			name = cmp.Or(experimentField(path), "other.ask")
		}
		x := p.field(cmp.Or(name, key))
		if x == nil || x.Fault != "" {
			p.Wrong = append(p.Wrong, wrong[path]...)
			continue
		}
		x.Fault = strings.Join(wrong[path], " ")
	}
}

func sortedKeys(m map[string][]string) []string { return slices.Sorted(maps.Keys(m)) }

// on is the moment that the form says.
func (p *triggerForm) on() invitation.On { return invitation.On(p.field("on").Value) }

// wants is what a key is to say by the form. What is wrong stands at its field.
func (p *triggerForm) wants(words *words, key string) string {
	switch key {
	case "by":
		var ways []string
		for i := range invitation.Ways() {
			if way := p.field(fmt.Sprintf("by.%d", i)).Value; way != "" && !slices.Contains(ways, way) {
				ways = append(ways, way)
			}
		}
		if len(ways) == 0 {
			p.field("by.0").Fault = words.t("trigger_no_way")
		}
		return strings.Join(ways, ", ")
	case "between":
		return hoursText(p.week(words, "between."))
	}
	x := p.field(key)
	switch {
	case x.Value == "":
		if key == "every" || key == "ask" {
			x.Fault = words.t("trigger_need_" + key)
		}
		return ""
	case x.Kind == "lapse":
		span, err := spanOf(x.Value)
		if err != nil {
			x.Fault = words.t("span_fault")
		}
		return span.String()
	case x.Kind == "number":
		n, err := strconv.Atoi(strings.TrimSuffix(x.Value, "%"))
		if err != nil || n < 0 {
			x.Fault = words.t("number_fault")
		}
		return strconv.Itoa(n)
	}
	return x.Value
}

// settle says what is to change below the trigger. What is wrong stands at its field.
func (p *triggerForm) settle(words *words) (out []change) {
	on, base := p.on(), p.was
	if !slices.Contains(moments(), on) {
		p.field("on").Fault = words.t("link_choose")
		return nil
	}
	if on != p.was.On {
		base = usualTrigger(on)
	}
	has, fresh := triggerValues(&p.was), triggerValues(&base)
	out = append(out, p.named(words)...)
	if on != p.was.On || p.at < 0 {
		out = append(out, p.moment(on)...)
	}
	if x := p.field("when"); x.Value != x.Was || p.at < 0 && x.Value != "" {
		out = append(out, change{at: "when", yaml: x.Value})
	}
	for _, k := range triggerKeys {
		written := p.at >= 0 && p.draft.doc.Has(p.place(triggerPath(k.key)))
		if !slices.Contains(k.of, on) {
			if top := strings.Split(triggerPath(k.key), "/")[0]; p.at >= 0 && on != p.was.On && p.draft.doc.Has(p.place(top)) {
				out = append(out, change{at: top})
			}
			continue
		}
		want, now := p.wants(words, k.key), fresh[k.key]
		if written {
			now = has[k.key]
		} else if want == has[k.key] && on != p.was.On { // nobody touched it
			continue
		}
		if want != now {
			out = append(out, change{at: triggerPath(k.key), yaml: triggerYAML(k.key, want)})
		}
	}
	return append(out, p.experiment(words, on)...)
}

// hyphened is what somebody wrote as the name of something, as names are written.
func hyphened(text string) string {
	return strings.Trim(strings.Join(strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return c == ' ' || c == '_' || c == '-' }), "-"), "-")
}

// named is the name, made of the survey where a new trigger has none.
func (p *triggerForm) named(words *words) []change {
	x := p.field("name")
	name := hyphened(x.Value)
	if name == "" && p.at < 0 {
		name = p.draft.free(strings.ReplaceAll(cmp.Or(p.field("ask").Value, "unheard"), "_", "-"))
	}
	if name == p.was.Name && name != "" {
		return nil
	}
	switch {
	case !triggerName(name):
		x.Fault = words.t("trigger_name_fault")
	case p.draft.free(name) != name:
		x.Fault = words.t("trigger_name_taken")
	}
	x.Value = name
	return []change{{at: "name", yaml: name}}
}

// triggerName reports whether a trigger can be called so.
func triggerName(name string) bool {
	return name != "" && len(name) <= longestTrigger && !strings.ContainsFunc(name, func(c rune) bool { return c != '-' && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') })
}

// moment is what says for what the trigger waits.
func (p *triggerForm) moment(on invitation.On) []change {
	if on == invitation.OnDone || on == invitation.OnTime { // which is every's
		return []change{{at: "on"}}
	}
	return []change{{at: "on", yaml: string(on)}}
}

// written is the file with the trigger as the form has it.
func (p *triggerForm) written(changes []change) (text string, err error) {
	if p.at >= 0 {
		all := slices.Clone(changes)
		for i := range all {
			all[i].at = p.place(all[i].at)
		}
		return applyTriggers(p.draft.Source, all)
	}
	one := "name: " + p.field("name").Value + "\n"
	if one, err = applyTriggers(one, changes); err != nil {
		return "", err
	}
	return draft.Apply(p.draft.Source, draft.Op{Do: draft.Insert, Path: "triggers", Value: one, As: draft.YAML})
}
