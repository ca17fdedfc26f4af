package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Experimented implements storage.Figuring. An answer is found where the ask says that its conversation is.
func (s *Store) Experimented(ctx context.Context, f storage.FigureFilter, since time.Time) ([]storage.ExperimentAsk, bool, error) {
	type asked struct {
		storage.ExperimentAsk
		session string
		at      storage.Bucket
	}
	all, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]asked, error) {
		args := []any{int64(b), s.dialect.Keys(texted(f.Sites)), micro(since), most}
		return collect(ctx, s, "asks of experiments", s.q.experimented, args, func(row scanner) (a asked, err error) {
			var state, body string
			if err := row.Scan(&a.Experiment, &a.Arm, &a.Sent, &a.Customer, &state, &body); err != nil {
				return a, err
			}
			var of storage.Ask
			if err := json.Unmarshal([]byte(body), &of); err != nil {
				return a, fmt.Errorf("decode ask: %w", err)
			}
			a.Sent, a.session, a.at = a.Sent.UTC(), of.Session, of.At
			a.Answered = state == "completed" || state == "partial" // also of whom nothing else is kept any more
			return a, nil
		})
	})
	if err != nil || more {
		return nil, more, err
	}
	list, sessions := make([]storage.ExperimentAsk, len(all)), map[storage.Bucket]map[string]int{}
	for i, a := range all {
		if list[i] = a.ExperimentAsk; a.session == "" {
			continue
		}
		if sessions[a.at] == nil {
			sessions[a.at] = map[string]int{}
		}
		sessions[a.at][a.session] = i
	}
	for b, of := range sessions {
		if err := s.eachLevel(ctx, s.q.answeredOf, b, of, func(i, level int) { list[i].Answered, list[i].Level = true, level }); err != nil {
			return nil, false, err
		}
	}
	slices.SortFunc(list, func(a, b storage.ExperimentAsk) int { return a.Sent.Compare(b.Sent) })
	return list, false, nil
}
