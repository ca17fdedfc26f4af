package settings

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

var (
	tokenForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{1,128}$`) })
	staffChatForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,19}(:[0-9]{1,19})?$`) })
	webhookForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) })
)

// problems returns what is wrong with the settings. It quotes no secret.
func (s Settings) problems() []string {
	var out []string
	add := func(name, format string, args ...any) {
		out = append(out, name+": "+fmt.Sprintf(format, args...))
	}

	switch {
	case s.SQLitePath() != "":
	case s.Postgres():
		if _, err := url.Parse(string(s.DatabaseURL)); err != nil {
			add("DATABASE_URL", "it is not a valid URL. Write postgres://user:password@host:5432/database")
		}
		if s.SecretKey == "" {
			add("SECRET_KEY", "it is needed with Postgres, so that every instance signs alike. Make one with `openssl rand -hex 32` and keep it")
		}
	default:
		add("DATABASE_URL", "it must begin with sqlite: or postgres://. Write sqlite:aftercare.db, or postgres://user:password@host:5432/database")
	}
	if s.SecretKey != "" && len(s.SecretKey) < MinKey {
		add("SECRET_KEY", "it has %d characters and needs at least %d. Make one with `openssl rand -hex 32`", len(s.SecretKey), MinKey)
	}

	if info, err := os.Stat(s.BackupDir); s.BackupDir != "" && err == nil && !info.IsDir() {
		add("BACKUP_DIR", "%s is no directory. Name one, it is made where it is missing", s.BackupDir)
	}
	if !validListen(s.Listen) {
		add("LISTEN", "%q is not an address. Write host:port, such as 127.0.0.1:8080", s.Listen)
	}
	public, err := url.Parse(s.PublicURL)
	switch {
	case s.PublicURL == "":
	case len(s.PublicURL) > longestURL:
		add("PUBLIC_URL", "it has %d characters, and a link with more than %d fits into no QR code. Serve under a shorter address", len(s.PublicURL), longestURL)
	case err != nil || (public.Scheme != "http" && public.Scheme != "https") || public.Host == "" || public.RawQuery != "" || public.Fragment != "" || public.User != nil || !plausible(s.PublicURL, public):
		add("PUBLIC_URL", "it is not a web address that people can open. Write https://host or https://host/path, of letters, digits, dots and hyphens")
	}

	if s.Token != "" && !tokenForm().MatchString(string(s.Token)) {
		add("TELEGRAM_TOKEN", "it does not look like a bot token. Copy it from @BotFather: digits, a colon, then letters and digits")
	}
	if api, err := url.Parse(s.API); err != nil || (api.Scheme != "http" && api.Scheme != "https") || api.Host == "" || api.RawQuery != "" {
		add("TELEGRAM_API", "it is not a web address. Leave it out to use Telegram's own, or write https://host")
	}
	if s.StaffChat != "" && !staffChatForm().MatchString(s.StaffChat) {
		add("TELEGRAM_STAFF_CHAT", "%q is not a chat id. Open the group on web.telegram.org and copy the number from the address, such as -1001234567890", s.StaffChat)
	}
	if s.StaffChat != "" && s.Token == "" {
		add("TELEGRAM_TOKEN", "it is needed because TELEGRAM_STAFF_CHAT is given. Copy it from @BotFather, or leave both out")
	}
	switch s.Mode {
	case Poll:
	case Webhook:
		switch {
		case s.Token == "":
			add("TELEGRAM_TOKEN", "it is needed because TELEGRAM_MODE is webhook. Copy it from @BotFather")
		case s.PublicURL == "":
			add("PUBLIC_URL", "it is needed because TELEGRAM_MODE is webhook. Write the https address under which Telegram reaches this server")
		case err == nil && public.Scheme != "https" && s.API == TelegramAPI:
			add("PUBLIC_URL", "Telegram calls https addresses only. Put a proxy with a certificate in front, or set TELEGRAM_MODE=poll")
		}
	default:
		add("TELEGRAM_MODE", "%q is not a mode. Write poll or webhook", s.Mode)
	}
	if s.WebhookSecret != "" && !webhookForm().MatchString(string(s.WebhookSecret)) {
		add("TELEGRAM_WEBHOOK_SECRET", "Telegram allows 1 to 256 of A-Z a-z 0-9 _ and -. Leave it out to have one made")
	}

	s.slackProblems(add)
	s.oidcProblems(add)
	s.edgeProblems(add)

	var level slog.Level
	if level.UnmarshalText([]byte(s.LogLevel)) != nil {
		add("LOG_LEVEL", "%q is not a level. Write debug, info, warn or error", s.LogLevel)
	}
	if !slices.Contains([]string{"text", "json"}, s.LogFormat) {
		add("LOG_FORMAT", "%q is not a format. Write text or json", s.LogFormat)
	}
	return out
}

func validListen(address string) bool {
	_, port, err := net.SplitHostPort(address)
	return err == nil && validPort(port)
}

func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}
