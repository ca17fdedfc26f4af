package personal

import (
	"strconv"
	"testing"
)

// TestThousandsOfUnnamedAreToldApart: in a house of some thousands two hardly ever have the same letters.
func TestThousandsOfUnnamedAreToldApart(t *testing.T) {
	k := New(nil, []byte("key"), nil, nil, nil)
	const n = 10_000
	had := map[string]bool{}
	for i := range n {
		had[k.Unnamed("telegram:42:"+strconv.Itoa(i))] = true
	}
	if len(had) != n {
		t.Errorf("of %d customers %d are told apart", n, len(had))
	}
}
