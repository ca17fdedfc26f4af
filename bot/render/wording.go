package render

import (
	"strconv"
	"time"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/words"
)

// said are the program's sentences in the interface language that suits a tag, as the site words them.
func (t *Talk) said(tag string) *voice.Words {
	w := t.Texts.Of(tag)
	if own := t.ofSite(w.Tag); len(own) > 0 {
		return t.Texts.Worded(w.Tag, own)
	}
	return w
}

// ofSite are the texts that the site words in this language, without the greeting, which stands for
// several.
func (t *Talk) ofSite(lang string) (own map[string]string) {
	for name, text := range t.Wordings {
		if said := text.Exactly(lang); said != "" && name != "invitation" {
			if own == nil {
				own = make(map[string]string, len(t.Wordings))
			}
			own[name] = said
		}
	}
	return own
}

// greeting is the site's own: of surveys about a service, not of those before it, after a case, or of
// one's own people, which say other things. "" where the site has none.
func (t *Talk) greeting(v *voice.Voice) string {
	if t.Flow.Before() || t.Flow.Class == survey.Pulse || t.Flow.Class == survey.Recovery {
		return ""
	}
	return v.Fill(t.Wordings["invitation"].Exactly(v.Lang), "n", strconv.Itoa(t.Flow.Asked), "seconds", strconv.Itoa(t.Flow.Seconds))
}

// Frame is a text of the frame as a voice says it: with what is known of the session, by whom and within
// which time the customer hears from a person, and further pairs of names and values.
func (t *Talk) Frame(v *voice.Voice, text string, h Hearing, within time.Duration, pairs ...string) string {
	return v.Tell(text, append(h.by(v, within), pairs...)...)
}

// matches reports whether what was typed is a text of the frame, in any language of the interface or in
// the words of the site.
func (t *Talk) matches(text, typed string) bool {
	if t.Texts.Matches(text, typed) {
		return true
	}
	for _, own := range t.Wordings[text] {
		if bare := words.Bare(typed); bare != "" && words.Bare(own) == bare {
			return true
		}
	}
	return false
}
