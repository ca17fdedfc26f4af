package bot

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// The conversation between staff and a customer. Each message of it has a slot of its
// own, whose name says what it is and which case it belongs to:
//
//	relay:<case>:<part>:<address>/<message>   the customer's words, in a staff chat
//	reply:<case>:<part>:<origin>/<message>    a member of staff's words, in the customer's chat
//	said:<case>:<part>:<origin>/<message>>…   the same words, shown to staff elsewhere
//	ask:<case>:<what>:<update>                a prompt whose replies are words for the case
//
// What staff write reaches the customer through a slot of the kind reply and in no other
// way, and only sayToCustomer makes one.
const (
	relaySlot = "relay"
	replySlot = "reply"
	saidSlot  = "said"
	askSlot   = "ask"
	lostSlot  = "lost"
	markSlot  = "mark"
)

// slotParts are the kind, the case, the third part and the rest of such a slot's name.
func slotParts(slot string) (kind, kase, part, rest string) {
	all := strings.SplitN(slot, ":", 4)
	for len(all) < 4 {
		all = append(all, "")
	}
	return all[0], all[1], all[2], all[3]
}

// wordsSlot names one part of a message: its words count from 0, its files from f0.
func wordsSlot(kind, kase, part, of string) string {
	return kind + ":" + kase + ":" + part + ":" + of
}

func wordsPart(n int) string { return strconv.Itoa(n) }
func filePart(n int) string  { return "f" + strconv.Itoa(n) }

// mostParts is into how many messages words of so many characters fall at most: each but
// the last is more than half full.
func mostParts(characters int) int { return 2*characters/(LongestPart/2) + 1 }

// said is what somebody wrote to the other side.
type said struct {
	text  string
	files []survey.File
	at    chat.Address // where the words stand; zero = in a form, where nobody else sees them
	own   chat.Ref     // the message that holds them
	key   string       // of the update
}

func saidIn(u *chat.Update, fs []survey.File) said {
	s := said{text: strings.TrimSpace(u.Text), files: fs, key: u.Key}
	if u.Own != "" {
		s.at, s.own = u.From, u.Own
	}
	return s
}

// id names the message: an edit of it has the same.
func (s said) id() string {
	if s.own == "" {
		return "form/" + s.key
	}
	return s.at.String() + "/" + string(s.own)
}

// whereFrom is where the words of this id stand; zero = in a form.
func whereFrom(id string) (chat.Address, chat.Ref) {
	at, own, _ := strings.Cut(id, "/")
	parts := strings.SplitN(at, ":", 4)
	if len(parts) < 3 {
		return chat.Address{}, ""
	}
	a := chat.Address{Platform: chat.Platform(parts[0]), Account: parts[1], Chat: parts[2]}
	if len(parts) == 4 {
		a.Thread = parts[3]
	}
	return a, chat.Ref(own)
}

// listens reports whether what the customer writes still belongs to the case: nobody
// said the last word yet.
func listens(k *storage.Case) bool {
	return k != nil && (k.State.Active() || k.State == recovery.Resolved || k.State == recovery.Unreached)
}

// toStaff gives the customer's words to the case: its history has them, and so have the
// threads of its cards.
func (t *turn) toStaff(s said) {
	about := t.ofCase()
	sign := s.text
	if sign == "" && len(s.files) > 0 {
		sign = about.staffVoice().Files(s.files)
	}
	// A turn may keep words more than once.
	t.happens(recovery.CustomerWrote{Text: sign, Ref: t.key + " " + strconv.Itoa(len(t.out.Words))})
	t.complains(s.text)
	t.out.Words = append(t.out.Words, storage.Words{
		ID: newID(), Session: t.kase.Session, Case: t.kase.ID, Inbound: true, Text: s.text, Files: s.files, At: t.now,
	})
	if home := about.session.Address; home.Platform == chat.Web && s.text != "" {
		t.want(storage.Want{
			Slot: "own:" + t.kase.ID + ":" + s.key + ":" + strconv.Itoa(len(t.out.Words)), Kind: storage.NoticeD,
			Address: t.snap.At(home), Render: chat.Message{Text: s.text, Mine: true},
		})
	}
	if t.hush() {
		return // they are on the card once the case has one
	}
	t.relay(s, false)
}

// complains lets words for the case count as a complaint, by the command or by a phrase that
// they begin with: the case may become more urgent.
func (t *turn) complains(text string) {
	kind, _ := t.b.texts.Phrase(text)
	if kind != storage.Complaint && !t.complaint || slices.ContainsFunc(t.out.Feedback, func(f storage.Feedback) bool { return f.Text == text }) {
		return
	}
	about := t.ofCase()
	facts := about.session.Facts
	facts.Complaint = true
	t.happens(recovery.Joined{Decision: recovery.Decide(t.rules(), facts, survey.Judgement{})})
	t.out.Feedback = append(t.out.Feedback, about.feedbackOf(newID(), storage.Complaint, text))
}

