package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// endpoint is a server that says what it is told to say, and keeps what it was sent.
type endpoint struct {
	*httptest.Server
	answer func(http.ResponseWriter, *http.Request)
	bodies []string
	heads  []http.Header
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.bodies, e.heads = append(e.bodies, string(body)), append(e.heads, r.Header)
		e.answer(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) client(c Config) *Client {
	c.Target.URL, c.Target.Private = e.URL+"/in?of=us", true
	if c.Target.Secrets == nil {
		c.Target.Secrets = []Secret{{Value: NewSecret()}}
	}
	return New(c)
}

// What is sent is good by the library of Standard Webhooks, with every secret that is in force, and
// with no other.
func TestSignaturesAreThoseOfTheStandardsOwnLibrary(t *testing.T) {
	e := newEndpoint(t)
	now := time.Now()
	before, after, other := NewSecret(), NewSecret(), NewSecret()
	target := Target{Secrets: []Secret{{Value: before}}}.Rotated(after, now)
	good := func(secret string, n int) bool {
		t.Helper()
		hook, err := standard.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		return hook.VerifyIgnoringTimestamp([]byte(e.bodies[n]), e.heads[n]) == nil
	}
	for n, at := range []time.Time{now, now.Add(Rotation - time.Second), now.Add(Rotation)} {
		c := e.client(Config{Target: target, Clock: func() time.Time { return at }})
		body := `{"type":"test.ping","data":{"words":"<&> ünïcode 你好"}}`
		if got := c.Call(t.Context(), "msg_"+strconv.Itoa(n), body, false); !got.OK() {
			t.Fatalf("%+v", got)
		}
		if !good(after, n) || good(other, n) || good(before, n) != (n < 2) {
			t.Errorf("%v after the rotation: new %v, old %v, another %v", at.Sub(now), good(after, n), good(before, n), good(other, n))
		}
		if h := e.heads[n]; h.Get(IDHeader) != "msg_"+strconv.Itoa(n) || h.Get(TimeHeader) != strconv.FormatInt(at.Unix(), 10) || h.Get(ReplayHeader) != "" {
			t.Errorf("the headers are %v", h)
		}
	}
	hook, err := standard.NewWebhook(after)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := hook.Sign("msg_1", now, []byte(`{"a":1}`))
	ours, err2 := Sign(after, "msg_1", now, []byte(`{"a":1}`))
	if err != nil || err2 != nil || theirs != ours {
		t.Errorf("%q and %q, %v, %v", theirs, ours, err, err2)
	}
	if _, err := Sign("whsec_%%", "1", now, nil); !errors.Is(err, ErrSecret) {
		t.Errorf("a secret that is none signs: %v", err)
	}
}

// What follows from each answer.
func TestWhatAnEndpointAnswersIsActedOn(t *testing.T) {
	for _, c := range []struct {
		status int
		header string
		kind   chat.ErrorKind
		after  time.Duration
	}{
		{200, "", "", 0},
		{201, "", "", 0},
		{299, "", "", 0},
		{301, "", chat.Temporary, 0},
		{307, "", chat.Temporary, 0},
		{400, "", chat.Temporary, 0},
		{404, "", chat.Temporary, 0},
		{410, "", chat.Rejected, 0},
		{429, "", chat.Temporary, 0},
		{429, "30", chat.RateLimited, 30 * time.Second},
		{429, "0", chat.RateLimited, time.Second},
		{503, "999999", chat.RateLimited, 24 * time.Hour},
		{503, "soon", chat.Temporary, 0},
		{500, "30", chat.Temporary, 0},
	} {
		e := newEndpoint(t)
		e.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.header)
			w.Header().Set("Location", e.URL+"/elsewhere")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, strings.Repeat("x", 3*MostAnswer))
		}
		gone := 0
		var tries []Try
		client := e.client(Config{
			Gone:  func(context.Context) { gone++ },
			Tried: func(_ context.Context, _ chat.Message, t Try) { tries = append(tries, t) },
		})
		_, err := client.Send(t.Context(), chat.Address{}, chat.Message{Title: "msg_1", Text: "{}", State: "replay"}, "")
		client.Close()
		kind := chat.ErrorKind("")
		if err != nil {
			kind = chat.AsError(err).Kind
		}
		if kind != c.kind || err != nil && chat.AsError(err).RetryAfter != c.after || (gone == 1) != (c.status == 410) {
			t.Errorf("%d %q: %v, gone %d", c.status, c.header, err, gone)
		}
		if len(e.bodies) != 1 || e.heads[0].Get(ReplayHeader) != "true" {
			t.Errorf("%d: it was called %d times, with %v", c.status, len(e.bodies), e.heads)
		}
		if len(tries) != 1 || tries[0].Status != c.status || len(tries[0].Answer) != MostAnswer || (tries[0].Error == "") != tries[0].OK() {
			t.Errorf("%d: the log has %+v", c.status, tries)
		}
	}
}

