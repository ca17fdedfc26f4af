// Package slack shows messages on Slack and takes what people do there, by Socket
// Mode or by signed HTTP. It speaks the Web API through slack-go and adds what that
// library leaves open: deadlines, errors that say what to do, and the certainty that
// no token, secret, response_url or trigger_id leaves in an error or a log line.
//
// Addresses: Account is the workspace's team id, Chat a channel id (D… for a person's
// direct messages, never the person's id U…; see Client.Open), Thread the ts of a
// thread's first message. A Ref is a message's ts. The key of an update begins with
// "sl:" and the team and holds Slack's own id of what happened.
package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// DefaultAPI is the base URL of Slack's own Web API.
const DefaultAPI = slack.APIURL

// DefaultCommand is the slash command that deploy/slack-manifest.yaml registers.
const DefaultCommand = "/feedback"

// callTimeout bounds one call of the Web API.
const callTimeout = 15 * time.Second

// ErrUnknownWorkspace is what Config.Tokens returns for a team in which the app is
// not installed: what arrives from there is acknowledged and dropped.
var ErrUnknownWorkspace = errors.New("the app is not installed in this Slack workspace")

// Config says which app a Client is, and who is to be told of what is no update.
// Either BotToken or Tokens must be set.
type Config struct {
	BotToken string // xoxb-…, of the only workspace
	// Tokens returns a workspace's bot token, where there may be several. Its errors
	// are ErrUnknownWorkspace, or that the store is away. A token is remembered for a
	// minute; Forget drops it at once.
	Tokens func(ctx context.Context, team string) (string, error)

	AppToken      string           // xapp-…, for Socket Mode
	SigningSecret string           // for signed HTTP
	API           string           // base URL of the Web API; "" is DefaultAPI
	HTTPClient    *http.Client     // nil = one of its own; redirects are never followed
	Clock         func() time.Time // nil = time.Now
	Log           *slog.Logger     // nil = discard
	Sides         *chat.SideCalls  // hears of the calls for which nothing waits; nil = nobody does
	Selves        *Selves          // who the app is in each workspace, shared by its clients; nil = one's own
	// EditsPerMinute keeps chat.update within this number a minute and workspace; an
	// edit beyond it fails as chat.RateLimited without being sent. Slack documents 50
	// and takes more for a while. 0 = no pacing but Slack's own.
	EditsPerMinute int

	// Home makes a person's App Home whenever they open it or act in it; nil leaves
	// the tab empty. It is called without any update being stored.
	Home func(ctx context.Context, team, user string) (Home, error)
	// Gone is told that the app was uninstalled from a workspace or its tokens were
	// revoked. An error leaves the event unacknowledged, so that Slack tells again.
	Gone func(ctx context.Context, team string) error
	// Trouble is told what an operator must see: Socket Mode that Slack refuses
	// (*SocketRefusedError), a token that is refused, events held back for their number,
	// a reply whose thread is gone (*ThreadGoneError). It must not block. All of it is in
	// the log as well.
	Trouble func(error)
	// Connected is told whenever Socket Mode connects; nil if nobody needs to know.
	Connected func()
}

// Selves remembers who the app is in each workspace, as Slack said. The zero value is ready;
// it is safe for concurrent use.
type Selves struct{ users sync.Map }

func (s *Selves) put(w Workspace) {
	if w.Team != "" && w.BotUser != "" {
		s.users.Store(w.Team, w.BotUser)
	}
}

// is reports whether somebody is the app itself.
func (s *Selves) is(team, user string) bool {
	known, ok := s.users.Load(team)
	return ok && known == user
}

// String hides the secrets from whoever prints a Config.
func (c Config) String() string {
	return fmt.Sprintf("slack.Config{API:%s, secrets [redacted]}", c.API)
}

// GoString hides the secrets from %#v.
func (c Config) GoString() string { return c.String() }

// Client is one Slack app in all its workspaces. It is a chat.Sender and safe for
// concurrent use.
type Client struct {
	config Config
	api    string // ends with a slash
	http   *http.Client
	clock  func() time.Time
	log    *slog.Logger

	self   atomic.Pointer[Workspace] // of the only workspace
	tokens cache[string]
	people cache[chat.User]
	direct cache[string] // direct message channels by person
	// returned is how often a form was shown again, by its view.
	returned cache[int]
	closed   methods
	edits    edits
	spare    chan struct{} // bounds work beside the updates: modals, homes, toasts
	closing  sync.Mutex    // held by whoever waits for all of spare
}

var (
	_ chat.Sender  = (*Client)(nil)
	_ chat.Prober  = (*Client)(nil)
	_ chat.Looker  = (*Client)(nil)
	_ chat.Reactor = (*Client)(nil)
)

// sideWork is how many modals, homes and toasts may be under way at once.
const sideWork = 32

