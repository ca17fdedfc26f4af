package api

import (
	"net/http"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// tokenRoutes tell a token about itself: the first call of whoever connects a system.
var tokenRoutes = []route{
	{http.MethodGet, "/token", "", (*api).self},
}

type tokenView struct {
	Name    string     `json:"name"`
	Scopes  []string   `json:"scopes"`
	Sites   []string   `json:"sites,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
}

func viewOf(t storage.Token) tokenView {
	v := tokenView{Name: t.Name, Scopes: t.Scopes, Sites: t.Sites}
	if !t.Expires.IsZero() {
		v.Expires = &t.Expires
	}
	return v
}

func (s *api) self(q *request) (answer, error) {
	return answer{status: http.StatusOK, body: viewOf(q.token)}, nil
}
