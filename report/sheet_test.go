package report

import "testing"

func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{"=1+1": "'=1+1", "+49": "+49", "@x": "'@x", "-3": "-3", "-x": "'-x", "\tx": "'\tx", "": "", "fine": "fine"} {
		if got := Inert(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
