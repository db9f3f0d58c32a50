package pipeline

import (
	"reflect"
	"sync"
	"time"
)

// eachText puts what change makes of it in place of each text that a value has: of
// strings in structs, slices and behind pointers. Words of closed lists are texts too,
// and no credential is one.
func eachText(v any, change func(string) string) { walkTexts(reflect.ValueOf(v), change) }

var timeType = reflect.TypeFor[time.Time]()

func walkTexts(v reflect.Value, change func(string) string) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); s != "" {
			if out := change(s); out != s {
				v.SetString(out)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walkTexts(v.Elem(), change)
		}
	case reflect.Slice:
		if v.Len() == 0 || !hasTexts(v.Type()) {
			return
		}
		for i := range v.Len() {
			walkTexts(v.Index(i), change)
		}
	case reflect.Struct:
		for _, i := range textFields(v.Type()) {
			walkTexts(v.Field(i), change)
		}
	}
}

// fieldsWithTexts is kept for each type, as each identity asks for the same: its []int.
var fieldsWithTexts sync.Map

// textFields are the indexes of a struct's fields in which texts may be.
func textFields(t reflect.Type) []int {
	if known, ok := fieldsWithTexts.Load(t); ok {
		return known.([]int)
	}
	var out []int
	if t != timeType {
		for i := range t.NumField() {
			if hasTexts(t.Field(i).Type) {
				out = append(out, i)
			}
		}
	}
	fieldsWithTexts.Store(t, out)
	return out
}

// hasTexts reports whether texts may be in values of a type. It does not look behind
// pointers or into structs, which may have themselves as a field.
func hasTexts(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Struct:
		return t != timeType
	case reflect.Pointer:
		return hasTexts(t.Elem())
	case reflect.Slice:
		return hasTexts(t.Elem())
	}
	return false
}
