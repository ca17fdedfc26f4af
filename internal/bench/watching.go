package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Who watches, and what goes on meanwhile.
const (
	watchers    = 200
	watchedRate = 20               // answers a second
	watchedCase = 10               // seconds from one new case to the next
	watchPeriod = 20 * time.Second // one round
)

// watching measures what people cost who have the list of cases open while answers and cases come:
// the processor time of the server, of its database too, with them less without them. Their browsers
// are another process, and do what the pages' modules do: they hold a stream and, when it tells of a
// change, fetch the list again.
func watching(ctx context.Context, o *office) (r row, err error) {
	var cookies []string
	for i := range watchers {
		cookie, err := o.person(ctx, fmt.Sprint("person-", i), fmt.Sprint("Person ", i), false)
		if err != nil {
			return r, err
		}
		cookies = append(cookies, cookie.String())
	}
	if err := o.bot.Configuration().Refresh(ctx); err != nil {
		return r, err
	}
	s := o.serve(ctx)
	defer func() { err = errors.Join(err, s.stop()) }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	server := &http.Server{Handler: o.pages, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	at := "http://" + listener.Addr().String()
	var share, base, told, streams []float64
	for range o.Rounds + 1 {
		alone, err := s.under(ctx)
		if err != nil {
			return r, err
		}
		for _, fetch := range []bool{false, true} {
			there, err := o.browsers(ctx, at, cookies, fetch)
			if err != nil {
				return r, err
			}
			spent, err := s.under(ctx)
			fetched, ended := there()
			if err := errors.Join(err, ended); err != nil {
				return r, err
			}
			if fetch {
				share, told = append(share, 100*(spent-alone)), append(told, float64(fetched)/watchPeriod.Seconds())
			} else {
				streams = append(streams, 100*(spent-alone))
			}
		}
		base = append(base, 100*alone)
	}
	return row{
		Name: fmt.Sprintf("%d people watching the list of cases, %d answers a second and a case every %d s: of a processor", watchers, watchedRate, watchedCase),
		Unit: "%", Target: atMost(10), Value: median(share[1:]),
		Parts: map[string]float64{"streams alone %": median(streams[1:]), "lists fetched a second": median(told[1:]), "without them %": median(base[1:])},
	}, nil
}

// under is the share of one processor that this process and its database take while answers come.
func (s *served) under(ctx context.Context) (float64, error) {
	n := int(watchPeriod.Seconds()) * watchedRate
	conversations, err := s.converseAt(ctx, n, func(i int) string { return siteOf(i) })
	if err != nil {
		return 0, err
	}
	if err := s.quiet(ctx); err != nil {
		return 0, err
	}
	server, err := s.serverTime()
	if err != nil {
		return 0, err
	}
	before, began := processorTime(), time.Now()
	errs := make([]error, n)
	paced(n, watchedRate, func(i int) {
		tap := conversations[i].answer(0)
		if i%(watchedRate*watchedCase) == 0 {
			tap = conversations[i].complain()
		}
		_, errs[i] = s.bot.Handle(ctx, []chat.Update{tap})
	})
	if err := firstError(errs...); err != nil {
		return 0, err
	}
	if err := s.settled(ctx); err != nil {
		return 0, err
	}
	after, err := s.serverTime()
	if err != nil {
		return 0, err
	}
	return (processorTime() - before + after - server).Seconds() / time.Since(began).Seconds(), nil
}

// The settings of a process that is many browsers.
const (
	watchAt     = "AFTERCARE_BENCH_WATCH"
	watchCookie = "AFTERCARE_BENCH_COOKIES" // one a browser
	watchFetch  = "AFTERCARE_BENCH_FETCH"
)

// browsers starts a process of many browsers, each somebody else's, and waits until all of them watch. It is
// ended by what is returned, which tells how many lists they fetched.
func (o *office) browsers(ctx context.Context, at string, cookies []string, fetch bool) (end func() (int, error), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), watchAt+"="+at, watchCookie+"="+strings.Join(cookies, " "), watchFetch+"="+strconv.FormatBool(fetch))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said := bufio.NewScanner(out)
	if !said.Scan() || said.Text() != "watching" {
		return nil, errors.Join(fmt.Errorf("the browsers do not watch: %q", said.Text()), in.Close(), cmd.Wait())
	}
	return func() (int, error) {
		err := in.Close()
		fetched := 0
		if said.Scan() {
			fetched, _ = strconv.Atoi(said.Text())
		}
		return fetched, errors.Join(err, cmd.Wait())
	}, nil
}

// watch is that process: it says when all watch, and at its input's end how many lists were fetched.
func watch(at string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: watchers}}
	var fetched atomic.Int64
	var open, all sync.WaitGroup
	open.Add(watchers)
	failed := make(chan error, watchers)
	for _, cookie := range strings.Fields(os.Getenv(watchCookie)) {
		all.Go(func() {
			if err := watchOne(ctx, client, at, cookie, &fetched, sync.OnceFunc(open.Done)); err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	ready := make(chan struct{})
	go func() { open.Wait(); close(ready) }()
	select {
	case <-ready:
	case err := <-failed:
		return err
	case <-time.After(time.Minute):
		return errors.New("not all streams opened within a minute")
	}
	fmt.Println("watching")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		continue // until it is closed
	}
	stop()
	all.Wait()
	fmt.Println(fetched.Load())
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// watchOne is one browser. opened is called with its first event.
func watchOne(ctx context.Context, client *http.Client, at, cookie string, fetched *atomic.Int64, opened func()) error {
	get := func(path string, headers ...string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, at+path, nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Cookie", cookie)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return client.Do(r)
	}
	stream, err := get("/live?topics=cases", "Accept", "text/event-stream")
	if err != nil {
		return err
	}
	defer stream.Body.Close()
	if stream.StatusCode != http.StatusOK {
		return fmt.Errorf("a stream: %s", stream.Status)
	}
	first := true
	for lines := bufio.NewScanner(stream.Body); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "data: ") {
			continue
		}
		if first {
			first = false
			opened()
			continue
		}
		if os.Getenv(watchFetch) != "true" {
			continue
		}
		list, err := get("/cases", "Aftercare-Live", "1", "Accept-Encoding", "gzip")
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, list.Body); err != nil {
			return errors.Join(err, list.Body.Close())
		}
		_ = list.Body.Close()
		fetched.Add(1)
	}
	return nil
}
