package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

// A stop lets requests come to their end and ends event streams, which have none.
func TestAStopFinishesRequestsAndEndsStreams(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := startWeb(listener, edge{}, slog.New(slog.DiscardHandler), func(err error) { t.Error(err) })
	defer w.Close()
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	w.open(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		said := "finished"
		select {
		case <-release:
		case <-r.Context().Done():
			said = "ended"
		}
		_, _ = io.WriteString(out, said)
	}))
	ask := func(accept string) <-chan string {
		answer := make(chan string, 1)
		go func() {
			request, err := http.NewRequest(http.MethodGet, "http://"+listener.Addr().String(), nil)
			if err != nil {
				answer <- err.Error()
				return
			}
			request.Header.Set("Accept", accept)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				answer <- err.Error()
				return
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if err != nil {
				answer <- err.Error()
				return
			}
			answer <- string(text)
		}()
		return answer
	}
	page, stream := ask("text/html"), ask("text/event-stream")
	<-arrived
	<-arrived
	limit, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- w.stop(limit) }()
	if said := <-stream; said != "ended" {
		t.Errorf("the stream says %q", said)
	}
	select {
	case said := <-page:
		t.Fatalf("the request did not come to its end: %q", said)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if said := <-page; said != "finished" {
		t.Errorf("the request says %q", said)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
