package slackfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

type surface int

const (
	inMessage surface = iota
	inModal
	inHome
)

// strict decodes JSON and refuses fields that it does not know.
func strict(raw string, into any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(raw)))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// checker collects the first thing that is wrong with blocks.
type checker struct {
	where   surface
	why     string
	blockID map[string]bool
}

func (c *checker) bad(format string, args ...any) {
	if c.why == "" {
		c.why = fmt.Sprintf(format, args...)
	}
}

// checkBlocks is Slack's check of blocks: "" or what is wrong.
func checkBlocks(blocks []object, where surface) string {
	c := &checker{where: where, blockID: map[string]bool{}}
	limit := 50
	if where != inMessage {
		limit = 100
	}
	if len(blocks) > limit {
		c.bad("no more than %d items allowed", limit)
	}
	for _, b := range blocks {
		c.block(b)
	}
	return c.why
}

func (c *checker) fields(what string, o object, names ...string) {
	for name := range o {
		if !slices.Contains(names, name) && name != "type" {
			c.bad("%s has an unknown field %s", what, name)
		}
	}
}

func (c *checker) list(what string, v any, least, most int) []object {
	all, _ := v.([]any)
	if len(all) < least || len(all) > most {
		c.bad("%s: %d items, want %d to %d", what, len(all), least, most)
	}
	var out []object
	for _, e := range all {
		o, ok := e.(object)
		if !ok {
			c.bad("%s: not an object", what)
			continue
		}
		out = append(out, o)
	}
	return out
}

// text checks a text object. plain says that nothing else is allowed.
func (c *checker) text(what string, v any, most int, plain bool) {
	o, ok := v.(object)
	if !ok {
		c.bad("%s: missing", what)
		return
	}
	kind, _ := o["type"].(string)
	switch {
	case kind == "plain_text":
		c.fields(what, o, "text", "emoji")
	case kind == "mrkdwn" && !plain:
		c.fields(what, o, "text", "verbatim")
	default:
		c.bad("%s: type %q", what, kind)
	}
	c.size(what, o["text"], 1, most)
}

func (c *checker) size(what string, v any, least, most int) {
	s, ok := v.(string)
	if n := utf8.RuneCountInString(s); !ok || n < least || n > most {
		c.bad("%s: %d characters, want %d to %d", what, n, least, most)
	}
}

func (c *checker) optional(what string, o object, name string, most int) {
	if v, ok := o[name]; ok {
		c.size(what+"."+name, v, 1, most)
	}
}

func (c *checker) block(b object) {
	kind, _ := b["type"].(string)
	c.optional(kind, b, "block_id", 255)
	if id, ok := b["block_id"].(string); ok {
		if c.blockID[id] {
			c.bad("block_id %s twice", id)
		}
		c.blockID[id] = true
	}
	switch kind {
	case "section":
		c.fields(kind, b, "text", "block_id", "fields")
		if b["text"] == nil && b["fields"] == nil {
			c.bad("a section needs text or fields")
		}
		if b["text"] != nil {
			c.text("section.text", b["text"], 3000, false)
		}
		if b["fields"] != nil {
			all, _ := b["fields"].([]any)
			c.list("section.fields", b["fields"], 1, 10)
			for _, f := range all {
				c.text("section.fields", f, 2000, false)
			}
		}
	case "header":
		c.fields(kind, b, "text", "block_id")
		c.text("header", b["text"], 150, true)
	case "divider":
		c.fields(kind, b, "block_id")
	case "context":
		c.fields(kind, b, "elements", "block_id")
		for _, e := range c.list("context", b["elements"], 1, 10) {
			c.text("context", e, 2000, false)
		}
	case "actions":
		c.fields(kind, b, "elements", "block_id")
		seen := map[string]bool{}
		for _, e := range c.list("actions", b["elements"], 1, 25) {
			if e["type"] == "overflow" {
				c.overflow(e)
			} else {
				c.button(e)
			}
			id, _ := e["action_id"].(string)
			if seen[id] {
				c.bad("action_id %q twice in one block", id)
			}
			seen[id] = true
		}
	case "rich_text":
		c.fields(kind, b, "elements", "block_id")
		for _, e := range c.list("rich_text", b["elements"], 1, 50) {
			c.richElement(e)
		}
	case "input":
		if c.where == inMessage {
			c.bad("input is not allowed in messages")
		}
		c.fields(kind, b, "element", "label", "block_id", "hint", "optional")
		c.text("input.label", b["label"], 2000, true)
		e, _ := b["element"].(object)
		c.input(e)
	default:
		c.bad("unsupported block type %q", kind)
	}
}

