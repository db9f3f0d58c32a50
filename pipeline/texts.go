package pipeline

import (
	"reflect"
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
		for i := range v.Len() {
			walkTexts(v.Index(i), change)
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for i := range v.NumField() {
			walkTexts(v.Field(i), change)
		}
	}
}
