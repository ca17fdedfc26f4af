package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters"
)

const (
	someToken = "123456:AAGfNotARealTokenButShapedLikeOne"
	someKey   = "0123456789abcdef0123456789abcdef"
)

func settingsOf(t *testing.T, environ map[string]string) (Settings, error) {
	t.Helper()
	return Read(environ, t.TempDir())
}

func TestWithoutEnvironmentTheDefaultsHold(t *testing.T) {
	got, err := settingsOf(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		DatabaseURL: "sqlite:aftercare.db", Listen: "127.0.0.1:8080", Mode: Poll,
		API: TelegramAPI, SlackAPI: SlackAPI, LogLevel: "info", LogFormat: "text",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryWrongSettingIsNamedAtOnceWithWhatToDo(t *testing.T) {
	_, err := settingsOf(t, map[string]string{
		"DATABASE_URL":            "mysql://root:hunter2@db/x",
		"LISTEN":                  "8080",
		"PUBLIC_URL":              "ftp://example.com",
		"TELEGRAM_TOKEN":          "not-a-token-hunter2",
		"TELEGRAM_MODE":           "push",
		"TELEGRAM_WEBHOOK_SECRET": "hunter2 with spaces",
		"TELEGRAM_API":            "api.telegram.org",
		"TELEGRAM_STAFF_CHAT":     "@staff",
		"SECRET_KEY":              "hunter2",
		"BACKUP_DIR":              os.DevNull,
		"SLACK_BOT_TOKEN":         "hunter2",
		"SLACK_APP_TOKEN":         "hunter2",
		"SLACK_SIGNING_SECRET":    "hunter2 with spaces",
		"SLACK_API":               "slack.com",
		"SLACK_STAFF_CHANNEL":     "#staff",
		"SLACK_CLIENT_ID":         "hunter2",
		"OIDC_ISSUER":             "http://id.example",
		"OIDC_CLIENT_ID":          "hunter2 of ours",
		"OIDC_CLIENT_SECRET":      "hunter2 with spaces",
		"OIDC_NAME":               "a name of more than forty characters, which no button has room for",
		"SLACK_CLIENT_SECRET":     "hunter2 with spaces",
		"METRICS_LISTEN":          "9090",
		"TRUSTED_PROXIES":         "the balancer",
		"LOG_LEVEL":               "loud",
		"LOG_FORMAT":              "xml",
	})
	if err == nil {
		t.Fatal("all of it was accepted")
	}
	text := err.Error()
	for _, name := range settingNames() {
		if !strings.Contains(text, "\n  "+name+": ") {
			t.Errorf("%s is not named in:\n%s", name, text)
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Errorf("a secret is quoted in:\n%s", text)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "  ") && !strings.Contains(line, ". ") {
			t.Errorf("this does not say what to do: %s", line)
		}
	}
}

func TestWhatSettingsNeedOfEachOther(t *testing.T) {
	postgres := "postgres://u:p@h/d"
	tests := []struct {
		name string
		env  map[string]string
		want []string // settings named; none = accepted
	}{
		{"postgres needs a key", map[string]string{"DATABASE_URL": postgres}, []string{"SECRET_KEY"}},
		{"postgres with a key", map[string]string{"DATABASE_URL": postgres, "SECRET_KEY": someKey}, nil},
		{"a staff chat needs a bot", map[string]string{"TELEGRAM_STAFF_CHAT": "-100123"}, []string{"TELEGRAM_TOKEN"}},
		{"a staff topic", map[string]string{"TELEGRAM_STAFF_CHAT": "-100123:7", "TELEGRAM_TOKEN": someToken}, nil},
		{"webhook needs a token", map[string]string{"TELEGRAM_MODE": Webhook}, []string{"TELEGRAM_TOKEN"}},
		{"webhook needs an address", map[string]string{"TELEGRAM_MODE": Webhook, "TELEGRAM_TOKEN": someToken}, []string{"PUBLIC_URL"}},
		{"telegram wants https", map[string]string{"TELEGRAM_MODE": Webhook, "TELEGRAM_TOKEN": someToken, "PUBLIC_URL": "http://a.example"}, []string{"PUBLIC_URL"}},
		{"a server of one's own may do without", map[string]string{"TELEGRAM_MODE": Webhook, "TELEGRAM_TOKEN": someToken, "PUBLIC_URL": "http://a.example", "TELEGRAM_API": "http://127.0.0.1:1"}, nil},
		{"an empty value is none", map[string]string{"TELEGRAM_MODE": "", "LOG_LEVEL": " "}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := settingsOf(t, tt.env)
			var got []string
			if err != nil {
				for _, m := range regexp.MustCompile(`(?m)^  ([A-Z_]+): `).FindAllStringSubmatch(err.Error(), -1) {
					got = append(got, m[1])
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestValuesComeFromTheEnvironmentThenAFileThenDotEnv(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".env"), "LISTEN=127.0.0.1:1\nLOG_LEVEL=debug\nLOG_FORMAT=json\nTELEGRAM_TOKEN=999:old\n")
	write(t, filepath.Join(dir, "token"), someToken+"\n")
	s, err := Read(map[string]string{
		"LISTEN":              "127.0.0.1:2",
		"LOG_FORMAT":          "", // said in the environment to be nothing
		"TELEGRAM_TOKEN_FILE": filepath.Join(dir, "token"),
	}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Listen != "127.0.0.1:2" || s.LogLevel != "debug" || s.LogFormat != "text" || s.Token != someToken {
		t.Errorf("got %#v", s)
	}
}

// What a platform declares for itself is read like any other setting.
func TestTheSettingsOfAJoinedPlatformAreRead(t *testing.T) {
	more := []adapters.Setting{
		{Name: "PIGEON_TOKEN", Check: func(v string) string {
			if strings.HasPrefix(v, "pg-") {
				return ""
			}
			return "it does not begin with pg-. Copy it from the loft"
		}},
		{Name: "PIGEON_API", Default: "https://pigeon.example"},
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "pg-hunter2\n")
	s, err := Read(map[string]string{"PIGEON_TOKEN_FILE": filepath.Join(dir, "token")}, dir, more...)
	if err != nil || s.More["PIGEON_TOKEN"] != "pg-hunter2" || s.More["PIGEON_API"] != "https://pigeon.example" {
		t.Errorf("read %q, %v", string(s.More["PIGEON_TOKEN"]), err)
	}
	if out := fmt.Sprintf("%v %#v", s, s); strings.Contains(out, "hunter2") {
		t.Errorf("leaked: %s", out)
	}
	_, err = Read(map[string]string{"PIGEON_TOKEN": "hunter2"}, dir, more...)
	if err == nil || !strings.Contains(err.Error(), "PIGEON_TOKEN: it does not begin with pg-") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a wrong one: %v", err)
	}
}

func TestAFileThatCannotServeIsSaidPlainly(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "empty"), " \n")
	write(t, filepath.Join(dir, ".env"), "SECRET_KEY hunter2\n")
	_, err := Read(map[string]string{
		"SECRET_KEY_FILE":              filepath.Join(dir, "absent"),
		"TELEGRAM_TOKEN_FILE":          filepath.Join(dir, "empty"),
		"TELEGRAM_WEBHOOK_SECRET":      "a",
		"TELEGRAM_WEBHOOK_SECRET_FILE": filepath.Join(dir, "empty"),
	}, dir)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"SECRET_KEY_FILE: ", "no such file", "TELEGRAM_TOKEN_FILE: ", "is empty", "TELEGRAM_WEBHOOK_SECRET: it is given twice", ".env: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf(".env is quoted in:\n%v", err)
	}
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	s := Settings{DatabaseURL: "postgres://u:hunter2@h/d", Token: "hunter2", WebhookSecret: "hunter2", SecretKey: "hunter2"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "all", s, "token", s.Token)
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%s %q %x", s.Token, s.Token, s.Token), log.String(), string(asJSON)} {
		if strings.Contains(out, "hunter2") || strings.Contains(out, "68756e74657232") {
			t.Errorf("leaked: %s", out)
		}
		if !strings.Contains(out, redacted) && !strings.Contains(out, fmt.Sprintf("%x", redacted)) {
			t.Errorf("nothing says that a value was left out: %s", out)
		}
	}
	if got := Secret("").String(); got != "" {
		t.Errorf("an unset secret prints as %q", got)
	}
}

// .env.example is documentation that is run: it lists exactly the settings there are,
// with their defaults.
func TestTheExampleAgreesWithTheSettings(t *testing.T) {
	example, err := os.ReadFile("../../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z][A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(example), -1) {
		shown[m[1]] = m[2]
	}
	params, err := env.GetFieldParams(&Settings{})
	if err != nil {
		t.Fatal(err)
	}
	real := map[string]string{}
	for _, p := range params {
		real[p.Key] = p.DefaultValue
	}
	if diff := cmp.Diff(real, shown); diff != "" {
		t.Errorf("settings (-) and .env.example (+) differ:\n%s", diff)
	}
	if n := reflect.TypeFor[Settings]().NumField() - 2; n != len(params) { // but More and Strangers
		t.Errorf("%d fields, %d of them settings", n, len(params))
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
