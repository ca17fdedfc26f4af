package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// apiError is a refusal in Telegram's own words.
type apiError struct {
	method      string
	code        int
	description string // as received: may quote a customer's words, so Error never shows it whole
}

var quoted = regexp.MustCompile(`"[^"]*"|'[^']*'|“[^”]*”`)

// Error names method, code and description, without what the description quotes.
func (e *apiError) Error() string {
	text := quoted.ReplaceAllString(e.description, "…")
	if head, _, ok := strings.Cut(text, "can't parse entities"); ok {
		text = head + "can't parse entities"
	}
	if len(text) > 160 {
		text = strings.ToValidUTF8(text[:160], "") + "…"
	}
	return fmt.Sprintf("telegram %s: %d %s", e.method, e.code, text)
}

// says reports whether the description contains one of the phrases, in any case.
func (e *apiError) says(phrases ...string) bool {
	text := strings.ToLower(e.description)
	for _, p := range phrases {
		if strings.Contains(text, strings.ToLower(p)) {
			return true
		}
	}
	return false
}

// refusal returns Telegram's refusal within err.
func refusal(err error) (*apiError, bool) { return errors.AsType[*apiError](err) }

// transportError is a request without an answer of the Bot API.
type transportError struct {
	method string
	status int // 0 = no answer at all
	cause  error
}

func (e *transportError) Error() string {
	if e.status != 0 {
		return fmt.Sprintf("telegram %s: HTTP %d: %v", e.method, e.status, e.cause)
	}
	return fmt.Sprintf("telegram %s: %v", e.method, e.cause)
}

func (e *transportError) Unwrap() error { return e.cause }

var quotation = regexp.MustCompile(`(?s)".*"`)

// classify says what a failed request means for whoever sends.
func (c *Client) classify(method, chatID string, trip *roundTrip, err error) *chat.Error {
	if refused, ok := errors.AsType[*libraryError](err); ok {
		// Telegram quotes what it stumbled over, which may be a customer's words.
		said := quotation.ReplaceAllString(c.redact(refused.Message), `"…"`)
		e := &apiError{method: method, code: refused.Code, description: said}
		return c.classifyRefusal(e, chatID, trip, refused.ResponseParameters)
	}
	e := &transportError{method: method, status: trip.status, cause: c.scrub(err)}
	switch {
	case trip.status == http.StatusTooManyRequests:
		return c.flood(e, chatID, retryAfter(0, trip.retryAfter, ""))
	case trip.status >= 300 && trip.status < 500:
		// Not from the Bot API: a proxy, a portal or a redirect in between.
		return &chat.Error{Kind: chat.Temporary, Err: e}
	case trip.status == 0 && !trip.wrote.Load():
		return &chat.Error{Kind: chat.Temporary, Err: e}
	}
	return &chat.Error{Kind: chat.InDoubt, Err: e}
}

func (c *Client) classifyRefusal(e *apiError, chatID string, trip *roundTrip, p consequences) *chat.Error {
	kind := chat.Rejected
	switch {
	case p.MigrateToChatID != 0:
		return &chat.Error{Kind: chat.MovedChat, Err: e, To: c.address(p.MigrateToChatID, 0)}
	case e.code == 429:
		return c.flood(e, chatID, retryAfter(p.RetryAfter, trip.retryAfter, e.description))
	case e.code >= 500:
		kind = chat.InDoubt
	case e.code == 401:
		kind = chat.Revoked
	case e.code == 404 && !e.says("method not found"):
		kind = chat.Revoked
	case e.code == 403:
		kind = chat.Unreachable
	case e.code == 409:
		kind = chat.Temporary
	case e.code == 400 && e.says("chat not found", "PEER_ID_INVALID", "user not found", "not enough rights",
		"have no rights", "CHAT_WRITE_FORBIDDEN", "need administrator rights", "CHAT_RESTRICTED", "TOPIC_CLOSED",
		"USER_IS_BLOCKED", "INPUT_USER_DEACTIVATED", "bot is not a member", "group chat was deactivated"):
		kind = chat.Unreachable
	}
	return &chat.Error{Kind: kind, Err: e}
}

func (c *Client) flood(cause error, chatID string, wait time.Duration) *chat.Error {
	return &chat.Error{Kind: chat.RateLimited, RetryAfter: wait, Account: c.floods.note(chatID, c.clock()), Err: cause}
}

const longestWait = 24 * time.Hour

var retryPhrase = regexp.MustCompile(`retry after (\d{1,9})`)

// retryAfter is the longest wait that body, header and description name, at
// least a second.
func retryAfter(body int, header, description string) time.Duration {
	seconds := max(body, 1)
	if n, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		seconds = max(seconds, n)
	}
	if m := retryPhrase.FindStringSubmatch(description); m != nil {
		n, _ := strconv.Atoi(m[1])
		seconds = max(seconds, n)
	}
	if seconds > int(longestWait/time.Second) {
		return longestWait
	}
	return time.Duration(seconds) * time.Second
}

// pause waits, and reports whether ctx is still alive afterwards.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// backoff is how long to wait before the next try, given how many failed and why.
// It doubles from half a second up to 30 s and honours a rate limit.
func backoff(failures int, err error) time.Duration {
	wait := 500 * time.Millisecond << min(max(failures-1, 0), 6)
	wait = min(wait, 30*time.Second)
	if e, ok := errors.AsType[*chat.Error](err); ok && e.Kind == chat.RateLimited {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}
