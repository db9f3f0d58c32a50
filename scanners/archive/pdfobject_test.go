package archive

import (
	"regexp"
	"strconv"
	"testing"
)

var slowObject = regexp.MustCompile(`(\d{1,9}) (\d{1,5}) obj\b`)

// Heads of objects are found where the pattern that says what they are finds them.
func FuzzObjectHeads(f *testing.F) {
	f.Add([]byte("12 0 obj <</A 3 0 R>> stream\n\xff1 0 objendobj\n0123456789012 00000 obj 7 123456 obj 8 9 obj"))
	f.Add([]byte("1 0 obj obj 2 0 obj\n3  0 obj 4 0 object 5 0 obj_ 6 7 8 obj"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var want []pdfObject
		for _, m := range slowObject.FindAllSubmatchIndex(b, -1) {
			num, _ := strconv.Atoi(string(b[m[2]:m[3]]))
			gen, _ := strconv.Atoi(string(b[m[4]:m[5]]))
			want = append(want, pdfObject{num, gen, m[0], m[1]})
		}
		at := 0
		for _, w := range want {
			got, ok := nextObject(b, at)
			if !ok || got != w {
				t.Fatalf("behind %d: %v, %v; want %v", at, got, ok, w)
			}
			at = got.end
		}
		if got, ok := nextObject(b, at); ok {
			t.Fatalf("%v is none", got)
		}
		last, ok := lastObject(b)
		if ok != (len(want) > 0) || ok && last != want[len(want)-1] {
			t.Fatalf("the last is %v, %v; want one of %v", last, ok, want)
		}
	})
}

var slowNamed = regexp.MustCompile(`/([A-Za-z][\w.+-]{0,40}) (\d{1,9}) \d{1,5} R`)

// Names of objects are read as the pattern reads them.
func FuzzNamedObjects(f *testing.F) {
	f.Add([]byte("/F1 12 0 R/F2 3 0 R /Resources<</Font 7 00000 R>> /X 1234567890 0 R /Y 1 123456 R /9 1 0 R /a/b 1 0 R"))
	f.Add([]byte("/ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOP 1 0 R /A  1 0 R /A 1  0 R /a_.+-9 1 0 RR /"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rest := b
		for _, m := range slowNamed.FindAllSubmatch(b, -1) {
			want, _ := strconv.Atoi(string(m[2]))
			var name []byte
			var num int
			if name, num, rest = nextNamed(rest); rest == nil || string(name) != string(m[1]) || num != want {
				t.Fatalf("%q is %d; want %q, %d", name, num, m[1], want)
			}
		}
		if name, _, more := nextNamed(rest); more != nil {
			t.Fatalf("%q is none", name)
		}
	})
}
