package page

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// line is where a server listens for whoever is at the other end of a pipe.
type line struct {
	calls chan net.Conn
	end   net.Conn
}

func (l line) Accept() (net.Conn, error) {
	if c, open := <-l.calls; open {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l line) Close() error   { close(l.calls); return nil }
func (l line) Addr() net.Addr { return l.end.LocalAddr() }

// hurried sends a request to a server whose answers may take next to no time, except where they are sent patiently,
// and leaves the answer to be read. Nothing on the way holds any of it.
func hurried(t *testing.T, still time.Duration, body []byte) (c net.Conn, ended chan error) {
	t.Helper()
	ended = make(chan error, 1)
	c, there := net.Pipe()
	l := line{make(chan net.Conn, 1), there}
	l.calls <- there
	s := &http.Server{WriteTimeout: time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := (&Patient{ResponseWriter: w, Still: still}).Write(body)
		ended <- err
	})}
	go func() { _ = s.Serve(l) }() // until it is closed
	t.Cleanup(func() { _, _ = s.Close(), c.Close() })
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return c, ended
}

// TestWhoReadsSlowlyIsSentTheWhole takes longer over a file than somebody may stand still.
func TestWhoReadsSlowlyIsSentTheWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
		c, ended := hurried(t, time.Minute, body)
		got, buffer, began := 0, make([]byte, piece), time.Now()
		for got < len(body)/2 {
			time.Sleep(25 * time.Second)
			n, err := c.Read(buffer)
			if got += n; err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 2*time.Minute {
			t.Errorf("half of it took %v: nobody was slow", took)
		}
		rest, err := io.ReadAll(c)
		if got += len(rest); err != nil || got < len(body) {
			t.Errorf("%d of %d bytes came, %v", got, len(body), err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestWhoStandsStillIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, ended := hurried(t, time.Minute, make([]byte, 64<<10)) // and reads nothing
		if err := <-ended; err == nil {
			t.Error("64 KiB went to somebody who took nothing")
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it was given up after %v", took)
		}
	})
}