// relay shows the customer's words below the case's cards; edited replaces what stands
// there already.
func (t *turn) relay(s said, edited bool) {
	about := t.ofCase()
	v := about.staffVoice()
	name := about.customerName(v)
	parts := InParts(s.text)
	for _, to := range t.threads() {
		of := to.String() + "/" + s.id()
		files := s.files
		if edited {
			files = nil
		}
		if len(parts) == 0 && len(files) == 0 {
			continue
		}
		show := func(part string, m chat.Message) {
			m.Title, m.Lang, m.Under = t.kase.Name()+" · "+name, v.Lang, cardSlot(t.kase.ID, to)
			m.Footer = v.Say("relay_reply", "name", name)
			if !t.kase.State.Active() {
				m.Footer = v.Say("relay_closed", "name", name)
				m.Rows = [][]chat.Button{t.actButtons(v, []recovery.ActKind{recovery.ActReopen}, false)}
			} else if hasForms(to.Platform) {
				m.Footer = ""
				if !t.barred() {
					m.Rows = [][]chat.Button{t.actButtons(v, []recovery.ActKind{recovery.ActContact}, true)}
				}
			} else if t.barred() {
				m.Footer = v.Say("refused_contact_denied")
			}
			t.want(storage.Want{
				Slot: wordsSlot(relaySlot, t.kase.ID, part, of), Kind: storage.RelayD, Address: t.snap.At(to), Render: m,
			})
		}
		for n, part := range parts {
			show(wordsPart(n), chat.Message{Quotes: []chat.Quote{{Text: part}}})
		}
		for i := range files {
			m := chat.Message{Text: v.Files(files[i : i+1])}
			if sameFiles(about.session.Address, to) {
				m.Files = chatFiles(files[i : i+1])
			}
			show(filePart(i), m)
		}
		if edited {
			t.emptyRest(relaySlot, of, len(parts), survey.MaxText)
		}
	}
}

// emptyRest takes back what is left of words that an edit made shorter.
func (t *turn) emptyRest(kind, of string, from, characters int) {
	for n := from; n < mostParts(characters); n++ {
		slot := wordsSlot(kind, t.kase.ID, wordsPart(n), of)
		old, known := t.slots[slot]
		if !known {
			continue
		}
		m := old.Render
		m.Text, m.Quotes, m.Rows = "…", nil, nil
		t.want(storage.Want{Slot: slot, Kind: storage.RelayD, Address: old.Address, Render: m, OnlyIfKnown: true})
	}
}

// barred reports whether the customer may not be written to now.
func (t *turn) barred() bool {
	return !slices.Contains(t.kase.AllowedMeans(), recovery.InChat)
}

// sameFiles reports whether a file of one chat can be shown in the other: the account
// that has it alone understands its reference.
func sameFiles(a, b chat.Address) bool {
	return a.Platform == chat.Telegram && b.Platform == a.Platform && a.Account == b.Account
}

func chatFiles(fs []survey.File) []chat.File {
	out := make([]chat.File, len(fs))
	for i, f := range fs {
		out[i] = chat.File{Kind: f.Kind, ID: f.ID, Name: f.Name, Size: f.Size}
	}
	return out
}

// threads are the chats where the case's conversation is shown: those of its cards.
func (t *turn) threads() []chat.Address {
	about := t.ofCase()
	places := about.places()
	t.out.Case = about.out.Case
	return places
}

// sayToCustomer sends words of a member of staff to the customer, if the case allows it:
// it is the only way from staff to a customer. It returns why not, or nil.
func (t *turn) sayToCustomer(s said, by recovery.Actor) (*recovery.Refusal, error) {
	about := t.ofCase()
	v := about.staffVoice()
	text := s.text
	if text == "" && len(s.files) > 0 {
		text = v.Files(s.files)
	}
	first := t.kase.Round.Contacted.IsZero()
	before := len(t.out.Events)
	err := t.apply(recovery.Contact{Means: recovery.InChat, Text: text, Ref: s.key}, by)
	if refusal, ok := errors.AsType[*recovery.Refusal](err); ok {
		return refusal, nil
	}
	if err != nil || len(t.out.Events) == before {
		return nil, err // the same words again
	}
	t.out.Words = append(t.out.Words, storage.Words{
		ID: newID(), Session: t.kase.Session, Case: t.kase.ID, Text: s.text, Files: s.files, At: t.now,
	})
	t.passed = len(t.out.Words) // staff have them already
	if first {
		t.tellCustomer("joined", "who", t.signature(by.Name))
	}
	t.reply(s, by, false)
	return nil, nil
}

