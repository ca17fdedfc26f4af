package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// ruleScope is the part of the file of rules that a form changes: what holds at every site, or
// what one site has of its own.
type ruleScope struct {
	Site    string // "" = every site
	Title   string // what the part is called
	Sites   []option
	version int
	source  string
	doc     *draft.Doc
	policy  recovery.Policy
}

// path is where something of the scope stands in the file.
func (c *ruleScope) path(at string) string {
	if c.Site == "" {
		return "rules/" + at
	}
	return "sites/" + c.Site + "/" + at
}

// rules are those in force in the scope.
func (c *ruleScope) rules() recovery.Rules { return c.policy.At(c.Site, nil) }

// own reports whether a site has something of its own there.
func (c *ruleScope) own(at string) bool { return c.Site != "" && c.doc.Has(c.path(at)) }

// query is the scope as addresses name it, with what was done.
func (c *ruleScope) query(done string) string {
	q := url.Values{}
	if c.Site != "" {
		q.Set("site", c.Site)
	}
	if done != "" {
		q.Set("done", done)
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// emptyRules is the file with which a form begins where nobody wrote one.
const emptyRules = "# Written by the pages of settings. What is left out is as shipped.\nrules:\n"

// scopeOf reads the rules in force and the site that a form is about.
func (s *site) scopeOf(ctx context.Context, words *words, id string) (*ruleScope, error) {
	src, err := s.rulesNow(ctx)
	if err != nil {
		return nil, err
	}
	c := &ruleScope{Site: id, Title: words.t("every_site"), version: src.Version, source: src.Source}
	if src.Version == 0 {
		c.source = emptyRules
	}
	if c.policy, err = rulefile.Parse([]byte(src.Source)); err != nil {
		return nil, fmt.Errorf("read the rules in force: %w", err)
	}
	if c.doc, err = draft.Parse(c.source); err != nil {
		return nil, &page.Error{Code: page.Invalid, Title: "rules_by_file", Text: "rules_by_file_text", Err: err}
	}
	all, err := s.Store.Sites(ctx)
	if err != nil {
		return nil, err
	}
	known := id == ""
	c.Sites = []option{{"", c.Title}}
	for _, x := range storage.Present(all) {
		c.Sites = append(c.Sites, option{x.ID, cmp.Or(x.Name, x.ID)})
		if x.ID == id {
			known, c.Title = true, cmp.Or(x.Name, x.ID)
		}
	}
	if !known {
		return nil, &page.Error{Code: page.NotFound, Title: "no_site", Text: "no_site_text"}
	}
	return c, nil
}

// change is one value that a form wants to stand elsewhere than it does.
type change struct {
	at       string // below the scope
	label    string
	was, now string // for people
	yaml     string // what to write; "" takes it out
}

// apply is the file with the changes, all of them or none.
func (c *ruleScope) apply(changes []change) (string, error) {
	text := c.source
	for _, x := range changes {
		doc, err := draft.Parse(text)
		if err != nil {
			return "", err
		}
		at := c.path(x.at)
		op := draft.Op{Do: draft.Set, Path: at, Value: x.yaml, As: draft.YAML, Was: doc.Show(at)}
		if x.yaml == "" {
			op = draft.Op{Do: draft.Remove, Path: at}
		}
		if text, err = draft.Apply(text, op); err != nil {
			return "", err
		}
	}
	return text, nil
}

// told is what changes, as the list of changes has it.
func told(changes []change) (before, after string) {
	var was, now []string
	for _, x := range changes {
		was, now = append(was, x.label+": "+x.was), append(now, x.label+": "+x.now)
	}
	return strings.Join(was, "; "), strings.Join(now, "; ")
}

// publish makes the changes the rules in force. A problem that the rules themselves find is
// returned in words; nothing is stored then.
func (s *site) publishChanges(ctx context.Context, v Viewer, c *ruleScope, changes []change) (problem string, err error) {
	source, _, problem, err := c.checked(changes)
	if err != nil || problem != "" || source == c.source {
		return problem, err
	}
	made, created, err := s.Store.PublishRules(ctx, source, s.Clock())
	if err != nil {
		return "", fmt.Errorf("publish the rules: %w", err)
	}
	if !created {
		return "", nil
	}
	a := s.audit(v, "rules.publish", strconv.Itoa(made))
	a.Before, a.After = told(changes)
	if err := s.Store.PutAudit(ctx, a); err != nil {
		return "", err
	}
	return "", s.Bot.Configuration().Refresh(ctx)
}

// checked is the file with the changes and what it says, or why it cannot be.
func (c *ruleScope) checked(changes []change) (source string, then recovery.Policy, problem string, err error) {
	source, err = c.apply(changes)
	if err != nil {
		if _, ok := errors.AsType[*draft.Refused](err); ok {
			return "", then, err.Error(), nil
		}
		return "", then, "", err
	}
	then, err = rulefile.Parse([]byte(source))
	if found, ok := errors.AsType[rulefile.Errors](err); ok && len(found) > 0 {
		return "", then, found[0].Message, nil
	}
	return source, then, "", err
}

// ruleForm is the page of rules as a form.
type ruleForm struct {
	form
	ruleScope
	Own     bool // the site differs somewhere
	Version int
	Chain   []int // the steps, by number
	Causes  []int
	Tried   *triedRules
	Problem string
}

// Of is a field of the form by its name.
func (f ruleForm) Of(name string) *field { return f.field(name) }

// Opens and Raises are the switches, and Clocks the table, in the order of the page.
func (ruleForm) Opens() []string {
	return []string{"primary", "composite", "critical", "attribute", "complaint", "gap", "mvc_neutral", "watch"}
}

// Raises are the switches of what makes a case more urgent.
func (ruleForm) Raises() []string { return []string{"raise_tier", "raise_repeat", "raise_standard"} }

// Ranks are the rows of the table of clocks.
func (ruleForm) Ranks() []string { return []string{"P1", "P2", "P3"} }

// Clocks are its columns.
func (ruleForm) Clocks() []string {
	return []string{"acknowledge", "contact", "resolve", "idle", "snooze"}
}

func switchesOf(r recovery.Rules) map[string]bool {
	return map[string]bool{
		"primary": r.Primary, "composite": r.Composite, "critical": r.Critical, "attribute": r.Attribute, "complaint": r.Complaint,
		"gap": r.Gap, "mvc_neutral": r.Neutral, "watch": r.Watch, "raise_tier": r.Tier, "raise_repeat": r.Repeat, "raise_standard": r.Standard,
	}
}

func clocksOf(r recovery.Rules) map[string]recovery.Span {
	all := map[string]recovery.Span{"follow_up.after": r.FollowUp.After, "follow_up.close": r.FollowUp.Close}
	for p := recovery.P1; p <= recovery.P3; p++ {
		t, at := r.SLA.Of(p), "sla."+p.String()+"."
		all[at+"acknowledge"], all[at+"contact"], all[at+"resolve"], all[at+"idle"], all[at+"snooze"] = t.Acknowledge, t.Contact, t.Resolve, t.Idle, t.Snooze
	}
	return all
}

// forText is the priorities of a step as its control has them.
func forText(list []recovery.Priority) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.String()
	}
	return strings.Join(names, " ")
}

