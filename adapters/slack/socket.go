package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	socketBatch   = 100     // envelopes that one call of the handler takes
	socketPending = 2000    // envelopes in memory; what comes beyond is not acknowledged
	readLimit     = 8 << 20 // bytes of one WebSocket message
	openTries     = 3       // failed connections in a row before the operator is told
	openTimeout   = 20 * time.Second
)

// Socket takes updates by Socket Mode. The reader never waits: envelopes are handled
// elsewhere, in order and in batches, and acknowledged after the handler returned
// nil. An envelope that cannot be stored is kept and tried again, even after Slack
// stopped waiting; Slack's own redelivery carries the same key.
type Socket struct {
	client  *Client
	handler chat.Handler

	mu      sync.Mutex
	pending []envelope
	wake    chan struct{}
}

type envelope struct {
	id string
	incoming
}

// NewSocket returns a Socket. Several may run per app: Slack gives each event to one
// of them.
func NewSocket(c *Client, h chat.Handler) *Socket {
	return &Socket{client: c, handler: h, wake: make(chan struct{}, 1)}
}

// Run keeps a connection until ctx ends, and returns nil then. It outlasts every
// failure of Slack's or of the network; its only error is chat.Revoked, when Slack
// refuses the tokens.
func (s *Socket) Run(ctx context.Context) error {
	c := s.client
	if !strings.HasPrefix(c.config.AppToken, "xapp-") {
		return &chat.Error{Kind: chat.Revoked, Err: errors.New("there is no Slack app token, which begins with xapp-: make one with the scope connections:write under Basic Information, and set SLACK_APP_TOKEN")}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	library := c.library(c.config.BotToken, &opener{http: c.http})
	sm := socketmode.New(library,
		socketmode.OptionReadLimit(readLimit),
		socketmode.OptionLog(watcher{c}), socketmode.OptionDebug(true)) // see watcher
	ended := make(chan error, 1)
	var all sync.WaitGroup
	all.Go(func() { ended <- sm.RunContext(ctx) })
	all.Go(func() { s.work(ctx, sm) })
	defer all.Wait()
	defer cancel()
	tries := 0
	for {
		select {
		case e := <-sm.Events:
			tries = s.event(ctx, e, tries)
		case err := <-ended:
			if ctx.Err() != nil {
				return nil
			}
			return s.fatal(err)
		}
	}
}

// fatal is why slack-go gave up.
func (s *Socket) fatal(err error) error {
	what := s.client.scrub(err).Error()
	detail, ok := revoked[what]
	if !ok {
		detail = "Slack does not let this app connect"
	}
	out := &chat.Error{Kind: chat.Revoked, Err: &apiError{method: "apps.connections.open", code: what, detail: detail}}
	s.client.trouble(&SocketRefusedError{out})
	return out
}

// opener bounds the one request that slack-go makes by itself.
type opener struct{ http *http.Client }

// Do implements slack-go's HTTP client.
func (o *opener) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), openTimeout)
	defer cancel()
	trip := &roundTrip{http: o.http}
	answer, err := trip.Do(r.WithContext(ctx))
	if err == nil && answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		answer.Body = http.NoBody
	}
	return answer, err
}

// watcher reads in slack-go's debug log the one thing that it tells nowhere else:
// why Slack ended a connection. Nothing of that log is kept.
type watcher struct{ client *Client }

// Output implements slack-go's logger.
func (w watcher) Output(_ int, line string) error {
	_, message, ok := strings.Cut(line, "Received WebSocket message: ")
	if !ok || !strings.Contains(message, `"disconnect"`) {
		return nil
	}
	var in struct{ Type, Reason string }
	if json.Unmarshal([]byte(message), &in) != nil || in.Type != socketmode.RequestTypeDisconnect {
		return nil
	}
	if in.Reason == "link_disabled" {
		w.client.trouble(&SocketRefusedError{errors.New("Socket Mode was switched off for this app: switch it on under Socket Mode in the app's settings")})
		return nil
	}
	w.client.log.Info("Slack renews the connection", "reason", code(in.Reason))
	return nil
}

// passing are the refusals of a connection that need patience and nobody's hand.
var passing = map[string]bool{
	"internal_error": true, "fatal_error": true, "service_unavailable": true, "request_timeout": true, "ratelimited": true, "team_added_to_org": true,
}

