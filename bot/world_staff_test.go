package bot

import (
	"context"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// placeStaff makes chats those of settings, in place of earlier ones.
func placeStaff(store storage.Store, at ...chat.Address) {
	ctx := context.Background()
	list, err := store.StaffChatList(ctx)
	for _, c := range list {
		if c.Setting != "" && err == nil {
			err = store.DropStaffChat(ctx, c.Name)
		}
	}
	for i, a := range at {
		if err == nil {
			name := fmt.Sprintf("set-%d", i)
			_, err = store.PlaceStaffChat(ctx, storage.StaffChat{Name: name, Setting: "STAFF_" + name, Address: a, Created: monday})
		}
	}
	if err != nil {
		panic(err)
	}
}

// setStaff is placeStaff for a bot that runs.
func setStaff(b *Bot, at ...chat.Address) {
	placeStaff(b.store, at...)
	if err := b.StaffChatsChanged(context.Background()); err != nil {
		panic(err)
	}
}

// staffOf returns the chats that settings name, also those that take no messages.
func staffOf(b *Bot) (all []chat.Address) {
	for _, c := range b.snap.Now().Chats {
		if c.Setting != "" {
			all = append(all, c.Address)
		}
	}
	return all
}

// inSettings are chats of settings as a snapshot has them.
func inSettings(at ...chat.Address) (all []storage.StaffChat) {
	for i, a := range at {
		all = append(all, storage.StaffChat{Name: fmt.Sprintf("set-%d", i), Setting: "STAFF", Address: a, Linked: monday, Announced: true})
	}
	return all
}
