package webchat

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// reader is a browser that reads a stream: it keeps what it got.
type reader struct {
	mu     sync.Mutex
	header http.Header
	got    strings.Builder
	status int
}

func (r *reader) Header() http.Header { return r.header }
func (r *reader) Flush()              {}
func (r *reader) WriteHeader(s int)   { r.status = s }
func (r *reader) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got.Write(b)
}

// take returns what came since the last call.
func (r *reader) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.got.String()
	r.got.Reset()
	return s
}

// listen opens a stream that lasts until the returned function is called.
func listen(h http.Handler, path, lastID string) (*reader, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	q := httptest.NewRequest("GET", path, nil).WithContext(ctx)
	if lastID != "" {
		q.Header.Set("Last-Event-ID", lastID)
	}
	r := &reader{header: http.Header{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(r, q)
	}()
	synctest.Wait()
	return r, func() { cancel(); <-done }
}

func event(state string) string { return "id: " + state + "\ndata: " + state + "\n\n" }

func TestStream(t *testing.T) {
	state := func(b *fakeBot) string { return digest(b.items[customer]) }
	tests := map[string]func(t *testing.T, b *fakeBot){
		"a reader who has everything hears nothing but that the stream lives": func(t *testing.T, b *fakeBot) {
			r, stop := listen(New(b.config()), chatPath+"/events?have="+state(b), "")
			defer stop()
			if got := r.take(); got != "retry: 2000\n\n" {
				t.Errorf("got %q", got)
			}
			if r.header.Get("Content-Type") != "text/event-stream" || r.header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", r.header)
			}
			time.Sleep(14 * time.Second)
			synctest.Wait()
			if got := r.take(); got != "" {
				t.Errorf("got %q before 15 s", got)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if got := r.take(); got != ":\n\n" {
				t.Errorf("got %q after 15 s, want a comment", got)
			}
		},
		"a reader who has an older page hears at once": func(t *testing.T, b *fakeBot) {
			r, stop := listen(New(b.config()), chatPath+"/events?have=old", "")
			defer stop()
			if got := r.take(); got != "retry: 2000\n\n"+event(state(b)) {
				t.Errorf("got %q", got)
			}
		},
		"a reader who comes back is known by the last event": func(t *testing.T, b *fakeBot) {
			r, stop := listen(New(b.config()), chatPath+"/events?have=old", state(b))
			defer stop()
			if got := r.take(); got != "retry: 2000\n\n" {
				t.Errorf("got %q", got)
			}
		},
		"a commit of this process is told at once": func(t *testing.T, b *fakeBot) {
			r, stop := listen(New(b.config()), chatPath+"/events?have="+state(b), "")
			defer stop()
			r.take()
			began := time.Now()
			b.post(customer, "n:1", chat.Message{Text: "new"})
			synctest.Wait()
			if got := r.take(); got != event(state(b)) || !time.Now().Equal(began) {
				t.Errorf("got %q after %v", got, time.Since(began))
			}
		},
		"a commit of another process is told within a second": func(t *testing.T, b *fakeBot) {
			c := b.config()
			c.Watch = nil
			r, stop := listen(New(c), chatPath+"/events?have="+state(b), "")
			defer stop()
			r.take()
			b.post(customer, "n:1", chat.Message{Text: "new"})
			time.Sleep(time.Second)
			synctest.Wait()
			if got := r.take(); got != event(state(b)) {
				t.Errorf("got %q", got)
			}
			b.post(customer, "n:1", chat.Message{Text: "edited"})
			time.Sleep(time.Second)
			synctest.Wait()
			if got := r.take(); got != event(state(b)) {
				t.Errorf("got %q after an edit", got)
			}
		},
		"the stream outlives a store that is away for a while": func(t *testing.T, b *fakeBot) {
			r, stop := listen(New(b.config()), chatPath+"/events?have="+state(b), "")
			defer stop()
			r.take()
			b.mu.Lock()
			b.away = errors.New("gone")
			b.mu.Unlock()
			time.Sleep(5 * time.Second)
			b.mu.Lock()
			b.away = nil
			b.mu.Unlock()
			b.post(customer, "n:1", chat.Message{Text: "back"})
			synctest.Wait()
			if got := r.take(); got != event(state(b)) {
				t.Errorf("got %q", got)
			}
		},
		"a store that is away at first is a 503": func(t *testing.T, b *fakeBot) {
			b.away = errors.New("gone")
			r, stop := listen(New(b.config()), chatPath+"/events", "")
			defer stop()
			if r.status != http.StatusServiceUnavailable {
				t.Errorf("status %d", r.status)
			}
		},
		"a stream ends after ten minutes, so that its link is looked at again": func(t *testing.T, b *fakeBot) {
			began := time.Now()
			New(b.config()).ServeHTTP(&reader{header: http.Header{}}, httptest.NewRequest("GET", chatPath+"/events", nil))
			if took := time.Since(began); took != 10*time.Minute {
				t.Errorf("it ended after %v", took)
			}
		},
		"of a link's streams four are kept: the oldest ends, and is told not to come back": func(t *testing.T, b *fakeBot) {
			h := New(b.config())
			var all []*reader
			for range 1000 {
				r, stop := listen(h, chatPath+"/events?have="+state(b), "")
				defer stop()
				all = append(all, r)
			}
			b.post(customer, "n:1", chat.Message{Text: "new"})
			synctest.Wait()
			told, ended := 0, 0
			for _, r := range all {
				got := r.take()
				if strings.Contains(got, event(state(b))) {
					told++
				}
				if strings.HasSuffix(got, enough) {
					ended++
				}
			}
			if told != 4 || ended != 996 {
				t.Errorf("%d streams were told and %d ended", told, ended)
			}
		},
		"of a link's streams that are being opened four wait for the store: older ones are sent away": func(t *testing.T, b *fakeBot) {
			c := b.config()
			waiting, answers := 0, make(chan struct{})
			find := c.Visitor
			c.Visitor = func(ctx context.Context, token, browser string) (Visitor, error) {
				b.mu.Lock()
				waiting++
				b.mu.Unlock()
				defer func() {
					b.mu.Lock()
					waiting--
					b.mu.Unlock()
				}()
				select {
				case <-ctx.Done():
					return Visitor{}, ctx.Err()
				case <-answers:
				}
				return find(ctx, token, browser)
			}
			h := New(c)
			var all []*reader
			for range 1000 {
				r, stop := listen(h, chatPath+"/events?have=old", "")
				defer stop()
				all = append(all, r)
			}
			b.mu.Lock()
			if waiting != 4 {
				t.Errorf("%d wait for the store", waiting)
			}
			b.mu.Unlock()
			close(answers)
			synctest.Wait()
			for i, r := range all {
				got, old := r.take(), i < 996
				if old != (got == enough) || old == strings.Contains(got, event(state(b))) || r.header.Get("Content-Type") != "text/event-stream" {
					t.Errorf("stream %d got %q", i, got)
				}
			}
		},
		"one question a second is enough for everybody who reads": func(t *testing.T, b *fakeBot) {
			h := New(b.config())
			for range 4 {
				_, stop := listen(h, chatPath+"/events?have="+state(b), "")
				defer stop()
			}
			b.mu.Lock()
			before := b.asked
			b.mu.Unlock()
			time.Sleep(10*time.Second + time.Millisecond)
			b.mu.Lock()
			defer b.mu.Unlock()
			if asked := b.asked - before; asked != 10 {
				t.Errorf("%d questions in ten seconds", asked)
			}
		},
		"whoever leaves leaves nothing behind": func(t *testing.T, b *fakeBot) {
			h := New(b.config())
			_, first := listen(h, chatPath+"/events", "")
			_, second := listen(h, chatPath+"/events", "")
			first()
			second()
			synctest.Wait()
			b.mu.Lock()
			before := b.asked
			b.mu.Unlock()
			time.Sleep(5 * time.Second)
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.asked != before {
				t.Errorf("%d questions for nobody", b.asked-before)
			}
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newFakeBot()
				b.post(customer, "q:1", chat.Message{Text: overallAsk})
				test(t, b)
			})
		})
	}
}
