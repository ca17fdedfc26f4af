//go:build matrix

package admin

import (
	"testing"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// TestMatrixScenes plays in every look but the first, in which `make test` plays it, what staff do with
// cases, and how they get in.
func TestMatrixScenes(t *testing.T) {
	browser := browsertest.Start(t)
	for _, l := range browsertest.Looks()[1:] {
		for name, scene := range deskScenes {
			t.Run(l.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				playAtDesk(t, browser, l, scene)
			})
		}
		for name, scene := range doorScenes {
			t.Run(l.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				playAtTheDoor(t, browser, l, scene)
			})
		}
		t.Run(l.Name+"/a passkey opens the pages", func(t *testing.T) {
			t.Parallel()
			passkeyOpens(t, browser, l)
		})
	}
}
