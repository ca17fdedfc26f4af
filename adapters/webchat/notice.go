package webchat

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
)

// noticePage says something beside the conversation, or why there is none. If Retry is set it
// sends what could not be saved once more.
type noticePage struct {
	frame
	Kind   notice
	Text   string
	Nonce  string
	Retry  *posted
	Wrong  string // about the code
	Code   string // to be typed in another browser
	List   []string
	Foot   string
	Own    bool   // whoever asks gets a conversation of their own
	Asks   bool   // whoever asks is heard by the team
	Asked  string // what somebody who asks wrote, and was not taken
	Lacks  string // about that
	Back   bool   // to the conversation
	Stops  bool   // whoever reads it may say that they want to be asked no more
	Reason bool   // Text is a failure, to be said at once
}

// noticed is what a notice is about.
type noticed struct {
	notice  notice
	visitor Visitor
	retry   *posted
	wrong   string
	code    string
	asked   string
	lacks   string
	status  int // 0 = that of the notice
	stops   bool
}

func (s *site) notice(w http.ResponseWriter, r *http.Request, n notice) {
	s.refusal(w, r, noticed{notice: n})
}

func (s *site) noticeAgain(w http.ResponseWriter, r *http.Request, n notice, retry *posted) {
	s.refusal(w, r, noticed{notice: n, retry: retry})
}

// refusal shows a notice. Where a visitor is known it is in their language, under the name of
// who asks.
func (s *site) refusal(w http.ResponseWriter, r *http.Request, n noticed) {
	lang := s.pageLanguage(r, n.visitor)
	text := s.words[lang].Notices[n.notice]
	p := noticePage{
		frame: s.frame(lang, text.Title, s.here(r)), Kind: n.notice, Text: text.Text, Nonce: newNonce(), Retry: n.retry,
		Wrong: n.wrong, Code: n.code, Asked: n.asked, Lacks: n.lacks, Stops: n.stops,
	}
	p.Business = chat.CleanLine(n.visitor.Title)
	p.Mark = initial(p.Business)
	named := func(sentence string) string { return s.words.say(sentence, "business", p.Business) }
	switch n.notice {
	case noticeElsewhere:
		if p.Business != "" {
			p.Foot = named(p.Words.OnlyTeam)
		}
		p.Own, p.Asks = s.Anew != nil, s.Anew == nil && s.Ask != nil
	case noticeExpired, noticeOver:
		p.Asks = s.Ask != nil
	case noticeCode:
		p.Back = true
	case noticeHow:
		p.Back = true
		if p.Business == "" {
			p.Business = p.Words.Team
		}
		for _, sentence := range p.Words.HowList {
			p.List = append(p.List, named(sentence))
		}
		p.Foot = named(p.Words.HowFoot)
	}
	p.Reason = noticeCodes[n.notice] != ""
	if (p.Own || p.Asks) && heldBy(r) == "" {
		s.giveBrowser(w, r)
	}
	status := http.StatusOK
	if code := noticeCodes[n.notice]; code != "" {
		status = code.Status()
	}
	if n.status != 0 {
		status = n.status
	}
	s.render(w, r, status, "notice.html", p)
}

// showHow says what becomes of the answers. It shows nothing of the conversation, so whoever
// has the link reads it.
func (s *site) showHow(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	if !safe(token, maxToken) {
		s.notice(w, r, noticeUnknown)
		return
	}
	v, err := s.Visitor(r.Context(), token, heldBy(r))
	if errors.Is(err, ErrUnknown) || err != nil && v.Title == "" && !errors.Is(err, ErrElsewhere) {
		s.closed(w, r, v, err, nil)
		return
	}
	if v.Pulse { // the greeting says it: what is said of others' answers is not true of these
		http.Redirect(w, r, s.here(r), http.StatusSeeOther) //nolint:gosec // as below
		return
	}
	s.refusal(w, r, noticed{notice: noticeHow, visitor: v, stops: err == nil && !v.Asking && (!v.Fresh || heldBy(r) != "")})
}

