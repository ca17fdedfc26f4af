package admin

import (
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

// qrPicture is a QR code as the path of an SVG, one unit a module.
type qrPicture struct {
	Size int
	Path string
}

func newQR(content string) (qrPicture, error) {
	q, err := qrcode.New(content, qrcode.Medium)
	if err != nil {
		return qrPicture{}, fmt.Errorf("make the QR code: %w", err)
	}
	rows := q.Bitmap()
	var path strings.Builder
	for y, row := range rows {
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
	return qrPicture{len(rows), path.String()}, nil
}
