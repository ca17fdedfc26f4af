package bot

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// everyCall is how many calls of the store a process makes, at least, in the conversations
// of two customers, one of whom is not satisfied.
const everyCall = 48

// The process dies at every call of the store in its turn, before the call has an effect
// and after it: on the way from an invitation to the last answer and the card.
func TestEveryCallOfAConversationFailsInTurn(t *testing.T) {
	t.Parallel()
	var points []crashPoint
	for at := 1; at <= everyCall; at++ {
		points = append(points, crashPoint{at, storagetest.BeforeCall}, crashPoint{at, storagetest.AfterCall})
	}
	var all, ending sync.WaitGroup
	totals := make([]crashTotals, crashPlayers)
	for player := range crashPlayers {
		store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "crash.db"), sqlite.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() { playPoints(t, store, player, points, &totals[player], &ending) })
	}
	all.Wait()
	ending.Wait()
	var sum crashTotals
	for _, n := range totals {
		sum.add(n)
	}
	if sum.Deaths != len(points) {
		t.Errorf("%d processes died at %d points: a conversation makes fewer calls than that", sum.Deaths, len(points))
	}
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d deaths, before and after each of %d calls: 0 lost, 0 doubled of %d answers and %d cards",
			sum.Deaths, everyCall, sum.Answers, sum.Cards))
	}
}

// playPoints plays one player's share of the points.
func playPoints(t *testing.T, store storage.Store, player int, points []crashPoint, total *crashTotals, ending *sync.WaitGroup) {
	for i := player; i < len(points) && !t.Failed(); i += crashPlayers {
		w := newCrashWorld(t, store, uint64(1_000_000+i), total, ending)
		w.deaths, w.plan = 0, points[i:i+1]
		w.play()
	}
}
