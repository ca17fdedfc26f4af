package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
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
	Name string `arg:"" help:"A short key: small letters, digits and hyphens, such as front-desk. Routes use it."`
	places
}

// chatLinkView is a way to link a chat as programs see it.
type chatLinkView struct {
	Name     string    `json:"name"`
	Sites    []string  `json:"sites"` // empty = every site
	Changed  changes   `json:"changed,omitempty"`
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
		heard, changed, err := c.put(a, store)
		if err != nil {
			return err
		}
		link, err := b.StaffChatLink(a.ctx, c.Name)
		if err != nil {
			return err
		}
		slack := "/feedback here " + link.Code
		if c.JSON {
			return a.printJSON(chatLinkView{
				Name: c.Name, Sites: heard, Changed: changed,
				Code: link.Code, Telegram: link.Telegram, Slack: slack, Expires: link.Expires,
			})
		}
		text := changed.text() + "Link one chat to " + c.Name + ", which hears of " + heardText(heard) + ":\n\n"
		if link.Telegram != "" {
			text += "Telegram: open this link and choose the group: " + link.Telegram + "\n" +
				"          or add the bot to the group and send there: /here " + link.Code + "\n"
		} else {
			text += "Telegram: add the bot to the group and send there: /here " + link.Code + "\n"
		}
		text += "Slack:    invite the app to the channel and send there: " + slack + "\n\n"
		missing, err := a.notConnected(store)
		if err != nil {
			return err
		}
		return a.printf("%sIt works once, until %s.\n%s", text, link.Expires.Format("2006-01-02 15:04 MST"), missing)
	})
}

// notConnected says which platforms have to be connected before a code can be sent in them.
func (a *terminal) notConnected(store storage.Store) (string, error) {
	s, err := a.settings()
	if err != nil {
		return "", err
	}
	accounts, err := store.Accounts(a.ctx)
	if err != nil {
		return "", fmt.Errorf("read the accounts: %w", err)
	}
	known := func(p chat.Platform) bool {
		return slices.ContainsFunc(accounts, func(acc storage.Account) bool { return acc.Platform == p })
	}
	text := ""
	if s.Token == "" && !known(chat.Telegram) {
		text += "Telegram is not connected yet: set TELEGRAM_TOKEN and start the server, or connect it on the pages.\n"
	}
	if !s.UsesSlack() && !known(chat.Slack) {
		text += "Slack is not connected yet: set SLACK_BOT_TOKEN and start the server, or connect it on the pages.\n"
	}
	return text, nil
}

// put stores the chat: of one that is there only the sites change, and only if any were
// given. It returns the sites that the chat hears of.
func (c *staffChatAddCmd) put(a *terminal, store storage.Store) (heard []string, changed changes, err error) {
	if err := c.known(a, store); err != nil {
		return nil, nil, err
	}
	wrote := false
	err = storage.Repeated(func() (err error) {
		heard, changed, wrote, err = c.replace(a, store)
		return err
	})
	if err != nil || !wrote {
		return heard, changed, err
	}
	if err := a.audited(store, "chat.add", c.Name, changed.was(), heardText(heard)); err != nil {
		return nil, nil, err
	}
	return heard, changed, nil
}

// replace stores the chat in the place of what is there now, if anything was given. storage.ErrChanged.
func (c *staffChatAddCmd) replace(a *terminal, store storage.Store) (heard []string, changed changes, wrote bool, err error) {
	list, err := store.StaffChatList(a.ctx)
	if err != nil {
		return nil, nil, false, fmt.Errorf("read the chats of staff: %w", err)
	}
	heard = append([]string{}, c.Site...)
	was, now := storage.StaffChat{}, storage.StaffChat{Name: c.Name, Created: a.clock()}
	i := slices.IndexFunc(list, func(s storage.StaffChat) bool { return s.Name == c.Name })
	switch {
	case i < 0 && !c.given():
		return nil, nil, false, usagef("say which cases %s hears of: --site ID, once for each site, or --everywhere", c.Name)
	case i >= 0 && !c.given():
		return append(heard, list[i].Sites...), nil, false, nil
	case i >= 0:
		was, now = list[i], list[i]
		changed.note("sites", heardText(was.Sites), heardText(heard))
	}
	now.Sites = c.Site
	if err := store.ReplaceStaffChat(a.ctx, was, now); err != nil {
		return nil, nil, false, fmt.Errorf("store the chat: %w", err)
	}
	return heard, changed, true, nil
}

