package storagetest

import (
	"context"
	"time"
)

// PutSheetMap implements storage.SheetMaps.
func (c *CrashingStore) PutSheetMap(ctx context.Context, header string, body []byte, at time.Time) error {
	return c.call(func() error { return c.inner.PutSheetMap(ctx, header, body, at) })
}

// SheetMap implements storage.SheetMaps.
func (c *CrashingStore) SheetMap(ctx context.Context, header string) ([]byte, error) {
	return result(c, func() ([]byte, error) { return c.inner.SheetMap(ctx, header) })
}
