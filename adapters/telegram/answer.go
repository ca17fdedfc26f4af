package telegram

import (
	"context"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

const answerLimit = 200 // units of a toast or an alert

// answerParams answers one tap. Every tap is answered, also with nothing, or the
// person's program shows a waiting sign.
func answerParams(id string, a chat.Answer) parameters {
	p := parameters{"callback_query_id": id}
	if text := cut(chat.Clean(a.Text), answerLimit); chat.Visible(text) {
		p["text"] = text
		if a.Alert {
			p["show_alert"] = "true"
		}
	}
	return p
}

// answersFor pairs every tap of the batch with what was answered to it.
func answersFor(updates []chat.Update, answers []chat.Answer) []parameters {
	said := make(map[int]chat.Answer, len(answers))
	for _, a := range answers {
		if _, ok := said[a.Update]; !ok {
			said[a.Update] = a
		}
	}
	var out []parameters
	for i, u := range updates {
		if tap, ok := u.Reply.(callback); ok {
			out = append(out, answerParams(tap.id, said[i]))
		}
	}
	return out
}

const (
	answerers     = 16
	answerQueue   = 1024
	answerTimeout = 5 * time.Second
	answerGrace   = time.Second // after the poller stopped
)

// answerer answers taps beside the polling, so that a slow answer delays no
// update. Answers may be lost: what does not fit the queue is dropped.
type answerer struct {
	client *Client
	queue  chan parameters // closed by stop; only the poller writes
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func startAnswerer(ctx context.Context, c *Client) *answerer {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &answerer{client: c, queue: make(chan parameters, answerQueue), cancel: cancel}
	for range answerers {
		a.done.Go(func() {
			for p := range a.queue {
				a.answer(ctx, p)
			}
		})
	}
	return a
}

func (a *answerer) add(all []parameters) {
	for _, p := range all {
		select {
		case a.queue <- p:
		default:
			a.client.log.Debug("too many taps wait for their answer; one is dropped")
		}
	}
}

func (a *answerer) answer(ctx context.Context, p parameters) {
	err := a.client.call(ctx, answerTimeout, "answerCallbackQuery", p, nil)
	if err == nil {
		return
	}
	if e, ok := refusal(err); ok && e.says("query is too old", "query ID is invalid") {
		return // the tap itself counted
	}
	a.client.log.Debug("a tap was not answered", "err", err)
}

// stop lets the queue run empty for answerGrace and then gives up. It returns when
// all goroutines are gone.
func (a *answerer) stop() {
	close(a.queue)
	timer := time.AfterFunc(answerGrace, a.cancel)
	a.done.Wait()
	timer.Stop()
	a.cancel()
}
