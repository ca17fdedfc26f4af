package settings

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/internal/oidc"
)

// longestProvider is how many characters a button has room for.
const longestProvider = 40

// Provider is what pages call the house's identity provider: OIDC_NAME, else the host of its address.
func (s Settings) Provider() string {
	if s.OIDCName != "" {
		return s.OIDCName
	}
	at, err := url.Parse(s.OIDCIssuer)
	if err != nil {
		return ""
	}
	return at.Hostname()
}

// oidcProblems is the part of problems that is about signing in with the house's identity provider.
func (s Settings) oidcProblems(add func(name, format string, args ...any)) {
	if s.OIDCIssuer == "" && s.OIDCClientID == "" && s.OIDCClientSecret == "" && s.OIDCName == "" {
		return
	}
	if s.OIDCIssuer == "" || s.OIDCClientID == "" || s.OIDCClientSecret == "" {
		add("OIDC_ISSUER", "it, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together. Copy all three from your identity provider, or leave out all that begin with OIDC_")
	}
	at, err := url.Parse(s.OIDCIssuer)
	switch {
	case s.OIDCIssuer == "":
	case strings.Contains(s.OIDCIssuer, "/.well-known/"):
		add("OIDC_ISSUER", "it ends before /.well-known/. Leave out that part and what follows")
	case err != nil || !oidc.Encrypted(s.OIDCIssuer) || at.RawQuery != "" || at.Fragment != "" || strings.ContainsFunc(s.OIDCIssuer, unicode.IsSpace):
		add("OIDC_ISSUER", "it is not an https address. Write what your identity provider calls itself, such as https://id.example.com/realms/house; http is taken of this machine alone")
	}
	for _, x := range []struct {
		name, value string
	}{{"OIDC_CLIENT_ID", s.OIDCClientID}, {"OIDC_CLIENT_SECRET", string(s.OIDCClientSecret)}} {
		if strings.ContainsFunc(x.value, unicode.IsSpace) {
			add(x.name, "it has a space in it. Copy it again from your identity provider")
		}
	}
	if utf8.RuneCountInString(s.OIDCName) > longestProvider || strings.ContainsFunc(s.OIDCName, unicode.IsControl) {
		add("OIDC_NAME", "it is too long for a button. Write %d characters or fewer, such as the name of your house", longestProvider)
	}
}