// postElsewhere shows the code by which another browser takes the conversation over.
func (s *site) postElsewhere(w http.ResponseWriter, r *http.Request) {
	if err := page.ReadForm(w, r, maxBody); err != nil {
		s.refuse(w, r, err)
		return
	}
	token, held := r.PathValue("token"), heldBy(r)
	v, err := s.Visitor(r.Context(), token, held)
	if err != nil {
		s.closed(w, r, v, err, nil)
		return
	}
	if v.Fresh { // there is nothing to take along
		http.Redirect(w, r, s.here(r), http.StatusSeeOther) //nolint:gosec // a path of this server, with what was asked for escaped
		return
	}
	code, _, err := s.Code(r.Context(), token, held)
	if err != nil {
		s.closed(w, r, v, err, nil)
		return
	}
	s.refusal(w, r, noticed{notice: noticeCode, visitor: v, code: code[:len(code)/2] + " " + code[len(code)/2:]})
}

// postHere takes the conversation over, by its code.
func (s *site) postHere(w http.ResponseWriter, r *http.Request) {
	if err := page.ReadForm(w, r, maxBody); err != nil {
		s.refuse(w, r, err)
		return
	}
	token, held := r.PathValue("token"), heldBy(r)
	v, err := s.Visitor(r.Context(), token, held)
	if !errors.Is(err, ErrElsewhere) && !v.Asking {
		if err != nil {
			s.closed(w, r, v, err, nil)
			return
		}
		http.Redirect(w, r, s.here(r)+"#now", http.StatusSeeOther) //nolint:gosec // as above
		return
	}
	again := noticed{notice: noticeElsewhere, visitor: v, status: http.StatusUnprocessableEntity}
	words := s.words[s.pageLanguage(r, v)]
	if held == "" {
		again.wrong = words.NoCookie
		s.refusal(w, r, again)
		return
	}
	switch err := s.Move(r.Context(), token, held, digitsOf(r.PostForm.Get("code"))); {
	case err == nil:
		http.Redirect(w, r, s.here(r)+"#now", http.StatusSeeOther) //nolint:gosec // as above
	case errors.Is(err, ErrWrongCode):
		again.wrong = words.WrongCode
		s.refusal(w, r, again)
	case errors.Is(err, ErrNoCode):
		again.wrong = words.NoCode
		s.refusal(w, r, again)
	default:
		s.closed(w, r, v, err, nil)
	}
}

// digitsOf are the digits of what somebody typed, of every script.
func digitsOf(typed string) string {
	var b strings.Builder
	for _, r := range typed {
		for _, zero := range []rune{'0', '٠', '۰', '０', '०'} {
			if r >= zero && r < zero+10 {
				b.WriteRune('0' + r - zero)
			}
		}
	}
	return b.String()
}

// postOwn gives whoever stands before another's link a conversation of their own: one like it,
// where links are for everybody, else one with the team.
func (s *site) postOwn(w http.ResponseWriter, r *http.Request) {
	p, err := readPost(w, r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	token, held := r.PathValue("token"), heldBy(r)
	v, err := s.Visitor(r.Context(), token, held)
	if err == nil {
		http.Redirect(w, r, s.here(r)+"#now", http.StatusSeeOther) //nolint:gosec // as above
		return
	}
	n := noticeOf(err)
	if n != noticeElsewhere && n != noticeExpired && n != noticeOver {
		s.closed(w, r, v, err, nil)
		return
	}
	if n == noticeElsewhere && s.Anew != nil {
		at, err := s.Anew(r.Context(), token)
		if err != nil {
			s.away(w, r, "make a conversation", err, nil)
			return
		}
		http.Redirect(w, r, s.Prefix+at, http.StatusSeeOther)
		return
	}
	again := noticed{notice: n, visitor: v, asked: p.Text, status: http.StatusUnprocessableEntity}
	words := s.words[s.pageLanguage(r, v)]
	switch lacks := s.lacks(p.Text, 0, words); {
	case held == "":
		again.lacks = words.NoCookie
	case p.Text == "":
		again.lacks = words.Empty
	default:
		again.lacks = lacks
	}
	if again.lacks != "" {
		s.refusal(w, r, again)
		return
	}
	switch err := s.Ask(r.Context(), token, held, p.Text, p.Nonce); {
	case err == nil:
		http.Redirect(w, r, s.here(r)+"#now", http.StatusSeeOther) //nolint:gosec // as above
	case errors.Is(err, ErrUsed):
		again.lacks = words.AskedAlready
		s.refusal(w, r, again)
	default:
		s.closed(w, r, v, err, nil)
	}
}
