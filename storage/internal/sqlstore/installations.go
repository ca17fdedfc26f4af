package sqlstore

import (
	"context"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const installationColumns = "platform, account, name, sealed, scopes, installer, installed"

// installationQueries are about workspaces.
type installationQueries struct {
	putInstallation, installations, dropInstallation string
}

func newInstallationQueries(t *texts) installationQueries {
	return installationQueries{
		putInstallation: t.one("INSERT INTO installations (" + installationColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (platform, account) DO UPDATE SET name = excluded.name, sealed = excluded.sealed," +
			" scopes = excluded.scopes, installer = excluded.installer, installed = excluded.installed"),
		installations:    t.one("SELECT " + installationColumns + " FROM installations WHERE platform = ? ORDER BY account"),
		dropInstallation: t.one("DELETE FROM installations WHERE platform = ? AND account = ?"),
	}
}

// PutInstallation implements storage.Reference.
func (s *Store) PutInstallation(ctx context.Context, i storage.Installation) error {
	return s.put(ctx, "installation", s.q.putInstallation, storage.Clean(string(i.Platform)), storage.Clean(i.Account), storage.Clean(i.Name),
		storage.Clean(i.Sealed), storage.Clean(i.Scopes), storage.Clean(i.Installer), micro(i.Installed))
}

// Installations implements storage.Reference.
func (s *Store) Installations(ctx context.Context, p chat.Platform) ([]storage.Installation, error) {
	return collect(ctx, s, "installations", s.q.installations, []any{storage.Clean(string(p))}, func(row scanner) (i storage.Installation, err error) {
		err = row.Scan(&i.Platform, &i.Account, &i.Name, &i.Sealed, &i.Scopes, &i.Installer, &i.Installed)
		i.Installed = i.Installed.UTC()
		return i, err
	})
}

// DropInstallation implements storage.Reference.
func (s *Store) DropInstallation(ctx context.Context, p chat.Platform, account string) error {
	return s.put(ctx, "installation", s.q.dropInstallation, storage.Clean(string(p)), storage.Clean(account))
}
