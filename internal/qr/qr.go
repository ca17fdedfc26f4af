// Package qr draws QR codes for terminals and pages.
package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/skip2/go-qrcode"
)

// Code is a QR code as its modules, true = dark, with the quiet zone around it.
type Code [][]bool

// New is the code of a text, with error correction M: it is read with 15 % of it gone.
func New(content string) (Code, error) { return code(content, qrcode.Medium) }

// NewStrong is the code of a text with error correction Q, for what is scratched: it is read with
// 25 % of it gone.
func NewStrong(content string) (Code, error) { return code(content, qrcode.High) }

func code(content string, level qrcode.RecoveryLevel) (Code, error) {
	q, err := qrcode.New(content, level)
	if err != nil {
		return nil, fmt.Errorf("make the QR code: %w", err)
	}
	return q.Bitmap(), nil
}

// Terminal draws the code with half blocks, two rows of modules a line. Where the
// output is a terminal the colours are set, so that it is dark on light on every one.
func (q Code) Terminal(colours bool) string {
	blocks := map[[2]bool]rune{
		{false, false}: ' ', {true, false}: '▀', {false, true}: '▄', {true, true}: '█',
	}
	var b strings.Builder
	for y := 0; y < len(q); y += 2 {
		if colours {
			b.WriteString("\x1b[38;5;16;48;5;231m")
		}
		for x := range q[y] {
			lower := y+1 < len(q) && q[y+1][x]
			b.WriteRune(blocks[[2]bool{q[y][x], lower}])
		}
		if colours {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// SVG draws the code as a picture without styles or scripts, one unit a module, so
// that it can stand in a page under any content security policy.
func (q Code) SVG() string {
	n := len(q)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="QR code" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="%s"/></svg>`+"\n",
		n, n, n*8, n*8, n, n, q.Path())
}

// pngModule is the side of a module of a picture, in dots: printed 10 cm wide it is still sharp.
const pngModule = 16

// PNG draws the code as a picture of dots, for programs that take no SVG.
func (q Code) PNG() ([]byte, error) {
	n := len(q) * pngModule
	picture := image.NewPaletted(image.Rect(0, 0, n, n), color.Palette{color.White, color.Black})
	for y := range n {
		for x := range n {
			if q[y/pngModule][x/pngModule] {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("draw the QR code: %w", err)
	}
	return out.Bytes(), nil
}

// Path is the dark modules as the path of an SVG, one unit a module.
func (q Code) Path() string {
	var path strings.Builder
	for y, row := range q {
		for x := 0; x < len(row); x++ {
			start := x
			for x < len(row) && row[x] {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start, y, x-start, x-start)
			}
		}
	}
	return path.String()
}