// heardText names the sites that a chat hears of.
func heardText(sites []string) string {
	if len(sites) == 0 {
		return "every site"
	}
	return strings.Join(sites, ", ")
}

// staffChats runs f with a bot and its store and names an unknown chat.
func (a *terminal) staffChats(name string, f func(*bot.Bot, storage.Store) error) error {
	err := a.withBot(func(b *bot.Bot, store storage.Store) error {
		if err := settingsOwn(a.ctx, store, name); err != nil {
			return err
		}
		return f(b, store)
	})
	if errors.Is(err, bot.ErrNoStaffChat) {
		return fmt.Errorf("there is no chat of staff %q. See `aftercare staff chat list`", name)
	}
	return err
}

// settingsOwn is an error if a name is, or could be, that of a chat whose address a setting
// holds.
func settingsOwn(ctx context.Context, store storage.Store, name string) error {
	list, err := store.StaffChatList(ctx)
	if err != nil {
		return fmt.Errorf("read the chats of staff: %w", err)
	}
	i := slices.IndexFunc(list, func(c storage.StaffChat) bool { return c.Name == name })
	switch {
	case i >= 0 && list[i].Setting != "":
		return &bot.SetChatError{Name: name, Setting: list[i].Setting}
	case i < 0 && (name == "env-telegram" || name == "env-slack"):
		return fmt.Errorf("%s is the name of a chat that a setting holds. Choose another", name)
	}
	return nil
}

type staffChatListCmd struct{ outputFlags }

// staffChatView is a chat of staff as programs see it.
type staffChatView struct {
	Name    string     `json:"name"`
	Setting string     `json:"setting,omitempty"` // that holds the address
	Sites   []string   `json:"sites"`             // empty = every site
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
		v := staffChatView{Name: s.Name, Setting: s.Setting, Sites: append([]string{}, s.Sites...), Why: s.Why}
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
		return a.printf("There is no chat of staff. Set TELEGRAM_STAFF_CHAT or SLACK_STAFF_CHANNEL and start the server, or link one: aftercare staff chat add front-desk --everywhere\n")
	}
	rows := [][]string{{"NAME", "SITES", "CHAT", "STATE"}}
	for _, v := range views {
		state := "linked"
		switch {
		case v.Gone != nil:
			state = "takes no messages: " + v.Why
		case v.Address == "":
			state = "waits for its code"
		case v.Setting != "":
			state = "set by " + v.Setting
		}
		rows = append(rows, []string{v.Name, heardText(v.Sites), v.Address, state})
	}
	return a.printTable(rows)
}

type staffChatRemoveCmd struct {
	outputFlags
	Name string `arg:"" help:"The name of the chat."`
}

// Run forgets a chat.
func (c *staffChatRemoveCmd) Run(a *terminal) error {
	return a.staffChats(c.Name, func(b *bot.Bot, store storage.Store) error {
		if err := b.RemoveStaffChat(a.ctx, c.Name); err != nil {
			return err
		}
		if err := a.audited(store, "chat.drop", c.Name, "", ""); err != nil {
			return err
		}
		at := a.inForce(store)
		if c.JSON {
			return a.printJSON(map[string]any{"name": c.Name, "in_force": at})
		}
		return a.printf("%s is forgotten. Cards that hang there stay.\n%s", c.Name, at.text())
	})
}
