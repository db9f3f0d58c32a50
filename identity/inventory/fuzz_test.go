package inventory

import (
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzRead reads whatever there is: it must end, in bounds, and what comes out
// must be readable again.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/dialects/*")
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && !strings.HasSuffix(name, ".want") {
			f.Add(b)
		}
	}
	f.Add([]byte("a: &a [x,x]\nb: &b [*a,*a]\nitems: [*b,*b]\n"))
	f.Add([]byte("\xff\xfen\x00a\x00m\x00e\x00\n\x00"))
	f.Add([]byte("{\"run\":{}}\n{\"finding\":{\"identity\":{\"id\":\"nhi:x\",\"credentials\":[{}]}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		inv := New()
		defer inv.Close()
		if err := inv.Load("f", strings.NewReader(string(data)), Options{}); err != nil {
			t.Fatal(err)
		}
		err := inv.Each(func(e *Entry) error {
			if e.ID == "" || len(e.Name) > maxText+8 || len(e.Permissions) > maxList {
				t.Errorf("entry %+v", e)
			}
			q := Query{Provider: e.Provider, IDs: []string{e.ID}}
			if m, err := inv.Find(q); err != nil || m == nil {
				t.Errorf("%q is not found: %v", e.ID, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzTable compares the parser with encoding/csv where that finds no fault, and
// asks that no line is lost without a word.
func FuzzTable(f *testing.F) {
	f.Add("a,b\n1,2\n\"x\ny\",\"q\"\"q\"\n")
	f.Add("a,b\n1,\"2\n3,4\n5,6\"x\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 || strings.Contains(text, "\r") {
			return // encoding/csv changes line ends in cells
		}
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		l := &lines{r: asUTF8(strings.NewReader(text))}
		if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") || strings.HasPrefix(text, "\xef\xbb\xbf") || strings.Contains(text, "\x00") {
			return
		}
		tab := &table{l: l, comma: ','}
		var got [][]string
		bad := false
		for {
			rec, err2 := tab.record()
			if err2 == io.EOF {
				break
			}
			if err2 != nil {
				bad = true
				continue
			}
			if len(rec) == 1 && rec[0] == "" {
				continue
			}
			got = append(got, rec)
		}
		if err != nil {
			return
		}
		if bad || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			if slices.ContainsFunc(want, func(r []string) bool { return len(r) == 1 && strings.TrimSpace(r[0]) == "" }) {
				return // a line of a quoted nothing
			}
			t.Errorf("%q: got %q (bad %v), encoding/csv has %q", text, got, bad, want)
		}
	})
}

// FuzzDate asks that dates are dates.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"2024-01-02", "3/14/2025 1:02:03 PM", "9999-12-31T23:59:59Z", "-1", "1700000000000", "31.12.2030", "0001-01-01T00:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range []DateOrder{"", DayFirst, MonthFirst} {
			if d, kind := asDate(s, o); kind == aDate {
				if y := instant(d).Year(); y < earliest || y > latest+1 {
					t.Errorf("asDate(%q) = %q", s, d)
				}
			} else if d != "" {
				t.Errorf("asDate(%q) = %q, and it is none", s, d)
			}
		}
	})
}
