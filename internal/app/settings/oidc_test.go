package settings

import (
	"strings"
	"testing"
)

// What is wrong with the settings of the identity provider is said with what to do, and no secret is.
func TestTheIdentityProvidersSettingsAreChecked(t *testing.T) {
	good := map[string]string{"OIDC_ISSUER": "https://id.example/realms/house", "OIDC_CLIENT_ID": "aftercare", "OIDC_CLIENT_SECRET": "hunter2"}
	for _, tt := range []struct {
		change map[string]string
		want   string // "" = all is well
	}{
		{nil, ""},
		{map[string]string{"OIDC_NAME": "Our House"}, ""},
		{map[string]string{"OIDC_ISSUER": "http://127.0.0.1:8081"}, ""},
		{map[string]string{"OIDC_ISSUER": "http://localhost:8081/"}, ""},
		{map[string]string{"OIDC_ISSUER": "http://[::1]:8081"}, ""},
		{map[string]string{"OIDC_ISSUER": "", "OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": ""}, ""},
		{map[string]string{"OIDC_ISSUER": "", "OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": "", "OIDC_NAME": "House"}, "OIDC_ISSUER: it, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together"},
		{map[string]string{"OIDC_CLIENT_SECRET": ""}, "OIDC_ISSUER: it, OIDC_CLIENT_ID"},
		{map[string]string{"OIDC_CLIENT_ID": ""}, "OIDC_ISSUER: it, OIDC_CLIENT_ID"},
		{map[string]string{"OIDC_ISSUER": "http://id.example"}, "OIDC_ISSUER: it is not an https address"},
		{map[string]string{"OIDC_ISSUER": "id.example"}, "OIDC_ISSUER: it is not an https address"},
		{map[string]string{"OIDC_ISSUER": "https://id.example/?a=b"}, "OIDC_ISSUER: it is not an https address"},
		{map[string]string{"OIDC_ISSUER": "https://me:secret@id.example"}, "OIDC_ISSUER: it is not an https address"},
		{map[string]string{"OIDC_ISSUER": "http://localhost.evil.example"}, "OIDC_ISSUER: it is not an https address"},
		{map[string]string{"OIDC_ISSUER": "https://id.example/.well-known/openid-configuration"}, "OIDC_ISSUER: it ends before"},
		{map[string]string{"OIDC_CLIENT_SECRET": "hunter2 hunter2"}, "OIDC_CLIENT_SECRET: it has a space"},
		{map[string]string{"OIDC_NAME": strings.Repeat("x", 41)}, "OIDC_NAME: it is too long for a button"},
	} {
		environ := map[string]string{}
		for _, of := range []map[string]string{good, tt.change} {
			for name, value := range of {
				environ[name] = value
			}
		}
		_, err := Read(environ, t.TempDir())
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%v: %v", tt.change, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%v: %v, want %q", tt.change, err, tt.want)
		}
	}
}

func TestAButtonNamesTheProviderByItsHostUnlessItHasAName(t *testing.T) {
	s := Settings{OIDCIssuer: "https://id.example/realms/house"}
	if s.Provider() != "id.example" {
		t.Errorf("without a name: %q", s.Provider())
	}
	if s.OIDCName = "Our House"; s.Provider() != "Our House" {
		t.Errorf("with one: %q", s.Provider())
	}
}
