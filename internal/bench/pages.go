package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
)

// How the pages of staff are measured.
const (
	openCases  = 10_000 // that wait in the full list
	fewOpen    = 100    // that wait in the list that it is compared with
	looks      = 20     // at each page in a round
	maxPageMS  = 60
	maxLongMS  = 150 // of a report over two years
	firstBytes = 100 << 10
	partBytes  = 15 << 10
	maxQueries = 24
	maxKeptS   = 360 // a tenth of the time after which it is made again
)

// pageCost is what one page costs.
type pageCost struct {
	At      string  `json:"at"` // its pattern
	Status  int     `json:"status"`
	Not     string  `json:"not,omitempty"` // why it shows no figures: "many" = it was refused, "none" = there are none; "" = it shows what it is for
	Median  float64 `json:"median"`        // milliseconds of the server
	P99     float64 `json:"p99"`
	Queries int     `json:"queries"`
	Rows    int     `json:"rows"`  // that the database answered with
	First   int     `json:"first"` // bytes of a first visit, with its files
	Part    int     `json:"part"`  // bytes of what comes when it is fetched again
}

// office is an installation with many answers and cases, and its pages as an owner sees them.
type office struct {
	*world
	on      engine
	file    string // its database
	counter *sqlcount.Counter
	pages   http.Handler
	cookie  *http.Cookie
	named   *strings.Replacer  // patterns to addresses
	kept    map[string]float64 // seconds that making each kind of kept figures took
}

// pagesOn measures every page that staff open, with what a busy installation has stored, on an engine.
func pagesOn(on func(*bench) engine) func(context.Context, *bench) ([]row, error) {
	return func(ctx context.Context, b *bench) ([]row, error) { return b.pages(ctx, on(b)) }
}

func (b *bench) pages(ctx context.Context, on engine) (rows []row, err error) {
	answers := max(b.Stored, few)
	small, err := b.newOffice(ctx, on, "pages_few", few/100, fewOpen, fewOpen)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, small.leave()) }()
	large, err := b.newOffice(ctx, on, "pages_many", answers, max(b.Cases, openCases), openCases)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, large.leave()) }()
	began := time.Now()
	var costs []pageCost
	for _, at := range admin.Pages() {
		c, err := large.cost(ctx, at)
		if err != nil {
			return nil, err
		}
		costs = append(costs, c)
	}
	step("every page", began)
	began = time.Now()
	rows = rowsOf(on, costs, answers, max(b.Cases, openCases))
	long, err := large.longReports(ctx)
	if err != nil {
		return rows, err
	}
	step("every report of two years", began)
	rows = append(rows, rowsOfLong(on, long, answers)...)
	listed, err := b.listsOfCases(ctx, small, large)
	return append(rows, listed, large.rowOfKept(answers)), err
}

// rowsOfLong are the figures of reports over two years.
func rowsOfLong(on engine, long []pageCost, answers int) []row {
	worst := slices.MaxFunc(long, func(a, b pageCost) int { return cmp.Compare(a.shown(), b.shown()) })
	return []row{
		{
			Name: fmt.Sprintf("slowest report of two years with %d answers, %s: %s", answers, on, worst.At), Unit: "ms", Target: atMost(maxLongMS), Stretch: maxPageMS,
			Value: worst.Median, Parts: map[string]float64{"p99 ms": worst.P99}, Pages: long, Title: "Every report over two years, " + on.String(),
		},
		refusedOf("reports of two years that are refused because there is too much, "+on.String(), long),
	}
}

// refusedOf says how many pages were refused: these are fast, and show nothing.
func refusedOf(name string, costs []pageCost) row {
	n := 0
	for _, c := range costs {
		if c.Not == refused {
			n++
		}
	}
	return row{Name: name, Target: atMost(0), Value: float64(n)}
}

// listsOfCases compares the list of cases with many that are open with the one with few.
func (b *bench) listsOfCases(ctx context.Context, small, large *office) (row, error) {
	var full, bare []float64
	for range b.Rounds + 1 {
		for _, x := range []struct {
			of   *office
			into *[]float64
		}{{small, &bare}, {large, &full}} {
			took, err := x.of.look(ctx, "/cases", looks)
			if err != nil {
				return row{}, err
			}
			*x.into = append(*x.into, median(took))
		}
	}
	return row{
		Name: fmt.Sprintf("list of cases with %d open, against one with %d, %s", openCases, fewOpen, large.on), Unit: "×", Target: atMost(1.5),
		Value: median(ratios(full[1:], bare[1:])), Parts: map[string]float64{"many ms": median(full[1:]), "few ms": median(bare[1:])},
	}, nil
}

