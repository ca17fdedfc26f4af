package admin

import (
	"cmp"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// chatView is a draft as a customer meets it, and what staff hear of it.
type chatView struct {
	On      string // platform
	Path    string // worst, neutral, best: how the rest was answered; "" = it waits for an answer
	Ons     []option
	Paths   []option
	As      []option // customers
	Who     string
	Turns   []chatTurn
	Said    []string     // the answers so far, as the forms carry them
	Events  []eventField // of the service that is asked about
	About   bool         // one of them is filled in
	All     string       // address of all ways through it
	Keep    []queryField
	Waits   bool
	Case    string // what opens, or why nothing does
	Level   int
	Mood    string
	Card    *chat.Message // that hangs in the chats of staff
	P1      bool
	Hears   []string
	Seconds int
	Asked   int
	Long    bool // it goes on, and the picture does not
	Struck  int  // answers that no longer apply
}

// carried are the parts of the page's address that say where the preview is.
var carried = []string{"on", "as", "path", "live", "a"}

// carry is where the preview is, as it follows the other parts of an address: a change of a
// card draws the same answers anew. Without names it is all of that.
func carry(q url.Values, names ...string) template.URL {
	if len(names) == 0 {
		names = carried
	}
	out := url.Values{}
	for _, name := range names {
		if q.Has(name) {
			out[name] = q[name]
		}
	}
	for name := range q {
		if strings.HasPrefix(name, eventPrefix) && q.Get(name) != "" {
			out[name] = q[name]
		}
	}
	if len(out) == 0 {
		return ""
	}
	return template.URL("&" + out.Encode()) //nolint:gosec // it was encoded just now
}

// queryField is what stays as it is in the page's address.
type queryField struct{ Name, Value string }

// eventPrefix begins the names of what an address says of the service that is asked about.
const eventPrefix = "e."

// eventField is something about the service, as conditions and words of a survey may name it.
type eventField struct {
	Name, Label, Value string
	Is                 bool // it is so or not
}

// eventsOf are what conditions and words of a survey name of the service, but for what a preview knows,
// and whether it was late, which rules ask for; with what an address says of them.
func eventsOf(w *words, f survey.Flow, q url.Values) (out []eventField) {
	names := append(survey.AttributesNamed(f), voice.AttrLate)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if slices.Contains([]string{voice.AttrBusiness, voice.AttrFirstName, voice.AttrTier}, name) {
			continue
		}
		e := eventField{Name: eventPrefix + name, Label: strings.ReplaceAll(name, "_", " "), Value: q.Get(eventPrefix + name)}
		if w.has("when_event_" + name) {
			e.Label = w.t("when_event_" + name)
		}
		e.Is = name == voice.AttrLate || name == voice.AttrStandard
		out = append(out, e)
	}
	return out
}

// about is what an address says of a service, as the engine has it.
func about(q url.Values) map[string]string {
	out := map[string]string{}
	for name := range q {
		if attribute, ok := strings.CutPrefix(name, eventPrefix); ok && q.Get(name) != "" {
			out[attribute] = q.Get(name)
		}
	}
	return out
}

// chatTurn is a message to the customer as the platform shows it, and what they answer.
type chatTurn struct {
	Message chat.Message
	Drawn   chat.Drawn
	Answer  string
	Taps    [][]tap // of the message that waits
	Box     string  // question whose answer is written, where the message waits for one
}

// tap is a button that can be pressed; Say is the answer that it gives, "" = none.
type tap struct {
	Text, Say string
	Primary   bool
}

// The three paths that a preview goes: how somebody answers who is as unhappy as can be, who
// does not mind, who is as happy as can be.
const (
	worstPath   = "worst"
	neutralPath = "neutral"
	bestPath    = "best"
)

// mostTurns is how many questions a preview shows.
const mostTurns = 240

// previewTalk is a conversation about a draft that takes place nowhere.
func previewTalk(snap *snapshot.Snapshot, f survey.Flow, on chat.Platform, lang string, s *site) (*draw.Talk, error) {
	texts, err := voice.Load()
	if err != nil {
		return nil, err
	}
	traits := snap.Traits[on]
	if traits.Slash != "" {
		texts = texts.Behind(traits.Slash)
	}
	now := s.Clock()
	session := &storage.Session{Session: survey.Session{
		ID: uuid.Nil.String(), Flow: f.ID, Lang: lang, Open: survey.NoQuestion, Test: true, Status: survey.New, Attributes: map[string]string{},
	}}
	at := previewSite(snap)
	session.Attributes[voice.AttrBusiness], session.Attributes[voice.AttrFirstName] = at.Name, sampleName(lang)
	return &draw.Talk{Texts: texts, On: traits, Session: session, Flow: snapshot.NewFlow(f), Site: at, Wordings: snap.Wordings(at.ID), Now: now}, nil
}

