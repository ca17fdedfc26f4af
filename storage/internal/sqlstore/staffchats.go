package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const staffChatColumns = "name, sites, platform, account, chat, thread, created, linked, gone, why, announced"

// staffChatQueries are about linked chats.
type staffChatQueries struct {
	putStaffChat, staffChats, lockStaffChat, dropStaffChat, linkStaffChat, chatGone string
	chatBack, chatAnnounced, putChatCode, useChatCode, dropChatCodes                string
}

func newStaffChatQueries(t *texts) staffChatQueries {
	return staffChatQueries{
		putStaffChat: t.one("INSERT INTO staff_chats (" + staffChatColumns + ") VALUES (?, ?, '', '', '', '', ?, NULL, NULL, '', FALSE)" +
			" ON CONFLICT (name) DO UPDATE SET sites = excluded.sites"),
		staffChats:    t.one("SELECT " + staffChatColumns + " FROM staff_chats ORDER BY name"),
		lockStaffChat: t.one("SELECT name FROM staff_chats WHERE name = ?{lock}"),
		dropStaffChat: t.one("DELETE FROM staff_chats WHERE name = ? RETURNING name"),
		linkStaffChat: t.one("UPDATE staff_chats SET platform = ?, account = ?, chat = ?, thread = ?, linked = ?, gone = NULL, why = '', announced = FALSE" +
			" WHERE name = ? RETURNING name"),
		chatGone:      t.one("UPDATE staff_chats SET gone = ?, why = ?, announced = FALSE WHERE name = ? AND gone IS NULL"),
		chatBack:      t.one("UPDATE staff_chats SET gone = NULL, why = '', announced = FALSE WHERE name = ? AND gone IS NOT NULL"),
		chatAnnounced: t.one("UPDATE staff_chats SET announced = TRUE WHERE name = ?"),
		putChatCode:   t.one("INSERT INTO chat_codes (hash, name, expires, used) VALUES (?, ?, ?, '')"),
		useChatCode:   t.one("UPDATE chat_codes SET used = ? WHERE hash = ? AND expires > ? AND (used = '' OR used = ?) RETURNING name"),
		dropChatCodes: t.one("DELETE FROM chat_codes WHERE name = ?"),
	}
}

// PutStaffChat implements storage.StaffChats.
func (s *Store) PutStaffChat(ctx context.Context, v storage.StaffChat) error {
	sites := make([]string, len(v.Sites))
	for i, site := range v.Sites {
		sites[i] = storage.Clean(site)
	}
	body, err := json.Marshal(sites)
	if err != nil {
		return fmt.Errorf("encode sites: %w", err)
	}
	return s.put(ctx, "staff chat", s.q.putStaffChat, storage.Clean(v.Name), string(body), micro(v.Created))
}

// StaffChatList implements storage.StaffChats.
func (s *Store) StaffChatList(ctx context.Context) ([]storage.StaffChat, error) {
	return collect(ctx, s, "staff chats", s.q.staffChats, nil, func(row scanner) (v storage.StaffChat, err error) {
		var sites string
		var linked, gone sql.NullTime
		a := &v.Address
		if err := row.Scan(&v.Name, &sites, &a.Platform, &a.Account, &a.Chat, &a.Thread, &v.Created, &linked, &gone, &v.Why, &v.Announced); err != nil {
			return v, err
		}
		if err := json.Unmarshal([]byte(sites), &v.Sites); err != nil {
			return v, fmt.Errorf("decode sites: %w", err)
		}
		if len(v.Sites) == 0 {
			v.Sites = nil
		}
		v.Created = v.Created.UTC()
		if linked.Valid {
			v.Linked = linked.Time.UTC()
		}
		if gone.Valid {
			v.Gone = gone.Time.UTC()
		}
		return v, nil
	})
}

// DropStaffChat implements storage.StaffChats.
func (s *Store) DropStaffChat(ctx context.Context, name string) error {
	name = storage.Clean(name)
	return s.aboutStaff(ctx, "remove staff chat", func(tx *sql.Tx) error {
		var found string
		if err := tx.QueryRowContext(ctx, s.q.dropStaffChat, name).Scan(&found); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.q.dropChatCodes, name)
		return err
	})
}

// PutChatCode implements storage.StaffChats.
func (s *Store) PutChatCode(ctx context.Context, c storage.ChatCode) error {
	name := storage.Clean(c.Name)
	return s.aboutStaff(ctx, "write chat code", func(tx *sql.Tx) error {
		// The row is the lock under which a name's codes change.
		var found string
		if err := tx.QueryRowContext(ctx, s.q.lockStaffChat, name).Scan(&found); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.q.dropChatCodes, name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.q.putChatCode, storage.Clean(c.Hash), name, micro(c.Expires))
		return err
	})
}

// LinkStaffChat implements storage.StaffChats.
func (s *Store) LinkStaffChat(ctx context.Context, hash string, to chat.Address, now time.Time) (string, error) {
	at, name := storage.Clean(to.String()), ""
	err := s.aboutStaff(ctx, "link staff chat", func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, s.q.useChatCode, at, storage.Clean(hash), micro(now), at).Scan(&name); err != nil {
			return err
		}
		var found string
		return tx.QueryRowContext(ctx, s.q.linkStaffChat, storage.Clean(string(to.Platform)), storage.Clean(to.Account),
			storage.Clean(to.Chat), storage.Clean(to.Thread), micro(now), name).Scan(&found)
	})
	if err != nil {
		return "", err
	}
	return name, nil
}

// MarkStaffChat implements storage.StaffChats.
func (s *Store) MarkStaffChat(ctx context.Context, name string, gone time.Time, why string) (news bool, err error) {
	text, args := s.q.chatGone, []any{micro(gone), storage.Clean(why), storage.Clean(name)}
	if gone.IsZero() {
		text, args = s.q.chatBack, []any{storage.Clean(name)}
	}
	err = s.configure(ctx, func(tx *sql.Tx) (bool, error) {
		r, err := tx.ExecContext(ctx, text, args...)
		if err != nil {
			return false, err
		}
		n, err := r.RowsAffected()
		news = n > 0
		return news, err
	})
	if err != nil {
		return false, fmt.Errorf("mark staff chat: %w", err)
	}
	return news, nil
}

// StaffChatAnnounced implements storage.StaffChats.
func (s *Store) StaffChatAnnounced(ctx context.Context, name string) error {
	return s.put(ctx, "staff chat", s.q.chatAnnounced, storage.Clean(name))
}
