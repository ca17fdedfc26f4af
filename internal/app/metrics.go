package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// metrics is what /metrics shows: what this process did, what its accounts do now, and
// what the database holds. Numbers only: no label names a customer or a chat.
type metrics struct {
	stats   func() bot.Stats
	health  func() outbox.Health
	refused func() map[string]bool
	sides   func() []chat.SideCall
	counts  func(context.Context) (storage.Counts, error)
	behind  func(context.Context) (storage.Behind, error) // nil = reports are nobody's here
	clock   func() time.Time
	hooks   func() map[refusedHook]int64
	web     *webServer
	log     string // the SQLite file whose log of changes is measured; "" = none is
}

// countsTimeout bounds the one look at the database that a scrape takes.
const countsTimeout = 2 * time.Second

// newMetrics makes a registry of a server's metrics and those of its process.
func newMetrics(m metrics) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("aftercare_"+name, help, labels, nil)
}

var (
	descUpdates  = describe("updates_total", "Updates from platforms: handled, or repeated and without a second effect.", "result")
	descAnswers  = describe("answers_total", "Answers and changes of answers that this process stored.")
	descCases    = describe("cases_opened_total", "Cases that this process opened.")
	descSends    = describe("sends_total", "Attempts to show a message on a platform, by what became of them.", "platform", "outcome")
	descBatches  = describe("commit_turns", "Turns that shared one commit.")
	descHolds    = describe("account_leased", "1 while this process sends and receives for the account.", "platform", "account")
	descRevoked  = describe("account_refused", "1 while the platform refuses the account's credentials.", "platform", "account")
	descRefused  = describe("credentials_refused", "1 while a platform refuses what a setting holds.", "setting")
	descSides    = describe("side_call_failing", "1 while a call of a platform fails for which nothing waits: menus, names, marks.", "platform", "account", "method")
	descWaiting  = describe("account_chats_waiting", "Chats with messages that wait in this process.", "platform", "account")
	descSending  = describe("account_chats_sending", "Chats with a message on its way.", "platform", "account")
	descDatabase = describe("database_up", "1 if the database answered this scrape.")
	descOutbox   = describe("outbox_messages", "Messages in the database: due, or failed and given up.", "state")
	descParked   = describe("parked_updates", "Updates in the database that could not be handled.")
	descHooks    = describe("hooks_refused_total", "Calls of platforms that were refused, by reason.", "platform", "reason")
	descOpen     = describe("connections", "Connections that the web server has open.")
	descStreams  = describe("streams", "Event streams of pages that are open.")
	descCrowded  = describe("connections_closed_total", "Connections closed or refused because there were too many.", "what")
	descLog      = describe("wal_bytes", "Size of SQLite's log of changes.")
	descLag      = describe("read_model_lag_seconds", "Age of the oldest change that reports do not count yet.")
	descPassing  = describe("read_model_rebuilding", "1 while all rows of reports are made anew.")
	descStored   = describe("stored", "Records in the database.", "kind")
)

// Describe implements prometheus.Collector.
func (m metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descUpdates, descAnswers, descCases, descSends, descBatches, descHolds, descRevoked, descRefused, descSides, descWaiting, descSending,
		descDatabase, descOutbox, descParked, descStored, descHooks, descOpen, descStreams, descCrowded, descLog, descLag, descPassing,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m metrics) Collect(to chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	flag := func(d *prometheus.Desc, on bool, labels ...string) {
		n := 0
		if on {
			n = 1
		}
		gauge(d, n, labels...)
	}

	s := m.stats()
	counter(descUpdates, s.Updates, "handled")
	counter(descUpdates, s.Repeated, "repeated")
	counter(descAnswers, s.Answers)
	counter(descCases, s.Cases)
	for send, n := range s.Sends {
		counter(descSends, n, string(send.Platform), string(send.Outcome))
	}
	upTo := make(map[float64]uint64, len(s.Batches.UpTo))
	for i, n := range s.Batches.UpTo {
		upTo[float64(int(1)<<i)] = uint64(n)
	}
	to <- prometheus.MustNewConstHistogram(descBatches, uint64(s.Batches.Commits), float64(s.Batches.Turns), upTo)

	for _, a := range m.health().Accounts {
		flag(descHolds, a.Holds, string(a.Platform), a.ID)
		flag(descRevoked, a.Revoked, string(a.Platform), a.ID)
		gauge(descWaiting, a.Waiting, string(a.Platform), a.ID)
		gauge(descSending, a.Sending, string(a.Platform), a.ID)
	}

	for setting, refused := range m.refused() {
		flag(descRefused, refused, setting)
	}
	for _, c := range m.sides() {
		flag(descSides, true, string(c.Platform), c.Account, c.Method)
	}

	m.collectEdge(counter, gauge)
	ctx, cancel := context.WithTimeout(context.Background(), countsTimeout)
	defer cancel()
	c, err := m.counts(ctx)
	flag(descDatabase, err == nil)
	if err != nil {
		return // an old figure would look like a new one
	}
	gauge(descOutbox, c.Due, "due")
	gauge(descOutbox, c.Failed, "failed")
	gauge(descParked, c.Parked)
	gauge(descStored, c.Sessions, "sessions")
	gauge(descStored, c.Answers, "answers")
	m.collectLag(ctx, to, flag)
	gauge(descStored, c.Cases, "cases")
}

// collectLag is how far reports are behind.
func (m metrics) collectLag(ctx context.Context, to chan<- prometheus.Metric, flag func(*prometheus.Desc, bool, ...string)) {
	if m.behind == nil {
		return
	}
	behind, err := m.behind(ctx)
	if err != nil {
		return
	}
	to <- prometheus.MustNewConstMetric(descLag, prometheus.GaugeValue, behind.Lag(m.clock()).Seconds())
	flag(descPassing, behind.Passing > 0)
}

// collectEdge is what the web server does.
func (m metrics) collectEdge(counter func(*prometheus.Desc, int64, ...string), gauge func(*prometheus.Desc, int, ...string)) {
	if m.hooks != nil {
		for what, n := range m.hooks() {
			counter(descHooks, n, what.platform, what.reason)
		}
	}
	if m.web != nil {
		gauge(descOpen, m.web.crowd.now())
		gauge(descStreams, int(m.web.flowing.Load()))
		counter(descCrowded, m.web.crowd.closed.Load(), "idle")
		counter(descCrowded, m.web.crowd.refused.Load(), "refused")
	}
	if m.log != "" {
		if info, err := os.Stat(m.log + "-wal"); err == nil {
			gauge(descLog, int(info.Size()))
		}
	}
}

// showMetrics serves /metrics at METRICS_LISTEN, and nothing else.
func (a *App) showMetrics(of prometheus.Gatherer) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(of, promhttp.HandlerOpts{}))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Serve(a.scraped); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			a.fail(fmt.Errorf("show metrics: %w", err))
		}
	}()
	a.stops.add("stop showing metrics", stopWeb, func(context.Context) error {
		err := s.Close()
		<-done
		return err
	})
}

// closed closes a listener that may be closed already.
func closed(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
