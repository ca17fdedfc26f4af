package page

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// sending is a server that sends files to whoever asks, and what became of each.
func sending(t *testing.T, f *Files, file func(r *http.Request) File) (at string, became chan error) {
	t.Helper()
	became = make(chan error, 64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f.Send(w, r, file(r))
		if became <- err; err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), became
}

func noNote() error { return nil }

// get asks for a file and reads it.
func get(t *testing.T, method, at string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+at+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	return got.StatusCode, string(data), err
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

// TestNoReaderHoldsUpWhatMakesAFile has as many readers as files are kept of, of whom none reads anything: each file is
// made all the same.
func TestNoReaderHoldsUpWhatMakesAFile(t *testing.T) {
	var f Files
	body, made := bytes.Repeat([]byte("0123456789abcdef"), 1<<20), make(chan error) // more than the buffers on the way hold
	at, became := sending(t, &f, func(*http.Request) File {
		return File{Name: "a.csv", Wait: true, Note: noNote, Fill: func(to io.Writer) error {
			_, err := to.Write(body)
			made <- err
			return err
		}}
	})
	var readers []io.Closer
	for range FilesKept {
		readers = append(readers, ask(t, at))
		if err := <-made; err != nil {
			t.Fatal(err)
		}
	}
	if code, says, err := get(t, "GET", at); code != http.StatusTeapot || !strings.Contains(says, ErrManyFiles.Error()) || err != nil {
		t.Errorf("one more than are kept: %d %s, %v", code, says, err)
	}
	if err := <-became; !errors.Is(err, ErrManyFiles) {
		t.Error(err)
	}
	for _, r := range readers {
		_ = r.Close()
	}
}

func TestAFileWaitsForItsTurn(t *testing.T) {
	var f Files
	begun, goOn := make(chan bool), make(chan bool)
	at, _ := sending(t, &f, func(r *http.Request) File {
		return File{Name: "a.csv", Wait: r.Method == http.MethodPost, Note: noNote, Fill: func(to io.Writer) error {
			begun <- true
			<-goOn
			_, err := io.WriteString(to, "whole")
			return err
		}}
	})
	got := make(chan string)
	asks := func() {
		_, says, err := get(t, "POST", at)
		if err != nil {
			says = err.Error()
		}
		got <- says
	}
	for range FilesAtOnce {
		go asks()
		<-begun
	}
	if code, says, err := get(t, "GET", at); code != http.StatusTeapot || err != nil {
		t.Errorf("who does not wait: %d %s, %v", code, says, err)
	}
	go asks()
	select {
	case <-begun:
		t.Fatal("more are made at once than may be")
	case goOn <- true:
	}
	<-begun
	for range FilesAtOnce {
		goOn <- true
	}
	for range FilesAtOnce + 1 {
		if says := <-got; says != "whole" {
			t.Error(says)
		}
	}
}

// seen tells that something was sent.
type seen struct {
	http.ResponseWriter
	some chan bool
}

func (s *seen) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *seen) Write(b []byte) (int, error) {
	select {
	case s.some <- true:
	default:
	}
	return s.ResponseWriter.Write(b)
}

// TestAFileIsWholeOrSaysThatItIsNot fails and panics at each stage.
func TestAFileIsWholeOrSaysThatItIsNot(t *testing.T) {
	broken := errors.New("the database went away")
	for what, x := range map[string]struct {
		note, fill error
		bytes      int
		panics     bool
		status     int // 0 = the connection is cut off
	}{
		"it is whole":                    {bytes: 3 * firstPiece, status: 200},
		"nobody can note it":             {note: broken, bytes: 3 * firstPiece, status: http.StatusTeapot},
		"it fails before anything":       {fill: broken, status: http.StatusTeapot},
		"it fails before much":           {fill: broken, bytes: firstPiece - 1, status: http.StatusTeapot},
		"it fails in the middle":         {fill: broken, bytes: 3 * firstPiece},
		"its maker panics, and nothing":  {panics: true},
		"its maker panics in the middle": {panics: true, bytes: 3 * firstPiece},
	} {
		var f Files
		var cut error
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent := &seen{ResponseWriter: w, some: make(chan bool, 1)}
			err := f.Send(sent, r, File{
				Name: "a.csv", MediaType: "text/csv", Cut: func(err error) { cut = err },
				Note: func() error { return x.note },
				Fill: func(to io.Writer) error {
					_, err := to.Write(make([]byte, x.bytes))
					if x.bytes > firstPiece {
						<-sent.some
					}
					if x.panics {
						panic(http.ErrAbortHandler)
					}
					return errors.Join(err, x.fill)
				},
			})
			if err != nil {
				http.Error(w, w.Header().Get("Content-Disposition"), http.StatusTeapot)
			}
		}))
		s.Config.WriteTimeout = time.Nanosecond // what it took keeps no answer back
		s.Start()
		code, says, err := get(t, "GET", s.Listener.Addr().String())
		s.Close()
		if x.status == 0 && err == nil || x.status != 0 && (err != nil || code != x.status) {
			t.Errorf("%s: %d, %v", what, code, err)
		}
		if code == 200 && x.status == 200 && len(says) != x.bytes || code == http.StatusTeapot && strings.TrimSpace(says) != "" {
			t.Errorf("%s: %d bytes, %.80q", what, len(says), says)
		}
		if x.bytes > firstPiece && x.fill != nil && !errors.Is(cut, x.fill) {
			t.Errorf("%s: heard of %v", what, cut)
		}
		if f.kept != 0 || len(f.making) != 0 {
			t.Errorf("%s: %d files are kept, and %d made", what, f.kept, len(f.making))
		}
	}
}

func TestWhoAsksForTheHeadIsGivenNothing(t *testing.T) {
	var f Files
	w := httptest.NewRecorder()
	err := f.Send(w, httptest.NewRequest("HEAD", "/", nil), File{Name: "a.csv", MediaType: "text/csv", Note: func() error {
		t.Error("it is noted")
		return nil
	}, Fill: func(io.Writer) error {
		t.Error("it is made")
		return nil
	}})
	if err != nil || w.Header().Get("Content-Type") != "text/csv" || !strings.Contains(w.Header().Get("Content-Disposition"), "a.csv") {
		t.Errorf("%v, %v", w.Header(), err)
	}
}
