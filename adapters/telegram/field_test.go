package telegram

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// What people sent in the cases from the field is read: what is neither words nor a file is told
// of, and quotes, forwards and taps on messages that are gone are what was said.
func TestUpdatesFromTheFieldAreRead(t *testing.T) {
	paths, err := filepath.Glob("../../bot/testdata/field/*/update*.json")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d updates were found: %v", len(paths), err)
	}
	c := decoder("our_bot")
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		u, err := c.decode(raw)
		switch {
		case err != nil:
			t.Errorf("%s: %v", path, err)
		case u.Kind == chat.Other || u.From.Chat != "7":
			t.Errorf("%s is lost: %+v", path, u)
		case u.Kind == chat.Text && u.Text == "" && len(u.Files) == 0:
			t.Errorf("%s says nothing", path)
		}
	}
}
