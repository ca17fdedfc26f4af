package bot

import (
	"sync/atomic"

	"github.com/aftercare/aftercare/bot/outbox"
)

// Stats is what this process did since it started. Every number only grows.
type Stats struct {
	outbox.Stats
	Answers int64 // revisions of answers that were stored
	Cases   int64 // cases that were opened
}

// totals holds numbers only: nobody's words or names reach it.
type totals struct{ answers, cases atomic.Int64 }

// Stats tells what this process did since it started.
func (b *Bot) Stats() Stats {
	return Stats{Stats: b.out.Stats(), Answers: b.totals.answers.Load(), Cases: b.totals.cases.Load()}
}
