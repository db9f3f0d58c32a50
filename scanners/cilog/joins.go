package cilog

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// maxEnds is after how many lines of a group a join is tried that ends there, and
// maxShort how long that may be.
const (
	maxEnds  = 8
	maxShort = 4096
)

// joins joins the groups of lines that columns found. What stands behind a text that
// was cut is often a line that looks like its last piece: so joins that end earlier
// are searched first, and where one of them, or a line by itself, is complete, what
// follows is not joined to it.
func (x *expander) joins(v, child *view) error {
	v.sortHits()
	longest := 0
	x.groups(func(group []lineAt) { longest = max(longest, len(group)) })
	for k := 2; k <= maxEnds+1 && k < longest; k++ {
		x.short.reset(v)
		x.groups(func(group []lineAt) {
			n := k
			if k > maxEnds { // all but the last line
				n = max(k, len(group)-1)
			}
			if n < len(group) && !dumped(v.text, group[0]) && v.pieces(group[:n+1]) >= n && group[n-1].to-group[0].from <= maxShort {
				x.join(v, &x.short, group[:n])
			}
		})
		if len(x.short.text) == 0 {
			continue
		}
		if err := x.emit(&x.short); err != nil {
			return err
		}
		for _, e := range x.short.hits {
			_, to, _ := x.short.below(e.at-1, e.at)
			v.hits = append(v.hits, ending{int(to), e.form, true})
		}
		v.sortHits()
	}
	x.groups(func(group []lineAt) {
		for len(group) > 1 {
			n := v.pieces(group)
			if n > 1 {
				x.join(v, child, group[:n])
			}
			group = group[n:]
		}
	})
	return nil
}

func (x *expander) groups(do func([]lineAt)) {
	from := 0
	for _, end := range x.ends {
		do(x.lines[from:end])
		from = end
	}
}

// width is how long a line is up to its end.
func (v *view) width(end int) int {
	return end - bytes.LastIndexByte(v.text[:end], '\n') - 1
}

// random reports whether a line begins like the rest of a random text: not with a
// word, a number or a hash. Behind a line that is full the rest may be short.
func random(line []byte, full bool) bool {
	least := 5
	if full {
		least = 2 // and any mix will do
	}
	n, changes, hex, last := 0, 0, true, 0
	for _, c := range line {
		if coded.Sextet[c] == coded.None {
			break
		}
		class := 0
		switch {
		case c >= 'a' && c <= 'z':
			class = 1
		case c >= 'A' && c <= 'Z':
			class = 2
		case c >= '0' && c <= '9':
			class = 3
		default:
			continue
		}
		if n++; last != 0 && class != last && (n > 2 || last != 2 || class != 1) { // Word
			changes++
		}
		last = class
		hex = hex && class != 2 && hexDigit[c] != 0
	}
	return n >= least && (!hex || full && n < 8) && (5*changes >= 2*n || full && changes > 0)
}
