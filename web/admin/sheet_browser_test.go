package admin

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/storage"
)

// Printed by Chromium at 100 %, each sheet is one page of its paper, each card on it has its size, and
// every code is read from the picture, with modules and a symbol that a phone sees from where it is held.
func TestSheetsArePrintedInTheirSize(t *testing.T) {
	browser := browsertest.Start(t)
	w := newWorld(t)
	link := storage.StandingLink{ID: "abcdefghjk", Name: "Counter", Flow: "one_tap_csat", Site: "main", Language: "zh-Hans", Event: map[string]string{}, Created: w.clock.Now()}
	if err := w.store.PutStandingLink(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	server := httptest.NewServer(New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	tab := browsertest.Open(t, browser)
	to, read := printed(bot.Standing{Bot: w.bot}.Addresses(link.ID)), map[string]string{}
	for _, paper := range []struct {
		name          string
		width, height float64
	}{{"a4", 210, 297}, {"letter", 215.9, 279.4}} {
		for _, k := range []struct {
			kind                        string
			many                        int
			width, height, code, symbol float64 // code with its quiet zone; symbol = at least, without
		}{
			{"counter", 1, 105, 148, 50, 25},
			{"tent", 2, 148, 105, 48, 35},
			{"cards", 10, 85, 54, 34, 25},
			{"stickers", 15, 50, 50, 36, 25},
		} {
			where := k.kind + " on " + paper.name
			tab.Do(chromedp.Navigate(server.URL + "/asking/links/" + link.ID + "/card?kind=" + k.kind + "&paper=" + paper.name))
			tab.Until(`document.readyState === "complete"`)
			if browsertest.Eval[bool](tab, `!document.querySelector(".printed .qr")`) {
				t.Fatalf("%s: no sheet: %s", where, browsertest.Eval[string](tab, `document.body.innerText`))
			}
			yes := true
			made, err := chromedp.Call(tab.Ctx, page.PrintToPDF, page.PrintToPDFParams{PrintBackground: &yes, PreferCSSPageSize: &yes, Scale: 1})
			if err != nil {
				t.Fatal(err)
			}
			d := readPDF(t, made.Data)
			if d.pages != 1 || !near(d.width, paper.width) || !near(d.height, paper.height) {
				t.Errorf("%s: %d pages of %.1f × %.1f mm", where, d.pages, d.width, d.height)
			}
			if got := d.rects(k.width, k.height); len(got) != k.many {
				t.Errorf("%s: %d cards of %.0f × %.0f mm, want %d; there are %v", where, len(got), k.width, k.height, k.many, d.found())
			} else {
				inPlace(t, where, got, paper.width, paper.height)
			}
			if got := d.rects(k.code, k.code); len(got) != k.many {
				t.Errorf("%s: %d codes of %.0f mm, want %d", where, len(got), k.code, k.many)
			}
			modules := browsertest.Eval[float64](tab, `document.querySelector(".printed .qr").viewBox.baseVal.width`)
			if one := k.code / modules; one < 0.4 || one*(modules-8) < k.symbol {
				t.Errorf("%s: a module is %.2f mm, the symbol %.1f mm", where, one, one*(modules-8))
			}
			for i, said := range scanned(t, tab, k.many, read) {
				if said != to {
					t.Errorf("%s: code %d is read as %q, want %q", where, i, said, to)
				}
			}
			if over := browsertest.Eval[string](tab, overfull); over != "" {
				t.Errorf("%s: cards hold more than they have room for: %s", where, over)
			}
			tab.Picture("sheet-" + k.kind + "-" + paper.name)
		}
	}
}

// Of many links, each has a card of its own on as many sheets as they take: in its size, with its name
// and its own code. The code of one is a file, as lines and as dots.
func TestASheetOfAllLinksHasACardOfEach(t *testing.T) {
	browser := browsertest.Start(t)
	w := newWorld(t)
	want := map[string]string{}
	for i := range 17 {
		link := storage.StandingLink{
			ID: "abcdefghj" + string(rune('a'+i)), Name: fmt.Sprint("Table ", i+1), Flow: "one_tap_csat", Site: "main", Event: map[string]string{}, Created: w.clock.Now(),
		}
		if i == 16 { // it hangs nowhere any more
			link.Closed = w.clock.Now()
		} else {
			want[link.Name] = printed(bot.Standing{Bot: w.bot}.Addresses(link.ID))
		}
		if err := w.store.PutStandingLink(t.Context(), link); err != nil {
			t.Fatal(err)
		}
	}
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	server := httptest.NewServer(New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	tab := browsertest.Open(t, browser)
	read := map[string]string{}
	for _, paper := range []string{"a4", "letter"} {
		for _, k := range []struct {
			kind                string
			pages, cards        int
			width, height, code float64
		}{{"counter", 16, 16, 105, 148, 50}, {"tent", 16, 32, 148, 105, 48}, {"cards", 2, 16, 85, 54, 34}, {"stickers", 2, 16, 50, 50, 36}} {
			where := k.kind + " on " + paper
			tab.Do(chromedp.Navigate(server.URL + "/asking/links/cards?kind=" + k.kind + "&paper=" + paper))
			tab.Until(`document.readyState === "complete"`)
			yes := true
			made, err := chromedp.Call(tab.Ctx, page.PrintToPDF, page.PrintToPDFParams{PrintBackground: &yes, PreferCSSPageSize: &yes, Scale: 1})
			if err != nil {
				t.Fatal(err)
			}
			d := readPDF(t, made.Data)
			if d.pages != k.pages || len(d.begins) != k.pages {
				t.Errorf("%s: %d pages, want %d", where, d.pages, k.pages)
			}
			cards, codes := 0, 0
			for i := range d.begins {
				one := d.page(i)
				got := one.rects(k.width, k.height)
				inPlace(t, where, got, d.width, d.height)
				cards, codes = cards+len(got), codes+len(one.rects(k.code, k.code))
			}
			if cards != k.cards || codes != k.cards {
				t.Errorf("%s: %d cards and %d codes, want %d", where, cards, codes, k.cards)
			}
			names := browsertest.Eval[[]string](tab, `[...document.querySelectorAll(".printed-card .which")].map(w => w.textContent)`)
			seen := map[string]bool{}
			for i, said := range scanned(t, tab, k.cards, read) {
				if seen[names[i]] = true; said != want[names[i]] || said == "" {
					t.Errorf("%s: the code of %s is read as %q, want %q", where, names[i], said, want[names[i]])
				}
			}
			if len(seen) != len(want) {
				t.Errorf("%s: cards of %d links, want %d", where, len(seen), len(want))
			}
			if over := browsertest.Eval[string](tab, overfull); over != "" {
				t.Errorf("%s: cards hold more than they have room for: %s", where, over)
			}
			tab.Picture("sheets-" + k.kind + "-" + paper)
		}
	}
	for _, ext := range []string{"png", "svg"} {
		r, err := http.Get(server.URL + "/asking/links/abcdefghja/code." + ext)
		if err != nil {
			t.Fatal(err)
		}
		file, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK || !strings.HasSuffix(r.Header.Get("Content-Disposition"), "."+ext+`"`) {
			t.Fatalf("%s: %s, %v, %s", ext, r.Status, err, r.Header)
		}
		if ext == "svg" {
			tab.Do(chromedp.Navigate("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(file)))
			shot, err := chromedp.Call(tab.Ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
			if err != nil {
				t.Fatal(err)
			}
			file = shot.Data
		}
		picture, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if said := readCode(picture); said != want["Table 1"] {
			t.Errorf("the code as %s is read as %q, want %q", ext, said, want["Table 1"])
		}
	}
}

// overfull names the cards that hold more than they have room for.
const overfull = `[...document.querySelectorAll(".printed-card")].filter(c => c.scrollHeight > c.clientHeight + 1 || c.scrollWidth > c.clientWidth + 1).map(c => c.scrollWidth + "×" + c.scrollHeight + " in " + c.clientWidth + "×" + c.clientHeight).join()`

// scanned reads every code of the sheet from what the browser draws for print. What was drawn alike and as large before
// is not drawn again: read is what it said.
func scanned(t *testing.T, tab browsertest.Tab, many int, read map[string]string) (said []string) {
	t.Helper()
	media := func(name string) {
		if _, err := chromedp.Call(tab.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: name}); err != nil {
			t.Fatal(err)
		}
	}
	media("print")
	defer media("")
	codes := browsertest.Eval[[]struct {
		Drawn string    `json:"drawn"`
		Box   []float64 `json:"box"`
	}](tab, `[...document.querySelectorAll(".printed-card")].map(c => { const q = c.querySelector(".qr"), b = q.getBoundingClientRect(), s = getComputedStyle(q)
		return { drawn: [q.outerHTML, s.color, s.fill, s.backgroundColor, s.opacity, b.width.toFixed(1), b.height.toFixed(1)].join(" "), box: [b.x + scrollX, b.y + scrollY, b.width, b.height] } })`)
	if len(codes) != many {
		t.Fatalf("%d cards, want %d", len(codes), many)
	}
	yes := true
	for _, c := range codes {
		if _, ok := read[c.Drawn]; !ok {
			shot, err := chromedp.Call(tab.Ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
				CaptureBeyondViewport: &yes, Clip: &page.Viewport{X: c.Box[0], Y: c.Box[1], Width: c.Box[2], Height: c.Box[3], Scale: 3},
			})
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(bytes.NewReader(shot.Data))
			if err != nil {
				t.Fatal(err)
			}
			read[c.Drawn] = readCode(picture)
		}
		said = append(said, read[c.Drawn])
	}
	return said
}

// readCode reads the code in a picture, or says why it cannot.
func readCode(picture image.Image) string {
	bits, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return err.Error()
	}
	read, err := qrcode.NewQRCodeReader().Decode(bits, nil)
	if err != nil {
		return err.Error()
	}
	return read.GetText()
}

// rect is a filled area, in mm.
type rect struct{ x, y, width, height float64 }

func (r rect) String() string { return fmt.Sprintf("%.1f×%.1f", r.width, r.height) }

// pdf is what a PDF of Chromium's draws.
type pdf struct {
	pages         int
	width, height float64 // of the page, mm
	filled        []rect
	begins        []int // of filled, by page
}

// page is one page of several.
func (d *pdf) page(i int) *pdf {
	end := len(d.filled)
	if i+1 < len(d.begins) {
		end = d.begins[i+1]
	}
	return &pdf{pages: 1, width: d.width, height: d.height, filled: d.filled[d.begins[i]:end]}
}

const mmPerPoint = 25.4 / 72

func near(a, b float64) bool { return math.Abs(a-b) < 0.5 }

func (d *pdf) rects(width, height float64) (out []rect) {
	seen := map[string]bool{}
	for _, r := range d.filled {
		if key := fmt.Sprintf("%.0f %.0f", r.x, r.y); near(r.width, width) && near(r.height, height) && !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}

// found are the sizes of what is large enough to be a card.
func (d *pdf) found() (out []rect) {
	for _, r := range d.filled {
		if r.width > 20 && r.height > 20 {
			out = append(out, r)
		}
	}
	return out
}

// inPlace reports cards that lie over each other or over the edge of the paper.
func inPlace(t *testing.T, where string, all []rect, width, height float64) {
	t.Helper()
	for i, a := range all {
		if a.x < -0.1 || a.y < -0.1 || a.x+a.width > width+0.1 || a.y+a.height > height+0.1 {
			t.Errorf("%s: a card lies over the edge: %+v", where, a)
		}
		for _, b := range all[:i] {
			if math.Min(a.x+a.width, b.x+b.width)-math.Max(a.x, b.x) > 0.5 && math.Min(a.y+a.height, b.y+b.height)-math.Max(a.y, b.y) > 0.5 {
				t.Errorf("%s: two cards lie over each other: %+v and %+v", where, a, b)
			}
		}
	}
}

var (
	pdfStream = regexp.MustCompile(`(?s)\bstream\r?\n(.*?)\r?\nendstream`)
	pdfObject = regexp.MustCompile(`(\d+) 0 obj`)
	pdfPage   = regexp.MustCompile(`/Contents (\d+) 0 R`)
	pdfBox    = regexp.MustCompile(`/MediaBox ?\[ ?0 0 ([0-9.]+) ([0-9.]+) ?\]`)
)

// readPDF reads where a PDF fills areas: the operators q, Q, cm, re, m, l, c, h and f of its content
// streams (ISO 32000-1, 8.4 and 8.5).
func readPDF(t *testing.T, data []byte) (d pdf) {
	t.Helper()
	for _, box := range pdfBox.FindAllSubmatch(data, -1) {
		d.pages++
		d.width, _ = strconv.ParseFloat(string(box[1]), 64)
		d.height, _ = strconv.ParseFloat(string(box[2]), 64)
	}
	d.width, d.height = d.width*mmPerPoint, d.height*mmPerPoint
	streams := map[string]string{} // by the number of their object
	behind := 0
	for _, s := range pdfStream.FindAllSubmatchIndex(data, -1) {
		objects := pdfObject.FindAllSubmatch(data[behind:s[0]], -1)
		behind = s[1]
		if r, err := zlib.NewReader(bytes.NewReader(data[s[2]:s[3]])); err == nil && len(objects) > 0 {
			text, _ := io.ReadAll(r)
			streams[string(objects[len(objects)-1][1])] = string(text)
		}
	}
	for _, p := range pdfPage.FindAllSubmatch(data, -1) {
		d.begins = append(d.begins, len(d.filled))
		d.draw(streams, string(p[1]), [6]float64{1, 0, 0, 1, 0, 0}, 0)
	}
	return d
}

// draw follows one stream and what it draws by reference (Do), which Chromium names "X" and the number
// of its object.
func (d *pdf) draw(streams map[string]string, object string, at [6]float64, depth int) {
	if depth > 8 {
		return
	}
	text := streams[object]
	before := ""
	var kept [][6]float64
	var numbers, xs, ys []float64
	point := func(x, y float64) {
		xs, ys = append(xs, at[0]*x+at[2]*y+at[4]), append(ys, at[1]*x+at[3]*y+at[5])
	}
	for _, word := range strings.Fields(text) {
		if n, err := strconv.ParseFloat(word, 64); err == nil {
			numbers = append(numbers, n)
			continue
		}
		n, name := numbers, before
		numbers, before = nil, word
		switch {
		case word == "q":
			kept = append(kept, at)
		case word == "Q" && len(kept) > 0:
			at, kept = kept[len(kept)-1], kept[:len(kept)-1]
		case word == "cm" && len(n) == 6:
			at = [6]float64{
				n[0]*at[0] + n[1]*at[2], n[0]*at[1] + n[1]*at[3], n[2]*at[0] + n[3]*at[2], n[2]*at[1] + n[3]*at[3],
				n[4]*at[0] + n[5]*at[2] + at[4], n[4]*at[1] + n[5]*at[3] + at[5],
			}
		case word == "Do":
			d.draw(streams, strings.TrimPrefix(name, "/X"), at, depth+1)
		case word == "re" && len(n) == 4:
			point(n[0], n[1])
			point(n[0]+n[2], n[1]+n[3])
		case (word == "m" || word == "l" || word == "c") && len(n) >= 2:
			point(n[len(n)-2], n[len(n)-1])
		case word == "f" || word == "f*" || word == "n" || word == "S" || word == "B":
			if len(xs) > 1 && strings.HasPrefix(word, "f") {
				d.filled = append(d.filled, boxOf(xs, ys))
			}
			xs, ys = nil, nil
		}
	}
}

func boxOf(xs, ys []float64) rect {
	left, right, low, high := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range xs {
		left, right, low, high = min(left, xs[i]), max(right, xs[i]), min(low, ys[i]), max(high, ys[i])
	}
	return rect{left * mmPerPoint, low * mmPerPoint, (right - left) * mmPerPoint, (high - low) * mmPerPoint}
}
