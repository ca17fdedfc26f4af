package storage

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestACloneIsEqualAndSharesNothing fills every field there is, so that a new one cannot
// be forgotten.
func TestACloneIsEqualAndSharesNothing(t *testing.T) {
	var s Session
	fill(reflect.ValueOf(&s).Elem(), 3)
	c := s.Clone()
	if diff := cmp.Diff(&s, c); diff != "" {
		t.Fatal(diff)
	}
	shared(t, "Session", reflect.ValueOf(s), reflect.ValueOf(*c))
	if empty := new(Session).Clone(); !reflect.DeepEqual(*empty, Session{}) {
		t.Errorf("the clone of nothing is %+v", empty)
	}
}

// TestAnIdentityIsCopiedWhole: stores copy it by assignment.
func TestAnIdentityIsCopiedWhole(t *testing.T) {
	var id Identity
	fill(reflect.ValueOf(&id).Elem(), 3)
	shared(t, "Identity", reflect.ValueOf(id), reflect.ValueOf(id))
}

// fill gives every field a value that is not zero, two elements to every list.
func fill(v reflect.Value, seed int64) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), seed)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1_700_000_000+seed, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), seed+int64(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), seed)
		fill(v.Index(1), seed+1)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), seed+int64(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, seed)
		fill(value, seed+1)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("word" + string(rune('a'+seed%26)))
	case reflect.Int, reflect.Int64:
		v.SetInt(seed + 1)
	case reflect.Float64:
		v.SetFloat(float64(seed) + 0.5)
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic("a kind of field that fill does not know: " + v.Kind().String())
	}
}

// shared reports what two values both point to.
func shared(t *testing.T, path string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
			return
		}
	}
	switch a.Kind() {
	case reflect.Pointer:
		shared(t, path, a.Elem(), b.Elem())
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range a.NumField() {
			shared(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Slice:
		for i := range a.Len() {
			shared(t, path+"[]", a.Index(i), b.Index(i))
		}
	case reflect.Map:
		for _, k := range a.MapKeys() {
			shared(t, path+"[]", a.MapIndex(k), b.MapIndex(k))
		}
	}
}
