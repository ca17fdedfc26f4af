package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// inviteDoneCmd says that a service is over. The server need not run: what is asked then waits
// for it.
type inviteDoneCmd struct {
	outputFlags
	Code string `arg:"" help:"The invitation: its link, or what the link ends with."`
	At   string `help:"When the service was over, as 2026-05-31T18:00 or with its zone. Now unless given."`
}

// doneView is what became of it, as programs see it.
type doneView struct {
	Result string     `json:"result"` // asked, later, noted, nothing
	At     *time.Time `json:"asked_at,omitempty"`
}

// Run tells the survey.
func (c *inviteDoneCmd) Run(a *terminal) error {
	at, err := moment(c.At, time.Local)
	if err != nil {
		return usagef("--at: %v", err)
	}
	store, b, err := a.openBot()
	if err != nil {
		return err
	}
	defer store.Close()
	defer b.Close()
	if at.IsZero() {
		at = a.clock()
	}
	what, asked, err := bot.Served{Token: codeOf(c.Code), At: at}.Tell(a.ctx, b)
	switch {
	case errors.Is(err, bot.ErrUnknownLink):
		return errors.New("no invitation has this code. It is what the link ends with, as `aftercare invite` printed it")
	case err != nil:
		return err
	}
	if c.JSON {
		v := doneView{Result: what}
		if !asked.IsZero() {
			v.At = &asked
		}
		return a.printJSON(v)
	}
	words := map[string]string{
		bot.ServedAsked:   "The customer is asked what comes after the service, as soon as the server runs.",
		bot.ServedLater:   fmt.Sprintf("The customer is asked what comes after the service on %s: the survey's delay is counted from its end.", asked.Format("2006-01-02 15:04 MST")),
		bot.ServedNoted:   "It is noted. The customer has yet to open the survey, or to answer what comes before the service; it goes on from there.",
		bot.ServedNothing: "This survey waits for nothing: it asks nothing before the service, or it has ended. Nothing was changed.",
	}
	return a.printf("%s\n", words[what])
}

// codeOf is the code of an invitation in its link.
func codeOf(given string) string {
	given = strings.TrimSpace(given)
	u, err := url.Parse(given)
	if err != nil || u.Host == "" {
		return given
	}
	if code := u.Query().Get("start"); code != "" {
		return code
	}
	return path.Base(u.Path)
}

// moment reads a time as people type it, in a zone where it names none; "" is no time.
func moment(given string, zone *time.Location) (time.Time, error) {
	if given == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, given); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, given, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("write the time as 2026-05-31T18:00, not %q", given)
}

// siteZone is the zone of a site; that of this machine where none is known.
func siteZone(ctx context.Context, store storage.Store, id string) *time.Location {
	sites, err := store.Sites(ctx)
	if err != nil {
		return time.Local
	}
	for _, s := range sites {
		if s.ID == id {
			if zone, err := time.LoadLocation(s.Zone); err == nil {
				return zone
			}
		}
	}
	return time.Local
}
