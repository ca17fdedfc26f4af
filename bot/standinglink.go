package bot

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// ErrCrowded means that more people open a standing link at once than stand before a counter.
var ErrCrowded = errors.New("too many open this link at once")

const (
	// standingAlphabet has no letters that are taken for each other when they are read out.
	standingAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"
	standingLength   = 10
	// standingStart comes before the id of a standing link in Telegram's /start. A token is
	// longer than both.
	standingStart = "s_"

	// standingBurst and standingRate bound how many conversations one link begins in this
	// process: more than people who stand in line, far fewer than a program that fills the
	// database.
	standingBurst = 60
	standingRate  = 1 // a second
)

// NewStandingID makes the id of a standing link: ten letters and digits, easy to read out.
func NewStandingID(random func([]byte)) string {
	raw := make([]byte, standingLength)
	random(raw)
	for i, b := range raw {
		raw[i] = standingAlphabet[int(b)%len(standingAlphabet)]
	}
	return string(raw)
}

// Standing begins conversations of Bot at standing links.
type Standing struct{ Bot *Bot }

// StandingPage is what somebody sees who opens a standing link.
type StandingPage struct {
	Title    string // who asks
	Language string // BCP 47 of the link; "" = the browser's
	Else     string // BCP 47 of the site, for a browser of none that there is; "" = not known
	Telegram string // where the same begins in Telegram; "" = there is no bot
}

// Addresses are where a standing link begins: on the web, "" without PUBLIC_URL, and
// in Telegram, "" without a bot.
func (s Standing) Addresses(id string) (web, telegram string) {
	if at := LinksOf(s.Bot).PublicURL(); at != "" {
		web = at + "/s/" + id
	}
	if a, ok := s.Bot.snap.Now().Account(chat.Telegram); ok && a.Name != "" {
		telegram = "https://t.me/" + a.Name + "?start=" + standingStart + id
	}
	return web, telegram
}

// Describe says who asks by a link. It changes nothing. ErrUnknownLink, or ErrLinkExpired of
// one that was closed.
func (s Standing) Describe(ctx context.Context, id string) (StandingPage, error) {
	l, err := s.link(ctx, id)
	if l.ID == "" {
		return StandingPage{}, err
	}
	at := s.Bot.snap.Now().Site(l.Site)
	p := StandingPage{Title: l.Event[voice.AttrBusiness], Language: l.Language, Else: at.Language}
	if p.Title == "" {
		p.Title = at.Name
	}
	_, p.Telegram = s.Addresses(id)
	return p, err
}

// Begin makes a conversation of the web chat and returns the token of its link. It is in the language of the link,
// else in that of the browser's, the best first, which there is, else in the site's. Besides the errors of Describe:
// ErrCrowded.
func (s Standing) Begin(ctx context.Context, id string, languages []string) (token string, err error) {
	l, err := s.link(ctx, id)
	if err != nil {
		return "", err
	}
	if at := s.Bot.snap.Now().Site(l.Site).Language; at != "" {
		languages = append(slices.Clone(languages), at)
	}
	return s.begin(ctx, l, tokenFor(storage.Person{}, s.Bot.random), languages)
}

// link reads a link that begins something.
func (s Standing) link(ctx context.Context, id string) (storage.StandingLink, error) {
	l, err := s.Bot.store.StandingLink(ctx, id)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return l, ErrUnknownLink
	case err != nil:
		return storage.StandingLink{}, err
	case !l.Closed.IsZero():
		return l, ErrLinkExpired
	}
	return l, nil
}

// begin makes the invitation behind token, once, and counts it.
func (s Standing) begin(ctx context.Context, l storage.StandingLink, token string, languages []string) (string, error) {
	now := s.Bot.now()
	pace, _ := s.Bot.paces.LoadOrStore(l.ID, rate.NewLimiter(standingRate, standingBurst))
	if !pace.(*rate.Limiter).AllowN(now, 1) {
		return "", ErrCrowded
	}
	made, err := s.Bot.Invite(ctx, InviteRequest{Flow: l.Flow, Site: l.Site, Language: l.Language, Event: l.Event, token: token, languages: languages})
	if errors.Is(err, ErrNotAsked) {
		return "", ErrLinkExpired
	}
	if err != nil {
		return "", fmt.Errorf("begin at a standing link: %w", err)
	}
	if made.fresh {
		if err := s.Bot.store.StandingLinkOpened(ctx, l.ID, now); err != nil {
			return "", err
		}
	}
	return made.Token, nil
}

// standing is "/start s_<id>": the conversation of a person at a standing link. Whoever opens
// it again on the same day finds the same conversation.
func (j *job) standing(ctx context.Context, id string) error {
	s := Standing{j.b}
	l, err := s.link(ctx, id)
	token := ""
	if err == nil {
		day := j.b.now().In(j.b.snap.Now().Site(l.Site).Zone).Format(time.DateOnly)
		sum := j.b.key.sum("standing\x00" + l.ID + "\x00" + j.person.ID() + "\x00" + day)
		token, err = s.begin(ctx, l, base64.RawURLEncoding.EncodeToString(sum[:tokenBytes]), nil)
	}
	switch {
	case errors.Is(err, ErrUnknownLink):
		j.work = j.refusal("link_unknown")
	case errors.Is(err, ErrLinkExpired):
		j.work = j.refusal("link_expired")
	case errors.Is(err, ErrCrowded):
		j.work = j.refusal("link_crowded")
	case err != nil:
		return err
	default:
		j.startJob(token)
	}
	return nil
}

// standingID is the id of the standing link that a /start names.
func standingID(words string) (string, bool) {
	id, ok := strings.CutPrefix(words, standingStart)
	return id, ok && len(id) == standingLength
}

// Surveys are the flows that a standing link may ask of customers: those that were published
// and the shipped ones, by id.
func (s Standing) Surveys(ctx context.Context) ([]survey.Flow, error) {
	published, err := s.Bot.store.FlowSources(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the surveys: %w", err)
	}
	by := map[string]survey.Flow{}
	for _, f := range s.Bot.templates() {
		by[f.ID] = f
	}
	for _, src := range published {
		f, err := s.Bot.newestFlow(ctx, src.Flow)
		if err != nil {
			return nil, err
		}
		by[src.Flow] = f.Flow
	}
	var all []survey.Flow
	for _, id := range slices.Sorted(maps.Keys(by)) {
		if f := by[id]; f.Class == survey.Transactional || f.Class == survey.Relationship {
			all = append(all, f)
		}
	}
	return all, nil
}