func (c *checker) richElement(e object) {
	kind, _ := e["type"].(string)
	if kind != "rich_text_section" && kind != "rich_text_quote" {
		c.bad("rich_text: element %q", kind)
	}
	c.fields(kind, e, "elements", "border")
	for _, t := range c.list(kind, e["elements"], 1, 100) {
		if t["type"] != "text" {
			c.bad("%s: element %v", kind, t["type"])
		}
		c.fields("text", t, "text", "style")
		c.size("rich text", t["text"], 1, 3000)
	}
}

func (c *checker) overflow(e object) {
	c.fields("overflow", e, "action_id", "options", "confirm")
	c.size("overflow.action_id", e["action_id"], 1, 255)
	for _, o := range c.list("overflow", e["options"], 2, 5) {
		c.text("overflow.option", o["text"], 75, true)
		c.size("overflow.option.value", o["value"], 1, 75)
	}
}

func (c *checker) button(e object) {
	if e["type"] != "button" {
		c.bad("actions: element %v", e["type"])
		return
	}
	c.fields("button", e, "text", "action_id", "value", "url", "style", "accessibility_label", "confirm")
	c.text("button.text", e["text"], 75, true)
	c.size("button.action_id", e["action_id"], 1, 255)
	c.optional("button", e, "value", 2000)
	c.optional("button", e, "url", 3000)
	c.optional("button", e, "accessibility_label", 75)
	if style, ok := e["style"]; ok && style != "primary" && style != "danger" {
		c.bad("button.style %v", style)
	}
	if e["value"] == nil && e["url"] == nil {
		c.bad("slackfake wants a button to do something")
	}
}

func (c *checker) input(e object) {
	switch e["type"] {
	case "plain_text_input":
		c.fields("plain_text_input", e, "action_id", "placeholder", "multiline", "max_length", "min_length", "focus_on_load", "initial_value")
		if p, ok := e["placeholder"]; ok {
			c.text("placeholder", p, 150, true)
		}
		if n, ok := e["max_length"].(float64); ok && (n < 1 || n > 3000) {
			c.bad("max_length %v", n)
		}
		if v, ok := e["initial_value"]; ok {
			n, _ := e["max_length"].(float64)
			c.size("initial_value", v, 1, int(n))
		}
	case "datepicker":
		c.fields("datepicker", e, "action_id", "placeholder", "initial_date", "focus_on_load")
	case "timepicker":
		c.fields("timepicker", e, "action_id", "placeholder", "initial_time", "timezone", "focus_on_load")
	case "static_select":
		c.fields("static_select", e, "action_id", "placeholder", "options", "initial_option", "focus_on_load")
		if p, ok := e["placeholder"]; ok {
			c.text("placeholder", p, 150, true)
		}
		all, _ := e["options"].([]any)
		known := false
		for _, o := range c.list("static_select.options", e["options"], 1, 100) {
			c.fields("option", o, "text", "value", "description")
			c.text("option.text", o["text"], 75, true)
			c.size("option.value", o["value"], 1, 75)
		}
		first, chosen := e["initial_option"]
		for _, o := range all {
			known = known || fmt.Sprint(o) == fmt.Sprint(first)
		}
		if chosen && !known {
			c.bad("initial_option is none of the options")
		}
	default:
		c.bad("input: element %v", e["type"])
	}
	c.size("input.action_id", e["action_id"], 1, 255)
}

// checkView is Slack's check of a modal or an App Home.
func checkView(v object, where surface) string {
	c := &checker{where: where, blockID: map[string]bool{}}
	want := "modal"
	if where == inHome {
		want = "home"
	}
	if v["type"] != want {
		c.bad("view type %v", v["type"])
	}
	if where == inModal {
		c.fields("view", v, "title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close", "notify_on_close", "external_id")
		c.text("title", v["title"], 24, true)
		if v["submit"] != nil || hasInput(v["blocks"]) {
			c.text("submit", v["submit"], 24, true)
		}
		c.text("close", v["close"], 24, true)
	} else {
		c.fields("view", v, "blocks", "private_metadata", "callback_id", "external_id")
	}
	c.optional("view", v, "private_metadata", 3000)
	c.optional("view", v, "callback_id", 255)
	if raw, _ := json.Marshal(v); len(raw) > 250<<10 {
		c.bad("the view is larger than 250 KB")
	}
	blocks, _ := v["blocks"].([]any)
	if v["blocks"] == nil {
		c.bad("blocks are missing")
	}
	var all []object
	for _, b := range blocks {
		o, _ := b.(object)
		all = append(all, o)
	}
	if c.why == "" {
		c.why = checkBlocks(all, where)
	}
	return c.why
}

// hasInput reports whether there is an input among the blocks of a view: then it needs a button
// that sends it.
func hasInput(blocks any) bool {
	all, _ := blocks.([]any)
	return slices.ContainsFunc(all, func(b any) bool {
		o, _ := b.(object)
		return o["type"] == "input"
	})
}
