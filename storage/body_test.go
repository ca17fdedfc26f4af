package storage

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/survey"
)

var update = flag.Bool("update", false, "add fields that are new to testdata/body; what stands there stays")

// bodies lists, by the name of its golden file, everything that databases hold as JSON:
// bodies of records, the renders of deliveries, files in columns of answers and words, and
// parked updates.
func bodies() map[string]reflect.Type {
	return map[string]reflect.Type{
		"identity":   reflect.TypeFor[Identity](),
		"invitation": reflect.TypeFor[Invitation](),
		"session":    reflect.TypeFor[Session](),
		"case":       reflect.TypeFor[Case](),
		"message":    reflect.TypeFor[chat.Message](),
		"file":       reflect.TypeFor[survey.File](),
		"update":     reflect.TypeFor[chat.Update](),
		"hook":       reflect.TypeFor[HookTerms](),
		"inbound":    reflect.TypeFor[InboundTerms](),
		"alarm":      reflect.TypeFor[AlarmTerms](),
	}
}

// TestStoredBodiesKeepTheirSpelling: databases are full of bodies that earlier releases
// wrote. The golden files hold every field of each, and once more every record that is
// empty. Each must be understood whole and be written again in the same bytes.
func TestStoredBodiesKeepTheirSpelling(t *testing.T) {
	for name, typ := range bodies() {
		t.Run(name, func(t *testing.T) {
			if path := holdsItself(typ, typ.Name(), nil); path != "" {
				t.Fatalf("%s holds its own type, so that no golden body holds every field of it", path)
			}
			full := reflect.New(typ)
			golden := readBody(t, name)
			decodeWhole(t, golden, full.Interface())
			if *update {
				fillZero(full.Elem(), typ.Name())
				writeBody(t, name, full.Interface())
				empty := reflect.New(typ)
				decodeWhole(t, readBody(t, name+".empty"), empty.Interface())
				writeBody(t, name+".empty", empty.Interface())
				return
			}
			for _, path := range zeroFields(full.Elem(), typ.Name()) {
				t.Errorf("the golden body has no %s: run this test with -update", path)
			}
			sameBody(t, golden, full.Interface())
			again := reflect.New(typ)
			decodeWhole(t, encodeBody(t, full.Interface()), again.Interface())
			if diff := cmp.Diff(full.Interface(), again.Interface()); diff != "" {
				t.Errorf("written and read again it differs:\n%s", diff)
			}
			sameBody(t, readBody(t, name+".empty"), reflect.New(typ).Interface())
		})
	}
}

// TestStoredFieldsCarryTheirSpelling: a field of a stored record has its stored name in a
// tag, so that its name in Go can change.
func TestStoredFieldsCarryTheirSpelling(t *testing.T) {
	seen := map[reflect.Type]bool{}
	for _, typ := range bodies() {
		for _, path := range untagged(typ, typ.Name(), seen) {
			t.Errorf("%s is stored and has no json tag", path)
		}
	}
	type planted struct {
		Tagged struct {
			Bare string
		} `json:"tagged"`
		List []struct{ Deep string } `json:"list"`
		Left string                  `json:"-"`
		Bare map[string]time.Time
	}
	got := untagged(reflect.TypeFor[planted](), "", map[reflect.Type]bool{})
	if diff := cmp.Diff([]string{".Tagged.Bare", ".List.Deep", ".Left", ".Bare"}, got); diff != "" {
		t.Errorf("planted fields without a tag are not all found:\n%s", diff)
	}
}

// TestAStoredTypeThatHoldsItselfIsFound: filling such a type would go on without end.
func TestAStoredTypeThatHoldsItselfIsFound(t *testing.T) {
	type twice struct{ One, Two []time.Time }
	type beside struct {
		One twice
		Two map[string]twice
	}
	if path := holdsItself(reflect.TypeFor[beside](), "beside", nil); path != "" {
		t.Errorf("a type that stands in two places is said to hold itself at %q", path)
	}
	if path := holdsItself(reflect.TypeFor[planted](), "planted", nil); path != "planted.Inner.Again" {
		t.Errorf("a type that holds itself is found at %q", path)
	}
}

