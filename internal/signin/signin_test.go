package signin

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAPasswordIsKnownByItsHashAlone(t *testing.T) {
	h, ctx := NewHasher(), t.Context()
	hash, err := h.Hash(ctx, "pässword of röbin")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	for password, want := range map[string]bool{
		"pässword of röbin": true, "pa\u0308ssword of ro\u0308bin": true, "password of robin": false, "": false,
		"pässword of röbin" + strings.Repeat("x", 2000): false,
	} {
		if got, err := h.Check(ctx, hash, password); got != want || err != nil {
			t.Errorf("%.30q: %v, %v", password, got, err)
		}
	}
	if again, _ := h.Hash(ctx, "pässword of röbin"); again == hash {
		t.Error("two hashes of one password are the same")
	}
	for _, password := range []string{"", "x"} {
		if ok, err := h.Check(ctx, "", password); ok || err != nil {
			t.Errorf("nobody's password is %q: %v, %v", password, ok, err)
		}
	}
	for _, bad := range []string{"x", "$argon2id$v=19$m=19456,t=2,p=1$AA$", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		if ok, err := h.Check(ctx, bad, "x"); ok || err == nil {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
	}
}

func TestNoMoreHashesAtATimeThanThereArePlaces(t *testing.T) {
	h := NewHasher()
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a hash beyond: %v", err)
	}
	if _, err := h.Check(ctx, "", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a check beyond: %v", err)
	}
}

// Somebody tries passwords, as many at a time as may. What the hashes leave behind does not pile
// up, however much garbage the server lets lie.
func TestACrowdThatTriesPasswordsFillsNoMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	h := NewHasher()
	held := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapSys
	}
	before := held()
	var crowd sync.WaitGroup
	for range cap(h.slots) {
		crowd.Go(func() {
			for range 7 {
				if ok, err := h.Check(t.Context(), "", "whatever it may be"); ok || err != nil {
					t.Errorf("%t, %v", ok, err)
				}
			}
		})
	}
	crowd.Wait()
	if most, held := uint64(2*cap(h.slots)+1)*memory*1024, held()-before; held > most {
		t.Errorf("the heap has grown by %d MB, and %d are enough", held>>20, most>>20)
	}
}

func TestAPasswordIsLongAndNotTheFirstThatIsTried(t *testing.T) {
	for password, want := range map[string]error{
		"short": ErrShort, "elevenchars": ErrShort, "äöüäöüäöüäö": ErrShort, strings.Repeat("ab", 600): ErrLong,
		"passwordpassword": ErrCommon, "Password1234!": ErrCommon, "aaaaaaaaaaaa": ErrCommon, "abcabcabcabc": ErrCommon, "1234567890123": ErrCommon,
		"robin.parkrobin.park": ErrCommon, "Aftercare2026": ErrCommon, "correct horse battery staple": ErrCommon, "qwertyuiop12": ErrCommon,
		"two old bicycles": nil, "客户回访做得很好今天也一样": nil, "wgk3-x8rm-p2vt-hh4q": nil, "passwords of bicycles": nil,
	} {
		if err := CheckPassword(password, "robin.park"); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%q: %v, want %v", password, err, want)
		}
	}
	for range 20 {
		if p := NewPassword(); CheckPassword(p) != nil || len(p) != 19 {
			t.Errorf("a new one is %q", p)
		}
	}
}

// The vectors are those of RFC 6238, cut to six digits.
func TestCodesAreThoseOfAuthenticatorApps(t *testing.T) {
	secret := base32Code.EncodeToString([]byte("12345678901234567890"))
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		now := time.Unix(at, 0)
		n, ok := CheckCode(secret, " "+code[:3]+" "+code[3:], now, 0)
		if !ok || n != at/30 {
			t.Errorf("%d: %v, step %d", at, ok, n)
		}
		for _, beside := range []time.Duration{-30 * time.Second, 30 * time.Second} {
			if _, ok := CheckCode(secret, code, now.Add(beside), 0); !ok {
				t.Errorf("%d, %s beside: refused", at, beside)
			}
			if _, ok := CheckCode(secret, code, now.Add(3*beside), 0); ok {
				t.Errorf("%d, %s beside: accepted", at, 3*beside)
			}
		}
		if _, ok := CheckCode(secret, code, now, n); ok {
			t.Errorf("%d: it counts twice", at)
		}
	}
	for _, bad := range []string{"", "28708", "2870822", "abcdef"} {
		if _, ok := CheckCode(secret, bad, time.Unix(59, 0), 0); ok {
			t.Errorf("%q is a code", bad)
		}
	}
}

func TestARecoveryCodeStandsOnce(t *testing.T) {
	codes, hashes := NewRecovery()
	if len(codes) != 10 || len(hashes) != 10 {
		t.Fatal(codes)
	}
	left, ok := UseRecovery(hashes, " "+strings.ToUpper(codes[3]))
	if !ok || len(left) != 9 {
		t.Fatalf("%v, %d left", ok, len(left))
	}
	if left, ok := UseRecovery(left, codes[3]); ok || len(left) != 9 {
		t.Errorf("twice: %v, %d left", ok, len(left))
	}
}
