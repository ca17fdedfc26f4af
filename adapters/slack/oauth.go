package slack

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	_ "embed" // for the manifest
	"encoding/base64"
	"encoding/binary"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Scopes are what the app asks a workspace for; deploy/slack-manifest.yaml has the
// same.
func Scopes() []string {
	return []string{
		"chat:write", "im:write", "im:history", "users:read", "users:read.email", "commands",
		"channels:read", "groups:read", "channels:history", "groups:history", "reactions:write",
	}
}

// Manifest is the app's manifest for Socket Mode as JSON, as deploy/slack-manifest.yaml has it:
// Slack makes the app of it where an address carries it.
//
//go:embed manifest.json
var Manifest string

// Installation is a workspace that installed the app. Token is a secret: whoever
// stores it encrypts it.
type Installation struct {
	Team, TeamName string
	Enterprise     string
	App            string // A…
	BotUser        string
	Installer      string // the user who installed it
	Scopes         []string
	Token          string
	// Invite is the code of the link that the browser came with; "" = none.
	Invite string
}

// String hides the token.
func (i Installation) String() string { return "slack installation of " + i.Team }

// GoString hides the token from %#v.
func (i Installation) GoString() string { return i.String() }

// OAuth says how workspaces install the app.
type OAuth struct {
	ClientID     string
	ClientSecret string
	Key          []byte // signs the state; SECRET_KEY or derived from it
	Redirect     string // the public address + /hooks/slack/oauth, as in the app's settings
	// Installed stores an installation and reports whether it waits for approval. Its error is
	// shown as "try again".
	Installed func(context.Context, Installation) (waits bool, err error)
	// Once reports whether a state comes for the first time; it is too old from expires on.
	Once func(ctx context.Context, state string, expires, now time.Time) (bool, error)
}

// InviteParameter is what a link names its code by.
const InviteParameter = "invite"

// longestInvite is more than any code of a link has.
const longestInvite = 100

const (
	stateLife   = 10 * time.Minute // as long as a code of Slack's lives
	stateCookie = "aftercare_slack_oauth"
)

type oauth struct {
	OAuth
	client *Client
}

// NewOAuth returns the handler of /hooks/slack/oauth. Opened without a code it sends
// the browser to Slack, with a state that is signed, lives ten minutes and is bound
// to this browser by a cookie; Slack sends it back with a code, which is exchanged
// for the workspace's token.
func NewOAuth(c *Client, o OAuth) http.Handler { return &oauth{OAuth: o, client: c} }

func (o *oauth) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	out.Header().Set("Cache-Control", "no-store")
	out.Header().Set("Referrer-Policy", "no-referrer")
	if in.Method != http.MethodGet {
		out.Header().Set("Allow", http.MethodGet)
		http.Error(out, "Open this address in a browser.", http.StatusMethodNotAllowed)
		return
	}
	q := in.URL.Query()
	switch {
	case q.Get("error") != "":
		o.say(out, http.StatusOK, "Nothing was installed.", "The installation was cancelled. You can close this page.")
	case q.Get("code") == "":
		o.start(out, in)
	default:
		o.finish(out, in, q.Get("code"), q.Get("state"))
	}
}

func (o *oauth) start(out http.ResponseWriter, in *http.Request) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	state := o.state(nonce, o.client.clock())
	kept := base64.RawURLEncoding.EncodeToString(nonce)
	if invite := in.URL.Query().Get(InviteParameter); safeInvite(invite) {
		kept += "." + invite
	}
	o.remember(out, in, kept, stateLife)
	site := strings.TrimSuffix(o.client.api, "api/")
	http.Redirect(out, in, site+"oauth/v2/authorize?"+url.Values{
		"client_id": {o.ClientID}, "scope": {strings.Join(Scopes(), ",")}, "state": {state}, "redirect_uri": {o.Redirect},
	}.Encode(), http.StatusFound)
}

// remember sets the browser's cookie, or removes it.
func (o *oauth) remember(out http.ResponseWriter, in *http.Request, value string, life time.Duration) {
	path := in.URL.Path
	if public, err := url.Parse(o.Redirect); err == nil && public.Path != "" {
		path = public.Path // a proxy or the server may have taken a prefix off
	}
	http.SetCookie(out, &http.Cookie{ //nolint:gosec // a redirect without https is on one's own machine
		Name: stateCookie, Value: value, Path: path, MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: strings.HasPrefix(o.Redirect, "https:"), SameSite: http.SameSiteLaxMode,
	})
}

