package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// AskNow is that a member of staff wants a customer to be asked now.
type AskNow struct {
	Once       string // what tells it from all other wishes
	Customer   string
	Person     storage.Person // where no key is known
	Flow, Site string
	By         string // who of staff
}

// AskedNow is what became of such a wish.
type AskedNow struct {
	State  string // an invitation.State
	Reason string // an invitation.Reason; "" = none
	By     string // the platform
	Link   string // that somebody is to hand out
	From   time.Time
}

// Asker asks a customer, by the policy that holds for everybody who is asked.
type Asker func(context.Context, AskNow) (AskedNow, error)

// StaffAsks is how staff have customers asked by words in a chat.
type StaffAsks struct{ Bot *Bot }

// By says who asks them. Until it is called nobody does.
func (s StaffAsks) By(f Asker) { s.Bot.asker.Store(&f) }

// usualSurvey is what staff ask by who name no survey.
const usualSurvey = "post_service_3"

// asking is the command by which staff ask a customer on this platform.
func asking(can chat.Traits) string {
	if can.Slash != "" {
		return can.Slash + " invite"
	}
	return "/invite"
}

// asksNow is a member of staff who wants a customer to be asked: "/invite C-881". From anybody
// else it means what any word means.
func (j *job) asksNow(context.Context) (bool, error) {
	u, snap := j.update, j.b.snap.Now()
	if u.Kind != chat.Command || u.Command != "invite" || u.User.Bot || j.b.asker.Load() == nil {
		return false, nil
	}
	staff, ok := snap.Team.Members[snap.Team.Links[j.staffer()]]
	if !ok || !u.Private && !snap.StaffHears(u.From) {
		return false, nil
	}
	nothing := func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil }
	j.work = outbox.Work{Bucket: j.bucket, Turn: storage.Turn{Apply: nothing}}
	j.next = func(ctx context.Context) (outbox.Work, error) {
		says, err := StaffAsks{j.b}.words(ctx, u, &staff)
		if err != nil {
			return outbox.Work{}, err
		}
		return outbox.Work{Bucket: j.bucket, Turn: j.b.turnOf(u.Key, u.Key, storage.Load{}, &j.said, func(t *turn) error {
			v := t.reader(u)
			text := says(v)
			if u.Ephemeral {
				t.answer(text, false)
				return nil
			}
			t.want(storage.Want{
				Slot: named(j.person.ID(), t.key), Kind: storage.NoticeD, Address: t.snap.At(u.From),
				Render: chat.Message{Text: text, Lang: v.Lang, Replies: u.Own},
			})
			return nil
		})}, nil
	}
	return true, nil
}

// words asks whom the words of a command name, and returns what is said of it.
func (s StaffAsks) words(ctx context.Context, u *chat.Update, staff *storage.Staff) (says func(*voice.Voice) string, err error) {
	b := s.Bot
	say := func(id string, pairs ...string) func(*voice.Voice) string {
		return func(v *voice.Voice) string { return v.Say(id, pairs...) }
	}
	snap := b.snap.Now()
	words := strings.Fields(u.Text)
	if len(words) == 0 {
		command := asking(snap.Traits[u.From.Platform])
		return say("asknow_how", "command", command, "account", "@anna", "example", command+" C-881 "+usualSurvey), nil
	}
	wish := AskNow{Once: u.Key, Customer: words[0], Flow: usualSurvey, By: staff.ID}
	name := voice.Cut(words[0], voice.LongestName)
	surveys, err := (Offers{b}).Classes(ctx)
	if err != nil {
		return nil, err
	}
	var places []string
	for id, x := range snap.Sites {
		if x.Gone.IsZero() && access.Can(staff.Roles, access.AskNow, id) {
			places = append(places, id)
		}
	}
	slices.Sort(places)
	for _, w := range words[1:] {
		if slices.Contains(places, w) {
			wish.Site = w
			continue
		}
		wish.Flow = w
	}
	if len(places) == 1 {
		wish.Site = places[0]
	}
	_, asked := surveys[wish.Flow]
	switch {
	case len(places) == 0:
		return say("asknow_may_not"), nil
	case !asked:
		return say("asknow_survey", "name", voice.Cut(wish.Flow, voice.LongestName)), nil
	case wish.Site == "":
		return say("asknow_site", "sites", strings.Join(places, ", ")), nil
	}
	people, err := FindPeople(ctx, b, words[0])
	switch {
	case err != nil:
		return nil, err
	case len(people) > 1:
		return say("asknow_several", "name", name), nil
	case len(people) == 0 && strings.ContainsAny(words[0], "@:"): // no key is written so
		return say("asknow_nobody", "name", name), nil
	case len(people) == 1:
		wish.Customer, wish.Person = keyOf(&people[0])
	}
	got, err := (*b.asker.Load())(ctx, wish)
	if err != nil {
		return nil, fmt.Errorf("ask a customer: %w", err)
	}
	return func(v *voice.Voice) string { return got.say(v, name) }, nil
}

// keyOf is the key by which somebody is asked, and the chat account of one who has none.
func keyOf(d *storage.Dossier) (key string, person storage.Person) {
	for _, k := range d.Keys {
		if !slices.ContainsFunc(d.Identities, func(i storage.Identity) bool { return i.ID == k }) {
			return k, person
		}
	}
	for _, i := range d.Identities {
		return i.ID, i.Person
	}
	return "", person
}

// say says to staff what became of their wish.
func (a AskedNow) say(v *voice.Voice, name string) string {
	from := ""
	if !a.From.IsZero() {
		from = v.Day(a.From)
	}
	switch {
	case a.Link != "":
		return v.Say("asknow_link", "name", name, "link", a.Link)
	case a.State == "scheduled" && from != "":
		return v.Say("asknow_waits", "name", name, "date", from)
	case a.Reason == "stopped":
		return v.Say("asknow_stopped", "name", name)
	case a.Reason == "pending":
		return v.Say("asknow_open", "name", name)
	case a.Reason != "" && from != "":
		return v.Say("asknow_lately", "name", name, "date", from)
	case a.Reason != "":
		return v.Say("asknow_not", "name", name)
	}
	return v.Say("asknow_sent", "name", name, "channel", v.Channel(chat.Platform(a.By)))
}
