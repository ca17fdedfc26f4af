package figures

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// KindGiven is the kind of the result that says what customers expected, and how they see the quality of services.
const KindGiven = "given"

// GivenFigures is such a result. Both are made in one pass over what was given, as they are made of answers that are
// read one by one.
type GivenFigures struct {
	From, To    string // the days that it is of
	Expectation map[string]Expectation
	Quality     map[string]Quality // both by the survey's id; "" = of all surveys
}

// mostGivenHeld is how many records of a customer and a survey are held at once, of both counts together: some 500
// bytes each.
const mostGivenHeld = 250_000

// makeGiven makes the expectation and the quality of every survey, and of all of them: JSON.
func makeGiven(ctx context.Context, from *Source, of ResultKey) ([]byte, error) {
	f, w := from.Filter(of), newWhom()
	expectation, quality := newExpectationCount(w, from.Flows, Lately(f.To)), newQualityCount(w, from.Flows)
	err := inParts(w, from.most(mostGivenHeld), func(full func() bool) error {
		return from.givenUntil(ctx, of, func(s *storage.GivenSession) bool {
			expectation.add(s)
			quality.add(s)
			return full()
		})
	}, expectation, quality)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	all := GivenFigures{From: f.From, To: f.To, Expectation: map[string]Expectation{}, Quality: map[string]Quality{}}
	for flow := range expectation.sums {
		all.Expectation[flow], all.Quality[flow] = expectation.expectation(flow), quality.quality(flow)
	}
	return json.Marshal(all)
}

// GivenIn reads what a result of KindGiven holds.
func GivenIn(body []byte) (all GivenFigures, err error) {
	return all, json.Unmarshal(body, &all)
}
