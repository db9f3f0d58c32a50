package archive

import (
	"strings"
	"testing"
)

// TestTextsOfPythonEndWhereTheyEnd has compiled Python in which a letter, which is the
// next mark, stands behind a text: nowhere are the two together.
func TestTextsOfPythonEndWhereTheyEnd(t *testing.T) {
	head := "\xCB\x0D\x0D\x0A" + strings.Repeat("\x00", 12)
	short := func(mark string) string { return mark + string(rune(len(needle))) + needle }
	long := func(mark string) string { return mark + string(rune(len(needle))) + "\x00\x00\x00" + needle }
	for name, data := range map[string]string{
		"None":           head + ")\x02" + short("z") + "N",
		"a reference":    head + ")\x02" + short("Z") + "r\x01\x00\x00\x00",
		"a short text":   head + ")\x02" + short("z") + "z\x03abc",
		"bytes":          head + ")\x02" + long("s") + "N",
		"Unicode":        head + ")\x02" + long("u") + "T",
		"interned":       head + ")\x02" + long("t") + "i\x01\x00\x00\x00",
		"in a long file": head + strings.Repeat("\xE3\x00\x00\x00\x00", 3000) + short("z") + "N",
	} {
		for where, b := range map[string][]byte{"a.pyc": []byte(data), "no name": []byte(data), "a.whl": zipOf(t, entry{"m.pyc", []byte(data)})} {
			s := walk(t, where, b, Defaults(), false)
			n := 0
			for _, text := range s.texts {
				for line := range strings.Lines(text) {
					if strings.Contains(line, needle) {
						n++
						if strings.TrimSpace(line) != needle {
							t.Errorf("%s in %s: with something beside it: %q", name, where, line)
						}
					}
				}
			}
			if n != 1 || !s.res.Whole || len(s.gaps) > 0 {
				t.Errorf("%s in %s: found %d times; whole %v, not searched %v", name, where, n, s.res.Whole, s.gaps)
			}
		}
	}
}
