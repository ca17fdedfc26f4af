package webchat

import (
	"context"
	"testing"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// tab is a tab of the browser with what only a chat has.
type tab struct{ browsertest.Tab }

func openTab(t *testing.T, browser context.Context) tab {
	t.Helper()
	return tab{browsertest.Open(t, browser)}
}

// eval returns the value of an expression in the page.
func eval[V any](t tab, expression string) V {
	t.Helper()
	return browsertest.Eval[V](t.Tab, expression)
}