// previewSite is the site at which a preview takes place: the first, by its id, that asks.
func previewSite(snap *snapshot.Snapshot) snapshot.Site {
	for _, id := range slices.Sorted(maps.Keys(snap.Sites)) {
		if s := snap.Sites[id]; s.Gone.IsZero() {
			return s
		}
	}
	return snap.Site("")
}

// sampleName is a customer's name in a preview.
func sampleName(lang string) string {
	tag, _, _ := strings.Cut(lang, "-")
	if name, ok := map[string]string{"zh": "小红", "es": "Ana", "ar": "آنا"}[tag]; ok {
		return name
	}
	return "Anna"
}

// chatOf runs a draft with the bot's own engine and draws it as the platform does: nothing is
// stored, and nobody is told. What was answered so far stands in the page's address.
func (s draftPages) chatOf(r *http.Request, v Viewer, f survey.Flow, lang string) chatView {
	q := r.URL.Query()
	words := s.words(r, v)
	c := chatView{On: cmp.Or(q.Get("on"), string(chat.Web)), Path: q.Get("path"), Who: q.Get("as")}
	c.All = "/surveys/" + f.ID + "/edit/paths?" + strings.TrimPrefix(string(carry(q, "as")), "&")
	if c.Path == "" && !q.Has("a") && !q.Has("live") {
		c.Path = worstPath
	}
	for _, on := range []chat.Platform{chat.Web, chat.Telegram, chat.Slack} {
		c.Ons = append(c.Ons, option{string(on), words.t("on_" + string(on))})
	}
	for _, p := range []string{worstPath, neutralPath, bestPath} {
		c.Paths = append(c.Paths, option{p, words.t("path_" + p)})
	}
	for _, tier := range []recovery.Tier{"", recovery.MVC, recovery.MGC, recovery.BZ} {
		c.As = append(c.As, option{string(tier), cmp.Or(string(tier), words.t("try_as_usual"))})
	}
	for _, name := range []string{"q", "lang"} {
		if q.Get(name) != "" {
			c.Keep = append(c.Keep, queryField{name, q.Get(name)})
		}
	}
	snap := s.Bot.Configuration().Now()
	t, err := previewTalk(snap, f, chat.Platform(c.On), lang, s.site)
	if err != nil {
		return c
	}
	if c.Who != "" {
		t.Session.Attributes["tier"] = c.Who
	}
	c.Events = eventsOf(words, f, q)
	c.About = len(about(q)) > 0
	maps.Copy(t.Session.Attributes, about(q))
	said := readSaid(q)
	p := playing{t: t, said: said, path: c.Path}
	judgement := p.play(func(turn chatTurn) {
		if paint := s.Draw[chat.Platform(c.On)]; paint != nil {
			if d, err := paint(turn.Message); err == nil {
				turn.Drawn = d
			}
		}
		if turn.Drawn.Text == "" {
			turn.Drawn = chat.Drawn{Text: turn.Message.Text, Rows: turn.Message.Rows}
		}
		if turn.Taps != nil {
			turn.Taps = tapsOf(f, turn.Drawn.Rows)
		}
		c.Turns = append(c.Turns, turn)
	})
	c.Waits, c.Said, c.Struck = p.waits, p.kept, len(said)-len(p.kept)
	c.Long = len(c.Turns) >= mostTurns
	c.Seconds, c.Asked = t.Flow.Seconds, t.Flow.Asked
	c.Level = judgement.Mood
	opens := s.staffOf(&c, words, snap, t, judgement, lang)
	t.Session.Judgement = judgement
	if !c.Waits {
		if _, thanks := t.Thanks(nil, draw.Hearing{Staff: opens}); thanks != "" {
			c.Turns = append(c.Turns, chatTurn{Drawn: chat.Drawn{Text: thanks}})
		}
	}
	return c
}

