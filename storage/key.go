package storage

import (
	"context"
	"time"
)

// KeyRecord is what the database knows of the operator's SECRET_KEY: enough to tell it from
// another one.
type KeyRecord struct {
	Proof string // equal for equal keys; nothing follows from it
	// Naming is the key by which links, codes and ids are named, sealed with SECRET_KEY; "" = it
	// is SECRET_KEY itself, which was never replaced.
	Naming string
	Since  time.Time
}

// OpenedLink is a session, whose id follows from its invitation and the key.
type OpenedLink struct{ Session, Invitation string }

// Keys is what the database knows of the operator's key.
type Keys interface {
	// KeyRecord is ErrNotFound until a key was proved.
	KeyRecord(ctx context.Context) (KeyRecord, error)
	// PutKeyRecord stores the first record. Where there is one, nothing happens.
	PutKeyRecord(ctx context.Context, r KeyRecord) error
	// ReplaceKey puts a record in the place of the one with the proof from ("" = there is none)
	// and seals what every installation holds anew, all or nothing. It is ErrNotFound if the
	// record is another one. seal may be called more than once for each.
	ReplaceKey(ctx context.Context, from string, to KeyRecord, seal func(Installation) (string, error)) error
	// KeyTraces are the newest sessions of the buckets with an invitation, a few of each. used
	// is false while nothing is stored that ever followed from a key.
	KeyTraces(ctx context.Context) (opened []OpenedLink, used bool, err error)
}
