package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// refused is what Telegram answers instead of a result.
type refused struct {
	code       int
	text       string
	retryAfter int
	migrateTo  int64
	gone       bool // the bot hung up; nobody is there to be answered
}

func badRequest(text string) *refused { return &refused{code: 400, text: "Bad Request: " + text} }

// withFile are the parameters that all methods have that send a file.
var withFile = []string{"chat_id", "message_thread_id", "caption", "parse_mode", "disable_notification", "protect_content", "reply_parameters", "reply_markup"}

// known lists the parameters of each method. Telegram ignores unknown ones; a bot
// that sends them has a spelling mistake, so here they are refused.
var known = map[string][]string{
	"getMe":               {},
	"getChat":             {"chat_id"},
	"getChatMember":       {"chat_id", "user_id"},
	"getUpdates":          {"offset", "limit", "timeout", "allowed_updates"},
	"setWebhook":          {"url", "max_connections", "allowed_updates", "drop_pending_updates", "secret_token", "ip_address"},
	"deleteWebhook":       {"drop_pending_updates"},
	"getWebhookInfo":      {},
	"sendMessage":         {"chat_id", "message_thread_id", "text", "parse_mode", "link_preview_options", "disable_notification", "protect_content", "reply_parameters", "reply_markup"},
	"sendPhoto":           append([]string{"photo"}, withFile...),
	"sendVoice":           append([]string{"voice"}, withFile...),
	"sendAudio":           append([]string{"audio"}, withFile...),
	"sendVideo":           append([]string{"video"}, withFile...),
	"sendDocument":        append([]string{"document"}, withFile...),
	"editMessageCaption":  {"chat_id", "message_id", "caption", "parse_mode", "reply_markup"},
	"editMessageText":     {"chat_id", "message_id", "text", "parse_mode", "link_preview_options", "reply_markup"},
	"deleteMessage":       {"chat_id", "message_id"},
	"answerCallbackQuery": {"callback_query_id", "text", "show_alert", "url", "cache_time"},
	"setMyCommands":       {"commands", "scope", "language_code"},
	"getMyCommands":       {"scope", "language_code"},
	"deleteMyCommands":    {"scope", "language_code"},
	"setMessageReaction":  {"chat_id", "message_id", "reaction", "is_big"},
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	token, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	if !ok || !strings.HasPrefix(r.URL.Path, "/bot") || !strings.Contains(token, ":") {
		answer(w, nil, &refused{code: 404, text: "Not Found"})
		return
	}
	s.mu.Lock()
	valid := token == s.Token && !s.revoked
	s.mu.Unlock()
	if !valid {
		answer(w, nil, &refused{code: 401, text: "Unauthorized"})
		return
	}
	p, err := readParams(r)
	if err != nil {
		answer(w, nil, badRequest("can't parse the request: "+err.Error()))
		return
	}
	request := s.record(method, p)
	if fault := s.fault(request); fault != nil {
		s.misbehave(w, r, *fault, method, p)
		return
	}
	if limit := s.tooMany(method, p); limit != nil {
		answer(w, nil, limit)
		return
	}
	result, bad := s.perform(r.Context(), method, p)
	answer(w, result, bad)
}

// record notes the request and wakes who waits for it.
func (s *Server) record(method string, p params) Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Request{Method: method, Params: p, Chat: p["chat_id"], At: s.now()}
	s.requests = append(s.requests, r)
	s.notify()
	return r
}

// perform does what the method says. A nil ctx is a call from a webhook's answer.
func (s *Server) perform(ctx context.Context, method string, p params) (any, *refused) {
	names, ok := known[method]
	if !ok {
		return nil, &refused{code: 404, text: "Not Found: method not found"}
	}
	for name := range p {
		if !slices.Contains(names, name) {
			bad := badRequest("unknown parameter " + name + " (telegramtest is strict)")
			s.refuse(method, bad)
			return nil, bad
		}
	}
	result, bad := s.act(ctx, method, p)
	if bad != nil && bad.code == 400 {
		s.refuse(method, bad)
	}
	return result, bad
}

func (s *Server) refuse(method string, bad *refused) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(method, bad.code, bad.text)
}

