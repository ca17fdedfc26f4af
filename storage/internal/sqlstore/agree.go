package sqlstore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// agreeQueries read all of a bucket that the queue follows from.
type agreeQueries struct{ allTalks, allUnsettled, allQueued string }

func newAgreeQueries(t *texts) agreeQueries {
	return agreeQueries{
		allTalks:     t.one("SELECT " + talkColumns + " FROM talks WHERE bucket = ? AND id > '' ORDER BY id"),
		allUnsettled: t.one("SELECT " + withoutRender + " FROM deliveries WHERE bucket = ? AND slot > '' AND state IN ('due','sending') ORDER BY slot"),
		allQueued:    t.one("SELECT " + queueColumns + " FROM queue WHERE bucket = ? AND chat >= '' ORDER BY chat, item"),
	}
}

// QueueAgrees reports, as an error, where the queue is not what follows from talks and deliveries, or
// no list names a talk of which something is being sent.
// Nobody may write meanwhile.
func (s *Store) QueueAgrees(ctx context.Context) error {
	for b := range storage.Bucket(s.buckets) {
		want, got := map[string]queued{}, map[string]queued{}
		talks, err := collect(ctx, s, "talks", s.q.allTalks, []any{int64(b)}, scanTalk)
		if err != nil {
			return err
		}
		named := map[string]int64{}
		lists, err := s.listedTalks(ctx, b)
		if err != nil {
			return err
		}
		for _, l := range lists {
			named[l.talk] = l.epoch
		}
		for _, t := range talks {
			if epoch, sends := t.sending(); sends {
				if at, ok := named[t.id]; !ok || at > epoch {
					return fmt.Errorf("of the talk %s something is being sent under %d, and lists have it under %d (%t)", t.id, epoch, at, ok)
				}
			}
			if now := t.queue(t.queued); now != t.queued {
				return fmt.Errorf("the talk %s says that it is queued as %+v, and %+v follows from it", t.id, t.queued, now)
			}
			if t.queued.item != "" {
				want[t.id] = t.queued
			}
		}
		rows, err := collect(ctx, s, "deliveries", s.q.allUnsettled, []any{int64(b)}, scanBare)
		if err != nil {
			return err
		}
		for i := range rows {
			want[rows[i].Slot] = queueOf(&rows[i])
		}
		queue, err := collect(ctx, s, "queue", s.q.allQueued, []any{int64(b)}, scanQueued)
		if err != nil {
			return err
		}
		for _, q := range queue {
			if _, twice := got[q.item]; twice {
				return fmt.Errorf("%s is queued twice in bucket %d", q.item, b)
			}
			got[q.item] = q
		}
		for _, item := range slices.Sorted(maps.Keys(want)) {
			if got[item] != want[item] {
				return fmt.Errorf("%s in bucket %d is queued as %+v, and should be as %+v", item, b, got[item], want[item])
			}
		}
		if len(got) > len(want) {
			return fmt.Errorf("%d rows are queued in bucket %d, and %d things wait", len(got), b, len(want))
		}
	}
	return nil
}

func scanBare(row scanner) (storage.Delivery, error) {
	c, err := scanDelivery(row)
	return c.Delivery, err
}
