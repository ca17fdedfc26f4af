package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	secretHeader       = "X-Telegram-Bot-Api-Secret-Token"
	webhookBodyLimit   = 1 << 20 // bytes
	webhookConnections = 40
	storeAwaySeconds   = 2 // Retry-After while the store is away
)

// webhook is the HTTP handler that Telegram delivers updates to.
type webhook struct {
	client  *Client
	secret  string
	handler chat.Handler
}

// NewWebhook returns the handler of a bot's webhook. A request without the secret
// is refused with 401 before its body is read, and everything is refused if secret
// is empty. An update is acknowledged with 200 after the handler returned nil; the
// answer to a tap travels in that response.
func NewWebhook(c *Client, secret string, h chat.Handler) http.Handler {
	return &webhook{client: c, secret: secret, handler: h}
}

func (w *webhook) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if in.Method != http.MethodPost {
		out.Header().Set("Allow", http.MethodPost)
		http.Error(out, "Telegram delivers by POST.", http.StatusMethodNotAllowed)
		return
	}
	// Digests are compared, so that not even the secret's length shows in the time.
	given, wanted := sha256.Sum256([]byte(in.Header.Get(secretHeader))), sha256.Sum256([]byte(w.secret))
	if subtle.ConstantTimeCompare(given[:], wanted[:]) != 1 || w.secret == "" {
		http.Error(out, "The secret token is missing or wrong.", http.StatusUnauthorized)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(out, in.Body, webhookBodyLimit))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			http.Error(out, "An update has at most 1 MB.", http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(out, "The body could not be read.", http.StatusBadRequest)
		return
	}
	// Commands in groups name a bot; until ours is known none can be told apart.
	if w.client.username() == "" {
		if _, err := w.client.Me(in.Context()); err != nil {
			w.client.log.Warn("the bot's name is not known yet; Telegram will deliver again", "err", err)
			w.away(out)
			return
		}
	}
	update, err := w.client.decode(raw)
	if err != nil {
		http.Error(out, "The body is not an update.", http.StatusBadRequest)
		return
	}
	batch := []chat.Update{update}
	answers, err := w.handler(in.Context(), batch)
	if err != nil {
		w.client.log.Error("an update could not be stored; Telegram will deliver it again", "err", err)
		w.away(out)
		return
	}
	for _, params := range answersFor(batch, answers) {
		params["method"] = "answerCallbackQuery"
		body, err := json.Marshal(params)
		if err != nil {
			break
		}
		out.Header().Set("Content-Type", "application/json")
		_, _ = out.Write(body)
	}
}

func (w *webhook) away(out http.ResponseWriter) {
	out.Header().Set("Retry-After", strconv.Itoa(storeAwaySeconds))
	http.Error(out, "Updates cannot be stored just now.", http.StatusServiceUnavailable)
}

var secretForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) })

// ValidSecret reports whether Telegram takes s as a webhook's secret: 1 to 256
// letters, digits, "_" and "-".
func ValidSecret(s string) bool { return secretForm().MatchString(s) }

type webhookInfo struct {
	URL            string   `json:"url"`
	Pending        int      `json:"pending_update_count"`
	LastErrorDate  int64    `json:"last_error_date"`
	LastError      string   `json:"last_error_message"`
	MaxConnections int      `json:"max_connections"`
	Allowed        []string `json:"allowed_updates"`
}

// as reports whether the webhook is set as wanted. Telegram does not tell the
// secret; that it is another one shows in a delivery that was answered with 401
// after the webhook was last set.
func (i webhookInfo) as(url string, set time.Time) bool {
	var wanted []string
	_ = json.Unmarshal([]byte(allowedUpdates), &wanted) // a constant
	slices.Sort(wanted)
	got := slices.Sorted(slices.Values(i.Allowed))
	refused := strings.Contains(i.LastError, "401") && i.LastErrorDate > set.Unix()
	return i.URL == url && i.MaxConnections == webhookConnections && slices.Equal(got, wanted) && !refused
}

// webhookCheck is how often KeepWebhook looks whether the webhook still stands.
const webhookCheck = time.Minute

// KeepWebhook points Telegram at url and sees to it that this stays so, until ctx
// ends; it then returns nil and leaves the webhook standing, so that updates wait
// for the next start. Pending updates are kept. It outlasts Telegram's failures;
// its errors are chat.Revoked and chat.Rejected (an address Telegram does not take).
func (c *Client) KeepWebhook(ctx context.Context, url, secret string) error {
	if !ValidSecret(secret) {
		return &chat.Error{Kind: chat.Rejected, Err: errors.New("the webhook's secret must have 1 to 256 letters, digits, _ or -")}
	}
	var set time.Time
	keep := func(ctx context.Context) (err error) {
		set, err = c.setWebhook(ctx, url, secret, set)
		return err
	}
	for {
		if err := c.insist(ctx, "set the webhook", keep); err != nil {
			return stopped(ctx, err)
		}
		if !pause(ctx, webhookCheck) {
			return nil
		}
	}
}

// setWebhook sets the webhook unless it stands as wanted. It returns when it was
// last set, as far as this process knows.
func (c *Client) setWebhook(ctx context.Context, url, secret string, last time.Time) (time.Time, error) {
	var info webhookInfo
	err := c.call(ctx, callTimeout, "getWebhookInfo", nil, &info)
	switch {
	case err == nil:
	case !last.IsZero(), chat.AsError(err).Kind == chat.Revoked:
		return last, err
	default: // it is set all the same, and looked at later
		c.log.Warn("Telegram does not say how the webhook stands; setting it", "err", err)
	}
	if err == nil && info.as(url, last) {
		if info.LastErrorDate > last.Unix() && info.Pending > 0 {
			c.log.Warn("Telegram could not deliver to the webhook", "err", c.redact(info.LastError), "pending", info.Pending)
		}
		return last, nil
	}
	err = c.call(ctx, callTimeout, "setWebhook", parameters{
		"url":             url,
		"secret_token":    secret,
		"allowed_updates": allowedUpdates,
		"max_connections": strconv.Itoa(webhookConnections),
	}, nil)
	if err != nil {
		return last, fmt.Errorf("set the webhook: %w", err)
	}
	c.log.Info("the webhook is set")
	return c.clock(), nil
}