// state is time ‖ nonce ‖ signature.
func (o *oauth) state(nonce []byte, at time.Time) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
	body = append(body, nonce...)
	mac := hmac.New(sha256.New, o.Key)
	_, _ = io.WriteString(mac, "slack oauth state\x00")
	_, _ = mac.Write(body)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(body))
}

// safeInvite reports whether a code may be kept in a cookie.
func safeInvite(code string) bool {
	return code != "" && len(code) <= longestInvite && !strings.ContainsFunc(code, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '2' || r > '7')
	})
}

// valid reports whether the state is ours, fresh and of this browser, and returns the code
// of the link that the browser came with.
func (o *oauth) valid(state string, in *http.Request) (invite string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(state)
	cookie, cookieErr := in.Cookie(stateCookie)
	if err != nil || cookieErr != nil || len(raw) != 8+16+sha256.Size || len(o.Key) == 0 {
		return "", false
	}
	kept, invite, _ := strings.Cut(cookie.Value, ".")
	at := time.Unix(int64(binary.BigEndian.Uint64(raw)), 0)
	nonce := raw[8:24]
	age := o.client.clock().Sub(at)
	ok = hmac.Equal([]byte(state), []byte(o.state(nonce, at))) &&
		hmac.Equal([]byte(kept), []byte(base64.RawURLEncoding.EncodeToString(nonce))) &&
		age >= -time.Minute && age <= stateLife
	return invite, ok
}

func (o *oauth) finish(out http.ResponseWriter, in *http.Request, code, state string) {
	invite, ok := o.valid(state, in)
	if ok {
		now := o.client.clock()
		first, err := o.Once(in.Context(), state, now.Add(2*stateLife), now)
		if err != nil {
			o.client.log.Error("an installation on Slack could not begin", "err", err)
			o.say(out, http.StatusServiceUnavailable, "The installation could not be stored.", "Please start again in a minute.")
			return
		}
		ok = first
	}
	if !ok {
		o.say(out, http.StatusBadRequest, "Please start again.", "This link is too old, was used before, or was made in another browser. Nothing was installed.")
		return
	}
	o.remember(out, in, "", -time.Second)
	got, err := o.exchange(in.Context(), code)
	if err != nil {
		o.client.log.Warn("an installation on Slack failed", "err", err)
		o.say(out, http.StatusBadGateway, "Slack did not complete the installation.", "Please start again. If it fails once more, check the client id and secret.")
		return
	}
	got.Invite = invite
	waits, err := o.Installed(in.Context(), got)
	if err != nil {
		o.client.log.Error("an installation on Slack could not be stored", "team", got.Team, "err", o.client.scrub(err))
		o.say(out, http.StatusServiceUnavailable, "The installation could not be stored.", "Please start again in a minute.")
		return
	}
	o.client.Forget(got.Team)
	o.client.log.Info("the Slack app was installed", "team", got.Team, "waits", waits)
	if waits {
		o.say(out, http.StatusOK, "The app is installed in "+got.TeamName+" and waits for approval.",
			"Whoever runs this server has to approve your workspace; until then the app does nothing there. Give them its id: "+got.Team)
		return
	}
	o.say(out, http.StatusOK, "The app is installed in "+got.TeamName+".", "You can close this page. Invite the app to the channel where your staff hear of cases.")
}

func (o *oauth) exchange(ctx context.Context, code string) (Installation, error) {
	var got Installation
	trip := &roundTrip{http: o.client.http}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := slack.GetOAuthV2ResponseContext(ctx, trip, o.ClientID, o.ClientSecret, code, o.Redirect, slack.OAuthOptionAPIURL(o.client.api))
	if err != nil {
		return got, o.client.classify(ctx, "oauth.v2.access", "", "", trip, err)
	}
	if r.Team.ID == "" || r.AccessToken == "" || r.IsEnterpriseInstall {
		return got, &chat.Error{Kind: chat.Rejected, Err: errors.New("slack oauth.v2.access: the app was not installed in one workspace; org-wide installation is not supported")}
	}
	return Installation{
		Team: r.Team.ID, TeamName: r.Team.Name, Enterprise: r.Enterprise.ID, App: r.AppID, BotUser: r.BotUserID,
		Installer: r.AuthedUser.ID, Scopes: strings.Split(r.Scope, ","), Token: r.AccessToken,
	}, nil
}

func (o *oauth) say(out http.ResponseWriter, status int, title, text string) {
	out.Header().Set("Content-Type", "text/html; charset=utf-8")
	out.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	out.WriteHeader(status)
	_, _ = io.WriteString(out, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>"+
		html.EscapeString(title)+"</title><h1>"+html.EscapeString(title)+"</h1><p>"+html.EscapeString(text)+"</p></html>")
}
