package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	hookBodyLimit    = 1 << 20 // bytes
	signatureWindow  = 5 * time.Minute
	storeAwaySeconds = 2 // Retry-After while the store is away
)

// Hooks are the addresses that Slack delivers to by signed HTTP. A request is read
// as a whole, its signature is checked over the raw body, and only then is anything
// parsed. It is acknowledged after the handler returned nil. A replay carries the
// key that it had before, for the store to refuse; retries are told by their id and
// never by a header, because the first delivery may never have arrived.
type Hooks struct {
	Events      http.Handler // /hooks/slack/events
	Interactive http.Handler // /hooks/slack/interactive
	Command     http.Handler // /hooks/slack/command
}

// NewHooks returns the handlers. Everything is refused if Config.SigningSecret is
// empty.
func NewHooks(c *Client, h chat.Handler) Hooks {
	hookFor := func(decode func([]byte) (incoming, error)) http.Handler {
		return &hook{client: c, handler: h, decode: decode}
	}
	return Hooks{
		Events: hookFor(c.decodeEvent),
		Interactive: hookFor(func(body []byte) (incoming, error) {
			form, err := url.ParseQuery(string(body))
			if err != nil {
				return incoming{}, errNotSlack
			}
			return c.decodeInteraction([]byte(form.Get("payload")))
		}),
		Command: hookFor(func(body []byte) (incoming, error) {
			form, err := url.ParseQuery(string(body))
			if err != nil {
				return incoming{}, errNotSlack
			}
			return c.decodeCommand(rawCommand{
				Team: form.Get("team_id"), User: form.Get("user_id"), UserName: form.Get("user_name"), Channel: form.Get("channel_id"),
				Command: form.Get("command"), Text: form.Get("text"), Trigger: form.Get("trigger_id"),
			})
		}),
	}
}

type hook struct {
	client  *Client
	handler chat.Handler
	decode  func([]byte) (incoming, error)
}

func (h *hook) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if in.Method != http.MethodPost {
		out.Header().Set("Allow", http.MethodPost)
		http.Error(out, "Slack delivers by POST.", http.StatusMethodNotAllowed)
		return
	}
	// What cannot be signed in time is refused before its body is read.
	stamp, signature := in.Header.Get("X-Slack-Request-Timestamp"), in.Header.Get("X-Slack-Signature")
	if h.client.config.SigningSecret == "" || signature == "" || !h.fresh(stamp) {
		http.Error(out, "The signature is missing, wrong or too old.", http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(out, in.Body, hookBodyLimit))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			http.Error(out, "A request has at most 1 MB.", http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(out, "The body could not be read.", http.StatusBadRequest)
		return
	}
	if !signed(h.client.config.SigningSecret, stamp, signature, body) {
		http.Error(out, "The signature is missing, wrong or too old.", http.StatusUnauthorized)
		return
	}
	got, err := h.decode(body)
	if err != nil {
		http.Error(out, "The body is not a request of Slack's.", http.StatusBadRequest)
		return
	}
	if got.challenge != "" {
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		out.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(out, got.challenge)
		return
	}
	h.take(out, in, got)
}

func (h *hook) take(out http.ResponseWriter, in *http.Request, got incoming) {
	ctx := in.Context()
	h.client.begin(ctx, got)
	ok, err := h.client.admit(ctx, got)
	var answers []chat.Answer
	if ok && len(got.updates) > 0 {
		h.client.resolve(ctx, got.updates)
		answers, err = h.handler(ctx, got.updates)
	}
	if err != nil {
		h.client.log.Error("a Slack request could not be stored; Slack will deliver it again", "err", h.client.scrub(err))
		out.Header().Set("Retry-After", strconv.Itoa(storeAwaySeconds))
		http.Error(out, "Updates cannot be stored just now.", http.StatusServiceUnavailable)
		return
	}
	if ok && got.home != "" {
		h.client.refreshHome(ctx, got.team, got.home)
	}
	for _, a := range h.client.respond(ctx, got.updates, answers) {
		if body, err := json.Marshal(a); err == nil {
			out.Header().Set("Content-Type", "application/json")
			_, _ = out.Write(body)
		}
		return
	}
}

// fresh reports whether a timestamp is within the window, in either direction.
func (h *hook) fresh(stamp string) bool {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(stamp) > 12 {
		return false
	}
	age := h.client.clock().Sub(time.Unix(seconds, 0))
	return age <= signatureWindow && age >= -signatureWindow
}

// signed reports whether the body was signed with the secret; it takes as long for
// a wrong signature as for a right one.
func signed(secret, stamp, signature string, body []byte) bool {
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "v0="))
	if err != nil || !strings.HasPrefix(signature, "v0=") {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, "v0:"+stamp+":")
	_, _ = mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}