// New returns a Client. It asks nothing of Slack yet.
func New(c Config) *Client {
	base := c.API
	if base == "" {
		base = DefaultAPI
	}
	client := http.Client{Transport: transport()}
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	}
	// A redirect would carry the token to another host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Selves == nil {
		c.Selves = &Selves{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{
		config:   c,
		api:      strings.TrimRight(base, "/") + "/",
		http:     &client,
		clock:    c.Clock,
		log:      c.Log.With("platform", string(chat.Slack)),
		tokens:   cache[string]{keep: time.Minute},
		people:   cache[chat.User]{keep: time.Hour},
		direct:   cache[string]{keep: 24 * time.Hour},
		returned: cache[int]{keep: time.Hour},
		edits:    edits{perMinute: c.EditsPerMinute},
		spare:    make(chan struct{}, sideWork),
	}
}

// transport keeps more connections to the one host than the default's two, since
// messages of many channels are under way at once.
func transport() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := standard.Clone()
	own.MaxIdleConnsPerHost = 32
	// A connection that the other side closed meanwhile would leave a message in doubt.
	own.IdleConnTimeout = 30 * time.Second
	return own
}

// Close waits for the work beside the updates and closes idle connections. The
// Client can still be used.
func (c *Client) Close() {
	c.closing.Lock()
	defer c.closing.Unlock()
	for range cap(c.spare) { // a handler that outlasts its server may still begin something: a WaitGroup takes that ill
		c.spare <- struct{}{}
	}
	for range cap(c.spare) {
		<-c.spare
	}
	c.http.CloseIdleConnections()
}

// String names the app without its secrets.
func (c *Client) String() string { return "slack app" }

// GoString hides the secrets from %#v.
func (c *Client) GoString() string { return c.String() }

// Workspace is where a bot token belongs.
type Workspace struct {
	Team    string // T…: the Account of its addresses
	Name    string
	URL     string // https://….slack.com/
	BotUser string // U… of the app itself
	BotName string
	Scopes  []string // what the token may do; nil if Slack did not tell
}

// Me asks Slack to which workspace Config.BotToken belongs, and remembers it.
// Errors are *chat.Error.
func (c *Client) Me(ctx context.Context) (Workspace, error) {
	if c.config.BotToken == "" {
		return Workspace{}, &chat.Error{Kind: chat.Revoked, Err: errors.New("there is no Slack bot token: set SLACK_BOT_TOKEN")}
	}
	w, err := c.identify(ctx, c.config.BotToken)
	if err != nil {
		return Workspace{}, err
	}
	c.self.Store(&w)
	return w, nil
}

// Identify asks Slack to which workspace a team's token belongs; it is how a
// workspace of several is checked. Errors are *chat.Error.
func (c *Client) Identify(ctx context.Context, team string) (Workspace, error) {
	token, err := c.token(ctx, team)
	if err != nil {
		return Workspace{}, err
	}
	return c.identify(ctx, token)
}

// Probe implements chat.Prober: account is the workspace.
func (c *Client) Probe(ctx context.Context, account string) error {
	_, err := c.Identify(ctx, account)
	return err
}

// Takes implements chat.Looker: the app is in the channel, and the channel is not archived.
// Slack does not tell whether it may post there.
func (c *Client) Takes(ctx context.Context, to chat.Address) error {
	got, err := c.channel(ctx, to.Account, to.Chat)
	switch {
	case err != nil:
		return err
	case got.IsArchived:
		err = &apiError{method: "conversations.info", code: "is_archived", detail: unreachable["is_archived"]}
	case !got.IsMember && !got.IsIM:
		err = &apiError{method: "conversations.info", code: "not_in_channel", detail: unreachable["not_in_channel"]}
	default:
		return nil
	}
	return &chat.Error{Kind: chat.Unreachable, Err: err}
}

// channel asks what a channel is.
func (c *Client) channel(ctx context.Context, team, id string) (got *slack.Channel, err error) {
	err = c.callTeam(ctx, "conversations.info", team, "", func(ctx context.Context, api *slack.Client) (err error) {
		got, err = api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
		return err
	})
	return got, err
}

func (c *Client) identify(ctx context.Context, token string) (Workspace, error) {
	var w Workspace
	err := c.call(ctx, "auth.test", "", token, "", func(ctx context.Context, api *slack.Client) error {
		me, err := api.AuthTestContext(ctx)
		if err != nil {
			return err
		}
		w = Workspace{Team: me.TeamID, Name: me.Team, URL: me.URL, BotUser: me.UserID, BotName: me.User}
		for _, s := range strings.Split(me.Header.Get("X-OAuth-Scopes"), ",") {
			if s = strings.TrimSpace(s); s != "" {
				w.Scopes = append(w.Scopes, s)
			}
		}
		return nil
	})
	if err == nil {
		c.config.Selves.put(w)
	}
	if err == nil && w.Team == "" {
		err = &chat.Error{Kind: chat.Temporary, Err: errors.New("slack auth.test: the answer names no workspace")}
	}
	return w, err
}

