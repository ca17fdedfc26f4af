package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// belongs reports whether an invitation is one of those that a filter asks for. Those of the first releases have no
// class; they were customers'.
func belongs(i *askedBody, of storage.Of) bool {
	class := string(storage.CountedAs(i.Facts.Class, i.Flow, i.Facts))
	switch of {
	case storage.OfAnybody:
		return true
	case storage.OfCustomers:
		return class == "" || slices.Contains(storage.CustomerClasses, class)
	}
	return class == string(of)
}

// askedBody is what figures need of the body of an invitation.
type askedBody struct {
	ID, Flow, Case, Customer, Channel, Language, Session, ClaimedBy string

	Attributes         map[string]string
	Facts              recovery.Facts
	ClaimedAt, Created time.Time
	Test               bool
	Level              int
}

// fits reports whether an invitation is one that a filter asks for.
func (i *askedBody) fits(f *storage.FigureFilter) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return !i.Test && i.Case == "" && belongs(i, f.Of) && is(f.Flow, i.Flow) && is(f.Service, i.Attributes["service_name"]) &&
		is(f.Staff, i.Attributes["agent_name"]) && is(f.Language, i.Language) && is(f.Channel, i.Channel)
}

// askedOne is what is kept of an invitation, and where its conversation is; without a key it has none.
type askedOne struct {
	storage.AskedCustomer
	opened Place
}

// askedRows are the invitations that fit, and how many there were of each bucket.
type askedRows struct {
	fit  []askedOne
	seen map[storage.Bucket]int64
}

func (s *Store) addAsked(rows *askedRows, f *storage.FigureFilter, row scanner) error {
	var i askedBody
	var in storage.Bucket
	var site string
	var body sql.RawBytes
	if err := row.Scan(&in, &site, &body); err != nil {
		return err
	}
	if rows.seen == nil {
		rows.seen = map[storage.Bucket]int64{}
	}
	rows.seen[in]++
	if err := json.Unmarshal(body, &i); err != nil {
		return fmt.Errorf("decode invitation: %w", err)
	}
	if !i.fits(f) {
		return nil
	}
	one := askedOne{AskedCustomer: storage.AskedCustomer{
		Day: i.Created.UTC().Format(time.DateOnly), Site: site, Flow: i.Flow, Opened: !i.ClaimedAt.IsZero(), Customer: customer(i.Customer, "", i.ID),
	}}
	if i.Session != "" {
		one.opened = Place{s.openedIn(i.ClaimedBy, in), storage.Clean(i.Session)}
	} else {
		one.Answered, one.Level, one.Opened = i.Level > 0, i.Level, one.Opened || i.Level > 0
	}
	rows.fit = append(rows.fit, one)
	return nil
}

// Asked implements storage.Figuring. There are more where more fit than the limit, or a bucket has more of any kind.
func (s *Store) Asked(ctx context.Context, f storage.FigureFilter) ([]storage.AskedCustomer, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	var over atomic.Bool
	all, more, err := readEvery(s, f, brief(&f), func(buckets [][]any, most int64) (fit []askedOne, err error) {
		args := []any{s.dialect.Keys(texted(f.Sites)), micro(from), micro(to)}
		text := s.q.asked
		if flows := flowsOf(&f); flows != nil {
			text, args = s.q.askedOf, append(args, s.dialect.Keys(texted(flows)))
		}
		parts, err := gather(ctx, s, "invitations of figures", text, buckets, append(args, most), func(rows *askedRows, row scanner) error { return s.addAsked(rows, &f, row) })
		for _, part := range parts {
			fit = append(fit, part.fit...)
			for _, n := range part.seen {
				if n >= most {
					over.Store(true)
				}
			}
		}
		return fit, err
	})
	if err != nil {
		return nil, false, err
	}
	list, opened := make([]storage.AskedCustomer, len(all)), map[Place][]int{}
	for i := range all {
		if list[i] = all[i].AskedCustomer; all[i].opened.Key != "" {
			opened[all[i].opened] = append(opened[all[i].opened], i)
		}
	}
	return list, more || over.Load(), s.levelsAt(ctx, list, opened)
}

// flowsOf are the surveys of which invitations are read; nil = of any.
func flowsOf(f *storage.FigureFilter) []string {
	if f.Flow != "" {
		return []string{storage.Clean(f.Flow)}
	}
	return f.Flows
}

// openedIn is the bucket in which the conversation of an invitation stands: that of whoever opened the link. One that
// is nobody's any more knows its conversation only where that is in its own bucket.
func (s *Store) openedIn(by string, own storage.Bucket) storage.Bucket {
	if hash, ok := storage.IdentityHash(by); ok {
		return storage.BucketOf(hash, s.buckets)
	}
	return own
}

// levelsAt puts in the levels of the conversations that invitations led to, by where these stand.
func (s *Store) levelsAt(ctx context.Context, list []storage.AskedCustomer, opened map[Place][]int) error {
	for some := range slices.Chunk(slices.Collect(maps.Keys(opened)), 1000) {
		err := s.reading(ctx, func(db *sql.DB) error {
			return readAcross(ctx, db, s.dialect, s.q.levelsAt, some, func(row scanner) error {
				var at Place
				var level int
				err := row.Scan(&at.Bucket, &at.Key, &level)
				if err != nil {
					return err
				}
				for _, i := range opened[at] { // whoever answered opened it
					list[i].Opened, list[i].Answered, list[i].Level = true, true, level
				}
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("read levels of invitations: %w", err)
		}
	}
	return nil
}
