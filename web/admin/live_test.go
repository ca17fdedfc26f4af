package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
)

// stream opens the stream of a person and returns its lines.
func (w *world) stream(ctx context.Context, id, topics string) <-chan string {
	w.t.Helper()
	server := httptest.NewServer(New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer(id)), Clock: w.clock.Now}))
	ctx, cancel := context.WithCancel(ctx)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/live?topics="+topics, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	got, err := server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	lines := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(got.Body); s.Scan(); {
			if strings.HasPrefix(s.Text(), "data: ") {
				lines <- s.Text()
			}
		}
	}()
	w.t.Cleanup(func() {
		cancel()
		_ = got.Body.Close()
		<-done
		server.Close()
	})
	return lines
}

func next(t *testing.T, lines <-chan string, what string) string {
	t.Helper()
	select {
	case line := <-lines:
		return line
	case <-time.After(20 * time.Second):
		t.Fatalf("the stream never told of %s", what)
		return ""
	}
}

func TestAStreamTellsRevisionsAndNeverWords(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	lines := w.stream(t.Context(), "mei", "cases,"+k.Name())
	first := map[string]string{}
	for range 2 {
		line := next(t, lines, "what there is")
		topic, _, _ := strings.Cut(strings.TrimPrefix(line, `data: {"t":"`), `"`)
		first[topic] = line
	}
	if len(first) != 2 {
		t.Fatalf("it tells of %v", first)
	}
	w.as("ada").post("/cases/"+k.Name()+"/take", nil)
	for range 2 {
		line := next(t, lines, "the change")
		for _, said := range []string{"Anna", "forty", "ada", "taken"} {
			if strings.Contains(line, said) {
				t.Errorf("it tells %q: %s", said, line)
			}
		}
		for _, old := range first {
			if line == old {
				t.Errorf("it tells the same twice: %s", line)
			}
		}
	}
}

// A case of another site has no stream, and whoever asks for it is told nothing at all of it.
func TestAStreamTellsNothingOfAnotherSitesCase(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("harbour", "7", "Nadia", "x")
	lines := w.stream(t.Context(), "mei", k.Name()+",cases")
	line := next(t, lines, "the list")
	if !strings.Contains(line, `"t":"cases"`) {
		t.Errorf("it tells %s", line)
	}
	w.as("hans").post("/cases/"+k.Name()+"/take", nil)
	if line = next(t, lines, "the change of the list"); strings.Contains(line, k.Name()) {
		t.Errorf("it tells %s", line)
	}
	select {
	case line := <-lines:
		t.Errorf("it tells %s as well", line)
	default:
	}
}

// Nobody who watches costs nothing: what looks for them ends.
func TestNobodyIsLookedForWhenNobodyWatches(t *testing.T) {
	w := newWorld(t)
	h := newHub(w.store)
	_, stop := h.watch("cases")
	stop()
	await(t, "the hub rests", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return !h.running && len(h.topics) == 0 })
}

// TestModulesStaySmall: each is its own, and all together are less than a picture.
func TestModulesStaySmall(t *testing.T) {
	files, err := os.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	all, seen := 0, 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".js") {
			continue
		}
		source, err := os.ReadFile("static/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if all += len(source); len(source) > 4<<10 {
			t.Errorf("%s has %d bytes; at most 4,096 are meant", f.Name(), len(source))
		}
		for _, banned := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".style", "DOMParser", "import "} {
			if strings.Contains(string(source), banned) {
				t.Errorf("%s has %s", f.Name(), banned)
			}
		}
	}
	if all > 28<<10 || seen < 5 {
		t.Errorf("%d modules have %d bytes", seen, all)
	}
}

// Whoever tries a survey hears of each answer, also of one that calls nobody.
func TestAStreamTellsOfEachAnswerThatIsTried(t *testing.T) {
	w := newWorld(t)
	inv, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main", Event: map[string]string{"service_name": "Haircut"}, Test: true})
	if err != nil {
		t.Fatal(err)
	}
	lines := w.stream(t.Context(), "robin", tryTopic+inv.Token)
	first := next(t, lines, "what is tried")
	w.says("7", "Robin", chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
	w.press("7", "Robin", "5")
	second := next(t, lines, "the answer")
	var told map[string]string
	if err := json.Unmarshal([]byte(strings.TrimPrefix(second, "data: ")), &told); err != nil {
		t.Fatalf("%s: %v", second, err)
	}
	if keys := slices.Sorted(maps.Keys(told)); second == first || !slices.Equal(keys, []string{"rev", "t"}) || told["t"] != tryTopic+inv.Token {
		t.Errorf("an answer is told as %s", second)
	}
	page := body(w.as("robin").get("/setup/try?chat=" + inv.Token))
	if !strings.Contains(page, "Your first answer is stored.") || !strings.Contains(page, `data-topic="try:`+inv.Token+`"`) || !strings.Contains(page, `<ul class="marks">`) {
		t.Errorf("the page does not show it:\n%s", page)
	}
	if code := w.as("vera").get("/setup/try?chat=" + inv.Token).Code; code != http.StatusForbidden {
		t.Errorf("who may ask nobody is answered with %d", code)
	}
}

// Whoever loses the right to what a stream tells of is let go at the next look, though other cases stay theirs.
func TestAStreamEndsWithTheRightToIt(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", wait)
	s := &site{Config: Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now}}
	r := httptest.NewRequest("GET", "/live", nil)
	if !s.mayHear(r, viewer("mei"), []string{casesTopic, k.Name()}) || s.mayHear(r, viewer("hans"), []string{casesTopic, k.Name()}) {
		t.Error("a stream is of what all of its topics may be heard by")
	}
}
