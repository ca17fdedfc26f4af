package admin

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
)

// addressRoutes try the address under which customers are to reach this installation, and
// addressDoors answer such a try.
var (
	addressRoutes = []route{
		{pattern: "POST /setup/address", deed: access.EditSites, page: in(chatPages.tryAddress)},
		{pattern: "GET /setup/address", deed: access.EditSites, page: in(chatPages.setupChats)}, // read again after a try
	}
	addressDoors = []route{{pattern: "GET /reach/{challenge}", page: in(chatPages.reached)}}
)

// addressForm asks for the public address.
type addressForm struct {
	form
	Works string // the address, once it led here
	Set   bool   // links carry it
	Fixed bool   // the setting says another, and is not changed here
}

func (s chatPages) addressForm(words *words, r *http.Request) *addressForm {
	at := s.public()
	if at == "" && reach(r) == "reach_named" {
		at = "https://" + r.Host + s.Prefix
	}
	return &addressForm{form: form{Fields: []field{{Name: "address", Label: words.t("address_label"), Hint: words.t("address_hint"), Value: at, Fill: "url"}}}}
}

// proof is what this process answers to a challenge: nobody else knows it.
func (s chatPages) proof(challenge string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(challenge))
	return hex.EncodeToString(mac.Sum(nil))
}

// reached answers a try of an address, so that it is known to lead here and to nobody else.
func (s chatPages) reached(w http.ResponseWriter, r *http.Request, _ Viewer) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err := io.WriteString(w, s.proof(r.PathValue("challenge")))
	return err
}

const addressPatience = 5 * time.Second

// tryAddress asks the address for what only this program can answer. It follows nothing that
// leads elsewhere and shows nothing of what is found.
func (s chatPages) tryAddress(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !v.Can(access.EditSites, access.EverySite) {
		return notAllowed(nil)
	}
	words := s.words(r, v)
	p := s.addressForm(words, r)
	if err := p.read(w, r); err != nil {
		return err
	}
	x := p.field("address")
	if x.Value != "" && !strings.Contains(x.Value, "://") {
		x.Value = "https://" + x.Value
	}
	at, err := url.Parse(strings.TrimSuffix(x.Value, "/"))
	switch {
	case err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" || at.User != nil || strings.ContainsAny(x.Value, " \t\\") || at.RawQuery != "" || at.Fragment != "":
		x.Fault = words.t("address_none")
	case reachOf(at.Hostname()) != "reach_named":
		x.Fault = words.t("address_inside")
	default:
		if x.Fault = s.leadsHere(r.Context(), at); x.Fault != "" {
			x.Fault = words.t(x.Fault)
		} else if strings.TrimSuffix(at.Path, "/") != strings.TrimSuffix(s.Prefix, "/") {
			x.Fault = words.t("address_path")
		}
	}
	status := http.StatusOK
	if x.Fault != "" {
		status = http.StatusUnprocessableEntity
	} else {
		p.Works, p.Set = at.String(), at.String() == s.public()
		switch {
		case p.Set:
		case s.PublicURL != "":
			p.Fixed = true
		default:
			if err := s.takeAddress(r.Context(), v, p.Works); err != nil {
				return err
			}
			p.Set = true
		}
	}
	return s.showChats(w, r, v, status, p)
}

// public is the address under which others open the pages: the setting or, where there is none, what was
// found here; "" = unknown.
func (s *site) public() string {
	if s.Bot == nil {
		return strings.TrimRight(s.PublicURL, "/")
	}
	return strings.TrimRight(cmp.Or(s.PublicURL, bot.LinksOf(s.Bot).PublicURL()), "/")
}

// takeAddress has every link begin with an address that leads here, in every server and from now on.
func (s chatPages) takeAddress(ctx context.Context, v Viewer, at string) error {
	a := s.audit(v, "address.set", "")
	a.Before, a.After = s.public(), at
	if err := s.Store.PutAccount(ctx, bot.PublicAddress(at, s.Clock())); err != nil {
		return err
	}
	if err := s.Store.PutAudit(ctx, a); err != nil {
		return err
	}
	return s.Bot.Configuration().Refresh(ctx)
}

// leadsHere is the key of what is wrong with an address; "" = it leads to this program.
func (s chatPages) leadsHere(ctx context.Context, at *url.URL) string {
	ctx, cancel := context.WithTimeout(ctx, addressPatience)
	defer cancel()
	challenge := rand.Text()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, at.JoinPath("reach", challenge).String(), nil)
	if err != nil {
		return "address_none"
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	answer, err := client.Do(ask)
	if err != nil {
		return "address_silent"
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1024))
	if err != nil || answer.StatusCode != http.StatusOK || !hmac.Equal(said, []byte(s.proof(challenge))) {
		return "address_other"
	}
	return ""
}
