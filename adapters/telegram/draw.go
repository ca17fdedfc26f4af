package telegram

import "github.com/aftercare/aftercare/adapters/chat"

// Draw lays a message out as a person in a private chat sees it. Nothing is sent.
func Draw(m chat.Message) (chat.Drawn, error) {
	_, file := attached(m)
	f := form{noFile: !file}
	p, err := params(chat.Address{Platform: chat.Telegram, Chat: "1"}, m, "", f)
	if err != nil {
		return chat.Drawn{}, err
	}
	delete(p, "chat_id")
	limit := textLimit
	if file {
		m.Files, limit = nil, captionLimit
	}
	out := chat.Drawn{Sent: p}
	text, err := arrange(m, limit)
	if err == nil {
		out.Text = text.plain()
	}
	if m.Expects == chat.ExpectsPhone {
		for _, row := range phoneKeyboard(m).Rows {
			var line []chat.Button
			for _, b := range row {
				line = append(line, chat.Button{Text: b.Text})
			}
			out.Rows = append(out.Rows, line)
		}
		return out, nil
	}
	rows, err := inlineRows(m.Rows, true)
	for _, row := range rows {
		var line []chat.Button
		for _, b := range row {
			line = append(line, chat.Button{Text: b.Text, Data: b.Data, URL: b.URL, Style: b.Style})
		}
		out.Rows = append(out.Rows, line)
	}
	return out, err
}
