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

const staffChatColumns = "name, setting, sites, platform, account, chat, thread, created, linked, gone, why, announced"

// staffChatQueries are about linked chats.
type staffChatQueries struct {
	staffChat                                                                         kept
	placeStaffChat, staffChats, lockStaffChat, dropStaffChat, linkStaffChat, chatGone string
	chatBack, chatAnnounced, putChatCode, useChatCode, dropChatCodes                  string
}

func newStaffChatQueries(t *texts) staffChatQueries {
	return staffChatQueries{
		staffChat: t.kept("INSERT INTO staff_chats ("+staffChatColumns+") VALUES (?, '', ?, '', '', '', '', ?, NULL, NULL, '', TRUE)", "name",
			"sites = excluded.sites", "SELECT "+staffChatColumns+" FROM staff_chats"),
		placeStaffChat: t.one("INSERT INTO staff_chats (" + staffChatColumns + ") VALUES (?, ?, '[]', ?, ?, ?, ?, ?, ?, NULL, '', TRUE)" +
			" ON CONFLICT (name) DO UPDATE SET platform = excluded.platform, account = excluded.account, chat = excluded.chat," +
			" thread = excluded.thread, linked = excluded.linked, gone = NULL, why = '', announced = TRUE" +
			" WHERE staff_chats.setting = excluded.setting AND (staff_chats.platform <> excluded.platform OR" +
			" staff_chats.account <> excluded.account OR staff_chats.chat <> excluded.chat OR staff_chats.thread <> excluded.thread)"),
		staffChats:    t.one("SELECT " + staffChatColumns + " FROM staff_chats ORDER BY name"),
		lockStaffChat: t.one("SELECT name FROM staff_chats WHERE name = ?{lock}"),
		dropStaffChat: t.one("DELETE FROM staff_chats WHERE name = ? RETURNING name"),
		linkStaffChat: t.one("UPDATE staff_chats SET platform = ?, account = ?, chat = ?, thread = ?, linked = ?, announced = gone IS NULL, gone = NULL, why = ''" +
			" WHERE name = ? RETURNING name"),
		chatGone:      t.one("UPDATE staff_chats SET gone = ?, why = ?, announced = FALSE WHERE name = ? AND gone IS NULL"),
		chatBack:      t.one("UPDATE staff_chats SET gone = NULL, why = '', announced = FALSE WHERE name = ? AND gone IS NOT NULL"),
		chatAnnounced: t.one("UPDATE staff_chats SET announced = TRUE WHERE name = ? AND gone IS NOT DISTINCT FROM ?"),
		putChatCode:   t.one("INSERT INTO chat_codes (hash, name, expires, used) VALUES (?, ?, ?, '')"),
		useChatCode:   t.one("UPDATE chat_codes SET used = ? WHERE hash = ? AND expires > ? AND (used = '' OR used = ?) RETURNING name"),
		dropChatCodes: t.one("DELETE FROM chat_codes WHERE name = ?"),
	}
}

// staffChatValues are those of a row that was not linked yet.
func staffChatValues(v storage.StaffChat) []any {
	sites := make([]string, len(v.Sites))
	for i, site := range v.Sites {
		sites[i] = storage.Clean(site)
	}
	return []any{storage.Clean(v.Name), asText(sites), micro(v.Created)}
}

// PutStaffChat implements storage.StaffChats.
func (s *Store) PutStaffChat(ctx context.Context, v storage.StaffChat) error {
	return s.put(ctx, "staff chat", s.q.staffChat.put, staffChatValues(v)...)
}

// ReplaceStaffChat implements storage.StaffChats.
func (s *Store) ReplaceStaffChat(ctx context.Context, was, now storage.StaffChat) error {
	return replacing[storage.StaffChat]{
		kept: s.q.staffChat, what: "a chat of staff", scan: scanStaffChat, values: staffChatValues,
		same: func(v storage.StaffChat) []any { return append(staffChatValues(v), storage.Clean(v.Setting)) },
	}.replace(ctx, s.configure, was, now)
}

// PlaceStaffChat implements storage.StaffChats.
func (s *Store) PlaceStaffChat(ctx context.Context, v storage.StaffChat) (news bool, err error) {
	at := v.Address
	news, err = s.changed(ctx, s.q.placeStaffChat, storage.Clean(v.Name), storage.Clean(v.Setting), storage.Clean(string(at.Platform)),
		storage.Clean(at.Account), storage.Clean(at.Chat), storage.Clean(at.Thread), micro(v.Created), micro(v.Created))
	if err != nil {
		return false, fmt.Errorf("place staff chat: %w", err)
	}
	return news, nil
}

// changed runs one statement on the configuration, and reports whether it changed a row.
func (s *Store) changed(ctx context.Context, text string, args ...any) (news bool, err error) {
	err = s.configure(ctx, func(tx *sql.Tx) (bool, error) {
		r, err := tx.ExecContext(ctx, text, args...)
		if err != nil {
			return false, err
		}
		n, err := r.RowsAffected()
		news = n > 0
		return news, err
	})
	return news, err
}

// StaffChatList implements storage.StaffChats.
func (s *Store) StaffChatList(ctx context.Context) ([]storage.StaffChat, error) {
	return collect(ctx, s, "staff chats", s.q.staffChats, nil, scanStaffChat)
}

func scanStaffChat(row scanner) (v storage.StaffChat, err error) {
	var sites string
	var linked, gone sql.NullTime
	a := &v.Address
	if err := row.Scan(&v.Name, &v.Setting, &sites, &a.Platform, &a.Account, &a.Chat, &a.Thread, &v.Created, &linked, &gone, &v.Why, &v.Announced); err != nil {
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
	if news, err = s.changed(ctx, text, args...); err != nil {
		return false, fmt.Errorf("mark staff chat: %w", err)
	}
	return news, nil
}

// StaffChatAnnounced implements storage.StaffChats.
func (s *Store) StaffChatAnnounced(ctx context.Context, name string, gone time.Time) error {
	since := sql.NullTime{Time: micro(gone), Valid: !gone.IsZero()}
	if _, err := s.changed(ctx, s.q.chatAnnounced, storage.Clean(name), since); err != nil {
		return fmt.Errorf("write staff chat: %w", err)
	}
	return nil
}
