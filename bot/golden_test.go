package bot

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

var update = flag.Bool("update", false, "rewrite the golden conversations")

// TestConversations plays every conversation under testdata. A file is read by anyone:
// lines that begin with ">" are what happens, everything else is what the chats show
// because of it.
//
//	> invite ann                       (somebody whom nobody invited)
//	> invite ann flow=one_tap_csat site=main-street service_name=Haircut
//	> start
//	> tap 2
//	> say It was too short.
//	> share +44 20 7946 0000
//	> wait 16m
//	> pass 26h
//	> expire
//	> hire Bob agent
//	> Bob taps Take
//	> Amy retaps Take
//
// Once somebody is hired, the staff's chat is one of Telegram. When time passes, what falls
// due within it happens; while one waits, nothing does.
func TestConversations(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no conversations were found: %v", err)
	}
	all := drawings{}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s := newStory(t)
			r := newRedraw(t, s.world)
			s.did = func(line string, at time.Time) {
				tap := ""
				if who, text, ok := strings.Cut(line, " taps "); ok && s.team[who].user.ID != "" {
					tap = s.old[text]
				}
				r.compare(line, at, tap, s.staff, s.who.address)
			}
			s.passed = func() { r.compare(s.line, s.now, "", s.staff, s.who.address) }
			got := s.play(string(source))
			all.add(r)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(source), got); diff != "" {
				t.Errorf("the conversation went another way (-want +got):\n%s", diff)
			}
		})
	}
	all.check(t, len(paths), map[string]int{
		"telegram card": 40, "telegram relay": 4, "telegram ask": 10, "telegram reminder": 12, "telegram stays": 1, "telegram notice": 2,
		"telegram reply": 2, "telegram closed": 1,
		"web card": 100, "web relay": 10, "web aside": 10, "card with a menu": 10,
	})
}

// story plays one file.
type story struct {
	*world
	who   customer
	inv   Invite
	out   strings.Builder
	staff chat.Address
	team  map[string]customer
	old   map[string]string // data of staff's buttons by their texts
	line  string            // that is being played
	// did is told of each line that was played, and when it began; nil = nobody.
	did func(line string, at time.Time)
}

func newStory(t *testing.T) *story {
	return &story{world: newWorld(t), staff: room, team: make(map[string]customer), old: make(map[string]string)}
}

func play(t *testing.T, source string) string { return newStory(t).play(source) }

func (s *story) play(source string) string {
	for line := range strings.Lines(source) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
			s.out.WriteString(line + "\n")
		case strings.HasPrefix(line, ">"):
			s.out.WriteString("\n" + line + "\n")
			s.line = strings.TrimSpace(line[1:])
			at := s.now
			s.do(s.line)
			if s.did != nil {
				s.did(s.line, at)
			}
		}
	}
	return s.out.String()
}

func (s *story) do(line string) {
	s.t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	var answers []chat.Answer
	switch verb {
	case "invite":
		s.invited(rest)
	case "start":
		token := s.inv.Token
		if rest != "" {
			token = ""
		}
		answers = s.command(s.who, "start", token)
	case "tap":
		answers = s.press(s.who, rest)
	case "say":
		answers = s.say(s.who, rest)
	case "repeat": // "repeat 30 words": somebody writes and writes
		count, text, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			s.t.Fatal(err)
		}
		for i := range n {
			answers = s.say(s.who, fmt.Sprintf("%s (%d)", text, i+1))
		}
	case "edit":
		answers = s.handle(s.update(s.who, chat.Update{Kind: chat.Edited, Text: rest, On: "5"}))
	case "command":
		name, args, _ := strings.Cut(rest, " ")
		answers = s.command(s.who, name, args)
	case "photo":
		u := s.update(s.who, chat.Update{Kind: chat.Text, Text: rest, Files: []chat.File{{Kind: "photo", ID: "f1"}}})
		answers = s.handle(u)
	case "file":
		name, words, _ := strings.Cut(rest, " ")
		u := s.update(s.who, chat.Update{Kind: chat.Text, Text: words, Files: []chat.File{{Kind: "document", ID: "f2", Name: name}}})
		answers = s.handle(u)
	case "sends": // what is neither words nor a file
		kind, says, _ := strings.Cut(rest, " ")
		answers = s.handle(s.update(s.who, chat.Update{Kind: chat.Text, Files: []chat.File{{Kind: kind, Name: says}}}))
	case "share":
		answers = s.handle(s.update(s.who, chat.Update{Kind: chat.Text, Contact: rest}))
	case "publish":
		s.publish(rest)
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(d)
	case "pass":
		d, err := time.ParseDuration(rest)
		if err != nil {
			s.t.Fatal(err)
		}
		s.pass(d, 5*time.Minute)
		s.settle(s.who.address)
	case "expire":
		s.expire(s.session(s.who))
	case "deaf": // no chat of staff hears of anything
		setStaff(s.bot)
	case "signin": // an owner, who sees the cases on the pages
		err := s.store.Enrol(s.t.Context(), storage.Enrolment{Login: storage.Login{ID: "1", Name: rest, Password: "x", Owner: true, Created: s.now}, Now: s.now})
		if err := errors.Join(err, s.bot.snap.Refresh(s.t.Context())); err != nil {
			s.t.Fatal(err)
		}
	case "hire":
		name, role, _ := strings.Cut(rest, " ")
		if s.staff = staffTG; len(s.team) == 0 {
			setStaff(s.bot, staffTG)
		}
		s.team[name] = s.member(len(s.team), name, access.Role(role))
	default:
		how, text, _ := strings.Cut(rest, " ")
		who, hired := s.team[verb]
		if !hired {
			who = telegramUser("9999", verb, "en") // a stranger in the staff's chat
		}
		switch how {
		case "taps":
			s.old[text] = s.button(staffTG, text)
			answers = s.onCard(who, staffTG, s.old[text])
		case "retaps": // as somebody does whose chat is behind
			answers = s.onCard(who, staffTG, s.old[text])
		case "replies": // to the newest message of the conversation
			s.replyIn(who, staffTG, s.newest(staffTG, relaySlot, askSlot).ShownRef, text)
		case "answers": // to the card
			s.replyIn(who, staffTG, s.newest(staffTG, "case").ShownRef, text)
		default:
			s.t.Fatalf("unknown line %q", line)
		}
	}
	s.settle(s.staff)
	for _, a := range answers {
		kind := "toast"
		if a.Alert {
			kind = "alert"
		}
		fmt.Fprintf(&s.out, "%s: %s\n", kind, a.Text)
	}
	var customer, staff []storage.Delivery
	if !s.who.address.IsZero() {
		customer = s.report("customer", s.who.address)
	}
	staff = s.report("staff", s.staff)
	if listening != nil {
		listening(s, line, customer, staff)
	}
	s.now = s.now.Add(10 * time.Second)
}

