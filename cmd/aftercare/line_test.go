package main

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// line is a network between two programs that a test can spoil.
type line struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

var registerToxics = sync.OnceFunc(func() {
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxics talk past the logger that they are given
	toxics.Register("swallow", new(swallow))
	toxics.Register("lost_commit", new(lostCommit))
})

// newLine leads to a TCP address.
func newLine(t *testing.T, upstream string) *line {
	t.Helper()
	registerToxics()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	l := &line{t: t, proxy: toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", upstream)}
	if err := l.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
	return l
}

// newLineTo leads to the host of a URL and returns the URL by way of it.
func newLineTo(t *testing.T, address string) (*line, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := net.SplitHostPort(u.Host); err != nil {
		t.Fatal(err)
	}
	l := newLine(t, u.Host)
	return l, strings.Replace(address, u.Host, l.proxy.Listen, 1)
}

// spoil adds a toxic, written as toxiproxy's JSON.
func (l *line) spoil(json string) *toxics.ToxicWrapper {
	l.t.Helper()
	toxic, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(json))
	if err != nil {
		l.t.Fatalf("%s: %v", json, err)
	}
	return toxic
}

// heal takes everything away that spoils the line.
func (l *line) heal() {
	l.t.Helper()
	if err := l.proxy.Start(); err != nil && !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
		l.t.Fatal(err)
	}
	l.proxy.Toxics.ResetToxics(l.t.Context())
}

// trouble is one way in which a network fails.
type trouble struct {
	name  string
	begin func(*line)
}

// spoiled is a trouble made of toxics.
func spoiled(name string, toxics ...string) trouble {
	return trouble{name, func(l *line) {
		for _, toxic := range toxics {
			l.spoil(toxic)
		}
	}}
}

// troubles are the ways in which networks fail, short of lying.
func troubles() []trouble {
	return []trouble{
		spoiled("latency", `{"type":"latency","attributes":{"latency":150,"jitter":100}}`),
		spoiled("slow line", `{"type":"bandwidth","attributes":{"rate":20}}`),
		spoiled("answers in crumbs", `{"type":"slicer","attributes":{"average_size":40,"size_variation":20,"delay":500}}`),
		spoiled("truncated answers", `{"type":"limit_data","attributes":{"bytes":1500}}`),
		spoiled("truncated requests", `{"type":"limit_data","stream":"upstream","attributes":{"bytes":1500}}`),
		spoiled("resets", `{"type":"reset_peer","attributes":{"timeout":30}}`),
		spoiled("half of the connections reset", `{"type":"reset_peer","toxicity":0.5,"attributes":{"timeout":0}}`),
		spoiled("silence until it ends", `{"type":"timeout","attributes":{"timeout":0}}`, `{"type":"timeout","stream":"upstream","attributes":{"timeout":0}}`),
		spoiled("answers are swallowed", `{"type":"swallow"}`),
		spoiled("requests are swallowed", `{"type":"swallow","stream":"upstream"}`),
		{"nobody answers the call", func(l *line) { l.proxy.Stop() }},
	}
}

// swallow lets bytes vanish and leaves the connection open, also afterwards: who waits
// for an answer on it waits for ever.
type swallow struct{}

// Pipe implements toxics.Toxic.
func (*swallow) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
		}
	}
}

// lostCommit cuts the connection in place of every n-th answer of Postgres to COMMIT.
type lostCommit struct {
	Every int64 `json:"every"`
	seen  atomic.Int64
	cuts  atomic.Int64
}

// committed is the answer to COMMIT: CommandComplete with the tag COMMIT (Postgres
// manual, "Message Formats").
var committed = []byte("C\x00\x00\x00\x0bCOMMIT\x00")

// Pipe implements toxics.Toxic.
func (t *lostCommit) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
			if bytes.Contains(c.Data, committed) && t.seen.Add(1)%t.Every == 0 {
				t.cuts.Add(1)
				stub.Close()
				return
			}
			stub.Output <- c
		}
	}
}
