package survey

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// KindInfo is what follows from a kind of question. Whoever asks, reads, checks or shows
// questions looks here instead of listing the kinds that it knows: so a new kind cannot be
// forgotten there.
type KindInfo struct {
	Kind     Kind // also the key that stands for it in a flow file
	Way      Way
	Bare     bool       // a flow file has nothing more to say about it: "date: true"
	Free     bool       // any words are an answer: they are quoted, and never taken for a command
	Numeric  bool       // its answers are numbers: they can be weighted, critical and compared
	Personal bool       // its answers say how to reach somebody: hidden where staff know a pseudonym only
	Samples  []Question // one question of each way to ask it, in English; not to be changed

	// check finds what is wrong with a question of this kind; nil = nothing can be.
	check func(*checker, *Question)
	// prompt says what is waited for; nil where nothing is typed or sent.
	prompt func(*Question) Prompt
	// parse reads words as an answer, or says why they are none; nil = words are read in
	// another way, or are no answer.
	parse func(*Question, string) (Answer, NoticeCode)
	// readOn reads words on a day, in place of parse and doubts: the answers that they may mean,
	// the one that they are, or why they are none. nil = the day does not matter.
	readOn func(*Question, string, time.Time) ([]Reading, Answer, NoticeCode)
	// doubts are the answers that words may mean where it must be asked which; none where
	// parse knows. nil = nothing can be in doubt.
	doubts func(*Question, string) []Reading
}

// Way is how people answer a question.
type Way string

// The ways.
const (
	Tapped Way = "tapped" // by buttons; words that name an option count as well
	Typed  Way = "typed"  // in words
	Sent   Way = "sent"   // with files
	Shown  Way = "shown"  // not at all
)

// Prompt is what a question waits for where there is nothing to tap.
type Prompt struct {
	Expects Expects
	Hint    string // names a sentence to the person; the shell has it in every language
	Form    string // the same in English for those who write flows; "" = any words
	Example string // words that are an answer; "" where no words are
}

// Expects says to a chat platform what kind of answer is waited for. Each word is one of
// chat.AllExpects.
type Expects string

// What a question may wait for.
const (
	ExpectsText  Expects = "text"
	ExpectsLong  Expects = "long"
	ExpectsPhone Expects = "phone"
	ExpectsFile  Expects = "file"
	ExpectsDate  Expects = "date"
)

// Kinds lists the kinds of questions, in the order in which the documents tell them.
func Kinds() []KindInfo { return slices.Clone(kinds) }

// Info tells what follows from a kind; nothing of one that does not exist.
func (k Kind) Info() KindInfo {
	for i := range kinds {
		if kinds[i].Kind == k {
			return kinds[i]
		}
	}
	return KindInfo{}
}

// Prompt tells what q waits for; nothing where it is answered by tapping, or not at all.
func (q *Question) Prompt() Prompt {
	if prompt := q.Kind.Info().prompt; prompt != nil {
		return prompt(q)
	}
	return Prompt{}
}

var kinds = []KindInfo{
	{
		Kind: ScaleQ, Way: Tapped, Numeric: true, check: (*checker).checkScale,
		Samples: []Question{{Key: "scale", Kind: ScaleQ, Ask: english("How was it?"), Scale: Scale{Key: "sample", Options: []Option{
			{Value: 1, Label: english("Bad"), Score: new(0.0), Flag: Unsatisfied},
			{Value: 2, Label: english("Good"), Score: new(100.0), Flag: Satisfied},
		}}}},
	},
	{
		Kind: ChoiceQ, Way: Tapped, check: (*checker).checkChoices,
		Samples: []Question{
			{Key: "choice", Kind: ChoiceQ, Max: 1, Ask: english("Which one?"), Choices: sampleChoices},
			{Key: "choices", Kind: ChoiceQ, Max: 2, Ask: english("Which of these?"), Choices: sampleChoices},
		},
	},
	{
		Kind: TextQ, Way: Typed, Free: true, check: (*checker).checkText, parse: parseText,
		prompt: func(q *Question) Prompt {
			p := Prompt{Expects: ExpectsText, Hint: "type_answer", Example: "It was cold."}
			if q.Long {
				p.Expects = ExpectsLong
			}
			return p
		},
		Samples: []Question{
			{Key: "text", Kind: TextQ, Ask: english("Why?")},
			{Key: "long_text", Kind: TextQ, Long: true, Max: 1000, Ask: english("What happened?")},
		},
	},
	{
		Kind: NumberQ, Way: Typed, Numeric: true, check: (*checker).checkNumber,
		prompt: func(q *Question) Prompt {
			hint := "type_number"
			if q.Whole {
				hint = "type_whole_number"
			}
			return Prompt{
				Expects: ExpectsText, Hint: hint,
				Form: fmt.Sprintf("a number from %v to %v", q.MinValue, q.MaxValue), Example: fmt.Sprint(q.MinValue),
			}
		},
		parse: func(q *Question, words string) (Answer, NoticeCode) {
			x, ok := q.parseQuantity(words)
			if !ok && q.Whole && len(q.anyQuantities(words)) == 1 {
				return Answer{}, NoticeNotWhole
			}
			return Answer{Value: &x}, unless(ok, NoticeBadNumber)
		},
		doubts: func(q *Question, said string) []Reading {
			var several []Reading
			for _, x := range q.quantities(said) {
				several = append(several, Reading{Value: &x})
			}
			if len(several) == 0 {
				return doubtful(q.among(said), 1)
			}
			return doubtful(several, 2)
		},
		Samples: []Question{{Key: "number", Kind: NumberQ, MinValue: 1, MaxValue: 120, Ask: english("How old are you?")}},
	},
	{
		Kind: ContactQ, Way: Typed, Personal: true, check: (*checker).checkContact, prompt: contactPrompt, parse: parseContact, doubts: doubtContact,
		Samples: []Question{
			{Key: "phone", Kind: ContactQ, Contact: "phone", Ask: english("Your number?")},
			{Key: "email", Kind: ContactQ, Contact: "email", Ask: english("Your address?")},
			{Key: "way", Kind: ContactQ, Contact: "way", Ask: english("How may we reach you?")},
			{Key: "time", Kind: ContactQ, Contact: "time", Ask: english("When may we call?")},
		},
	},
	{
		Kind: FileQ, Way: Sent, Bare: true,
		prompt: func(*Question) Prompt {
			return Prompt{Expects: ExpectsFile, Hint: "send_file", Form: "a file in a chat; here any name for it"}
		},
		Samples: []Question{{Key: "file", Kind: FileQ, Ask: english("A picture?")}},
	},
	{
		Kind: DateQ, Way: Typed, Bare: true,
		prompt: func(*Question) Prompt {
			return Prompt{Expects: ExpectsDate, Hint: "type_date", Form: "a date, as 2026-01-31", Example: "2026-01-31"}
		},
		check: (*checker).checkDays, readOn: (*Question).readDay,
		Samples: []Question{{Key: "date", Kind: DateQ, Ask: english("When were you here?")}},
	},
	{
		Kind: MessageQ, Way: Shown,
		Samples: []Question{{Key: "message", Kind: MessageQ, Ask: english("Nearly done.")}},
	},
}