func (s *site) ruleFormOf(words *words, c *ruleScope) ruleForm {
	p := ruleForm{ruleScope: *c, Version: c.version}
	r := c.rules()
	add := func(x field) { x.Was = x.Value; p.Fields = append(p.Fields, x) }
	on := switchesOf(r)
	for _, name := range append(p.Opens(), p.Raises()...) {
		add(field{Name: name, Label: words.t("rule_" + name), Kind: "check", Value: checked(on[name])})
	}
	clocks := clocksOf(r)
	for _, rank := range p.Ranks() {
		for _, clock := range p.Clocks() {
			at := "sla." + rank + "." + clock
			add(field{Name: at, Label: rank + " · " + words.t("clock_"+clock), Kind: "span", Value: clocks[at].String()})
		}
	}
	add(field{Name: "follow_up.after", Label: words.t("follow_after"), Kind: "span", Value: clocks["follow_up.after"].String()})
	add(field{Name: "follow_up.close", Label: words.t("follow_close"), Kind: "span", Value: clocks["follow_up.close"].String()})
	day := r.FollowUp.Daytime
	add(field{Name: "follow_up.from", Label: words.t("follow_from"), Kind: "time", Value: timeText(day.From, day == recovery.Interval{})})
	add(field{Name: "follow_up.to", Label: words.t("follow_to"), Kind: "time", Value: timeText(day.To, day == recovery.Interval{})})
	add(field{Name: "currency", Label: words.t("rule_currency"), Hint: words.t("rule_currency_hint"), Value: r.Currency, Fill: "off"})
	add(field{Name: "storm.cases", Label: words.t("storm_cases"), Kind: "number", Value: strconv.Itoa(r.Storm.Cases)})
	add(field{Name: "storm.within", Label: words.t("storm_within"), Kind: "span", Value: r.Storm.Within.String()})

	to := []option{{"", words.t("step_none")}}
	for _, x := range recovery.Receivers() {
		to = append(to, option{string(x), words.t("to_" + string(x))})
	}
	for i := range len(r.Chain) + 2 {
		at, step := fmt.Sprintf("chain.%d.", i), recovery.Step{}
		percent := ""
		if i < len(r.Chain) {
			step = r.Chain[i]
			percent = strconv.Itoa(step.At)
		}
		ranks := []option{{"", words.t("ranks_all")}, {"P1", "P1"}, {"P2", "P2"}, {"P3", "P3"}, {"P1 P2", "P1, P2"}, {"P2 P3", "P2, P3"}}
		if text := forText(step.For); !slices.ContainsFunc(ranks, func(o option) bool { return o.Value == text }) {
			ranks = append(ranks, option{text, strings.ReplaceAll(text, " ", ", ")})
		}
		n := words.t("step_n", i+1)
		add(field{Name: at + "at", Label: n + ", " + words.t("step_at"), Kind: "number", Value: percent})
		add(field{Name: at + "to", Label: n + ", " + words.t("step_to"), Kind: "select", Options: to, Value: string(step.To)})
		add(field{Name: at + "for", Label: n + ", " + words.t("priority"), Kind: "select", Options: ranks, Value: forText(step.For)})
		add(field{Name: at + "outside", Label: words.t("step_outside"), Kind: "check", Value: checked(step.Outside)})
		p.Chain = append(p.Chain, i)
	}
	var kinds []option
	for _, f := range recovery.Failures() {
		kinds = append(kinds, option{string(f), words.t("failure_" + string(f))})
	}
	for i := range len(r.Causes) + 2 {
		at, cause := fmt.Sprintf("causes.%d.", i), recovery.Cause{Failure: recovery.OtherFailure}
		if i < len(r.Causes) {
			cause = r.Causes[i]
		}
		hint := ""
		if cause.Key != "" {
			if key := "because_" + cause.Key; words.has(key) {
				hint = words.t(key)
			}
		}
		add(field{Name: at + "key", Label: words.t("cause_n", i+1), Hint: hint, Value: cause.Key, Fill: "off"})
		add(field{Name: at + "failure", Label: words.t("cause_n", i+1) + ", " + words.t("cause_failure"), Kind: "select", Options: kinds, Value: string(cause.Failure)})
		p.Causes = append(p.Causes, i)
	}
	p.Own = c.Site != "" && slices.ContainsFunc(c.doc.Keys("sites/"+c.Site), func(key string) bool { return key != "hours" })
	return p
}

