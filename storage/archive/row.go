package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// appendRow writes one row as a line. Equal rows of both engines are equal lines.
func appendRow(line []byte, columns []Column, values []any) ([]byte, error) {
	line = append(line, '[')
	for i, c := range columns {
		if i > 0 {
			line = append(line, ',')
		}
		var ok bool
		if line, ok = appendValue(line, c.Kind, values[i]); !ok {
			return nil, fmt.Errorf("the column %q holds a %T, which is no %s", c.Name, values[i], c.Kind)
		}
	}
	return append(line, ']', '\n'), nil
}

func appendValue(line []byte, kind Kind, value any) ([]byte, bool) {
	if value == nil {
		return append(line, "null"...), true
	}
	switch v := value.(type) {
	case int64:
		switch kind {
		case Integer, Time:
			return strconv.AppendInt(line, v, 10), true
		case Boolean:
			return strconv.AppendBool(line, v != 0), v == 0 || v == 1
		case Real:
			return appendReal(line, float64(v)), true
		}
	case float64:
		return appendReal(line, v), kind == Real
	case bool:
		return strconv.AppendBool(line, v), kind == Boolean
	case time.Time:
		return strconv.AppendInt(line, v.UnixMicro(), 10), kind == Time
	case string:
		return appendText(line, []byte(v), true), kind == Text
	case []byte:
		return appendText(line, v, kind == Text), kind == Text || kind == Bytes
	}
	return line, false
}

// appendReal writes a number so that the same one is read. SQLite knows one zero only.
func appendReal(line []byte, v float64) []byte {
	if v == 0 {
		return append(line, '0')
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.AppendQuote(line, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strconv.AppendFloat(line, v, 'g', -1, 64)
}

func appendText(line, text []byte, plain bool) []byte {
	if !plain || !utf8.Valid(text) {
		line = append(line, `{"base64":"`...)
		line = base64.StdEncoding.AppendEncode(line, text)
		return append(line, `"}`...)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(string(text)) // a string cannot fail to encode
	return append(line, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// parseRow reads a line into values of these kinds: int64, float64, string, bool, []byte,
// for a time its microseconds, or nil.
func parseRow(line []byte, columns []Column) ([]any, error) {
	var cells []json.RawMessage
	if err := json.Unmarshal(line, &cells); err != nil || len(cells) != len(columns) {
		return nil, fmt.Errorf("a row does not have the %d values of its columns", len(columns))
	}
	values := make([]any, len(cells))
	for i, cell := range cells {
		v, err := parseValue(cell, columns[i].Kind)
		if err != nil {
			return nil, fmt.Errorf("the column %q holds what is no %s", columns[i].Name, columns[i].Kind)
		}
		values[i] = v
	}
	return values, nil
}

func parseValue(cell json.RawMessage, kind Kind) (any, error) {
	if string(cell) == "null" {
		return nil, nil
	}
	switch kind {
	case Integer, Time:
		return strconv.ParseInt(string(cell), 10, 64)
	case Real:
		return strconv.ParseFloat(string(bytes.Trim(cell, `"`)), 64)
	case Boolean:
		return strconv.ParseBool(string(cell))
	}
	if cell[0] == '{' {
		var coded struct {
			Base64 []byte `json:"base64"`
		}
		err := json.Unmarshal(cell, &coded)
		if kind == Text {
			return string(coded.Base64), err
		}
		return coded.Base64, err
	}
	var text string
	err := json.Unmarshal(cell, &text)
	return text, err
}

// content is the sum of the hashes of rows, which does not ask for an order.
type content [sha256.Size]byte

func (c *content) add(line []byte) {
	sum := sha256.Sum256(line)
	carry := 0
	for i := range sum {
		n := int(c[i]) + int(sum[i]) + carry
		c[i], carry = byte(n), n>>8
	}
}

func (c *content) String() string { return hex.EncodeToString(c[:]) }
