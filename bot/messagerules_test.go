package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// The rules of messages in chats. Each is held over every message that any golden conversation
// shows: a new message that breaks one fails, by the rule's name.

// spoken is a message as a conversation showed it, with what was so at that moment.
type spoken struct {
	where   string // file: line
	toStaff bool
	slot    storage.Slot
	m       chat.Message
	lang    string
	on      chat.Traits

	beside  []chat.Message  // what the same step showed in the same chat
	open    []chat.Message  // all that the chat shows then
	news    bool            // the step, or one before, showed staff something
	deaf    bool            // no chat of staff hears of anything
	hired   []string        // names of staff
	cases   []storage.Case  // that there are
	answers []survey.Answer // of the customer's session
}

// spokenAll are all messages of all conversations, played once for all rules.
var spokenAll = struct {
	sync.Once
	all []spoken
}{}

// messages plays every golden conversation, and gives what it showed.
func messages(t *testing.T) []spoken {
	t.Helper()
	spokenAll.Do(func() {
		paths, err := filepath.Glob("testdata/*.txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			listening = func(s *story, line string, customer, staff []storage.Delivery) {
				spokenAll.all = append(spokenAll.all, s.spoken(strings.TrimSuffix(filepath.Base(path), ".txt")+": "+line, customer, staff)...)
			}
			play(t, string(source))
			listening = nil
		}
	})
	if len(spokenAll.all) < 500 {
		t.Fatalf("%d messages were shown", len(spokenAll.all))
	}
	return spokenAll.all
}

// spoken is what a step showed, and what was so then.
func (s *story) spoken(where string, customer, staff []storage.Delivery) (all []spoken) {
	now := spoken{where: where, cases: s.cases(), deaf: len(s.bot.snap.Now().Usual("main-street")) == 0}
	for name := range s.team {
		now.hired = append(now.hired, name)
	}
	if !s.who.address.IsZero() {
		for _, d := range s.transcript(s.who.address) {
			now.open = append(now.open, d.Render)
		}
		if rows := s.transcript(s.staff); len(rows) > 0 {
			now.news = true
		}
		if id, err := s.store.Identity(s.t.Context(), s.bot.bucketOf(s.who.person()), s.who.person().ID()); err == nil && id.Session != "" {
			if session, err := s.store.Session(s.t.Context(), id.Bucket, id.Session); err == nil {
				now.answers = session.Answers
			}
		}
	}
	add := func(rows []storage.Delivery, toStaff bool) {
		var beside []chat.Message
		for _, d := range rows {
			beside = append(beside, d.Render)
		}
		for _, d := range rows {
			if d.Render.Mark != "" {
				continue
			}
			one := now
			one.slot, _ = storage.ParseSlot(d.Slot)
			one.toStaff, one.m, one.lang, one.beside, one.on = toStaff, d.Render, d.Render.Lang, beside, platforms()[d.Address.Platform]
			all = append(all, one)
		}
	}
	add(customer, false)
	add(staff, true)
	return all
}

func customers(m spoken) bool { return !m.toStaff }
func inChats(m spoken) bool   { return !m.toStaff && !m.on.Lays }
func staffs(m spoken) bool    { return m.toStaff }
func ofProgram(m spoken) bool {
	return m.slot.Kind != storage.ReplySlot && m.slot.Kind != storage.OwnSlot
}
func (m spoken) chinese() bool                { return strings.HasPrefix(m.lang, "zh") }
func (m spoken) buttons() (all []chat.Button) { return slices.Concat(m.m.Rows...) }

// own is what the program says in a message: no words of people.
func (m spoken) own() string {
	lines := []string{m.m.Text, m.m.Footer}
	if m.slot.Kind != storage.ReplySlot {
		lines = append(lines, m.m.Title)
	}
	for _, b := range m.buttons() {
		lines = append(lines, b.Text)
	}
	return strings.Join(lines, "\n")
}

// answers reports whether a button answers a question.
func answers(b chat.Button) bool {
	tapped, ok := render.Decode(b.Data)
	return ok && (tapped.Verb == render.VerbPick || tapped.Verb == render.VerbToggle)
}

// Rule 1: one message, one thing to do; the greeting and the first question are one.
func TestRule1OneMessageOneThingToDo(t *testing.T) {
	keep(t, inChats, func(m spoken) string {
		asking := 0
		for _, beside := range m.beside {
			if slices.ContainsFunc(slices.Concat(beside.Rows...), answers) {
				asking++
			}
		}
		if asking > 1 {
			return fmt.Sprintf("%d messages ask something at once", asking)
		}
		if m.slot.Kind == storage.IntroSlot && asking == 1 && len(m.beside) == 2 && m.beside[0].Lang == m.beside[1].Lang {
			return "the greeting stands apart from the first question"
		}
		return ""
	})
}

