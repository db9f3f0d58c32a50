// Package nearest finds, among names that are known, the one that a mistyped one
// was meant to be.
package nearest

import (
	"reflect"
	"slices"
	"strings"
)

// Of returns the known name that differs least from a mistyped one, "" if all
// differ much.
func Of(name string, known []string) (best string) {
	least := max(1, len(name)/3) + 1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// Key returns the key of a TOML table that was meant by one that is unknown. v is a
// pointer to what the document was decoded to, key the way to it.
func Key(v any, key []string) string {
	t := reflect.TypeOf(v)
	for i, name := range key {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() == reflect.Map {
			t = t.Elem()
			continue
		}
		if t.Kind() != reflect.Struct {
			return ""
		}
		next, names := reflect.Type(nil), []string{}
		for j := range t.NumField() {
			f := t.Field(j)
			tag := f.Tag.Get("toml")
			if tag == name && i < len(key)-1 {
				next = f.Type
			}
			if tag != "" && tag != "-" {
				names = append(names, tag)
			}
		}
		if next == nil {
			return Of(name, names)
		}
		t = next
	}
	return ""
}

// Hint is Key as the end of a message.
func Hint(v any, key []string) string {
	if k := Key(v, key); k != "" {
		return `, did you mean "` + k + `"?`
	}
	return ""
}

// distance is how many letters must be changed, put in, left out or swapped with
// the next (Damerau and Levenshtein, without overlaps).
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
