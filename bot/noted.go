package bot

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// noted writes into the list of changes what somebody changed in a chat. The same update notes
// it once, however often it is handled.
func noted(ctx context.Context, store storage.Logins, u *chat.Update, a storage.Audit) error {
	a.ID, a.From = uuid.NewSHA1(uuid.NameSpaceOID, []byte(a.What+" "+u.Key)).String(), "chat"
	if err := store.PutAudit(ctx, a); err != nil {
		return fmt.Errorf("note what was changed: %w", err)
	}
	return nil
}

// chatText is a chat as the list of changes has it; "" for none.
func chatText(at chat.Address) string {
	if at.IsZero() {
		return ""
	}
	return string(at.Platform) + " " + at.Chat
}
