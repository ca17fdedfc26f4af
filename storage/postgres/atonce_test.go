package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestAListOfCasesReadsAsManyRowsAsItShows has more cases stand in every bucket than a page of them shows.
func TestAListOfCasesReadsAsManyRowsAsItShows(t *testing.T) {
	c := &sqlcount.Counter{}
	s, err := postgres.Open(t.Context(), pgtest.Start(t), postgres.Options{Migrate: true, Wrap: c.Wrap})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	opened := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const each, shown = 30, 21
	for b := range storage.Bucket(s.Buckets()) {
		turns := make([]storage.Turn, each)
		for i := range turns {
			k := storage.Case{Bucket: b}
			k.Case.Bucket, k.ID = int(b), fmt.Sprintf("01900000-0000-7000-8000-%06d%06d", b, i)
			k.State, k.Site, k.OpenedAt = recovery.Open, "main", opened.Add(time.Duration(i)*time.Minute)
			turns[i].Apply = func(l storage.Loaded) (storage.Change, error) {
				k.Number = l.NextCase
				return storage.Change{Case: &k}, nil
			}
		}
		for _, err := range s.Advance(t.Context(), b, turns) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	f := storage.StandingFilter{Standing: recovery.Free, Limit: shown}
	for seen := 0; seen < each*s.Buckets(); {
		c.Reset()
		list, err := s.Standing(t.Context(), f)
		if err != nil || len(list) == 0 {
			t.Fatalf("%d of %d cases were seen, %v", seen, each*s.Buckets(), err)
		}
		if n := c.Rows.Load(); n != int64(len(list)) || c.Queries.Load() != 1 {
			t.Fatalf("%d cases are shown, %d rows were read by %d queries", len(list), n, c.Queries.Load())
		}
		for i := range list {
			if at := list[i].Place(); at.Compare(f.After) <= 0 {
				t.Fatalf("%v stands behind %v", at, f.After)
			}
			f.After = list[i].Place()
		}
		seen += len(list)
	}
}

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
