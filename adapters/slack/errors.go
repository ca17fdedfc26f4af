package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// apiError is a refusal by its code, which names no customer's words.
type apiError struct {
	method string
	code   string
	detail string // what the code means for people; "" if Slack's word must do
}

func (e *apiError) Error() string {
	if e.detail != "" {
		return fmt.Sprintf("slack %s: %s (%s)", e.method, e.code, e.detail)
	}
	return fmt.Sprintf("slack %s: %s", e.method, e.code)
}

// refusal returns the code of Slack's refusal within err, "" if there is none.
func refusal(err error) string {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e.code
	}
	return ""
}

// transportError is a request without an answer of the Web API.
type transportError struct {
	method string
	status int // 0 = no answer at all
	cause  error
}

func (e *transportError) Error() string {
	if e.status != 0 {
		return fmt.Sprintf("slack %s: HTTP %d: %v", e.method, e.status, e.cause)
	}
	return fmt.Sprintf("slack %s: %v", e.method, e.cause)
}

func (e *transportError) Unwrap() error { return e.cause }

// SocketRefusedError tells that Slack does not let the app connect by Socket Mode: the
// app token is refused or Socket Mode is off. Until somebody sees to that nothing that
// people do in Slack is heard.
type SocketRefusedError struct{ Err error }

func (e *SocketRefusedError) Error() string { return e.Err.Error() }

// Unwrap returns why.
func (e *SocketRefusedError) Unwrap() error { return e.Err }

// ThreadGoneError tells that a reply was posted beside its thread, because the
// thread's first message was deleted: Slack does that without an error.
type ThreadGoneError struct {
	To     chat.Address
	Thread chat.Ref // the message that is gone
	Posted chat.Ref // where the reply stands instead
}

func (e *ThreadGoneError) Error() string {
	return fmt.Sprintf("the thread %s in %s is gone; a reply was posted in the channel as %s", e.Thread, e.To, e.Posted)
}

// unreachable are the refusals of a channel or a person, in plain words.
var unreachable = map[string]string{
	"channel_not_found":           "there is no such channel, or the app cannot see it: invite the app to the channel",
	"not_in_channel":              "the app is not in the channel: invite it with /invite",
	"is_archived":                 "the channel is archived",
	"user_disabled":               "the person's account is deactivated",
	"user_not_found":              "there is no such person in the workspace",
	"users_not_found":             "nobody in the workspace has this e-mail address",
	"user_not_visible":            "the app may not see this person",
	"invalid_user_combination":    "the app may not open direct messages with this person, who may belong to another organisation",
	"cannot_dm_bot":               "an app cannot write to an app",
	"channel_type_not_supported":  "messages cannot be posted to this kind of channel",
	"mpim_not_supported":          "messages cannot be posted to this kind of channel",
	"is_inactive":                 "the channel is frozen or deactivated",
	"user_is_restricted":          "the person's guest account may not be written to",
	"external_channel_restricted": "the shared channel's other organisation forbids posting",
}

// forbidden are refusals that are about the app or the workspace, whoever is written to:
// they say nothing of the person.
var forbidden = map[string]string{
	"messages_tab_disabled":   "the app's Messages tab is off: switch it on under App Home in the app's settings",
	"restricted_action":       "the workspace's settings forbid the app to post here",
	"not_allowed":             "the workspace's settings forbid the app to post here",
	"no_permission":           "the app has no permission to post here",
	"ekm_access_denied":       "the organisation's administrators suspended posting here",
	"team_access_not_granted": "the app was not granted access to this workspace",
}

// revoked are the refusals of the credentials.
var revoked = map[string]string{
	"invalid_auth":             "Slack does not know the token: copy it again from the app's settings",
	"not_authed":               "no token was sent",
	"token_revoked":            "the token was revoked: install the app again",
	"token_expired":            "the token expired: install the app again, with token rotation off",
	"account_inactive":         "the app was removed from the workspace, or its workspace is gone",
	"not_allowed_token_type":   "this is the wrong kind of token: SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-",
	"org_login_required":       "the workspace is being moved to an organisation",
	"access_denied":            "Slack denies this app access",
	"enterprise_is_restricted": "Slack denies this app access",
}

