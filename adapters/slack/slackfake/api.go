package slackfake

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

type object = map[string]any

// refused is what the Web API answers instead of a result.
type refused struct{ code, why string }

func refuse(code, why string) *refused { return &refused{code, why} }

// known lists the parameters of each method. Slack ignores unknown ones; an app that
// sends them has a spelling mistake, so here they are refused.
var known = map[string][]string{
	"auth.test":             {},
	"apps.connections.open": {},
	"chat.postMessage":      {"channel", "text", "blocks", "attachments", "thread_ts", "unfurl_links", "unfurl_media", "mrkdwn", "reply_broadcast", "metadata", "parse", "link_names"},
	"chat.update":           {"channel", "ts", "text", "blocks", "attachments", "metadata", "parse", "link_names"},
	"chat.delete":           {"channel", "ts"},
	"chat.postEphemeral":    {"channel", "user", "text", "blocks", "attachments", "thread_ts", "parse", "link_names"},
	"conversations.open":    {"users", "return_im", "channel"},
	"conversations.info":    {"channel", "include_locale", "include_num_members"},
	"conversations.join":    {"channel"},
	"users.info":            {"user", "include_locale"},
	"users.lookupByEmail":   {"email"},
	"views.open":            {"trigger_id", "view"},
	"views.publish":         {"user_id", "view", "hash"},
	"reactions.add":         {"channel", "timestamp", "name"},
	"oauth.v2.access":       {"client_id", "client_secret", "code", "redirect_uri"},
}

type call struct {
	method string
	form   map[string]string
	body   object // of a JSON request
	token  string
}

func (c call) str(name string) string {
	if v, ok := c.body[name].(string); ok {
		return v
	}
	return c.form[name]
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/link":
		s.socket(w, r)
		return
	case r.URL.Path == "/oauth/v2/authorize":
		s.authorize(w, r)
		return
	case !strings.HasPrefix(r.URL.Path, "/api/") || r.Method != http.MethodPost:
		http.NotFound(w, r)
		return
	}
	c, err := readCall(r)
	if err != nil {
		answer(w, nil, refuse("invalid_form_data", err.Error()))
		return
	}
	raw, _ := json.Marshal(c.body)
	s.mu.Lock()
	s.requests = append(s.requests, Request{Method: c.method, Params: c.form, Body: string(raw), At: time.Now()})
	s.notify()
	s.mu.Unlock()
	if f := s.fault(c); f != nil {
		s.misbehave(w, r, *f, c)
		return
	}
	if wait := s.tooMany(c); wait > 0 {
		tooMany(w, wait)
		return
	}
	result, bad := s.perform(c)
	if c.method == "auth.test" {
		s.mu.Lock()
		w.Header().Set("X-OAuth-Scopes", s.scopes)
		s.mu.Unlock()
	}
	answer(w, result, bad)
}

func readCall(r *http.Request) (call, error) {
	c := call{method: strings.TrimPrefix(r.URL.Path, "/api/"), form: map[string]string{}}
	c.token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return c, err
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		if len(raw) > 0 {
			err = json.Unmarshal(raw, &c.body)
		}
		return c, err
	}
	values, err := url.ParseQuery(string(raw))
	for name := range values {
		c.form[name] = values.Get(name)
	}
	if t := c.form["token"]; t != "" {
		c.token = t
	}
	delete(c.form, "token")
	return c, err
}

