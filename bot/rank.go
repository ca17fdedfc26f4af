package bot

import (
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// rankOf is how soon staff see the card of a case, and hear of its clocks. Words between staff
// and the customer come behind all cards, and what is read when somebody has a moment comes
// last. What answers staff who act goes before all (frame.want).
func rankOf(p recovery.Priority) storage.Rank {
	switch p {
	case recovery.P1:
		return storage.Urgent
	case recovery.P2:
		return storage.High
	case recovery.P3:
		return storage.Medium
	}
	return storage.Spare // the watch list
}

// rank is that of what the drawing shows: of its case, or of what has none.
func (p *drawing) rank() storage.Rank {
	if p.c.Case == nil {
		return storage.Spare
	}
	return rankOf(p.c.Case.Decision.Priority)
}
