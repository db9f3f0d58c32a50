package prefilter

import (
	_ "embed"
	"math"
)

// pairsModel says how rare each two bytes are in the texts that are searched:
// 128 rows of 128 bytes, the row for the second one, in eighths of a bit.
// Bytes from 127 up share a row and a column. It is only there to choose
// windows by: whatever it says, all literals are found. counts.go makes it.
//
//go:embed pairs.bin
var pairsModel string

// odds turns rarity into how many of all places have it.
var odds = func() (p [256]float32) {
	for i := range p {
		p[i] = float32(math.Exp2(-float64(i) / 8))
	}
	return p
}()

// byteOdds says how many of all bytes are that one.
var byteOdds = func() (p [128]float32) {
	for i := range pairsModel {
		p[i%128] += odds[pairsModel[i]]
	}
	return p
}()

func pairOdds(a, b byte) float32 {
	return odds[pairsModel[uint(min(a, 127))+128*uint(min(b, 127))]]
}

// longest is as much of a literal as windows are in.
const longest = 16

// anchor is what there is to know of a literal to choose its windows.
type anchor struct {
	size  int
	chars [longest]byte    // in lower case, if they are folded
	other [longest]byte    // in the other case, or the same
	bytes [longest]float32 // odds of the bytes
	pairs [longest]float32 // odds of each byte and the next one
	nexts [longest]float32 // odds of the next byte behind each one
}

func (a *anchor) of(l *Literal) {
	a.size = min(len(l.Text), longest)
	for i := range a.size {
		c := l.Text[i]
		a.chars[i], a.other[i], a.bytes[i] = c, c, byteOdds[min(c, 127)]
		if l.Fold && isLetter(c) {
			a.chars[i], a.other[i] = c|caseBit, c&^caseBit
			a.bytes[i] = byteOdds[c|caseBit] + byteOdds[c&^caseBit]
		}
	}
	for i := range a.size - 1 {
		x, y := a.chars[i], a.chars[i+1]
		a.pairs[i] = pairOdds(x, y)
		if u, v := a.other[i], a.other[i+1]; l.Fold {
			if u != x {
				a.pairs[i] += pairOdds(u, y)
			}
			if v != y {
				a.pairs[i] += pairOdds(x, v)
			}
			if u != x && v != y {
				a.pairs[i] += pairOdds(u, v)
			}
		}
		a.nexts[i] = a.pairs[i] / a.bytes[i]
	}
}

// chain estimates how rare the bytes from one to another are, if each depends
// on the one before it.
func (a *anchor) chain(from, to int) float32 {
	p := a.pairs[from]
	for i := from + 1; i < to; i++ {
		p *= a.nexts[i]
	}
	return p
}

// pair is the index in Filter.pairs of two bytes of the literal.
func (a *anchor) pair(i int) uint16 { return uint16(a.chars[i]) | uint16(a.chars[i+1])<<8 }
