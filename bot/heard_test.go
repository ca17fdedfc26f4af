package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// sentThings is everything that a customer can send beside a button, by name. Each platform
// reports some of it.
func sentThings() map[string]chat.Update {
	file := func(kind string) chat.Update {
		return chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: kind, ID: "id-" + kind}}}
	}
	thing := func(kind, says string) chat.Update {
		return chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: kind, Name: says}}}
	}
	words := func(s string) chat.Update { return chat.Update{Kind: chat.Text, Text: s} }
	return map[string]chat.Update{
		"words":             words("hello, my hair is green!! I want to speak to the manager"),
		"words of nothing":  words("asdf"),
		"a question":        words("By the way what are your opening hours?"),
		"Chinese":           words("我想要退款,你们太差了"),
		"an edited message": {Kind: chat.Edited, Text: "what I meant is the green hair", On: "77"},
		"a captioned photo": {Kind: chat.Text, Text: "look at this", Files: []chat.File{{Kind: "photo", ID: "id-c"}}},
		"a number":          {Kind: chat.Text, Contact: "+442079460000"},
		"a photo":           file("photo"), "a voice note": file("voice"), "a video": file("video"), "a song": file("audio"), "a file": file("document"),
		"a place": thing("location", "51.5, -0.12"), "a contact": thing("contact", "Bob · +442079460001"),
		"a poll": thing("poll", "Green? · yes · no"), "dice": thing("dice", "🎲 5"), "a sticker": thing("sticker", ""),
		"a story": thing("story", ""), "something unknown": thing("unknown", ""),
	}
}

// begun opens a survey in the customer's chat, whichever that is.
func (w *world) begun(c customer, r InviteRequest) {
	w.t.Helper()
	if c.address.Platform == chat.Web {
		w.command(c, "start", w.link)
		return
	}
	w.started(c, r)
}

// visits makes n-th customer of a world on a platform.
func (w *world) visits(on chat.Platform, n int) customer {
	w.t.Helper()
	id := fmt.Sprint(7001 + n)
	switch on {
	case chat.Slack:
		return slackUser("U"+id, "Ann", "en")
	case chat.Web:
		inv := w.invite(InviteRequest{Flow: "post_service_3", Site: "main-street"})
		v, err := w.bot.Visitor(context.Background(), inv.Token, "")
		if err != nil {
			w.t.Fatal(err)
		}
		w.link = inv.Token
		return customer{user: v.User, address: v.Address}
	}
	return telegramUser(id, "Ann", "en")
}

// Row 41: whatever a customer sends, and whenever: they are answered, nobody tells them that
// nobody reads it, and staff see it or the one who wrote is told that it went to an answer.
func TestNobodyIsUnheard(t *testing.T) {
	for _, on := range []chat.Platform{chat.Telegram, chat.Slack, chat.Web} {
		for _, at := range heardMoments(on) {
			t.Run(string(on)+"/"+at.name, func(t *testing.T) {
				w := newWorldOf(t, 1)
				setStaff(w.bot, staffTG)
				n := 0
				for name, u := range sentThings() {
					if on == chat.Web && (u.Text == "" || u.Kind == chat.Edited || len(u.Files) > 0) {
						continue // a page sends words
					}
					if on == chat.Slack && (u.Contact != "" || len(u.Files) > 0 && u.Files[0].ID == "" && u.Files[0].Kind != "unknown") {
						continue // Slack has no such messages
					}
					w.now = w.now.Add(48 * time.Hour) // so that they are no storm
					n++
					c := w.visits(on, n)
					at.reach(w, c)
					w.now = w.now.Add(20 * time.Second)
					w.settle(staffTG)
					before, staff := w.sums(c.address), w.sums(staffTG)
					answers := w.handle(w.update(c, u))
					w.settle(staffTG)
					said := w.news(c.address, before)
					for _, a := range answers {
						said += a.Text + "\n"
					}
					if strings.TrimSpace(said) == "" {
						t.Errorf("%s: nobody answers", name)
					}
					for _, never := range []string{"nobody reads", "only text is read", "No survey is open", "not known"} {
						if strings.Contains(said, never) {
							t.Errorf("%s: they are told %q", name, said)
						}
					}
					heard := w.news(staffTG, staff)
					took := "" // what went to an answer, where they are told so
					if strings.Contains(said, "You answered") || strings.Contains(said, "Added to your answer") || strings.Contains(said, "(Edit: ") {
						took = w.answered(c)
					}
					for _, part := range partsOf(u) {
						if !strings.Contains(heard, part) && !strings.Contains(took, part) {
							t.Errorf("%s: %q is nowhere: staff see %q; they are told %q", name, part, heard, said)
						}
					}
					if u.Text != "" && !strings.Contains(w.wordsKept(c), quotedJSON(t, u.Text)) {
						t.Errorf("%s: what was written is not among the words and answers that are kept", name)
					}
					if strings.Contains(said, "The team can read") && heard == "" {
						t.Errorf("%s: they are told that the team can read it, and staff see nothing", name)
					}
				}
			})
		}
	}
}

