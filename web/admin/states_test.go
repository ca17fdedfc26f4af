package admin

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// A state of a case has one word in a language, on pages and in chats: who reads both must not
// take them for two.
func TestAStateHasOneWordEverywhere(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	langs, err := os.ReadDir("locales")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range langs {
		source, err := os.ReadFile("locales/" + lang.Name() + "/cases.json")
		if errors.Is(err, os.ErrNotExist) {
			continue // of customers' pages alone
		} else if err != nil {
			t.Fatal(err)
		}
		var page map[string]string
		if err := json.Unmarshal(source, &page); err != nil {
			t.Fatal(err)
		}
		words := map[string]string{}
		for _, state := range recovery.States() {
			id := "state_" + string(state)
			_, chat, _ := strings.Cut(said.Of(lang.Name()).Plain[id], " ")
			if page[id] != chat {
				t.Errorf("%s: %s is %q on pages and %q in chats", lang.Name(), state, page[id], chat)
			}
			if other := words[chat]; other != "" || chat == "" {
				t.Errorf("%s: %q is the word for %s and for %s", lang.Name(), chat, other, state)
			}
			words[chat] = string(state)
		}
	}
}
