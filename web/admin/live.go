package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const (
	lookEvery  = time.Second      // how often what is watched is looked at, once for all who watch it
	pingEvery  = 15 * time.Second // how often a stream says that it lives, and asks whether its reader may still read
	streamEnds = 10 * time.Minute // the browser opens the next one by itself
	mostTopics = 4                // of a page
)

// The topics of setting up: the chats of staff, what becomes of a test message in one, and how far
// somebody is who tries a survey.
const (
	chatsTopic = "chats"
	testTopic  = "test:"
	tryTopic   = "try:"
)

// hub looks at what somebody watches: once a second for everybody, however many they are, and
// at nothing while nobody watches.
type hub struct {
	store storage.Store
	clock func() time.Time
	test  func(ctx context.Context, key string) (storage.Delivery, error) // nil = nothing is tested
	tried func(ctx context.Context, token string) (bot.Trial, error)      // nil = nothing is tried

	mu      sync.Mutex
	topics  map[string]*watched
	running bool
	rest    chan struct{} // has a value once the last watcher left
}

// watched is something that is watched: "cases", or a case by its name.
type watched struct {
	rev      string
	watchers map[chan string]bool
}

func newHub(store storage.Store) *hub {
	return &hub{store: store, clock: time.Now, topics: map[string]*watched{}, rest: make(chan struct{}, 1)}
}

// watch returns a channel that has the newest revision of a topic, until stop is called.
func (h *hub) watch(name string) (news <-chan string, stop func()) {
	ch := make(chan string, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil {
		t = &watched{watchers: map[chan string]bool{}}
		h.topics[name] = t
	}
	t.watchers[ch] = true
	if t.rev != "" {
		ch <- t.rev
	}
	if !h.running {
		h.running = true
		go h.look()
	}
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(t.watchers, ch); len(t.watchers) == 0 && h.topics[name] == t {
			delete(h.topics, name)
		}
		if len(h.topics) == 0 {
			select {
			case h.rest <- struct{}{}:
			default:
			}
		}
	}
}

// look goes on while somebody watches.
func (h *hub) look() {
	for {
		h.mu.Lock()
		var names []string
		for name := range h.topics {
			names = append(names, name)
		}
		if h.running = len(names) > 0; !h.running {
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
		for _, name := range names {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			rev, err := h.revision(ctx, name)
			cancel()
			if err == nil { // the next look may see it; a page that is behind says so by its clocks
				h.tell(name, rev)
			}
		}
		select {
		case <-time.After(lookEvery):
		case <-h.rest:
		}
	}
}

// tell passes a revision on, if it is another one. A watcher that is slow misses none but old ones.
func (h *hub) tell(name, rev string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil || t.rev == rev {
		return
	}
	t.rev = rev
	for ch := range t.watchers {
		select {
		case <-ch:
		default:
		}
		ch <- rev
	}
}

// casesTopic is the list of cases.
const casesTopic = "cases"

// listed is the revision of the list of cases that those who watch it were told; "" while nobody does.
func (h *hub) listed() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[casesTopic]; t != nil {
		return t.rev
	}
	return ""
}

// revision is a text that differs once what a page shows of a topic does. It tells nothing of it.
func (h *hub) revision(ctx context.Context, name string) (string, error) {
	sum := fnv.New64a()
	if bucket, number, ok := recovery.ParseName(name); ok {
		k, err := h.store.CaseNumbered(ctx, storage.Bucket(bucket), number)
		if err != nil {
			return "", err
		}
		drafts, err := h.store.Drafts(ctx, k.Bucket, k.ID)
		if err != nil {
			return "", err
		}
		waits, err := h.store.PendingOf(ctx, k.Bucket, k.ID)
		if err != nil {
			return "", err
		}
		fmt.Fprint(sum, k.Updated.UnixMicro(), k.State, len(waits))
		for _, p := range waits {
			fmt.Fprint(sum, p.ID, p.Refused)
		}
		for _, d := range drafts {
			fmt.Fprint(sum, d.Person, d.Box)
		}
		return fmt.Sprintf("%x", sum.Sum64()), nil
	}
	if of, _, ok := draftAt(name); ok {
		return h.draftRevision(ctx, of)
	}
	if name == chatsTopic {
		chats, err := h.store.StaffChatList(ctx)
		if err != nil {
			return "", err
		}
		for _, c := range chats {
			fmt.Fprint(sum, c.Name, c.Linked.UnixMicro(), c.Gone.UnixMicro())
		}
		return fmt.Sprintf("%x", sum.Sum64()), nil
	}
	if key, ok := strings.CutPrefix(name, testTopic); ok && h.test != nil {
		d, err := h.test(ctx, key)
		if err != nil {
			return "", err
		}
		fmt.Fprint(sum, d.State, d.Error)
		return fmt.Sprintf("%x", sum.Sum64()), nil
	}
	if token, ok := strings.CutPrefix(name, tryTopic); ok && h.tried != nil {
		x, err := h.tried(ctx, token)
		if err != nil {
			return "", err
		}
		if fmt.Fprint(sum, x.Case); x.Of != nil {
			for _, a := range x.Of.Answers {
				fmt.Fprint(sum, a.Question, a.Revision)
			}
		}
		return fmt.Sprintf("%x", sum.Sum64()), nil
	}
	for _, standing := range recovery.Standings() {
		f := storage.StandingFilter{Standing: standing, Limit: pageRows}
		n, _, err := h.store.CountStanding(ctx, f, countUpTo)
		if err != nil {
			return "", err
		}
		cases, err := h.store.Standing(ctx, f)
		if err != nil {
			return "", err
		}
		fmt.Fprint(sum, standing, n)
		for i := range cases {
			fmt.Fprint(sum, cases[i].ID, cases[i].Updated.UnixMicro(), cases[i].Holder.ID)
		}
	}
	return fmt.Sprintf("%x", sum.Sum64()), nil
}

