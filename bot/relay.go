package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// The conversation between staff and a customer has a slot for each part of each message.
// What staff write reaches the customer through a storage.ReplySlot and in no other way, and
// only sayToCustomer makes one.

// wordsSlot names one part of words of a case: the text counts from 0, its files from f0.
func wordsSlot(kind storage.SlotKind, kase, part string, of storage.Written) storage.Slot {
	return storage.Slot{Kind: kind, Owner: kase, Part: part, Of: of}
}

func wordsPart(n int) string { return strconv.Itoa(n) }
func filePart(n int) string  { return "f" + strconv.Itoa(n) }

// mostParts is into how many messages words of so many characters fall at most: each but
// the last is more than half full.
func mostParts(characters int) int { return 2*characters/(voice.LongestPart/2) + 1 }

// said is what somebody wrote to the other side.
type said struct {
	text  string
	files []survey.File
	at    chat.Address // where the words stand; zero = in a form, where nobody else sees them
	own   chat.Ref     // the message that holds them
	key   string       // of the update
	// complaint says that they are one, whatever they begin with.
	complaint bool
}

// inChat is the act that brings the words to the customer. Words without text are files.
func inChat(s said) recovery.Contact {
	return recovery.Contact{Means: recovery.InChat, Text: s.text, Ref: s.key}
}

func saidIn(u *chat.Update, fs []survey.File) said {
	s := said{text: strings.TrimSpace(u.Text), files: fs, key: u.Key}
	if u.Own != "" {
		s.at, s.own = u.From, u.Own
	}
	return s
}

// id names the message: an edit of it has the same.
func (s said) id() storage.Written {
	if s.own == "" {
		return storage.Written{Ref: chat.Ref(s.key)}
	}
	return storage.Written{At: s.at, Ref: s.own}
}

// listens reports whether what the customer writes still belongs to the case: nobody
// said the last word yet.
func listens(k *storage.Case) bool {
	return k != nil && (k.State.Active() || k.State == recovery.Resolved || k.State == recovery.Unreached)
}

// toStaff gives words of the case's customer to it: its history has them, and so have the
// threads of its cards.
func (d *desk) toStaff(who *storage.Identity, s said) {
	joins := d.brings(who, s)
	sign := s.text
	if sign == "" && len(s.files) > 0 {
		sign = d.view().StaffVoice().Files(s.files)
	}
	// A turn may keep words more than once.
	d.happens(recovery.CustomerWrote{Text: sign, Ref: d.key + " " + strconv.Itoa(len(d.out.Words))})
	d.complains(s)
	d.out.Words = append(d.out.Words, storage.Words{
		ID: newID(), Session: d.kase.Session, Case: d.kase.ID, Inbound: true, Text: s.text, Files: s.files, At: d.now,
	})
	if home := d.session.Address; d.snap.Traits[home.Platform].Stored && s.text != "" {
		d.want(storage.Want{
			Slot: storage.Slot{Kind: storage.OwnSlot, Owner: d.kase.ID, Part: s.key}.Nth(len(d.out.Words)).String(), Kind: storage.NoticeD,
			Address: d.snap.At(home), Render: ownWords(d.snap.Traits[home.Platform], d.now, s.text, d.shown()),
		})
	}
	if d.waits() {
		return // they are shown once the case has a card
	}
	if entry(d.kase) && whole(d.session.Said) == len(d.session.Said) {
		s.text = "" // they are on its card, whole
	}
	d.heard = append(d.heard, heard{said: s, joins: joins})
}

// complains lets words for the case count as a complaint, by the command or by a phrase that
// they begin with: the case may become more urgent.
func (d *desk) complains(s said) {
	kind, _ := d.b.texts.Phrase(s.text)
	if kind != storage.Complaint && !s.complaint ||
		slices.ContainsFunc(d.out.Feedback, func(f storage.Feedback) bool { return f.Text == s.text }) {
		return
	}
	facts := d.session.Facts
	facts.Complaint = true
	d.happens(recovery.Joined{Decision: recovery.Decide(d.rules(), facts, survey.Judgement{})})
	d.out.Feedback = append(d.out.Feedback, d.feedbackOf(d.session, d.kase.ID, newID(), storage.Complaint, s.text))
}

