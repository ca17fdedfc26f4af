package settings

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A value is what stands in the file: passwords hold every sign.
func TestR9DotEnvIsReadAsItIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	write(t, path, "\xef\xbb\xbf# a remark\r\nA=abcdef$HOMEx9\r\n\nexport B = two words # remark\nC='a # \"b\" $x'\nD=\"line\\nnext \\\"q\\\" \\$HOME \\d\"\nE=\nF=a=b#c\nG=# nothing\n")
	got, err := readEnv(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"A": "abcdef$HOMEx9", "B": "two words", "C": `a # "b" $x`, "D": "line\nnext \"q\" $HOME \\d", "E": "", "F": "a=b#c", "G": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for text, says := range map[string]string{
		"A=1\nhunter2\n": "line 2 is not of the form", "A='hunter2": "quote", "\xff\xfeA\x00=\x00": "UTF-16", "1 A=hunter2": "line 1",
	} {
		write(t, path, text)
		if _, err := readEnv(path); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPublicURLIsOneThatPeopleCanOpen(t *testing.T) {
	for _, url := range []string{
		"https://care.example", "https://care.example:8443/a/b-c", "http://127.0.0.1:8080", "http://[::1]:8080", "http://aftercare:8080", "https://care.example/a/",
	} {
		if _, err := settingsOf(t, map[string]string{"PUBLIC_URL": url}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{
		"https://care example", "https://care.example/<script>", "https://care.example/a/../b", "https://care.example//b", "https://care.example/%2e",
		"https://-x", "https://care.example/" + strings.Repeat("a", 5000), "https://u:p@care.example", "https://care.example:port", "javascript://care.example",
	} {
		if _, err := settingsOf(t, map[string]string{"PUBLIC_URL": url}); err == nil || !strings.Contains(err.Error(), "PUBLIC_URL: ") {
			t.Errorf("%.60s: %v", url, err)
		}
	}
}

func TestL15KeysThatWereTypedAreWeak(t *testing.T) {
	for key, want := range map[string]bool{
		"": false, strings.Repeat("a", 36): true, strings.Repeat("abc", 12): true, strings.Repeat("password", 5): true,
		"0123456789abcdef0123456789abcdef": false, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": false,
	} {
		if got := (Settings{SecretKey: Secret(key)}).WeakKey(); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}
