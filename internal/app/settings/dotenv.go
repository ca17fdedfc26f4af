package settings

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// envName is what may stand before the sign of equality.
var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// readEnv reads lines of the form NAME=value. A value is what stands there: nothing in it is
// expanded, because a password may hold any sign. Quotes around a value are taken off; between
// double quotes \n, \", \\ and \$ stand for a line break and for themselves. What follows
// " #" outside of quotes is a remark. Errors quote nothing: the file holds secrets.
func readEnv(path string) (map[string]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		if reason := reason(err); reason != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("it cannot be read (%w)", reason)
		}
		return nil, err
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")) // some editors begin a file with it
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		return nil, errors.New("it is written in UTF-16. Save it as UTF-8")
	}
	out := map[string]string{}
	for i, line := range strings.Split(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name = strings.TrimSpace(name)
		if !ok || !envName.MatchString(name) {
			return nil, fmt.Errorf("line %d is not of the form NAME=value", i+1)
		}
		if out[name], ok = unquote(strings.TrimSpace(value)); !ok {
			return nil, fmt.Errorf("line %d has a quote that is not closed", i+1)
		}
	}
	return out, nil
}

// unquote takes the quotes off a value, or the remark behind one that has none.
func unquote(value string) (string, bool) {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		if strings.HasPrefix(value, "#") {
			return "", true
		}
		for _, gap := range []string{" #", "\t#"} {
			value, _, _ = strings.Cut(value, gap)
		}
		return strings.TrimSpace(value), true
	}
	var b strings.Builder
	quote := value[0]
	for i := 1; i < len(value); i++ {
		c := value[i]
		switch {
		case c == quote:
			return b.String(), true
		case c == '\\' && quote == '"' && i+1 < len(value):
			i++
			switch value[i] {
			case 'n':
				b.WriteByte('\n')
			case '"', '\\', '$':
				b.WriteByte(value[i])
			default:
				b.WriteByte('\\')
				b.WriteByte(value[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
