package pipeline

import "reflect"

// eachText calls f for each text that a value has: strings in structs, slices and
// behind pointers. Words of closed lists are texts too, and no credential is one.
func eachText(v any, f func(*string)) { walkTexts(reflect.ValueOf(v), f) }

func walkTexts(v reflect.Value, f func(*string)) {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if f(&s); s != v.String() {
			v.SetString(s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walkTexts(v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkTexts(v.Index(i), f)
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			walkTexts(v.Field(i), f)
		}
	}
}
