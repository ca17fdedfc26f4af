package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// section returns the part of docs/running.md below a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	content, err := os.ReadFile("../../docs/running.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(content), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/running.md has no section %q", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// typed are the commands that a part of the docs says to type, in their order.
func typed(text string) (lines []string) {
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// found is what the first group of the pattern matches.
func found(t *testing.T, pattern, in string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(in)
	if m == nil {
		t.Fatalf("nothing like %s in:\n%s", pattern, in)
	}
	return m[1]
}

// Whoever does what the docs say, from an empty folder on, and no more, has a card in
// the group and a member of staff who presses its buttons.
func TestTheWrittenWayLeadsToAPressedButton(t *testing.T) {
	tg := telegramtest.New(t)
	group := tg.NewSupergroup("Our team")
	bob, ann := tg.NewUser("Bob Ray", "en"), tg.NewUser("Ann Lee", "en")
	m := newMachine(t, nil)
	delete(m.env, "SECRET_KEY")
	write(t, m.dir+"/.env", "TELEGRAM_TOKEN="+tg.Token+"\nTELEGRAM_API="+tg.URL+"\n")
	for _, line := range typed(section(t, "Connect Telegram by commands")) {
		args := words(strings.TrimPrefix(line, "aftercare "))
		var out string
		if args[0] == "serve" {
			m.serve()
			connected(tg, settings.Poll)
		} else {
			out = m.must(args...)
		}
		switch strings.Join(args[:min(2, len(args))], " ") {
		case "staff chat":
			code := found(t, `\?startgroup=(\S+)`, out)
			bob.Write(group, telegramtest.Written{Text: "/start@" + tg.Username + " " + code})
			group.WaitText("front-desk")
		case "staff code":
			bob.Send("/link " + found(t, `/link (\S+)\n`, out))
			bob.Chat().WaitText("Bob Ray")
		case "invite --flow":
			ann.Start(found(t, `\?start=(\S+)`, out))
		}
	}
	pickOption(ann, ann.Chat().WaitText("how satisfied or dissatisfied were you with your haircut"), 1).Answer()
	bob.Tap(group.WaitButton("Take"), "Take").Answer()
	group.WaitText("Taken by: Bob Ray")
}

// The path without Telegram: a browser's link, alone.
func TestTheWrittenWayToTheBrowserMakesALinkThere(t *testing.T) {
	text := section(t, "Let customers answer in a browser")
	c := newConsole(t, map[string]string{"PUBLIC_URL": found(t, "`PUBLIC_URL=([^`]+)`", text)})
	c.must("site", "add", "main-street", "--name", "Main Street")
	made := 0
	for _, line := range typed(text) {
		out := c.must(words(strings.TrimPrefix(line, "aftercare "))...)
		if !strings.Contains(out, c.env["PUBLIC_URL"]+"/chat/") {
			t.Errorf("%s prints no link for the browser:\n%s", line, out)
		}
		made++
	}
	if made == 0 {
		t.Error("the docs say nothing to type")
	}
}
