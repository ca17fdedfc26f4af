package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// bodyLimit is the most bytes that an answer of the Web API may have.
const bodyLimit = 16 << 20

// callTeam is call with the token of a team.
func (c *Client) callTeam(ctx context.Context, method, team, channel string, do func(context.Context, *slack.Client) error) error {
	token, err := c.token(ctx, team)
	if err != nil {
		return err
	}
	err = c.call(ctx, method, team, token, channel, do)
	if err != nil && chat.AsError(err).Kind == chat.Revoked {
		c.Forget(team)
	}
	return err
}

// call makes one request through slack-go. Its error is a *chat.Error around an
// *apiError or a *transportError. A method that Slack closed for haste fails at once
// until it is open again, so that no further refusal is provoked.
func (c *Client) call(ctx context.Context, method, team, token, channel string, do func(context.Context, *slack.Client) error) error {
	if wait := c.closed.wait(team, method, c.clock()); wait > 0 {
		return &chat.Error{Kind: chat.RateLimited, RetryAfter: wait, Edits: method == "chat.update", Err: fmt.Errorf("slack %s: held back until Slack takes it again", method)}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	trip := &roundTrip{http: c.http}
	err := do(ctx, c.library(token, trip))
	if err != nil {
		err = c.classify(ctx, method, team, channel, trip, err)
	}
	if method != "chat.postMessage" && method != "chat.update" && method != "apps.connections.open" {
		c.config.Sides.Note(chat.Slack, team, method, err, c.clock())
	}
	return err
}

// library is slack-go's client for one request, or for many in a row.
func (c *Client) library(token string, h interface {
	Do(*http.Request) (*http.Response, error)
},
) *slack.Client {
	return slack.New(token,
		slack.OptionAPIURL(c.api),
		slack.OptionHTTPClient(h),
		slack.OptionAppLevelToken(c.config.AppToken),
		slack.OptionLog(log.New(io.Discard, "", 0)))
}

// roundTrip carries requests and keeps of the last one what slack-go drops.
type roundTrip struct {
	http *http.Client

	wrote  atomic.Bool  // a request went onto the wire, at least in part
	status atomic.Int32 // 0 = no answer
}

var errNotJSON = errors.New("the answer is not the Web API's")

// Do implements slack-go's HTTP client.
func (t *roundTrip) Do(r *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{WroteHeaders: func() { t.wrote.Store(true) }}
	answer, err := t.http.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err != nil {
		return nil, err
	}
	t.status.Store(int32(answer.StatusCode))
	if answer.StatusCode != http.StatusOK {
		return answer, nil // slack-go reads no further
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, bodyLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > bodyLimit {
		return nil, errors.New("the answer is too large")
	}
	// slack-go takes an object without "ok" and "error" for success.
	var envelope struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.OK == nil || !*envelope.OK && envelope.Error == "" {
		return nil, errNotJSON
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// methods remembers which methods Slack closed, per workspace, and until when.
type methods struct {
	mu   sync.Mutex
	open map[string]time.Time
}

func (m *methods) close(team, method string, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		m.open = map[string]time.Time{}
	}
	if key := team + "/" + method; until.After(m.open[key]) {
		m.open[key] = until
	}
}

func (m *methods) wait(team, method string, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.open[team+"/"+method]
	if !ok {
		return 0
	}
	if !now.Before(until) {
		delete(m.open, team+"/"+method)
		return 0
	}
	return until.Sub(now)
}

// secretForms are what must never be shown: tokens of every kind, response URLs and
// trigger ids, wherever they stand.
var secretForms = regexp.MustCompile(`xox[a-z]*[-.][A-Za-z0-9.%-]{4,}|xapp-[A-Za-z0-9-]{4,}|https://hooks\.slack\.com/\S+|wss?://\S+|[0-9]{8,}\.[0-9]{8,}\.[0-9a-f]{16,}`)

// redact removes this app's secrets and whatever looks like one.
func (c *Client) redact(s string) string {
	for _, secret := range []string{c.config.BotToken, c.config.AppToken, c.config.SigningSecret} {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[redacted]")
		}
	}
	return secretForms.ReplaceAllString(s, "[redacted]")
}

// scrub returns err without the request's URL and without secrets.
func (c *Client) scrub(err error) error {
	for {
		wrapped, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = wrapped.Err
	}
	text := err.Error()
	clean := c.redact(text)
	if clean == text {
		return err
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errors.New(clean)
}
