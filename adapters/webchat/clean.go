package webchat

import (
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// cleanMessage is a message whose words are clean. It shares nothing with m that it
// changed.
func cleanMessage(m chat.Message) chat.Message {
	for _, f := range m.Files { // their bytes are on another platform
		m.Text = strings.TrimSpace(m.Text + "\n\n" + f.Sign())
	}
	m.Files = nil
	m.Text, m.Title, m.Footer = chat.Clean(m.Text), chat.CleanLine(m.Title), chat.Clean(m.Footer)
	facts := make([]chat.Fact, len(m.Facts))
	for i, f := range m.Facts {
		facts[i] = chat.Fact{Label: chat.CleanLine(f.Label), Value: chat.CleanLine(f.Value)}
	}
	quotes := make([]chat.Quote, len(m.Quotes))
	for i, q := range m.Quotes {
		quotes[i] = chat.Quote{Label: chat.CleanLine(q.Label), Text: chat.Clean(q.Text)}
	}
	rows := make([][]chat.Button, len(m.Rows))
	for i, row := range m.Rows {
		rows[i] = make([]chat.Button, len(row))
		for j, b := range row {
			b.Text, b.Label, b.Words = chat.CleanLine(b.Text), chat.CleanLine(b.Label), chat.CleanLine(b.Words)
			rows[i][j] = b
		}
	}
	m.Facts, m.Quotes, m.Rows = facts, quotes, rows
	if m.Layout != nil {
		l := *m.Layout
		l.Answer, l.Hint = chat.Clean(l.Answer), chat.Clean(l.Hint)
		l.Who, l.Low, l.High = chat.CleanLine(l.Who), chat.CleanLine(l.Low), chat.CleanLine(l.High)
		m.Layout = &l
	}
	return m
}
