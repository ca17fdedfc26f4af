package bot

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// TestEveryCardOfTheStoriesIsDrawnFromValuesAlone plays the golden conversations and draws
// each card that staff are sent once more from what the database holds: without a turn,
// without a Bot, in the same words.
func TestEveryCardOfTheStoriesIsDrawnFromValuesAlone(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no conversations were found: %v", err)
	}
	cards, menus := 0, 0
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := &story{world: newWorld(t), staff: room, team: make(map[string]customer), old: make(map[string]string)}
		seen := map[string]string{} // hashes of cards by slot
		for line := range strings.Lines(string(source)) {
			if !strings.HasPrefix(line, ">") {
				continue
			}
			line = strings.TrimSpace(line[1:])
			s.do(line)
			data := ""
			if who, text, ok := strings.Cut(line, " taps "); ok && s.team[who].user.ID != "" {
				data = s.old[text]
			}
			for _, k := range s.cases() {
				for _, to := range k.Cards {
					d, ok := s.card(k, to)
					if !ok || d.Hash == seen[d.Slot] {
						continue
					}
					seen[d.Slot] = d.Hash
					m, menu := s.drawnFromValues(k, to, data)
					if cards++; menu {
						menus++
					}
					if diff := cmp.Diff(d.Render, m); diff != "" {
						t.Errorf("%s, %q: the card in %s is another when it is drawn from values (-sent +drawn):\n%s", path, line, to, diff)
					}
				}
			}
		}
	}
	if cards < 100 || menus < 10 {
		t.Errorf("only %d cards were compared, %d of them with a menu", cards, menus)
	}
}

// cases are all that the story has opened.
func (s *story) cases() []storage.Case {
	s.t.Helper()
	all, err := s.store.Cases(context.Background(), storage.CaseFilter{Limit: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// card is what a chat shows of a case.
func (s *story) card(k storage.Case, to chat.Address) (storage.Delivery, bool) {
	s.t.Helper()
	for _, d := range s.transcript(to) {
		if d.Slot == cardSlot(k.ID, to) {
			return d, true
		}
	}
	return storage.Delivery{}, false
}

// drawnFromValues is the card as everybody can draw it who reads what is stored; after a
// tap that opens a menu it has that.
func (s *story) drawnFromValues(k storage.Case, to chat.Address, tap string) (m chat.Message, menu bool) {
	s.t.Helper()
	ctx := context.Background()
	said, err := voice.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	session, err := s.store.Session(ctx, k.Bucket, k.Session)
	if err != nil {
		s.t.Fatal(err)
	}
	customer, err := s.store.Identity(ctx, k.Bucket, session.Identity)
	if err != nil {
		s.t.Fatal(err)
	}
	flow := render.FeedbackFlows(said)[snapshot.FlowKey{ID: session.Flow, Version: session.Version}]
	if flow == nil {
		source, err := s.store.FlowSource(ctx, session.Flow, session.Version)
		if err != nil {
			s.t.Fatal(err)
		}
		parsed, err := flowfile.Parse([]byte(source.Source))
		if err != nil {
			s.t.Fatal(err)
		}
		flow = snapshot.NewFlow(parsed)
	}
	c := render.CaseView{
		Texts: said, Case: &k, Session: &session, Identity: &customer, Flow: flow, Site: snapshot.Site{Zone: time.UTC}, Now: s.now.Add(-10 * time.Second),
	}
	sites, err := s.store.Sites(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, at := range sites {
		if at.ID == session.Site {
			zone, err := time.LoadLocation(at.Zone)
			if err != nil {
				s.t.Fatal(err)
			}
			c.Site = snapshot.Site{Site: at, Zone: zone}
		}
	}
	c.Causes = (&snapshot.Snapshot{}).Rules(session.Site).Causes
	list, err := s.store.StaffList(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	c.Team.Members = map[string]storage.Staff{}
	for _, member := range list {
		c.Team.Members[member.ID] = member
	}
	v := c.StaffVoice()
	m = c.Card(v)
	m.Rows = c.Buttons(v, platforms()[to.Platform].Forms)
	if p, ok := render.DecodePressed(tap); ok && p.Menu && p.Case == k.ID {
		m.Footer, m.Rows = c.Menu(v, p, platforms()[to.Platform].Forms)
		return m, true
	}
	return m, false
}
