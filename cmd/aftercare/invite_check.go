package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// check refuses what would make an offer that nobody meant, and returns in words what may
// be meant and is worth a look.
func (c *inviteCmd) check(a *terminal, store storage.Store) (warnings []string, err error) {
	if strings.Contains(c.Flow, "@") {
		return nil, usagef("people are asked the newest version of a survey. Write --flow without the @")
	}
	flow, err := lookUp(a.ctx, store, c.Flow)
	if err != nil {
		return nil, err
	}
	sites, err := store.Sites(a.ctx)
	if err != nil {
		return nil, fmt.Errorf("read the sites: %w", err)
	}
	sites = storage.Present(sites)
	switch {
	case c.Site == "" && len(sites) > 0:
		warnings = append(warnings, "no --site was given, so a complaint belongs to none: it reaches chats and staff of every site only. `aftercare site list` shows the sites")
	case c.Site != "" && !slices.ContainsFunc(sites, func(s storage.Site) bool { return s.ID == c.Site }):
		return nil, fmt.Errorf("there is no site %q. See `aftercare site list`", c.Site)
	}
	if err := c.wanted(a, store); err != nil {
		return nil, err
	}
	if c.Language != "" {
		if _, err := language.Parse(c.Language); err != nil {
			return nil, usagef("%q is not a language. Use a tag such as en or zh-Hans", c.Language)
		}
		if voice.MatchLanguage(flow.Languages, c.Language) == "" {
			warnings = append(warnings, fmt.Sprintf("%s is not written in %s: its questions come in %s", flow.ID, c.Language, flow.Languages[0]))
		}
	}
	for key := range c.Event {
		if err := knownAttribute(key, flow); err != nil {
			return nil, err
		}
	}
	return warnings, nil
}

// wanted refuses a customer who said in one of their chats that they want no surveys.
func (c *inviteCmd) wanted(a *terminal, store storage.Store) error {
	const chats = 100 // of one customer: there are a few
	known, err := store.IdentitiesOf(a.ctx, storage.IdentityQuery{Customer: c.Customer}, chats)
	if err != nil {
		return fmt.Errorf("look for the customer's chats: %w", err)
	}
	for _, id := range known {
		if !id.Stopped.IsZero() {
			return fmt.Errorf("%q said stop on %s (%s): they want no surveys, and are not asked. They turn them on again themselves, with /start in Telegram or /feedback in Slack",
				c.Customer, id.Stopped.Format(time.DateOnly), id.Person.Platform)
		}
	}
	return nil
}

// knownAttribute refuses an attribute that neither the program nor the survey does
// anything with: it is a slip of the keyboard.
func knownAttribute(key string, flow published) error {
	if slices.Contains(voice.Attributes(), key) {
		return nil
	}
	if regexp.MustCompile(`\{` + regexp.QuoteMeta(key) + `\}|event\.` + regexp.QuoteMeta(key) + `\b`).Match(flow.source) {
		return nil
	}
	return usagef("nothing is made of %q in --event: neither Aftercare nor the survey %s knows it. Known are %s, and what the survey names itself",
		key, flow.ID, strings.Join(voice.Attributes(), ", "))
}

// warn prints what may be meant and is worth a look, beside the result.
func (a *terminal) warn(warnings []string) error {
	var failed error
	for _, w := range warnings {
		_, err := fmt.Fprintf(a.stderr, "aftercare: %s.\n", w)
		failed = errors.Join(failed, err)
	}
	return failed
}
