package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
)

// meeting is a store in which somebody else does something between a reading of installations and what is
// written after it.
type meeting struct {
	storage.Store
	then func() // once; nil = nothing
}

func (m *meeting) Installations(ctx context.Context, p chat.Platform) ([]storage.Installation, error) {
	all, err := m.Store.Installations(ctx, p)
	if f := m.then; f != nil {
		m.then = nil
		f()
	}
	return all, err
}

// sameBase makes two of something that know the same database: what is done by the first meets what somebody
// does by the second.
func sameBase(t *testing.T) (first *meeting, second storage.Store, seal sealer) {
	t.Helper()
	s, store := keyed(t)
	keys, err := OpenKeys(t.Context(), s, store, Now)
	if err != nil {
		t.Fatal(err)
	}
	if seal, err = newSealer(keys.Secret); err != nil {
		t.Fatal(err)
	}
	return &meeting{Store: store}, store, seal
}

// deed is one thing that is done with the endpoint or the system of a test, and whether it stands.
type deed[D any] struct {
	does  func(t *testing.T, d D, said *string) error // said: the secret that somebody was shown
	stood func(now stands, said string) bool
}

// stands is how an endpoint or a system is kept.
type stands struct {
	there, off bool
	why        storage.HookOff
	secrets    []string
	file       string
}

// everyTwo runs each deed while another of them is done between what it reads and what it writes. What was
// done without an error stands, unless it was undone: what is removed is not there for the other.
func everyTwo[D any](t *testing.T, deeds map[string]deed[D], fresh func(*testing.T) (first, second D, meet func(func()), now func() stands)) {
	for one, a := range deeds {
		for two, b := range deeds {
			if one == two && one != "rotate" {
				continue
			}
			t.Run(one+" while somebody else does "+two, func(t *testing.T) {
				first, second, meet, now := fresh(t)
				var here, there string
				var other error
				meet(func() { other = b.does(t, second, &there) })
				err := a.does(t, first, &here)
				if other != nil {
					t.Fatalf("%s: %v", two, other)
				}
				if two == "remove" {
					if err != nil && !errors.Is(err, storage.ErrNotFound) {
						t.Errorf("%s: %v", one, err)
					}
				} else if err != nil || !a.stood(now(), here) {
					t.Errorf("%s was lost: %+v, %v", one, now(), err)
				}
				if one != "remove" && !b.stood(now(), there) {
					t.Errorf("%s was lost: %+v", two, now())
				}
			})
		}
	}
}

var (
	removed = func(s stands, _ string) bool { return !s.there }
	rotated = func(s stands, said string) bool { return s.there && slices.Contains(s.secrets, said) }
)

// What two do with one endpoint of another system at the same moment is both done.
func TestTwoWhoChangeAnEndpointAtOnceLoseNothing(t *testing.T) {
	type desk struct {
		*Endpoints
		gone func() // the endpoint answered 410
	}
	everyTwo(t, map[string]deed[desk]{
		"rotate": {func(t *testing.T, d desk, said *string) (err error) {
			*said, err = d.Rotate(t.Context(), "crm")
			return err
		}, rotated},
		"disable": {
			func(t *testing.T, d desk, _ *string) error { return d.Switch(t.Context(), "crm", false) },
			func(s stands, _ string) bool {
				return s.there && s.why == storage.HookByHand || s.why == storage.HookGone
			},
		},
		"disable by itself": {
			func(_ *testing.T, d desk, _ *string) error { d.gone(); return nil },
			func(s stands, _ string) bool { return s.off },
		},
		"remove": {func(t *testing.T, d desk, _ *string) error { return d.Remove(t.Context(), "crm") }, removed},
	}, func(t *testing.T) (_, _ desk, _ func(func()), _ func() stands) {
		met, store, seal := sameBase(t)
		with := func(s storage.Store) desk {
			h := &hookEndpoints{&host{store: s, clock: Now, log: slog.New(slog.DiscardHandler)}}
			return desk{&Endpoints{store: s, seal: seal, clock: Now}, func() { h.switchOff(t.Context(), "crm", storage.HookGone) }}
		}
		first, second := with(met), with(store)
		h := storage.Hook{ID: "crm", Name: "CRM", HookTerms: storage.HookTerms{News: storage.AllNews()}}
		if _, _, err := second.Add(t.Context(), h, "https://crm.example/in", false); err != nil {
			t.Fatal(err)
		}
		return first, second, func(f func()) { met.then = f }, func() (s stands) {
			all, err := store.Installations(t.Context(), chat.Hook)
			if err != nil || len(all) != 1 {
				t.Fatalf("%d endpoints, %v", len(all), err)
			}
			h, err := storage.HookOf(all[0])
			if err != nil {
				t.Fatal(err)
			}
			target, err := second.target(all[0])
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range target.Secrets {
				s.secrets = append(s.secrets, x.Value)
			}
			s.there, s.off, s.why = h.Off != storage.HookRemoved, h.Off != "", h.Off
			return s
		}
	})
}