func (s *Server) act(ctx context.Context, method string, p params) (any, *refused) {
	switch method {
	case "getUpdates":
		return s.getUpdates(ctx, p)
	case "setWebhook":
		return s.setWebhook(p)
	case "deleteWebhook":
		return s.deleteWebhook(p)
	case "getWebhookInfo":
		return s.getWebhookInfo(p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	switch method {
	case "getMe":
		return s.me(), nil
	case "getChat":
		return s.getChat(p)
	case "getChatMember":
		return s.getChatMember(p)
	case "sendMessage":
		return s.sendMessage(p)
	case "sendPhoto", "sendVoice", "sendAudio", "sendVideo", "sendDocument":
		return s.sendFile(strings.ToLower(strings.TrimPrefix(method, "send")), p)
	case "editMessageText", "editMessageCaption":
		return s.editMessage(p, method == "editMessageCaption")
	case "deleteMessage":
		return s.deleteMessage(p)
	case "answerCallbackQuery":
		return s.answerCallbackQuery(p)
	case "setMessageReaction":
		return s.setMessageReaction(p)
	}
	return s.menu(method, p)
}

func (s *Server) me() object {
	return object{
		"id": s.BotID, "is_bot": true, "first_name": "Aftercare", "username": s.Username,
		"can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
	}
}

// visible finds a chat that the bot is in, whether or not it may write there.
func (s *Server) visible(id string) (*Chat, *refused) {
	c, bad := s.writable(id)
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && s.chats[n] != nil {
		if there := s.chats[n]; there.refuses == nil && !there.kicked && (there.muted || there.silent) {
			return there, nil
		}
	}
	return c, bad
}

func (s *Server) getChat(p params) (any, *refused) {
	c, bad := s.visible(p["chat_id"])
	if bad != nil {
		return nil, bad
	}
	out := object{"id": c.ID, "type": c.kind, "title": c.Title, "accent_color_id": 0, "max_reaction_count": 11}
	if c.kind != "private" {
		out["permissions"] = object{"can_send_messages": !c.silent}
	}
	return out, nil
}

// getChatMember knows the bot's own standing alone.
func (s *Server) getChatMember(p params) (any, *refused) {
	c, bad := s.visible(p["chat_id"])
	switch {
	case bad != nil:
		return nil, bad
	case p["user_id"] != strconv.FormatInt(s.BotID, 10):
		return nil, badRequest("user not found")
	case c.muted:
		return s.standing("restricted"), nil
	case c.botAdmin:
		return s.standing("administrator"), nil
	}
	return s.standing("member"), nil
}

// readParams takes a form, a multipart form, JSON or a query.
func readParams(r *http.Request) (params, error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var fields map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			return nil, err
		}
		return fromJSON(fields), nil
	}
	if err := r.ParseMultipartForm(4 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, err
	}
	p := params{}
	for name, values := range r.Form {
		p[name] = values[0]
	}
	return p, nil
}

func answer(w http.ResponseWriter, result any, bad *refused) {
	if bad != nil && bad.gone {
		return
	}
	body, status := object{"ok": true, "result": result}, http.StatusOK
	if bad != nil {
		status = bad.code
		body = object{"ok": false, "error_code": bad.code, "description": bad.text}
		extra := object{}
		if bad.retryAfter > 0 {
			extra["retry_after"] = bad.retryAfter
			w.Header().Set("Retry-After", strconv.Itoa(bad.retryAfter))
		}
		if bad.migrateTo != 0 {
			extra["migrate_to_chat_id"] = bad.migrateTo
		}
		if len(extra) > 0 {
			body["parameters"] = extra
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(mustJSON(body))
}

// Command is one entry of a menu.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

func (s *Server) menu(method string, p params) (any, *refused) {
	scope := struct {
		Type string `json:"type"`
	}{Type: "default"}
	if text := p["scope"]; text != "" && strict([]byte(text), &scope) != nil {
		return nil, badRequest("can't parse BotCommandScope")
	}
	if !slices.Contains([]string{"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}, scope.Type) {
		return nil, badRequest("unsupported scope type " + scope.Type)
	}
	if n := len(p["language_code"]); n != 0 && n != 2 {
		return nil, badRequest("invalid language code specified")
	}
	key := scope.Type + "/" + p["language_code"]
	switch method {
	case "getMyCommands":
		return append([]Command{}, s.commands[key]...), nil
	case "deleteMyCommands":
		delete(s.commands, key)
		return true, nil
	}
	var list []Command
	if strict([]byte(p["commands"]), &list) != nil || len(list) > 100 {
		return nil, badRequest("can't parse commands")
	}
	for _, c := range list {
		if !commandForm(c.Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := units(c.Description); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	s.commands[key] = list
	return true, nil
}

func commandForm(name string) bool {
	return len(name) >= 1 && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// strict decodes JSON that may have no unknown keys.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

// answerTime is how long after a tap Telegram still shows what a bot answers.
const answerTime = 15 * time.Second

func (s *Server) answerCallbackQuery(p params) (any, *refused) {
	if units(p["text"]) > 200 {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	tap := s.taps[p["callback_query_id"]]
	if tap == nil || tap.answered || s.now().Sub(tap.at) > answerTime {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	tap.answered, tap.answer = true, Shown{Text: p["text"], Alert: p["show_alert"] == "true"}
	return true, nil
}
