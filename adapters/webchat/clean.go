package webchat

import (
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// clean takes out of a text what could change how the page around it reads: control
// characters and changes of the reading direction that never end. Isolates, which
// well-behaved texts use, stay and are closed.
func clean(s string) string {
	var b strings.Builder
	open := 0
	for _, r := range lineBreaks.Replace(strings.ToValidUTF8(s, "\uFFFD")) {
		switch {
		case r == '\n' || r == '\t':
		case r < ' ' || r >= 0x7F && r <= 0x9F: // control characters
			continue
		case r >= 0x202A && r <= 0x202E: // embeddings and overrides
			continue
		case r >= 0x2066 && r <= 0x2068: // the beginning of an isolate
			open++
		case r == 0x2069: // its end
			if open == 0 {
				continue
			}
			open--
		}
		b.WriteRune(r)
	}
	b.WriteString(strings.Repeat("\u2069", open))
	return b.String()
}

// cleanMessage is a message whose words are clean. It shares nothing with m that it
// changed.
func cleanMessage(m chat.Message) chat.Message {
	for _, f := range m.Files { // their bytes are on another platform
		m.Text = strings.TrimSpace(m.Text + "\n\n" + f.Sign())
	}
	m.Files = nil
	m.Text, m.Title, m.Footer = clean(m.Text), clean(m.Title), clean(m.Footer)
	facts := make([]chat.Fact, len(m.Facts))
	for i, f := range m.Facts {
		facts[i] = chat.Fact{Label: clean(f.Label), Value: clean(f.Value)}
	}
	quotes := make([]chat.Quote, len(m.Quotes))
	for i, q := range m.Quotes {
		quotes[i] = chat.Quote{Label: clean(q.Label), Text: clean(q.Text)}
	}
	rows := make([][]chat.Button, len(m.Rows))
	for i, row := range m.Rows {
		rows[i] = make([]chat.Button, len(row))
		for j, b := range row {
			b.Text, b.Label = clean(b.Text), clean(b.Label)
			rows[i][j] = b
		}
	}
	m.Facts, m.Quotes, m.Rows = facts, quotes, rows
	return m
}
