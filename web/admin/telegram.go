package admin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// Accounts are the bots that this program serves; they come and go while it runs.
type Accounts interface {
	// Connect keeps the bot of a token, sealed, and serves it from now on. Errors of the
	// platform are *chat.Error.
	Connect(ctx context.Context, p chat.Platform, token string) error
	// Examine asks a platform of a token before it is connected. Slack's are two, with a space
	// between them. Errors of the platform are *chat.Error.
	Examine(ctx context.Context, p chat.Platform, token string) (Examined, error)
	// Drop forgets one with its token.
	Drop(ctx context.Context, p chat.Platform, id string) error
	// Accounts lists those of this process.
	Accounts() []Account
}

// Examined is what a platform says of a token.
type Examined struct {
	Name      string   // of the bot or the workspace
	Missing   []string // permissions that the token lacks, by the platform's names
	Socket    error    // why events cannot be received; nil = they can
	Elsewhere string   // the address that the platform calls for this bot, "" for none
	Groups    bool     // the bot may be added to groups
	ReadsAll  bool     // it is told everything that is said there
}

// Account is one bot.
type Account struct {
	Platform chat.Platform
	ID, Name string
	Setting  string // the setting that holds its token; "" = it is kept in the database
	Served   bool
}

// telegramRoutes connect Telegram.
var telegramRoutes = []route{
	{pattern: "GET /settings/telegram", deed: access.ConnectChats, page: (*site).telegram},
	{pattern: "POST /settings/telegram", deed: access.ConnectChats, page: (*site).connectTelegram},
	{pattern: "POST /settings/telegram/group", deed: access.ConnectChats, page: (*site).linkGroup},
	{pattern: "POST /settings/telegram/drop", deed: access.ConnectChats, page: (*site).dropTelegram},
}

// telegramPage is how far Telegram is connected.
type telegramPage struct {
	form
	Bots  []Account
	Group groupState
	Link  secretLink
	Code  string

	Elsewhere bool // another server is called for this bot: taking it over is offered
	NoGroups  bool // the bot may not be added to groups
	Waits     bool // for the group
	Setup     bool // one came from the first evening
}

// groupState is the group in which staff hear of cases.
type groupState struct {
	Name   string
	Linked bool
	Gone   bool
}

// firstGroup is the name of the group that is linked from here.
const firstGroup = "front-desk"

// tokenForm is what a token of Telegram looks like.
var tokenForm = regexp.MustCompile(`^\d{3,20}:[\w-]{20,}$`)

func (s *site) tokenField(words *words) form {
	return form{Fields: []field{{Name: "token", Label: words.t("tg_token"), Hint: words.t("tg_token_hint"), Kind: "password", Fill: "off"}}}
}

// mayConnect refuses whoever may not connect accounts everywhere: a bot is of no one site.
func (s *site) mayConnect(v Viewer) error {
	if s.Accounts == nil {
		return &page.Error{Code: page.NotFound, Title: "not_found", Text: "not_found_text"}
	}
	if !v.Can(access.ConnectChats, access.EverySite) {
		return notAllowed(nil)
	}
	return nil
}

func (s *site) telegram(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	return s.showTelegram(w, r, v, http.StatusOK, telegramPage{form: s.tokenField(s.words(r, v))})
}

func (s *site) showTelegram(w http.ResponseWriter, r *http.Request, v Viewer, status int, p telegramPage) error {
	for _, a := range s.Accounts.Accounts() {
		if a.Platform == chat.Telegram {
			p.Bots = append(p.Bots, a)
		}
	}
	chats, err := s.Store.StaffChatList(r.Context())
	if err != nil {
		return err
	}
	for _, c := range chats {
		if c.Name == firstGroup || c.Address.Platform == chat.Telegram {
			p.Group = groupState{Name: c.Name, Linked: !c.Linked.IsZero(), Gone: !c.Gone.IsZero()}
			if p.Group.Linked {
				break
			}
		}
	}
	words := s.words(r, v)
	q := r.URL.Query()
	p.Setup, p.NoGroups, p.Waits = r.FormValue("from") == "setup", q.Get("groups") == "no", q.Get("wait") != "" || p.Code != ""
	return s.show(w, r, v, status, "telegram.html", channelFrame(words, words.t("tg_title"), p.Setup), p)
}

