package storagetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// BenchmarkAdvance measures durable answers, as a tap makes them: the key, the session,
// one answer, the tapped question condensed and the next one asked. An operation is one
// answer; batch is how many share a transaction. Every bucket has one transaction in
// flight, as the bot's queues have it.
func BenchmarkAdvance(b *testing.B, s storage.Store, batch int) {
	const people = 200 // of each bucket
	now := time.Now().UTC().Truncate(time.Microsecond)
	for bucket := range storage.Bucket(s.Buckets()) {
		var turns []storage.Turn
		for i := range people {
			p := benchPerson(bucket, i)
			id := identity(p, newID(), now)
			sess := session(id.Session, p, now)
			turns = append(turns, change("", storage.Change{Identity: &id, Session: &sess}))
		}
		failOn(b, s.Advance(b.Context(), bucket, turns))
	}
	var serial atomic.Int64
	run := func(total int) {
		var left atomic.Int64
		left.Store(int64(total))
		var wg sync.WaitGroup
		for bucket := range storage.Bucket(s.Buckets()) {
			wg.Go(func() {
				for i := 0; ; i += batch {
					n := batch
					if rest := left.Add(-int64(batch)); rest < 0 {
						n += int(rest)
					}
					if n <= 0 {
						return
					}
					turns := make([]storage.Turn, n)
					for j := range turns {
						turns[j] = tap(benchPerson(bucket, (i+j)%people), serial.Add(1))
					}
					failOn(b, s.Advance(b.Context(), bucket, turns))
				}
			})
		}
		wg.Wait()
	}
	run(10 * batch * s.Buckets()) // every statement is prepared on every connection
	b.ResetTimer()
	run(b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}

func failOn(b *testing.B, errs []error) {
	for _, err := range errs {
		if err != nil {
			b.Error(err)
			return
		}
	}
}

func benchPerson(bucket storage.Bucket, i int) storage.Person { return person(int(bucket)*100000 + i) }

// tap is one answer of a three-question survey, after which the next one begins.
func tap(p storage.Person, n int64) storage.Turn {
	return storage.Turn{
		Key: fmt.Sprintf("tg:42:%d", n), Load: storage.Load{Person: p},
		Apply: func(in storage.Loaded) (storage.Change, error) {
			s := in.Session
			a := answer(fmt.Sprint("q", n), 4, 1, in.Now)
			if len(s.Answers) == 3 { // a conversation has an end
				next := session(newID(), p, in.Now)
				s, in.Identity.Session = &next, next.ID
			}
			s.Answers = append(s.Answers, a)
			s.Last = in.Now
			in.Identity.Seen = in.Now
			shown := want(fmt.Sprintf("q:%s:%d", s.ID, n%5), p, fmt.Sprint("You said 4 of 5 ", n))
			next := want(fmt.Sprintf("q:%s:%d", s.ID, (n+1)%5), p, fmt.Sprint("How easy was it to get what you needed? ", n))
			next.Want.Render.Rows = [][]chat.Button{{{Text: "1", Data: "1pAAAAAAAAAAAAAAAAAAAAAA.1.0"}, {Text: "2"}, {Text: "3"}, {Text: "4"}, {Text: "5"}}}
			return storage.Change{
				Identity: in.Identity, Session: s, Answers: []survey.Answer{a}, Slots: []storage.SlotOp{shown, next},
			}, nil
		},
	}
}
