package asking

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage"
)

// What others wrote is no formula in a sheet of links, and telephone numbers stay numbers.
func TestASheetOfLinksCanBeMailedAndHoldsNoFormula(t *testing.T) {
	h := HandOut{
		Ask: storage.Ask{Customer: "-c1+2", Event: "=1+1", Service: "@sum"}, Name: "=HYPERLINK(1)",
		Phone: "+49 170 1234567", Email: "+ann@example.com", Web: "https://care.example/chat/x", Telegram: "https://t.me/bot",
	}
	want := []string{"'-c1+2", "'=HYPERLINK(1)", "'=1+1", "'@sum", "+491701234567", "'+ann@example.com", "https://care.example/chat/x"}
	if diff := cmp.Diff(want, h.Row()); diff != "" {
		t.Error(diff)
	}
	if len(HandOutColumns()) != len(want) {
		t.Errorf("%d columns have names", len(HandOutColumns()))
	}
}
