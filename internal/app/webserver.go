package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// webServer answers requests from the moment the port is open. Until it is opened, while
// the database is waited for, it says that it is alive and not ready.
type webServer struct {
	*http.Server
	listener net.Listener
	handler  atomic.Pointer[http.Handler] // nil until open
	opened   chan struct{}                // closed by open
	cancel   context.CancelFunc           // ends every request
	streams  context.Context              // of event streams: ends when the server begins to stop
	unused   unused
	crowd    *crowd
	flowing  atomic.Int64 // event streams
}

// startWeb answers requests until it is stopped. A failure is told to fail.
func startWeb(listener net.Listener, e edge, log *slog.Logger, fail func(error)) *webServer {
	ctx, cancel := context.WithCancel(context.Background())
	streams, endStreams := context.WithCancel(ctx)
	w := &webServer{listener: listener, cancel: cancel, streams: streams, crowd: newCrowd(listener, log), opened: make(chan struct{})}
	w.Server = &http.Server{
		Handler:           e.guard(http.HandlerFunc(w.serve)),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second, // event streams extend it with each event
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ConnState: func(c net.Conn, state http.ConnState) {
			w.unused.note(c, state)
			w.crowd.state(c, state)
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	w.RegisterOnShutdown(endStreams)
	go func() {
		if err := w.Serve(w.crowd); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			fail(fmt.Errorf("serve the web: %w", err))
		}
	}()
	return w
}

// open lets requests through to the program, and says so on opened. It is called once.
func (w *webServer) open(h http.Handler) {
	w.handler.Store(&h)
	close(w.opened)
}

func (w *webServer) serve(out http.ResponseWriter, r *http.Request) {
	if h := w.handler.Load(); h != nil {
		// Not every reader says what it expects.
		if strings.Contains(r.Header.Get("Accept"), "text/event-stream") || strings.HasSuffix(r.URL.Path, "/events") {
			// A stream ends as soon as the server stops; its page connects again, elsewhere.
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(w.streams, cancel)()
			w.flowing.Add(1)
			defer w.flowing.Add(-1)
			r = r.WithContext(ctx)
		}
		(*h).ServeHTTP(out, r)
		return
	}
	out.Header().Set("Content-Type", "text/plain; charset=utf-8")
	out.Header().Set("Cache-Control", "no-store")
	if strings.HasSuffix(r.URL.Path, "/healthz") {
		_, _ = out.Write([]byte("ok\n")) // who asks may be gone
		return
	}
	out.Header().Set("Retry-After", "5")
	out.WriteHeader(http.StatusServiceUnavailable)
	_, _ = out.Write([]byte("The database does not answer yet. Try again in a moment.\n"))
}

// grace is how long a connection on which nothing was asked yet may still ask, once the
// server stops: its request may be on the way.
const grace = time.Second

// stop ends event streams at once and finishes other requests, within limit.
func (w *webServer) stop(limit context.Context) error {
	defer time.AfterFunc(grace, w.unused.close).Stop()
	if err := w.Shutdown(limit); err != nil {
		w.cancel()
		return errors.Join(err, w.Server.Close())
	}
	return nil
}

// Close ends everything at once.
func (w *webServer) Close() error {
	w.cancel()
	err := w.Server.Close()
	if e := w.listener.Close(); err == nil && !errors.Is(e, net.ErrClosed) {
		err = e // it was not served yet
	}
	return err
}
