package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// flowRoutes are about the surveys that were published.
var flowRoutes = []route{
	{http.MethodGet, "/flows", access.ReadFlows, (*api).flows},
	{http.MethodGet, "/flows/{flow}", access.ReadFlows, (*api).flow},
	{http.MethodGet, "/flows/{flow}/versions/{version}", access.ReadFlows, (*api).flow},
}

type flowView struct {
	Flow      string    `json:"flow"`
	Version   int       `json:"version"`
	Published time.Time `json:"published"`
}

func (s *api) flows(q *request) (answer, error) {
	all, err := s.Store.FlowSources(q.Context())
	if err != nil {
		return answer{}, err
	}
	views := make([]flowView, len(all))
	for i, f := range all {
		views[i] = flowView{f.Flow, f.Version, f.Published}
	}
	return answer{status: http.StatusOK, body: map[string]any{"items": views, "next": nil}}, nil
}

// flow is the file of a survey, as it was published.
func (s *api) flow(q *request) (answer, error) {
	version := 0
	if v := q.PathValue("version"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return answer{}, problemf(notFound, "A version is a number from 1 on, not %q.", short(v))
		}
		version = n
	}
	f, err := s.Store.FlowSource(q.Context(), q.PathValue("flow"), version)
	if errors.Is(err, storage.ErrNotFound) {
		return answer{}, problemf(notFound, "There is no such survey, or it was never published in that version.")
	}
	return answer{status: http.StatusOK, raw: []byte(f.Source), media: "application/yaml"}, err
}
