package admin

import (
	"net/url"
	"slices"

	"github.com/aftercare/aftercare/internal/qr"
)

// cardPage is a link as it is printed: a sheet of cards, all alike. Sizes are in card.css, in mm.
type cardPage struct {
	ID       string
	Business string
	Asks     []string // one sentence in each language that is spoken there
	Code     *qrPicture
	Address  string // in letters, without what a browser adds by itself
	Here     string // "Telegram or browser, no account needed"
	Kind     string // of cardKinds
	Paper    string // of papers
	Says     string // how large it is printed
	Cards    []struct{}
	Kinds    []sheetChoice
	Papers   []sheetChoice
}

// sheetChoice is another sheet that may be printed.
type sheetChoice struct {
	Kind, Paper string
	On          bool // it is the one that is shown
}

// cardKind is a kind of cards.
type cardKind struct {
	name   string
	many   int  // on a sheet
	strong bool // they get scratched: the code has error correction Q
}

// cardKinds are the kinds of cards: a counter card of A6, a table tent of A5 that is folded, business
// cards of 85 by 54 mm, stickers of 50 by 50 mm. The papers are those that printers hold.
var (
	cardKinds = []cardKind{{"counter", 1, false}, {"tent", 2, false}, {"cards", 10, false}, {"stickers", 15, true}}
	papers    = []string{"a4", "letter"}
)

// lay lays the sheet out that the address asks for: a counter card on A4 unless it says otherwise.
func (p *cardPage) lay(q url.Values, to string) error {
	kind := cardKinds[0]
	if i := slices.IndexFunc(cardKinds, func(k cardKind) bool { return k.name == q.Get("kind") }); i > 0 {
		kind = cardKinds[i]
	}
	p.Kind, p.Paper = kind.name, papers[0]
	if q.Get("paper") == papers[1] {
		p.Paper = papers[1]
	}
	p.Cards = make([]struct{}, kind.many)
	for _, k := range cardKinds {
		p.Kinds = append(p.Kinds, sheetChoice{k.name, p.Paper, k.name == p.Kind})
	}
	for _, x := range papers {
		p.Papers = append(p.Papers, sheetChoice{p.Kind, x, x == p.Paper})
	}
	made := qr.New
	if kind.strong {
		made = qr.NewStrong
	}
	code, err := made(to)
	if err == nil {
		p.Code = &qrPicture{len(code), code.Path()}
	}
	return err
}
