package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/web/admin"
)

// How the editor of surveys is measured.
const (
	usualFlow  = 40  // questions of a long survey
	hugeFlow   = 200 // of one that nobody should answer, and somebody will build
	mostDrawMS = 50  // the page with the preview anew, after a change
	mostSaveMS = 30  // one field
	mostInput  = 100 // ms from a key to what it paints
	edits      = 20  // changes in a round
)

// editor measures what somebody waits for who changes a survey: that a field is saved, that the preview
// shows it, and, in a browser with a very long survey, that a key which they press is seen.
func editor(ctx context.Context, b *bench) (rows []row, err error) {
	o, err := b.newOffice(ctx, onPostgres{b}, "editor", few/10, fewOpen, fewOpen)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	o.pages = admin.New(admin.Config{Store: o.store, Bot: o.bot, Draw: app.Drawing(), Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	of := map[int]*draftCost{}
	for _, n := range []int{usualFlow, hugeFlow} {
		if of[n], err = o.changing(ctx, n); err != nil {
			return nil, err
		}
	}
	usual, huge := of[usualFlow], of[hugeFlow]
	rows = []row{
		{
			Name: fmt.Sprintf("saving a field of a survey of %d questions", usualFlow), Unit: "ms", Target: atMost(mostSaveMS), Value: median(usual.save),
			Parts: map[string]float64{"p99 ms": percentile(usual.save, 99), fmt.Sprintf("of %d questions ms", hugeFlow): median(huge.save)},
		},
		{
			Name: fmt.Sprintf("the preview answers a change in a survey of %d questions", usualFlow), Unit: "ms", Target: atMost(mostDrawMS), Value: median(usual.draw),
			Parts: map[string]float64{"p99 ms": percentile(usual.draw, 99), "KiB": usual.size, fmt.Sprintf("of %d questions ms", hugeFlow): median(huge.draw), fmt.Sprintf("of %d questions KiB", hugeFlow): huge.size},
		},
	}
	painted, err := o.typing(ctx, draftName(hugeFlow))
	if err != nil {
		return rows, err
	}
	return append(rows, painted...), nil
}

// draftCost is what changes of one draft took.
type draftCost struct {
	save, draw []float64 // milliseconds of the server
	size       float64   // KiB of the answer
}

func draftName(questions int) string { return fmt.Sprintf("long_%d", questions) }

// longFlow is a survey in two languages: scales, and after each bad answer a list and words.
func longFlow(questions int) string {
	var f strings.Builder
	fmt.Fprintf(&f, "flow: %s\nclass: transactional\ntitle: {en: A long survey, es: Una encuesta larga}\nlanguages: [en, es]\nquestions:\n", draftName(questions))
	for i := range questions {
		of, ask := i/4*4, fmt.Sprintf("{en: \"How was part %d of {service_name}?\", es: \"¿Cómo fue la parte %d de {service_name}?\"}", i, i)
		fmt.Fprintf(&f, "  - key: q%d\n    ask: %s\n", i, ask)
		switch i % 4 {
		case 0, 1:
			f.WriteString("    scale: csat5\n")
		case 2:
			fmt.Fprintf(&f, "    choice: reason\n    max: 3\n    optional: true\n    when: {q%d: unsatisfied}\n", of)
		case 3:
			fmt.Fprintf(&f, "    text: long\n    optional: true\n    when: {all: [{q%d: [unsatisfied, neutral]}, {q%d: unsatisfied}]}\n", of, of+1)
		}
		if i == 0 {
			f.WriteString("    primary: true\n")
		}
		if i < 8 && i%4 < 2 {
			f.WriteString("    weight: 1\n")
		}
	}
	return f.String()
}

// changing publishes a survey and changes the words of its questions one after another, as the editor's
// module does: it posts what was written, and fetches the page anew.
func (o *office) changing(ctx context.Context, questions int) (*draftCost, error) {
	flow := draftName(questions)
	if _, _, err := o.store.Publish(ctx, flow, longFlow(questions), time.Now().UTC()); err != nil {
		return nil, err
	}
	if err := o.bot.Configuration().Refresh(ctx); err != nil {
		return nil, err
	}
	c := &draftCost{}
	for i := range o.Rounds*edits + 2 {
		at := i % questions
		card := fmt.Sprintf("questions/=q%d", at)
		page := "/surveys/" + flow + "/edit?q=" + url.QueryEscape(card)
		field, was := card+"/ask/@en", fmt.Sprintf("How was part %d of {service_name}?", at)
		if i >= questions {
			was = changedWords(i - questions)
		}
		began := time.Now()
		saved := o.send(ctx, page, url.Values{field: {changedWords(i)}, field + ".was": {was}})
		between := time.Now()
		shown := o.ask(ctx, saved.Header().Get("Location"), "Aftercare-Live", "1")
		ended := time.Now()
		if saved.Code != http.StatusSeeOther || shown.Code != http.StatusOK || !strings.Contains(shown.Body.String(), changedWords(i)) {
			return nil, fmt.Errorf("%s: %d, then %d without the words", page, saved.Code, shown.Code)
		}
		if i >= 2 { // the first two find nothing prepared
			c.save, c.draw = append(c.save, milliseconds(between.Sub(began))), append(c.draw, milliseconds(ended.Sub(between)))
		}
		c.size = float64(shown.Body.Len()) / 1024
	}
	return c, ctx.Err()
}

func changedWords(i int) string { return fmt.Sprintf("How well did part %d go?", i) }

// send posts a form as a browser in which somebody signed in does.
func (o *office) send(ctx context.Context, at string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	r.RemoteAddr = "192.0.2.1:1"
	r.AddCookie(o.cookie)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	out := httptest.NewRecorder()
	o.pages.ServeHTTP(out, r)
	return out
}
