package storage

import (
	"context"
	"time"
)

// Serving reads the services that systems told of for reports, with what became of each.
type Serving interface {
	// Served returns the services that ended between two moments, tests left out, up to a limit: more reports
	// that there is more, and then no figure may be made of it. Those of a customer stand side by side.
	Served(ctx context.Context, f ServedFilter) (list []ServedEvent, more bool, err error)
	// ServedAfter returns the services of known customers of one bucket behind a place, the zero place begins, in the
	// order of places, whatever became of them and tests left out, at most f.Limit; what was asked about them is not
	// looked at. It is for whoever has time.
	ServedAfter(ctx context.Context, b Bucket, after ServedPlace, f ServedFilter) ([]ServedEvent, error)
	// ServedOn returns services with what became of them, tests left out, of one bucket behind a place, the zero place
	// begins, in the order of places, then of the buckets behind it, at most f.Limit; fewer are the last. The bucket
	// and the place of the last say where to go on. f.Service and f.Staff are not looked at.
	ServedOn(ctx context.Context, b Bucket, after ServedPlace, f ServedFilter) ([]ServedEvent, error)
	// Visits returns when and where customers were served, by their keys, the earliest first; tests are left out.
	Visits(ctx context.Context, customers []string) (map[string][]Visit, error)
	// ServedKeys returns the keys of customers who were served, with a bucket in which a service of theirs lies: of
	// this bucket in an order of the engine's own behind one of them, "" begins, then of the buckets behind it, at
	// most limit. Services of a customer lie in many buckets, and so does their key.
	ServedKeys(ctx context.Context, b Bucket, after string, limit int) ([]ServedKey, error)
	// NamedAnswers returns the answered conversations with a level of customers, by their keys, in no order: of those
	// surveys alone that say how satisfied customers are, tests and what staff know by a pseudonym left out.
	NamedAnswers(ctx context.Context, customers []string) (map[string][]NamedAnswer, error)
	// NamedSessions returns, of these conversations, those that NamedAnswers would, with whose they are, by their ids.
	NamedSessions(ctx context.Context, sessions []string) (map[string]NamedSession, error)
	// CustomersOf returns what is known of customers by their keys; of whom nothing is known is not among them.
	CustomersOf(ctx context.Context, keys []string) (map[string]Customer, error)
	// Mystery returns what mystery guests gave, as Given does of customers.
	Mystery(ctx context.Context, f FigureFilter) (list []GivenSession, more bool, err error)
}

// Visit is when and where a customer was served.
type Visit struct {
	At     time.Time
	Site   string
	Bucket Bucket // in which the service lies
}

// ServedKey is the key of a customer, and a bucket in which a service of theirs lies.
type ServedKey struct {
	Bucket   Bucket
	Customer string
}

// NamedAnswer is a conversation of somebody whom staff know.
type NamedAnswer struct {
	Session string
	Bucket  Bucket
	Day     string
	Site    string
	Flow    string
	Level   int
}

// NamedSession is a conversation and whose it is.
type NamedSession struct {
	NamedAnswer
	Customer string // the key that it has or else, by now, the account of who answered; "" = none
	Identity string // the id of that account
	Person   Person // whose account it is
	Name     string // as the platform last said; may be ""
}

// ServedFilter says of which services. Every condition that is given must hold.
type ServedFilter struct {
	Sites    []string  // these, no others
	From, To time.Time // To itself does not count
	Service  string    // "" = any, as below
	Staff    string
	// Of which answers the level is; others count as none.
	Flow, Language, Channel string
	Limit                   int
}

// ServedPlace is where a service stands among others of its bucket: by its moment, then by its name.
type ServedPlace struct {
	At   time.Time
	Name string
}

// Place is where the service stands.
func (e *ServedEvent) Place() ServedPlace { return ServedPlace{e.At(), e.Name()} }

// ServedEvent is a service; but for ServedAfter it is done.
type ServedEvent struct {
	Event           // without its customer
	Customer string // the key, "" = it only counts
	Asked    bool   // somebody was asked about it
	Answered bool   // and answered, at this level
	Level    int
}