func (s *site) connectTelegram(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	words := s.words(r, v)
	p := telegramPage{form: s.tokenField(words)}
	if err := p.read(w, r); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/telegram") {
		return nil
	}
	x := p.field("token")
	token := x.Value
	x.Value = ""
	if !tokenForm.MatchString(token) {
		x.Fault = words.t("tg_no_token")
		return s.showTelegram(w, r, v, http.StatusUnprocessableEntity, p)
	}
	found, err := s.Accounts.Examine(r.Context(), chat.Telegram, token)
	if err == nil && found.Elsewhere != "" && r.PostForm.Get("over") == "" {
		x.Fault, p.Elsewhere = words.t("tg_elsewhere", found.Elsewhere), true
		return s.showTelegram(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err == nil {
		err = s.Accounts.Connect(r.Context(), chat.Telegram, token)
	}
	if err != nil {
		if x.Fault = why(words, "tg", err); x.Fault == "" {
			return err
		}
		return s.showTelegram(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "account.connect", string(chat.Telegram))); err != nil {
		return err
	}
	to := "/settings/telegram?done=connected"
	if !found.Groups {
		to = "/settings/telegram?done=connected&groups=no"
	}
	http.Redirect(w, r, s.Prefix+to+fromSetup(r), http.StatusSeeOther)
	return nil
}

// why says what a platform has against a token; "" where it is not the platform's fault.
func why(words *words, platform string, err error) string {
	e, ok := errors.AsType[*chat.Error](err)
	switch {
	case ok && e.Kind == chat.Revoked:
		return words.t(platform + "_refused")
	case ok:
		return words.t(platform + "_away")
	}
	return ""
}

// linkGroup makes a link with which a group of staff is chosen in Telegram.
func (s *site) linkGroup(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	l, err := s.firstChatLink(r.Context(), v)
	if err != nil {
		return err
	}
	p := telegramPage{form: s.tokenField(s.words(r, v)), Code: l.Code}
	p.Link = secretLink{URL: l.URL, Until: l.Until, QR: l.QR}
	return s.showTelegram(w, r, v, http.StatusOK, p)
}

// firstChatLink makes a link for the first chat of staff, which is made where there is none.
func (s *site) firstChatLink(ctx context.Context, v Viewer) (l chatLink, err error) {
	chats, err := s.Store.StaffChatList(ctx)
	if err != nil {
		return l, err
	}
	if !slices.ContainsFunc(chats, func(c storage.StaffChat) bool { return c.Name == firstGroup }) {
		if err := s.Store.PutStaffChat(ctx, storage.StaffChat{Name: firstGroup, Created: s.Clock()}); err != nil {
			return l, err
		}
		if err := s.Bot.StaffChatsChanged(ctx); err != nil {
			return l, err
		}
	}
	return s.newChatLink(ctx, v, firstGroup)
}

// fromSetup keeps in an address that one came from the first evening.
func fromSetup(r *http.Request) string {
	if r.FormValue("from") == "setup" {
		return "&from=setup"
	}
	return ""
}

// channelFrame is the frame of a page that connects a platform.
func channelFrame(words *words, title string, setup bool) frame {
	f := frame{Title: title, Here: "/settings", Back: &link{"/settings", words.t("settings")}, Modules: []string{"copy.js", "stream.js", "live.js"}}
	if setup {
		f.Back = &link{"/setup/chats", words.t("chats_title")}
	}
	return f
}

func (s *site) dropTelegram(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.dropAccount(w, r, v, chat.Telegram, "/settings/telegram", "tg_dropped")
}
