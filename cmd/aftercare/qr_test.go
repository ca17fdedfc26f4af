package main

import (
	"strings"
	"testing"
)

// R11: whatever PUBLIC_URL is taken, the link is printed with its code; a longer one is refused
// in words, before anything is stored.
func TestR11TheLongestAddressStillFitsIntoACode(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main")
	const longest = 500
	c.env["PUBLIC_URL"] = "https://care.example/" + strings.Repeat("x", longest-len("https://care.example/"))
	out := c.must("invite", "--site", "main")
	if !strings.Contains(out, "Web:      "+c.env["PUBLIC_URL"]+"/chat/") || !strings.Contains(out, "█") {
		t.Errorf("no link, or no code:\n%s", out)
	}
	c.env["PUBLIC_URL"] += "x"
	c.refuses(2, "fits into no QR code", "invite", "--site", "main")
}
