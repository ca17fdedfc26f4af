package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// webhookRoutes are about endpoints of other systems, which are told what happens.
var webhookRoutes = []route{
	{http.MethodPost, "/webhooks", access.ManageHooks, (*api).addWebhook},
	{http.MethodGet, "/webhooks", access.ManageHooks, (*api).webhooks},
	{http.MethodGet, "/webhooks/{webhook}", access.ManageHooks, (*api).webhook},
	{http.MethodPatch, "/webhooks/{webhook}", access.ManageHooks, (*api).changeWebhook},
	{http.MethodPost, "/webhooks/{webhook}/rotate", access.ManageHooks, (*api).rotateWebhook},
	{http.MethodPost, "/webhooks/{webhook}/test", access.ManageHooks, (*api).testWebhook},
	{http.MethodGet, "/webhooks/{webhook}/tries", access.ManageHooks, (*api).webhookTries},
	{http.MethodPost, "/webhooks/{webhook}/replay", access.ManageHooks, (*api).replayWebhook},
	{http.MethodDelete, "/webhooks/{webhook}", access.ManageHooks, (*api).removeWebhook},
}

// Endpoint is an endpoint of another system and where it is.
type Endpoint struct {
	storage.Hook
	URL     string // "" = it cannot be read: SECRET_KEY is another one
	Private bool   // addresses of networks that are not public are allowed
}

// ErrAddress is an address that is not called.
var ErrAddress = errors.New("the address is not called")

// Endpoints is the desk for them. What is about one is storage.ErrNotFound where there is none.
type Endpoints interface {
	// Add keeps an endpoint, and returns its id and its secret. One that has an id is kept in the place of
	// the one that has it. ErrAddress.
	Add(ctx context.Context, h storage.Hook, url string) (id, secret string, err error)
	// List returns every endpoint, the newest first.
	List(ctx context.Context) ([]Endpoint, error)
	// Change changes what an endpoint is called, is told, and whether it is on. change may be called several
	// times; its error changes nothing.
	Change(ctx context.Context, id string, change func(*storage.Hook) error) error
	Test(ctx context.Context, id string) (storage.HookTry, error)
	// Rotate gives an endpoint another secret, unless that was done since a moment; zero = always.
	Rotate(ctx context.Context, id string, since time.Time) (secret string, err error)
	Remove(ctx context.Context, id string) error
	Log(ctx context.Context, id, before string, limit int) ([]storage.HookTry, error)
	Replay(ctx context.Context, id, message string, since time.Time, failed bool) (int, error)
}

// Of what is sent about an endpoint.
const (
	maxWebhookName = 80
	maxURL         = 2000
	mostTries      = 100
)

// endpointsOf are those that a token may see: of a token that is for some sites, those that are told
// of no others.
func (s *api) endpointsOf(q *request) ([]Endpoint, error) {
	if s.Endpoints == nil {
		return nil, problemf(notFound, "This server tells no other systems.")
	}
	all, err := s.Endpoints.List(q.Context())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(e Endpoint) bool { return !q.sees(&e.Hook) }), nil
}

// sees reports whether an endpoint is told of nothing but the sites of a token.
func (q *request) sees(h *storage.Hook) bool {
	return len(q.token.Sites) == 0 ||
		len(h.Sites) > 0 && !slices.ContainsFunc(h.Sites, func(site string) bool { return !q.token.At(site) })
}

// endpoint is the one that an address names.
func (s *api) endpoint(q *request) (Endpoint, error) {
	all, err := s.endpointsOf(q)
	if err != nil {
		return Endpoint{}, err
	}
	i := slices.IndexFunc(all, func(e Endpoint) bool { return e.ID == q.PathValue("webhook") })
	if i < 0 {
		return Endpoint{}, gone()
	}
	return all[i], nil
}

func gone() *problem { return problemf(notFound, "There is no such endpoint.") }

// known says as a problem that an endpoint went since it was looked for.
func known(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return gone()
	}
	return err
}

func (s *api) webhooks(q *request) (answer, error) {
	all, err := s.endpointsOf(q)
	views := make([]webhookView, len(all))
	for i := range all {
		views[i] = viewOfWebhook(&all[i], "")
	}
	return answer{status: http.StatusOK, body: map[string]any{"items": views, "next": nil}}, err
}

func (s *api) webhook(q *request) (answer, error) {
	e, err := s.endpoint(q)
	return answer{status: http.StatusOK, body: viewOfWebhook(&e, "")}, err
}

func (s *api) addWebhook(q *request) (answer, error) {
	if s.Endpoints == nil {
		return answer{}, problemf(notFound, "This server tells no other systems.")
	}
	r := &reader{now: q.now}
	if !r.object(q.body, "name", "url", "events", "sites", "include") {
		return answer{}, mistakes(r.faults...)
	}
	for _, name := range []string{"name", "url", "events"} {
		if _, ok := q.body.members[name]; !ok {
			r.fault("#", "missing", "An endpoint needs %q.", name)
		}
	}
	h := storage.Hook{HookTerms: storage.HookTerms{By: "token " + q.token.Name}}
	if q.once != nil {
		h.ID = q.once.id()
	}
	url := r.words(q.body, "url", maxURL)
	if err := s.terms(q, r, &h); err != nil {
		return answer{}, err
	}
	if len(r.faults) > 0 {
		return answer{}, mistakes(r.faults...)
	}
	id, secret, err := s.Endpoints.Add(q.Context(), h, url)
	if errors.Is(err, ErrAddress) {
		return answer{}, mistakes(fault{"#/url", "address", "It is not called: an address begins with https:// and leads to a public network."})
	}
	if err != nil {
		return answer{}, err
	}
	h.ID, h.Made = id, q.now
	return answer{status: http.StatusCreated, body: viewOfWebhook(&Endpoint{Hook: h, URL: url}, secret)}, s.wrote(q, "webhook.add", id, h.Told())
}

