package main

import "testing"

func TestATargetSaysWhetherItIsMetAndByHowMuchNot(t *testing.T) {
	for _, tt := range []struct {
		target  target
		value   float64
		text    string
		verdict string
	}{
		{atLeast(1.5), 1.5, "≥ 1.5", "met"},
		{atLeast(4), 3, "≥ 4", "missed: 75 % of it"},
		{atMost(150), 150, "≤ 150", "met"},
		{atMost(6), 9, "≤ 6", "missed: 1.5 times it"},
	} {
		if got := tt.target.String(); got != tt.text {
			t.Errorf("%v is written %q", tt.target, got)
		}
		if got := tt.target.verdict(tt.value); got != tt.verdict {
			t.Errorf("%v of %v: %q, want %q", tt.target, tt.value, got, tt.verdict)
		}
	}
}
