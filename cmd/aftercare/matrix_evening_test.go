//go:build matrix

package main

import (
	"testing"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// TestMatrixFirstEvening plays the first evening in every look.
func TestMatrixFirstEvening(t *testing.T) {
	for _, l := range browsertest.Looks() {
		t.Run(l.Name, func(t *testing.T) { firstEvening(t, l) })
	}
}