// Rule 2: everything that decides stands in the first 48 characters of what staff see, without
// a greeting or a link.
func TestRule2AStaffMessageWorksOnALockScreen(t *testing.T) {
	number := regexp.MustCompile(`(^|\s)[A-Z]+-\d+`)
	keepEverywhere(t, staffs, func(m spoken) string {
		line, _, _ := strings.Cut(strings.TrimSpace(m.m.Title+"\n"+m.m.Text), "\n")
		head := string([]rune(line)[:min(48, utf8.RuneCountInString(line))])
		if line == "" || regexp.MustCompile(`(?i)^(hi|hello|dear|您好|hola|مرحب)|https?:`).MatchString(head) {
			return "its first line greets, links or says nothing: " + line
		}
		switch m.slot.Kind {
		case storage.CardSlot:
			if !strings.ContainsAny(head, "🔴🟠🟢⚪💤👁") || !regexp.MustCompile(`“|Customer|顾客|[Cc]liente|عميل`).MatchString(head) {
				return "the state and the name are not in the first 48 characters: " + head
			}
		case storage.RelaySlot, storage.ReminderSlot, storage.EventSlot, storage.AskSlot, storage.SaidSlot, storage.LostSlot:
			if !number.MatchString(head) {
				return "the number of the case is not in the first 48 characters: " + head
			}
		}
		return ""
	})
}

// Rule 3: up to seven steps have a row each, with number and words; all rows of a scale are
// equally wide; no button is wider than phones show.
func TestRule3WordsAreOnTheButtons(t *testing.T) {
	keepEverywhere(t, inChats, func(m spoken) string {
		var scale [][]chat.Button
		for _, row := range m.m.Rows {
			if slices.ContainsFunc(row, answers) {
				scale = append(scale, row)
			}
			most := map[int]int{1: 32, 2: 16, 3: 14}[len(row)]
			for _, b := range row {
				if most > 0 && answers(b) && width(b.Text) > most && !strings.HasPrefix(b.Text, "☐") && !strings.HasPrefix(b.Text, "☑") {
					return fmt.Sprintf("%q is %d wide", b.Text, width(b.Text))
				}
				if tapped, ok := render.Decode(b.Data); ok && tapped.Verb == render.VerbPick && strings.HasSuffix(b.Text, "…") {
					return fmt.Sprintf("%q is cut", b.Text)
				}
			}
		}
		for _, row := range scale {
			if len(row) != len(scale[0]) {
				return "its rows are not equally wide"
			}
		}
		if n := len(slices.Concat(scale...)); n <= 7 && strings.Contains(m.m.Text, "\n1 = ") {
			return "a legend explains few steps"
		}
		return ""
	})
}

func width(text string) (n int) {
	for _, r := range text {
		if n++; r >= 0x2e80 {
			n++
		}
	}
	return n
}

// Rule 4: a person is named to a customer only when they hold the case, or speak themselves.
func TestRule4APersonIsNamedWhenTheyHoldTheCase(t *testing.T) {
	keep(t, func(m spoken) bool { return customers(m) && ofProgram(m) && len(m.hired) > 0 }, func(m spoken) string {
		for _, name := range m.hired {
			holds := slices.ContainsFunc(m.cases, func(k storage.Case) bool { return k.Holder.Name == name || k.Ended.Name == name })
			if regexp.MustCompile(`\b`+name+`\b`).MatchString(m.m.Text) && !holds {
				return name + " is named and holds no case"
			}
		}
		return ""
	})
}

// Rule 5: that the team can read it is said only where staff are shown something.
func TestRule5TheTeamCanReadWhatStaffAreShown(t *testing.T) {
	says := regexp.MustCompile(`[Tt]he team can|with the team|Your message is|团队可以|已转给|团队跟进|[Ee]l equipo|يستطيع الفريق|الفريق`)
	keep(t, func(m spoken) bool { return customers(m) && ofProgram(m) }, func(m spoken) string {
		if strings.HasPrefix(m.where, "pages_hear:") {
			return "" // there people who log in read it on a page, see TestNobodyIsUnheard
		}
		if says.MatchString(m.m.Text) && (m.deaf || !m.news) {
			return "staff were shown nothing"
		}
		return ""
	})
}

// Rule 6: a time is promised only while a clock runs.
func TestRule6ATimeIsPromisedWhileItsClockRuns(t *testing.T) {
	says := regexp.MustCompile(`within \d|\d+ (分钟|小时|天)内|en un plazo de|en menos de|خلال`)
	keep(t, func(m spoken) bool { return customers(m) && ofProgram(m) }, func(m spoken) string {
		runs := slices.ContainsFunc(m.cases, func(k storage.Case) bool {
			return k.State.Active() && !k.Watched() && !k.Due.Contact.IsZero()
		})
		if says.MatchString(m.m.Text) && !runs {
			return "no clock runs"
		}
		return ""
	})
}

