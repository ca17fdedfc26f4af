package chat

import (
	"math"
	"testing"
)

func TestANumberedKeyIsTakenApartAndNothingElseIs(t *testing.T) {
	for _, n := range []int64{0, 1, 4095, 4096, 987654321, math.MaxInt64} {
		key := NumberedKey("4242", n)
		account, number, ok := Numbered(key)
		if account != "tg:4242" || number != n || !ok {
			t.Errorf("%s is %q and %d, %v", key, account, number, ok)
		}
		if from, to := NumberedRange(); key < from || key >= to {
			t.Errorf("%s lies outside of %q to %q", key, from, to)
		}
	}
	for _, key := range []string{
		"", "tg:", "tg::", "tg::1", "tg:1", "tg:4242:", "tg:4242:x", "tg:4242:01", "tg:4242:+1", "tg:4242:-1", "tg:4242:1 ", "tg:4242:0x1", "tg:4242:1_0",
		"tg:4242:9223372036854775808", "sl:T1:1", "web:room:1", "xtg:4242:1", "start:tg:4242:1",
	} {
		if account, number, ok := Numbered(key); ok {
			t.Errorf("%q is %q and %d", key, account, number)
		}
	}
}
