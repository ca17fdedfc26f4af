package bot

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/voice"
)

func TestASharedNumberHasItsSign(t *testing.T) {
	for number, want := range map[string]string{"442079460000": "+442079460000", "+44 20": "+44 20", "0044": "0044", "": ""} {
		if got := international(number); got != want {
			t.Errorf("%q is kept as %q; want %q", number, got, want)
		}
	}
}

// In Arabic a slash at the beginning of a Latin word is shown behind it, unless a mark
// says where the word begins.
func TestCommandsInArabicBeginWithTheirSlash(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	arabic := said.Of("ar")
	sentences := map[string]string{"help": arabic.Help()}
	for id, s := range arabic.Plain {
		sentences[id] = s
	}
	n := 0
	for id, s := range sentences {
		for i := range len(s) {
			if s[i] != '/' || i+1 == len(s) || s[i+1] < 'a' || s[i+1] > 'z' {
				continue
			}
			if n++; !strings.HasSuffix(s[:i], voice.LeftToRight) {
				t.Errorf("%s: no mark before %q", id, s[i:min(len(s), i+8)])
			}
		}
	}
	if n < len(voice.Commands) {
		t.Errorf("only %d commands were found", n)
	}
}
