// Package qr makes QR codes as their modules; whoever shows one draws it.
package qr

import (
	"fmt"

	"github.com/skip2/go-qrcode"
)

// Modules is a QR code with the quiet zone around it: rows of modules, true = dark.
func Modules(content string) ([][]bool, error) {
	q, err := qrcode.New(content, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("make the QR code: %w", err)
	}
	return q.Bitmap(), nil
}
