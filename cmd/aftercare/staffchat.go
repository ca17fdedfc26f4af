package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

// staffChatCmd groups the commands about chats in which staff hear of cases.
type staffChatCmd struct {
	Add    staffChatAddCmd    `cmd:"" help:"Name a chat of staff and make a code that links a group or a channel to it, once."`
	List   staffChatListCmd   `cmd:"" help:"List the chats of staff."`
	Remove staffChatRemoveCmd `cmd:"" help:"Forget a chat of staff. New cases go elsewhere."`
}

type staffChatAddCmd struct {
	outputFlags
	Name string   `arg:"" help:"A short key: small letters, digits and hyphens, such as front-desk. Routes use it."`
	Site []string `help:"A site whose cases the chat hears of. Repeat it for more. Every site unless given." sep:"none"`
}

// chatLinkView is a way to link a chat as programs see it.
type chatLinkView struct {
	Name     string    `json:"name"`
	Sites    []string  `json:"sites"` // empty = every site
	Code     string    `json:"code"`
	Telegram string    `json:"telegram,omitempty"`
	Slack    string    `json:"slack"`
	Expires  time.Time `json:"expires"`
}

// Run names the chat and prints how it is linked. The code is shown once.
func (c *staffChatAddCmd) Run(a *terminal) error {
	if !siteIDForm.MatchString(c.Name) {
		return usagef("%q cannot be the name of a chat. Use small letters, digits and hyphens, such as front-desk", c.Name)
	}
	return a.staffChats(c.Name, func(b *bot.Bot, store storage.Store) error {
		sites, err := store.Sites(a.ctx)
		if err != nil {
			return fmt.Errorf("read the sites: %w", err)
		}
		for _, id := range c.Site {
			if !slices.ContainsFunc(sites, func(s storage.Site) bool { return s.ID == id }) {
				return fmt.Errorf("there is no site %q. See `aftercare site list`", id)
			}
		}
		if err := store.PutStaffChat(a.ctx, storage.StaffChat{Name: c.Name, Sites: c.Site, Created: a.clock()}); err != nil {
			return fmt.Errorf("store the chat: %w", err)
		}
		link, err := b.StaffChatLink(a.ctx, c.Name)
		if err != nil {
			return err
		}
		slack := "/feedback here " + link.Code
		if c.JSON {
			return a.printJSON(chatLinkView{
				Name: c.Name, Sites: append([]string{}, c.Site...), Code: link.Code, Telegram: link.Telegram, Slack: slack, Expires: link.Expires,
			})
		}
		text := "Link one chat to " + c.Name + ":\n\n"
		if link.Telegram != "" {
			text += "Telegram: open this link and choose the group: " + link.Telegram + "\n"
		}
		text += "Telegram: or add the bot to the group and send there: /here " + link.Code + "\n" +
			"Slack:    invite the app to the channel and send there: " + slack + "\n\n"
		return a.printf("%sIt works once, until %s.\n", text, link.Expires.Format("2006-01-02 15:04 MST"))
	})
}

// staffChats runs f with a bot and its store and names an unknown chat.
func (a *terminal) staffChats(name string, f func(*bot.Bot, storage.Store) error) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := app.OpenStore(a.ctx, s, a.clock, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	b, err := app.NewBot(a.ctx, s, store, s.TelegramStaff(), a.clock, nil)
	if err != nil {
		return err
	}
	err = f(b, store)
	if errors.Is(err, bot.ErrNoStaffChat) {
		return fmt.Errorf("there is no chat of staff %q. See `aftercare staff chat list`", name)
	}
	return err
}

type staffChatListCmd struct{ outputFlags }

// staffChatView is a chat of staff as programs see it.
type staffChatView struct {
	Name    string     `json:"name"`
	Sites   []string   `json:"sites"` // empty = every site
	Address string     `json:"address,omitempty"`
	Linked  *time.Time `json:"linked,omitempty"`
	Gone    *time.Time `json:"gone,omitempty"`
	Why     string     `json:"why,omitempty"`
}

// Run lists the chats and whether they can be told anything.
func (c *staffChatListCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := store.StaffChatList(a.ctx)
	if err != nil {
		return fmt.Errorf("read the chats of staff: %w", err)
	}
	views := make([]staffChatView, len(list))
	for i, s := range list {
		v := staffChatView{Name: s.Name, Sites: append([]string{}, s.Sites...), Why: s.Why}
		if !s.Address.IsZero() {
			v.Address, v.Linked = s.Address.String(), &list[i].Linked
		}
		if !s.Gone.IsZero() {
			v.Gone = &list[i].Gone
		}
		views[i] = v
	}
	if c.JSON {
		return a.printJSON(views)
	}
	if len(list) == 0 {
		return a.printf("No chat is linked. Cases go to TELEGRAM_STAFF_CHAT and SLACK_STAFF_CHANNEL. Link one: aftercare staff chat add front-desk\n")
	}
	rows := [][]string{{"NAME", "SITES", "CHAT", "STATE"}}
	for _, v := range views {
		sites, state := strings.Join(v.Sites, ", "), "linked"
		if sites == "" {
			sites = "every site"
		}
		switch {
		case v.Gone != nil:
			state = "takes no messages: " + v.Why
		case v.Address == "":
			state = "waits for its code"
		}
		rows = append(rows, []string{v.Name, sites, v.Address, state})
	}
	return a.printTable(rows)
}

type staffChatRemoveCmd struct {
	outputFlags
	Name string `arg:"" help:"The name of the chat."`
}

// Run forgets a chat.
func (c *staffChatRemoveCmd) Run(a *terminal) error {
	return a.staffChats(c.Name, func(b *bot.Bot, _ storage.Store) error {
		if err := b.RemoveStaffChat(a.ctx, c.Name); err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(map[string]any{"name": c.Name})
		}
		return a.printf("%s is forgotten. Cards that hang there stay.\n", c.Name)
	})
}
