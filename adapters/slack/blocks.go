package slack

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// The limits of Block Kit, in characters unless marked. Beyond one of them Slack
// refuses the whole message.
const (
	wordsLimit   = 3000 // of a message's words in all: they fit one section
	noticeLimit  = 4000 // of the top-level text; chat.update refuses more
	fieldLimit   = 2000
	footerLimit  = 2000
	momentLimit  = 300 // of what stands for a moment where it cannot be shown
	fieldsEach   = 10  // fields of one section
	buttonLimit  = 75
	labelLimit   = 75 // accessibility_label
	valueLimit   = 2000
	linkLimit    = 3000
	entryLimit   = 75 // the data of an entry of a menu
	elementsEach = 25 // elements of one actions block
	blocksLimit  = 50 // blocks of a message
	homeLimit    = 100
)

// rendered is a message in Slack's form. Blocks beside a colour bar stand in
// attached; all else is in blocks.
type rendered struct {
	text     string // for notifications and screen readers: complete, escaped
	blocks   []slack.Block
	attached []slack.Block
	color    string
}

// stateColors are the bar beside a card, by its state. The words say it as well.
var stateColors = map[string]string{
	"open": "#a30200", "taken": "#daa038", "resolved": "#2eb886", "snoozed": "#dddddd", "watch": "#439fe0",
}

// render turns a message into blocks. What people wrote stands in plain_text and
// rich_text only, where Slack interprets nothing.
func render(m chat.Message) (rendered, error) {
	l, err := arrange(m)
	if err != nil {
		return rendered{}, err
	}
	actions, err := actionRows(m)
	if err != nil {
		return rendered{}, err
	}
	if len(actions) > blocksLimit/2 {
		return rendered{}, fmt.Errorf("the message has %d rows of buttons; at most %d are allowed", len(actions), blocksLimit/2)
	}
	blocks := l.blocks()
	blocks = append(blocks[:min(len(blocks), blocksLimit-len(actions))], actions...)
	out := rendered{text: escapeWithin(l.notice(m.Inert), noticeLimit), blocks: blocks}
	if color, ok := stateColors[m.State]; ok && len(blocks) > 1 {
		// The first block stays outside: without any, Slack would show the text too.
		out.blocks, out.attached, out.color = blocks[:1], blocks[1:], color
	}
	return out, nil
}

func plain(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

// rich is a rich_text element of one piece of text; a quote is one of its own kind.
func rich(text string, bold bool) *slack.RichTextSection {
	var style *slack.RichTextSectionTextStyle
	if bold {
		style = &slack.RichTextSectionTextStyle{Bold: true}
	}
	return slack.NewRichTextSection(slack.NewRichTextSectionTextElement(text, style))
}

func quoted(text string) *slack.RichTextQuote {
	return &slack.RichTextQuote{Type: slack.RTEQuote, Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(text, nil)}}
}

// field is a fact in a section. Slack shows a moment in its reader's own zone, and the
// text where it cannot.
func (p piece) field() *slack.TextBlockObject {
	if p.at.IsZero() {
		return plain(cut(p.words(), fieldLimit))
	}
	fallback := strings.NewReplacer("|", "/", "^", " ", "\n", " ").Replace(escapeWithin(p.text, momentLimit))
	moment := fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", p.at.Unix(), fallback)
	if p.isolate {
		moment = chat.Isolate + moment + chat.EndIsolate
	}
	if p.label != "" {
		moment = escapeWithin(p.label, fieldLimit/2) + ": " + moment
	}
	return slack.NewTextBlockObject(slack.MarkdownType, moment, false, false)
}

// blocks shows the words; facts that follow each other share sections.
func (l layout) blocks() []slack.Block {
	var out []slack.Block
	var fields []*slack.TextBlockObject
	flush := func() {
		for len(fields) > 0 {
			n := min(len(fields), fieldsEach)
			out = append(out, slack.NewSectionBlock(nil, fields[:n], nil))
			fields = fields[n:]
		}
	}
	for _, p := range l {
		if p.kind == aFact {
			fields = append(fields, p.field())
			continue
		}
		flush()
		switch p.kind {
		case aTitle:
			out = append(out, slack.NewRichTextBlock("", rich(p.text, true)))
		case aQuote:
			block := slack.NewRichTextBlock("")
			if p.label != "" {
				block.Elements = append(block.Elements, rich(p.label+":", false))
			}
			block.Elements = append(block.Elements, quoted(p.text))
			out = append(out, block)
		case aFooter:
			out = append(out, slack.NewContextBlock("", plain(p.text)))
		default:
			out = append(out, p.section())
		}
	}
	flush()
	return out
}

