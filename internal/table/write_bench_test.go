package table

import (
	"io"
	"testing"
)

// An answer as it is handed out, in each format.
func BenchmarkRows(b *testing.B) {
	columns := []string{
		"session", "question", "revision", "newest", "kind", "value", "choices", "score", "level", "flag", "skipped", "dropped", "test", "flow",
		"version", "site", "service", "staff", "language", "channel", "day",
	}
	row := []any{
		"c4ca4238a0b923820dcc509a6f75849b", "q1", int64(1), true, "scale", 2.0, "", 25.0, int64(3), "satisfied", false, false, false,
		"post_service_3", int64(1), "site-1", "Haircut", "Bo", "en", "telegram", "2026-03-05",
	}
	for _, format := range Written() {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			w, err := Create(io.Discard, format, columns, quoted)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := w.Row(row); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
