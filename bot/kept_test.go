package bot

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// keeping are the texts that say of words just written that they are kept, or can be read.
var keeping = []string{
	"heard", "heard_kept", "heard_quiet", "heard_added", "heard_added_team", "words_joined",
	"thanks_complaint_kept", "thanks_suggestion_kept", "thanks_question_kept", "thanks_complaint", "thanks_suggestion", "thanks_question",
}

// Wherever a conversation says so of words, they are in what the program keeps of their writer.
func TestWhatIsSaidToBeKeptIsKept(t *testing.T) {
	t.Parallel()
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	looked := map[string]int{}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := &story{world: newWorld(t), staff: room, team: make(map[string]customer), old: make(map[string]string)}
		for line := range strings.Lines(string(source)) {
			happens, ok := strings.CutPrefix(strings.TrimSpace(line), "> ")
			if !ok {
				continue
			}
			before := s.out.Len()
			s.do(happens)
			words, says := strings.CutPrefix(happens, "say ")
			if strings.Contains(words, " my data") {
				continue // becomes a request in words of its own, see data.txt
			}
			shown := s.out.String()[before:]
			for _, id := range keeping {
				if says && slices.ContainsFunc(voice.Languages, func(lang string) bool { return shows(shown, texts.Of(lang).Plain[id]) }) {
					looked[id]++
					if !strings.Contains(s.kept(), quotedJSON(t, strings.TrimSpace(words))) {
						t.Errorf("%s: %s: it is said %s, and nothing of it is kept", filepath.Base(path), line, id)
					}
				}
			}
		}
	}
	if looked["heard"] < 15 || looked["heard_kept"] < 1 || looked["heard_added_team"] < 1 {
		t.Errorf("words were looked for so often: %v", looked)
	}
}

// kept is all that the program keeps of whoever writes.
func (s *story) kept() string {
	s.t.Helper()
	d, err := s.store.Dossier(s.t.Context(), storage.Anchor{Identities: []storage.Person{s.who.person()}})
	if err != nil {
		s.t.Fatal(err)
	}
	d.Messages = nil // what was shown is not what is kept
	return quotedJSON(s.t, d)
}

// quotedJSON is a value as JSON; a string without its quotes.
func quotedJSON(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}
