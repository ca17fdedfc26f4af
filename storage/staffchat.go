package storage

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// StaffChat is a chat of staff that is linked under a name, so that routes can name it.
type StaffChat struct {
	Name    string       // the admin's own short key; for a chat of the settings it is ours
	Setting string       // that holds the address; "" = it is linked with a code
	Sites   []string     // whose cases it hears of without a route; empty = every site's
	Address chat.Address // as it was when the code was sent; zero = not linked yet
	Created time.Time
	Linked  time.Time // zero = not linked yet
	Gone    time.Time // cannot be written to since then; zero = it can
	Why     string    // Gone: machine words
	// Announced says that the other chats and the open cases know whether it is gone or, after
	// it was gone, there again.
	Announced bool
}

// Hears reports whether the chat can be told something now.
func (c StaffChat) Hears() bool { return !c.Address.IsZero() && c.Gone.IsZero() }

// ChatCode lets the first chat in which it is sent become the chat of a name.
type ChatCode struct {
	Hash    string // keyed: the database holds no code that works
	Name    string
	Expires time.Time
}

// StaffChats is the reference tables of linked chats.
type StaffChats interface {
	// PutStaffChat inserts a name, or changes whose cases it hears of, whatever is there; what it
	// is linked to stays. Whoever read it first takes ReplaceStaffChat.
	PutStaffChat(ctx context.Context, c StaffChat) error
	// ReplaceStaffChat writes whose cases now hears of in the place of was, which is as
	// StaffChatList returned it; without a Name in was, now is new. ErrChanged if was is not there
	// any more or hears of others, unless now is there already: the same may be repeated.
	ReplaceStaffChat(ctx context.Context, was, now StaffChat) error
	// PlaceStaffChat makes an address the chat of a name that a setting holds (c.Setting), and
	// reports whether that is news. A name that was linked with a code is left alone.
	PlaceStaffChat(ctx context.Context, c StaffChat) (bool, error)
	// StaffChatList returns all of them by name.
	StaffChatList(ctx context.Context) ([]StaffChat, error)
	// DropStaffChat forgets a name and its codes. ErrNotFound if there is none.
	DropStaffChat(ctx context.Context, name string) error
	// PutChatCode stores a code in place of older ones for the same name. ErrNotFound if
	// there is no such name.
	PutChatCode(ctx context.Context, c ChatCode) error
	// LinkStaffChat uses a code up: to is the chat of its name from now on. It returns the
	// name. ErrNotFound if the code is unknown, expired at now, or used by another chat; the
	// same chat may repeat it.
	LinkStaffChat(ctx context.Context, hash string, to chat.Address, now time.Time) (string, error)
	// MarkStaffChat says since when a chat cannot be written to and why; a zero time says
	// that it can again. It reports whether that is news.
	MarkStaffChat(ctx context.Context, name string, gone time.Time, why string) (bool, error)
	// StaffChatAnnounced says that everybody has heard that a chat is gone since then or, if
	// that is zero, there again. It does nothing if that is no longer so.
	StaffChatAnnounced(ctx context.Context, name string, gone time.Time) error
}
