package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
)

// ruleRoutes are the rules by which cases open, their clocks and hours, and who hears of them.
var ruleRoutes = []route{
	{pattern: "GET /settings/rules", deed: access.EditRules, page: rulesKind.look},
	{pattern: "POST /settings/rules", deed: access.EditRules, page: rulesKind.save},
	{pattern: "GET /settings/rules/file", deed: access.EditRules, page: in(rulePages.ruleFile)},
	{pattern: "POST /settings/rules/file", deed: access.EditRules, page: in(rulePages.saveRuleFile)},
	{pattern: "GET /settings/rules/publish", deed: access.EditRules, page: onFile(theRules, (*filed).publishPage)},
	{pattern: "POST /settings/rules/publish", deed: access.EditRules, page: onFile(theRules, (*filed).publishDraft)},
	{pattern: "GET /settings/rules/versions", deed: access.EditRules, page: onFile(theRules, (*filed).versionsPage)},
	{pattern: "POST /settings/rules/versions", deed: access.EditRules, page: onFile(theRules, (*filed).goBack)},
	{pattern: "GET /settings/rules/compare", deed: access.EditRules, page: onFile(theRules, (*filed).comparePage)},
	{pattern: "POST /settings/rules/draft", deed: access.EditRules, page: in(rulePages.changeRuleDraft)},
	{pattern: "GET /settings/hours", deed: access.EditRules, page: hoursKind.look},
	{pattern: "POST /settings/hours", deed: access.EditRules, page: hoursKind.save},
	{pattern: "GET /settings/routes", deed: access.EditRoutes, page: routesKind.look},
	{pattern: "POST /settings/routes", deed: access.EditRoutes, page: routesKind.save},
	{pattern: "GET /settings/snippets", deed: access.EditRules, page: snippetsKind.look},
	{pattern: "POST /settings/snippets", deed: access.EditRules, page: snippetsKind.save},
	{pattern: "GET /settings/hearing", deed: access.SeeSettings, page: in(rulePages.hearing)},
}

// Of the dry run.
const (
	tryDays     = 90
	tryPatience = 15 * time.Second
	tryShown    = 30 // differences
	maxRules    = 256 << 10
)

// rulesPage is the file of rules as it is being changed, what is wrong with it, and what it would have
// done.
type rulesPage struct {
	Source   string
	Version  int // in force; 0 = the shipped rules
	Rev      int // of the draft
	Findings []ruleFinding
	Tried    *triedRules
	Fault    string
	Theirs   string // what somebody else wrote meanwhile
	Bar      *ruleBar
}

type ruleFinding struct {
	Where, Message, Excerpt string
}

// findingsOf are the places of a file at which it is wrong; another error is returned.
func findingsOf(words *words, err error) ([]ruleFinding, error) {
	located, ok := errors.AsType[rulefile.Errors](err)
	if !ok {
		return nil, err
	}
	found := make([]ruleFinding, len(located))
	for i, e := range located {
		found[i] = ruleFinding{Message: e.Message, Excerpt: e.Excerpt}
		if e.Line > 0 {
			found[i].Where = words.t("line_n", e.Line)
		}
	}
	return found, nil
}

// sentFile reads a file that was edited on a page, and the version, or revision, that it was made of.
func sentFile(w http.ResponseWriter, r *http.Request) (source string, version int, err error) {
	if err := page.ReadForm(w, r, maxRules); err != nil {
		return "", 0, err
	}
	version, _ = strconv.Atoi(r.PostForm.Get("version"))
	return strings.ReplaceAll(r.PostForm.Get("source"), "\r\n", "\n"), version, nil
}

// triedRules is what would have been different.
type triedRules struct {
	Sessions int
	Changes  [][2]string
	Rows     []caseDifference
	More     int
	Cut      bool // the time was over before all was looked at
}

type caseDifference struct{ URL, Name, What, About string }

// mayRule refuses whoever may not set what holds everywhere.
func mayRule(v Viewer) error {
	if !v.Can(access.EditRules, access.EverySite) {
		return notAllowed(nil)
	}
	return nil
}

func (s *site) rulesNow(ctx context.Context) (storage.RulesSource, error) {
	src, err := s.Store.Rules(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.RulesSource{Source: string(rulefile.Shipped())}, nil
	}
	return src, err
}

func (s rulePages) ruleFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	d, err := s.draftOf(r.Context(), storage.RulesDraft)
	if err != nil {
		return err
	}
	p := rulesPage{Source: fileOf(d)}
	if d.draft {
		if _, p.Findings, err = s.readRules(r.Context(), s.words(r, v), d.Source); err != nil {
			return err
		}
	}
	return s.showRuleFile(w, r, v, http.StatusOK, d, p)
}

// fileOf is the file of rules as somebody reads it: before anybody wrote one, the shipped one.
func fileOf(d drafted) string {
	if d.Source == emptyRules {
		return string(rulefile.Shipped())
	}
	return d.Source
}

