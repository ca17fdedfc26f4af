package words

import "strings"

// stroked are letters with a stroke or a hook that Unicode does not take apart.
var stroked = strings.NewReplacer("ħ", "h", "ŧ", "t", "ŋ", "n", "ə", "e", "ɨ", "i", "ƀ", "b", "ǥ", "g")

// Key is an id made of a name: its letters as small ones of the ASCII alphabet, without their marks ("ä" is a, "ß" is
// ss), and its digits; whatever else stands between them becomes one between. It has at most longest bytes, and is ""
// where no letter of the name can stand in an id, as in a Chinese or Arabic one.
func Key(name string, between byte, longest int) string {
	var b strings.Builder
	for _, r := range stroked.Replace(Bare(name)) {
		switch known := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'; {
		case known:
			b.WriteByte(byte(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), string(between)):
			b.WriteByte(between)
		}
	}
	s := b.String()
	return strings.Trim(s[:min(len(s), longest)], string(between))
}
