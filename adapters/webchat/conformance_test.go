package webchat

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
)

func TestConformance(t *testing.T) {
	chattest.Run(t, func(t *testing.T) chattest.Adapter {
		p := &platform{t: t, serving: make(chan struct{})}
		p.server = httptest.NewServer(New(Config{
			Handle: p.handle, Visitor: p.visitor, Transcript: p.transcript, State: p.state,
			Log: slog.New(slog.NewTextHandler(&p.log, nil)),
		}))
		t.Cleanup(p.server.Close)
		return p
	})
}

// platform is the web chat as the kit sees it: a transcript takes the place of a
// sender, and a person without script reads the page and posts its forms.
type platform struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	items   []Item
	handler chat.Handler
	serving chan struct{} // closed once there is a handler
	newest  url.Values    // the newest form that was posted
	log     lockedLog
}

type lockedLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (p *platform) Sender() chat.Sender        { return p }
func (p *platform) Address() chat.Address      { return customer }
func (p *platform) Fail(chattest.Failure) bool { return false } // writing the transcript is the store's business
func (p *platform) Vanish(chat.Ref) bool       { return false } // nobody can delete a message from the page
func (p *platform) Traits() chattest.Traits {
	return chattest.Traits{Secrets: []string{goodToken}, Log: p.log.String, Units: func(s string) int { return len(s) }, AsText: []chat.Expects{chat.ExpectsFile}}
}

// Send does what the store does with a delivery to the web.
func (p *platform) Send(ctx context.Context, _ chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	if err := ctx.Err(); err != nil {
		return "", &chat.Error{Kind: chat.Temporary, Err: err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.items {
		if chat.Ref(p.items[i].Slot) == at {
			p.items[i].Message = m
			p.items[i].Version++
			return at, nil
		}
	}
	slot := fmt.Sprintf("n:s:%d", len(p.items))
	p.items = append(p.items, Item{Slot: slot, Ord: int64(len(p.items)), Version: 1, Message: m})
	return chat.Ref(slot), nil
}

func (p *platform) Serve(ctx context.Context, h chat.Handler) error {
	p.mu.Lock()
	p.handler = h
	p.mu.Unlock()
	close(p.serving)
	<-ctx.Done()
	return nil
}

func (p *platform) handle(ctx context.Context, u []chat.Update) ([]chat.Answer, error) {
	<-p.serving
	return p.handler(ctx, u)
}

func (p *platform) visitor(_ context.Context, token, _ string) (Visitor, error) {
	if token != goodToken {
		return Visitor{}, ErrUnknown
	}
	return Visitor{Address: customer, User: chat.User{ID: customer.Chat}, Language: "en"}, nil
}

func (p *platform) state(context.Context, chat.Address) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return digest(p.items), nil
}

func (p *platform) transcript(_ context.Context, _ chat.Address, before int64, limit int) ([]Item, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return pageOf(p.items, before, limit), nil
}

// page is the conversation as the server sends it.
func (p *platform) page() string { return p.get(chatPath) }

func (p *platform) get(path string) string {
	response, err := http.Get(p.server.URL + path)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	return p.body(response)
}

func (p *platform) body(response *http.Response) string {
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Error(err)
	}
	return string(b)
}

var (
	listItem  = regexp.MustCompile(`(?s)<(?:li class="(?:own|them-turn)" id|section class="ask" id="now" data-of)="([^"]*)".*?</(?:li|section)>`)
	anyTag    = regexp.MustCompile(`<(/?)([a-z0-9]+)[^>]*>`)
	aButton   = regexp.MustCompile(`(?s)<(?:button|a) class="(?:opt|go|plain)"[^>]*(?:name="data"|href=)[^>]*>(?:<b>)?(.*?)(?:</b>.*?)?</(?:button|a)>`)
	aForm     = regexp.MustCompile(`(?s)<form (?:class="inline"|id="answer").*?</form>`)
	theBox    = regexp.MustCompile(`(?s)<form id="box".*?</form>`)
	anInput   = regexp.MustCompile(`(?s)<(?:input|textarea)[^>]* name="text"[^>]*>`)
	itsWords  = regexp.MustCompile(` (?:id|placeholder|aria-label|aria-labelledby|aria-describedby)="[^"]*"`)
	aSlot     = regexp.MustCompile(`name="on" value="([^"]*)"`)
	firstData = regexp.MustCompile(`name="data" value="([^"]*)"`)
	aNonce    = regexp.MustCompile(`name="nonce" value="([^"]*)"`)
	anAnswer  = regexp.MustCompile(`(?s)<p id="(?:status|alert)" role="(status|alert)">([^<]+)</p>`)
	retryForm = regexp.MustCompile(`(?s)<form class="field".*?</form>`)
	besides   = regexp.MustCompile(`(?s)<form id="(?:beside|keep)".*?</form>|<p class="mark-line">.*?</p>|<section[^>]*>|</section>`)
)

