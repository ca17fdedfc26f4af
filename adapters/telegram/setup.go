package telegram

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

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

var commandForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_]{1,32}$`) })

// SetCommands registers the menus, as far as Telegram does not show them already: it limits
// how often a menu may be set. Errors are *chat.Error.
func (c *Client) SetCommands(ctx context.Context, sets []CommandSet) error {
	for _, set := range sets {
		if err := c.setCommands(ctx, set); err != nil {
			return fmt.Errorf("set the commands for %s %q: %w", set.Scope, set.Language, err)
		}
	}
	return nil
}

func (c *Client) setCommands(ctx context.Context, set CommandSet) error {
	params := parameters{"scope": `{"type":"` + string(set.Scope) + `"}`}
	language, _, _ := strings.Cut(strings.ToLower(set.Language), "-")
	params.AddNonEmpty("language_code", language)
	list := make([]menuCommand, len(set.Commands))
	for i, command := range set.Commands {
		description := cut(chat.CleanLine(command.Description), descriptionLimit)
		if !commandForm().MatchString(command.Name) || !chat.Visible(description) {
			return &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("command %q needs a name of 1 to 32 small letters, digits or _, and a description", command.Name)}
		}
		list[i] = menuCommand{Command: command.Name, Description: description}
	}
	var shown []menuCommand
	switch err := c.call(ctx, callTimeout, "getMyCommands", params, &shown); {
	case err == nil && slices.Equal(shown, list):
		return nil
	case err != nil && chat.AsError(err).Kind != chat.Rejected: // an older server may not know the method
		return err
	}
	if len(list) == 0 {
		return c.call(ctx, callTimeout, "deleteMyCommands", params, nil)
	}
	if err := params.AddInterface("commands", list); err != nil {
		return &chat.Error{Kind: chat.Rejected, Err: err}
	}
	return c.call(ctx, callTimeout, "setMyCommands", params, nil)
}

// nameTimeout is how long a name that is known already is waited for.
const nameTimeout = 3 * time.Second

// Connect asks who the bot is. Known is its user name as Telegram told it before, "" if it
// never did: with it nothing waits for an answer that does not come, and Settle goes on
// asking. Without it Connect tries again while Telegram cannot be reached, until ctx ends.
// Its errors are chat.Revoked and chat.Rejected, and ctx's own.
func (c *Client) Connect(ctx context.Context, known string) (me Account, err error) {
	ask := func(ctx context.Context) (err error) {
		me, err = c.Me(ctx)
		return err
	}
	if known == "" || c.id == "" {
		err = c.insist(ctx, "ask Telegram for the bot's name", ask)
		return me, err
	}
	once, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	if err = ask(once); err == nil {
		return me, nil
	}
	if kind := chat.AsError(err).Kind; ctx.Err() != nil || kind == chat.Revoked || kind == chat.Rejected {
		return Account{}, fmt.Errorf("ask Telegram for the bot's name: %w", err)
	}
	c.log.Warn("Telegram does not say who the bot is; going on under the name that it had", "name", known, "err", err)
	me = Account{ID: c.id, Username: known}
	c.self.CompareAndSwap(nil, &me)
	return me, nil
}

// longestRest is the longest pause before menus are tried again, unless Telegram asks for
// more.
const longestRest = 10 * time.Minute

// Settle does what nothing waits for: it asks who the bot is until Telegram says so, and
// registers the menus. It returns when that is done, ctx ends or Telegram does not know the
// token.
func (c *Client) Settle(ctx context.Context, sets []CommandSet) {
	for failures := 1; ; failures++ {
		err := c.settle(ctx, sets)
		if err == nil {
			return
		}
		e := chat.AsError(err)
		if ctx.Err() != nil || e.Kind == chat.Revoked {
			return // whoever sends or polls says so
		}
		if e.Kind == chat.Rejected {
			c.log.Warn("the menus of commands cannot be shown; everything else works", "err", err)
			return
		}
		wait := max(e.RetryAfter, min(5*time.Second<<min(failures-1, 10), longestRest))
		c.log.Warn("the name of the bot or its menus of commands are not settled yet; nothing waits for them", "err", err, "next_try", wait)
		if !pause(ctx, wait) {
			return
		}
	}
}

func (c *Client) settle(ctx context.Context, sets []CommandSet) (err error) {
	if !c.named.Load() {
		_, err = c.Me(ctx)
	}
	if menus := c.SetCommands(ctx, sets); err == nil {
		err = menus
	}
	return err
}
