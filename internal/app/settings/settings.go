// Package settings reads what the environment says of a server, and checks it as a whole
// before anything starts.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/aftercare/aftercare/adapters"
)

// Settings is what the environment says. Every setting NAME can be given as NAME_FILE
// instead, the path of a file that holds the value. An empty value is the same as none.
type Settings struct {
	DatabaseURL   Secret `env:"DATABASE_URL" envDefault:"sqlite:aftercare.db"`
	Listen        string `env:"LISTEN" envDefault:"127.0.0.1:8080"`
	PublicURL     string `env:"PUBLIC_URL"`
	MetricsListen string `env:"METRICS_LISTEN"`
	Proxies       string `env:"TRUSTED_PROXIES"`
	Token         Secret `env:"TELEGRAM_TOKEN"`
	Mode          string `env:"TELEGRAM_MODE" envDefault:"poll"`
	WebhookSecret Secret `env:"TELEGRAM_WEBHOOK_SECRET"`
	API           string `env:"TELEGRAM_API" envDefault:"https://api.telegram.org"`
	StaffChat     string `env:"TELEGRAM_STAFF_CHAT"`
	SecretKey     Secret `env:"SECRET_KEY"`
	BackupDir     string `env:"BACKUP_DIR"`

	SlackToken        Secret `env:"SLACK_BOT_TOKEN"`
	SlackAppToken     Secret `env:"SLACK_APP_TOKEN"`
	SlackSecret       Secret `env:"SLACK_SIGNING_SECRET"`
	SlackAPI          string `env:"SLACK_API" envDefault:"https://slack.com/api"`
	SlackStaff        string `env:"SLACK_STAFF_CHANNEL"`
	SlackClientID     string `env:"SLACK_CLIENT_ID"`
	SlackClientSecret Secret `env:"SLACK_CLIENT_SECRET"`

	OIDCIssuer       string `env:"OIDC_ISSUER"`
	OIDCClientID     string `env:"OIDC_CLIENT_ID"`
	OIDCClientSecret Secret `env:"OIDC_CLIENT_SECRET"`
	OIDCName         string `env:"OIDC_NAME"`

	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"text"`

	More map[string]Secret `env:"-"` // of platforms that are joined to the program, by name

	Strangers []Stranger `env:"-"` // names that were given and are no settings, though they look like it
}

// Secret is a value that is never printed.
type Secret string

const redacted = "[redacted]"

// String hides the value from fmt; an unset secret prints as nothing.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoding/json and its like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The values of TELEGRAM_MODE.
const (
	Poll    = "poll"
	Webhook = "webhook"
)

// TelegramAPI is the base URL of Telegram's own Bot API.
const TelegramAPI = "https://api.telegram.org"

// MinKey is the fewest characters of a SECRET_KEY: 16 random bytes in hexadecimal.
const MinKey = 32

// Read takes the settings from an environment and, where that does not name one, from the
// file .env in dir; more are those of platforms that are joined to the program. Its error is
// a WrongError, which names every setting that is wrong, and then the Strangers as well.
func Read(environ map[string]string, dir string, more ...adapters.Setting) (Settings, error) {
	names := settingNames()
	for _, m := range more {
		names = append(names, m.Name)
	}
	values, problems := values(environ, dir, names)
	var s Settings
	if err := env.ParseWithOptions(&s, env.Options{Environment: values}); err != nil {
		return Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	s.Strangers = strangers(environ, dir, names)
	s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	s.API = strings.TrimRight(s.API, "/")
	problems = append(problems, s.problems()...)
	for _, m := range more {
		if s.More == nil {
			s.More = map[string]Secret{}
		}
		value := cmp.Or(values[m.Name], m.Default)
		if value != "" && m.Check != nil {
			if wrong := m.Check(value); wrong != "" {
				problems = append(problems, m.Name+": "+wrong)
			}
		}
		s.More[m.Name] = Secret(value)
	}
	if len(problems) > 0 {
		for _, stranger := range s.Strangers { // often what is missing, under a name that is nearly right
			problems = append(problems, stranger.String())
		}
		return Settings{}, WrongError(problems)
	}
	return s, nil
}

// Check returns a WrongError if a setting is wrong.
func (s Settings) Check() error {
	if problems := s.problems(); len(problems) > 0 {
		return WrongError(problems)
	}
	return nil
}

// WrongError lists what is wrong with the settings, a line each, with what to do.
type WrongError []string

func (e WrongError) Error() string {
	noun := "settings are"
	if len(e) == 1 {
		noun = "setting is"
	}
	return fmt.Sprintf("%d %s wrong:\n  %s", len(e), noun, strings.Join(e, "\n  "))
}

// values takes each setting from the environment or, where that does not name it, from
// .env, and replaces NAME_FILE by what the file holds.
func values(environ map[string]string, dir string, names []string) (map[string]string, []string) {
	var problems []string
	dotenv, err := readEnv(filepath.Join(dir, ".env"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems = append(problems, ".env: "+err.Error()+". Correct it, or remove it")
	}
	values := map[string]string{}
	for _, name := range names {
		from := dotenv
		if _, ok := environ[name]; ok {
			from = environ
		} else if _, ok := environ[name+"_FILE"]; ok {
			from = environ
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
	params, err := env.GetFieldParams(&Settings{})
	if err != nil {
		panic(err) // the struct's own tags are wrong: a test would have said so
	}
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Key
	}
	return names
}

// SQLitePath is the database's file, or "" if it is not SQLite.
func (s Settings) SQLitePath() string {
	path, ok := strings.CutPrefix(string(s.DatabaseURL), "sqlite:")
	if !ok {
		return ""
	}
	return strings.TrimPrefix(path, "//")
}

// Backups is the directory in which backups are made that nobody named a directory for: the
// one given, or `backups` beside the SQLite file. It is "" where there is neither.
func (s Settings) Backups() string {
	if path := s.SQLitePath(); s.BackupDir == "" && path != "" {
		return filepath.Join(filepath.Dir(path), "backups")
	}
	return s.BackupDir
}

// Imports is the directory in which files wait that are imported: `imports` beside the SQLite
// file, else one of this user in the directory of temporary files.
func (s Settings) Imports() string {
	if path := s.SQLitePath(); path != "" {
		return filepath.Join(filepath.Dir(path), "imports")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("aftercare-imports-%d", os.Getuid()))
}

// Postgres reports whether the database is one.
func (s Settings) Postgres() bool {
	return strings.HasPrefix(string(s.DatabaseURL), "postgres://") || strings.HasPrefix(string(s.DatabaseURL), "postgresql://")
}

// TelegramBot is the bot's id, the part of its token before the colon.
func (s Settings) TelegramBot() string {
	id, _, _ := strings.Cut(string(s.Token), ":")
	return id
}
