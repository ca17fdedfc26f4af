package admin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// Accounts are the bots that this program serves; they come and go while it runs.
type Accounts interface {
	// Connect keeps the bot of a token, sealed, and serves it from now on. Errors of the
	// platform are *chat.Error.
	Connect(ctx context.Context, p chat.Platform, token string) error
	// Drop forgets one with its token.
	Drop(ctx context.Context, p chat.Platform, id string) error
	// Accounts lists those of this process.
	Accounts() []Account
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
	return s.show(w, r, v, status, "telegram.html", frame{
		Title: words.t("tg_title"), Here: "/settings", Back: &link{"/settings", words.t("settings")}, Modules: []string{"copy.js"},
	}, p)
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
	if err := s.Accounts.Connect(r.Context(), chat.Telegram, token); err != nil {
		e, ok := errors.AsType[*chat.Error](err)
		switch {
		case ok && e.Kind == chat.Revoked:
			x.Fault = words.t("tg_refused")
		case ok:
			x.Fault = words.t("tg_away")
		default:
			return err
		}
		return s.showTelegram(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "account.connect", string(chat.Telegram))); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/settings/telegram?done=connected", http.StatusSeeOther)
	return nil
}

// linkGroup makes a link with which a group of staff is chosen in Telegram.
func (s *site) linkGroup(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	ctx := r.Context()
	chats, err := s.Store.StaffChatList(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(chats, func(c storage.StaffChat) bool { return c.Name == firstGroup }) {
		if err := s.Store.PutStaffChat(ctx, storage.StaffChat{Name: firstGroup, Created: s.Clock()}); err != nil {
			return err
		}
		if err := s.Bot.StaffChatsChanged(ctx); err != nil {
			return err
		}
	}
	made, err := s.Bot.StaffChatLink(ctx, firstGroup)
	if _, set := errors.AsType[*bot.SetChatError](err); set {
		return &page.Error{Code: page.Invalid, Title: "tg_set", Text: "tg_set_text"}
	}
	if err != nil {
		return err
	}
	if err := s.Store.PutAudit(ctx, s.audit(v, "chat.code", firstGroup)); err != nil {
		return err
	}
	p := telegramPage{form: s.tokenField(s.words(r, v)), Code: made.Code}
	p.Link = secretLink{URL: made.Telegram, Until: made.Expires.Format("2006-01-02 15:04") + " UTC"}
	if made.Telegram != "" {
		if p.Link.QR, err = newQR(made.Telegram); err != nil {
			return err
		}
	}
	return s.showTelegram(w, r, v, http.StatusOK, p)
}

func (s *site) dropTelegram(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/telegram") {
		return nil
	}
	id := r.PostForm.Get("id")
	all := s.Accounts.Accounts()
	if i := slices.IndexFunc(all, func(a Account) bool { return a.Platform == chat.Telegram && a.ID == id && a.Setting == "" }); i < 0 {
		return &page.Error{Code: page.NotFound, Title: "tg_set", Text: "tg_set_text"}
	}
	if err := s.Accounts.Drop(r.Context(), chat.Telegram, id); err != nil {
		return err
	}
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "account.drop", string(chat.Telegram)+" "+id)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/settings/telegram?done=tg_dropped", http.StatusSeeOther)
	return nil
}