// publish stores the flow file testdata/flows/NAME.yaml.
func (s *story) publish(name string) { s.publishFile(filepath.Join("testdata", "flows", name+".yaml")) }

func (s *story) publishFile(path string) {
	s.t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := flowfile.Parse(source)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range survey.Check(f) {
		if p.Severity == survey.Fatal {
			s.t.Fatalf("%s cannot be published: %s", path, p.Message)
		}
	}
	if _, _, err := s.store.Publish(context.Background(), f.ID, string(source), s.now); err != nil {
		s.t.Fatal(err)
	}
}

// invited reads "name key=value …": flow, site, customer, language and lang (what the
// platform says) have a meaning, all others are attributes of the event. Underscores
// in values are spaces.
func (s *story) invited(line string) {
	fields := strings.Fields(line)
	r := InviteRequest{Event: make(map[string]string)}
	lang, platform := "en", chat.Telegram
	for _, f := range fields[1:] {
		k, v, _ := strings.Cut(f, "=")
		v = strings.ReplaceAll(v, "_", " ")
		switch k {
		case "flow":
			r.Flow = strings.ReplaceAll(v, " ", "_")
		case "site":
			r.Site = v
		case "customer":
			r.Customer = v
		case "language":
			r.Language = v
		case "lang":
			lang = v
		case "platform":
			platform = chat.Platform(v)
		default:
			r.Event[k] = v
		}
	}
	s.who = telegramUser("7001", fields[0], lang)
	if r.Flow == "" {
		return // somebody who comes by themselves
	}
	s.inv = s.invite(r)
	if platform == chat.Web {
		v, err := s.bot.Visitor(context.Background(), s.inv.Token, "")
		if err != nil {
			s.t.Fatal(err)
		}
		s.who = customer{user: v.User, address: v.Address}
	}
}

// listening hears what each step of a conversation showed; nil = nobody does.
var listening func(s *story, line string, customer, staff []storage.Delivery)

// report shows every message of a chat that is new or was edited, and gives them.
func (s *story) report(who string, to chat.Address) (news []storage.Delivery) {
	rows := s.transcript(to)
	slices.SortStableFunc(rows, func(a, b storage.Delivery) int { return int(a.Ord - b.Ord) })
	for _, d := range rows {
		key := d.Slot + string(d.ShownRef)
		old, seen := s.shown[key]
		if seen && sumOf(old) == d.Hash {
			continue
		}
		s.shown[key] = d.Render
		news = append(news, d)
		what := "sees"
		if seen || strings.Contains(d.Slot, ":left:") {
			what = "sees instead"
		}
		fmt.Fprintf(&s.out, "%s %s (%s)\n%s", who, what, slotName(d.Slot), drawn(d.Render))
	}
	return news
}

var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|telegram:42:\d+|web:42:\d+|:m\d+$`)

// slotName is a slot without its ids.
func slotName(slot string) string {
	return strings.Trim(strings.ReplaceAll(ids.ReplaceAllString(slot, ""), "::", ":"), ":")
}

// drawn is a message as plain text.
func drawn(m chat.Message) string {
	if m.Mark == chat.Gone {
		return "    (gone)\n"
	}
	var lines []string
	add := func(s string) { lines = append(lines, strings.Split(s, "\n")...) }
	if m.Title != "" {
		add("== " + m.Title)
	}
	quotes := func() {
		for _, q := range m.Quotes {
			add(q.Label + ": “" + q.Text + "”")
		}
	}
	fold := ""
	if m.Folded {
		quotes()
		fold = "| "
	}
	if m.Text != "" {
		add(m.Text)
	}
	for _, f := range m.Facts {
		add(fold + f.Label + ": " + f.Value)
	}
	if !m.Folded {
		quotes()
	}
	if m.Footer != "" {
		add("-- " + m.Footer)
	}
	if l := m.Layout; l != nil { // as a page shows it
		if l.Hint != "" {
			add("-- " + l.Hint)
		}
		if l.Steps > 0 {
			add(fmt.Sprintf("-- question %d of %d", l.Step, l.Steps))
		}
		if l.Answer != "" {
			add("                    " + l.Answer)
		}
	}
	for _, row := range m.Rows {
		var b strings.Builder
		for _, button := range row {
			b.WriteString("[" + strings.TrimSpace(button.Text+" "+button.Words) + "]")
			if button.Label != "" {
				b.WriteString("(" + button.Label + ")")
			}
			b.WriteString(" ")
		}
		add(strings.TrimRight(b.String(), " "))
	}
	return "    " + strings.Join(lines, "\n    ") + "\n"
}
