package main

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMedianAndPercentile(t *testing.T) {
	for _, tt := range []struct {
		values           []float64
		median, p50, p99 float64
	}{
		{[]float64{3}, 3, 3, 3},
		{[]float64{3, 1, 2}, 2, 2, 3},
		{[]float64{4, 1, 3, 2}, 2.5, 2, 4},
	} {
		if got := median(tt.values); got != tt.median {
			t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.median)
		}
		if got := percentile(tt.values, 50); got != tt.p50 {
			t.Errorf("p50(%v) = %v, want %v", tt.values, got, tt.p50)
		}
		if got := percentile(tt.values, 99); got != tt.p99 {
			t.Errorf("p99(%v) = %v, want %v", tt.values, got, tt.p99)
		}
	}
	if !math.IsNaN(median(nil)) || !math.IsNaN(percentile(nil, 50)) {
		t.Errorf("nothing has the median %v and the half of %v", median(nil), percentile(nil, 50))
	}
}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	if diff := cmp.Diff([]float64{4, 2}, ratios([]float64{8, 2, 9}, []float64{2, 1})); diff != "" {
		t.Error(diff)
	}
}
