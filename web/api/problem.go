package api

import (
	"fmt"
	"net/http"
	"time"
)

// code says what kind of problem it is. The set is closed; each has a page at /problems/.
type code string

// The codes.
const (
	unauthenticated code = "unauthenticated"
	forbidden       code = "forbidden"
	notFound        code = "not_found"
	wrongMethod     code = "method"
	notAcceptable   code = "not_acceptable"
	conflict        code = "conflict"
	inProgress      code = "in_progress"
	keyReused       code = "key_reused"
	tooLarge        code = "too_large"
	unsupported     code = "unsupported"
	invalid         code = "invalid"
	tooMany         code = "too_many"
	failed          code = "failed"
	unavailable     code = "unavailable"
)

// codes is everything that is said of each.
var codes = []struct {
	code   code
	status int
	title  string
	help   string
}{
	{unauthenticated, http.StatusUnauthorized, "The token is missing or not good.", "Send Authorization: Bearer with a token that was made under Settings, Tokens, or by aftercare token create. It may have run out or been ended. A token in the address is never accepted: addresses are kept in logs."},
	{forbidden, http.StatusForbidden, "The token may not do this.", "A token does what its scopes name, at the sites that it names. Make another one with the scope that the detail names."},
	{notFound, http.StatusNotFound, "There is no such thing.", "It does not exist, or it belongs to a site that the token is not for."},
	{wrongMethod, http.StatusMethodNotAllowed, "This address has no such method.", "The header Allow says which it has."},
	{notAcceptable, http.StatusNotAcceptable, "It is not written in that format.", "The detail names the formats that there are. Ask for one in the header Accept, or by format in the address."},
	{conflict, http.StatusConflict, "It contradicts what is stored.", "Nothing was changed. The problem shows what is stored and what was sent."},
	{inProgress, http.StatusConflict, "It is being answered now.", "The same request, with the same Idempotency-Key, came a moment ago. Send it again after as many seconds as Retry-After says: it is answered once."},
	{keyReused, http.StatusUnprocessableEntity, "The key belongs to another request.", "An Idempotency-Key stands for one request for a day. Nothing was done. Send another request with another key."},
	{tooLarge, http.StatusRequestEntityTooLarge, "That is too much at once.", "Send it in several requests. The detail says the limit."},
	{unsupported, http.StatusUnsupportedMediaType, "The body is in another format.", "Send JSON in UTF-8 with Content-Type: application/json."},
	{invalid, http.StatusUnprocessableEntity, "The request has mistakes.", "Nothing was stored. Each entry of errors has the place (a JSON Pointer), a code that stays the same, and what to do."},
	{tooMany, http.StatusTooManyRequests, "Too many requests.", "Wait as many seconds as Retry-After says. RateLimit says what is left."},
	{failed, http.StatusInternalServerError, "Something went wrong here.", "The log of the server has the request_id. Sending the same again is safe."},
	{unavailable, http.StatusServiceUnavailable, "Not available now.", "Send the same again after as many seconds as Retry-After says. It is safe."},
}

func (c code) status() int {
	for _, x := range codes {
		if x.code == c {
			return x.status
		}
	}
	return http.StatusInternalServerError
}

// fault is one mistake in a request, at its place.
type fault struct {
	Pointer string `json:"pointer"` // JSON Pointer as a fragment: "#/events/3/site"
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// problem is an error that whoever sent the request is told.
type problem struct {
	code   code
	detail string
	faults []fault
	more   map[string]any // further members
	wait   time.Duration  // before it may be sent again
}

func (p *problem) Error() string { return string(p.code) + ": " + p.detail }

func problemf(c code, format string, args ...any) *problem {
	return &problem{code: c, detail: fmt.Sprintf(format, args...)}
}

// mistakes is the problem of a request that has these.
func mistakes(all ...fault) *problem {
	return &problem{code: invalid, detail: "Nothing was stored.", faults: all}
}

func (p *problem) body() map[string]any {
	out := map[string]any{"status": p.code.status(), "detail": p.detail, "code": string(p.code)}
	for _, x := range codes {
		if x.code == p.code {
			out["title"] = x.title
		}
	}
	if n := len(p.faults); n > 0 {
		out["errors"] = p.faults
		if out["title"] = "The request has 1 mistake."; n > 1 {
			out["title"] = fmt.Sprintf("The request has %d mistakes.", n)
		}
	}
	for k, v := range p.more {
		out[k] = v
	}
	return out
}

// showProblem is the page that a problem's type leads to.
func showProblem(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, x := range codes {
		if string(x.code) == r.PathValue("code") {
			_, _ = fmt.Fprintf(w, "%s (%d %s)\n\n%s\n", x.title, x.status, x.code, x.help)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
	_, _ = fmt.Fprintln(w, "There is no such problem.")
}
