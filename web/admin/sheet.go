package admin

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/qr"
	"github.com/aftercare/aftercare/storage"
)

// cardPage is what is printed of links: sheets of cards. Sizes are in card.css, in mm.
type cardPage struct {
	At     string // its own address
	For    string // only of links that were made for these, of eachKinds; "" = of all
	Site   string // only of links of this site; "" = of all
	Flow   string // only of links that ask this survey; "" = of all
	Fors   []choice
	Kind   string // of cardKinds
	Paper  string // of papers
	Says   string // how large it is printed
	Sheets [][]printedCard
	Kinds  []sheetChoice
	Papers []sheetChoice
}

// printedCard is one card.
type printedCard struct {
	Name     string // of the link, so that cards of several do not get mixed up; "" = all are alike
	Business string
	Asks     []string // one sentence in each language that is spoken there
	Code     *qrPicture
	Address  string // in letters, without what a browser adds by itself
	Here     string // "Telegram or browser, no account needed"
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
	each   int  // of one link, where a sheet is of several
	strong bool // they get scratched: the code has error correction Q
}

// cardKinds are the kinds of cards: a counter card of A6, a table tent of A5 that is folded, business
// cards of 85 by 54 mm, stickers of 50 by 50 mm. The papers are those that printers hold.
var (
	cardKinds = []cardKind{{"counter", 1, 1, false}, {"tent", 2, 2, false}, {"cards", 10, 1, false}, {"stickers", 15, 1, true}}
	papers    = []string{"a4", "letter"}
)

// mostCards are the links of one print, at most.
const mostCards = 300

// sheetAsked is the sheet that an address asks for: a counter card on A4 unless it says otherwise.
func (s linkPages) sheetAsked(words *words, q url.Values, at string) (cardPage, cardKind) {
	kind := cardKinds[0]
	if i := slices.IndexFunc(cardKinds, func(k cardKind) bool { return k.name == q.Get("kind") }); i > 0 {
		kind = cardKinds[i]
	}
	p := cardPage{At: at, Kind: kind.name, Paper: papers[0]}
	if q.Get("paper") == papers[1] {
		p.Paper = papers[1]
	}
	for _, k := range cardKinds {
		p.Kinds = append(p.Kinds, sheetChoice{k.name, p.Paper, k.name == p.Kind})
	}
	for _, x := range papers {
		p.Papers = append(p.Papers, sheetChoice{p.Kind, x, x == p.Paper})
	}
	p.Says = words.sentences(words.t("card_print_"+p.Kind), words.t("card_print_"+p.Paper))
	return p, kind
}

// card is the card of a link; false = it is closed, or nobody reaches its address.
func (s linkPages) card(l *storage.StandingLink, kind cardKind, words *words) (printedCard, bool, error) {
	web, telegram := bot.Standing{Bot: s.Bot}.Addresses(l.ID)
	to := printed(web, telegram)
	if to == "" || !l.Closed.IsZero() {
		return printedCard{}, false, nil
	}
	at := s.Bot.Configuration().Now().Site(l.Site)
	c := printedCard{Business: at.Name, Address: strings.TrimPrefix(to, "https://")}
	own := words
	if in, ok := tongues()[cmp.Or(l.Language, at.Language)]; ok {
		own = in
	}
	c.Asks = []string{own.t("card_ask")}
	if own.lang != fallback {
		c.Asks = append(c.Asks, tongues()[fallback].t("card_ask"))
	}
	c.Here = own.t("card_here_web")
	if to == telegram {
		c.Here = own.t("card_here_telegram")
	} else if telegram != "" {
		c.Here = own.t("card_here_both")
	}
	made := qr.New
	if kind.strong {
		made = qr.NewStrong
	}
	code, err := made(to)
	if err == nil {
		c.Code = &qrPicture{len(code), code.Path()}
	}
	return c, true, err
}

