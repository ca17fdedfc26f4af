package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

const (
	// pollSeconds is how long Telegram holds a poll that has nothing to tell; shorter ones
	// it holds for three seconds too. It may hold one for 50, but a poll whose answer is lost
	// on the way (a connection that is half open) is noticed only when pollTimeout is over.
	pollSeconds  = 3
	pollUpdates  = 100
	conflictWait = 5 * time.Second
)

// Poller takes updates by long polling. Telegram forgets an update once it is
// polled past, and a Poller does that only after the handler returned nil: an
// update is handled at least once.
type Poller struct {
	client  *Client
	handler chat.Handler
}

// NewPoller returns a Poller. Only one may run per bot, in the whole world.
func NewPoller(c *Client, h chat.Handler) *Poller {
	return &Poller{client: c, handler: h}
}

// Run polls until ctx ends, and returns nil then. It outlasts every failure of
// Telegram's or of the network; its only error is chat.Revoked, when Telegram does
// not know the token.
func (p *Poller) Run(ctx context.Context) error {
	answers := startAnswerer(ctx, p.client)
	defer answers.stop()
	if err := p.takeOver(ctx); err != nil {
		return stopped(ctx, err)
	}
	var offset int64 // 0 = from the first update that was not confirmed
	failures := 0
	for ctx.Err() == nil {
		// After a failure a smaller answer may get through where a large one did not.
		raw, err := p.poll(ctx, offset, max(pollUpdates>>failures, 1))
		if err != nil {
			failures++
			if err := p.recover(ctx, err, failures); err != nil {
				return stopped(ctx, err)
			}
			continue
		}
		failures = 0
		if len(raw) == 0 {
			// All is confirmed. Ids begin anew at random after a quiet week, perhaps
			// below an offset that was kept.
			offset = 0
			continue
		}
		updates, last := p.decode(raw)
		if last == 0 {
			failures++
			if !pause(ctx, backoff(failures, nil)) {
				return nil
			}
			continue
		}
		said, ok := p.handle(ctx, updates)
		if !ok {
			return nil
		}
		answers.add(answersFor(updates, said))
		offset = last + 1
	}
	return nil
}

// stopped is err, or nil if it came of the caller's wish to stop.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// takeOver makes the bot one that is polled; pending updates stay. The polling waits for
// none of it: where a webhook still stands the first poll says so.
func (p *Poller) takeOver(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	var errs []error
	if p.client.username() == "" {
		_, err := p.client.Me(short)
		errs = append(errs, err)
	}
	errs = append(errs, p.client.call(short, callTimeout, "deleteWebhook", nil, nil))
	for _, err := range errs {
		if err != nil && chat.AsError(err).Kind == chat.Revoked {
			return fmt.Errorf("start polling: %w", err)
		}
	}
	if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
		p.client.log.Warn("Telegram does not answer all that is asked before polling; it is polled all the same", "err", err)
	}
	return nil
}

func (p *Poller) poll(ctx context.Context, offset int64, limit int) ([]json.RawMessage, error) {
	params := parameters{
		"limit":           strconv.Itoa(limit),
		"timeout":         strconv.Itoa(pollSeconds),
		"allowed_updates": allowedUpdates,
	}
	if offset != 0 {
		params["offset"] = strconv.FormatInt(offset, 10)
	}
	var raw []json.RawMessage
	err := p.client.call(ctx, pollTimeout, "getUpdates", params, &raw)
	return raw, err
}

// recover waits after a failed poll, and undoes what it can of its cause. It
// returns an error when polling must end.
func (p *Poller) recover(ctx context.Context, err error, failures int) error {
	if ctx.Err() != nil {
		return nil
	}
	if chat.AsError(err).Kind == chat.Revoked {
		return fmt.Errorf("poll: %w", err)
	}
	wait := backoff(failures, err)
	refused, ok := refusal(err)
	switch {
	case ok && refused.code == 409 && refused.says("webhook"):
		p.client.log.Warn("a webhook was set for this bot by another program, or by this one before it polled; removing it, since this one polls (TELEGRAM_MODE=poll)")
		if err := p.client.call(ctx, callTimeout, "deleteWebhook", nil, nil); err == nil {
			return nil
		}
	case ok && refused.code == 409:
		wait = max(wait, conflictWait)
		p.client.sides.NoteRival(chat.Telegram, p.client.id, p.client.clock())
		p.client.log.Error("another program polls Telegram with this bot's token, so that each takes updates from the other: stop the other one, or give it a bot of its own", "next_try", wait)
	default:
		p.client.log.Warn("polling Telegram failed; trying again", "err", err, "failures", failures, "next_try", wait)
	}
	pause(ctx, wait)
	return nil
}

// decode returns the updates and the id of the last one, 0 if none has one.
func (p *Poller) decode(raw []json.RawMessage) (updates []chat.Update, last int64) {
	for _, r := range raw {
		u, err := p.client.decode(r)
		if err != nil {
			p.client.log.Error("Telegram sent what is no update; it is passed over", "bytes", len(r))
			continue
		}
		updates = append(updates, u)
		last = updateID(r)
	}
	return updates, last
}

func updateID(raw json.RawMessage) int64 {
	var u struct {
		ID int64 `json:"update_id"`
	}
	if json.Unmarshal(raw, &u) != nil {
		return 0
	}
	return u.ID
}

// handle gives the batch to the handler until it takes it. Keeping the batch here
// while the store is away saves the taps, which Telegram forgets after 150 s. It is
// false when ctx ended first.
func (p *Poller) handle(ctx context.Context, updates []chat.Update) ([]chat.Answer, bool) {
	for failures := 1; ; failures++ {
		answers, err := p.handler(ctx, updates)
		if err == nil {
			return answers, true
		}
		if ctx.Err() != nil {
			return nil, false
		}
		wait := min(backoff(failures, nil), 5*time.Second)
		p.client.log.Error("updates could not be stored; trying again, nothing is lost", "err", err, "updates", len(updates), "next_try", wait)
		if !pause(ctx, wait) {
			return nil, false
		}
	}
}

// insist tries until it works, ctx ends, or Telegram does not know the token.
func (c *Client) insist(ctx context.Context, what string, try func(context.Context) error) error {
	for failures := 1; ; failures++ {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if e := chat.AsError(err); e.Kind == chat.Revoked || e.Kind == chat.Rejected {
			return fmt.Errorf("%s: %w", what, err)
		}
		wait := backoff(failures, err)
		if ctx.Err() == nil {
			c.log.Warn("Telegram cannot be reached; trying again", "to", what, "err", err, "next_try", wait)
		}
		if !pause(ctx, wait) {
			return errors.Join(ctx.Err(), fmt.Errorf("%s: %w", what, err))
		}
	}
}
