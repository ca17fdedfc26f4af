package garbage

import (
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// What this process would collect by is printed to whoever started it as a child.
func TestMain(m *testing.M) {
	if os.Getenv("AFTERCARE_TEST_PRINT") != "" {
		if _, err := os.Stdout.WriteString(strconv.Itoa(debug.SetGCPercent(-1))); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestGarbageMayPileUpUnlessTheEnvironmentSaysOtherwise(t *testing.T) {
	for given, want := range map[string]string{"": "400", "100": "100", "off": "-1"} {
		program, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), "AFTERCARE_TEST_PRINT=1", "GOGC="+given)
		out, err := cmd.Output()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("GOGC=%q: %s is set (%v), want %s", given, out, err, want)
		}
	}
}
