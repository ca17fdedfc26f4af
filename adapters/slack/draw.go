package slack

import (
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Draw lays a message out as a person sees it. Nothing is sent.
func Draw(m chat.Message) (chat.Drawn, error) {
	form, err := render(m)
	if err != nil {
		return chat.Drawn{}, err
	}
	blocks, err := json.Marshal(form.blocks)
	if err != nil {
		return chat.Drawn{}, err
	}
	out := chat.Drawn{Sent: map[string]string{"text": form.text, "blocks": string(blocks)}}
	words, err := arrange(m)
	if err != nil {
		return chat.Drawn{}, err
	}
	lines := make([]string, len(words))
	for i, p := range words {
		lines[i] = p.words()
	}
	out.Text = strings.Join(lines, "\n")
	for _, b := range append(form.blocks, form.attached...) {
		actions, ok := b.(*slack.ActionBlock)
		if !ok {
			continue
		}
		var line []chat.Button
		for _, e := range actions.Elements.ElementSet {
			switch x := e.(type) {
			case *slack.ButtonBlockElement:
				line = append(line, chat.Button{Text: x.Text.Text, Data: x.Value, URL: x.URL, Style: string(x.Style)})
			case *slack.OverflowBlockElement: // Slack draws three dots, without words
				line = append(line, chat.Button{Text: "⋯", Data: x.ActionID})
			}
		}
		out.Rows = append(out.Rows, line)
	}
	return out, nil
}