const otherFile = "# another\n" + oneFile

const oneFile = `sign: {scheme: standard}
map:
  id: body.id
  state: {from: body.state, fulfilled: done}
  ended: body.at
  site: main
  customer.id: body.customer
`

// What two do with one system that calls us at the same moment is both done.
func TestTwoWhoChangeASystemAtOnceLoseNothing(t *testing.T) {
	everyTwo(t, map[string]deed[*Systems]{
		"rotate": {func(t *testing.T, d *Systems, said *string) (err error) {
			*said, err = d.Rotate(t.Context(), "shop", "")
			return err
		}, rotated},
		"disable": {
			func(t *testing.T, d *Systems, _ *string) error { return d.Switch(t.Context(), "shop", false) },
			func(s stands, _ string) bool { return s.there && s.off },
		},
		"save": {
			func(t *testing.T, d *Systems, _ *string) error { return d.Save(t.Context(), "shop", otherFile) },
			func(s stands, _ string) bool { return s.there && s.file == otherFile },
		},
		"remove": {func(t *testing.T, d *Systems, _ *string) error { return d.Remove(t.Context(), "shop") }, removed},
	}, func(t *testing.T) (_, _ *Systems, _ func(func()), _ func() stands) {
		met, store, seal := sameBase(t)
		first, second := &Systems{store: met, seal: seal, clock: Now}, &Systems{store: store, seal: seal, clock: Now}
		x := storage.InboundSource{Name: "shop", InboundTerms: storage.InboundTerms{File: oneFile}}
		if _, err := second.Add(t.Context(), x, ""); err != nil {
			t.Fatal(err)
		}
		return first, second, func(f func()) { met.then = f }, func() (s stands) {
			x, i, err := second.find(t.Context(), "shop")
			if errors.Is(err, storage.ErrNotFound) {
				return s
			}
			if err != nil {
				t.Fatal(err)
			}
			all, err := second.secrets(i)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range all {
				s.secrets = append(s.secrets, one.Value)
			}
			s.there, s.off, s.file = true, x.Off, x.File
			return s
		}
	})
}

// Of two who make a system of one name at the same moment, one is told that there is one: the secret that the
// other was shown goes on to be good.
func TestOfTwoWhoMakeASystemOfOneNameOneIsTold(t *testing.T) {
	met, store, seal := sameBase(t)
	first, second := &Systems{store: met, seal: seal, clock: Now}, &Systems{store: store, seal: seal, clock: Now}
	x := storage.InboundSource{Name: "shop", InboundTerms: storage.InboundTerms{File: oneFile}}
	var shown string
	met.then = func() {
		var err error
		if shown, err = second.Add(t.Context(), x, ""); err != nil {
			t.Error(err)
		}
	}
	if _, err := first.Add(t.Context(), x, ""); !errors.Is(err, admin.ErrSystemName) {
		t.Errorf("the second of one name: %v", err)
	}
	_, i, err := second.find(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	all, err := second.secrets(i)
	if text, _ := json.Marshal(all); err != nil || !strings.Contains(string(text), shown) {
		t.Errorf("the secret that the first was shown is lost: %v", err)
	}
}

// A system cannot have a name whose page is another one.
func TestNoSystemHasTheNameOfItsForm(t *testing.T) {
	_, store, seal := sameBase(t)
	x := storage.InboundSource{Name: "new", InboundTerms: storage.InboundTerms{File: oneFile}}
	if _, err := (&Systems{store: store, seal: seal, clock: Now}).Add(t.Context(), x, ""); !errors.Is(err, admin.ErrSystemName) {
		t.Errorf("a system called %q: %v", x.Name, err)
	}
}
