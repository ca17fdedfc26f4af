package storagetest

import (
	"context"

	"github.com/aftercare/aftercare/storage"
)

// IdentitiesOf implements storage.Persons.
func (c *CrashingStore) IdentitiesOf(ctx context.Context, q storage.IdentityQuery, limit int) ([]storage.Identity, error) {
	return result(c, func() ([]storage.Identity, error) { return c.inner.IdentitiesOf(ctx, q, limit) })
}

// Dossier implements storage.Persons.
func (c *CrashingStore) Dossier(ctx context.Context, of storage.Anchor) (storage.Dossier, error) {
	return result(c, func() (storage.Dossier, error) { return c.inner.Dossier(ctx, of) })
}
