package importing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// rapid is a flow of RapidPro while it is walked from its first node.
type rapid struct {
	*building
	nodes map[string]obj
	seen  map[string]bool
	other []string // what nodes do beside asking
}

// rapidPro reads what RapidPro, TextIt and Weni export, since version 13.
func (b *building) rapidPro(top obj) error {
	var flow obj
	flows := top.list("flows")
	for _, x := range flows {
		if f := of(x); flow == nil && len(f.list("nodes")) > 0 {
			flow = f
		}
	}
	if flow == nil {
		return fmt.Errorf("%w: it holds no flow with nodes; flows of RapidPro older than version 13 cannot be read", ErrUnknown)
	}
	b.from, b.title = "RapidPro", flow.text("name")
	if len(flows) > 1 {
		b.leave("other_flows", len(flows), b.title)
	}
	var tags []string
	for tag := range of(flow["localization"]) {
		tags = append(tags, tag)
	}
	if slices.Sort(tags); len(tags) > 0 {
		b.leave("other_languages", strings.Join(tags, ", "))
	}
	r := &rapid{building: b, nodes: map[string]obj{}, seen: map[string]bool{}}
	start := ""
	for _, x := range flow.list("nodes") {
		n := of(x)
		r.nodes[n.text("uuid")] = n
		start = first(start, n.text("uuid"))
	}
	r.walk(start, nil)
	if len(r.other) > 0 {
		b.leave("node", strings.Join(r.other, ", "))
	}
	return nil
}

func (r *rapid) beside(what string) {
	if what != "" && !slices.Contains(r.other, what) {
		r.other = append(r.other, what)
	}
}

// walk reads a node and those behind it; said are the messages since the last question.
func (r *rapid) walk(at string, said []string) {
	n := r.nodes[at]
	if n == nil || r.seen[at] {
		r.tell(said)
		return
	}
	r.seen[at] = true
	var replies []string
	for _, x := range n.list("actions") {
		a := of(x)
		if a.text("type") != "send_msg" {
			r.beside(a.text("type"))
			continue
		}
		said = append(said, a.text("text"))
		for _, q := range a.list("quick_replies") {
			replies = append(replies, textOf(q))
		}
		if len(a.list("attachments")) > 0 {
			r.beside("attachments")
		}
	}
	router := of(n["router"])
	switch {
	case router == nil:
	case of(router["wait"]) != nil:
		r.ask(n, router, said, replies)
		said = nil
	default:
		r.beside("split by " + first(router.text("operand"), router.text("type")))
	}
	var next []string
	for _, x := range n.list("exits") {
		if to := of(x).text("destination_uuid"); to != "" && !slices.Contains(next, to) {
			next = append(next, to)
		}
	}
	if len(next) == 0 {
		r.tell(said)
	}
	for i, to := range next {
		if i > 0 {
			said = nil // what leads to several branches is said once
		}
		r.walk(to, said)
	}
}

// tell puts messages that no question follows.
func (r *rapid) tell(said []string) {
	if text := strings.TrimSpace(strings.Join(said, "\n")); text != "" {
		r.items = append(r.items, item{key: "note", kind: "message", ask: rapidWords(text)})
	}
}

// ask makes a question of a node that waits for an answer.
func (r *rapid) ask(n, router obj, said, replies []string) {
	it := item{key: first(router.text("result_name"), "answer"), ask: rapidWords(strings.TrimSpace(strings.Join(said, "\n"))), optional: true}
	if it.ask == "" {
		it.ask = it.key
		r.leave("no_question", it.key)
	}
	names := map[string]string{}
	leads := map[string]string{}
	for _, x := range n.list("exits") {
		leads[of(x).text("uuid")] = of(x).text("destination_uuid")
	}
	var branches, to []string
	for _, x := range router.list("categories") {
		c := of(x)
		names[c.text("uuid")] = c.text("name")
		if at := leads[c.text("exit_uuid")]; !slices.Contains(to, at) {
			to = append(to, at)
			branches = append(branches, c.text("name"))
		}
	}
	if len(to) > 1 {
		r.leave("branches", it.ask, strings.Join(branches, ", "))
	}
	var options []string
	tests := map[string]bool{}
	for _, x := range router.list("cases") {
		c := of(x)
		tests[c.text("type")] = true
		if name := names[c.text("category_uuid")]; name != "" && !slices.Contains(options, name) {
			options = append(options, name)
		}
	}
	if len(replies) > 0 {
		options = replies
	}
	has := func(prefix string) bool {
		for t := range tests {
			if strings.HasPrefix(t, prefix) {
				return true
			}
		}
		return false
	}
	hint := of(of(router["wait"])["hint"]).text("type")
	switch {
	case slices.Contains([]string{"image", "audio", "video"}, hint):
		it.kind = "file"
	case len(options) > 2 && rated(options):
		it.kind, it.low, it.high, it.options = "scale", 1, len(options), options
	case len(options) == 11 && options[0] == "0" && rated(options[1:]):
		it.kind = "nps"
	case has("has_phone"):
		it.kind = "phone"
	case has("has_email"):
		it.kind = "email"
	case has("has_date"):
		it.kind = "date"
	case has("has_number") && len(replies) == 0:
		it.kind = "number"
		it.low, it.high = between(router)
	case len(options) > 1:
		it.kind, it.options = "one", options
	default:
		it.kind = "long"
	}
	r.items = append(r.items, it)
}

// between are the least and the greatest number that the cases of a router name.
func between(router obj) (low, high int) {
	for i, x := range router.list("cases") {
		for _, a := range of(x).list("arguments") {
			if v, err := strconv.Atoi(textOf(a)); err == nil {
				if i == 0 && low == 0 && high == 0 {
					low, high = v, v
				}
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return low, high
}

// rapidWords writes the places that RapidPro fills in (@contact.name) as those of others are
// written, so that they are taken out and said.
func rapidWords(s string) string { return expressions.ReplaceAllString(s, "{{$1$2}}") }