// partsOf are what staff, or an answer, must hold of what was sent: its words, and of a file or a
// thing its kind, with what that says.
func partsOf(u chat.Update) (parts []string) {
	for _, said := range []string{u.Text, u.Contact} {
		if said != "" {
			parts = append(parts, said)
		}
	}
	if len(u.Files) > 0 {
		v := &voice.Voice{Words: inEnglish}
		parts = append(parts, strings.Split(v.Files(files(u.Files)), ": ")...)
	}
	return parts
}

// answered is all that is stored of a customer's answers in words and files.
func (w *world) answered(c customer) string {
	w.t.Helper()
	var all strings.Builder
	v := &voice.Voice{Words: inEnglish}
	for _, a := range w.session(c).Answers {
		if !a.Dropped {
			all.WriteString(a.Text + "\n" + v.Files(a.Files) + "\n")
		}
	}
	return all.String()
}

// wordsKept is all that is kept of what a customer wrote: words, answers and feedback. What a card
// shows of them is no record.
func (w *world) wordsKept(c customer) string {
	w.t.Helper()
	d, err := w.store.Dossier(w.t.Context(), storage.Anchor{Identities: []storage.Person{c.person()}})
	if err != nil {
		w.t.Fatal(err)
	}
	kept := []any{d.Words, d.Feedback}
	for _, s := range d.Conversations {
		kept = append(kept, s.Answers)
	}
	return quotedJSON(w.t, kept)
}

// inEnglish are the texts in English.
var inEnglish = func() *voice.Words {
	texts, err := voice.Load()
	if err != nil {
		panic(err) // they are embedded
	}
	return texts.Of("en")
}()

// Every kind of thing that the program has a word for is among what customers send here.
func TestWhatIsSentIsOfEveryKind(t *testing.T) {
	t.Parallel()
	kinds := map[string]bool{}
	for _, u := range sentThings() {
		for _, f := range u.Files {
			kinds["file_"+f.Kind] = true
		}
	}
	for id := range inEnglish.Plain {
		name, is := strings.CutPrefix(id, "file_")
		if is && !strings.Contains(name, "_") && name != "named" && name != "from" && !kinds[id] {
			t.Errorf("nobody sends a %s", name)
		}
	}
}

// newestCase is the newest case of a customer.
func (w *world) newestCase(c customer) (newest storage.Case) {
	w.t.Helper()
	for _, k := range w.cases() {
		if k.Identity == c.person().ID() && !k.OpenedAt.Before(newest.OpenedAt) {
			newest = k
		}
	}
	return newest
}

// sums are what a chat shows, by slot.
func (w *world) sums(at chat.Address) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	for _, d := range w.transcript(at) {
		all[d.Slot] = d.Hash
	}
	return all
}

