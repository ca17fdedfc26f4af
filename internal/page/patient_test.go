package page

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// hurried is a server whose answers may take next to no time, except where they are sent patiently.
func hurried(t *testing.T, still time.Duration, body []byte) (at string, ended chan error) {
	t.Helper()
	ended = make(chan error, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := (&Patient{ResponseWriter: w, Still: still}).Write(body)
		ended <- err
	}))
	s.Config.WriteTimeout = time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), ended
}

// ask sends a request, and leaves the answer to be read.
func ask(t *testing.T, at string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWhoReadsSlowlyIsSentTheWhole takes longer over a file than somebody may stand still.
func TestWhoReadsSlowlyIsSentTheWhole(t *testing.T) {
	const still = 500 * time.Millisecond
	body := bytes.Repeat([]byte("0123456789abcdef"), 2<<20) // more than the buffers on the way hold
	at, ended := hurried(t, still, body)
	c, got := ask(t, at), 0
	tick := time.NewTicker(still / 50)
	defer tick.Stop()
	buffer, began := make([]byte, 64<<10), time.Now()
	for time.Since(began) < 3*still {
		<-tick.C
		n, err := c.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	rest, err := io.ReadAll(c)
	if got += len(rest); err != nil || got < len(body) {
		t.Errorf("%d of %d bytes came, %v", got, len(body), err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWhoStandsStillIsLetGo(t *testing.T) {
	at, ended := hurried(t, 20*time.Millisecond, make([]byte, 64<<20))
	ask(t, at) // and reads nothing
	if err := <-ended; err == nil {
		t.Error("64 MiB went to somebody who took nothing")
	}
}
