package admin

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// outboxRoutes are the pages of what got stuck.
var outboxRoutes = []route{
	{pattern: "GET /outbox", deed: access.SeeOutbox, page: in(settingsPages.outbox)},
	{pattern: "POST /outbox/retry", deed: access.MendOutbox, page: in(settingsPages.retryStuck)},
	{pattern: "GET /outbox/drop", deed: access.MendOutbox, page: in(settingsPages.askToDrop)},
	{pattern: "POST /outbox/drop", deed: access.MendOutbox, page: in(settingsPages.dropStuck)},
}

const (
	mostStuck   = 100  // of each list on the page
	mostRetried = 1000 // by one press
)

// outboxPage is what was given up, without anybody's words.
type outboxPage struct {
	Waiting, Failed, Parked int // in all
	Reasons                 []stuckReason
	Messages, Updates       []stuckRow
	Mend                    bool // the viewer may
}

// stuckReason is why several messages were given up: they are mended together.
type stuckReason struct {
	Why   string
	Count int // of those on the page
}

type stuckRow struct {
	ID       string
	What     string // "a question to a customer"
	Where    string // the platform
	Why      string // as the platform or the program said it; no words of people
	Since    string // in UTC
	SinceISO string
	Tries    int
}

func (s settingsPages) outbox(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !v.Can(access.SeeOutbox, access.EverySite) {
		return notAllowed(nil)
	}
	ctx, words := r.Context(), s.words(r, v)
	counts, err := s.Store.Counts(ctx)
	if err != nil {
		return err
	}
	failed, err := s.Store.Failed(ctx, mostStuck)
	if err != nil {
		return err
	}
	parked, err := s.Store.ParkedUpdates(ctx, mostStuck)
	if err != nil {
		return err
	}
	p := outboxPage{Waiting: counts.Due, Failed: counts.Failed, Parked: counts.Parked, Mend: v.Can(access.MendOutbox, access.EverySite)}
	for _, d := range failed {
		p.Messages = append(p.Messages, stuckRow{
			ID: d.Slot, What: words.t("outbox_kind_" + string(d.Kind)), Where: words.platform(string(d.Address.Platform)), Why: d.Error,
			Since: d.Created.UTC().Format("2006-01-02 15:04"), SinceISO: d.Created.UTC().Format("2006-01-02T15:04:05Z"), Tries: d.Attempts,
		})
	}
	for _, u := range parked {
		p.Updates = append(p.Updates, stuckRow{
			ID: u.Key, What: words.t("outbox_update"), Where: words.platform(string(u.Person.Platform)), Why: u.Error,
			Since: u.At.UTC().Format("2006-01-02 15:04"), SinceISO: u.At.UTC().Format("2006-01-02T15:04:05Z"),
		})
	}
	p.Reasons = reasonsOf(p.Messages)
	f := frame{Title: words.t("outbox"), Here: "/settings", Back: &link{"/settings", words.t("settings")}}
	return s.show(w, r, v, http.StatusOK, "outbox.html", f, p)
}

// reasonsOf counts the reasons that more than one message has, the most frequent first.
func reasonsOf(rows []stuckRow) (out []stuckReason) {
	counts := map[string]int{}
	for _, row := range rows {
		counts[row.Why]++
	}
	for why, n := range counts {
		if n > 1 {
			out = append(out, stuckReason{why, n})
		}
	}
	slices.SortFunc(out, func(a, b stuckReason) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Why, b.Why))
	})
	return out
}

// platform is what people call a platform.
func (w *words) platform(name string) string {
	if key := "platform_" + name; w.has(key) {
		return w.t(key)
	}
	return name
}

// retryStuck mends one (id), or every message that was given up for one reason (why).
func (s settingsPages) retryStuck(w http.ResponseWriter, r *http.Request, v Viewer) error {
	ids, err := s.stuckAsked(w, r, v)
	if err != nil {
		return err
	}
	failed := 0
	for _, id := range ids {
		found, err := bot.FindStuck(r.Context(), s.Store, id)
		if err == nil {
			err = found.Retry(r.Context(), s.Bot)
		}
		switch {
		case errors.Is(err, storage.ErrUnavailable):
			return err
		case errors.Is(err, bot.ErrStillParked):
			failed++
		case errors.Is(err, bot.ErrNotGivenUp), errors.Is(err, storage.ErrNotFound): // somebody mended it meanwhile
		case err != nil:
			return err
		}
	}
	done := "retried"
	if failed > 0 {
		done = "retried_failed"
	}
	http.Redirect(w, r, s.Prefix+"/outbox?done="+done, http.StatusSeeOther)
	return nil
}

// stuckAsked is the ids that a form names, by themselves or by their reason.
func (s settingsPages) stuckAsked(w http.ResponseWriter, r *http.Request, v Viewer) ([]string, error) {
	if !v.Can(access.MendOutbox, access.EverySite) {
		return nil, notAllowed(nil)
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return nil, &page.Error{Code: page.AsError(err).Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	if id := r.PostForm.Get("id"); id != "" {
		return []string{id}, nil
	}
	why, ok := r.PostForm["why"]
	if !ok {
		return nil, &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	failed, err := s.Store.Failed(r.Context(), mostRetried)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, d := range slices.Backward(failed) { // the oldest first
		if d.Error == why[0] {
			ids = append(ids, d.Slot)
		}
	}
	return ids, nil
}

// dropPage asks whether one is to be given up for good.
type dropPage struct{ Row stuckRow }

func (s settingsPages) askToDrop(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !v.Can(access.MendOutbox, access.EverySite) {
		return notAllowed(nil)
	}
	words := s.words(r, v)
	found, err := bot.FindStuck(r.Context(), s.Store, r.URL.Query().Get("id"))
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, bot.ErrNotGivenUp) {
		return &page.Error{Code: page.Gone, Title: "outbox_gone", Text: "outbox_gone_text"}
	} else if err != nil {
		return err
	}
	var row stuckRow
	if d := found.Message; d != nil {
		row = stuckRow{ID: d.Slot, What: words.t("outbox_kind_" + string(d.Kind)), Where: words.platform(string(d.Address.Platform)), Why: d.Error}
	} else {
		row = stuckRow{ID: found.Update.Key, What: words.t("outbox_update"), Where: words.platform(string(found.Update.Person.Platform)), Why: found.Update.Error}
	}
	f := frame{Title: words.t("outbox_drop_title"), Here: "/settings", Back: &link{"/outbox", words.t("outbox")}}
	return s.show(w, r, v, http.StatusOK, "drop.html", f, dropPage{row})
}

func (s settingsPages) dropStuck(w http.ResponseWriter, r *http.Request, v Viewer) error {
	ids, err := s.stuckAsked(w, r, v)
	if err != nil {
		return err
	}
	if len(ids) != 1 {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	found, err := bot.FindStuck(r.Context(), s.Store, ids[0])
	if err == nil {
		err = found.Drop(r.Context(), s.Bot)
	}
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, bot.ErrNotGivenUp) {
		return &page.Error{Code: page.Gone, Title: "outbox_gone", Text: "outbox_gone_text"}
	} else if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/outbox?done=dropped", http.StatusSeeOther)
	return nil
}