func answer(w http.ResponseWriter, result object, bad *refused) {
	if bad != nil {
		result = object{"ok": false, "error": bad.code, "response_metadata": object{"messages": []string{"[ERROR] " + bad.why}}}
	} else {
		if result == nil {
			result = object{}
		}
		result["ok"] = true
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(result)
}

func (s *Server) perform(c call) (object, *refused) {
	s.mu.Lock()
	defer s.mu.Unlock()
	result, bad := s.act(c)
	if bad != nil {
		s.refusals = append(s.refusals, Refusal{c.method, bad.code, bad.why})
	}
	s.notify()
	return result, bad
}

func (s *Server) act(c call) (object, *refused) {
	names, ok := known[c.method]
	if !ok {
		return nil, refuse("unknown_method", c.method)
	}
	for name := range c.form {
		if !slices.Contains(names, name) {
			return nil, refuse("invalid_arguments", "unknown parameter "+name)
		}
	}
	for name := range c.body {
		if !slices.Contains(names, name) {
			return nil, refuse("invalid_arguments", "unknown field "+name)
		}
	}
	switch {
	case c.method == "oauth.v2.access":
		return s.exchange(c)
	case c.method == "apps.connections.open":
		return s.openConnection(c)
	case s.revoked && c.token == s.BotToken:
		return nil, refuse("token_revoked", "")
	case c.token == "":
		return nil, refuse("not_authed", "")
	case c.token != s.BotToken:
		return nil, refuse("invalid_auth", "")
	}
	switch c.method {
	case "auth.test":
		return object{"url": "https://example.slack.com/", "team": "Example", "team_id": s.Team, "user": "aftercare", "user_id": s.BotUser, "bot_id": s.BotID}, nil
	case "chat.postMessage":
		return s.post(c)
	case "chat.update":
		return s.update(c)
	case "chat.delete":
		return s.remove(c)
	case "chat.postEphemeral":
		return s.postEphemeral(c)
	case "conversations.open":
		return s.open(c)
	case "conversations.info", "conversations.join":
		ch := s.channels[c.str("channel")]
		if ch == nil || ch.Private && !ch.member {
			return nil, refuse("channel_not_found", "")
		}
		if c.method == "conversations.join" {
			ch.member = true
		}
		return object{"channel": object{"id": ch.ID, "name": ch.Name, "is_archived": ch.archived, "is_member": ch.member, "is_im": ch.user != nil}}, nil
	case "users.info":
		u := s.users[c.str("user")]
		if u == nil {
			return nil, refuse("user_not_found", "")
		}
		return object{"user": u.json()}, nil
	case "users.lookupByEmail":
		for _, u := range s.users {
			if u.Email != "" && strings.EqualFold(u.Email, c.str("email")) {
				return object{"user": u.json()}, nil
			}
		}
		return nil, refuse("users_not_found", "")
	case "views.open":
		return s.openView(c)
	case "views.publish":
		return s.publishView(c)
	}
	return s.react(c)
}

func (s *Server) open(c call) (object, *refused) {
	u := s.users[c.str("users")]
	switch {
	case u == nil:
		return nil, refuse("user_not_found", c.str("users"))
	case u.disabled:
		return nil, refuse("user_disabled", "")
	case u.foreign != "":
		return nil, refuse("invalid_user_combination", "")
	}
	u.dm.open = true
	return object{"channel": object{"id": u.dm.ID, "is_im": true, "user": u.ID}, "already_open": true}, nil
}

func (s *Server) react(c call) (object, *refused) {
	m := s.find(c.str("channel"), c.str("timestamp"))
	if m == nil {
		return nil, refuse("message_not_found", "")
	}
	if slices.Contains(m.reactions, c.str("name")) {
		return nil, refuse("already_reacted", "")
	}
	m.reactions = append(m.reactions, c.str("name"))
	return object{}, nil
}

// writable finds where a message may be posted.
func (s *Server) writable(id string) (*Channel, *refused) {
	ch := s.channels[id]
	switch {
	case ch == nil || ch.Private && !ch.member || ch.user != nil && !ch.open:
		return nil, refuse("channel_not_found", "slackfake wants the id of a channel, not of a user: "+id)
	case ch.archived:
		return nil, refuse("is_archived", "")
	case ch.user != nil && ch.user.disabled:
		return nil, refuse("user_disabled", "")
	case ch.user != nil && s.noTab:
		return nil, refuse("messages_tab_disabled", "")
	case ch.user == nil && !ch.member:
		return nil, refuse("not_in_channel", "")
	}
	return ch, nil
}

const (
	postLimit   = 40_000
	updateLimit = 4_000
)

// content reads and checks what a message is to show.
func content(c call, limit int) (*message, *refused) {
	m := &message{bot: true, text: c.str("text"), mrkdwn: c.str("mrkdwn") != "false"}
	if utf8.RuneCountInString(m.text) > limit {
		return nil, refuse("msg_too_long", strconv.Itoa(utf8.RuneCountInString(m.text)))
	}
	if !utf8.ValidString(m.text) {
		return nil, refuse("invalid_form_data", "text is not UTF-8")
	}
	if raw := c.str("blocks"); raw != "" {
		if json.Unmarshal([]byte(raw), &m.blocks) != nil {
			return nil, refuse("invalid_blocks_format", "")
		}
	}
	if raw := c.str("attachments"); raw != "" {
		var all []struct {
			Color    string   `json:"color"`
			Blocks   []object `json:"blocks"`
			Fallback string   `json:"fallback"`
		}
		if err := strict(raw, &all); err != nil {
			return nil, refuse("invalid_attachments", err.Error())
		}
		for _, a := range all {
			m.color, m.attached = a.Color, append(m.attached, a.Blocks...)
		}
	}
	if why := checkBlocks(append(slices.Clone(m.blocks), m.attached...), inMessage); why != "" {
		return nil, refuse("invalid_blocks", why)
	}
	if m.text == "" && len(m.blocks)+len(m.attached) == 0 {
		return nil, refuse("no_text", "")
	}
	if m.text == "" {
		return nil, refuse("no_text", "slackfake wants text beside blocks, for notifications and screen readers")
	}
	return m, nil
}

func (s *Server) post(c call) (object, *refused) {
	ch, bad := s.writable(c.str("channel"))
	if bad != nil {
		return nil, bad
	}
	m, bad := content(c, postLimit)
	if bad != nil {
		return nil, bad
	}
	if c.str("unfurl_links") != "false" || c.str("unfurl_media") != "false" {
		return nil, refuse("invalid_arguments", "slackfake wants previews to be off")
	}
	m.channel, m.user, m.ts = ch, s.BotUser, s.ts()
	if parent := c.str("thread_ts"); parent != "" {
		// Slack posts a reply to what was deleted beside it, without an error.
		if p := s.find(ch.ID, parent); p != nil {
			m.thread = firstOf(p.thread, p.ts)
		}
	}
	ch.messages = append(ch.messages, m)
	shown := object{"type": "message", "user": s.BotUser, "bot_id": s.BotID, "team": s.Team, "text": m.text, "ts": m.ts}
	if m.thread != "" {
		shown["thread_ts"] = m.thread
	}
	s.emitEvent("bot", object{"type": "message", "channel": ch.ID, "channel_type": ch.kind(), "user": s.BotUser, "bot_id": s.BotID, "team": s.Team, "text": m.text, "ts": m.ts, "event_ts": m.ts})
	return object{"channel": ch.ID, "ts": m.ts, "message": shown}, nil
}

func (s *Server) update(c call) (object, *refused) {
	ch, bad := s.writable(c.str("channel"))
	if bad != nil {
		return nil, bad
	}
	old := s.find(ch.ID, c.str("ts"))
	switch {
	case old == nil:
		return nil, refuse("message_not_found", "")
	case !old.bot:
		return nil, refuse("cant_update_message", "")
	case old.frozen:
		return nil, refuse("edit_window_closed", "")
	}
	m, bad := content(c, updateLimit)
	if bad != nil {
		return nil, bad
	}
	// Without blocks, text alone drops the old ones.
	old.text, old.blocks, old.edits = m.text, m.blocks, old.edits+1
	if _, given := c.form["attachments"]; given {
		old.attached, old.color = m.attached, m.color
	}
	return object{"channel": ch.ID, "ts": old.ts, "text": old.text, "message": object{"text": old.text, "ts": old.ts}}, nil
}

func (s *Server) remove(c call) (object, *refused) {
	ch, bad := s.writable(c.str("channel"))
	if bad != nil {
		return nil, bad
	}
	m := s.find(ch.ID, c.str("ts"))
	switch {
	case m == nil:
		return nil, refuse("message_not_found", "")
	case !m.bot:
		return nil, refuse("cant_delete_message", "")
	}
	m.deleted = true
	return object{"channel": ch.ID, "ts": m.ts}, nil
}

func (s *Server) postEphemeral(c call) (object, *refused) {
	ch, bad := s.writable(c.str("channel"))
	if bad != nil {
		return nil, bad
	}
	u := s.users[c.str("user")]
	if u == nil || ch.user != nil && ch.user != u {
		return nil, refuse("user_not_in_channel", "")
	}
	m, bad := content(c, postLimit)
	if bad != nil {
		return nil, bad
	}
	m.channel, m.user, m.ts = ch, s.BotUser, s.ts()
	u.whispers = append(u.whispers, m)
	return object{"message_ts": m.ts}, nil
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// authorize is the page on which a person allows the installation.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != s.ClientID || q.Get("state") == "" || q.Get("scope") == "" {
		http.Error(w, "invalid_client_id", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	code := s.id("code")
	s.codes[code] = false
	s.mu.Unlock()
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (s *Server) exchange(c call) (object, *refused) {
	used, ok := s.codes[c.str("code")]
	switch {
	case c.str("client_id") != s.ClientID:
		return nil, refuse("invalid_client_id", "")
	case c.str("client_secret") != s.ClientSecret:
		return nil, refuse("bad_client_secret", "")
	case !ok || used:
		return nil, refuse("invalid_code", "")
	}
	s.codes[c.str("code")] = true
	return object{
		"access_token": s.BotToken, "token_type": "bot", "scope": s.scopes, "bot_user_id": s.BotUser, "app_id": "A0APP",
		"team": object{"id": s.Team, "name": "Example"}, "enterprise": nil, "authed_user": object{"id": "U0ADMIN"}, "is_enterprise_install": false,
	}, nil
}