func checked(on bool) string {
	if on {
		return "on"
	}
	return ""
}

// timeText is a time of day as the browser's control has it.
func timeText(m recovery.Minute, none bool) string {
	if none {
		return ""
	}
	return (m % (24 * 60)).String()
}

// readChecks reads what form.read leaves as it was: a box that is not ticked is not posted.
func (f *form) readChecks(posted url.Values) {
	for i := range f.Fields {
		x := &f.Fields[i]
		if x.Kind == "check" && posted.Has(x.Name+".was") && !posted.Has(x.Name) {
			x.Value, x.Was = "", posted.Get(x.Name+".was")
		}
	}
}

// unitWords are how people write units of time, beside those of rules.
var unitWords = strings.NewReplacer(" ", "", "minutes", "m", "minute", "m", "mins", "m", "min", "m", "hours", "h", "hour", "h", "hrs", "h",
	"days", "d", "day", "d", "分钟", "m", "小时", "h", "天", "d", "日", "d", "分", "m", "时", "h")

// spanOf reads a length of time as people write it; nothing is none.
func spanOf(text string) (recovery.Span, error) {
	text = unitWords.Replace(strings.ToLower(strings.TrimSpace(text)))
	if text == "" || text == "0" || text == "–" || text == "-" {
		return 0, nil
	}
	var x recovery.Span
	err := x.UnmarshalText([]byte(text))
	return x, err
}

