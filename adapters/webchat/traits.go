package webchat

import "github.com/aftercare/aftercare/adapters/chat"

// Traits are what the web chat can do: it is a page of ours, which shows what is stored.
func Traits() chat.Traits {
	return chat.Traits{Forms: true, Guests: true, Stored: true, Lays: true, Limits: chat.NoLimits()}
}
