package telegram

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Scope says in which chats Telegram offers a set of commands.
type Scope string

// The scopes that are used.
const (
	PrivateChats Scope = "all_private_chats"
	GroupChats   Scope = "all_group_chats"
)

// Command is one entry of the menu: the name without slash, and what it does.
type Command struct{ Name, Description string }

// CommandSet is the menu of one scope in one language. Language is a BCP 47 tag, of
// which Telegram knows the first two letters; "" is for everyone whose language has
// no set. An empty set takes the menu away.
type CommandSet struct {
	Scope    Scope
	Language string
	Commands []Command
}

const descriptionLimit = 256 // units

var commandForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

// SetCommands registers the menus. Errors are *chat.Error.
func (c *Client) SetCommands(ctx context.Context, sets []CommandSet) error {
	for _, set := range sets {
		if err := c.setCommands(ctx, set); err != nil {
			return fmt.Errorf("set the commands for %s %q: %w", set.Scope, set.Language, err)
		}
	}
	return nil
}

func (c *Client) setCommands(ctx context.Context, set CommandSet) error {
	params := tgbotapi.Params{"scope": `{"type":"` + string(set.Scope) + `"}`}
	language, _, _ := strings.Cut(strings.ToLower(set.Language), "-")
	params.AddNonEmpty("language_code", language)
	if len(set.Commands) == 0 {
		return c.call(ctx, callTimeout, "deleteMyCommands", params, nil)
	}
	list := make([]tgbotapi.BotCommand, len(set.Commands))
	for i, command := range set.Commands {
		description := cut(chat.CleanLine(command.Description), descriptionLimit)
		if !commandForm.MatchString(command.Name) || !chat.Visible(description) {
			return &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("command %q needs a name of 1 to 32 small letters, digits or _, and a description", command.Name)}
		}
		list[i] = tgbotapi.BotCommand{Command: command.Name, Description: description}
	}
	if err := params.AddInterface("commands", list); err != nil {
		return &chat.Error{Kind: chat.Rejected, Err: err}
	}
	return c.call(ctx, callTimeout, "setMyCommands", params, nil)
}

// Connect asks who the bot is and registers its menus. While Telegram cannot be
// reached it tries again, until ctx ends. Its errors are chat.Revoked and
// chat.Rejected, and ctx's own.
func (c *Client) Connect(ctx context.Context, sets []CommandSet) (Account, error) {
	var me Account
	err := c.insist(ctx, "ask Telegram for the bot's name", func(ctx context.Context) (err error) {
		me, err = c.Me(ctx)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	err = c.insist(ctx, "register the bot's commands", func(ctx context.Context) error {
		return c.SetCommands(ctx, sets)
	})
	return me, err
}
