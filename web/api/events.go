package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
)

// eventRoutes are about the services that other systems tell of.
var eventRoutes = []route{
	{http.MethodPost, "/events", access.WriteEvents, (*api).postEvents},
	{http.MethodPut, "/events/{source}/{id}", access.WriteEvents, (*api).putEvent},
	{http.MethodPatch, "/events/{source}/{id}", access.WriteEvents, (*api).patchEvent},
	{http.MethodPost, "/events/{source}/{id}/cancel", access.WriteEvents, (*api).cancelEvent},
	{http.MethodGet, "/events/{source}/{id}", access.WriteEvents, (*api).getEvent},
	{http.MethodDelete, "/events/{source}/{id}", access.WriteEvents, (*api).deleteEvent},
}

// told is what became of one event.
type told struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	Result string `json:"result"`
	asking.Answer
}

// comes says what comes of events that were told, by their names.
func (s *api) comes(q *request, of []string) (map[string]asking.Answer, error) {
	if s.Asking == nil || len(of) == 0 {
		return nil, nil //nolint:nilnil // an empty map is read as this
	}
	return s.Asking.Told(q.Context(), of)
}

// reader reads for a token.
func (s *api) reader(q *request) (*reader, error) {
	all, err := s.Store.Sites(q.Context())
	if err != nil {
		return nil, err
	}
	r := &reader{now: q.now, sites: map[string]storage.Site{}, some: len(q.token.Sites) > 0}
	for _, x := range storage.Present(all) {
		if q.token.At(x.ID) {
			r.sites[x.ID] = x
		}
	}
	r.asks = sync.OnceValue(func() []string {
		all, err := bot.Offers{Bot: s.Bot}.Classes(q.Context())
		if err != nil {
			s.Log.Error("api: cannot read which surveys there are", "err", err)
		}
		return slices.Sorted(maps.Keys(all))
	})
	if len(q.token.Sites) == 1 {
		r.only = q.token.Sites[0]
	}
	return r, nil
}

// postEvents stores one event or many.
func (s *api) postEvents(q *request) (answer, error) {
	r, err := s.reader(q)
	if err != nil {
		return answer{}, err
	}
	single, sent := true, []value{q.body}
	if m, ok := q.body.members["events"]; ok {
		single = false
		r.object(q.body, "events")
		switch {
		case m.kind != list:
			r.fault(m.at, "type", "This is %s; a list is meant.", m.kind)
		case len(m.items) > maxEvents:
			return answer{}, problemf(tooLarge, "One call takes at most %d events; these are %d.", maxEvents, len(m.items))
		}
		sent = m.items
	}
	partial := q.URL.Query().Get("partial") == "true"
	if len(sent) > 0 {
		if err := s.paces.events(q.head, q.token.ID, len(sent), q.now); err != nil {
			return answer{}, err
		}
	}
	wrong := len(r.faults)
	var all []storage.Event
	var of []int                 // of sent
	refused := map[int][]fault{} // by the place in sent
	for i, v := range sent {
		before := len(r.faults)
		e := r.event(v)
		if more := r.faults[before:]; len(more) > 0 {
			refused[i] = slices.Clone(more)
			if partial {
				r.faults = r.faults[:before]
			}
			continue
		}
		all, of = append(all, e), append(of, i)
	}
	if wrong > 0 || len(refused) > 0 && (!partial || single) {
		return answer{}, mistakes(r.faults...)
	}
	gone, err := s.erased(q.Context(), customersOf(all)...)
	if err != nil {
		return answer{}, err
	}
	unnamed := make([]bool, len(all))
	for j := range all {
		unnamed[j] = nameless(&all[j], gone)
	}
	outcomes, err := s.Store.PutEvents(q.Context(), all, q.now, partial)
	if err != nil {
		return answer{}, err
	}
	var names []string
	for j, o := range outcomes {
		if o.Conflict == nil {
			names = append(names, all[j].Name())
		}
	}
	comes, err := s.comes(q, names)
	if err != nil {
		return answer{}, err
	}
	results := make([]any, len(sent))
	for i, f := range refused {
		results[i] = map[string]any{"result": "refused", "errors": f}
	}
	for j, o := range outcomes {
		i := of[j]
		t := told{all[j].Source, all[j].ID, "known", comes[all[j].Name()]}
		if unnamed[j] {
			t.Answer = erasedHere
		}
		switch {
		case o.Conflict != nil && !q.token.At(o.Conflict.Site):
			return answer{}, problemf(notFound, "The event %s %s is another site's.", all[j].Source, all[j].ID)
		case o.Conflict != nil && !partial:
			return answer{}, contradicts(sent[i].at, o.Conflict, &all[j])
		case o.Conflict != nil:
			results[i] = map[string]any{"source": t.Source, "id": t.ID, "result": "conflict", "differs": differs(o.Conflict, &all[j])}
			continue
		case o.Stored:
			t.Result = "stored"
		}
		results[i] = t
	}
	if !single {
		return answer{status: http.StatusOK, body: map[string]any{"items": results}}, nil
	}
	status := http.StatusOK
	if outcomes[0].Stored {
		status = http.StatusCreated
	}
	return answer{status: status, body: results[0]}, nil
}

