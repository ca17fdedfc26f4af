package admin

import (
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
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
	{pattern: "GET /settings/telegram", deed: access.ConnectChats, page: telegramKind.look},
	{pattern: "POST /settings/telegram", deed: access.ConnectChats, page: in(chatPages.connectTelegram)},
	{pattern: "POST /settings/telegram/group", deed: access.ConnectChats, page: telegramKind.link},
	{pattern: "POST /settings/telegram/drop", deed: access.ConnectChats, page: telegramKind.drop},
}

var telegramKind = channelKind{on: chat.Telegram, at: "/settings/telegram", template: "telegram.html", title: "tg_title", dropped: "tg_dropped", form: tokenField}

// tokenForm is what a token of Telegram looks like.
var tokenForm = regexp.MustCompile(`^\d{3,20}:[\w-]{20,}$`)

func tokenField(words *words) form {
	return form{Fields: []field{{Name: "token", Label: words.t("tg_token"), Hint: words.t("tg_token_hint"), Kind: "password", Fill: "off"}}}
}

func (s chatPages) connectTelegram(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	words := s.words(r, v)
	p := channelPage{form: tokenField(words)}
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
		return telegramKind.show(s.site, w, r, v, http.StatusUnprocessableEntity, p)
	}
	found, err := s.Accounts.Examine(r.Context(), chat.Telegram, token)
	if err == nil && found.Elsewhere != "" && r.PostForm.Get("over") == "" {
		x.Fault, p.Elsewhere = words.t("tg_elsewhere", found.Elsewhere), true
		return telegramKind.show(s.site, w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err == nil {
		err = s.Accounts.Connect(r.Context(), chat.Telegram, token)
	}
	if err != nil {
		if x.Fault = why(words, "tg", err); x.Fault == "" {
			return err
		}
		return telegramKind.show(s.site, w, r, v, http.StatusUnprocessableEntity, p)
	}
	done := "connected"
	if !found.Groups {
		done += "&groups=no"
	}
	return telegramKind.connected(s.site, w, r, v, string(chat.Telegram), done)
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
