package report

import "testing"

func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{"=1+1": "'=1+1", "+49": "+49", "@x": "'@x", "-3": "-3", "-x": "'-x", "\tx": "'\tx", "": "", "fine": "fine", "\n=x": "'\n=x", "＝1+1": "'＝1+1", "+1-555-0100": "'+1-555-0100"} {
		if got := Inert(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A column of telephone numbers is one that a sender of text messages can read, and no sums.
func TestATelephoneNumberStaysOne(t *testing.T) {
	for text, want := range map[string]string{
		"+49 (170) 123-45.67/8": "+4917012345678", "+491701234567": "+491701234567", "0170 1234": "0170 1234", "": "",
		"+1-555-0100": "+15550100", "=1+1": "'=1+1", "+49*cmd|x": "'+49*cmd|x", "-1": "-1", "+": "'+", "+A1": "'+A1", "-1-2": "'-1-2",
	} {
		if got := Phone(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
