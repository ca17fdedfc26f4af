package admin

import (
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/internal/qr"
)

// qrPicture is a QR code as the path of an SVG, one unit a module.
type qrPicture struct {
	Size int
	Path string
}

func newQR(content string) (qrPicture, error) {
	rows, err := qr.Modules(content)
	if err != nil {
		return qrPicture{}, err
	}
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