// Rule 7: a call is promised only with a number in hand.
func TestRule7ACallIsPromisedWithANumber(t *testing.T) {
	says := regexp.MustCompile(`will call|calls you|致电|le llamar|سنتصل|يتصل بك`)
	keep(t, func(m spoken) bool { return customers(m) && ofProgram(m) }, func(m spoken) string {
		has := slices.ContainsFunc(m.answers, func(a survey.Answer) bool {
			return !a.Dropped && strings.ContainsFunc(a.Text, unicode.IsDigit)
		})
		if says.MatchString(m.m.Text) && !has {
			return "there is no number"
		}
		return ""
	})
}

// Rule 8: delivered is the platform's word: nothing that waits on a page is.
func TestRule8DeliveredIsThePlatformsWord(t *testing.T) {
	says := regexp.MustCompile(`✓ Delivered|✓ 已送达|✓ Entregado|✓ وصلت`)
	keep(t, staffs, func(m spoken) string {
		waits := slices.ContainsFunc(m.cases, func(k storage.Case) bool { return !k.Unseen.IsZero() })
		if says.MatchString(m.own()) && waits {
			return "it waits on the customer's page"
		}
		return ""
	})
}

// Rule 9: nothing scolds: what is not understood is our fault.
func TestRule9NothingScolds(t *testing.T) {
	scolds := regexp.MustCompile(`(?i)\b(invalid|wrong answer|incorrect|illegal|error|failed|you must|not valid|bad request)\b|无效|错误|非法|你必须|inválid|incorrect|debe usted|غير صالح|خطأ`)
	keepEverywhere(t, func(m spoken) bool { return customers(m) && ofProgram(m) }, func(m spoken) string {
		if said := scolds.FindString(m.own()); said != "" {
			return "it says " + said
		}
		return ""
	})
}

// Rule 10: no orphan copies: a question has its buttons once in a chat.
func TestRule10NoOrphanCopies(t *testing.T) {
	keep(t, customers, func(m spoken) string {
		seen := map[string]bool{}
		for _, shown := range m.open {
			for _, b := range slices.Concat(shown.Rows...) {
				if answers(b) && seen[b.Data] {
					return "the button " + b.Text + " is in the chat twice"
				}
				seen[b.Data] = true
			}
		}
		return ""
	})
}

// Rule 11: Chinese has full-width marks, no space between Chinese words, and 您.
func TestRule11ChineseIsWrittenAsChinese(t *testing.T) {
	half := regexp.MustCompile(`\p{Han}[,;:?!()]|[,;?!(]\p{Han}|\p{Han} \p{Han}`)
	keepEverywhere(t, func(m spoken) bool { return m.chinese() && ofProgram(m) }, func(m spoken) string {
		for _, text := range []string{m.m.Text, m.m.Footer} {
			if m.toStaff { // what people wrote stands in them, in quotes or behind a label
				break
			}
			if said := half.FindString(text); said != "" {
				return fmt.Sprintf("%q is no Chinese", said)
			}
			if regexp.MustCompile(`你|个案|立案`).MatchString(text) {
				return "it says 你, 个案 or 立案"
			}
		}
		return ""
	})
}

// Rule 12: the program does not know whether somebody is he or she.
func TestRule12NobodyIsHeOrShe(t *testing.T) {
	says := regexp.MustCompile(`(?i)\b(he|she|him|his|her|hers|himself|herself)\b`)
	spanish := regexp.MustCompile(`(?i)(^|\P{L})(él|ella)(\P{L}|$)`)
	keepEverywhere(t, ofProgram, func(m spoken) string {
		if said := says.FindString(m.own()); said != "" && m.lang == "en" {
			return "it says " + said
		}
		if said := spanish.FindString(m.own()); said != "" && m.lang == "es" {
			return "it says " + said
		}
		return ""
	})
}

// Rule 13: nothing is told by an emoji alone, and those of states stand for states.
func TestRule13NoEmojiStandsAlone(t *testing.T) {
	states := []string{"🔴", "🟠", "🟢", "⚪", "💤", "👁"}
	keepEverywhere(t, func(m spoken) bool { return ofProgram(m) && m.m.Lang != "" }, func(m spoken) string {
		for line := range strings.Lines(m.own()) {
			line = strings.TrimSpace(line)
			if line != "" && line != "…" && !strings.ContainsFunc(line, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				return "an emoji stands alone: " + line
			}
		}
		for _, state := range states {
			if strings.Contains(m.m.Text+m.m.Footer, state) {
				return state + " stands elsewhere than at the head"
			}
			title := m.m.Title
			if m.slot.Kind == storage.EventSlot { // a line below a card names its case first
				title = regexp.MustCompile(`^[A-Z]+-\d+ · `).ReplaceAllString(title, "")
			}
			if strings.Contains(title, state) && !strings.HasPrefix(title, state) {
				return state + " is not the first"
			}
		}
		if m.slot.Kind == storage.CardSlot && m.m.State != "" {
			head := map[string]string{"open": "🔴", "taken": "🟠", "snoozed": "💤", "watch": "👁"}[m.m.State]
			if head != "" && !strings.HasPrefix(m.m.Title, head) {
				return "its sign is not that of " + m.m.State
			}
		}
		return ""
	})
}
