//go:build matrix

package main

import (
	"testing"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// TestMatrixFirstEvening plays the first evening in every look but the first, in which `make test` plays it,
// in the browser alone and with a bot of one's own.
func TestMatrixFirstEvening(t *testing.T) {
	for _, l := range browsertest.Looks()[1:] {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			firstEvening(t, l)
		})
		t.Run(l.Name+" with Telegram", func(t *testing.T) {
			t.Parallel()
			telegramEvening(t, l)
		})
	}
}