// event handles one event of slack-go's. It returns how many connections failed in
// a row.
func (s *Socket) event(ctx context.Context, e socketmode.Event, tries int) int {
	c := s.client
	switch e.Type {
	case socketmode.EventTypeConnected:
		c.log.Info("connected to Slack")
		if c.config.Connected != nil {
			c.config.Connected()
		}
		return 0
	case socketmode.EventTypeConnectionError:
		tries++
		err := errors.New("unknown")
		if failed, ok := e.Data.(*slack.ConnectionErrorEvent); ok && failed.ErrorObj != nil {
			err = c.scrub(failed.ErrorObj)
		}
		refused, ok := errors.AsType[slack.SlackErrorResponse](err)
		err = fmt.Errorf("connect to Slack: %w", err)
		if tries == openTries {
			if ok && !passing[refused.Err] {
				err = &SocketRefusedError{err}
			}
			c.trouble(err)
		} else if ctx.Err() == nil {
			c.log.Warn("Slack cannot be reached; trying again", "err", err, "failures", tries)
		}
	case socketmode.EventTypeErrorBadMessage:
		// slack-go could not read it, perhaps because its kind is new; ours may.
		if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
			var r socketmode.Request
			if json.Unmarshal(bad.Message, &r) == nil {
				s.receive(ctx, r)
			}
		}
	case socketmode.EventTypeEventsAPI, socketmode.EventTypeInteractive, socketmode.EventTypeSlashCommand:
		if e.Request != nil {
			s.receive(ctx, *e.Request)
		}
	}
	return tries
}

// receive decodes an envelope and hands it to the worker.
func (s *Socket) receive(ctx context.Context, r socketmode.Request) {
	if r.EnvelopeID == "" {
		return // hello and the like want no acknowledgement
	}
	in := envelope{id: r.EnvelopeID}
	var err error
	switch r.Type {
	case socketmode.RequestTypeEventsAPI:
		in.incoming, err = s.client.decodeEvent(r.Payload)
	case socketmode.RequestTypeInteractive:
		in.incoming, err = s.client.decodeInteraction(r.Payload)
	case socketmode.RequestTypeSlashCommands:
		var command rawCommand
		if err = json.Unmarshal(r.Payload, &command); err == nil {
			in.incoming, err = s.client.decodeCommand(command)
		}
	}
	if err != nil {
		// It would be as unreadable when delivered again.
		s.client.log.Warn("Slack sent what cannot be read; it is passed over", "kind", code(r.Type), "bytes", len(r.Payload))
		in.incoming = incoming{}
	}
	s.client.begin(ctx, in.incoming)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) >= socketPending {
		s.client.log.Error("too many updates wait to be stored; Slack will deliver one again", "waiting", len(s.pending))
		return
	}
	s.pending = append(s.pending, in)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// work handles what was received until ctx ends.
func (s *Socket) work(ctx context.Context, sm *socketmode.Client) {
	for {
		s.mu.Lock()
		n := min(len(s.pending), socketBatch)
		batch := s.pending[:n:n]
		s.pending = s.pending[n:]
		s.mu.Unlock()
		if n == 0 {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
			continue
		}
		if !s.handle(ctx, sm, batch) {
			return
		}
	}
}

// handle stores a batch, however long that takes, and acknowledges it. It is false
// when ctx ended first.
func (s *Socket) handle(ctx context.Context, sm *socketmode.Client, batch []envelope) bool {
	var updates []chat.Update
	var owner []int // the envelope of each update
	admitted := make([]bool, len(batch))
	for i, in := range batch {
		ok, done := s.insist(ctx, func() (bool, error) { return s.client.admit(ctx, in.incoming) })
		if !done {
			return false
		}
		if admitted[i] = ok; !ok {
			continue
		}
		for _, u := range in.updates {
			updates, owner = append(updates, u), append(owner, i)
		}
	}
	payloads := make([]any, len(batch))
	if len(updates) > 0 {
		s.client.resolve(ctx, updates)
		var answers []chat.Answer
		_, done := s.insist(ctx, func() (_ bool, err error) {
			answers, err = s.handler(ctx, updates)
			return true, err
		})
		if !done {
			return false
		}
		for i, a := range s.client.respond(ctx, updates, answers) {
			payloads[owner[i]] = a
		}
	}
	for i, in := range batch {
		if err := sm.AckCtx(ctx, in.id, payloads[i]); err != nil && ctx.Err() == nil {
			s.client.log.Warn("an acknowledgement was not sent; Slack will deliver again", "err", s.client.scrub(err))
		}
		if admitted[i] && in.home != "" {
			s.client.refreshHome(ctx, in.team, in.home)
		}
	}
	return true
}

// insist tries until it works. done is false when ctx ended first.
func (s *Socket) insist(ctx context.Context, try func() (bool, error)) (ok, done bool) {
	for failures := 1; ; failures++ {
		ok, err := try()
		if err == nil {
			return ok, true
		}
		if ctx.Err() != nil {
			return false, false
		}
		wait := min(backoff(failures), 5*time.Second)
		s.client.log.Error("updates could not be stored; trying again, nothing is lost", "err", s.client.scrub(err), "next_try", wait)
		if !pause(ctx, wait) {
			return false, false
		}
	}
}
