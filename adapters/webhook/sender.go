package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// MostAnswer is how much is kept of what an endpoint answers, in bytes.
const MostAnswer = 1024

// callTimeout bounds one call.
const callTimeout = 15 * time.Second

// What 429 and 503 may ask for.
const (
	leastWait = time.Second
	mostWait  = 24 * time.Hour
)

// Try is one call and what became of it.
type Try struct {
	ID     string    // of the message: the same at each try
	At     time.Time //
	Status int       // of HTTP; 0 = there was no answer
	Took   time.Duration
	Answer string // how it begins, at most MostAnswer bytes
	Error  string // in words, "" = it was taken; never the address or a secret
	Replay bool
	Wait   time.Duration // what 429 or 503 asks to wait, from a second to a day; 0 = nothing
}

// OK reports whether the message was taken.
func (t Try) OK() bool { return t.Status >= 200 && t.Status < 300 }

// Config is what an endpoint is called with.
type Config struct {
	Target Target
	Clock  func() time.Time
	// Tried hears of every call, with the message. It must not block for long. nil = nobody does.
	Tried func(ctx context.Context, m chat.Message, t Try)
	// Gone hears that the endpoint answered 410: it wants no more. nil = nobody does.
	Gone func(ctx context.Context)
}

// Client calls one endpoint. It is a chat.Sender, and safe for concurrent use.
type Client struct {
	Config
	http *http.Client
}

// New returns a client. It calls nobody yet.
func New(c Config) *Client {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	transport := &http.Transport{ // and no proxy of the environment
		DialContext: dialer(c.Target.Private).DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxIdleConns: 4,
		IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true, DisableCompression: true,
	}
	return &Client{Config: c, http: &http.Client{
		Transport: transport, Timeout: callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends the connections that wait to be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Send implements chat.Sender: the message's Title is its id, its Text the body, and its State
// says whether it is sent once more by hand.
func (c *Client) Send(ctx context.Context, _ chat.Address, m chat.Message, _ chat.Ref) (chat.Ref, error) {
	t := c.Call(ctx, m.Title, m.Text, m.State != "")
	if c.Tried != nil {
		c.Tried(context.WithoutCancel(ctx), m, t)
	}
	return chat.Ref(m.Title), c.judge(ctx, t)
}

// judge is what follows from a try, as a *chat.Error; nil = it was taken.
func (c *Client) judge(ctx context.Context, t Try) error {
	switch {
	case t.OK():
		return nil
	case t.Status == http.StatusGone:
		if c.Gone != nil {
			c.Gone(context.WithoutCancel(ctx))
		}
		return &chat.Error{Kind: chat.Rejected, Err: errors.New(t.Error)}
	case t.Wait > 0:
		return &chat.Error{Kind: chat.RateLimited, Account: true, RetryAfter: t.Wait, Err: errors.New(t.Error)}
	}
	return &chat.Error{Kind: chat.Temporary, Err: errors.New(t.Error)}
}

// Call sends one body, once.
func (c *Client) Call(ctx context.Context, id, body string, replay bool) Try {
	began := c.Clock()
	t := Try{ID: id, At: began, Replay: replay}
	if err := c.call(ctx, &t, body); err != nil {
		t.Error = inWords(err)
	}
	t.Took = c.Clock().Sub(began)
	return t
}

func (c *Client) call(ctx context.Context, t *Try, body string) error {
	if err := CheckURL(c.Target.URL, c.Target.Private); err != nil {
		return err
	}
	sum, err := c.Target.Signatures(t.ID, t.At, []byte(body))
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Target.URL, strings.NewReader(body))
	if err != nil {
		return ErrAddress // its text would show the address
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Aftercare-Webhooks")
	req.Header.Set(IDHeader, t.ID)
	req.Header.Set(TimeHeader, strconv.FormatInt(t.At.Unix(), 10))
	req.Header.Set(SignatureHeader, sum)
	if t.Replay {
		req.Header.Set(ReplayHeader, "true")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	t.Status = resp.StatusCode
	said, _ := io.ReadAll(io.LimitReader(resp.Body, MostAnswer)) // what cannot be read is not kept
	t.Answer = strings.ToValidUTF8(string(said), "\uFFFD")
	if t.Status == http.StatusTooManyRequests || t.Status == http.StatusServiceUnavailable {
		t.Wait = waitOf(resp.Header.Get("Retry-After"), t.At)
	}
	switch {
	case t.OK():
		return nil
	case t.Status >= 300 && t.Status < 400:
		return fmt.Errorf("it answered %d: an endpoint that has moved is not followed", t.Status)
	}
	return fmt.Errorf("it answered %d", t.Status)
}

// waitOf reads a Retry-After (RFC 9110, 10.2.3): seconds or a date.
func waitOf(text string, now time.Time) time.Duration {
	var wait time.Duration
	if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32); err == nil && n >= 0 {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	} else {
		return 0
	}
	return min(max(wait, leastWait), mostWait)
}

// inWords is why a call failed, without the address, which may hold what is secret.
func inWords(err error) string {
	var name *net.DNSError
	switch {
	case errors.Is(err, ErrAddress):
		if i := strings.Index(err.Error(), ErrAddress.Error()); i >= 0 {
			return err.Error()[i:]
		}
		return ErrAddress.Error()
	case errors.As(err, &name):
		return "its name is not known"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within 15 seconds"
	case strings.HasPrefix(err.Error(), "it answered"), errors.Is(err, ErrSecret):
		return err.Error()
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return "no answer within 15 seconds"
	}
	if strings.Contains(err.Error(), "certificate") {
		return "its certificate is not good"
	}
	return "it cannot be connected to"
}
