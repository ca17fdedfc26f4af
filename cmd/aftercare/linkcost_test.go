package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Attack M7, through the real binary: one link is written to and listened to as often as
// somebody likes. Four streams of it are kept, its page stays small, and once nothing happens
// the server has nothing to do.
func TestM7OneLinkCostsLittle(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": databases[0].url(t)})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main-street", "--name", "Main Street")
	server := m.serve()
	begin := func() (*visitor, string) {
		path := "/chat/" + m.invite("--flow", "one_tap_csat", "--site", "main-street", "--channel", "web").Token
		v := newVisitor(t, "http://"+m.address)
		page := v.post(path, "start", "1")
		v.post(path, "data", pickFrom(t, page, 1))
		v.post(path, "text", "/cancel")
		return v, path
	}
	post := func(v *visitor, path string, times int) {
		for n := range times {
			v.post(path, "text", fmt.Sprintf("%d: it was late, and nobody said a word about it", n))
		}
	}
	// A collector lets garbage pile up whoever makes it: what somebody else's posts left of
	// that is not what this link costs.
	somebody, theirs := begin()
	post(somebody, theirs, *hostileFlag/4)
	before := forgetPeak(t, server)
	mallory, path := begin()
	const most = 100 // messages of a page
	posts := max(*hostileFlag, most*3/2)
	post(mallory, path, posts)
	if page := mallory.get(path); len(page) > 500*most || strings.Count(page, "it was late") > most {
		t.Errorf("its page has %d bytes and %d of %d posts", len(page), strings.Count(page, "it was late"), posts)
	} else {
		t.Attr("figure", fmt.Sprintf("%d posts of one link: a page of %d kB", posts, len(page)/1000))
	}

	posted := memory(t, server, "VmHWM:")
	ctx, stop := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	var over atomic.Int64
	for n := range *hostileFlag {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+path+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		mallory.known(request)
		if n%2 == 0 {
			request.Header.Set("Accept", "text/event-stream")
		}
		listening.Go(func() {
			response, err := http.DefaultClient.Do(request)
			if err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
			over.Add(1)
		})
	}
	eventually(t, "all streams but four are over", func() bool { return over.Load() == int64(*hostileFlag-4) })
	await(t, "http://"+m.address+"/metrics", func(_ int, body string) bool { return strings.Contains(body, "\naftercare_streams 4\n") })

	var open float64
	await(t, "http://"+m.address+"/metrics", func(_ int, body string) bool {
		_, after, _ := strings.Cut(body, "\naftercare_connections ")
		line, _, _ := strings.Cut(after, "\n")
		open, _ = strconv.ParseFloat(line, 64)
		return after != "" && open < float64(min(100, *hostileFlag/5)) // those of the streams that are over are closed
	})

	worked, began := processorTime(t, server), time.Now()
	time.Sleep(3 * time.Second) // what is measured is rest
	share := (processorTime(t, server) - worked).Seconds() / time.Since(began).Seconds()
	if n := over.Load(); n != int64(*hostileFlag-4) {
		t.Errorf("%d of %d streams are over", n, *hostileFlag)
	}
	if share > 0.1 {
		t.Errorf("at rest it works for %.1f %% of the time", 100*share)
	}
	peak := memory(t, server, "VmHWM:")
	if *hostileFlag >= 1000 && peak-before > 20e6 {
		t.Errorf("at its most the server held %.1f MB more than before", float64(peak-before)/1e6)
	}
	t.Attr("figure", fmt.Sprintf("%d streams of one link: 4 kept, %.0f connections open, %.1f %% of a core at rest; at its most the server held %+.1f MB during the posts and %+.1f MB with the streams, of %.1f MB after others had written",
		*hostileFlag, open, 100*share, float64(posted-before)/1e6, float64(peak-before)/1e6, float64(before)/1e6))
	stop()
	listening.Wait()
	server.stop()
}

// forgetPeak lets the most memory that a server held be counted from now on, and returns what
// it holds now, in bytes.
func forgetPeak(t *testing.T, p *instance) int64 {
	t.Helper()
	here(t, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0))
	return memory(t, p, "VmRSS:")
}

// memory is a line of what the kernel says of a server's memory, in bytes.
func memory(t *testing.T, p *instance, line string) int64 {
	t.Helper()
	for text := range strings.Lines(procFile(t, p, "status")) {
		if kilobytes, ok := strings.CutPrefix(text, line); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kilobytes), " kB"), 10, 64)
			here(t, err)
			return n * 1024
		}
	}
	t.Fatalf("the kernel says nothing of %s", line)
	return 0
}

// processorTime is how long a server has worked.
func processorTime(t *testing.T, p *instance) time.Duration {
	t.Helper()
	stat := procFile(t, p, "stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	var sum time.Duration
	for _, ticks := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.ParseInt(ticks, 10, 64)
		here(t, err)
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}

func procFile(t *testing.T, p *instance, name string) string {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
	here(t, err)
	return string(content)
}