// live tells a page that something that it shows has changed: which topic, and its revision,
// never words. The page then asks for it again, under the rights of that moment.
func (s *site) live(w http.ResponseWriter, r *http.Request, v Viewer) error {
	type event struct {
		Topic string `json:"t"`
		Rev   string `json:"rev"`
	}
	news := make(chan event, mostTopics)
	ctx, end := context.WithTimeout(r.Context(), streamEnds)
	defer end()
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	var here []func() // say that a draft is open here
	var heard []string
	asked := strings.Split(r.URL.Query().Get("topics"), ",")
	for _, name := range asked[:min(len(asked), mostTopics)] {
		of, part, draft := draftAt(name)
		if !s.mayWatch(r, v, name) {
			continue
		}
		heard = append(heard, name)
		watched := name
		if draft {
			say, gone := s.comes(r, v, of, part)
			defer gone()
			here = append(here, say)
			watched = draftTopic + of
		}
		revs, stop := s.hub.watch(watched)
		defer stop()
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case rev := <-revs:
					select {
					case news <- event{name, rev}:
					case <-ctx.Done():
						return
					}
				}
			}
		})
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	send := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(2 * pingEvery)) // a recorder of tests has none
		_, err := w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return nil
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-news:
			body, _ := json.Marshal(e) // two texts
			if !send("data: " + string(body) + "\n\n") {
				return nil
			}
		case <-ping.C:
			now, ok, err := s.Gate.Viewer(r)
			if err != nil || !ok || now.Login != v.Login || !s.mayHear(r, now, heard) || !send(": still here\n\n") {
				return nil
			}
			for _, say := range here {
				say()
			}
		}
	}
}

// digest is a short text that differs where another one does.
func digest(text string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(text))
	return fmt.Sprintf("%x", sum.Sum64())
}

// connecting reports whether a topic is of whoever connects chats.
func connecting(name string) bool {
	return name == chatsTopic || strings.HasPrefix(name, testTopic)
}

// mayHear reports whether somebody may still hear of all these topics.
func (s *site) mayHear(r *http.Request, v Viewer, topics []string) bool {
	return v.Anywhere(access.SeeCases) && !slices.ContainsFunc(topics, func(name string) bool { return !s.mayWatch(r, v, name) })
}

// mayWatch reports whether somebody may hear of a topic.
func (s *site) mayWatch(r *http.Request, v Viewer, name string) bool {
	if of, _, ok := draftAt(name); ok {
		return mayDraft(v, of)
	}
	return name == casesTopic || s.maySee(r, v, name) || connecting(name) && mayConnectChats(v) == nil ||
		strings.HasPrefix(name, tryTopic) && v.Anywhere(access.AskNow)
}

// maySee reports whether a name is that of a case that the viewer may see.
func (s *site) maySee(r *http.Request, v Viewer, name string) bool {
	bucket, number, ok := recovery.ParseName(name)
	if !ok || bucket >= s.Store.Buckets() {
		return false
	}
	k, err := s.Store.CaseNumbered(r.Context(), storage.Bucket(bucket), number)
	return err == nil && v.Can(access.SeeCases, k.Site)
}
