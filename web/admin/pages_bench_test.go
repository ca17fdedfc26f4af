package admin

import (
	"flag"
	"net/http/httptest"
	"testing"
)

var crowdOf = flag.Int("crowd", 200, "how many unhappy customers the benchmark of pages has, each with a case")

// BenchmarkPages is how long the server takes for a page that is opened daily:
// go test ./web/admin -run - -bench Pages -crowd 2000.
func BenchmarkPages(b *testing.B) {
	w := newWorld(b)
	last := w.crowd(0, *crowdOf)
	h := w.as("robin").h
	for _, page := range []struct{ name, at string }{
		{"today", "/"},
		{"cases", "/cases"},
		{"case", "/cases/" + last.Name()},
		{"customer", "/customers/" + last.Identity},
		{"answers", "/answers"},
		{"report", "/reports/level"},
		{"people", "/people"},
	} {
		b.Run(page.name, func(b *testing.B) {
			bytes := 0
			for b.Loop() {
				out := httptest.NewRecorder()
				h.ServeHTTP(out, httptest.NewRequest("GET", page.at, nil))
				if out.Code != 200 {
					b.Fatalf("%s: %d", page.at, out.Code)
				}
				bytes = out.Body.Len()
			}
			b.ReportMetric(float64(bytes), "bytes/page")
		})
	}
}
