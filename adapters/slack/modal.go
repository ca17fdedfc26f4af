package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	writeAction = "write"  // action_id of the button that opens the modal
	answerModal = "answer" // its callback_id, and the id of its only field
	titleLimit  = 24       // of a modal's title and buttons
	inputLimit  = 3000
	hintLimit   = 150
)

// wish is what the button that opens a modal says of the answer it is for. It
// travels in the button's value, so that nothing has to be remembered.
type wish struct {
	Expects chat.Expects `json:"x"`
	Max     int          `json:"m,omitempty"`
	Hint    string       `json:"h,omitempty"`
	Lang    string       `json:"l,omitempty"`
}

// place names the message that a modal's answer is for, and what its button said; it
// travels in the modal's private_metadata.
type place struct {
	Channel string `json:"c,omitempty"` // "" in the App Home
	TS      string `json:"ts,omitempty"`
	Thread  string `json:"th,omitempty"`
	Data    string `json:"d,omitempty"` // of a button with a form
}

// metadata is the place as private_metadata.
func (p place) metadata() (string, error) {
	raw, err := json.Marshal(p)
	if err == nil && units(string(raw)) > metadataLimit {
		err = fmt.Errorf("a modal's private_metadata has %d characters; at most %d are allowed", units(string(raw)), metadataLimit)
	}
	return string(raw), err
}

// modalWords are the modal's own words, at most titleLimit characters each, and what is said
// where it cannot be opened.
type modalWords struct{ open, title, send, cancel, again string }

func modalWordsIn(lang string) modalWords {
	switch base, rest, _ := strings.Cut(strings.ToLower(lang), "-"); base {
	case "zh":
		if strings.HasPrefix(rest, "hant") || rest == "tw" || rest == "hk" {
			return modalWords{"填寫回答", "您的回答", "送出", "取消", "表單未能開啟，什麼都沒有傳送。請再按一次按鈕。"}
		}
		return modalWords{"填写回答", "您的回答", "发送", "取消", "表单未能打开，什么都没有发送。请再按一次按钮。"}
	case "es":
		return modalWords{"Escribir respuesta", "Su respuesta", "Enviar", "Cancelar", "No se pudo abrir el formulario y no se envió nada. Pulse el botón otra vez."}
	case "ar":
		return modalWords{"اكتب إجابتك", "إجابتك", "إرسال", "إلغاء", "تعذّر فتح النموذج ولم يُرسل شيء. اضغط الزر مرة أخرى."}
	}
	return modalWords{"Write an answer", "Your answer", "Send", "Cancel", "The form could not be opened, and nothing was sent. Please press the button again."}
}

// writeButton is the button that opens a modal, nil where no words are wanted.
func writeButton(m chat.Message) *slack.ButtonBlockElement {
	if m.Expects == chat.ExpectsNothing || m.Expects == chat.ExpectsFile { // files are sent, not written
		return nil
	}
	w := wish{Expects: m.Expects, Max: m.Max, Hint: cut(chat.CleanLine(m.Hint), hintLimit), Lang: cut(chat.CleanLine(m.Lang), 35)}
	value, err := json.Marshal(w) // four plain fields
	if err != nil || units(string(value)) > valueLimit {
		value = []byte(`{"x":"text"}`)
	}
	return slack.NewButtonBlockElement(writeAction, string(value), plain(modalWordsIn(m.Lang).open))
}

// modalFor is the modal that asks for an answer to the question.
func modalFor(value, question string, p place) (slack.ModalViewRequest, error) {
	var w wish
	if json.Unmarshal([]byte(value), &w) != nil {
		w = wish{Expects: chat.ExpectsText}
	}
	metadata, err := p.metadata()
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	words := modalWordsIn(w.Lang)
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: answerModal, PrivateMetadata: metadata,
		Title: plain(words.title), Submit: plain(words.send), Close: plain(words.cancel),
	}
	if question = strings.TrimSpace(chat.Clean(question)); chat.Visible(question) {
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, slack.NewSectionBlock(plain(cut(question, wordsLimit)), nil, nil))
	}
	input := field{Expects: w.Expects, Typing: w.Hint, Max: w.Max, Focus: true}.element(answerModal)
	view.Blocks.BlockSet = append(view.Blocks.BlockSet, slack.NewInputBlock(answerModal, plain(words.title), nil, input))
	return view, nil
}

// opening is a modal that somebody asked for. A trigger lives for three seconds, so
// it is opened before anything else is done.
type opening struct {
	team, trigger string
	view          slack.ModalViewRequest
	by            reply        // who asked
	at            chat.Address // where
	lang          string
}

// langOf is the language that a button's value says its modal has; "" = none.
func langOf(value string) string {
	var said struct {
		Lang string `json:"l"`
	}
	if json.Unmarshal([]byte(value), &said) != nil {
		return ""
	}
	return said.Lang
}

func (c *Client) openModal(ctx context.Context, o opening) {
	c.beside(ctx, "a modal", func(ctx context.Context) error {
		err := c.callTeam(ctx, "views.open", o.team, "", func(ctx context.Context, api *slack.Client) error {
			_, err := api.OpenViewContext(ctx, o.trigger, o.view)
			return err
		})
		if err != nil && o.at.Chat != "" {
			c.toast(ctx, o.by, o.at, modalWordsIn(o.lang).again, true)
		}
		return err
	})
}

func id(prefix string, n, i int) string {
	return prefix + strconv.Itoa(n) + "." + strconv.Itoa(i) + "."
}
