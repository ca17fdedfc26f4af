package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// codeForm is what StaffCode makes, as somebody pastes it into a chat.
var codeForm = regexp.MustCompile(`\b[A-Z2-7]{16}\b`)

// mostCodes is how many words of one message are looked up.
const mostCodes = 3

// codeStart begins the text of "/start" behind a link that carries a code for staff.
const codeStart = "l-"

// ownCode is the code with which somebody links their own chat: "/link CODE", or what a link
// of StaffCodeLink sends by one tap.
func ownCode(u *chat.Update) (code string, ok bool) {
	if u.Kind != chat.Command {
		return "", false
	}
	if u.Command == "start" {
		code, ok = strings.CutPrefix(u.Text, codeStart)
		return code, ok && codeForm.FindString(code) == code // one invitation in 4,096 begins like that
	}
	return u.Text, u.Command == "link"
}

// codesIn are the words of an update that may be codes for staff.
func codesIn(u *chat.Update) []string {
	found := codeForm.FindAllString(u.Text, mostCodes)
	if u.Kind == chat.Command && u.Command == "link" && u.Text != "" {
		found = append(found, u.Text) // typed in small letters, or with spaces
	}
	return found
}

// codeSeen spends a code for staff that was written where others read, by whatever words and
// as a reply to whatever: otherwise the first of them to send it would be that member of
// staff. It is said there that it works no more. The same update may spend it again, so that a
// redelivery, and a crash in between, are harmless.
func (j *job) codeSeen(ctx context.Context) (bool, error) {
	b, u := j.b, j.update
	switch u.Kind {
	case chat.Text, chat.Command, chat.Edited:
	default:
		return false, nil
	}
	if u.Private || u.Ephemeral || b.snap.Now().Traits[u.From.Platform].Stored {
		return false, nil
	}
	for _, code := range codesIn(u) {
		staff, err := b.store.SpendStaffCode(ctx, b.key.code("staff", code), u.Key, b.now())
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("spend a code that others read: %w", err)
		}
		b.log.Warn("a code for staff was written where others read it, and works no more",
			"staff", staff, "platform", u.From.Platform, "do", "make a new one, to be sent in a private chat: aftercare staff code "+staff)
		j.turn(storage.Load{}, func(t *turn) error {
			v := t.reader(u)
			t.want(storage.Want{
				Slot: named(j.person.ID(), t.key), Kind: storage.NoticeD, Address: t.snap.At(u.From),
				Render: chat.Message{Text: v.Say("code_seen"), Lang: v.Lang, Replies: u.Own},
			})
			return nil
		})
		return true, nil
	}
	return false, nil
}

// tellHomes tells a member of staff, in the chats that were linked to them before, that one
// more acts in their name: nobody becomes somebody else unnoticed.
func (t *turn) tellHomes(staff string, by *chat.Update) {
	if staff == "" {
		return
	}
	m := t.snap.Team.Members[staff]
	own := snapshot.HomeOf(personOf(by))
	for _, home := range t.snap.Team.Homes[staff] {
		if home == own || t.snap.Lost(home) {
			continue
		}
		v := render.SiteVoice(t.b.texts, t.snap.Site(firstSite(m)), t.now)
		text := v.Say("link_told", "name", voice.Cut(m.Name, voice.LongestName),
			"who", voice.Cut(by.User.Name, voice.LongestName), "channel", v.Channel(by.From.Platform))
		t.want(storage.Want{
			Slot: t.noticeSlot(t.identity.ID), Kind: storage.NoticeD, Address: t.snap.At(home), Render: chat.Message{Text: text, Lang: v.Lang},
		})
	}
}

// firstSite is a site whose language a member of staff speaks.
func firstSite(s storage.Staff) string {
	var sites []string
	for id := range s.Roles {
		if id != access.EverySite {
			sites = append(sites, id)
		}
	}
	if len(sites) == 0 {
		return ""
	}
	return slices.Min(sites)
}

// linking is a code for staff in a chat where it stays a secret.
func (j *job) linking(context.Context) (bool, error) {
	if !isLink(j.update) {
		return false, nil
	}
	j.linkJob()
	return true, nil
}
