package webchat

import (
	_ "embed"
	"encoding/json"
	"sort"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
)

//go:embed words.json
var wordsFile []byte

// words are the page's own texts in one language. What the bot says comes with its
// messages, in their language.
type words struct {
	Title           string // of a page whose visitor has none
	Conversation    string // the accessible name of the messages
	Skip            string // leads to the question, by keyboard
	Start           string
	StartHint       string
	Step            string // {n} of {all}
	Finished        string
	Menu            string
	LeaveOut        string // the entries of the menu
	Later           string
	Elsewhere       string
	Language        string
	How             string
	Stop            string
	HaveCode        string
	HowShort        string // in the greeting
	Write           string // in the box, while it is empty
	WriteTo         string // … while a person, {who}, answers
	WriteMore       string // … after the end
	With            string // with {who}, in the head of the page
	Send            string
	Changing        string // above a question that is asked again
	Keep            string // leaves an {answer}
	Answers         string // the {n} that were given
	ChangeWithin    string // for {n} minutes after they were given
	FollowUp        string // a few more questions
	Delivered       string // own words that staff are shown, at {time}
	Saved           string // others
	ReadBy          string // by {who}
	ClosedUntil     string // {when}
	ClosedHint      string // what to do until then
	Today           string
	Days            []string // from Sunday on
	Months          []string // from January on
	Date            string   // a {day} of a {month} of this year, and its {weekday}
	DateOfYear      string   // a {day} of a {month} of another {year}
	Counter         string   // {n} of {all} characters
	TooLong         string   // by {n} characters
	TooLongBox      string
	TooMany         string // more than {n} were chosen
	TooFew          string // fewer than {n} were chosen
	Alone           string // {label} was chosen with others
	NonePicked      string
	Earlier         string // leads to the messages before those on the page
	Newest          string // leads back from there
	Sending         string
	Slow            string // it takes long
	Failed          string // the connection broke
	Offline         string // there is none
	Lost            string // the page no longer hears from the server
	Reload          string // without script
	Empty           string // nothing was written
	Again           string
	ThatWasMe       string // the two ways on in another browser
	ThatWasHint     string
	SixDigits       string
	GoOnHere        string
	SomebodyElse    string
	OwnHint         string
	AskLink         string
	AskLinkHint     string
	AskLabel        string
	TellAnyway      string
	WrongCode       string
	NoCode          string
	NoCookie        string
	AskedAlready    string
	BeginTitle      string // before a conversation of a standing link begins
	BeginWith       string // … with {business}
	BeginUs         string // … whose name is not known
	BeginHere       string
	BeginInTelegram string
	OnlyTeam        string // at the foot: {business} sees the answers
	Back            string // to the conversation
	Team            string // in place of a business of which no name is known
	HowList         []string
	HowFoot         string
	Notices         map[notice]noticeWords
}

type noticeWords struct{ Title, Text string }

// notice names a page that says why there is no conversation.
type notice string

const (
	noticeUnknown notice = "unknown"
	noticeUsed    notice = "used"
	noticeOver    notice = "over" // the conversation ended long ago
	// noticeElsewhere is for another browser than that in which the conversation began.
	noticeElsewhere notice = "elsewhere"
	noticeCookie    notice = "cookie" // what was sent is not saved: the browser is not known yet
	noticeExpired   notice = "expired"
	noticeOff       notice = "off"  // the service was cancelled before anybody opened the link
	noticeAway      notice = "away" // what was sent is not saved
	noticeDown      notice = "down" // what was asked for cannot be read
	noticeGarbled   notice = "garbled"
	noticeBig       notice = "big"
	noticeForeign   notice = "foreign"
	noticeHow       notice = "how"     // what becomes of the answers
	noticeCode      notice = "code"    // by which the conversation goes on elsewhere
	noticeCrowded   notice = "crowded" // too many open a standing link at once
	noticeClosed    notice = "closed"  // a standing link that begins nothing any more
)

// noticeCodes is what kind of failure each notice tells of.
var noticeCodes = map[notice]page.Code{
	noticeUnknown: page.NotFound, noticeUsed: page.Gone, noticeExpired: page.Gone,
	noticeOver: page.Gone, noticeOff: page.Gone, noticeElsewhere: page.Forbidden, noticeCookie: page.Forbidden,
	noticeAway: page.Unavailable, noticeDown: page.Unavailable,
	noticeCrowded: page.Unavailable, noticeClosed: page.Gone,
	noticeGarbled: page.Garbled, noticeBig: page.TooLarge, noticeForeign: page.Forbidden,
}

// dictionary is the texts by BCP 47 tag.
type dictionary map[string]words

// fallback is the language of the page for people who speak none of its own.
const fallback = "en"

func newDictionary() dictionary {
	d := dictionary{}
	if err := json.Unmarshal(wordsFile, &d); err != nil {
		panic(err) // embedded, and read by a test
	}
	return d
}

// say fills what stands in braces in a sentence.
func (dictionary) say(sentence string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		sentence = strings.ReplaceAll(sentence, "{"+pairs[i]+"}", pairs[i+1])
	}
	return sentence
}

// tag returns the language of d that fits the wish: itself, or one of the same base
// language; "" when there is none.
func (d dictionary) tag(wish string) string {
	if _, ok := d[wish]; ok {
		return wish
	}
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(wish, "_", "-")), "-")
	for have := range d {
		if b, _, _ := strings.Cut(strings.ToLower(have), "-"); b == base {
			return have
		}
	}
	return ""
}

// choose returns the first language of d among the wishes, else the fallback.
func (d dictionary) choose(wishes ...string) string {
	for _, w := range wishes {
		if t := d.tag(w); t != "" {
			return t
		}
	}
	return fallback
}

// acceptable returns the tags of an Accept-Language header, the best first.
func acceptable(header string) []string {
	type wish struct {
		tag string
		q   float64
	}
	var wishes []wish
	for _, part := range strings.Split(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag = strings.TrimSpace(tag)
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				continue
			}
			q = f
		}
		if tag != "" && q > 0 {
			wishes = append(wishes, wish{tag, q})
		}
	}
	sort.SliceStable(wishes, func(i, j int) bool { return wishes[i].q > wishes[j].q })
	tags := make([]string, len(wishes))
	for i, w := range wishes {
		tags[i] = w.tag
	}
	return tags
}

// direction is the dir attribute for a language: of its script where the tag names
// one, else of the languages that are written from right to left.
func direction(tag string) string {
	parts := strings.Split(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	for _, p := range parts[1:] {
		if len(p) == 4 {
			switch p {
			case "arab", "hebr", "syrc", "thaa", "nkoo", "adlm", "rohg":
				return "rtl"
			}
			return "ltr"
		}
	}
	switch parts[0] {
	case "ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi":
		return "rtl"
	}
	return "ltr"
}