func (s *api) changeWebhook(q *request) (answer, error) {
	e, err := s.endpoint(q)
	if err != nil {
		return answer{}, err
	}
	var before string
	err = s.Endpoints.Change(q.Context(), e.ID, func(h *storage.Hook) error {
		if !q.sees(h) {
			return gone()
		}
		before = h.Told()
		err := s.newTerms(q, h)
		e.Hook = *h
		return err
	})
	if err != nil {
		return answer{}, known(err)
	}
	a := audit(q, "webhook.change", e.ID)
	a.Before, a.After = before, e.Told()
	return answer{status: http.StatusOK, body: viewOfWebhook(&e, "")}, s.Store.PutAudit(q.Context(), a)
}

// newTerms changes an endpoint as a request says.
func (s *api) newTerms(q *request, h *storage.Hook) error {
	r := &reader{now: q.now}
	if !r.object(q.body, "name", "events", "sites", "include", "enabled") {
		return mistakes(r.faults...)
	}
	if err := s.terms(q, r, h); err != nil {
		return err
	}
	if m, ok := q.body.members["enabled"]; ok {
		switch {
		case m.kind != boolean:
			r.fault(m.at, "type", "This is %s; true or false is meant.", m.kind)
		case m.truth:
			h.Off, h.OffAt = "", time.Time{}
		case h.Off == "":
			h.Off, h.OffAt = storage.HookByHand, q.now
		}
	}
	if len(r.faults) > 0 {
		return mistakes(r.faults...)
	}
	return nil
}

func (s *api) rotateWebhook(q *request) (answer, error) {
	e, err := s.endpoint(q)
	if err != nil {
		return answer{}, err
	}
	var since time.Time
	if q.once != nil {
		since = q.once.since
	}
	secret, err := s.Endpoints.Rotate(q.Context(), e.ID, since)
	if err != nil {
		return answer{}, known(err)
	}
	return answer{status: http.StatusOK, body: viewOfWebhook(&e, secret)}, s.wrote(q, "webhook.rotate", e.ID, "")
}

func (s *api) testWebhook(q *request) (answer, error) {
	e, err := s.endpoint(q)
	if err != nil {
		return answer{}, err
	}
	t, err := s.Endpoints.Test(q.Context(), e.ID)
	return answer{status: http.StatusOK, body: viewOfTry(&t)}, known(err)
}

func (s *api) webhookTries(q *request) (answer, error) {
	e, err := s.endpoint(q)
	if err != nil {
		return answer{}, err
	}
	limit, before := mostTries, q.URL.Query().Get("cursor")
	if w := q.URL.Query().Get("limit"); w != "" {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 || n > mostTries {
			return answer{}, mistakes(fault{"?limit", "limit", "It is a number from 1 to " + strconv.Itoa(mostTries) + "."})
		}
		limit = n
	}
	if before != "" {
		if _, err := uuid.Parse(before); err != nil {
			return answer{}, mistakes(fault{"?cursor", "cursor", "Give the cursor that an earlier answer had as next."})
		}
	}
	tries, err := s.Endpoints.Log(q.Context(), e.ID, before, limit+1)
	if err != nil {
		return answer{}, known(err)
	}
	out := map[string]any{"next": nil}
	if len(tries) > limit {
		tries = tries[:limit]
		out["next"] = tries[limit-1].ID
	}
	views := make([]tryView, len(tries))
	for i := range tries {
		views[i] = viewOfTry(&tries[i])
	}
	out["items"] = views
	return answer{status: http.StatusOK, body: out}, nil
}

func (s *api) replayWebhook(q *request) (answer, error) {
	e, err := s.endpoint(q)
	if err != nil {
		return answer{}, err
	}
	r := &reader{now: q.now}
	if !r.object(q.body, "message", "since", "all") {
		return answer{}, mistakes(r.faults...)
	}
	message, since, failed := r.words(q.body, "message", maxID), r.moment(q.body, "since", storage.Site{}), true
	if m, ok := q.body.members["all"]; ok {
		if m.kind != boolean {
			r.fault(m.at, "type", "This is %s; true or false is meant.", m.kind)
		}
		failed = !m.truth
	}
	if len(r.faults) > 0 {
		return answer{}, mistakes(r.faults...)
	}
	if message != "" {
		failed = false
	}
	n, err := s.Endpoints.Replay(q.Context(), e.ID, message, since, failed)
	if errors.Is(err, storage.ErrNotFound) {
		return answer{}, problemf(notFound, "There is no such message, or it is not kept any more.")
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: map[string]int{"messages": n}}, s.wrote(q, "webhook.replay", e.ID, strconv.Itoa(n))
}

func (s *api) removeWebhook(q *request) (answer, error) {
	e, err := s.endpoint(q)
	if err != nil {
		return answer{}, err
	}
	if err := s.Endpoints.Remove(q.Context(), e.ID); err != nil {
		return answer{}, known(err)
	}
	return answer{status: http.StatusNoContent, raw: []byte{}, media: "application/json"}, s.wrote(q, "webhook.remove", e.ID, "")
}

// audit is the entry of what a token did.
func audit(q *request, what, subject string) storage.Audit {
	return storage.Audit{ID: uuid.Must(uuid.NewV7()).String(), At: q.now, Who: "token " + q.token.Name, From: "api", What: what, Subject: subject}
}

func (s *api) wrote(q *request, what, subject, after string) error {
	a := audit(q, what, subject)
	a.After = after
	return s.Store.PutAudit(q.Context(), a)
}
