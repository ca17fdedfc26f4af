package admin

import "github.com/aftercare/aftercare/internal/qr"

// qrPicture is a QR code as a page draws it (part "qr"), one unit a module.
type qrPicture struct {
	Size int
	Path string
}

func newQR(content string) (qrPicture, error) {
	code, err := qr.New(content)
	if err != nil {
		return qrPicture{}, err
	}
	return qrPicture{len(code), code.Path()}, nil
}
