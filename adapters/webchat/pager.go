package webchat

import (
	"context"
	"html"
	"net/http"
	"strconv"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	// perPage is how many messages a page has at most.
	perPage = 100
	// pageWeight is about how many bytes of HTML they may be together. The newest is shown
	// however heavy it is.
	pageWeight = 150_000
)

// part is the piece of a transcript that one page shows.
type part struct {
	Items   []Item
	State   string // of the whole transcript
	Past    bool   // newer messages are on other pages
	Earlier int64  // what comes before is asked for by this; 0 = this is the beginning
}

// readPart reads what a request asks for: the newest messages, or those before one.
func (s *site) readPart(ctx context.Context, r *http.Request, to chat.Address) (p part, err error) {
	var before int64
	if r.Method == http.MethodGet {
		before, _ = strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
		before = max(before, 0)
	}
	// The state first: what is written meanwhile makes another, and the page is read again.
	if p.State, err = s.State(ctx, to); err != nil {
		return part{}, err
	}
	items, err := s.Transcript(ctx, to, before, perPage+1)
	if err != nil {
		return part{}, err
	}
	p.Items, p.Past = fitting(items), before > 0
	if len(p.Items) < len(items) {
		p.Earlier = p.Items[0].Ord
		for _, it := range p.Items {
			p.Earlier = min(p.Earlier, it.Ord)
		}
	}
	return p, nil
}

// fitting returns the last of the items that fit on one page, at least one.
func fitting(items []Item) []Item {
	room := pageWeight
	for i := len(items) - 1; i >= 0; i-- {
		room -= weight(items[i])
		if len(items)-i > perPage || room < 0 && i < len(items)-1 {
			return items[i+1:]
		}
	}
	return items
}

// weight is about how many bytes of HTML an item becomes.
func weight(it Item) int {
	const tags, perButton = 500, 250
	m := it.Message
	n := tags + 3*len(it.Slot)
	for _, text := range []string{m.Title, m.Text, m.Footer} {
		n += len(html.EscapeString(text))
	}
	for _, f := range m.Facts {
		n += perButton + len(html.EscapeString(f.Label)) + len(html.EscapeString(f.Value))
	}
	for _, q := range m.Quotes {
		n += perButton + len(html.EscapeString(q.Label)) + len(html.EscapeString(q.Text))
	}
	for _, row := range m.Rows {
		for _, b := range row {
			n += perButton + len(html.EscapeString(b.Text)) + len(html.EscapeString(b.Label)) + len(b.URL)
			if b.Form != nil {
				n += 4 * perButton * (1 + len(b.Form.Fields))
			}
		}
	}
	return n
}
