package bot

import (
	"context"
	"fmt"
	"sync"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// What staff write to somebody in the web chat waits on a page, and nothing tells them that it
// is there. It counts as delivered, and its case as contacted, once their browser has shown it.

// Seen says that a visitor's page shows what is in these slots. It may be said again and
// again: what was seen before costs nothing.
func (t Transcripts) Seen(ctx context.Context, to chat.Address, slots []string) error {
	b := t.bot
	if to.Account != "" || !b.snap.Now().Traits[to.Platform].Stored {
		return nil // a room of staff
	}
	news := map[string][]string{} // by case
	for _, name := range slots {
		if slot, ok := storage.ParseSlot(name); ok && slot.Kind == storage.ReplySlot && !b.viewed.has(name) {
			news[slot.Owner] = append(news[slot.Owner], name)
		}
	}
	first, _ := t.buckets(to)
	for kase, names := range news {
		if err := b.perform(ctx, first, seenTurn(to, b, kase, names)); err != nil {
			return fmt.Errorf("note that an answer was seen: %w", err)
		}
		b.viewed.add(names)
	}
	return nil
}

// seenTurn tells a case that its customer has its answer: the clock to contact them ends, and
// the words of staff get their mark.
func seenTurn(to chat.Address, b *Bot, kase string, slots []string) storage.Turn {
	return b.turnOf("", "seen:"+kase, storage.Load{Case: kase, Slots: slots}, nil, func(t *turn) error {
		d := t.desk
		if d == nil || d.session == nil || d.session.Address != to || d.kase.Unseen.IsZero() {
			return nil
		}
		if err := t.configure(); err != nil {
			return err
		}
		for name, row := range d.with.slots {
			slot, _ := storage.ParseSlot(name)
			d.mark(slot.Part, slot.Of)
			d.echo(slot.Of, slot.Part, row.Render, "arrived")
		}
		d.redraw = true
		return d.apply(recovery.Seen{}, recovery.Actor{Party: recovery.Program})
	})
}

// views are slots that visitors' pages have shown, as far as this process remembers.
type views struct {
	mu   sync.Mutex
	seen map[string]bool
}

// mostViews bounds what is remembered: what was forgotten is noted once more, in vain.
const mostViews = 50_000

func (v *views) has(slot string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen[slot]
}

func (v *views) add(slots []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil || len(v.seen) > mostViews {
		v.seen = map[string]bool{}
	}
	for _, s := range slots {
		v.seen[s] = true
	}
}
