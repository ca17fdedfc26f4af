package admin

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey/flowfile"
	bare "github.com/aftercare/aftercare/survey/words"
)

// ruleForm is the page of rules as a form.
type ruleForm struct {
	ruleSheet
	Chain  []int // the steps, by number
	Causes []int
}

var rulesKind = ruleKind{
	at: "/settings/rules", template: "rules.html", title: "rules", lists: []string{"chain.", "causes."},
	open: func(_ *site, words *words, c *ruleScope) rulePage { return ruleFormOf(words, c) },
}

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

func ruleFormOf(words *words, c *ruleScope) *ruleForm {
	p := &ruleForm{ruleSheet: ruleSheet{ruleScope: *c}}
	r, add := c.rules(), p.add
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
		add(field{Name: at + "key", Kind: "hidden", Value: cause.Key})
		add(field{Name: at + "name", Label: words.t("cause_n", i+1), Value: words.cause(cause.Key, r.Causes), Fill: "off"})
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

// settle says what is to change. What is wrong stands at its field.
func (f *ruleForm) settle(words *words) (out []change) {
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
	if causes := f.causes(words, r.Causes); !slices.Equal(causes, r.Causes) {
		out = append(out, change{"causes", words.t("rule_causes"), words.causesTold(r.Causes), words.causesTold(causes), causesText(causes)})
	}
	return out
}

// same takes away whatever the site has of its own, but for its hours.
func (f *ruleForm) same(words *words) (out []change) {
	for _, key := range f.doc.Keys("sites/" + f.Site) {
		if key != "hours" {
			out = append(out, change{at: key, label: key, was: words.t("rules_own"), now: words.t("rules_same_as")})
		}
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
	first.Fault, first.Theirs, first.Conflict = meanwhile, now[first.Name], true
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
		step.For = prioritiesOf(f.field(at + "for").Value)
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

// causes is the menu of causes as the form has it: one without a name is none. Who writes
// another name changes the words and nothing else: cases keep their cause. A new one has a key
// made of its name.
func (f *ruleForm) causes(words *words, before []recovery.Cause) (out []recovery.Cause) {
	key := func(name string) string {
		var taken []string
		for _, i := range f.Causes {
			taken = append(taken, f.field(fmt.Sprintf("causes.%d.key", i)).Value)
		}
		for _, c := range out {
			taken = append(taken, c.Key)
		}
		base := cmp.Or(bare.Key(name, '_', longestKey), "cause")
		made := base
		for n := 2; slices.Contains(taken, made); n++ {
			made = fmt.Sprint(base, "_", n)
		}
		return made
	}
	var called []string
	for _, i := range f.Causes {
		at := fmt.Sprintf("causes.%d.", i)
		name := f.field(at + "name").Value
		c := recovery.Cause{Key: f.field(at + "key").Value, Failure: recovery.Failure(f.field(at + "failure").Value)}
		if low := strings.ToLower(name); slices.Contains(called, low) && name != "" {
			f.field(at + "name").Fault = words.t("cause_twice")
		} else {
			called = append(called, low)
		}
		switch {
		case name == "":
			continue
		case c.Key == "":
			c.Key, c.Name = key(name), name
		case name != words.cause(c.Key, nil):
			c.Name = name
		default: // the shipped words; where they stand in the file they stay there
			if j := slices.IndexFunc(before, func(b recovery.Cause) bool { return b.Key == c.Key && b.Name == name }); j >= 0 {
				c.Name = name
			}
		}
		out = append(out, c)
	}
	return out
}

// longestKey leaves room for what makes a key different from others.
const longestKey = 24

// cause is what a cause is called: its own name, or the shipped words, or its key.
func (w *words) cause(key string, own []recovery.Cause) string {
	if i := slices.IndexFunc(own, func(c recovery.Cause) bool { return c.Key == key }); i >= 0 && own[i].Name != "" {
		return own[i].Name
	}
	if key != "" && w.has("because_"+key) {
		return w.t("because_" + key)
	}
	return key
}

// causesTold are causes as the list of changes has them.
func (w *words) causesTold(causes []recovery.Cause) string {
	names := make([]string, len(causes))
	for i, c := range causes {
		names[i] = w.cause(c.Key, causes) + " (" + w.t("failure_"+string(c.Failure)) + ")"
	}
	return strings.Join(names, w.t("comma"))
}

func causesText(causes []recovery.Cause) string {
	lines := make([]string, len(causes))
	for i, c := range causes {
		name := ""
		if c.Name != "" {
			name = " name: " + flowfile.Scalar(c.Name) + ","
		}
		lines[i] = fmt.Sprintf("- {key: %s,%s failure: %s}", flowfile.Scalar(c.Key), name, c.Failure)
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