// reply shows the words in the customer's chat, and to staff who did not see them written.
func (t *turn) reply(s said, by recovery.Actor, edited bool) {
	about := t.ofCase()
	v := about.staffVoice()
	to := t.snap.At(about.session.Address)
	show := func(part string, m chat.Message) {
		m.Title = t.signature(by.Name)
		slot := wordsSlot(replySlot, t.kase.ID, part, s.id())
		t.want(storage.Want{Slot: slot, Kind: storage.RelayD, Address: to, Render: m})
		there := to.Platform == chat.Web // the page shows what is stored
		t.echo(s.id(), part, m, there)
		if there {
			t.mark(part, s.id())
		}
	}
	parts := InParts(s.text)
	for n, part := range parts {
		show(wordsPart(n), chat.Message{Text: part})
	}
	files := s.files
	if edited {
		files = nil
	}
	for i := range files {
		m := chat.Message{Text: t.customerVoice().Files(files[i : i+1])}
		if sameFiles(s.at, to) {
			m.Text, m.Files = "", chatFiles(files[i:i+1])
		} else {
			t.under(s, v.Say("file_not_sent", "name", about.customerName(v)))
		}
		show(filePart(i), m)
	}
	if edited {
		t.emptyRest(replySlot, s.id(), len(parts), recovery.MaxText)
	}
}

// echo shows staff in other chats what one of them wrote to the customer; arrived adds,
// where there are no marks, that the customer has it.
func (t *turn) echo(id, part string, m chat.Message, arrived bool) {
	about := t.ofCase()
	v := about.staffVoice()
	stand, own := whereFrom(id)
	for _, at := range t.threads() {
		if own != "" && t.snap.At(at) == stand {
			continue // there they stand
		}
		line := chat.Message{
			Title: t.kase.Name() + " · " + v.Say("said_to", "who", m.Title, "name", about.customerName(v)),
			Lang:  v.Lang, Under: cardSlot(t.kase.ID, at), Files: m.Files,
		}
		if m.Text != "" {
			line.Quotes = []chat.Quote{{Text: m.Text}}
		}
		if arrived && at.Platform == chat.Web {
			line.Footer = v.Say("arrived")
		}
		t.want(storage.Want{Slot: saidLine(t.kase.ID, part, id, at), Kind: storage.RelayD, Address: t.snap.At(at), Render: line})
	}
}

func saidLine(kase, part, id string, at chat.Address) string {
	return wordsSlot(saidSlot, kase, part, id) + ">" + at.String()
}

// tellCustomer says a sentence of the program's own in the customer's chat, once in each
// round of the case.
func (t *turn) tellCustomer(id string, pairs ...string) {
	about := t.ofCase()
	v := t.customerVoice()
	t.want(storage.Want{
		Slot: id + ":" + t.kase.ID + ":" + strconv.Itoa(t.kase.Reopens), Kind: storage.RelayD,
		Address: t.snap.At(about.session.Address), Render: chat.Message{Text: v.Say(id, pairs...), Lang: v.Lang},
	})
}

// customerVoice speaks to the customer of the case.
func (t *turn) customerVoice() *Voice { return t.ofCase().person() }

// signature is under which name a member of staff writes to customers of this site.
func (t *turn) signature(name string) string {
	at := t.snap.Site(t.kase.Site)
	site := strings.TrimSpace(at.Name)
	name = strings.TrimSpace(name)
	switch at.Signs {
	case storage.ByTeam:
		if site != "" {
			return site
		}
		return t.customerVoice().Say("team")
	case storage.ByFullName:
	default:
		name, _, _ = strings.Cut(name, " ")
	}
	name = Cut(name, LongestName)
	if site == "" {
		return name
	}
	return name + " (" + site + ")"
}

// under says something to whoever wrote s, below their message; where they wrote in a
// form it is the answer to that.
func (t *turn) under(s said, text string) {
	if s.own == "" {
		t.answer(text, true)
		return
	}
	v := t.ofCase().staffVoice()
	slot := "n:" + t.kase.ID + ":" + t.key
	if t.notices > 0 {
		slot += ":" + strconv.Itoa(t.notices)
	}
	t.notices++
	t.want(storage.Want{
		Slot: slot, Kind: storage.NoticeD, Address: s.at, Render: chat.Message{Text: text, Lang: v.Lang, Replies: s.own},
	})
}