// settle merges the form with what stands in the rules by now, and says what is to change. What
// is wrong stands at its field.
func (f *ruleForm) settle(words *words, now map[string]string) (out []change) {
	meanwhile := words.t("changed_meanwhile")
	for _, group := range []string{"chain.", "causes."} { // a list is one thing
		f.together(group, now, meanwhile)
	}
	for i := range f.Fields {
		f.Fields[i].merge(now[f.Fields[i].Name], meanwhile)
	}
	r := f.rules()
	fail := func(name, text string) {
		if x := f.field(name); x.Fault == "" {
			x.Fault = text
		}
	}
	on, yes := switchesOf(r), map[bool]string{true: words.t("switch_on"), false: words.t("switch_off")}
	for _, name := range append(f.Opens(), f.Raises()...) {
		if want := f.field(name).Value != ""; want != on[name] {
			out = append(out, change{name, f.field(name).Label, yes[on[name]], yes[want], strconv.FormatBool(want)})
		}
	}
	clocks := clocksOf(r)
	clocks["storm.within"] = r.Storm.Within
	for _, name := range slices.Sorted(maps.Keys(clocks)) {
		x := f.field(name)
		want, err := spanOf(x.Value)
		if err != nil {
			fail(name, words.t("span_fault"))
		} else if want != clocks[name] {
			out = append(out, change{strings.ReplaceAll(name, ".", "/"), x.Label, clocks[name].String(), want.String(), want.String()})
		}
	}
	if n, err := strconv.Atoi(cmp.Or(f.field("storm.cases").Value, "0")); err != nil {
		fail("storm.cases", words.t("number_fault"))
	} else if n != r.Storm.Cases {
		out = append(out, change{"storm/cases", f.field("storm.cases").Label, strconv.Itoa(r.Storm.Cases), strconv.Itoa(n), strconv.Itoa(n)})
	}
	if x := f.field("currency"); strings.ToUpper(x.Value) != r.Currency {
		out = append(out, change{"currency", x.Label, r.Currency, strings.ToUpper(x.Value), strings.ToUpper(x.Value)})
	}
	if day, err := intervalOf(f.field("follow_up.from").Value, f.field("follow_up.to").Value); err != nil {
		fail("follow_up.from", words.t("times_fault"))
	} else if day != r.FollowUp.Daytime {
		out = append(out, change{"follow_up/daytime", words.t("follow_day"), intervalText(r.FollowUp.Daytime), intervalText(day), intervalText(day)})
	}
	if chain, ok := f.chain(words); ok && !slices.EqualFunc(chain, r.Chain, sameStep) {
		out = append(out, change{"chain", words.t("rule_chain"), chainText(r.Chain), chainText(chain), chainText(chain)})
	}
	if causes := f.causes(); !slices.Equal(causes, r.Causes) {
		out = append(out, change{"causes", words.t("rule_causes"), causesText(r.Causes), causesText(causes), causesText(causes)})
	}
	return out
}

// together asks at the first field of a list that was changed here, where somebody else has
// changed the list meanwhile.
func (f *form) together(group string, now map[string]string, meanwhile string) {
	theirs, mine := false, -1
	for i := range f.Fields {
		x := &f.Fields[i]
		if !strings.HasPrefix(x.Name, group) {
			continue
		}
		theirs = theirs || x.Was != now[x.Name]
		if mine < 0 && x.Value != x.Was && x.Value != now[x.Name] {
			mine = i
		}
	}
	if !theirs || mine < 0 {
		return
	}
	first := &f.Fields[mine]
	first.Fault, first.Theirs = meanwhile, now[first.Name]
	for i := range f.Fields {
		if x := &f.Fields[i]; strings.HasPrefix(x.Name, group) {
			x.Was = now[x.Name]
		}
	}
}

// chain is the chain as the form has it: a step that goes to nobody is none.
func (f *ruleForm) chain(words *words) (out []recovery.Step, ok bool) {
	ok = true
	for _, i := range f.Chain {
		at := fmt.Sprintf("chain.%d.", i)
		step := recovery.Step{To: recovery.Receiver(f.field(at + "to").Value), Outside: f.field(at+"outside").Value != ""}
		if step.To == "" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSuffix(cmp.Or(f.field(at+"at").Value, "0"), "%"))
		if err != nil {
			f.field(at+"at").Fault, ok = words.t("number_fault"), false
		}
		step.At = n
		for _, name := range strings.Fields(f.field(at + "for").Value) {
			for p := recovery.P1; p <= recovery.P3; p++ {
				if p.String() == name {
					step.For = append(step.For, p)
				}
			}
		}
		out = append(out, step)
	}
	return out, ok
}

func sameStep(a, b recovery.Step) bool {
	return a.At == b.At && a.To == b.To && a.Outside == b.Outside && slices.Equal(a.For, b.For)
}

