package admin

import (
	"context"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

// crowdedStore has more invitations than are read one by one, and has not added them up yet.
type crowdedStore struct{ storage.Store }

func (crowdedStore) Asked(context.Context, storage.FigureFilter) ([]storage.AskedCustomer, bool, error) {
	return nil, true, nil
}

func (crowdedStore) AskedReady(context.Context) (bool, error) { return false, nil }

// TestWhereTooManyWereAskedNoSurveyIsAdvised: invitations of other surveys are read all the same.
func TestWhereTooManyWereAskedNoSurveyIsAdvised(t *testing.T) {
	w := newWorld(t)
	robin := &visit{w: w, h: New(Config{Store: crowdedStore{w.store}, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now})}
	for _, at := range []string{"silence", "complaints", "lost"} {
		for filter, says := range map[string]string{"": "in some minutes", "?service=Wash": "Without a service"} {
			text := textOf(body(robin.get("/reports/" + at + filter)))
			if strings.Contains(text, "one survey") || !strings.Contains(text, "choose fewer days or one site. ") || !strings.Contains(text, says) {
				t.Errorf("%s%s: %s", at, filter, text)
			}
		}
	}
}
