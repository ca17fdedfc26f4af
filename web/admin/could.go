package admin

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
)

// trouble is one thing that is wrong, with the page of the step that mends it.
type trouble struct{ Text, URL, Do string }

// troubles are the notes of the program (Config.Notes) that the pages know: what they say in
// the reader's language, and where the step is that mends it.
var troubles = []struct {
	note *regexp.Regexp
	key  string
	url  string
}{
	{regexp.MustCompile(`^(\S+): an account of the database is refused$`), "wrong_refused", "/settings/telegram"},
	{regexp.MustCompile(`^(\S+): an account is not served$`), "wrong_not_served", "/help/running"},
	{regexp.MustCompile(`^(\S+): takes no messages; (\d+) chats wait$`), "wrong_waits", "/outbox"},
	{regexp.MustCompile(`^(\S+): (.+) fails since (.+); nothing waits for it$`), "wrong_side", "/help/running"},
	{regexp.MustCompile(`^(\S+): another program takes updates with the same token$`), "wrong_rival", "/settings/telegram"},
	{regexp.MustCompile(`^calls of a platform are refused$`), "wrong_calls", "/help/running"},
	{regexp.MustCompile(`^endpoints of other systems that were switched off: (\d+)$`), "wrong_endpoints", "/settings/webhooks"},
	{regexp.MustCompile(`^chats of staff that cannot be written to: (\d+)$`), "wrong_gone", "/settings/telegram"},
}

// troubleOf is a note as the page shows it. One that is not known stands as it is.
func troubleOf(words *words, note string) trouble {
	for _, k := range troubles {
		m := k.note.FindStringSubmatch(note)
		if m == nil {
			continue
		}
		args := make([]any, len(m)-1)
		for i, part := range m[1:] {
			if args[i] = part; i == 0 && !strings.ContainsAny(part, "0123456789") {
				args[i] = words.platform(part)
			}
		}
		return trouble{words.t(k.key, args...), k.url, words.t("mend")}
	}
	return trouble{note, "/outbox", words.t("look_at_outbox")}
}

// step is something that one could do, with the words of its button.
type step struct{ Text, URL, Do string }

// mostSteps is how many of them are offered at once.
const mostSteps = 6

// could is what one could do: to set up, and to go on with surveys. Each line goes away when it is done.
func (s *site) could(ctx context.Context, words *words, v Viewer) (all []step, err error) {
	add := func(key, at string) {
		all = append(all, step{words.t("could_" + key), at, words.t("could_" + key + "_do")})
	}
	if s.Accounts != nil && v.Can(access.ConnectChats, access.EverySite) {
		on := slices.ContainsFunc(s.Accounts.Accounts(), func(a Account) bool { return a.Platform == chat.Telegram || a.Platform == chat.Slack })
		if !on {
			add("connect", "/settings/telegram")
		}
	}
	if v.Anywhere(access.MakeLinks) {
		links, err := s.Store.StandingLinkList(ctx)
		if err != nil {
			return nil, err
		}
		if len(links) == 0 {
			add("link", "/asking/links/new")
		}
	}
	if v.Anywhere(access.ManageAgents) {
		team, err := s.Store.StaffList(ctx)
		if err != nil {
			return nil, err
		}
		team = slices.DeleteFunc(team, func(x storage.Staff) bool { return !x.Gone.IsZero() })
		if len(team) < 2 {
			add("invite", "/people/new")
		}
	}
	if s.Sealer != nil && v.Owner && s.Demo == nil {
		l, err := s.Store.LoginNamed(ctx, v.SignIn)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		if l.ID == v.Login && l.Second == "" {
			add("codes", "/me/codes")
		}
	}
	if v.Anywhere(access.EditFlows) {
		surveys, live, err := s.couldWithSurveys(ctx, words)
		if err != nil {
			return nil, err
		}
		if !live && v.Anywhere(access.EditSites) && v.Anywhere(access.AskNow) { // the first evening stopped before it
			all = slices.Insert(all, 0, step{words.t("could_survey"), "/setup/survey", words.t("could_survey_do")})
		}
		all = append(all, surveys...)
	}
	return all[:min(mostSteps, len(all))], nil
}

// couldWithSurveys are drafts that wait, and texts of live surveys that are not translated. some reports whether
// a survey is live.
func (s *site) couldWithSurveys(ctx context.Context, w *words) (all []step, some bool, err error) {
	drafts, err := s.Store.FlowDrafts(ctx)
	if err != nil {
		return nil, false, err
	}
	snap := s.Bot.Configuration().Now()
	for _, d := range drafts {
		all = append(all, step{
			w.t("could_draft", s.titleOfDraft(w, d), cmp.Or(d.Person, w.t("flow_somebody")), w.moment(s.Clock(), d.At, s.houseZone())),
			"/surveys/" + d.Flow + "/edit", w.t("could_draft_do"),
		})
	}
	live, err := s.Store.FlowSources(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, src := range live {
		f, err := snap.Flow(src.Flow, src.Version)
		if err != nil || slices.ContainsFunc(drafts, func(d storage.FlowDraft) bool { return d.Flow == src.Flow }) {
			continue // whoever has a draft looks at that first
		}
		if n := missingTranslations(f.Flow); n > 0 {
			all = append(all, step{w.t("could_translate", n, f.Title.In(w.lang)), "/surveys/" + src.Flow + "/edit/words?show=missing", w.t("could_translate_do")})
		}
	}
	return all, len(live) > 0, nil
}

// titleOfDraft is what a draft calls its survey; what cannot be read is called by its key.
func (s *site) titleOfDraft(w *words, d storage.FlowDraft) string {
	doc, err := draft.Parse(d.Source)
	if err != nil {
		return d.Flow
	}
	return cmp.Or(doc.Words("title", w.lang), doc.Words("title", doc.Language()), d.Flow)
}

// missingTranslations is how many texts of a survey lack one of its languages.
func missingTranslations(f survey.Flow) (n int) {
	for _, p := range survey.Check(f) {
		if p.Code == "missing_translation" {
			n++
		}
	}
	return n
}
