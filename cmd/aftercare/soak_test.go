package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var soakFlag = flag.Duration("soak", 6*time.Second, "how long the soak lasts")

// holding is what a process holds at one moment.
type holding struct{ goroutines, descriptors, heap float64 }

// held asks a running server what it holds. The heap is what the last collection left.
func (s *siege) held(p *instance) holding {
	s.t.Helper()
	_, text := get(s.t, "http://"+s.address+"/metrics")
	var out holding
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "go_goroutines":
			out.goroutines = n
		case "go_memstats_heap_alloc_bytes":
			out.heap = n
		}
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	out.descriptors = float64(len(open))
	return out
}

// window is what a stretch of samples says: the median of what goes up and down with the
// load, and the least of the heap, which is what is left after a collection.
func window(all []holding) holding {
	pick := func(f func(holding) float64) []float64 {
		var list []float64
		for _, s := range all {
			list = append(list, f(s))
		}
		slices.Sort(list)
		return list
	}
	return holding{
		goroutines:  pick(func(s holding) float64 { return s.goroutines })[len(all)/2],
		descriptors: pick(func(s holding) float64 { return s.descriptors })[len(all)/2],
		heap:        pick(func(s holding) float64 { return s.heap })[0],
	}
}

// Under a steady load the server holds at the end what it held at the beginning.
func TestASoakLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			s := newSiege(t, siegePlan{
				database: db.url(t),
				// What the heap holds is what the last collection left and at most a tenth more, so that
				// no window of the soak lies between two collections.
				env: map[string]string{"GOGC": "10"},
			})
			server := s.serve()
			s.begin()
			eventually(t, "a conversation in every browser", func() bool { return s.warm.Load() == int64(s.inFlight) })
			time.Sleep(*soakFlag / 10) // caches fill, connections open
			var samples []holding
			for end := time.Now().Add(*soakFlag); time.Now().Before(end); time.Sleep(*soakFlag / 75) {
				samples = append(samples, s.held(server))
			}
			s.end()
			server.stop()
			s.verify()
			third := len(samples) / 3
			first, last := window(samples[:third]), window(samples[len(samples)-third:])
			// Beside the 5 %, what chance adds: on a machine that gets busy all requests are under
			// way at once, each with a goroutine that watches its connection and one that waits for
			// a connection to the database, and the heap has a page more.
			underWay := float64(2 * s.inFlight)
			for _, c := range []struct {
				what        string
				first, last float64
				slack       float64
			}{
				{"goroutines", first.goroutines, last.goroutines, underWay},
				{"descriptors", first.descriptors, last.descriptors, underWay},
				{"bytes of heap", first.heap, last.heap, 4 << 20},
			} {
				if c.last > c.first*1.05+c.slack {
					t.Errorf("%s grew from %.0f to %.0f", c.what, c.first, c.last)
				}
			}
			s.figure("%v: goroutines %.0f → %.0f, descriptors %.0f → %.0f, heap %.1f → %.1f MB; %d updates", *soakFlag,
				first.goroutines, last.goroutines, first.descriptors, last.descriptors, first.heap/1e6, last.heap/1e6, s.acked.Load())
		})
	}
}
