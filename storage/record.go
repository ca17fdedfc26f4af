package storage

import (
	"context"
	"encoding/json"
)

// Record is one record as the database holds it, for people to read.
type Record struct {
	Table  string          `json:"table"`
	Bucket Bucket          `json:"bucket"`
	Format string          `json:"format"` // of the body: "json", or the digit that it begins with
	Body   json.RawMessage `json:"body"`
}

// Shower is what stores can do beside Store: say what is kept under a name.
type Shower interface {
	// Show returns the records that have this id (of an identity, an invitation, a conversation, or a
	// case) or slot (of a message), in all buckets. What a conversation shows in its chat is a record of
	// its own, under the same id. No error if there is none.
	Show(ctx context.Context, id string) ([]Record, error)
}