// linkCard is a sheet of one link: all cards are alike.
func (s linkPages) linkCard(w http.ResponseWriter, r *http.Request, v Viewer) error {
	l, err := s.linkAsked(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p, kind := s.sheetAsked(words, r.URL.Query(), "/asking/links/"+l.ID+"/card")
	c, ok, err := s.card(&l, kind, words)
	if err != nil {
		return err
	}
	if !ok {
		return &page.Error{Code: page.Gone, Title: "no_card", Text: "no_card_text"}
	}
	p.Sheets = [][]printedCard{slices.Repeat([]printedCard{c}, kind.many)}
	return s.show(w, r, v, http.StatusOK, "card.html", frame{
		Title: words.t("link_card"), Here: "/asking/links", Back: &link{"/asking/links/" + l.ID, l.Name},
	}, p)
}

// narrow takes from an address which links are printed, and offers what there are links for.
func (p *cardPage) narrow(w *words, q url.Values, all []storage.StandingLink) {
	p.For, p.Site, p.Flow = q.Get("for"), q.Get("site"), q.Get("flow")
	for _, kind := range eachKinds() {
		if slices.ContainsFunc(all, func(l storage.StandingLink) bool { return linkFor(&l) == kind }) {
			p.Fors = append(p.Fors, choice{kind, w.t("cards_of_" + kind), p.For == kind})
		}
	}
	if len(p.Fors) < 2 {
		p.Fors = nil
		return
	}
	p.Fors = slices.Insert(p.Fors, 0, choice{"", w.t("cards_of_all"), p.For == ""})
}

// holds reports whether a link is among those that are printed.
func (p *cardPage) holds(l *storage.StandingLink) bool {
	return (p.For == "" || linkFor(l) == p.For) && (p.Site == "" || l.Site == p.Site) && (p.Flow == "" || l.Flow == p.Flow)
}

// linksInOrder is the order in which cards are cut and put up: by site, tables by their numbers.
func linksInOrder(x, y storage.StandingLink) int {
	number := func(l *storage.StandingLink) int { n, _ := strconv.Atoi(l.Event[attrTable]); return n }
	return cmp.Or(cmp.Compare(x.Site, y.Site), cmp.Compare(number(&x), number(&y)), cmp.Compare(x.Name, y.Name))
}

// linkCards are sheets of all open links that the viewer has: a card of each, with its name.
func (s linkPages) linkCards(w http.ResponseWriter, r *http.Request, v Viewer) error {
	all, err := s.Store.StandingLinkList(r.Context())
	if err != nil {
		return err
	}
	words := s.words(r, v)
	q := r.URL.Query()
	p, kind := s.sheetAsked(words, q, "/asking/links/cards")
	all = slices.DeleteFunc(all, func(l storage.StandingLink) bool {
		return !v.Can(access.MakeLinks, l.Site) || !l.Closed.IsZero()
	})
	p.narrow(words, q, all)
	slices.SortStableFunc(all, linksInOrder)
	var cards []printedCard
	for i := range all {
		if len(cards) >= mostCards*kind.each || !p.holds(&all[i]) {
			continue
		}
		c, ok, err := s.card(&all[i], kind, words)
		if err != nil {
			return err
		}
		if c.Name = all[i].Name; ok {
			cards = append(cards, slices.Repeat([]printedCard{c}, kind.each)...)
		}
	}
	if len(cards) == 0 {
		return &page.Error{Code: page.Gone, Title: "no_card", Text: "no_card_text"}
	}
	p.Sheets = slices.Collect(slices.Chunk(cards, kind.many))
	return s.show(w, r, v, http.StatusOK, "card.html", frame{
		Title: words.t("link_cards"), Here: "/asking/links", Back: &link{"/asking/links", words.t("links")},
	}, p)
}

// linkCode is the code as a file, for whoever lays a card out by themselves.
func (s linkPages) linkCode(w http.ResponseWriter, r *http.Request, v Viewer) error {
	l, err := s.linkAsked(r, v)
	if err != nil {
		return err
	}
	to := printed(bot.Standing{Bot: s.Bot}.Addresses(l.ID))
	if to == "" {
		return &page.Error{Code: page.Gone, Title: "no_card", Text: "no_card_text"}
	}
	code, err := qr.New(to)
	if err != nil {
		return err
	}
	kind, file := "image/svg+xml", []byte(code.SVG())
	ext := path.Ext(r.URL.Path)
	if ext == ".png" {
		kind = "image/png"
		if file, err = code.PNG(); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="aftercare-`+template.URLQueryEscaper(l.ID)+ext+`"`)
	_, _ = w.Write(file)
	return nil
}
