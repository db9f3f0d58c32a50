package prefilter

import "math/bits"

// unique finds literals that are the same: different rules look for the same
// words. It is a hash table of the first ones.
type unique struct {
	table []int32 // literal plus one
	shift int
}

func newUnique(n int) unique {
	size := bits.Len(uint(2*n)) + 1
	return unique{table: make([]int32, 1<<size), shift: 64 - size}
}

// seen returns the first literal with the text of i, and links it to that one. ok is
// false if there was none.
func (u *unique) seen(f *Filter, i int32) (first int32, ok bool) {
	l := &f.literals[i]
	if l.size > longest {
		return 0, false
	}
	h := ((l.text[0]*hashFactor^l.text[1])*hashFactor ^ l.care[0]) * hashFactor >> u.shift
	for ; u.table[h] != 0; h = (h + 1) % uint64(len(u.table)) {
		first = u.table[h] - 1
		if o := &f.literals[first]; o.size == l.size && o.text == l.text && o.care == l.care {
			f.same[i], f.same[first] = f.same[first], i
			return first, true
		}
	}
	u.table[h] = i + 1
	return 0, false
}
