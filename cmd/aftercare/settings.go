package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"
)

// settings is what the environment says, checked as a whole. Every setting NAME can
// be given as NAME_FILE instead, the path of a file that holds the value. An empty
// value is the same as none.
type settings struct {
	DatabaseURL   secret `env:"DATABASE_URL" envDefault:"sqlite:aftercare.db"`
	Listen        string `env:"LISTEN" envDefault:"127.0.0.1:8080"`
	PublicURL     string `env:"PUBLIC_URL"`
	Token         secret `env:"TELEGRAM_TOKEN"`
	Mode          string `env:"TELEGRAM_MODE" envDefault:"poll"`
	WebhookSecret secret `env:"TELEGRAM_WEBHOOK_SECRET"`
	API           string `env:"TELEGRAM_API" envDefault:"https://api.telegram.org"`
	StaffChat     string `env:"TELEGRAM_STAFF_CHAT"`
	SecretKey     secret `env:"SECRET_KEY"`

	SlackToken        secret `env:"SLACK_BOT_TOKEN"`
	SlackAppToken     secret `env:"SLACK_APP_TOKEN"`
	SlackSecret       secret `env:"SLACK_SIGNING_SECRET"`
	SlackAPI          string `env:"SLACK_API" envDefault:"https://slack.com/api"`
	SlackStaff        string `env:"SLACK_STAFF_CHANNEL"`
	SlackClientID     string `env:"SLACK_CLIENT_ID"`
	SlackClientSecret secret `env:"SLACK_CLIENT_SECRET"`

	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"text"`
}

// secret is a value that is never printed.
type secret string

const redacted = "[redacted]"

// String hides the value from fmt; an unset secret prints as nothing.
func (s secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v.
func (s secret) GoString() string { return strconv.Quote(s.String()) }

// LogValue hides the value from slog.
func (s secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoding/json and its like.
func (s secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The values of TELEGRAM_MODE.
const (
	modePoll    = "poll"
	modeWebhook = "webhook"
)

const telegramAPI = "https://api.telegram.org"

var (
	tokenForm     = regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{1,128}$`)
	staffChatForm = regexp.MustCompile(`^-?[0-9]{1,19}(:[0-9]{1,19})?$`)
	webhookForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// minKey is the fewest characters of a SECRET_KEY: 16 random bytes in hexadecimal.
const minKey = 32

// settings reads the environment and the .env file beneath it. Its error names every
// setting that is wrong, each with what to do.
func (a *terminal) settings() (settings, error) {
	values, problems := a.values()
	var s settings
	if err := env.ParseWithOptions(&s, env.Options{Environment: values}); err != nil {
		return settings{}, fmt.Errorf("read the settings: %w", err)
	}
	s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	s.API = strings.TrimRight(s.API, "/")
	problems = append(problems, s.problems()...)
	if len(problems) > 0 {
		return settings{}, usageError{settingsError(problems)}
	}
	return s, nil
}

// settingsError lists what is wrong with the settings, a line each.
type settingsError []string

func (e settingsError) Error() string {
	noun := "settings are"
	if len(e) == 1 {
		noun = "setting is"
	}
	return fmt.Sprintf("%d %s wrong:\n  %s", len(e), noun, strings.Join(e, "\n  "))
}

// values takes each setting from the environment or, where that does not name it, from
// .env, and replaces NAME_FILE by what the file holds.
func (a *terminal) values() (map[string]string, []string) {
	var problems []string
	dotenv, err := godotenv.Read(filepath.Join(a.dir, ".env"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// The library's error quotes the file, and the file may hold secrets.
		problems = append(problems, ".env: it cannot be read as lines of the form NAME=value. Correct it, or remove it")
	}
	values := map[string]string{}
	for _, name := range settingNames() {
		from := dotenv
		if _, ok := a.env[name]; ok {
			from = a.env
		} else if _, ok := a.env[name+"_FILE"]; ok {
			from = a.env
		}
		value, file := strings.TrimSpace(from[name]), strings.TrimSpace(from[name+"_FILE"])
		switch {
		case value != "" && file != "":
			problems = append(problems, name+": it is given twice. Keep "+name+" or "+name+"_FILE, not both")
		case file != "":
			content, err := os.ReadFile(file)
			if err != nil {
				problems = append(problems, fmt.Sprintf("%s_FILE: the file %s cannot be read (%v). Give a file that this program may read", name, file, reason(err)))
				continue
			}
			value = strings.TrimSpace(string(content))
			if value == "" {
				problems = append(problems, fmt.Sprintf("%s_FILE: the file %s is empty. Write the value into it", name, file))
			}
		}
		if value != "" {
			values[name] = value
		}
	}
	return values, problems
}

// reason is the part of a file error that says why, without the path.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// settingNames lists the names of all settings, in the order of the struct.
func settingNames() []string {
	params, err := env.GetFieldParams(&settings{})
	if err != nil {
		panic(err) // the struct's own tags are wrong: a test would have said so
	}
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Key
	}
	return names
}

