package app

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

// A connection on which nothing was asked does not hold up a stop; one with a request does.
func TestOnlyUnusedConnectionsAreClosedAtAStop(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := startWeb(listener, edge{}, slog.New(slog.DiscardHandler), func(err error) { t.Error(err) })
	defer w.Close()
	arrived, release := make(chan struct{}), make(chan struct{})
	w.open(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = io.WriteString(out, "finished")
	}))
	dial := func() net.Conn {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	silent, asking := dial(), dial()
	if _, err := io.WriteString(asking, "GET / HTTP/1.1\r\nHost: here\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	for unasked := 0; unasked != 1; {
		time.Sleep(time.Millisecond)
		w.unused.mu.Lock()
		unasked = len(w.unused.conns)
		w.unused.mu.Unlock()
	}

	w.unused.close()
	if _, err := silent.Read(make([]byte, 1)); err == nil {
		t.Error("something was said on the silent connection")
	}
	close(release)
	response, err := http.ReadResponse(bufio.NewReader(asking), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if said, err := io.ReadAll(response.Body); err != nil || string(said) != "finished" {
		t.Errorf("the request says %q, %v", said, err)
	}
}