// emptied takes back what is left of words that an edit made shorter: the parts of a slot
// from one on, of which slots holds those that there are.
func emptied(slots map[string]storage.Delivery, slot storage.Slot, from, characters int) []storage.Want {
	var all []storage.Want
	for n := from; n < mostParts(characters); n++ {
		slot.Part = wordsPart(n)
		if old, known := slots[slot.String()]; known {
			m := old.Render
			m.Text, m.Quotes, m.Rows = "…", nil, nil
			all = append(all, storage.Want{
				Slot: slot.String(), Kind: storage.RelayD, Address: old.Address, Render: m, OnlyIfKnown: true,
			})
		}
	}
	return all
}

func chatFiles(fs []survey.File) []chat.File {
	out := make([]chat.File, len(fs))
	for i, f := range fs {
		out[i] = chat.File{Kind: f.Kind, ID: f.ID, Name: f.Name, Size: f.Size}
	}
	return out
}

// sayToCustomer sends words of a member of staff to the customer, if the case allows it:
// it is the only way from staff to a customer. It returns why not, or nil.
func (d *desk) sayToCustomer(s said, by recovery.Actor) (*recovery.Refusal, error) {
	contact := inChat(s)
	contact.Waits = d.snap.Traits[d.session.Address.Platform].Stored
	if s.text == "" && len(s.files) > 0 {
		contact.Text = d.view().StaffVoice().Files(s.files)
	}
	first := d.kase.Round.Contacted.IsZero()
	before := len(d.out.Events)
	err := d.apply(contact, by)
	if refusal, ok := errors.AsType[*recovery.Refusal](err); ok {
		return refusal, nil
	}
	if err != nil || len(d.out.Events) == before {
		return nil, err // the same words again
	}
	d.out.Words = append(d.out.Words, storage.Words{
		ID: newID(), Session: d.kase.Session, Case: d.kase.ID, Text: s.text, Files: s.files, At: d.now,
	})
	if first && d.customer().On.Lays { // elsewhere the reply itself shows who is there
		d.tellCustomer(storage.JoinedSlot, "joined", "who", d.view().Signature(d.customer(), by.Name))
	}
	d.reply(s, by, false)
	return nil, nil
}

// reply shows the words in the customer's chat, and to staff who did not see them written.
func (d *desk) reply(s said, by recovery.Actor, edited bool) {
	c, customer := d.view(), d.customer()
	to := d.snap.At(d.session.Address)
	show := func(part string, m chat.Message) {
		m.Title = c.Signature(customer, by.Name)
		if d.snap.Traits[to.Platform].Lays {
			m.Layout = &chat.Layout{Part: chat.PartReply, At: d.now, Who: c.Signs(customer, by.Name)}
		}
		d.want(storage.Want{Slot: wordsSlot(storage.ReplySlot, d.kase.ID, part, s.id()).String(), Kind: storage.RelayD, Address: to, Render: m})
		status := ""
		if d.snap.Traits[to.Platform].Stored { // it waits on a page, see Transcripts.Seen
			status = "unopened"
		}
		d.echo(s.id(), part, m, status)
	}
	parts := voice.InParts(s.text)
	for n, part := range parts {
		show(wordsPart(n), chat.Message{Text: part})
	}
	files := s.files
	if edited {
		files = nil
	}
	for i := range files {
		m := chat.Message{Text: customer.Files(files[i : i+1])}
		if d.snap.SameFiles(s.at, to) {
			m.Text, m.Files = "", chatFiles(files[i:i+1])
		} else {
			v := c.StaffVoice()
			d.under(s, v.Say("file_not_sent", "name", c.CustomerName(v)))
		}
		show(filePart(i), m)
	}
	if edited {
		for _, want := range emptied(d.with.slots, wordsSlot(storage.ReplySlot, d.kase.ID, "", s.id()), len(parts), recovery.MaxText) {
			d.want(want)
		}
	}
}

