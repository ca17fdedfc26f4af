package postgres_test

import (
	"testing"

	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestFewDaysAreAskedForInAllBucketsAtOnce holds what pages ask of a few days to a number of questions that does not
// grow with the buckets.
func TestFewDaysAreAskedForInAllBucketsAtOnce(t *testing.T) {
	c := &sqlcount.Counter{}
	s, err := postgres.Open(t.Context(), pgtest.Start(t), postgres.Options{Migrate: true, Wrap: c.Wrap})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if s.Buckets() < 4 {
		t.Fatalf("%d buckets say nothing of many", s.Buckets())
	}
	f := storage.FigureFilter{Sites: []string{"main"}, From: "2026-03-01", To: "2026-03-31", Limit: 1000}
	ctx := t.Context()
	for _, x := range []struct {
		what string
		most int64
		ask  func() error
	}{
		{"Answered", 1, func() error {
			_, err := s.Answered(ctx, storage.AnsweredFilter{Sites: f.Sites, From: f.From, To: f.To, Words: true, Limit: 5})
			return err
		}},
		{"Asked", 1, func() error { _, _, err := s.Asked(ctx, f); return err }},
		{"Received", 1, func() error { _, _, err := s.Received(ctx, f); return err }},
		{"FigureCases", 1, func() error { _, _, err := s.FigureCases(ctx, f); return err }},
		{"Judged", 2, func() error { _, _, err := s.Judged(ctx, f); return err }},
		{"Visits", 1, func() error { _, err := s.Visits(ctx, []string{"k1", "k2"}); return err }},
		{"ServedKeys", 1, func() error { _, err := s.ServedKeys(ctx, 0, "", 500); return err }},
		{"Cells", 1, func() error { _, err := s.Cells(ctx, f, storage.CellsStaff); return err }},
	} {
		c.Reset()
		if err := x.ask(); err != nil {
			t.Errorf("%s: %v", x.what, err)
		}
		if n := c.Queries.Load(); n > x.most {
			t.Errorf("%s asks %d times of %d buckets, %d are allowed", x.what, n, s.Buckets(), x.most)
		}
	}
}