// news is what a chat shows since then, as plain text; one's own words are none.
func (w *world) news(at chat.Address, since map[string]string) string {
	w.t.Helper()
	var all strings.Builder
	for _, d := range w.transcript(at) {
		if since[d.Slot] != d.Hash && !d.Render.Mine {
			all.WriteString(drawn(d.Render))
		}
	}
	return all.String()
}

// Further words of a day join one entry by an edit; the next day has one of its own; one tap
// makes a complaint of it, whose clocks run.
func TestWordsOutsideASurveyAreOneEntryADay(t *testing.T) {
	w := newWorldOf(t, 1)
	setStaff(w.bot, staffTG)
	ann := telegramUser("7001", "Ann", "en")
	w.say(ann, "Your barber ruined my hair.")
	k := w.onlyCase()
	if !k.Watched() || !k.Next.IsZero() {
		t.Errorf("the entry is %+v, next at %v", k.Decision, k.Next)
	}
	w.say(ann, "Call me.")
	w.settle(staffTG)
	rows := w.transcript(staffTG)
	if len(rows) != 1 || !strings.Contains(drawn(rows[0].Render), "Call me.") || !strings.Contains(drawn(rows[0].Render), "ruined") {
		t.Errorf("staff see %d messages: %s", len(rows), w.news(staffTG, nil))
	}
	offers := 0
	for _, d := range w.transcript(ann.address) {
		offers += len(d.Render.Rows)
	}
	if offers != 1 {
		t.Errorf("the chat offers %d complaints:\n%s", offers, w.news(ann.address, nil))
	}
	w.now = w.now.Add(24 * time.Hour)
	w.say(ann, "Nobody called.")
	if n := len(w.cases()); n != 2 {
		t.Fatalf("there are %d entries after two days", n)
	}
	says(t, w.press(ann, "It is a complaint"), "sorry", false)
	for _, c := range w.cases() {
		if c.ID != k.ID && (c.Watched() || c.Decision.Priority != recovery.P2 || c.Next.IsZero()) {
			t.Errorf("the complaint is %+v, next at %v", c.Decision, c.Next)
		}
	}
	if f := w.feedback(); len(f) != 1 || f[0].Kind != storage.Complaint || f[0].Text != "Nobody called." {
		t.Errorf("the feedback is %+v", f)
	}
}

// Whatever somebody writes, and however much of it: every word can be read by staff, before a
// case, on an entry, and while a case waits for the end of a mute.
func TestEveryWordOfASessionCanBeRead(t *testing.T) {
	said := []string{"first", strings.Repeat("long words ", 60) + "LONGEST"}
	for i := range 12 {
		said = append(said, fmt.Sprintf("word number %d", i))
	}
	for _, c := range []struct {
		name  string
		begin func(*world, customer)
		end   func(*world)
	}{
		{"beside a question", func(w *world, ann customer) {
			w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
		}, nil},
		{"beside a question, and then a case", func(w *world, ann customer) {
			w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
		}, func(w *world) {
			w.press(telegramUser("7001", "Ann", "en"), "1")
		}},
		{"outside a survey", func(*world, customer) {}, nil},
		{"to a case", func(w *world, ann customer) {
			w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
			w.press(ann, "1")
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorldOf(t, 1)
			setStaff(w.bot, staffTG)
			ann := telegramUser("7001", "Ann", "en")
			c.begin(w, ann)
			for _, words := range said {
				w.now = w.now.Add(time.Minute)
				w.say(ann, words)
				w.settle(staffTG)
			}
			if c.end != nil {
				c.end(w)
				w.settle(staffTG)
			}
			seen := w.news(staffTG, nil)
			for _, words := range said {
				if !strings.Contains(seen, words) {
					t.Errorf("%q is nowhere", voice.Cut(words, 30))
				}
			}
		})
	}
}
