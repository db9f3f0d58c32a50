package gitrepo

import "slices"

// once drops, in place, what is in a list for another time.
func once(list []int32) []int32 {
	if len(list) < 2 {
		return list
	}
	if len(list) <= 16 {
		kept := list[:1]
		for _, n := range list[1:] {
			if !slices.Contains(kept, n) {
				kept = append(kept, n)
			}
		}
		return kept
	}
	seen := make(map[int32]bool, len(list))
	return slices.DeleteFunc(list, func(n int32) bool {
		again := seen[n]
		seen[n] = true
		return again
	})
}
