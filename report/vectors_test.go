package report

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
)

// vector is one example, worked out apart from this package.
type vector struct {
	ID, Topic string
	In, Out   json.RawMessage
}

// vectors are the examples by id. Each is to be used up: used counts them.
type vectors struct {
	t    *testing.T
	by   map[string]vector
	used map[string]bool
}

func readVectors(t *testing.T) *vectors {
	t.Helper()
	body, err := os.ReadFile("testdata/pages.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	v := &vectors{t, map[string]vector{}, map[string]bool{}}
	for _, one := range list {
		v.by[one.ID] = one
	}
	return v
}

// of gives what goes in and what comes out of an example.
func of[In, Out any](v *vectors, id string) (in In, out Out) {
	v.t.Helper()
	one, ok := v.by[id]
	if !ok {
		v.t.Fatalf("there is no %s", id)
	}
	v.used[id] = true
	decode(v.t, one.In, &in)
	decode(v.t, one.Out, &out)
	return in, out
}

func decode(t *testing.T, body json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

// old reads the examples of one key of the first file.
func old[T any](t *testing.T, key string) (out T) {
	t.Helper()
	body, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	decode(t, body, &all)
	if all[key] == nil {
		t.Fatalf("there is no %s", key)
	}
	decode(t, all[key], &out)
	return out
}

// same complains unless numbers are near, one by one.
func (v *vectors) same(what string, got, want []float64) {
	v.t.Helper()
	if len(got) != len(want) {
		v.t.Errorf("%s: %v, want %v", what, got, want)
		return
	}
	for i := range got {
		if !near(got[i], want[i]) {
			v.t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

func list(xs ...float64) []float64 { return xs }

func within(i Interval) []float64 { return list(i.Low, i.High) }

// shared is a share as the examples write it.
type shared struct {
	K, N      int
	P, Lo, Hi float64
}

// share complains unless a rate is of the example's counts, and Wilson says its interval.
func (v *vectors) share(what string, got Rate, want shared) {
	v.t.Helper()
	i := Wilson(float64(got.K), float64(got.N))
	if got.K != want.K || got.N != want.N || !near(i.Low, want.Lo) || !near(i.High, want.Hi) {
		v.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
	if got.Manner == Plain && (!near(got.P, want.P) || got.Within != i) {
		v.t.Errorf("%s: shown as %+v, want %+v", what, got, want)
	}
}

func TestEveryVectorOfThePagesIsMet(t *testing.T) {
	v := readVectors(t)
	for _, part := range []func(*vectors){levelsMeet, customersMeet, complaintsMeet, silenceMeets, changesMeet, groupsMeet, alarmsMeet, staffMeet} {
		part(v)
	}
	for _, id := range slices.Sorted(maps.Keys(v.by)) {
		if !v.used[id] {
			t.Errorf("nothing is held against %s, %s", id, v.by[id].Topic)
		}
	}
}