// readRules reads a file of rules. Where it is wrong, findings say so and the policy is none.
func (s rulePages) readRules(ctx context.Context, words *words, source string) (policy recovery.Policy, findings []ruleFinding, err error) {
	policy, err = rulefile.Parse([]byte(source))
	if err != nil {
		findings, err = findingsOf(words, err)
		return policy, findings, err
	}
	unknown, err := bot.UnknownSites(ctx, s.Store, policy)
	if slices.Sort(unknown); err == nil && len(unknown) > 0 {
		findings = append(findings, ruleFinding{Message: words.t("rules_no_site", strings.Join(unknown, ", "))})
	}
	return policy, findings, err
}

func (s rulePages) showRuleFile(w http.ResponseWriter, r *http.Request, v Viewer, status int, d drafted, p rulesPage) error {
	words := s.words(r, v)
	p.Version, p.Rev = d.Live, d.Rev
	bar, err := s.ruleBarOf(r, v, words, d, rulesKind.at, "rules_file")
	if err != nil {
		return err
	}
	p.Bar = &bar
	return s.show(w, r, v, status, "rule_file.html", frame{
		Title: words.t("rules_file"), Here: "/settings", Back: &link{"/settings/rules", words.t("rules")}, Modules: []string{"stream.js", "live.js"},
	}, p)
}

// saveRuleFile stores the file in the draft, whatever is wrong with it, and says what is; or says what
// it would have done.
func (s rulePages) saveRuleFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	source, rev, err := sentFile(w, r)
	if err != nil {
		return err
	}
	ctx, words := r.Context(), s.words(r, v)
	d, err := s.draftOf(ctx, storage.RulesDraft)
	if err != nil {
		return err
	}
	p := rulesPage{Source: source}
	policy, findings, err := s.readRules(ctx, words, source)
	if p.Findings = findings; err != nil {
		return err
	}
	if r.PostForm.Get("do") == "check" {
		d.Rev = rev // what was typed is of that one still
		if len(findings) > 0 {
			return s.showRuleFile(w, r, v, http.StatusUnprocessableEntity, d, p)
		}
		if p.Tried, err = s.tryRules(ctx, words, v, policy, tryPatience); err != nil {
			return err
		}
		return s.showRuleFile(w, r, v, http.StatusOK, d, p)
	}
	if source != fileOf(d) {
		stored := false
		if rev == d.Rev {
			if _, stored, err = s.putDraft(ctx, v, d, source, "rules_file", 0); err != nil {
				return err
			}
		}
		if !stored { // the page shows both, and saving again puts this one in the place of the other
			if d, err = s.draftOf(ctx, storage.RulesDraft); err != nil {
				return err
			}
			p.Fault, p.Theirs = words.t("rules_meanwhile", cmp.Or(d.Person, words.t("flow_somebody"))), fileOf(d)
			return s.showRuleFile(w, r, v, http.StatusConflict, d, p)
		}
	}
	to := s.Prefix + "/settings/rules/file?done=rules_drafted"
	if r.PostForm.Get("do") == "publish" {
		to = s.Prefix + "/settings/rules/publish"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// tryRules says what rules would have done with what was answered lately.
func (s *site) tryRules(ctx context.Context, words *words, v Viewer, then recovery.Policy, patience time.Duration) (*triedRules, error) {
	now, err := bot.RulesInForce(ctx, s.Store, rulefile.Parse)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	t, changes := &triedRules{}, map[recovery.Change]int{}
	one := func(x *storage.PastSession, d recovery.Difference) error {
		changes[d.Change]++
		if len(t.Rows) >= tryShown {
			t.More++
			return nil
		}
		row := caseDifference{What: words.t("change_" + string(d.Change))}
		row.About = voice.Join(" · ", x.Service, s.at(x.Site).Name, words.moment(s.Clock(), x.Started, s.at(x.Site).Zone))
		if x.Case != nil && v.Can(access.SeeCases, x.Site) {
			row.Name, row.URL = x.Case.Name(), "/cases/"+x.Case.Name()
		}
		t.Rows = append(t.Rows, row)
		return nil
	}
	t.Sessions, err = bot.TryRules(limited, s.Store, now, then, s.Clock().AddDate(0, 0, -tryDays), nil, one, nil)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		t.Cut, err = true, nil
	}
	for _, c := range recovery.Changes() {
		if n := changes[c]; n > 0 {
			t.Changes = append(t.Changes, [2]string{words.t("change_" + string(c)), strconv.Itoa(n)})
		}
	}
	return t, err
}

// placeName is what a chat is called: by its name, or whose own it is.
func (s *site) placeName(words *words, snap *snapshot.Snapshot, to chat.Address) string {
	on := words.platform(string(to.Platform))
	for _, c := range snap.Chats {
		if c.Address == to {
			return words.t("hears_chat", c.Name, on)
		}
	}
	for id, homes := range snap.Team.Homes {
		if slices.Contains(homes, to) {
			return words.t("hears_person", snap.Team.Members[id].Name, on)
		}
	}
	return on
}