// echo shows staff in other chats what one of them wrote to the customer; status is the
// sentence that says how far it has come, "" = none. That it arrived is said where there are
// no marks.
func (d *desk) echo(id storage.Written, part string, written chat.Message, status string) {
	c := d.view()
	v := c.StaffVoice()
	for _, at := range d.threads() {
		if !id.InForm() && d.snap.At(at) == id.At {
			continue // there they stand
		}
		says := status
		if status == "arrived" && d.snap.Traits[at.Platform].Marks {
			says = ""
		}
		m := c.Echo(v, written, says)
		m.Under = cardSlot(d.kase.ID, at)
		d.want(storage.Want{Slot: saidLine(d.kase.ID, part, id, at), Kind: storage.RelayD, Address: d.snap.At(at), Render: m})
	}
}

// saidLine is the place where a chat reads what was written elsewhere.
func saidLine(kase, part string, id storage.Written, at chat.Address) string {
	return storage.Slot{Kind: storage.SaidSlot, Owner: kase, Part: part, Of: id, At: at}.String()
}

// tellCustomer says a sentence of the program's own in the customer's chat, once in each
// round of the case: that somebody joined, or that the case is closed.
func (d *desk) tellCustomer(what storage.SlotKind, id string, pairs ...string) {
	v := d.customer()
	m := chat.Message{Text: v.Say(id, pairs...), Lang: v.Lang}
	if v.On.Lays && what == storage.JoinedSlot {
		m.Layout = &chat.Layout{Part: chat.PartEvent, At: d.now}
	}
	d.want(storage.Want{
		Slot: storage.Slot{Kind: what, Owner: d.kase.ID, Part: strconv.Itoa(d.kase.Reopens)}.String(), Kind: storage.RelayD,
		Address: d.snap.At(d.session.Address), Render: m,
	})
}

// ownWords are a customer's words as their own page shows them to them; told says that staff
// are shown them.
func ownWords(home chat.Traits, at time.Time, text string, told bool) chat.Message {
	m := chat.Message{Text: text, Mine: true}
	if home.Lays {
		m.Layout = &chat.Layout{Part: chat.PartOwn, At: at, Told: told}
	}
	return m
}

// under says something to whoever wrote s, below their message; where they wrote in a
// form it is the answer to that.
func (d *desk) under(s said, text string) {
	if s.own == "" {
		d.answer(text, true)
		return
	}
	d.want(storage.Want{
		Slot: d.noticeSlot(d.kase.ID), Kind: storage.NoticeD, Address: s.at,
		Render: chat.Message{Text: text, Lang: d.view().StaffVoice().Lang, Replies: s.own, Inert: true},
	})
}

// refused says to somebody who may not act that they may not, once for each case and chat:
// whoever goes on gets nothing more. Where they wrote in a form it is the answer to that.
func (d *desk) refused(s said, who storage.Person, text string) {
	if s.own == "" {
		d.answer(text, true)
		return
	}
	sum := sha256.Sum256([]byte(who.ID() + " " + s.at.String()))
	d.want(storage.Want{
		Slot: named(d.kase.ID, "refused-"+hex.EncodeToString(sum[:8])), Kind: storage.NoticeD, Rank: storage.Spare, Address: s.at,
		Render: chat.Message{Text: text, Lang: d.view().StaffVoice().Lang, Under: cardSlot(d.kase.ID, s.at), Inert: true},
	})
}

// prompt asks in a staff chat for words, as a reply to the message below.
func (d *desk) prompt(at chat.Address, below chat.Ref, p render.Prompt) {
	c := d.view()
	d.want(storage.Want{
		Slot: storage.Slot{Kind: storage.AskSlot, Owner: d.kase.ID, Part: p.Encode(), Key: d.key}.String(), Kind: storage.RelayD, Address: at,
		Render: c.Prompt(c.StaffVoice(), p, below),
	})
}
