package main

import (
	"flag"
	"testing"
	"time"
)

var killsFlag = flag.Int("kills", 3, "how often the server is killed on each database")

// The real process is killed with -9 again and again under load. Everything that it
// acknowledged is there afterwards, once; every unsatisfied customer has one card. Where the
// load is as much as the machine bears, one database comes after the other, so that each has
// it to itself.
func TestKilledAgainAndAgainItLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			if *thinkFlag > 0 {
				t.Parallel()
			}
			s := newSiege(t, siegePlan{
				database: db.url(t), inFlight: crowd(48), onTelegram: phones, lows: true,
			})
			server := s.serve()
			s.begin()
			for kill := range *killsFlag {
				life := time.Duration(100+s.random.IntN(900)) * time.Millisecond
				if kill%5 == 2 {
					// Long enough for the lease of the one before to lapse: this one sends.
					life += 5 * time.Second
				}
				time.Sleep(life)
				server.kill()
				s.hit()
				server = s.serve()
				s.awaitRecovery()
			}
			s.end()
			server.stop()
			s.verify()
			s.figure("%d × kill -9: %s", *killsFlag, s.counted())
		})
	}
}
