package postgres

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestColumnsArriveAsTheyWereSent has the server read what this package writes.
func TestColumnsArriveAsTheyWereSent(t *testing.T) {
	db, err := sql.Open("postgres", pgtest.Start(t)+"&binary_parameters=yes")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	at := time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	for _, tt := range []struct {
		column string
		values []any
		want   string // as the server writes the array
	}{
		{"bucket", []any{int64(-32768), int64(32767)}, `{-32768,32767}`},
		{"level", []any{int64(-1), int64(2147483647)}, `{-1,2147483647}`},
		{"ord", []any{int64(-9223372036854775808), int64(7)}, `{-9223372036854775808,7}`},
		{"test", []any{true, false}, `{t,f}`},
		{"composite", []any{66.25, nil, -0.5}, `{66.25,NULL,-0.5}`},
		{"at", []any{at, nil, at.Add(time.Microsecond)}, `{"1999-12-31 23:59:59.999999+00",NULL,"2000-01-01 00:00:00+00"}`},
		{"body", []any{"", `{"a":"b\"c"}`, []byte("ä🙂"), "NULL"}, `{"","{\"a\":\"b\\\"c\"}",ä🙂,"NULL"}`},
		{"id", nil, `{}`},
	} {
		table := make([][]any, len(tt.values))
		for i, v := range tt.values {
			table[i] = []any{v}
		}
		a, err := column([]byte{}, tt.column, table, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		text := "SELECT CAST(CAST($1 AS " + typeOf(tt.column) + "[]) AS text)"
		if err := db.QueryRow(text, a).Scan(&got); err != nil {
			t.Fatalf("%s: %v", tt.column, err)
		}
		if tt.want == "{}" {
			got = got[len(got)-2:] // an empty one may be said in several ways
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.column, diff)
		}
	}
	if _, err := column(nil, "id", [][]any{{struct{}{}}}, 0); err == nil {
		t.Error("a column of anything was written")
	}
}
