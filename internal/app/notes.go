package app

import (
	"context"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// NoteRival is said at /readyz of a platform whose updates this instance is refused again and
// again, because somebody else asks for them.
const NoteRival = "another program takes updates with the same token"

// notes are what does not keep this instance from its work and needs somebody all the same,
// each in words that name no account, no chat and nobody: anyone may ask.
func (a *App) notes(ctx context.Context) []string {
	var out []string
	for _, c := range a.connections.Health() {
		switch {
		case c.Revoked && c.Setting == "":
			out = append(out, fmt.Sprintf("%s: an account of the database is refused", c.Platform))
		case !c.Served && c.Error != "":
			out = append(out, fmt.Sprintf("%s: an account is not served", c.Platform))
		case c.Error != "" && c.Waiting > 0 && a.Clock().Sub(c.ErrorAt) < time.Minute:
			out = append(out, fmt.Sprintf("%s: takes no messages; %d chats wait", c.Platform, c.Waiting))
		}
	}
	for _, c := range a.failingSides() {
		out = append(out, fmt.Sprintf("%s: %s fails since %s; nothing waits for it", c.Platform, c.Method, c.Since.Format("2006-01-02 15:04 MST")))
	}
	for _, p := range a.sides.Rivals(a.Clock()) {
		out = append(out, string(p)+": "+NoteRival)
	}
	if a.hooks.lately() {
		out = append(out, "calls of a platform are refused")
	}
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if n := a.endpointsOff(limited); n > 0 {
		out = append(out, fmt.Sprintf("endpoints of other systems that were switched off: %d", n))
	}
	chats, err := a.store.StaffChatList(limited)
	if err != nil {
		return out // that the database is away is said elsewhere
	}
	gone := 0
	for _, c := range chats {
		if !c.Gone.IsZero() {
			gone++
		}
	}
	if gone > 0 {
		out = append(out, fmt.Sprintf("chats of staff that cannot be written to: %d", gone))
	}
	return out
}

// endpointsOff is how many endpoints are told nothing any more because they took nothing, or said
// that they want no more. One that a person switched off needs nobody.
func (a *App) endpointsOff(ctx context.Context) (n int) {
	all, err := a.store.Installations(ctx, chat.Hook)
	if err != nil {
		return 0 // that the database is away is said elsewhere
	}
	for _, i := range all {
		if h, err := storage.HookOf(i); err == nil && (h.Off == storage.HookGone || h.Off == storage.HookFailing) {
			n++
		}
	}
	return n
}
