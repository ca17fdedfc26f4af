package bot

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// TestTranscriptsOnSlack plays the survey engine's transcripts through the bot and the
// Slack adapter against a strict Slack, and keeps what Slack was told, word for word.
//
//	go test ./bot -run TestTranscriptsOnSlack -update
func TestTranscriptsOnSlack(t *testing.T) {
	files, err := filepath.Glob("../survey/testdata/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	all := drawings{}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".txt"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := newSlackPlay(t)
			r := newRedraw(t, p.world)
			p.after = func(line string) { r.compare(line, p.now, "", p.channel(p.staff), p.who.address) }
			p.play(strings.Split(strings.TrimRight(string(source), "\n"), "\n"))
			all.add(r)
			for _, r := range p.slack.Refusals() {
				t.Errorf("Slack refused %s: %s %s", r.Method, r.Code, r.Why)
			}
			kept := filepath.Join("testdata", "slack", name)
			if *update {
				if err := os.WriteFile(kept, []byte(p.out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(kept)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(p.out.String(), "\n")); diff != "" {
				t.Errorf("Slack is told something else (-want +got):\n%s", diff)
			}
		})
	}
	all.check(t, len(files), map[string]int{"slack card": 230, "slack event": 40, "slack relay": 10, "slack aside": 40})
}

// slackPlay is a world whose customers and staff are on Slack.
type slackPlay struct {
	*world
	slack  *slackfake.Server
	client *slack.Client
	staff  *slackfake.Channel
	flow   survey.Flow
	lang   string
	event  map[string]string
	who    customer
	made   Invite
	told   int               // requests that were written down
	after  func(line string) // is told of each line, once what follows from it is stored; nil = nobody
	out    strings.Builder
}

func newSlackPlay(t *testing.T) *slackPlay {
	p := &slackPlay{world: newWorld(t), slack: slackfake.New(t)}
	p.client = slack.New(slack.Config{BotToken: p.slack.BotToken, API: p.slack.URL})
	t.Cleanup(p.client.Close)
	p.staff = p.slack.NewChannel("cases")
	setStaff(p.bot, p.channel(p.staff))
	return p
}

func (p *slackPlay) channel(c *slackfake.Channel) chat.Address {
	return chat.Address{Platform: chat.Slack, Account: p.slack.Team, Chat: c.ID}
}

func (p *slackPlay) play(lines []string) {
	p.t.Helper()
	for n := 0; n < len(lines); n++ {
		line := lines[n]
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "template":
			p.flow, _, _ = flowfile.Template(rest)
		case "flow":
			end := n + slices.Index(lines[n:], "end")
			source := strings.Join(lines[n+1:end], "\n")
			flow, err := flowfile.Parse([]byte(source))
			if err == nil {
				_, _, err = p.store.Publish(context.Background(), flow.ID, source, p.now)
			}
			if err != nil {
				p.t.Fatal(err)
			}
			p.flow, n = flow, end
		case "language":
			p.lang = rest
		case "event":
			name, value, _ := strings.Cut(rest, " ")
			if p.event == nil {
				p.event = map[string]string{}
			}
			p.event[name] = value
		case "scene":
			user := p.slack.NewUser("Ann Lee", "en-GB")
			user.Allow()
			p.who = customer{user: chat.User{ID: user.ID, Name: user.Name}, address: p.channel(user.Direct())}
			p.made = Invite{}
			fmt.Fprintf(&p.out, "%s\n", line)
		case ">":
			fmt.Fprintf(&p.out, "%s\n", line)
			p.happen(rest)
			if p.after != nil {
				p.after(rest)
			}
			p.deliver(p.who.address)
			p.deliver(p.channel(p.staff))
			p.now = p.now.Add(7 * time.Second)
		}
	}
}