// staffOf says what staff hear: the card that would hang, and where, or why no case opens.
func (s draftPages) staffOf(c *chatView, words *words, snap *snapshot.Snapshot, t *draw.Talk, j survey.Judgement, lang string) (opens bool) {
	f := t.Flow
	rules := snap.Rules("")
	facts := factsOf(f.Class, recovery.Tier(c.Who), t.Session.Attributes)
	d := recovery.Decide(rules, facts, j)
	if !d.Opens {
		key := "try_no_case"
		if f.Class == survey.Pulse || f.Class == survey.Mystery {
			key = "try_class"
		} else if d.Watch {
			key = "try_watch"
		}
		c.Case = words.t(key)
		return false
	}
	kase, _ := recovery.OpenCase(rules, recovery.Case{Number: 1, Session: t.Session.ID}, d, t.Now)
	session := *t.Session
	session.Judgement = j
	view := &draw.CaseView{
		Texts: t.Texts, Case: &storage.Case{Case: kase}, Session: &session, Flow: f, Site: t.Site, Team: snap.Team, Causes: rules.Causes, Now: t.Now,
	}
	if view.Pseudonymous() {
		view.Mark = "482913"
	}
	card := view.Card(view.StaffVoiceIn(words.lang))
	c.Card, c.P1 = &card, d.Priority == recovery.P1
	c.Case = words.t("try_case", d.Priority.String(), view.Why(view.StaffVoiceIn(words.lang)))
	for _, a := range snap.Hears(recovery.Matter{Priority: d.Priority, Language: lang, Tier: facts.Tier}) {
		c.Hears = append(c.Hears, s.placeName(words, snap, a))
	}
	return true
}

// factsOf are what rules look at beside the answers.
func factsOf(class survey.Class, tier recovery.Tier, event map[string]string) recovery.Facts {
	is := func(name string) bool { yes, err := strconv.ParseBool(event[name]); return yes && err == nil }
	return recovery.Facts{Class: class, Tier: tier, Late: is(voice.AttrLate), StandardBroken: is(voice.AttrStandard)}
}

// spoken is an answer as the page's address carries it: a question's key, what was done, and
// with what. It names values and keys, so that it survives that the draft is changed.
type spoken struct {
	key  string
	do   byte // v a value, c a choice, t one of several, d that is all, s skip, w words, p a file
	with string
	text string // as it stands in the address
}

// readSaid reads the answers of a page's address; what was written last joins them.
func readSaid(q url.Values) (out []spoken) {
	list := slices.Clone(q["a"])
	if q.Get("w") != "" && q.Get("k") != "" {
		list = append(list, q.Get("k")+"=w"+q.Get("w"))
	}
	for _, text := range list {
		key, rest, ok := strings.Cut(text, "=")
		if ok && rest != "" && len(out) < mostTurns {
			out = append(out, spoken{key, rest[0], rest[1:], text})
		}
	}
	if n := len(out); n > 0 && out[n-1].do == 'b' { // back: the answer before is forgotten
		out = out[:n-1]
		for n := len(out); n > 0; n-- {
			last := out[n-1].key
			out = out[:n-1]
			if n < 2 || out[n-2].key != last {
				break
			}
		}
	}
	return out
}

// tapsOf are the buttons of the message that waits, with the answers that they give.
func tapsOf(f survey.Flow, rows [][]chat.Button) [][]tap {
	out := [][]tap{}
	for _, row := range rows {
		var line []tap
		for _, b := range row {
			line = append(line, tap{b.Text, sayOf(f, b.Data), b.Style == "primary"})
		}
		out = append(out, line)
	}
	return out
}

// sayOf is the answer that a button's data gives, "" where a preview does not follow it.
func sayOf(f survey.Flow, data string) string {
	d, ok := draw.Decode(data)
	if !ok || d.Question >= len(f.Questions) {
		return ""
	}
	q := &f.Questions[d.Question]
	switch d.Verb {
	case draw.VerbPick, draw.VerbToggle:
		switch {
		case q.Kind == survey.ScaleQ && d.Option < len(q.Scale.Options):
			return q.Key + "=v" + trimmed(q.Scale.Options[d.Option].Value)
		case q.Kind == survey.ChoiceQ && d.Option < len(q.Choices) && d.Verb == draw.VerbToggle:
			return q.Key + "=t" + q.Choices[d.Option].Key
		case q.Kind == survey.ChoiceQ && d.Option < len(q.Choices):
			return q.Key + "=c" + q.Choices[d.Option].Key
		}
	case draw.VerbDone:
		return q.Key + "=d."
	case draw.VerbSkip:
		return q.Key + "=s."
	case draw.VerbBack:
		return q.Key + "=b."
	}
	return ""
}