// token returns the bot token of a team. Its errors are *chat.Error around
// ErrUnknownWorkspace, or around what kept the token from being read.
func (c *Client) token(ctx context.Context, team string) (string, error) {
	if c.config.Tokens == nil {
		me := c.self.Load()
		if me == nil {
			w, err := c.Me(ctx)
			if err != nil {
				return "", err
			}
			me = &w
		}
		if team != me.Team {
			return "", &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("slack workspace %s: %w", team, ErrUnknownWorkspace)}
		}
		return c.config.BotToken, nil
	}
	now := c.clock()
	if t, ok := c.tokens.get(team, now); ok {
		return t, nil
	}
	t, err := c.config.Tokens(ctx, team)
	switch {
	case errors.Is(err, ErrUnknownWorkspace):
		return "", &chat.Error{Kind: chat.Revoked, Err: fmt.Errorf("slack workspace %s: %w", team, ErrUnknownWorkspace)}
	case err != nil:
		return "", &chat.Error{Kind: chat.Temporary, Err: fmt.Errorf("read the token of slack workspace %s: %w", team, c.scrub(err))}
	}
	c.tokens.put(team, t, now)
	return t, nil
}

// Forget drops what is remembered of a workspace's token, after it was replaced or
// removed.
func (c *Client) Forget(team string) { c.tokens.drop(team) }

// Open returns the address of a person's direct messages. Whoever invites a
// customer by user id opens first, so that the address which is stored is the one
// that updates will come from. Errors are *chat.Error.
func (c *Client) Open(ctx context.Context, team, user string) (chat.Address, error) {
	to := chat.Address{Platform: chat.Slack, Account: team}
	key := team + "/" + user
	if d, ok := c.direct.get(key, c.clock()); ok {
		to.Chat = d
		return to, nil
	}
	err := c.callTeam(ctx, "conversations.open", team, "", func(ctx context.Context, api *slack.Client) error {
		channel, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}, ReturnIM: true})
		if err != nil {
			return err
		}
		if channel != nil {
			to.Chat = channel.ID
		}
		return nil
	})
	if err != nil {
		return chat.Address{}, err
	}
	if to.Chat == "" {
		return chat.Address{}, &chat.Error{Kind: chat.Temporary, Err: errors.New("slack conversations.open: the answer names no channel")}
	}
	c.direct.put(key, to.Chat, c.clock())
	return to, nil
}

// Person asks who a user is, with the language of their program. Errors are
// *chat.Error; chat.Unreachable is a user whom Slack does not know.
func (c *Client) Person(ctx context.Context, team, user string) (chat.User, error) {
	return c.person(ctx, "users.info", team, func(ctx context.Context, api *slack.Client) (*slack.User, error) {
		return api.GetUserInfoContext(ctx, user)
	})
}

// PersonByEmail finds a user by e-mail address. Errors are *chat.Error;
// chat.Unreachable is an address that nobody in the workspace has.
func (c *Client) PersonByEmail(ctx context.Context, team, email string) (chat.User, error) {
	return c.person(ctx, "users.lookupByEmail", team, func(ctx context.Context, api *slack.Client) (*slack.User, error) {
		return api.GetUserByEmailContext(ctx, email)
	})
}

func (c *Client) person(ctx context.Context, method, team string, ask func(context.Context, *slack.Client) (*slack.User, error)) (chat.User, error) {
	var out chat.User
	err := c.callTeam(ctx, method, team, "", func(ctx context.Context, api *slack.Client) error {
		u, err := ask(ctx, api)
		if err != nil {
			return err
		}
		if u.Deleted {
			return slack.SlackErrorResponse{Err: "user_disabled"}
		}
		out = chat.User{ID: qualified(team, u.TeamID, u.ID), Name: firstOf(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name), Username: u.Name, Language: u.Locale, Bot: u.IsBot}
		return nil
	})
	if err == nil {
		c.people.put(team+"/"+out.ID, out, c.clock())
	}
	return out, err
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// trouble makes something visible to the operator.
func (c *Client) trouble(err error) {
	c.log.Error("Slack needs attention", "err", err)
	if c.config.Trouble != nil {
		c.config.Trouble(err)
	}
}

// beside runs work that no update waits for, unless too much of it is under way.
func (c *Client) beside(ctx context.Context, what string, work func(context.Context) error) {
	select {
	case c.spare <- struct{}{}:
	default:
		c.log.Warn("too much is under way with Slack; one thing is left out", "what", what)
		return
	}
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer func() { <-c.spare }()
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		if err := work(ctx); err != nil {
			c.log.Warn("Slack refused something beside the messages", "what", what, "err", err)
		}
	}()
}

// cacheSize bounds what one cache holds; beyond it everything is forgotten.
const cacheSize = 50_000

// cache remembers answers of Slack for a while.
type cache[T any] struct {
	keep time.Duration

	mu  sync.Mutex
	all map[string]remembered[T]
}

type remembered[T any] struct {
	value T
	until time.Time
}

func (c *cache[T]) get(key string, now time.Time) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.all[key]
	if !ok || !now.Before(r.until) {
		var zero T
		return zero, false
	}
	return r.value, true
}

func (c *cache[T]) put(key string, value T, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil || len(c.all) >= cacheSize {
		c.all = map[string]remembered[T]{}
	}
	c.all[key] = remembered[T]{value, now.Add(c.keep)}
}

func (c *cache[T]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, key)
}
