package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// types are those of columns that are not text, by name: the same in every table.
var types = map[string]string{
	"bucket":  "smallint",
	"version": "integer", "revision": "integer", "level": "integer", "number": "integer", "priority": "integer", "rules": "integer",
	"p1": "integer", "p2": "integer", "p3": "integer", "answered": "integer",
	"wanted": "integer", "rank": "integer", "shown": "integer", "base": "integer", "attempts": "integer",
	"batch": "bigint", "ord": "bigint", "epoch": "bigint", "seq": "bigint",
	"to_cases": "bigint", "to_marks": "bigint", "more_sessions": "bigint", "more_answers": "bigint",
	"bits": "bytea", "packed": "bytea",
	"unsatisfied": "boolean", "test": "boolean", "skipped": "boolean", "dropped": "boolean", "inbound": "boolean", "unposted": "boolean", "repeated": "boolean",
	"newest": "boolean", "talk": "boolean", "posts": "boolean", "has_case": "boolean", "unchosen": "boolean",
	"composite": "double precision", "value": "double precision", "score": "double precision",
	"at": "timestamptz", "created_at": "timestamptz", "expires_at": "timestamptz", "started_at": "timestamptz", "ended_at": "timestamptz",
	"opened_at": "timestamptz", "tell_at": "timestamptz", "minute": "timestamptz", "announced": "timestamptz", "due": "timestamptz", "clock": "timestamptz", "started": "timestamptz", "settled": "timestamptz", "tried": "timestamptz", "created": "timestamptz", "changed": "timestamptz",
	"plan": "timestamptz", "confirmed": "timestamptz", "made": "timestamptz", "sent": "timestamptz", "policy": "integer",
	"l1": "bigint", "l2": "bigint", "l3": "bigint", "l4": "bigint", "l5": "bigint", "l6": "bigint", "l7": "bigint",
	"n": "bigint", "score_sum": "bigint", "score_squares": "bigint", "customers": "bigint", "most": "bigint", "unopened": "bigint", "unsaid": "bigint", "answerers": "bigint", "spoken": "bigint",
}

func typeOf(column string) string {
	if t, ok := types[column]; ok {
		return t
	}
	return "text"
}

// rows is a SELECT of rows out of one array a column. A text of many parameters costs
// both sides more than the rows do: the driver makes a string of each, and Postgres
// prepares an expression for each. The arrays are unnested side by side in the list of
// the SELECT, where no row is copied; in FROM each would be written down first.
func rows(columns []string) string {
	arrays := make([]string, len(columns))
	for i, c := range columns {
		arrays[i] = "unnest(CAST(? AS " + typeOf(c) + "[])) AS " + c
	}
	return "SELECT " + strings.Join(arrays, ", ")
}

// The identifiers of types on the wire, which never change.
var oids = map[string]uint32{
	"smallint": 21, "integer": 23, "bigint": 20, "boolean": 16, "double precision": 701, "timestamptz": 1184, "text": 25, "bytea": 17,
}

// epoch is Postgres' own: the microseconds from 1970 to 2000.
const epoch = 946_684_800_000_000

// array begins a one-dimensional array in Postgres' binary form (array_recv): the number
// of dimensions, whether there are NULLs, the type of the elements, their number and the
// index of the first. Each follows with its length. The driver sends bytes as they are
// (binary_parameters).
func array(a []byte, kind string, n int) []byte {
	a = binary.BigEndian.AppendUint32(a, 1)
	a = binary.BigEndian.AppendUint32(a, 1)
	a = binary.BigEndian.AppendUint32(a, oids[kind])
	a = binary.BigEndian.AppendUint32(a, uint32(n))
	return binary.BigEndian.AppendUint32(a, 1)
}

func text[T string | []byte](a []byte, v T) []byte {
	return append(binary.BigEndian.AppendUint32(a, uint32(len(v))), v...)
}

func eight(a []byte, v uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(a, 8), v)
}

// column appends the column at an index of all rows as an array.
func column(a []byte, name string, rows [][]any, index int) ([]byte, error) {
	kind := typeOf(name)
	a = array(a, kind, len(rows))
	for _, row := range rows {
		switch v := row[index].(type) {
		case nil:
			a = binary.BigEndian.AppendUint32(a, math.MaxUint32)
		case string:
			a = text(a, v)
		case []byte:
			a = text(a, v)
		case time.Time:
			a = eight(a, uint64(v.UnixMicro()-epoch))
		case float64:
			a = eight(a, math.Float64bits(v))
		case bool:
			one := byte(0)
			if v {
				one = 1
			}
			a = append(binary.BigEndian.AppendUint32(a, 1), one)
		case int64:
			switch kind {
			case "smallint":
				a = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(a, 2), uint16(v))
			case "integer":
				a = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(a, 4), uint32(v))
			default:
				a = eight(a, uint64(v))
			}
		default:
			return nil, fmt.Errorf("column %s holds a %T", name, v)
		}
	}
	return a, nil
}

// keys is a list of texts as one parameter.
func keys(list []string) any {
	a := array(nil, "text", len(list))
	for _, key := range list {
		a = text(a, key)
	}
	return a
}

// places are the columns of keys in their buckets.
var places = []string{"bucket", "sought"}

// arraysOf are keys in their buckets as one array a column.
func arraysOf(at []sqlstore.Place) ([]any, error) {
	all := make([][]any, len(at))
	for i, p := range at {
		all[i] = []any{int64(p.Bucket), p.Key}
	}
	args := make([]any, len(places))
	for i, name := range places {
		a, err := column(nil, name, all, i)
		if err != nil {
			return nil, err
		}
		args[i] = a
	}
	return args, nil
}