// chainText is a chain as the file has it.
func chainText(chain []recovery.Step) string {
	if len(chain) == 0 {
		return "[]"
	}
	var b strings.Builder
	for _, s := range chain {
		fmt.Fprintf(&b, "- {at: %d, to: %s", s.At, s.To)
		if len(s.For) > 0 {
			fmt.Fprintf(&b, ", for: [%s]", strings.ReplaceAll(forText(s.For), " ", ", "))
		}
		if s.Outside {
			b.WriteString(", outside: true")
		}
		b.WriteString("}\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// causes is the menu of causes as the form has it: one without a key is none.
func (f *ruleForm) causes() (out []recovery.Cause) {
	for _, i := range f.Causes {
		at := fmt.Sprintf("causes.%d.", i)
		if key := f.field(at + "key").Value; key != "" {
			out = append(out, recovery.Cause{Key: key, Failure: recovery.Failure(f.field(at + "failure").Value)})
		}
	}
	return out
}

func causesText(causes []recovery.Cause) string {
	lines := make([]string, len(causes))
	for i, c := range causes {
		lines[i] = fmt.Sprintf("- {key: %s, failure: %s}", flowfile.Scalar(c.Key), c.Failure)
	}
	return cmp.Or(strings.Join(lines, "\n"), "[]")
}

// intervalOf reads two times of day of the browser's controls; two empty ones are none, and
// midnight as an end is the one that ends the day.
func intervalOf(from, to string) (x recovery.Interval, err error) {
	if from == "" && to == "" {
		return x, nil
	}
	if err := x.From.UnmarshalText([]byte(from)); err != nil {
		return x, err
	}
	if to == "00:00" {
		to = "24:00"
	}
	return x, x.To.UnmarshalText([]byte(to))
}

func intervalText(x recovery.Interval) string {
	if x == (recovery.Interval{}) {
		return ""
	}
	text, _ := x.MarshalText()
	return `"` + string(text) + `"`
}

// ruleAsked is the form of an address or a post, as it stands in the rules in force.
func (s *site) ruleAsked(r *http.Request, v Viewer, id string) (ruleForm, error) {
	if err := mayRule(v); err != nil {
		return ruleForm{}, err
	}
	words := s.words(r, v)
	c, err := s.scopeOf(r.Context(), words, id)
	if err != nil {
		return ruleForm{}, err
	}
	return s.ruleFormOf(words, c), nil
}

func (s *site) rules(w http.ResponseWriter, r *http.Request, v Viewer) error {
	p, err := s.ruleAsked(r, v, r.URL.Query().Get("site"))
	if err != nil {
		return err
	}
	return s.showRuleForm(w, r, v, http.StatusOK, p)
}

func (s *site) showRuleForm(w http.ResponseWriter, r *http.Request, v Viewer, status int, p ruleForm) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "rules.html", frame{Title: words.t("rules"), Meta: p.Title, Here: "/settings", Back: &link{"/settings", words.t("settings")}, Styles: []string{"forms.css"}}, p)
}

// saveRules tries what was written on the past, or makes it the rules in force.
func (s *site) saveRules(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	words := s.words(r, v)
	p, err := s.ruleAsked(r, v, r.PostForm.Get("site"))
	if err != nil {
		return err
	}
	now := map[string]string{}
	for _, x := range p.Fields {
		now[x.Name] = x.Value
	}
	if err := p.read(w, r); err != nil {
		return err
	}
	p.readChecks(r.PostForm)
	changes := p.settle(words, now)
	if r.PostForm.Get("do") == "same" && p.Own { // what the site has of its own, but for its hours
		changes = nil
		for _, key := range p.doc.Keys("sites/" + p.Site) {
			if key != "hours" {
				changes = append(changes, change{at: key, label: key, was: words.t("rules_own"), now: words.t("rules_same_as")})
			}
		}
	} else if len(p.Faults()) > 0 {
		return s.showRuleForm(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if r.PostForm.Get("do") == "try" {
		_, then, problem, err := p.checked(changes)
		if err != nil {
			return err
		}
		if p.Problem = problem; problem != "" {
			return s.showRuleForm(w, r, v, http.StatusUnprocessableEntity, p)
		}
		if p.Tried, err = s.tryRules(r.Context(), words, v, then); err != nil {
			return err
		}
		return s.showRuleForm(w, r, v, http.StatusOK, p)
	}
	if p.Problem, err = s.publishChanges(r.Context(), v, &p.ruleScope, changes); err != nil {
		return err
	}
	if p.Problem != "" {
		return s.showRuleForm(w, r, v, http.StatusUnprocessableEntity, p)
	}
	http.Redirect(w, r, s.Prefix+"/settings/rules"+p.query("rules_saved"), http.StatusSeeOther)
	return nil
}