// section is a text, with what is strong in it.
func (p piece) section() slack.Block {
	at := strings.LastIndex(p.text, p.strong)
	if p.strong == "" || at < 0 {
		return slack.NewSectionBlock(plain(p.text), nil, nil)
	}
	parts := slack.NewRichTextSection()
	for i, text := range []string{p.text[:at], p.strong, p.text[at+len(p.strong):]} {
		if text == "" {
			continue
		}
		var style *slack.RichTextSectionTextStyle
		if i == 1 {
			style = &slack.RichTextSectionTextStyle{Bold: true}
		}
		parts.Elements = append(parts.Elements, slack.NewRichTextSectionTextElement(text, style))
	}
	return slack.NewRichTextBlock("", parts)
}

// actionRows are the buttons, one block a row. A question that wants words has a
// button that opens a modal for them, before all others.
func actionRows(m chat.Message) ([]slack.Block, error) {
	var out []slack.Block
	if b := writeButton(m); b != nil {
		out = append(out, slack.NewActionBlock("", b))
	}
	return appendRows(out, m.Rows, "b", m.Lang)
}

// appendRows adds rows of buttons; prefix keeps their action_ids apart, and forms that
// they open have their own words in this language.
func appendRows(out []slack.Block, rows [][]chat.Button, prefix, lang string) ([]slack.Block, error) {
	for r, row := range rows {
		var line []slack.BlockElement
		for i, b := range row {
			id := prefix + strconv.Itoa(r) + "." + strconv.Itoa(i)
			if len(b.Menu) > 0 {
				e, err := menu(b, id)
				if err != nil {
					return nil, err
				}
				line = append(line, e)
				continue
			}
			e, err := button(b, id, lang)
			if err != nil {
				return nil, err
			}
			line = append(line, e)
		}
		for n := (len(line) + elementsEach - 1) / elementsEach; n > 0; n-- {
			size := (len(line) + n - 1) / n
			out = append(out, slack.NewActionBlock("", line[:size]...))
			line = line[size:]
		}
	}
	return out, nil
}

func button(b chat.Button, id, lang string) (*slack.ButtonBlockElement, error) {
	text := chat.CleanLine(b.Text)
	if !chat.Visible(text) {
		return nil, errors.New("a button has no text")
	}
	if b.Ticks() {
		text = "✓ " + text
	}
	out := slack.NewButtonBlockElement(id, b.Data, plain(cut(text, buttonLimit)))
	if label := chat.CleanLine(b.Label); chat.Visible(label) {
		out.AccessibilityLabel = cut(label, labelLimit)
	}
	switch b.Style {
	case "primary", "danger":
		out.Style = slack.Style(b.Style)
	}
	switch {
	case b.URL != "":
		link, err := url.Parse(b.URL)
		if err != nil || link.Scheme != "https" && link.Scheme != "http" || link.Host == "" {
			return nil, errors.New("a button's link is not a web address")
		}
		if units(b.URL) > linkLimit {
			return nil, fmt.Errorf("a button's link has %d characters; at most %d are allowed", units(b.URL), linkLimit)
		}
		out.URL, out.Value = b.URL, ""
	case b.Data == "":
		return nil, errors.New("a button has neither data nor a link")
	case units(b.Data) > valueLimit:
		return nil, fmt.Errorf("a button's data has %d characters; at most %d are allowed", units(b.Data), valueLimit)
	case !utf8.ValidString(b.Data):
		return nil, errors.New("a button's data is not UTF-8")
	}
	if b.Form == nil || out.URL != "" {
		return out, nil
	}
	value, fits, err := askingOf(b, lang)
	if err != nil {
		return nil, err
	}
	if fits {
		out.ActionID, out.Value = formAction+id, value
	}
	return out, nil
}

// menu is a button that holds others, Slack's three dots.
func menu(b chat.Button, id string) (*slack.OverflowBlockElement, error) {
	if len(b.Menu) > chat.MostMenu {
		return nil, fmt.Errorf("a menu has %d entries; at most %d are allowed", len(b.Menu), chat.MostMenu)
	}
	out := slack.NewOverflowBlockElement(id)
	for _, entry := range b.Menu {
		text := chat.CleanLine(entry.Text)
		switch {
		case !chat.Visible(text):
			return nil, errors.New("an entry of a menu has no text")
		case entry.Data == "" || units(entry.Data) > entryLimit || !utf8.ValidString(entry.Data):
			return nil, fmt.Errorf("the data of an entry of a menu has %d characters; 1 to %d are allowed", units(entry.Data), entryLimit)
		}
		out.Options = append(out.Options, slack.NewOptionBlockObject(entry.Data, plain(cut(text, optionLimit)), nil))
	}
	return out, nil
}

// linksAsText are the links of buttons, for a message that is shown without blocks.
func linksAsText(rows [][]chat.Button) string {
	var b strings.Builder
	for _, row := range rows {
		for _, button := range row {
			if button.URL != "" {
				b.WriteString("\n" + chat.CleanLine(button.Text) + ": " + chat.CleanLine(button.URL))
			}
		}
	}
	return b.String()
}