// contradicts is the problem of an event that was told before in another way.
func contradicts(at string, stored, sent *storage.Event) *problem {
	p := problemf(conflict, "The event %s %s is stored with another content. Nothing was changed. To change it on purpose, PUT it.", sent.Source, sent.ID)
	p.more = map[string]any{"pointer": at, "stored": stored, "sent": sent, "differs": differs(stored, sent)}
	return p
}

// differs are the members in which two events differ.
func differs(a, b *storage.Event) []string {
	members := func(e *storage.Event) (m map[string]any) {
		data, _ := json.Marshal(e)
		_ = json.Unmarshal(data, &m)
		return m
	}
	x, y := members(a), members(b)
	var names []string
	for _, name := range eventMembers {
		if !reflect.DeepEqual(x[name], y[name]) {
			names = append(names, name)
		}
	}
	return names
}

// eventView is an event as it is stored.
type eventView struct {
	Event    storage.Event `json:"event"`
	Received time.Time     `json:"received"`
	Changed  time.Time     `json:"changed"`
	asking.Answer
	Asked []askView `json:"asked,omitempty"`
}

// askView is what became of one ask of an event, with everything that was decided about it.
type askView struct {
	*asking.Offer
	Sent      time.Time      `json:"sent,omitzero"`
	Session   string         `json:"session,omitempty"`
	Decisions []decisionView `json:"decisions"`
}

type decisionView struct {
	At       time.Time         `json:"at"`
	Decision string            `json:"decision"`
	Reason   string            `json:"reason,omitempty"`
	Rule     string            `json:"rule"`
	Evidence map[string]string `json:"evidence,omitempty"`
	Words    string            `json:"words,omitempty"`
	Policy   int               `json:"policy"`
}

func (s *api) viewOfAsk(f *storage.AskFile) askView {
	x := &f.Ask
	v := askView{
		Offer: &asking.Offer{ID: x.ID, Trigger: x.Trigger, Flow: x.Flow, State: x.State, Due: x.Due}, Sent: x.Sent, Session: x.Session,
		Decisions: []decisionView{},
	}
	for _, d := range f.Decisions {
		made := decisionView{At: d.At, Decision: d.State, Reason: d.Reason, Rule: d.Rule, Evidence: d.Evidence, Policy: d.Policy}
		if d.Reason != "" {
			made.Words = asking.Decision(d).Words(s.Asking.Zone(x.Site))
		}
		v.Decisions = append(v.Decisions, made)
	}
	return v
}

// viewOfEvent is an event with what comes of it.
func (s *api) viewOfEvent(q *request, e storage.StoredEvent) (eventView, error) {
	v := eventView{Event: e.Event, Received: e.Received, Changed: e.Changed}
	if s.Asking == nil {
		return v, nil
	}
	answer, files, err := s.Asking.OfEvent(q.Context(), e)
	if err != nil {
		return v, err
	}
	v.Answer = answer
	for i := range files {
		v.Asked = append(v.Asked, s.viewOfAsk(&files[i]))
	}
	return v, nil
}

var noEvent = problemf(notFound, "There is no such event.")

// orNoEvent is the error of an event that was looked for.
func orNoEvent(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return noEvent
	}
	return err
}

func (s *api) getEvent(q *request) (answer, error) {
	e, err := s.Store.Event(q.Context(), q.PathValue("source"), q.PathValue("id"))
	if err != nil {
		return answer{}, orNoEvent(err)
	}
	if !q.token.At(e.Site) {
		return answer{}, noEvent
	}
	v, err := s.viewOfEvent(q, e)
	return answer{status: http.StatusOK, body: v}, err
}

// putEvent stores an event whatever was told of it before.
func (s *api) putEvent(q *request) (answer, error) {
	r, err := s.reader(q)
	if err != nil {
		return answer{}, err
	}
	for name, is := range map[string]string{"source": q.PathValue("source"), "id": q.PathValue("id")} {
		if m, ok := q.body.members[name]; !ok && q.body.kind == object {
			q.body.members = withMember(q.body.members, name, value{at: below("#", name), kind: text, text: is})
		} else if ok && m.text != is {
			r.fault(m.at, "other", "The address says %q.", is)
		}
	}
	e := r.event(q.body)
	if len(r.faults) > 0 {
		return answer{}, mistakes(r.faults...)
	}
	gone, err := s.erased(q.Context(), customersOf([]storage.Event{e})...)
	if err != nil {
		return answer{}, err
	}
	nameless(&e, gone)
	return s.change(q, func(was *storage.Event) (*storage.Event, error) {
		if was != nil && late(was, &e) {
			return was, nil
		}
		return &e, nil
	})
}

