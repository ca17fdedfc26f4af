package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/aftercare/aftercare/invitation/inbound"
	"github.com/aftercare/aftercare/storage"
)

// InboundPath is where other systems call us in their own form, below PUBLIC_URL.
const InboundPath = "/hooks/in/"

// Systems know the systems that call us in their own form.
type Systems interface {
	// System is how one is heard, and what it signs with. storage.ErrNotFound: there is none of
	// this name, or its calls are not let in.
	System(ctx context.Context, name string) (inbound.Source, []inbound.Secret, error)
	// Seal is what is kept of a call.
	Seal(name string, c Sent) string
}

// Sent is what a system sent, without what it shows itself with.
type Sent struct {
	Head map[string]string `json:"head"`
	Body string            `json:"body"`
}

// Heard is what a call is answered.
type Heard struct {
	Result   string `json:"result"`
	Replayed bool   `json:"replayed,omitempty"` // the same call was made before
}

// The results of calls, beside those of events.
const (
	heardIgnored = "ignored"
	heardRefused = "refused"
)

var systemName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_-]{1,40}$`) })

// IsSystemName reports whether a system can be called so: its events have it as their source.
func IsSystemName(name string) bool { return systemName().MatchString(name) }

// hear takes one call of another system.
func (s *api) hear(w http.ResponseWriter, r *http.Request) {
	heard, err := s.heard(w, r, r.PathValue("name"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(heard)
}

func (s *api) heard(w http.ResponseWriter, r *http.Request, name string) (Heard, error) {
	now, unknown := s.Clock().UTC(), problemf(notFound, "No system of this name is heard here.")
	if s.Systems == nil || !systemName().MatchString(name) {
		return Heard{}, unknown
	}
	source, secrets, err := s.Systems.System(r.Context(), name)
	if errors.Is(err, storage.ErrNotFound) {
		return Heard{}, unknown
	}
	if err != nil {
		return Heard{}, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, inbound.MostBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return Heard{}, problemf(tooLarge, "A call has at most %d MiB.", inbound.MostBody>>20)
	case err != nil:
		return Heard{}, problemf(invalid, "The body ended too early.")
	}
	message, err := source.Sign.Verify(secrets, r.Header, body, now)
	if err != nil {
		return Heard{}, problemf(unauthenticated, "%s.", upper(err.Error()))
	}
	if err := s.paces.request(w.Header(), "system "+name, now); err != nil {
		return Heard{}, err
	}
	before, err := s.Store.Inbound(r.Context(), name, message)
	switch {
	case err == nil && before.Result != heardRefused:
		return Heard{before.Result, true}, nil
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		return Heard{}, err
	}
	result, faults, keep, err := s.tellOf(r.Context(), name, source.Read(r.Header, body))
	if err != nil {
		return Heard{}, err
	}
	c := storage.InboundCall{Source: name, Message: message, At: now, Status: http.StatusOK, Result: result}
	if len(faults) > 0 {
		c.Status = http.StatusUnprocessableEntity
	}
	if keep {
		c.Body = s.Systems.Seal(name, Sent{kept(r.Header, source.Sign), string(body)})
	}
	if err := s.Store.PutInbound(r.Context(), c); err != nil {
		return Heard{}, err
	}
	if len(faults) > 0 {
		return Heard{}, mistakes(faults...)
	}
	return Heard{Result: result}, nil
}

// tellOf tells of the event that a call makes. keep is false where it tells of somebody who was
// erased.
func (s *api) tellOf(ctx context.Context, name string, read inbound.Read) (result string, faults []fault, keep bool, err error) {
	switch {
	case read.Ignored:
		return heardIgnored, nil, true, nil
	case len(read.Faults) > 0:
		return heardRefused, faultsOf(read.Faults), true, nil
	}
	out, named, err := s.tellRead(ctx, name, read.Event, false)
	if err != nil {
		return "", nil, false, err
	}
	if out.Result == Refused {
		for _, f := range out.Faults {
			faults = append(faults, fault{"#" + f.Pointer, f.Code, f.Detail})
		}
		return heardRefused, faults, true, nil
	}
	result = map[Result]string{Created: "stored", Same: "known", Changed: "changed", Older: "older"}[out.Result]
	return result, nil, !named || out.Event.Customer != nil, nil
}

// tellRead tells of one event of a system; named says that it has a customer.
func (s *api) tellRead(ctx context.Context, name string, event []byte, dry bool) (out Outcome, named bool, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(event, &members); err != nil {
		return out, false, err
	}
	members["source"], _ = json.Marshal(name) // a name always can be
	_, named = members["customer"]
	told, err := json.Marshal(members)
	if err != nil {
		return out, named, err
	}
	all, err := (&Door{s}).Tell(ctx, []json.RawMessage{told}, dry)
	if err != nil {
		return out, named, err
	}
	return all[0], named, nil
}

// faultsOf are the mistakes of a call, at the members of our event that they are about.
func faultsOf(list []inbound.Fault) (all []fault) {
	for _, f := range list {
		at := "#/" + strings.ReplaceAll(f.Of, ".", "/")
		if f.Of == "body" {
			at = "#"
		}
		all = append(all, fault{at, f.Code, upper(f.Detail)})
	}
	return all
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// mostHead is how much of a call's headers is kept.
const mostHead = 8 << 10

// kept are the headers of a call without what the system shows itself with.
func kept(head http.Header, sign inbound.Sign) map[string]string {
	out, size := map[string]string{}, 0
	for name := range head {
		switch strings.ToLower(name) {
		case "authorization", "cookie", "proxy-authorization", "webhook-signature", strings.ToLower(sign.Header):
			continue
		}
		if size += len(name) + len(head.Get(name)); size > mostHead {
			break
		}
		out[name] = head.Get(name)
	}
	return out
}

// Would says what a call would become by a mapping, without storing anything.
func (d *Door) Would(ctx context.Context, name string, source inbound.Source, c Sent) (Outcome, string, error) {
	head := http.Header{}
	for k, v := range c.Head {
		head.Set(k, v)
	}
	read := source.Read(head, []byte(c.Body))
	if read.Ignored {
		return Outcome{}, heardIgnored, nil
	}
	if len(read.Faults) > 0 {
		out := Outcome{Result: Refused}
		for _, f := range faultsOf(read.Faults) {
			out.Faults = append(out.Faults, Fault{strings.TrimPrefix(f.Pointer, "#"), f.Code, f.Detail})
		}
		return out, string(Refused), nil
	}
	out, _, err := d.api.tellRead(ctx, name, read.Event, true)
	return out, string(out.Result), err
}
