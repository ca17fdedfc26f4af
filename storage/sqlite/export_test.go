package sqlite

import "github.com/aftercare/aftercare/storage/internal/sqlstore"

// Texts are every statement of the store.
func Texts() []string { return sqlstore.Texts(dialect()) }
