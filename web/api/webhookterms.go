package api

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// terms reads what an endpoint is called and told. What a request leaves out stays as it is.
func (s *api) terms(q *request, r *reader, h *storage.Hook) error {
	v, was := q.body, *h
	if _, ok := v.members["name"]; ok {
		if h.Name = strings.TrimSpace(r.words(v, "name", maxWebhookName)); h.Name == "" && len(r.faults) == 0 {
			r.fault(v.members["name"].at, "missing", "It is empty.")
		}
	}
	texts := func(name string, each func(at, word string)) {
		m, ok := v.members[name]
		if !ok {
			return
		}
		if m.kind != list {
			r.fault(m.at, "type", "This is %s; a list is meant.", m.kind)
			return
		}
		for _, x := range m.items {
			if x.kind != text {
				r.fault(x.at, "type", "This is %s; a string is meant.", x.kind)
				continue
			}
			each(x.at, x.text)
		}
	}
	if _, ok := v.members["events"]; ok {
		h.News = nil
	}
	var names []string
	for _, n := range storage.AllNews() {
		names = append(names, string(n))
	}
	texts("events", func(at, word string) {
		if !storage.News(word).Known() {
			r.fault(at, "unknown_value", "%q is nothing that endpoints are told.%s", short(word), meant(word, names))
			return
		}
		if !slices.Contains(h.News, storage.News(word)) {
			h.News = append(h.News, storage.News(word))
		}
	})
	if len(h.News) == 0 && len(r.faults) == 0 {
		r.fault("#/events", "missing", "Say at least one thing that it is told: %s.", strings.Join(names, ", "))
	}
	sites, err := s.Store.Sites(q.Context())
	if err != nil {
		return err
	}
	var here []string
	for _, x := range storage.Present(sites) {
		if q.token.At(x.ID) {
			here = append(here, x.ID)
		}
	}
	if _, ok := v.members["sites"]; ok {
		h.Sites = nil
	}
	texts("sites", func(at, word string) {
		if !slices.Contains(here, word) {
			r.fault(at, "unknown_site", "There is no site %q.%s", short(word), meant(word, here))
			return
		}
		h.Sites = append(h.Sites, word)
	})
	if len(h.Sites) == 0 {
		h.Sites = slices.Clone(q.token.Sites) // never of more than the token is for
	}
	if err := s.included(q, r, h); err != nil {
		return err
	}
	if (h.Words || h.Names) && wider(&was, h) {
		return problemf(forbidden, "An owner allowed what customers wrote, or their names, for what this endpoint is told now, and for no more: send \"include\": [] with it, or have an owner widen it under Settings, Webhooks.")
	}
	return nil
}

// wider reports whether an endpoint is told of more than it was. One without sites is told of all.
func wider(was, now *storage.Hook) bool {
	for _, n := range now.News {
		if !slices.Contains(was.News, n) {
			return true
		}
	}
	if len(was.Sites) == 0 {
		return false
	}
	for _, site := range now.Sites {
		if !slices.Contains(was.Sites, site) {
			return true
		}
	}
	return len(now.Sites) == 0
}

// included reads what news hold of customers. A token takes that away, and never adds it: that is
// for an owner to allow.
func (s *api) included(q *request, r *reader, h *storage.Hook) error {
	m, ok := q.body.members["include"]
	if !ok {
		return nil
	}
	if m.kind != list {
		r.fault(m.at, "type", "This is %s; a list is meant.", m.kind)
		return nil
	}
	was := *h
	h.Words, h.Names = false, false
	for _, x := range m.items {
		switch {
		case x.text == "words" && was.Words:
			h.Words = true
		case x.text == "names" && was.Names:
			h.Names = true
		case x.text == "words" || x.text == "names":
			return problemf(forbidden, "What customers wrote, and their names, are sent only where an owner allows it: under Settings, Webhooks, or by aftercare webhook add.")
		default:
			r.fault(x.at, "unknown_value", "%q is none of words, names.%s", short(x.text), meant(x.text, []string{"words", "names"}))
		}
	}
	return nil
}