// addresses that are called, and those that are not: RFC 6890 and its successors, in each dress.
var addresses = []struct {
	at     string
	public bool
}{
	{"8.8.8.8", true},
	{"1.1.1.1", true},
	{"172.15.255.255", true},
	{"172.32.0.1", true},
	{"2606:4700:4700::1111", true},
	{"2a00:1450:4001::1", true},
	{"0.0.0.0", false},
	{"0.1.2.3", false},
	{"10.0.0.1", false},
	{"100.64.0.1", false},
	{"100.127.255.255", false},
	{"127.0.0.1", false},
	{"127.255.255.254", false},
	{"169.254.169.254", false},
	{"172.16.0.1", false},
	{"172.31.255.255", false},
	{"192.0.0.8", false},
	{"192.0.2.1", false},
	{"192.168.1.1", false},
	{"198.18.0.1", false},
	{"198.51.100.1", false},
	{"203.0.113.7", false},
	{"224.0.0.1", false},
	{"239.255.255.250", false},
	{"240.0.0.1", false},
	{"255.255.255.255", false},
	{"::", false},
	{"::1", false},
	{"::127.0.0.1", false},
	{"::ffff:127.0.0.1", false},
	{"::ffff:10.0.0.1", false},
	{"::ffff:169.254.169.254", false},
	{"::ffff:8.8.8.8", true},
	{"64:ff9b::7f00:1", false},
	{"64:ff9b:1::a00:1", false},
	{"2002:7f00:1::", false},
	{"2001::1", false},
	{"2001:db8::1", false},
	{"100::1", false},
	{"fc00::1", false},
	{"fd00:ec2::254", false},
	{"fe80::1", false},
	{"fe80::1%eth0", false},
	{"fec0::1", false},
	{"ff02::1", false},
	{"3fff::1", false},
	{"5f00::1", false},
}

func TestOnlyAddressesOfPublicNetworksAreCalled(t *testing.T) {
	for _, c := range addresses {
		a := netip.MustParseAddr(c.at)
		if Public(a) != c.public {
			t.Errorf("%s: public %v", c.at, Public(a))
		}
		// The same when it is dialled, whatever name led there: the address is checked after its
		// name was looked up, so that another answer of the name server makes no difference.
		check := func(private bool) error {
			return dialer(private).ControlContext(t.Context(), "tcp", netip.AddrPortFrom(a, 443).String(), nil)
		}
		if err := check(false); (err == nil) != c.public {
			t.Errorf("%s is dialled: %v", c.at, err)
		}
		host := c.at
		if a.Is6() {
			host = "[" + strings.ReplaceAll(c.at, "%", "%25") + "]"
		}
		if err := CheckURL("https://"+host+"/in", false); (err == nil) != c.public {
			t.Errorf("https://%s/in is taken: %v", host, err)
		}
	}
	for _, at := range []string{"169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1", "ff02::1"} {
		if err := dialer(true).ControlContext(t.Context(), "tcp", netip.AddrPortFrom(netip.MustParseAddr(at), 80).String(), nil); err == nil {
			t.Errorf("%s is called where private addresses are allowed", at)
		}
	}
	if err := dialer(true).ControlContext(t.Context(), "tcp", "127.0.0.1:80", nil); err != nil {
		t.Errorf("127.0.0.1 is not called where private addresses are allowed: %v", err)
	}
	if err := dialer(true).ControlContext(t.Context(), "udp", "8.8.8.8:53", nil); err == nil {
		t.Error("something else than TCP is dialled")
	}
}

// A name that stands for this machine, and numbers in dresses that only name servers and C read as
// addresses, lead nowhere.
func TestNamesThatLeadInsideAreNotCalled(t *testing.T) {
	e := newEndpoint(t)
	port := e.URL[strings.LastIndexByte(e.URL, ':'):]
	for _, host := range []string{"localhost", "localhost.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1"} {
		c := New(Config{Target: Target{URL: "https://" + host + port + "/secret-path", Secrets: []Secret{{Value: NewSecret()}}}})
		got := c.Call(t.Context(), "msg_1", "{}", false)
		c.Close()
		if got.OK() || got.Status != 0 || got.Error == "" {
			t.Errorf("%s was called: %+v", host, got)
		}
		if strings.Contains(got.Error, "secret-path") {
			t.Errorf("%s: the log shows the address: %s", host, got.Error)
		}
	}
	if len(e.bodies) != 0 {
		t.Errorf("%d calls arrived", len(e.bodies))
	}
}

func TestAddressesAreWrittenAsTheyAreCalled(t *testing.T) {
	for _, c := range []struct {
		url     string
		private bool
		says    string // "" = it is taken
	}{
		{"https://example.com/in", false, ""},
		{"https://example.com:8443/in?key=1", false, ""},
		{"http://example.com/in", true, ""},
		{"http://127.0.0.1:8080/in", true, ""},
		{"http://example.com/in", false, "https://"},
		{"ftp://example.com/in", true, "https://"},
		{"file:///etc/passwd", true, "https://"},
		{"gopher://example.com/", true, "https://"},
		{"https://user:secret@example.com/in", false, "password"},
		{"https://example.com/in#here", false, "#"},
		{"https:///in", false, "https://example.com"},
		{"example.com/in", false, "https://example.com"},
		{"", false, "https://example.com"},
		{"https://exa mple.com/", false, "https://example.com"},
		{"https://example.com:99999/", false, "port"},
		{"https://169.254.169.254/latest/meta-data", true, "public"},
		{"https://10.0.0.1/", false, "public"},
		{"https://" + strings.Repeat("a", mostURL) + "/", false, "https://example.com"},
	} {
		err := CheckURL(c.url, c.private)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.url, err, c.says)
		}
	}
}

// Eight tries in about 28 hours.
func TestTheScheduleIsThatOfTheStandard(t *testing.T) {
	pauses := Traits().Limits.Pauses
	var all time.Duration
	for _, p := range pauses {
		all += p
	}
	if len(pauses) != 7 || all < 27*time.Hour || all > 28*time.Hour {
		t.Errorf("%d tries in %v", len(pauses)+1, all)
	}
}
