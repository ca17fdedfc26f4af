package api

import (
	"time"

	"github.com/aftercare/aftercare/storage"
)

// webhookView is an endpoint. Its secret is shown when it is made, and when it gets another one.
type webhookView struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	URL     string         `json:"url,omitempty"`
	Events  []storage.News `json:"events"`
	Sites   []string       `json:"sites,omitempty"`
	Include []string       `json:"include,omitempty"`
	Private bool           `json:"private,omitempty"`
	Enabled bool           `json:"enabled"`
	Off     string         `json:"off,omitempty"`
	Made    time.Time      `json:"made"`
	Secret  string         `json:"secret,omitempty"`
}

func viewOfWebhook(e *Endpoint, secret string) webhookView {
	v := webhookView{
		ID: e.ID, Name: e.Name, URL: e.URL, Events: e.News, Sites: e.Sites, Private: e.Private, Enabled: e.Off == "", Off: string(e.Off), Made: e.Made, Secret: secret,
	}
	if e.Words {
		v.Include = append(v.Include, "words")
	}
	if e.Names {
		v.Include = append(v.Include, "names")
	}
	return v
}

// tryView is one try to tell an endpoint something.
type tryView struct {
	ID       string       `json:"id"`
	At       time.Time    `json:"at"`
	Message  string       `json:"message"`
	Event    storage.News `json:"event"`
	Taken    bool         `json:"taken"`
	Status   int          `json:"status,omitempty"`
	Millis   int64        `json:"milliseconds"`
	Answer   string       `json:"answer,omitempty"`
	Error    string       `json:"error,omitempty"`
	Replayed bool         `json:"replay,omitempty"`
}

func viewOfTry(t *storage.HookTry) tryView {
	return tryView{
		ID: t.ID, At: t.At, Message: t.Message, Event: t.News, Taken: t.Error == "", Status: t.Status, Millis: t.Took.Milliseconds(), Answer: t.Answer,
		Error: t.Error, Replayed: t.Replay,
	}
}
