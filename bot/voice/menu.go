package voice

import (
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// Menu is what a chat offers as commands in one language.
type Menu struct {
	Language string // BCP 47; "" = for everybody else, in English
	Commands []MenuItem
}

// MenuItem is one command: its name without the slash and what it does.
type MenuItem struct{ Name, Description string }

// Commands are what customers can send, in the order of the menu. "settings" is
// understood as well, because Telegram asks every bot for it.
var Commands = [...]string{"start", "back", "skip", "later", "cancel", "complain", "suggest", "ask", "language", "privacy", "stop", "help"}

// Menu is what a chat offers as commands in this language.
func (w *Words) Menu() []MenuItem {
	items := make([]MenuItem, len(Commands))
	for i, name := range Commands {
		items[i] = MenuItem{name, w.Say("menu_" + name)}
	}
	return items
}

// LeftToRight is an invisible mark that goes before a command in Arabic: without it the
// slash, which has no direction of its own, is shown behind the name.
const LeftToRight = "\u200e"

// Help lists the commands, one a line; on a page it says what the menu is for.
func (w *Words) Help() string {
	if w.own["help"] != "" {
		return w.Plain["help"]
	}
	if w.page {
		return w.Plain["help"+onPage]
	}
	mark := ""
	if w.Tag == "ar" {
		mark = LeftToRight
	}
	lines := make([]string, len(Commands))
	for i, c := range w.Menu() {
		lines[i] = mark + w.command(c.Name) + " – " + c.Description
	}
	return strings.Join(lines, "\n")
}

// FeedbackCommands are the commands that customers may send at any time, by what they
// want.
var FeedbackCommands = map[string]storage.FeedbackKind{
	"complain": storage.Complaint, "suggest": storage.Suggestion, "ask": storage.Enquiry,
}
