package flowfile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// plainPattern is what needs no quotes anywhere: it begins with a letter and holds
// nothing that has a meaning in YAML.
var plainPattern = regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{N} _./()?!;+*=,。、?!;()…·–—’“”-]*$`)

// wordsOfYAML are read as something else than a text by one YAML version or another.
var wordsOfYAML = []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"}

// scalar writes a text so that it is read back as it is, in block and in flow context.
func scalar(s string) string {
	if plainPattern.MatchString(s) && !strings.HasSuffix(s, " ") && !strings.Contains(s, ",") {
		lower := strings.ToLower(s)
		plain := true
		for _, w := range wordsOfYAML {
			plain = plain && lower != w
		}
		if plain {
			return s
		}
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"', c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c > 0xFFFF && !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\U%08X`, c)
		case c != ' ' && !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Scalar writes a text as one YAML scalar that is read back as it is, in block and in flow
// context.
func Scalar(s string) string { return scalar(s) }
