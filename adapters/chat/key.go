package chat

import (
	"strconv"
	"strings"
)

// numbered begins the keys of updates that a platform numbers, one after the other, for each
// account by itself.
const numbered = "tg:"

// NumberedKey is the key of the update with this number among those of an account of a platform
// that numbers them. The numbers may have gaps, and come in no order: a set of them takes little
// room where most of them lie together.
func NumberedKey(account string, number int64) string {
	return numbered + account + ":" + strconv.FormatInt(number, 10)
}

// Numbered takes a NumberedKey apart: into what those of one account begin with, which is the same
// for no other account, and the number. Other keys are not ok.
func Numbered(key string) (account string, number int64, ok bool) {
	i := strings.LastIndexByte(key, ':')
	if i <= len(numbered) || !strings.HasPrefix(key, numbered) {
		return "", 0, false
	}
	number, err := strconv.ParseInt(key[i+1:], 10, 64)
	if err != nil || number < 0 || strconv.FormatInt(number, 10) != key[i+1:] {
		return "", 0, false
	}
	return key[:i], number, true
}

// NumberedRange is the keys that every NumberedKey lies between.
func NumberedRange() (from, to string) { return numbered, numbered[:len(numbered)-1] + ";" }
