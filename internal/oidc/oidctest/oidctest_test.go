package oidctest

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The provider of tests is as strict as one that people have: it sends nobody on who asks wrongly.
func TestWhoAsksWronglyIsSentNowhere(t *testing.T) {
	i := New(t)
	i.Back, i.Person = "http://127.0.0.1/back", "robin"
	good := i.URL + "/authorize?client_id=" + ClientID + "&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback&response_type=code&scope=openid&state=s&nonce=n" +
		"&code_challenge_method=S256&code_challenge=" + strings.Repeat("x", 43)
	if back, said := i.Visit(t, good); back == nil || back.Query().Get("code") == "" || back.Query().Get("state") != "s" {
		t.Errorf("who asks rightly is sent to %v: %s", back, said)
	}
	for what, wrong := range map[string][2]string{
		"another client": {ClientID, "another"}, "another address": {"back", "evil"}, "more than who it is": {"scope=openid", "scope=openid+email"},
		"no state": {"state=s", "state="}, "no nonce": {"nonce=n", "nonce="}, "a plain challenge": {"S256", "plain"}, "a short challenge": {"xxx", "x"},
	} {
		if back, _ := i.Visit(t, strings.Replace(good, wrong[0], wrong[1], 1)); back != nil {
			t.Errorf("%s: sent to %s", what, back)
		}
	}
}
