package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	dataLimit        = 64  // bytes of a button's data
	buttonTextLimit  = 128 // units; phones show far less
	buttonsPerRow    = 8
	buttonsInAll     = 100
	placeholderLimit = 64 // units
)

// inlineButton has the keys of Bot API 9.4 that tgbotapi lacks; older servers and
// programs ignore them.
type inlineButton struct {
	Text  string `json:"text"`
	Data  string `json:"callback_data,omitempty"`
	URL   string `json:"url,omitempty"`
	Style string `json:"style,omitempty"`
}

type inlineKeyboard struct {
	Rows [][]inlineButton `json:"inline_keyboard"`
}

type keyboardButton struct {
	Text           string `json:"text"`
	RequestContact bool   `json:"request_contact,omitempty"`
}

type replyKeyboard struct {
	Rows        [][]keyboardButton `json:"keyboard"`
	Resize      bool               `json:"resize_keyboard"`
	OneTime     bool               `json:"one_time_keyboard"`
	Placeholder string             `json:"input_field_placeholder,omitempty"`
}

// forceReply opens the reply box of whoever the message names, and of nobody else.
type forceReply struct {
	Force       bool   `json:"force_reply"`
	Selective   bool   `json:"selective"`
	Placeholder string `json:"input_field_placeholder,omitempty"`
}

// inlineRows checks the buttons and breaks rows that are too long for a phone into
// even ones. Links are left out if links is false.
func inlineRows(rows [][]chat.Button, links bool) ([][]inlineButton, error) {
	var out [][]inlineButton
	count := 0
	for _, row := range rows {
		var line []inlineButton
		for _, b := range row {
			if b.URL != "" && !links {
				continue
			}
			button, err := inline(b)
			if err != nil {
				return nil, err
			}
			line = append(line, button)
		}
		if count += len(line); count > buttonsInAll {
			return nil, fmt.Errorf("the message has more than %d buttons", buttonsInAll)
		}
		out = append(out, evenRows(line)...)
	}
	return out, nil
}

func evenRows(line []inlineButton) [][]inlineButton {
	var out [][]inlineButton
	for n := (len(line) + buttonsPerRow - 1) / buttonsPerRow; n > 0; n-- {
		size := (len(line) + n - 1) / n
		out = append(out, line[:size])
		line = line[size:]
	}
	return out
}

func inline(b chat.Button) (inlineButton, error) {
	text := chat.CleanLine(b.Text)
	if !chat.Visible(text) {
		return inlineButton{}, errors.New("a button has no text")
	}
	if b.Ticks() {
		text = "✓ " + text
	}
	out := inlineButton{Text: cut(text, buttonTextLimit)}
	switch b.Style {
	case "primary", "danger":
		out.Style = b.Style
	}
	switch {
	case b.URL != "":
		link, err := url.Parse(b.URL)
		if err != nil || link.Scheme != "https" && link.Scheme != "http" && link.Scheme != "tg" {
			return inlineButton{}, errors.New("a button's link is not a web address")
		}
		out.URL = b.URL
	case b.Data == "":
		return inlineButton{}, errors.New("a button has neither data nor a link")
	case len(b.Data) > dataLimit:
		return inlineButton{}, fmt.Errorf("a button's data has %d bytes; at most %d are allowed", len(b.Data), dataLimit)
	case !utf8.ValidString(b.Data):
		return inlineButton{}, errors.New("a button's data is not UTF-8")
	default:
		out.Data = b.Data
	}
	return out, nil
}

// linksAsText are the messages' links for where Telegram refuses them on buttons
// (it does for hosts that only exist here, such as localhost).
func linksAsText(rows [][]chat.Button) string {
	var b strings.Builder
	for _, row := range rows {
		for _, button := range row {
			if button.URL != "" {
				b.WriteString("\n" + chat.CleanLine(button.Text) + ": " + chat.CleanLine(button.URL))
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// phoneKeyboard offers the person's own number at one tap. Buttons of the message
// are offered below as words to be sent, since one message cannot carry both kinds
// of keyboard; the bot understands an option's words as that option.
func phoneKeyboard(m chat.Message) replyKeyboard {
	k := replyKeyboard{Resize: true, OneTime: true, Placeholder: cut(chat.CleanLine(m.Hint), placeholderLimit)}
	k.Rows = [][]keyboardButton{{{Text: shareNumber(m.Lang), RequestContact: true}}}
	for _, row := range m.Rows {
		var line []keyboardButton
		for _, b := range row {
			if text := chat.CleanLine(b.Text); b.URL == "" && chat.Visible(text) {
				line = append(line, keyboardButton{Text: cut(text, buttonTextLimit)})
			}
		}
		if len(line) > 0 {
			k.Rows = append(k.Rows, line)
		}
	}
	return k
}

func shareNumber(lang string) string {
	switch base, rest, _ := strings.Cut(strings.ToLower(lang), "-"); base {
	case "zh":
		if strings.HasPrefix(rest, "hant") || rest == "tw" || rest == "hk" {
			return "分享我的電話號碼"
		}
		return "分享我的电话号码"
	case "es":
		return "Compartir mi número de teléfono"
	case "ar":
		return "مشاركة رقم هاتفي"
	}
	return "Share my phone number"
}

// encode is the JSON of a keyboard, for a form parameter.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode a keyboard: %w", err)
	}
	return string(b), nil
}