// crowd measures what people cost who watch the list of cases, in which a new case changes what is shown.
func crowd(ctx context.Context, b *bench) ([]row, error) {
	o, err := b.newOffice(ctx, onPostgres{b}, "pages_watched", few/10, fewOpen, fewOpen)
	if err != nil {
		return nil, err
	}
	defer o.close()
	watched, err := watching(ctx, o)
	return []row{watched}, err
}

// longReports measures every report over two years.
func (o *office) longReports(ctx context.Context) (costs []pageCost, err error) {
	now := time.Now().UTC()
	days := "?from=" + now.Add(-twoYears).Format(time.DateOnly) + "&to=" + now.Format(time.DateOnly)
	for _, at := range admin.Pages() {
		if !strings.HasPrefix(at, "/reports/") {
			continue
		}
		c, err := o.cost(ctx, at+days)
		if err != nil {
			return nil, err
		}
		c.At = at
		costs = append(costs, c)
	}
	return costs, nil
}

// rowsOf are the figures of all pages: the slowest, the heaviest, and each by itself.
func rowsOf(on engine, costs []pageCost, answers, cases int) []row {
	report := func(c pageCost) bool { return strings.HasPrefix(c.At, "/reports/") }
	most := func(of func(pageCost) float64, among func(pageCost) bool) (pageCost, float64) {
		some := slices.DeleteFunc(slices.Clone(costs), func(c pageCost) bool { return !among(c) })
		worst := slices.MaxFunc(some, func(a, b pageCost) int { return cmp.Compare(of(a), of(b)) })
		return worst, of(worst)
	}
	all := func(pageCost) bool { return true }
	stored := fmt.Sprintf(" with %d answers and %d cases, %s", answers, cases, on)
	page, slow := most(pageCost.shown, func(c pageCost) bool { return !report(c) })
	figures, slowest := most(pageCost.shown, report)
	asks, queries := most(func(c pageCost) float64 { return float64(c.Queries) }, all)
	heavy, first := most(func(c pageCost) float64 { return float64(c.First) / 1024 }, all)
	again, part := most(func(c pageCost) float64 { return float64(c.Part) / 1024 }, all)
	return []row{
		{Name: "slowest page of staff" + stored + ": " + page.At, Unit: "ms", Target: atMost(maxPageMS), Value: slow, Parts: map[string]float64{"p99 ms": page.P99}, Pages: costs, Title: "Every page of staff, " + on.String()},
		{Name: "slowest report" + stored + ": " + figures.At, Unit: "ms", Target: atMost(maxPageMS), Value: slowest, Parts: map[string]float64{"p99 ms": figures.P99}},
		{Name: "most queries of a page, " + on.String() + ": " + asks.At, Unit: "", Target: atMost(maxQueries), Value: queries, Parts: map[string]float64{"rows": float64(asks.Rows)}},
		{Name: "heaviest first visit, with its files, " + on.String() + ": " + heavy.At, Unit: "KiB", Target: atMost(firstBytes / 1024), Value: first},
		{Name: "heaviest page when it is fetched again, " + on.String() + ": " + again.At, Unit: "KiB", Target: atMost(partBytes / 1024), Value: part},
		refusedOf("pages that are refused because there is too much"+stored, costs),
	}
}

// shown is how long a page took that showed what it is for, in milliseconds; 0 of one that was refused.
func (c pageCost) shown() float64 {
	if c.Not == refused {
		return 0
	}
	return c.Median
}

