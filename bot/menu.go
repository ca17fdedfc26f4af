package bot

import "strings"

// Menu is what a chat offers as commands in one language.
type Menu struct {
	Language string // BCP 47; "" = for everybody else, in English
	Commands []MenuItem
}

// MenuItem is one command: its name without the slash and what it does.
type MenuItem struct{ Name, Description string }

// commands are what customers can send, in the order of the menu. "settings" is
// understood as well, because Telegram asks every bot for it.
var commands = [...]string{"start", "back", "skip", "later", "cancel", "complain", "suggest", "ask", "language", "privacy", "stop", "help"}

// Menus returns the commands that customers are offered in private chats, by language
// of the interface: first, under the language "", for everybody else.
func (b *Bot) Menus() []Menu {
	menus := []Menu{{Commands: b.texts.of("").menu()}}
	for _, tag := range interfaceLanguages {
		menus = append(menus, Menu{Language: tag, Commands: b.texts.of(tag).menu()})
	}
	return menus
}

func (w *words) menu() []MenuItem {
	items := make([]MenuItem, len(commands))
	for i, name := range commands {
		items[i] = MenuItem{name, w.say("menu_" + name)}
	}
	return items
}

// leftToRight is an invisible mark that goes before a command in Arabic: without it the
// slash, which has no direction of its own, is shown behind the name.
const leftToRight = "\u200e"

// help lists the commands, one a line.
func (w *words) help() string {
	mark := ""
	if w.tag == "ar" {
		mark = leftToRight
	}
	lines := make([]string, len(commands))
	for i, c := range w.menu() {
		lines[i] = mark + w.command(c.Name) + " – " + c.Description
	}
	return strings.Join(lines, "\n")
}
