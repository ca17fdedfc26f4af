package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestANameThatIsNoSettingIsNoticed(t *testing.T) {
	dir := t.TempDir()
	text := "TELEGRAM_TOKN=42:secret\nTELEGRAM_FOO=1\nPOSTGRES_PASSWORD=x\nSECRET_KYE_FILE=/x\nLOG_LEVEL=info\ndatabase_url=x\nTZ=UTC\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := map[string]string{"PUBLC_URL": "https://example.com", "TELEGRAM_OTHER": "of another program", "LISTEN_FDS": "1", "PATH": "/bin", "USER": "bo", "LOG_FORMAT": "json"}
	s, err := Read(environ, dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Stranger{{"PUBLC_URL", "PUBLIC_URL"}, {"SECRET_KYE_FILE", "SECRET_KEY_FILE"}, {"TELEGRAM_FOO", ""}, {"TELEGRAM_TOKN", "TELEGRAM_TOKEN"}, {"database_url", "DATABASE_URL"}}
	if diff := cmp.Diff(want, s.Strangers); diff != "" {
		t.Error(diff)
	}
	if got := (Stranger{"TELEGRAM_TOKN", "TELEGRAM_TOKEN"}).String(); got != "TELEGRAM_TOKN is not a setting, and is not read; do you mean TELEGRAM_TOKEN?" {
		t.Error(got)
	}
	wrong := []string{"SECRET_KYE is not a setting, and is not read; do you mean SECRET_KEY?"}
	_, err = Read(map[string]string{"DATABASE_URL": "postgres://db/a", "SECRET_KYE": "0123456789abcdef0123456789abcdef"}, t.TempDir())
	if e, ok := errors.AsType[WrongError](err); !ok || len(e) != 2 || !strings.HasPrefix(e[0], "SECRET_KEY: ") || cmp.Diff([]string(e[1:]), wrong) != "" {
		t.Errorf("where the setting that is meant is missing: %v", err)
	}
	if s, err := Read(nil, t.TempDir()); err != nil || s.Strangers != nil {
		t.Errorf("where there is no .env: %v, %v", s.Strangers, err)
	}
}