// newOffice fills a database and opens its pages.
func (b *bench) newOffice(ctx context.Context, on engine, name string, answers, cases, open int) (_ *office, err error) {
	fmt.Fprintf(os.Stderr, "filling %s on %s: %d answers, %d cases\n", name, on, answers, cases)
	began := time.Now()
	o := &office{on: on, file: name, counter: new(sqlcount.Counter)}
	if err := o.enter(ctx, b, true); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("fill %s: %w", name, err), o.leave())
		}
	}()
	like, err := o.pattern(ctx)
	if err != nil {
		return nil, err
	}
	buckets := o.store.Buckets()
	if err := o.close(); err != nil {
		return nil, err
	}
	all := &business{conversations: max(1, answers/questions), buckets: buckets, now: time.Now().UTC().Truncate(time.Microsecond), like: like}
	counted := fmt.Sprintf("UPDATE buckets SET sessions = sessions + %d, answers = answers + %d", all.conversations/buckets, answers/buckets)
	if err := on.fill(ctx, name, all.tables(), counted); err != nil {
		return nil, err
	}
	if err := o.enter(ctx, b, true); err != nil {
		return nil, err
	}
	at := time.Now()
	kase, err := o.fillCases(ctx, like, cases, open)
	if err != nil {
		return nil, err
	}
	step(fmt.Sprintf("cases, %d", cases), at)
	if err := o.settle(ctx, name, began); err != nil {
		return nil, err
	}
	if err := o.close(); err != nil {
		return nil, err
	}
	if err := o.enter(ctx, b, false); err != nil {
		return nil, err
	}
	o.pages = admin.New(admin.Config{Store: o.store, Bot: o.bot, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err := o.signIn(ctx); err != nil {
		return nil, err
	}
	return o, o.name(ctx, kase)
}

// enter opens the database.
func (o *office) enter(ctx context.Context, b *bench, haste bool) error {
	store, err := o.on.open(ctx, o.file, o.counter, haste)
	if err != nil {
		return err
	}
	if o.world, err = b.newWorld(ctx, store); err != nil {
		return errors.Join(err, store.Close())
	}
	return nil
}

// leave closes the database, and removes it.
func (o *office) leave() error { return errors.Join(o.close(), o.on.drop(o.file)) }

// settle does what a server has done after a while: the rows of reports are made, and all days are added up.
func (o *office) settle(ctx context.Context, name string, began time.Time) error {
	for _, do := range []struct {
		what string
		it   func() error
	}{
		{"rows of reports of cases", func() error { return o.foldAll(ctx) }},
		{"sums of days and months", func() error { return bot.SumUp(ctx, o.store) }},
		{"statistics", func() error { return o.on.settle(ctx, name) }},
		{"figures that are kept", func() error { return o.keep(ctx) }},
	} {
		at := time.Now()
		if err := do.it(); err != nil {
			return fmt.Errorf("%s: %w", do.what, err)
		}
		step(do.what, at)
	}
	bytes, err := o.on.size(ctx, name)
	step(fmt.Sprintf("all of it, %.0f MB", float64(bytes)/1e6), began)
	return err
}

// keep makes the figures that a server makes once an hour.
func (o *office) keep(ctx context.Context) error {
	now := time.Now().UTC()
	from := app.FiguresFrom(o.store, o.bot.Configuration().Now(), asking.New(asking.Config{Store: o.store, Bot: o.bot}), now)
	o.kept = map[string]float64{}
	for _, m := range figures.Makers() {
		began := time.Now()
		body, err := m.Make(ctx, &from, figures.ResultKey{})
		if err != nil {
			return fmt.Errorf("%s: %w", m.Kind, err)
		}
		o.kept[m.Kind+" s"] = time.Since(began).Seconds()
		if err := o.store.KeepResult(ctx, storage.KeptResult{Kind: m.Kind, Key: figures.ResultKey{}.String(), MadeAt: now, Body: body}); err != nil {
			return err
		}
	}
	return nil
}

// rowOfKept is how long it takes to make what is made once an hour.
func (o *office) rowOfKept(answers int) row {
	r := row{Name: fmt.Sprintf("figures made once an hour, of twelve months, with %d answers, %s", answers, o.on), Unit: "s", Target: atMost(maxKeptS), Parts: o.kept}
	for _, s := range o.kept {
		r.Value += s
	}
	return r
}

// lead is the member of staff who looks at the pages.
const lead = "robin"

// signIn makes an owner, and a browser in which they have signed in.
func (o *office) signIn(ctx context.Context) (err error) {
	if o.cookie, err = o.person(ctx, lead, "Robin Park", true); err != nil {
		return err
	}
	return o.bot.Configuration().Refresh(ctx)
}

// person makes somebody who works here, and what their browser holds once they have signed in.
func (o *office) person(ctx context.Context, id, name string, owner bool) (*http.Cookie, error) {
	now := time.Now().UTC()
	err := o.store.Enrol(ctx, storage.Enrolment{
		Login: storage.Login{ID: id, Staff: id, Name: id, Shown: name, Owner: owner, Language: "en", Created: now},
		Staff: &storage.Staff{ID: id, Name: name, Roles: access.Grants{access.EverySite: access.Admin}, Created: now},
		Audit: storage.Audit{ID: uuid.Must(uuid.NewV7()).String(), At: now, Who: id, From: "cli", What: "login.make", Subject: id}, Now: now,
	})
	if err != nil {
		return nil, err
	}
	token := signin.NewToken()
	session := storage.WebSession{
		ID: uuid.Must(uuid.NewV7()).String(), Hash: signin.HashToken(token), Login: id, Created: now, Seen: now, Fresh: now, Device: "bench", Address: "127.0.0.1",
	}
	return &http.Cookie{Name: "aftercare", Value: token}, o.store.PutWebSession(ctx, session, "")
}

// name gives what stands in the patterns of addresses.
func (o *office) name(ctx context.Context, kase storage.Case) error {
	link := storage.StandingLink{ID: "abcdefgh", Name: "Counter", Flow: flowName, Site: kase.Site, Event: map[string]string{}, Created: time.Now().UTC()}
	if err := o.store.PutStandingLink(ctx, link); err != nil {
		return err
	}
	o.named = strings.NewReplacer(
		"{$}", "", "/people/{id}", "/people/"+lead, "{number}", kase.Name(), "{who}", kase.Identity, "{id}", fmt.Sprintf("%d.%s", kase.Bucket, kase.Session), "{link}", link.ID,
		"{site}", kase.Site, "{flow}", flowName, "{topic}", "running", "{picture}", "x.svg", "{ask}", "x", "{v}", "1", "{n}", "1",
	)
	return nil
}

// ask asks for a page as a browser in which somebody signed in does.
func (o *office) ask(ctx context.Context, at string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	r.RemoteAddr = "127.0.0.1:1"
	r.AddCookie(o.cookie)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	out := httptest.NewRecorder()
	o.pages.ServeHTTP(out, r)
	return out
}

// look asks for a page n times and tells how long each took, in milliseconds.
func (o *office) look(ctx context.Context, at string, n int) ([]float64, error) {
	var took []float64
	for i := range n + 2 { // the first two find nothing prepared and no page in memory
		began := time.Now()
		out := o.ask(ctx, at)
		if i >= 2 {
			took = append(took, milliseconds(time.Since(began)))
		}
		if out.Code >= http.StatusInternalServerError {
			return nil, fmt.Errorf("%s: %d", at, out.Code)
		}
	}
	return took, ctx.Err()
}

// refused is why a page shows no figures that has too many rows to read.
const refused = "many"

var notShown = regexp.MustCompile(`data-not="([a-z]+)"`)

var assetOf = regexp.MustCompile(`/static/admin/[a-z_]+\.[0-9a-f]+\.(?:css|js|svg)`)

// cost measures one page.
func (o *office) cost(ctx context.Context, pattern string) (pageCost, error) {
	c, at := pageCost{At: pattern}, o.named.Replace(pattern)
	var took []float64
	for range o.Rounds {
		some, err := o.look(ctx, at, looks)
		if err != nil {
			return c, err
		}
		took = append(took, some...)
	}
	c.Median, c.P99 = median(took), percentile(took, 99)
	o.counter.Reset()
	out := o.ask(ctx, at)
	if found := notShown.FindStringSubmatch(out.Body.String()); found != nil {
		c.Not = found[1]
	}
	c.Status, c.Queries, c.Rows, c.First = out.Code, int(o.counter.Queries.Load()), int(o.counter.Rows.Load()), out.Body.Len()
	for _, file := range slices.Compact(slices.Sorted(slices.Values(assetOf.FindAllString(out.Body.String(), -1)))) {
		c.First += o.ask(ctx, file, "Accept-Encoding", "gzip").Body.Len()
	}
	c.Part = o.ask(ctx, at, "Aftercare-Live", "1", "Accept-Encoding", "gzip").Body.Len()
	return c, nil
}