// planted holds itself, by way of a list within a map.
type planted struct {
	Inner map[string]struct{ Again []planted }
}

// holdsItself returns the path of a field in whatever typ holds whose type is one of those that it stands in, or "".
func holdsItself(typ reflect.Type, path string, within []reflect.Type) string {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holdsItself(typ.Elem(), path, within)
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
		return ""
	}
	if slices.Contains(within, typ) {
		return path
	}
	within = append(slices.Clone(within), typ)
	for i := range typ.NumField() {
		if found := holdsItself(typ.Field(i).Type, path+"."+typ.Field(i).Name, within); found != "" {
			return found
		}
	}
	return ""
}

// untagged returns the paths of exported fields without a name in a json tag, in whatever
// typ holds. Fields of an embedded struct are the outer one's own.
func untagged(typ reflect.Type, path string, seen map[reflect.Type]bool) (found []string) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return untagged(typ.Elem(), path, seen)
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || seen[typ] {
		return nil
	}
	seen[typ] = true
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.Anonymous && (name == "" || name == "-") {
			found = append(found, path+"."+f.Name)
		}
		found = append(found, untagged(f.Type, path+"."+f.Name, seen)...)
	}
	return found
}

// walk calls f for every value within v that is no struct and no array, and for empty lists and maps.
func walk(v reflect.Value, path string, f func(path string, v reflect.Value)) {
	if v.Kind() != reflect.Array && (v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]()) {
		f(path, v)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), path, f)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			walk(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), path+"[]", f)
		}
	}
}

// neverStored are fields that are always empty in what is stored.
func neverStored(path string) bool { return path == "Update.Reply" }

func zeroFields(v reflect.Value, path string) (found []string) {
	walk(v, path, func(path string, v reflect.Value) {
		if v.IsZero() && !neverStored(path) {
			found = append(found, path)
		}
	})
	return found
}

// fillZero gives a value to what has none. A text says where it stood when it was written.
func fillZero(v reflect.Value, path string) {
	n := int64(0)
	walk(v, path, func(path string, v reflect.Value) {
		n++
		if !v.IsZero() || neverStored(path) {
			return
		}
		switch v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillZero(key, path+" key")
			fillZero(value, path+" value")
			v.SetMapIndex(key, value)
		case reflect.String:
			v.SetString(path)
		case reflect.Int, reflect.Int64:
			v.SetInt(n)
		case reflect.Float64:
			v.SetFloat(float64(n) + 0.5)
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Struct: // a time
			v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 8, int(n), 0, 123_456_000, time.UTC)))
		default:
			panic("a kind of field that fillZero does not know: " + v.Kind().String())
		}
	})
}

func bodyFile(name string) string { return filepath.Join("testdata", "body", name+".json") }

// readBody is a golden body; one that is not there yet is empty while updating.
func readBody(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(bodyFile(name))
	if *update && os.IsNotExist(err) {
		return []byte("{}")
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// writeBody keeps a body with a line for each field, so that people can read what changed.
func writeBody(t *testing.T, name string, v any) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, encodeBody(t, v), "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	if err := os.WriteFile(bodyFile(name), indented.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func encodeBody(t *testing.T, v any) []byte {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// decodeWhole fails where a body holds something that v has no place for.
func decodeWhole(t *testing.T, body []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("a stored body is not understood: %v", err)
	}
}

// sameBody compares the bytes that are stored with those of the golden file.
func sameBody(t *testing.T, golden []byte, v any) {
	t.Helper()
	var want bytes.Buffer
	if err := json.Compact(&want, golden); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(want.String(), ",", ",\n"), strings.ReplaceAll(string(encodeBody(t, v)), ",", ",\n")); diff != "" {
		t.Errorf("it is written in another spelling (-stored, +now):\n%s", diff)
	}
}
