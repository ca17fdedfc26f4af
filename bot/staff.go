package bot

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// StaffCodeExpires is how long a code for staff works.
const StaffCodeExpires = 24 * time.Hour

// ErrNoStaff means that there is no member of staff with this id.
var ErrNoStaff = errors.New("there is no such member of staff")

// StaffCode makes a code with which somebody links their chat identity to a member of
// staff, once, and returns until when it works. Codes made before stop working.
// ErrNoStaff if there is nobody of this id.
func (b *Bot) StaffCode(ctx context.Context, staff string) (code string, expires time.Time, err error) {
	raw := make([]byte, 10)
	b.random(raw)
	code = base32.StdEncoding.EncodeToString(raw)
	expires = b.now().UTC().Truncate(time.Microsecond).Add(StaffCodeExpires)
	err = b.store.PutStaffCode(ctx, storage.StaffCode{Hash: b.key.code("staff", code), Staff: staff, Expires: expires})
	if errors.Is(err, storage.ErrNotFound) {
		err = ErrNoStaff
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("make a code: %w", err)
	}
	return code, expires, nil
}

// linkJob is "/link CODE", or a link with the code, in a chat that its sender alone reads: whoever sends a code
// that works is that member of staff from now on. The code is used up first; the same
// person may use it again, so that a redelivery, and a crash in between, are harmless.
func (j *job) linkJob() {
	b := j.b
	code, _ := ownCode(j.update)
	nothing := func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil }
	j.work = outbox.Work{Bucket: j.bucket, Turn: storage.Turn{Apply: nothing}}
	j.next = func(ctx context.Context) (outbox.Work, error) {
		says, name, staff := "link_wrong", "", ""
		if j.person.ByLink() {
			says = "link_web"
		} else if id, err := b.store.LinkStaff(ctx, b.key.code("staff", code), j.person, b.now()); err == nil {
			if err := b.snap.RefreshTeam(ctx); err != nil {
				return outbox.Work{}, err
			}
			b.log.Info("a chat was linked to a member of staff", "staff", id, "platform", j.person.Platform)
			if err := noted(ctx, b.store, j.update, storage.Audit{At: b.now(), Who: id, What: "staff.linked", Subject: id, After: string(j.person.Platform)}); err != nil {
				return outbox.Work{}, err
			}
			says, name, staff = "link_done", b.snap.Now().Team.Members[id].Name, id
		} else if !errors.Is(err, storage.ErrNotFound) {
			return outbox.Work{}, fmt.Errorf("link a member of staff: %w", err)
		}
		load := storage.Load{Person: j.person}
		return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(j.update.Key, j.update.Key, load, &j.said, func(t *turn) error {
			t.tapped = j.update.Ephemeral
			t.session = nil // it is no matter of a survey
			t.meet(j.update, j.person)
			t.notice(t.person().Say(says, "name", name, "link", linking(t.snap.Traits[j.update.From.Platform])), says != "link_done")
			t.tellHomes(staff, j.update)
			return nil
		})}, nil
	}
}

// isLink reports whether u is a code for staff, in a chat where it stays a secret.
func isLink(u *chat.Update) bool {
	_, ok := ownCode(u)
	return ok && (u.Private || u.Ephemeral) && u.User.ID != "" && !u.User.Bot
}

// RemoveStaff takes every right from a member of staff and returns the cases that they
// hold to the queue, each with its cards. It returns how many those were. It may be
// repeated. ErrNoStaff if there is nobody of this id.
func (b *Bot) RemoveStaff(ctx context.Context, id string) (released int, err error) {
	if err := b.store.DropStaff(ctx, id, b.now()); err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			err = ErrNoStaff
		}
		return 0, fmt.Errorf("remove staff: %w", err)
	}
	if err := b.snap.RefreshTeam(ctx); err != nil {
		return 0, err
	}
	released, err = b.release(ctx, id)
	if err != nil {
		return released, fmt.Errorf("return their cases to the queue: %w", err)
	}
	return released, nil
}
