package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
)

const (
	// offEvery is how often it is looked which endpoints were switched off.
	offEvery = time.Minute
	// offFor is for how long after that leads are told of it.
	offFor = 3 * 24 * time.Hour
)

// endpointsOff tells leads of endpoints of other systems that were switched off because they took
// nothing, or wanted no more: each lead once, of whatever number of sites an endpoint was told.
func (s *teller) endpointsOff(ctx context.Context) error {
	now := s.bot.now()
	if now.Sub(s.offAt) < offEvery && !now.Before(s.offAt) {
		return nil
	}
	kept, err := s.bot.store.Installations(ctx, chat.Hook)
	if err != nil {
		return err
	}
	for _, i := range kept {
		h, err := storage.HookOf(i)
		if err != nil || h.Off != storage.HookGone && h.Off != storage.HookFailing || h.OffAt.Before(now.Add(-offFor)) {
			continue
		}
		if err := s.endpointOff(ctx, &h); err != nil {
			return err
		}
	}
	s.offAt = now
	return nil
}

func (s *teller) endpointOff(ctx context.Context, h *storage.Hook) error {
	slot := storage.Slot{Kind: storage.ReportSlot, Owner: h.ID, Part: "off-" + strconv.FormatInt(h.OffAt.Unix(), 10)}
	name := func(at chat.Address) string {
		slot.At = at
		return slot.String()
	}
	// leadOf has each chat once, with the site in whose language it is told.
	leadOf := func(snap *snapshot.Snapshot) (all []chat.Address, at map[chat.Address]string) {
		at = map[chat.Address]string{}
		sites := h.Sites
		if len(sites) == 0 {
			sites = snap.NamedSites()
		}
		for _, site := range sites {
			for _, a := range leads(snap, site) {
				if _, known := at[a]; !known {
					at[a], all = site, append(all, a)
				}
			}
		}
		return all, at
	}
	var slots []string
	chats, _ := leadOf(s.bot.snap.Now())
	for _, at := range chats {
		slots = append(slots, name(at))
	}
	if len(slots) == 0 {
		return nil
	}
	return s.bot.perform(ctx, s.bucketFor(h.ID), s.bot.turnOf("", "endpoint off", storage.Load{Slots: slots}, nil, func(t *turn) error {
		chats, sites := leadOf(t.snap)
		for _, at := range chats {
			if _, told := t.with.slots[name(at)]; told || !slices.Contains(slots, name(at)) {
				continue
			}
			v := render.SiteVoice(t.b.texts, t.snap.Site(sites[at]), t.now)
			text := v.Say("endpoint_"+string(h.Off), "name", v.Quoted(h.Name))
			if base := LinksOf(t.b).PublicURL(); strings.HasPrefix(base, "http") {
				text += "\n" + v.Say("endpoint_page", "url", base+"/settings/webhooks/"+h.ID)
			}
			t.want(storage.Want{
				Slot: name(at), Kind: storage.CardD, Rank: storage.Spare, Address: t.snap.At(at),
				Render: chat.Message{Title: v.Say("endpoint_off"), Text: text, Lang: v.Lang},
			})
		}
		return nil
	}))
}
