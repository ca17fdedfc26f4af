package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// unwritable is a store that can be read and takes no change, as on a full disk.
type unwritable struct {
	storage.Store
	err error
}

func (u unwritable) MarkWebSession(context.Context, storage.WebSession) error {
	return fmt.Errorf("mark a session: %w", u.err)
}

// Where nothing can be stored, whoever is signed in still reads: that they were there is not worth a page.
func TestASessionThatCannotBeMarkedStillOpensPages(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	for err, reads := range map[error]bool{storage.ErrUnavailable: true, storage.ErrOutdated: false, storage.ErrGone: false, storage.ErrRefused: false} {
		s.now = s.now.Add(time.Hour) // a mark is due
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(b.cookie)
		v, ok, got := Sessions{unwritable{s.store, err}, func() time.Time { return s.now }}.Viewer(r)
		if ok != reads || (got == nil) != reads || reads && v.SignIn == "" {
			t.Errorf("%v: in: %t, %v", err, ok, got)
		}
	}
	s.now = s.now.Add(storage.SessionIdle + time.Minute)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(b.cookie)
	if _, ok, err := (Sessions{unwritable{s.store, storage.ErrUnavailable}, func() time.Time { return s.now }}).Viewer(r); ok || err != nil {
		t.Errorf("a session that ended opens pages where nothing can be stored: %t, %v", ok, err)
	}
}

// A figure of too few says so of customers who were asked, of cases and of answers alike.
func TestTooFewOfAnythingAreNotCalledAnswers(t *testing.T) {
	w := tongues()["en"]
	if f := figureOf(w, "", report.Show(1, 3)); f.Value != "–" || f.Meta != "3 so far: too few" {
		t.Errorf("%q, %q", f.Value, f.Meta)
	}
	if got := w.share(1, 3); got != "too few to say" {
		t.Errorf("in a sentence: %q", got)
	}
}