func (p *platform) Shown() []chattest.Shown {
	items := map[string]string{} // by their elements
	for path := chatPath; path != ""; {
		body := p.get(path)
		for _, m := range listItem.FindAllStringSubmatch(body, -1) {
			items[m[1]] = m[0]
		}
		path = ""
		if m := earlierLink.FindStringSubmatch(body); m != nil {
			path = m[1]
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(items) != len(p.items) {
		p.t.Fatalf("the page shows %d messages of %d", len(items), len(p.items))
	}
	var out []chattest.Shown
	for _, it := range p.items {
		item := items[elementID(it.Slot)]
		s := chattest.Shown{Ref: chat.Ref(it.Slot)}
		for _, b := range aButton.FindAllStringSubmatch(item, -1) {
			s.Buttons = append(s.Buttons, html.UnescapeString(b[1]))
		}
		item = besides.ReplaceAllString(aForm.ReplaceAllString(item, ""), "")
		for _, tag := range anyTag.FindAllStringSubmatch(item, -1) {
			s.Styles = append(s.Styles, tag[1]+tag[2])
		}
		s.Text = strings.TrimSpace(html.UnescapeString(anyTag.ReplaceAllString(item, "")))
		out = append(out, s)
	}
	return out
}

// post sends a form and returns the page that answers; while the store is away it
// sends the form of that page, as people do.
func (p *platform) post(f url.Values) string {
	p.mu.Lock()
	p.newest = f
	p.mu.Unlock()
	for {
		r, err := http.NewRequest(http.MethodPost, p.server.URL+chatPath, strings.NewReader(f.Encode()))
		if err != nil {
			p.t.Error(err)
			return ""
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(liveHeader, "1")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			p.t.Error(err)
			return ""
		}
		page := p.body(response)
		switch response.StatusCode {
		case http.StatusOK:
			return page
		case http.StatusServiceUnavailable:
			again := retryForm.FindString(page)
			if n := aNonce.FindStringSubmatch(again); n == nil || n[1] != f.Get("nonce") {
				p.t.Error(errors.New("the page that offers to try again has another nonce"))
				return ""
			}
		default:
			p.t.Errorf("status %d", response.StatusCode)
			return ""
		}
	}
}

func (p *platform) Say(text string) {
	nonce := aNonce.FindStringSubmatch(p.page())
	go p.post(url.Values{"nonce": {nonce[1]}, "text": {text}})
}

func (p *platform) Tap(at chat.Ref) func() chat.Answer {
	answer := make(chan chat.Answer, 1)
	for _, form := range aForm.FindAllString(p.page(), -1) {
		if slot := aSlot.FindStringSubmatch(form); html.UnescapeString(slot[1]) != string(at) {
			continue
		}
		f := url.Values{
			"nonce": {aNonce.FindStringSubmatch(form)[1]}, "on": {string(at)},
			"data": {html.UnescapeString(firstData.FindStringSubmatch(form)[1])},
		}
		go func() {
			m := anAnswer.FindStringSubmatch(p.post(f))
			if m == nil {
				answer <- chat.Answer{}
				return
			}
			answer <- chat.Answer{Text: html.UnescapeString(m[2]), Alert: m[1] == "alert"}
		}()
		return func() chat.Answer { return <-answer }
	}
	p.t.Fatalf("message %q has no button", at)
	return nil
}

// answerForm is the form in which a message is answered: its own, or the box.
func (p *platform) answerForm(at chat.Ref) string {
	page := p.page()
	for _, m := range listItem.FindAllStringSubmatch(page, -1) {
		if form := aForm.FindString(m[0]); m[1] == elementID(string(at)) && anInput.MatchString(form) {
			return form
		}
	}
	return theBox.FindString(page)
}

// Field is the element to write in or to pick from, without its words.
func (p *platform) Field(at chat.Ref) string {
	element := anInput.FindString(p.answerForm(at))
	return itsWords.ReplaceAllString(element, "")
}

func (p *platform) Enter(at chat.Ref, answer string) {
	nonce := aNonce.FindStringSubmatch(p.answerForm(at))
	go p.post(url.Values{"nonce": {nonce[1]}, "text": {answer}})
}

func (p *platform) Repeat() bool {
	p.mu.Lock()
	f := p.newest
	p.mu.Unlock()
	go p.post(f)
	return true
}
