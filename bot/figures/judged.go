package figures

import (
	"context"
	"errors"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Judged is a target with the figure that it is about, and how that stands to it.
type Judged struct {
	Goal     recovery.Goal
	From, To string // the days of the figure
	Rate     report.Clustered
	State    report.TargetState
	TooMany  bool // the rows are too many to count: it is open
}

// StateOf is how a rate stands to a target.
func StateOf(g recovery.Goal, r report.Rate) report.TargetState {
	if g.Figure == recovery.FigureUnsatisfied {
		return r.AtMost(float64(g.AtMost) / 100)
	}
	return r.AtLeast(float64(g.AtLeast) / 100)
}

// MetricOf is the metric of a target.
func MetricOf(f recovery.Figure) Metric { return Metric(f) }

// Judge reads how the figures of a site stand to its targets: those that are for days of their own by these, as far as
// they lie before the last of the days that are looked at, the others by the days that are looked at.
func Judge(ctx context.Context, from Store, site string, goals []recovery.Goal, first, last string) (all []Judged, err error) {
	for _, g := range goals {
		j := Judged{Goal: g, From: first, To: last, State: report.Open}
		if g.Dated() {
			var begun bool
			if j.From, j.To, begun = g.Days(last); !begun {
				continue
			}
		}
		t, err := Read(ctx, from, storage.FigureFilter{Sites: []string{site}, From: j.From, To: j.To}, MetricOf(g.Figure), Whole)
		switch {
		case errors.Is(err, ErrTooMany):
			j.TooMany = true
		case err != nil:
			return nil, err
		default:
			j.Rate, j.State = t.Total, StateOf(g, t.Total.Rate)
		}
		all = append(all, j)
	}
	return all, nil
}
