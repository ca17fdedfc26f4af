package admin

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
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

// could is what one could do to set up: each line goes away when it is done.
func (s *site) could(ctx context.Context, words *words, v Viewer) (all []link, err error) {
	if s.Accounts != nil && v.Can(access.ConnectChats, access.EverySite) {
		on := slices.ContainsFunc(s.Accounts.Accounts(), func(a Account) bool { return a.Platform == chat.Telegram || a.Platform == chat.Slack })
		if !on {
			all = append(all, link{"/settings/telegram", words.t("could_connect")})
		}
	}
	if v.Anywhere(access.MakeLinks) {
		links, err := s.Store.StandingLinkList(ctx)
		if err != nil {
			return nil, err
		}
		if len(links) == 0 {
			all = append(all, link{"/asking/links/new", words.t("could_link")})
		}
	}
	if v.Anywhere(access.ManageAgents) {
		team, err := s.Store.StaffList(ctx)
		if err != nil {
			return nil, err
		}
		team = slices.DeleteFunc(team, func(x storage.Staff) bool { return !x.Gone.IsZero() })
		if len(team) < 2 {
			all = append(all, link{"/people/new", words.t("could_invite")})
		}
	}
	if s.Sealer != nil && v.Owner && s.Demo == nil {
		l, err := s.Store.LoginNamed(ctx, v.SignIn)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		if l.ID == v.Login && l.Second == "" {
			all = append(all, link{"/me/codes", words.t("could_codes")})
		}
	}
	return all, nil
}
