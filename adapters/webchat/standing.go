package webchat

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/aftercare/aftercare/adapters/chat"
)

// standingPage is what somebody sees who opens a standing link: who asks, and where to begin.
type standingPage struct {
	frame
	Text     string
	Telegram string
}

// showStanding stores nothing: programs that draw a preview open links too.
func (s *site) showStanding(w http.ResponseWriter, r *http.Request) {
	l, err := s.Standing(r.Context(), r.PathValue("standing"))
	v := before(l)
	if err != nil {
		s.noStanding(w, r, v, err)
		return
	}
	lang := s.pageLanguage(r, v)
	words := s.words[lang]
	p := standingPage{frame: s.frame(lang, words.BeginTitle, s.Prefix+"/s/"+url.PathEscape(r.PathValue("standing"))), Text: words.BeginUs, Telegram: l.Telegram}
	if p.Business = chat.CleanLine(l.Title); p.Business != "" {
		p.Mark, p.Text = initial(p.Business), s.words.say(words.BeginWith, "business", p.Business)
	}
	s.render(w, r, http.StatusOK, "standing.html", p)
}

// before is who looks at a link before a conversation begins.
func before(l Standing) Visitor {
	return Visitor{Title: l.Title, Language: l.Language, Else: l.Else}
}

// begin makes a conversation and leads to its page. Two presses are two conversations, of
// which the second is the one that is seen.
func (s *site) begin(w http.ResponseWriter, r *http.Request) {
	token, err := s.Begin(r.Context(), r.PathValue("standing"), acceptable(r.Header.Get("Accept-Language")))
	if err != nil {
		l, _ := s.Standing(r.Context(), r.PathValue("standing")) // a link that cannot be read has no language
		s.noStanding(w, r, before(l), err)
		return
	}
	http.Redirect(w, r, s.Prefix+"/chat/"+url.PathEscape(token), http.StatusSeeOther)
}

func (s *site) noStanding(w http.ResponseWriter, r *http.Request, v Visitor, err error) {
	n, status := noticeDown, 0
	switch {
	case errors.Is(err, ErrUnknown):
		n, status = noticeClosed, http.StatusNotFound
	case errors.Is(err, ErrExpired):
		n = noticeClosed
	case errors.Is(err, ErrCrowded):
		n = noticeCrowded
	default:
		s.Log.Error("web chat: a standing link cannot be opened", "err", err)
	}
	s.refusal(w, r, noticed{notice: n, visitor: v, status: status})
}
