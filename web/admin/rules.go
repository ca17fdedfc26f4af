package admin

import (
	"context"
	"errors"
	"fmt"
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
	{pattern: "GET /settings/rules/file", deed: access.EditRules, page: (*site).ruleFile},
	{pattern: "POST /settings/rules/file", deed: access.EditRules, page: (*site).saveRuleFile},
	{pattern: "GET /settings/hours", deed: access.EditRules, page: hoursKind.look},
	{pattern: "POST /settings/hours", deed: access.EditRules, page: hoursKind.save},
	{pattern: "GET /settings/routes", deed: access.EditRoutes, page: routesKind.look},
	{pattern: "POST /settings/routes", deed: access.EditRoutes, page: routesKind.save},
	{pattern: "GET /settings/snippets", deed: access.EditRules, page: snippetsKind.look},
	{pattern: "POST /settings/snippets", deed: access.EditRules, page: snippetsKind.save},
	{pattern: "GET /settings/hearing", deed: access.SeeSettings, page: (*site).hearing},
}

// Of the dry run.
const (
	tryDays     = 90
	tryPatience = 15 * time.Second
	tryShown    = 30 // differences
	maxRules    = 256 << 10
)

// rulesPage is the file of rules, what is wrong with it, and what it would have done.
type rulesPage struct {
	Source   string
	Version  int // in force; 0 = the shipped rules
	Findings []ruleFinding
	Tried    *triedRules
	Fault    string
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

// sentFile reads a file that was edited on a page, and the version that it was made of.
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

func (s *site) ruleFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	src, err := s.rulesNow(r.Context())
	if err != nil {
		return err
	}
	return s.showRuleFile(w, r, v, http.StatusOK, rulesPage{Source: src.Source, Version: src.Version})
}

func (s *site) showRuleFile(w http.ResponseWriter, r *http.Request, v Viewer, status int, p rulesPage) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "rule_file.html", frame{Title: words.t("rules_file"), Here: "/settings", Back: &link{"/settings/rules", words.t("rules")}}, p)
}

// saveRuleFile checks the rules, says what they would have done, and publishes them when that is
// asked for.
func (s *site) saveRuleFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayRule(v); err != nil {
		return err
	}
	source, version, err := sentFile(w, r)
	if err != nil {
		return err
	}
	ctx, words := r.Context(), s.words(r, v)
	p := rulesPage{Source: source, Version: version}
	policy, err := rulefile.Parse([]byte(p.Source))
	if err != nil {
		if p.Findings, err = findingsOf(words, err); err != nil {
			return err
		}
		return s.showRuleFile(w, r, v, http.StatusUnprocessableEntity, p)
	}
	unknown, err := bot.UnknownSites(ctx, s.Store, policy)
	if err != nil {
		return err
	}
	if slices.Sort(unknown); len(unknown) > 0 {
		p.Findings = append(p.Findings, ruleFinding{Message: words.t("rules_no_site", strings.Join(unknown, ", "))})
		return s.showRuleFile(w, r, v, http.StatusUnprocessableEntity, p)
	}
	now, err := s.rulesNow(ctx)
	if err != nil {
		return err
	}
	if now.Version != version {
		p.Fault = words.t("rules_meanwhile", now.Version)
		return s.showRuleFile(w, r, v, http.StatusConflict, p)
	}
	if r.PostForm.Get("do") != "publish" {
		if p.Tried, err = s.tryRules(ctx, words, v, policy); err != nil {
			return err
		}
		return s.showRuleFile(w, r, v, http.StatusOK, p)
	}
	made, created, err := s.Store.PublishRules(ctx, p.Source, s.Clock())
	if err != nil {
		return fmt.Errorf("publish the rules: %w", err)
	}
	if created {
		a := s.audit(v, "rules.publish", strconv.Itoa(made))
		if err := s.Store.PutAudit(ctx, a); err != nil {
			return err
		}
		if err := s.Bot.Configuration().Refresh(ctx); err != nil {
			return err
		}
	}
	http.Redirect(w, r, s.Prefix+"/settings/rules/file?done=rules_published", http.StatusSeeOther)
	return nil
}

// tryRules says what rules would have done with what was answered lately.
func (s *site) tryRules(ctx context.Context, words *words, v Viewer, then recovery.Policy) (*triedRules, error) {
	now, err := bot.RulesInForce(ctx, s.Store, rulefile.Parse)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, tryPatience)
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
	t.Sessions, err = bot.TryRules(limited, s.Store, now, then, s.Clock().AddDate(0, 0, -tryDays), one, nil)
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