// happen does what the transcript says as the person in Slack would.
func (p *slackPlay) happen(line string) {
	p.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	key, what, _ := strings.Cut(rest, " ")
	question := slices.IndexFunc(p.flow.Questions, func(q survey.Question) bool { return q.Key == key })
	update := chat.Update{Kind: chat.Tap}
	switch word {
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		p.now = p.now.Add(d)
		return
	case "expire":
		p.now = p.now.Add(p.flow.Expires + time.Hour)
		s := p.session(p.who)
		turn, err := p.bot.sessionTurn(context.Background(), s, "expire", func(t *turn) error { return service{t}.lapse() })
		if err == nil {
			err = p.bot.perform(context.Background(), s.Bucket, turn)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		return
	case "open", "resume":
		if p.made.Session == "" {
			p.invited()
			return
		}
		update.Data = p.data('o', -1, "")
	case "mean":
		update.Data = p.data('m', question, "."+what)
	case "pick", "toggle":
		update.Data = p.data(word[0], question, "."+strconv.Itoa(p.option(question, what)))
	case "done", "change":
		update.Data = p.data(word[0], question, "")
	case "keep":
		update.Data = p.data('a', question, "")
	case "skip":
		if update.Data = p.data('s', question, ""); question < 0 {
			update = chat.Update{Kind: chat.Command, Command: "skip"}
		}
	case "leave":
		update.Data = p.data('k', question, map[string]string{"dont_know": ".0", "prefer_not": ".1"}[what])
	case "back":
		update.Data = p.data('b', p.session(p.who).Open, "")
	case "pause":
		update.Data = p.data('l', -1, "")
	case "decline":
		update.Data = p.data('n', -1, "")
	case "speak":
		update = chat.Update{Kind: chat.Command, Command: "language", Text: rest}
	case "write":
		update = chat.Update{Kind: chat.Text, Text: strings.ReplaceAll(rest, `\n`, "\n")}
	case "writes-long":
		n, err := strconv.Atoi(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		update = chat.Update{Kind: chat.Text, Text: strings.Repeat("a", n)}
	case "attach":
		update = chat.Update{Kind: chat.Text, Text: what}
		for _, f := range strings.Split(key, ",") {
			kind, id, _ := strings.Cut(f, ":")
			size := int64(1000)
			if strings.HasPrefix(id, "BIG") {
				size = survey.MaxFileSize + 1
			}
			update.Files = append(update.Files, chat.File{Kind: kind, ID: id, Size: size})
		}
	default:
		p.t.Fatalf("%q is nothing that can happen", line)
	}
	answers, err := p.bot.Handle(context.Background(), []chat.Update{p.update(p.who, update)})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, a := range answers {
		fmt.Fprintf(&p.out, "  shown to the one who tapped: %s\n", a.Text)
	}
}

func (p *slackPlay) invited() {
	p.t.Helper()
	made, err := p.bot.Invite(context.Background(), InviteRequest{
		Flow: p.flow.ID, Site: "main-street", Language: p.lang, Event: p.event, Channel: "slack",
		To: p.who.person(), Address: p.who.address, Name: p.who.user.Name,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.made = made
}

// data is a button's as the contract has it.
func (p *slackPlay) data(verb byte, question int, option string) string {
	id := uuid.MustParse(p.made.Session)
	s := "1" + string(verb) + base64.RawURLEncoding.EncodeToString(id[:])
	if verb == 'o' || verb == 'l' || verb == 'n' {
		return s
	}
	return s + "." + strconv.Itoa(question) + option
}

func (p *slackPlay) option(question int, what string) int {
	if question < 0 {
		return -1
	}
	q := p.flow.Questions[question]
	i := slices.IndexFunc(q.Scale.Options, func(o survey.Option) bool { return strconv.FormatFloat(o.Value, 'g', -1, 64) == what })
	if i < 0 {
		i = slices.IndexFunc(q.Choices, func(c survey.Choice) bool { return c.Key == what })
	}
	return i
}

// deliver shows what is due through the adapter, and writes down what Slack was told.
func (p *slackPlay) deliver(to chat.Address) {
	p.t.Helper()
	ctx := context.Background()
	for _, d := range p.transcript(to) {
		if d.State != storage.Due {
			continue
		}
		m := d.Render
		if m.Under != "" {
			parent, err := p.store.Delivery(ctx, d.Bucket, m.Under)
			if err != nil || parent.ShownRef == "" {
				p.t.Fatalf("%s hangs below nothing: %v", d.Slot, err)
			}
			m.Under, m.Replies = "", parent.ShownRef
		}
		ref, err := p.client.Send(ctx, d.Address, m, d.ShownRef)
		if err != nil {
			p.t.Fatalf("%s: %v", d.Slot, err)
		}
		ops := []storage.SlotOp{
			{Claim: &storage.Claim{Slot: d.Slot, Epoch: 1}},
			{Settle: &storage.Settle{Slot: d.Slot, Epoch: 1, Version: d.Wanted, Hash: d.Hash, Ref: ref, Outcome: storage.Delivered}},
		}
		turn := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Slots: ops}, nil }}
		if err := p.store.Advance(ctx, d.Bucket, []storage.Turn{turn})[0]; err != nil {
			p.t.Fatal(err)
		}
		p.note(to)
	}
}

func (p *slackPlay) note(to chat.Address) {
	where := "customer"
	if to.Chat == p.staff.ID {
		where = "staff"
	}
	all := p.slack.Requests("")
	for _, r := range all[p.told:] {
		switch r.Method {
		case "chat.postMessage", "chat.update":
		default:
			continue
		}
		if r.Params["thread_ts"] != "" {
			where += ", in the card's thread"
		}
		fmt.Fprintf(&p.out, "  %s: %s\n    text %s\n    blocks %s\n", where, r.Method, strconv.Quote(r.Params["text"]), r.Params["blocks"])
		if a := r.Params["attachments"]; a != "" && a != "[]" {
			fmt.Fprintf(&p.out, "    attachments %s\n", a)
		}
	}
	p.told = len(all)
}
