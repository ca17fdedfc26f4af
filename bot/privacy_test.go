package bot

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/voice"
)

// Whoever writes what they want of their data, and nothing else, is heard as by the command: in
// every language, on a page that has no commands, whatever question is open.
func TestDataIsAskedForInPlainWords(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	for said, what := range map[string]string{
		"Erase my data.": "erase", "delete my data": "erase", "请删除我的数据": "erase", "Quiero una copia de mis datos": "copy",
		"احذفوا بياناتي": "erase", "A copy of my data": "copy", "erase my data from the other shop": "", "data": "",
	} {
		if got := privacyWish(texts, said); got != what {
			t.Errorf("%q asks for %q, want %q", said, got, what)
		}
	}
	s := &story{world: newWorldOf(t, 1), staff: room, team: make(map[string]customer), old: make(map[string]string)}
	setStaff(s.bot, room)
	for _, step := range []string{"invite Ann platform=web flow=one_tap_csat site=main-street", "start", "tap 2", "say Erase my data"} {
		s.do(step)
	}
	if !strings.Contains(s.out.String(), "erase") || strings.Contains(s.out.String(), "No case is open") {
		t.Errorf("nobody hears it:\n%s", s.out.String())
	}
}
