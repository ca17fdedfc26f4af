package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/storage"
)

// A POST may carry a key of its sender's (Idempotency-Key, draft-ietf-httpapi-idempotency-key-header-07):
// sent again with the same key, it is answered as before and has no second effect. Events need none: their
// source and id are their key, for ever.

// Sealer keeps words that nobody else may read.
type Sealer interface {
	// Seal returns what is kept of a value; place is what it belongs to.
	Seal(place, value string) string
	// Open returns the value of what Seal kept at that place.
	Open(place, sealed string) (string, error)
}

const (
	keyHeader = "Idempotency-Key"
	mostKey   = 255
	// underWay is how long a request counts as being answered: who began then and has not ended is dead.
	underWay = time.Minute
	// mostKept is how large an answer may be that is kept.
	mostKept = 64 << 10
)

// keyed reports whether a route honours keys.
func (r route) keyed() bool { return r.method == http.MethodPost && r.path != "/events" }

// once is a request that carries a key.
type once struct {
	storage.KeptAnswer
	since time.Time // it may have had its effect since then, by somebody who died; zero = it had none
}

// id is that of what the request makes: made again, it is the same.
func (o *once) id() string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("aftercare once "+o.Token+" "+o.Key)).String()
}

// keptAnswer is an answer as it is kept.
type keptAnswer struct {
	Media string `json:"media"`
	Body  string `json:"body"`
}

// keyOf reads the key that a request carries: a string of structured fields, or a bare word; "" = none.
func keyOf(r *http.Request) (string, error) {
	all := r.Header.Values(keyHeader)
	if len(all) == 0 {
		return "", nil
	}
	key := strings.TrimSpace(all[0])
	if len(key) > 1 && key[0] == '"' && key[len(key)-1] == '"' {
		key = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(key[1 : len(key)-1])
	}
	bad := strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' })
	if len(all) > 1 || key == "" || len(key) > mostKey || bad {
		return "", problemf(invalid, "%s is one key of 1 to %d letters, digits and signs, such as \"8e03978e-40d5-43dd-bc93-6894a57f9324\".", keyHeader, mostKey)
	}
	return key, nil
}

func hashed(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// onceOnly answers a request that may carry a key.
func (s *api) onceOnly(q *request, to route, sent []byte) (answer, error) {
	key, err := keyOf(q.Request)
	if err != nil || key == "" || s.trusted || s.Sealer == nil {
		if err != nil {
			return answer{}, err
		}
		return to.does(s, q)
	}
	k := storage.KeptAnswer{Token: q.token.ID, Key: hashed(q.Method, q.URL.Path, key), Body: hashed(string(sent)), Began: q.now}
	found, begun, err := s.Store.BeginAnswer(q.Context(), k, q.now.Add(-underWay))
	switch {
	case err != nil:
		return answer{}, err
	case begun:
		return s.answered(q, to, k, found.Began)
	case found.Token != "" && found.Body != k.Body:
		return answer{}, problemf(keyReused, "The key came with another body before. Nothing was done: each request has a key of its own.")
	case found.Status == 0:
		return answer{}, &problem{code: inProgress, detail: "The same request is being answered now.", wait: time.Second}
	}
	text, err := s.Sealer.Open(keptAt(&found), found.Answer)
	var kept keptAnswer
	if err == nil {
		err = json.Unmarshal([]byte(text), &kept)
	}
	if err != nil { // of another SECRET_KEY
		return answer{}, problemf(conflict, "The request was answered before, and the answer cannot be read any more. Look at what is there before you send it with another key.")
	}
	q.head.Set("Idempotency-Replayed", "true")
	return answer{status: found.Status, raw: []byte(kept.Body), media: kept.Media}, nil
}

func keptAt(k *storage.KeptAnswer) string { return "answer " + k.Token + " " + k.Key }

// answered answers a request with a key and keeps the answer. One that was refused has had no effect, and
// may be sent again in another way. One that failed may have had it: its key stays begun, and whoever sends
// it again in a minute goes on where it ended.
func (s *api) answered(q *request, to route, k storage.KeptAnswer, since time.Time) (answer, error) {
	q.once = &once{KeptAnswer: k}
	if since.Before(k.Began) {
		q.once.since = since
	}
	out, err := to.does(s, q)
	after := context.WithoutCancel(q.Context())
	if err == nil && out.raw == nil {
		if out.raw, err = json.Marshal(out.body); err == nil {
			out.raw, out.media = append(out.raw, '\n'), "application/json"
		}
	}
	if refused := (*problem)(nil); errors.As(err, &refused) && refused.code.status() < http.StatusInternalServerError {
		if dropped := s.Store.DropAnswer(after, k); dropped != nil {
			s.Log.Warn("a key stays taken for a minute", "err", dropped, "request", q.Header.Get("X-Request-Id"))
		}
	}
	if err != nil {
		return out, err
	}
	text, err := json.Marshal(keptAnswer{out.media, string(out.raw)})
	if err != nil || len(text) > mostKept {
		return out, err
	}
	k.Status, k.Answer = out.status, s.Sealer.Seal(keptAt(&k), string(text))
	if err := s.Store.EndAnswer(after, k); err != nil {
		s.Log.Warn("an answer is not kept", "err", err, "request", q.Header.Get("X-Request-Id"))
	}
	return out, nil
}