// classify says what a failed request means for whoever sends.
func (c *Client) classify(ctx context.Context, method, team, channel string, trip *roundTrip, err error) *chat.Error {
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return c.classifyRefusal(method, team, channel, refused)
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return c.flood(method, team, channel, limited.RetryAfter, &apiError{method: method, code: "ratelimited"})
	}
	status := int(trip.status.Load())
	e := &transportError{method: method, status: status, cause: c.scrub(err)}
	if code, ok := errors.AsType[slack.StatusCodeError](err); ok {
		e.cause = errors.New(http.StatusText(code.Code))
	}
	switch {
	case status == http.StatusTooManyRequests:
		return c.flood(method, team, channel, 0, e)
	case status >= 300 && status < 500:
		// Not from Slack: a proxy, a portal or a redirect in between.
		return &chat.Error{Kind: chat.Temporary, Err: e}
	case status == 0 && !trip.wrote.Load():
		if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
			e.cause = cause
		}
		return &chat.Error{Kind: chat.Temporary, Err: e}
	}
	return &chat.Error{Kind: chat.InDoubt, Err: e}
}

func (c *Client) classifyRefusal(method, team, channel string, refused slack.SlackErrorResponse) *chat.Error {
	e := &apiError{method: method, code: c.redact(code(refused.Err))}
	if detail, ok := revoked[e.code]; ok {
		e.detail = detail
		return &chat.Error{Kind: chat.Revoked, Err: e}
	}
	if detail, ok := unreachable[e.code]; ok {
		e.detail = detail
		return &chat.Error{Kind: chat.Unreachable, Err: e}
	}
	kind := chat.Rejected
	e.detail = forbidden[e.code]
	switch {
	case e.code == "ratelimited" || e.code == "rate_limited":
		return c.flood(method, team, channel, 0, e)
	case strings.HasPrefix(e.code, "restricted_action"):
		e.detail = forbidden["restricted_action"]
		if channel != "" && !isDirect(channel) && !isPerson(channel) {
			kind = chat.Unreachable // it says nothing of a person, and of a channel that it takes nothing
		}
	case e.code == "missing_scope":
		e.detail = "the app lacks the permission " + c.redact(code(refused.Needed)) + ": update it from deploy/slack-manifest.yaml and install it again"
		c.trouble(e)
	case slices.Contains([]string{"internal_error", "fatal_error"}, e.code):
		kind = chat.InDoubt // Slack says that part of it may have happened
	case slices.Contains([]string{"service_unavailable", "request_timeout", "team_added_to_org", "external_channel_migrating", "update_failed", "accesslimited"}, e.code):
		kind = chat.Temporary
	}
	return &chat.Error{Kind: kind, Err: e}
}

// code keeps of a refusal what a code of Slack's may hold.
func code(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_:.,-", r) {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 100)]
}

const longestWait = time.Hour

// flood is a refusal for haste. Posting is limited by the channel first; every other
// method is limited for the whole workspace and stays closed until then.
func (c *Client) flood(method, team, channel string, wait time.Duration, cause error) *chat.Error {
	wait = min(max(wait, time.Second), longestWait)
	if method != "chat.postMessage" {
		c.closed.close(team, method, c.clock().Add(wait))
	}
	return &chat.Error{Kind: chat.RateLimited, RetryAfter: wait, Account: channel == "", Edits: method == "chat.update", Err: cause}
}

// backoff is how long to wait before the next try, given how many failed. It
// doubles from half a second up to 30 s.
func backoff(failures int) time.Duration {
	return min(500*time.Millisecond<<min(max(failures-1, 0), 6), 30*time.Second)
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