func withMember(m map[string]value, name string, v value) map[string]value {
	if m == nil {
		m = map[string]value{}
	}
	m[name] = v
	return m
}

// late reports whether what is told of an event is older than what is known: by the source's
// own time, else what comes before its end never undoes that it was done.
func late(was, now *storage.Event) bool {
	if !was.Updated.IsZero() && !now.Updated.IsZero() {
		return now.Updated.Before(was.Updated)
	}
	over := was.State == storage.EventDone || was.State == storage.EventCancelled
	return over && (now.State == storage.EventBooked || now.State == storage.EventStarted)
}

// change stores what f makes of an event, at a site of the token.
func (s *api) change(q *request, f func(was *storage.Event) (*storage.Event, error)) (answer, error) {
	status := http.StatusOK
	e, err := s.Store.ChangeEvent(q.Context(), q.PathValue("source"), q.PathValue("id"), q.now, func(was *storage.Event) (*storage.Event, error) {
		if was != nil && !q.token.At(was.Site) {
			return nil, noEvent
		}
		if status = http.StatusOK; was == nil {
			status = http.StatusCreated
		}
		return f(was)
	})
	if err != nil {
		return answer{}, orNoEvent(err)
	}
	if _, err := s.comes(q, []string{e.Name()}); err != nil {
		return answer{}, err
	}
	v, err := s.viewOfEvent(q, e)
	return answer{status: status, body: v}, err
}

// patchEvent changes some members: JSON Merge Patch.
func (s *api) patchEvent(q *request) (answer, error) {
	r, err := s.reader(q)
	if err != nil {
		return answer{}, err
	}
	if q.body.kind != object {
		return answer{}, mistakes(fault{"#", "type", fmt.Sprintf("This is %s; an object is meant.", q.body.kind)})
	}
	gone, err := s.erased(q.Context(), q.body.members["customer"].members["id"].text)
	if err != nil {
		return answer{}, err
	}
	return s.change(q, func(was *storage.Event) (*storage.Event, error) {
		if was == nil {
			return nil, noEvent
		}
		data, _ := json.Marshal(was)
		old, f := parse(data)
		if f != nil {
			return nil, fmt.Errorf("read a stored event: %s", f.Detail)
		}
		r.faults = nil
		e := r.event(merge(old, q.body))
		if len(r.faults) > 0 {
			return nil, mistakes(r.faults...)
		}
		if e.Name() != was.Name() {
			return nil, mistakes(fault{"#/id", "other", "Source and id name an event for ever: tell another one."})
		}
		nameless(&e, gone)
		return &e, nil
	})
}

// merge is what a JSON Merge Patch (RFC 7396) makes of a value.
func merge(old, patch value) value {
	if patch.kind != object {
		return patch
	}
	out := value{at: patch.at, kind: object, members: map[string]value{}}
	if old.kind == object {
		for _, name := range old.names {
			out.members[name] = old.members[name]
			out.names = append(out.names, name)
		}
	}
	for _, name := range patch.names {
		was, known := out.members[name]
		if patch.members[name].kind == null {
			delete(out.members, name)
			out.names = slices.DeleteFunc(out.names, func(n string) bool { return n == name })
			continue
		}
		out.members[name] = merge(was, patch.members[name])
		if !known {
			out.names = append(out.names, name)
		}
	}
	return out
}

func (s *api) cancelEvent(q *request) (answer, error) {
	r := &reader{now: q.now}
	why := ""
	if r.object(q.body, "reason") {
		why = r.words(q.body, "reason", maxWords)
	}
	if len(r.faults) > 0 {
		return answer{}, mistakes(r.faults...)
	}
	return s.change(q, func(was *storage.Event) (*storage.Event, error) {
		if was == nil {
			return nil, noEvent
		}
		e := *was
		e.State, e.Reason = storage.EventCancelled, why
		return &e, nil
	})
}

// deleteEvent removes an event that nobody was asked about.
func (s *api) deleteEvent(q *request) (answer, error) {
	if e, err := s.Store.Event(q.Context(), q.PathValue("source"), q.PathValue("id")); err == nil && e.Customer != nil && q.token.At(e.Site) {
		asks, err := s.Store.AsksAfter(q.Context(), e.Customer.ID, e.Name())
		if err != nil {
			return answer{}, err
		}
		for _, x := range asks {
			if !x.Sent.IsZero() {
				return answer{}, problemf(conflict, "The customer was asked about it. Cancel it instead.")
			}
		}
	}
	_, err := s.change(q, func(was *storage.Event) (*storage.Event, error) {
		if was == nil {
			return nil, noEvent
		}
		return nil, nil
	})
	return answer{status: http.StatusNoContent, raw: []byte{}, media: "application/json"}, err
}
