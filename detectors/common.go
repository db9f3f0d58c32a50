package detectors

import (
	_ "embed"
	"encoding/binary"
	"sort"
	"strings"
)

// common.bin tells how often pieces of four bytes stand in source code and its
// documentation: records of the piece in lower case and a number a MB, sorted. Those
// that are rare are left out. TestCommonTable writes it: see there.
//
//go:embed common.bin
var commonTable string

const (
	gramLen    = 4
	gramRecord = gramLen + 2
	// gramLeast is how often a MB has a piece that is in the table.
	gramLeast = 20
)

// Commonness returns how often a MB of source code has a text at most, 0 if that is
// less than gramLeast.
func Commonness(text string) int {
	text = strings.ToLower(text)
	if len(text) < gramLen {
		n := 0
		for i := gramIndex(text); i < len(commonTable)/gramRecord && strings.HasPrefix(commonTable[i*gramRecord:], text); i++ {
			n += gramCount(i)
		}
		return n
	}
	least := 1 << 16
	for i := 0; i+gramLen <= len(text); i++ {
		gram := text[i : i+gramLen]
		at := gramIndex(gram)
		if at >= len(commonTable)/gramRecord || !strings.HasPrefix(commonTable[at*gramRecord:], gram) {
			return 0
		}
		least = min(least, gramCount(at))
	}
	return least
}

// gramIndex is the first record that does not come before a text.
func gramIndex(text string) int {
	return sort.Search(len(commonTable)/gramRecord, func(i int) bool { return commonTable[i*gramRecord:][:gramLen] >= text })
}

func gramCount(i int) int {
	return int(binary.LittleEndian.Uint16([]byte(commonTable[i*gramRecord+gramLen:][:2])))
}
