package webchat

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/aftercare/aftercare/adapters/chat"
)

var drawingWords = sync.OnceValue(newDictionary)

// Draw lays a message out as the page shows it while it waits for its answer. Nothing is stored.
func Draw(m chat.Message) (chat.Drawn, error) {
	s := &site{words: drawingWords()}
	m = cleanMessage(m)
	a := s.asked(frame{Lang: m.Lang}, "", Item{Message: m}, unsent{})
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, "asked", a); err != nil {
		return chat.Drawn{}, err
	}
	out := chat.Drawn{
		Text: strings.Join(slices.DeleteFunc([]string{a.Title, strings.Join(a.Text, "\n"), a.Hint, a.ends()}, func(s string) bool { return s == "" }), "\n"),
		Sent: map[string]string{"html": b.String()},
	}
	if len(a.Points) > 0 {
		points := slices.Clone(a.Points)
		for i, p := range points {
			points[i].Text = strings.TrimSpace(p.Text + " " + p.Words)
		}
		out.Rows = append(out.Rows, points)
	}
	for _, list := range [][]chat.Button{a.Picks, a.List} {
		for _, x := range list {
			out.Rows = append(out.Rows, []chat.Button{x})
		}
	}
	for _, row := range [][]chat.Button{a.Go, a.Aside} {
		if len(row) > 0 {
			out.Rows = append(out.Rows, row)
		}
	}
	return out, nil
}

// ends is what the ends of a long scale mean.
func (a *asked) ends() string {
	if a.Low == "" && a.High == "" {
		return ""
	}
	return a.Low + " – " + a.High
}
