package sqlstore

import (
	"testing"
)

// TestRendersAreRememberedByTheirSize: as many as there is room for, the newest of them.
func TestRendersAreRememberedByTheirSize(t *testing.T) {
	for _, c := range []struct{ buckets, size, least, most int }{
		{1, 200, 5000, 7000}, // small ones are more than are ever in flight
		{1, 100_000, 15, 21},
		{4, 100_000, 3, 6},
		{1, 8 << 20, 1, 1}, // what is to be sent next is remembered however large it is
	} {
		w := &working{s: &Store{buckets: c.buckets}}
		var cells []*deliveryCell
		for range 20_000 {
			cell := &deliveryCell{render: make([]byte, c.size)[:c.size:c.size]}
			if c.size > 1000 && len(cells) >= 100 {
				break
			}
			cells = append(cells, cell)
			w.keepRender(cell)
		}
		kept := 0
		for i, cell := range cells {
			switch {
			case cell.render != nil:
				kept++
			case kept > 0:
				t.Fatalf("%d of %d bytes: the %dth was forgotten before older ones", i, c.size, i)
			}
		}
		if kept < c.least || kept > c.most {
			t.Errorf("%d buckets, %d bytes each: %d are remembered, want %d to %d", c.buckets, c.size, kept, c.least, c.most)
		}
	}
}