var sampleChoices = []Choice{{Key: "price", Label: english("The price")}, {Key: "wait", Label: english("The wait")}}

func english(words string) Text { return Text{"en": words} }

// unless is the notice, or none if all is well.
func unless(ok bool, notice NoticeCode) NoticeCode {
	if ok {
		return ""
	}
	return notice
}

// parseText takes words as they are, or those that match the question's pattern.
func parseText(q *Question, said string) (Answer, NoticeCode) {
	if q.Pattern == "" {
		return anyWords(q, said)
	}
	whole, err := Whole(q.Pattern)
	if err != nil {
		return anyWords(q, said) // Check refuses such a flow
	}
	for _, form := range []string{said, visible(said)} { // as written, and as its keyboard meant it
		if whole.MatchString(form) {
			return Answer{Text: form}, ""
		}
	}
	return Answer{}, NoticeBadForm
}

// MaxPattern is the most characters of a pattern.
const MaxPattern = 200

// Whole is a pattern as it is used: the whole of an answer matches it, or nothing does.
func Whole(pattern string) (*regexp.Regexp, error) { return regexp.Compile("^(?:" + pattern + ")$") }

// anyWords takes words as they are.
func anyWords(_ *Question, words string) (Answer, NoticeCode) { return Answer{Text: words}, "" }

func contactPrompt(q *Question) Prompt {
	switch q.Contact {
	case "phone":
		return Prompt{Expects: ExpectsPhone, Hint: "type_phone", Form: "a phone number, as +44 20 7946 0000", Example: "+44 20 7946 0000"}
	case "email":
		return Prompt{Expects: ExpectsText, Hint: "type_email", Form: "an e-mail address", Example: "ann@example.org"}
	}
	return Prompt{Expects: ExpectsText, Hint: "type_answer", Example: "In the evening, by phone."}
}

// doubtful are the readings of words that have at least so many.
func doubtful(several []Reading, least int) []Reading {
	if len(several) < least || len(several) > mostReadings {
		return nil
	}
	return several
}

// texts are readings in words.
func texts(of []string) []Reading {
	out := make([]Reading, len(of))
	for i, t := range of {
		out[i] = Reading{Text: t}
	}
	return out
}

// doubtContact finds the addresses inside other words, and the numbers that can be dialled in
// two ways.
func doubtContact(q *Question, said string) []Reading {
	switch q.Contact {
	case "phone":
		if found := phones(said); len(found) > 0 {
			return doubtful(texts(found), 2)
		}
		return doubtful(texts(phonesAmong(said)), 1)
	case "email":
		return doubtful(texts(emails(said)), 1)
	}
	return nil
}

func parseContact(q *Question, words string) (Answer, NoticeCode) {
	switch q.Contact {
	case "phone":
		number, ok := parsePhone(words)
		return Answer{Text: number}, unless(ok, NoticeBadPhone)
	case "email":
		address, ok := parseEmail(words)
		return Answer{Text: address}, unless(ok, NoticeBadEmail)
	}
	return anyWords(q, words)
}
