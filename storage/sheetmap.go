package storage

import (
	"context"
	"time"
)

// SheetMaps remember how sheets were read, by the names of their columns.
type SheetMaps interface {
	// PutSheetMap replaces what is remembered of a row of names.
	PutSheetMap(ctx context.Context, header string, body []byte, at time.Time) error
	// SheetMap returns what is remembered. ErrNotFound.
	SheetMap(ctx context.Context, header string) ([]byte, error)
}
