package outbox

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// What ranks before goes first, whatever waits; a conversation keeps its order within a rank.
func TestALaneGoesByRank(t *testing.T) {
	now := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	row := func(identity string, ord int64, rank storage.Rank, waited time.Duration) place {
		return place{identity: identity, ord: ord, rank: rank, due: now.Add(-waited)}
	}
	edit := func(p place) place { p.edit = true; return p }
	words, card := row("a", 1, storage.Plain, time.Minute), row("b", 2, storage.Urgent, 0)
	high := row("c", 2, storage.High, 0)
	later := row("b", 2, storage.Urgent, -time.Second)
	for name, c := range map[string]struct {
		sends int
		known []place
		want  int
		at    time.Time
	}{
		"the lower rank":                   {0, []place{words, card}, 1, now},
		"once in a while the oldest":       {fairShare - 1, []place{words, high}, 0, now},
		"but not ahead of what is urgent":  {fairShare - 1, []place{words, card}, 1, now},
		"except when it was passed by":     {2*fairShare - 1, []place{words, card}, 0, now},
		"in order within a rank":           {0, []place{words, row("c", 2, storage.Plain, time.Hour)}, 0, now},
		"what is not due yet is passed by": {0, []place{words, later}, 0, now},
		"only later":                       {0, []place{later}, 0, later.due},
		"behind its own conversation":      {0, []place{later, row("b", 3, storage.Urgent, 0)}, 0, later.due},
		"behind what ranks before there":   {fairShare - 1, []place{later, row("b", 3, storage.Spare, time.Hour)}, 0, later.due},
		"ahead of what ranks behind there": {0, []place{row("b", 1, storage.Spare, time.Hour), card}, 1, now},
		"an edit holds its own not up":     {0, []place{edit(later), row("b", 3, storage.Urgent, 0)}, 1, now},
		"nothing":                          {0, nil, -1, time.Time{}},
	} {
		i, at := (&lane{sends: c.sends, known: c.known}).next(now)
		if i != c.want || !at.Equal(c.at) {
			t.Errorf("%s: %d at %v, want %d at %v", name, i, at, c.want, c.at)
		}
	}
}

func TestALaneThatIsFullForgetsWhatComesLast(t *testing.T) {
	l := &lane{}
	for i := range 3 * maxKnown {
		l.add(storage.Delivery{Slot: fmt.Sprint("spare:", i), Identity: fmt.Sprint(i), Ord: int64(i), Rank: storage.Spare})
	}
	l.add(storage.Delivery{Slot: "card", Identity: "x", Ord: 1000, Rank: storage.Urgent})
	i, _ := l.next(time.Now())
	if len(l.known) != maxKnown || l.known[i].slot != "card" {
		t.Errorf("%d rows are known, the first to go is %+v", len(l.known), l.known[i])
	}
}

// A thousand messages wait in a chat. A card of somebody else is among the next three that are
// sent there, whether this process stored it or another did; and while cards come faster than
// they can be sent, what ranks last is sent all the same.
func TestACardGoesAheadOfAThousandMessages(t *testing.T) {
	for name, elsewhere := range map[string]bool{"stored here": false, "stored by another process": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(1)
				p := newProgram(t, m, newRecorder())
				defer p.out.Close()
				defer p.serve(paced)()
				other := newProgram(t, m, newRecorder())
				defer other.out.Close()
				for i := range 1000 {
					op := ranked(tell(fmt.Sprint("n:", i), group(1), fmt.Sprint(i)), []storage.Rank{storage.Plain, storage.Spare}[i%2])
					op.Want.Identity = "hostile"
					p.says(op)
				}
				pass(30 * time.Second)
				before := len(p.sender.texts(group(1)))
				card := ranked(want("card:1", group(1), storage.CardD, "card"), storage.Urgent)
				if elsewhere {
					other.n = 1 << 20 // so that its keys are its own
					other.says(card)
				} else {
					p.says(card)
				}
				pass(30 * time.Second)
				next := p.sender.texts(group(1))[before:]
				if len(next) < 3 || next[0] != "card" && (!elsewhere || next[1] != "card") {
					t.Errorf("next were %.60q", next)
				}
				for i := range 500 {
					p.says(ranked(want(fmt.Sprint("card:more:", i), group(1), storage.CardD, "more"), storage.Urgent))
				}
				before = len(p.sender.texts(group(1)))
				pass(3 * time.Minute)
				others := 0
				for _, text := range p.sender.texts(group(1))[before:] {
					if text != "more" {
						others++
					}
				}
				if all := len(p.sender.texts(group(1))) - before; others == 0 || others > all/fairShare+1 {
					t.Errorf("%d of %d sends were of what ranks behind", others, all)
				}
			})
		})
	}
}