// problems returns what is wrong with the settings. It quotes no secret.
func (s settings) problems() []string {
	var out []string
	add := func(name, format string, args ...any) {
		out = append(out, name+": "+fmt.Sprintf(format, args...))
	}

	switch {
	case s.sqlitePath() != "":
	case s.postgres():
		if _, err := url.Parse(string(s.DatabaseURL)); err != nil {
			add("DATABASE_URL", "it is not a valid URL. Write postgres://user:password@host:5432/database")
		}
		if s.SecretKey == "" {
			add("SECRET_KEY", "it is needed with Postgres, so that every instance signs alike. Make one with `openssl rand -hex 32` and keep it")
		}
	default:
		add("DATABASE_URL", "it must begin with sqlite: or postgres://. Write sqlite:aftercare.db, or postgres://user:password@host:5432/database")
	}
	if s.SecretKey != "" && len(s.SecretKey) < minKey {
		add("SECRET_KEY", "it has %d characters and needs at least %d. Make one with `openssl rand -hex 32`", len(s.SecretKey), minKey)
	}

	if _, port, err := net.SplitHostPort(s.Listen); err != nil || !validPort(port) {
		add("LISTEN", "%q is not an address. Write host:port, such as 127.0.0.1:8080", s.Listen)
	}
	public, err := url.Parse(s.PublicURL)
	switch {
	case s.PublicURL == "":
	case err != nil || (public.Scheme != "http" && public.Scheme != "https") || public.Host == "" || public.RawQuery != "" || public.Fragment != "" || public.User != nil:
		add("PUBLIC_URL", "it is not a web address. Write https://host or https://host/path, without a question mark")
	}

	if s.Token != "" && !tokenForm.MatchString(string(s.Token)) {
		add("TELEGRAM_TOKEN", "it does not look like a bot token. Copy it from @BotFather: digits, a colon, then letters and digits")
	}
	if api, err := url.Parse(s.API); err != nil || (api.Scheme != "http" && api.Scheme != "https") || api.Host == "" || api.RawQuery != "" {
		add("TELEGRAM_API", "it is not a web address. Leave it out to use Telegram's own, or write https://host")
	}
	if s.StaffChat != "" && !staffChatForm.MatchString(s.StaffChat) {
		add("TELEGRAM_STAFF_CHAT", "%q is not a chat id. Open the group on web.telegram.org and copy the number from the address, such as -1001234567890", s.StaffChat)
	}
	if s.StaffChat != "" && s.Token == "" {
		add("TELEGRAM_TOKEN", "it is needed because TELEGRAM_STAFF_CHAT is given. Copy it from @BotFather, or leave both out")
	}
	switch s.Mode {
	case modePoll:
	case modeWebhook:
		switch {
		case s.Token == "":
			add("TELEGRAM_TOKEN", "it is needed because TELEGRAM_MODE is webhook. Copy it from @BotFather")
		case s.PublicURL == "":
			add("PUBLIC_URL", "it is needed because TELEGRAM_MODE is webhook. Write the https address under which Telegram reaches this server")
		case err == nil && public.Scheme != "https" && s.API == telegramAPI:
			add("PUBLIC_URL", "Telegram calls https addresses only. Put a proxy with a certificate in front, or set TELEGRAM_MODE=poll")
		}
	default:
		add("TELEGRAM_MODE", "%q is not a mode. Write poll or webhook", s.Mode)
	}
	if s.WebhookSecret != "" && !webhookForm.MatchString(string(s.WebhookSecret)) {
		add("TELEGRAM_WEBHOOK_SECRET", "Telegram allows 1 to 256 of A-Z a-z 0-9 _ and -. Leave it out to have one made")
	}

	s.slackProblems(add)

	var level slog.Level
	if level.UnmarshalText([]byte(s.LogLevel)) != nil {
		add("LOG_LEVEL", "%q is not a level. Write debug, info, warn or error", s.LogLevel)
	}
	if !slices.Contains([]string{"text", "json"}, s.LogFormat) {
		add("LOG_FORMAT", "%q is not a format. Write text or json", s.LogFormat)
	}
	return out
}

// sqlitePath is the database's file, or "" if it is not SQLite.
func (s settings) sqlitePath() string {
	path, ok := strings.CutPrefix(string(s.DatabaseURL), "sqlite:")
	if !ok {
		return ""
	}
	return strings.TrimPrefix(path, "//")
}

func (s settings) postgres() bool {
	return strings.HasPrefix(string(s.DatabaseURL), "postgres://") || strings.HasPrefix(string(s.DatabaseURL), "postgresql://")
}

// bot is the bot's id, the part of its token before the colon.
func (s settings) bot() string {
	id, _, _ := strings.Cut(string(s.Token), ":")
	return id
}

func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}

// environment turns the process's NAME=value list into a map.
func environment(list []string) map[string]string {
	m := make(map[string]string, len(list))
	for _, nv := range list {
		if name, value, ok := strings.Cut(nv, "="); ok {
			m[name] = value
		}
	}
	return m
}
