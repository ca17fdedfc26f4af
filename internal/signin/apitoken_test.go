package signin

import "testing"

func TestATokenThatWasTypedWronglyIsNone(t *testing.T) {
	token := NewAPIToken()
	if len(token) != 53 || token == NewAPIToken() {
		t.Fatalf("%q is made", token)
	}
	hash, ok := HashAPIToken(token)
	if !ok || len(hash) != 64 {
		t.Fatalf("its hash is %q, %v", hash, ok)
	}
	for i := range token {
		wrong := []byte(token)
		wrong[i] ^= 1
		if _, ok := HashAPIToken(string(wrong)); ok {
			t.Errorf("%s passes for %s", wrong, token)
		}
	}
	for _, wrong := range []string{"", "act_", token[:52], token + "a", token[4:]} {
		if _, ok := HashAPIToken(wrong); ok {
			t.Errorf("%q passes", wrong)
		}
	}
}
