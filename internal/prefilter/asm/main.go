// Asm writes sieve_amd64.s and its Go declaration, with avo:
//
//	cd internal/prefilter/asm && go run . -out ../sieve_amd64.s -stubs ../sieve_amd64.go -pkg prefilter
//
// It is a module of its own, so that the program does not depend on avo.
package main

import (
	"strconv"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	places  = 2048            // most that sieve takes
	listLen = 2*places + 2*64 // bytes; 64 places are written at once
	inRegs  = 18              // halves of tables that stay in registers
	factor  = 0x9e3779b9      // of the hash
)

// Offsets in prefilter.sifter.
const (
	offHashed = 7 * 128
	offMatrix = offHashed + 8*128
	offBloom  = offMatrix + 6*8
	offIndex  = offBloom + 8
	offSlots  = offIndex + 8
	offWord   = offSlots + 8
	offSlot   = offWord + 8
)

func main() {
	TEXT("sieve", 0, "func(t, data *byte, n int, out *uint16) (found int)")
	Pragma("noescape")
	Doc("sieve is sieveSlow. It reads data from the eighth byte before the first place on, up to the",
		"next multiple of 64 places and 8 bytes more. It needs AVX-512 with VBMI, VBMI2 and GFNI,",
		"BMI2 and POPCNT.")
	frame := AllocLocal(2 * listLen)
	lists := [2]Mem{frame, frame.Offset(listLen)}
	t, data, left := Load(Param("t"), GP64()), Load(Param("data"), GP64()), Load(Param("n"), GP64())
	from, ends := GP64(), [2]reg.GPVirtual{GP64(), GP64()}
	for k := range ends {
		LEAQ(lists[k], ends[k])
	}
	MOVQ(data, from)
	b := newBlocks(t)
	Label("block")
	b.look(from, left, ends)
	ADDQ(Imm(64), from)
	SUBQ(Imm(64), left)
	JG(LabelRef("block"))
	VZEROUPPER()

	to := GP64()
	XORL(to.As32(), to.As32())
	for k := range ends {
		LEAQ(lists[k], from)
		sift(k, t, data, from, ends[k], lists[0], to)
	}
	LEAQ(lists[0], from)
	LEAQ(lists[0].Idx(to, 2), ends[0])
	XORL(to.As32(), to.As32())
	compare(t, data, from, ends[0], Load(Param("out"), GP64()), to)
	Store(to, ReturnIndex(0))
	RET()
	Generate()
}

// blocks looks up 64 places at once.
type blocks struct {
	t     reg.Register
	halfs map[int]reg.VecVirtual // of tables in registers, by offset
	ids   reg.VecVirtual         // 0 to 63
	base  reg.VecVirtual         // number of the first place, 32 times
	step  reg.VecVirtual         // 64, 32 times
}

func newBlocks(t reg.Register) *blocks {
	b := &blocks{t: t, halfs: map[int]reg.VecVirtual{}, ids: ZMM(), base: ZMM(), step: ZMM()}
	for i := range inRegs {
		z := ZMM()
		VMOVDQU64(Mem{Base: t, Disp: 64 * i}, z)
		b.halfs[64*i] = z
	}
	bytes := GLOBL("counting", RODATA|NOPTR)
	for i := range 8 {
		v := uint64(0)
		for k := range 8 {
			v |= uint64(8*i+k) << (8 * k)
		}
		DATA(8*i, U64(v))
	}
	VMOVDQU64(bytes, b.ids)
	VPXORQ(b.base, b.base, b.base)
	x := GP32()
	MOVL(U32(64), x)
	VPBROADCASTW(x, b.step)
	return b
}

// look puts the places from data on that the sets and the hashes let pass into
// the two lists, and moves their ends.
func (b *blocks) look(data, left reg.Register, ends [2]reg.GPVirtual) {
	bits, valid := GP64(), K()
	MOVQ(I64(-1), bits)
	CMPQ(left, Imm(64))
	JAE(LabelRef("whole"))
	BZHIQ(left, bits, bits) // less than 64 places are left
	Label("whole")
	KMOVQ(bits, valid)

	var hash [2]reg.VecVirtual
	var four, head all
	for k := range 4 {
		d := ZMM()
		VMOVDQU64(Mem{Base: data, Disp: k}, d)
		if k < 3 {
			for h := range hash {
				x := ZMM()
				b.affine(3*h+k, d, x)
				if k > 0 {
					VPXORQ(hash[h], x, x)
				}
				hash[h] = x
			}
			head.and(b.lookUp(128*(4+k), d))
		}
		four.and(b.lookUp(128*k, d))
	}
	for i, x := range mixes(hash[0], hash[1]) {
		four.and(b.lookUp(offHashed+128*i, x))
		head.and(b.lookUp(offHashed+128*(4+i), x))
	}
	b.list(0, four.of(), valid, ends[0])
	b.list(1, head.of(), valid, ends[1])
	VPADDW(b.step, b.base, b.base)
}

// mixes returns what is looked up of two hashes.
func mixes(u, v reg.VecVirtual) [4]reg.VecVirtual {
	x, y := ZMM(), ZMM()
	VPXORQ(u, v, x)
	VPSRLW(Imm(1), u, y) // moves other bytes' bits into the eighth ones, which are not looked up
	VPXORQ(v, y, y)
	return [...]reg.VecVirtual{u, v, x, y}
}

// affine multiplies the bytes of x by a matrix of bits. avo does not have the
// instruction.
func (b *blocks) affine(matrix int, x, to reg.Register) {
	m := Mem{Base: b.t, Disp: offMatrix + 8*matrix}
	Instruction(&ir.Instruction{
		Opcode: "VGF2P8AFFINEQB", Suffixes: []string{"BCST"}, ISA: []string{"AVX512F", "GFNI"},
		Operands: []Op{Imm(0), m, x, to}, Inputs: []Op{m, x}, Outputs: []Op{to},
	})
}

// lookUp looks up the low seven bits of the bytes of x in the table at off.
func (b *blocks) lookUp(off int, x reg.Register) reg.VecVirtual {
	z := ZMM()
	VMOVDQA64(x, z)
	VPERMI2B(b.half(off+64), b.low(off), z)
	return z
}

// half is a half of a table, in a register or in memory.
func (b *blocks) half(off int) Op {
	if z, ok := b.halfs[off]; ok {
		return z
	}
	return Mem{Base: b.t, Disp: off}
}

// low is half in a register.
func (b *blocks) low(off int) reg.VecVirtual {
	z, ok := b.halfs[off]
	if !ok {
		z = ZMM()
		VMOVDQU64(Mem{Base: b.t, Disp: off}, z)
	}
	return z
}

// all is the conjunction of vectors, of which up to one still waits.
type all struct{ sum, next reg.VecVirtual }

func (a *all) and(z reg.VecVirtual) {
	switch {
	case a.sum == nil:
		a.sum = z
	case a.next == nil:
		a.next = z
	default:
		VPTERNLOGQ(Imm(0x80), z, a.next, a.sum)
		a.next = nil
	}
}

func (a *all) of() reg.VecVirtual {
	if a.next != nil {
		VPANDQ(a.next, a.sum, a.sum)
	}
	return a.sum
}

// list appends to the list of a kind the numbers of the places of which in has
// any bits.
func (b *blocks) list(kind int, in, valid, end reg.Register) {
	found, count := K(), GP64()
	VPTESTMB(in, in, valid, found)
	KMOVQ(found, count)
	POPCNTQ(count, count)
	z, words := ZMM(), ZMM()
	compress(b.ids, found, z)
	write := func(at int) {
		VPMOVZXBW(z.AsY(), words)
		VPADDW(b.base, words, words)
		VMOVDQU64(words, Mem{Base: end, Disp: at})
	}
	write(0)
	few := "few" + strconv.Itoa(kind)
	CMPQ(count, Imm(32))
	JBE(LabelRef(few))
	VEXTRACTI64X4(Imm(1), z, z.AsY())
	write(64)
	Label(few)
	LEAQ(Mem{Base: end, Index: count, Scale: 2}, end)
}

// compress puts the bytes of from that mask has to the start of to. avo does
// not have the instruction.
func compress(from, mask, to reg.Register) {
	Instruction(&ir.Instruction{
		Opcode: "VPCOMPRESSB", Suffixes: []string{"Z"}, ISA: []string{"AVX512VBMI2"},
		Operands: []Op{from, mask, to}, Inputs: []Op{from, mask}, Outputs: []Op{to},
	})
}

// sift puts the places of the list from from to end whose windows are in the
// bloom filter into another list, which may be in the same place, and adds how
// many they are to to. It takes no branch that depends on them: most would not be
// foreseen.
func sift(kind int, t, data, from, end reg.Register, list Mem, to reg.Register) {
	label := "sift" + strconv.Itoa(kind)
	bloom, shift := GP64(), GP64()
	MOVQ(Mem{Base: t, Disp: offBloom}, bloom)
	MOVQ(Mem{Base: t, Disp: offWord}, shift)
	SUBQ(end, from) // counts up to zero
	JAE(LabelRef(label + "End"))
	Label(label)
	place, window, bits := GP32(), GP32(), GP64()
	MOVWLZX(Mem{Base: end, Index: from, Scale: 1}, place)
	MOVL(Mem{Base: data, Index: place, Scale: 1}, window)
	ORL(U32(0x20202020), window)
	IMUL3L(I32(int32(uint32(uint64(factor)<<(8*kind)))), window, bits.As32())
	SHRXL(shift.As32(), bits.As32(), bits.As32())
	MOVL(Mem{Base: bloom, Index: bits, Scale: 4}, bits.As32())
	if kind == 1 {
		ORL(U32(1<<15), place)
	}
	MOVW(place.As16(), list.Idx(to, 2))
	BTL(window, bits.As32()) // by its low five bits
	ADCQ(Imm(0), to)
	ADDQ(Imm(2), from)
	JNE(LabelRef(label))
	Label(label + "End")
}

// compare puts the places of the list from from to end into out, and adds how
// many they are to to, of which the slot of the window's hash has the bytes
// around them.
func compare(t, data, from, end, out, to reg.Register) {
	index, slots, shift := GP64(), GP64(), GP64()
	MOVQ(Mem{Base: t, Disp: offIndex}, index)
	MOVQ(Mem{Base: t, Disp: offSlots}, slots)
	MOVQ(Mem{Base: t, Disp: offSlot}, shift)
	SUBQ(end, from)
	JAE(LabelRef("compareEnd"))
	Label("compare")
	place, kind, slot, x := GP64(), GP64(), GP64(), GP64()
	MOVWLZX(Mem{Base: end, Index: from, Scale: 1}, place.As32())
	MOVW(place.As16(), Mem{Base: out, Index: to, Scale: 2})
	MOVL(place.As32(), kind.As32())
	SHRL(Imm(12), kind.As32()) // 0 or 8
	ANDL(U32(1<<15-1), place.As32())
	MOVL(Mem{Base: data, Index: place, Scale: 1}, slot.As32())
	ORL(U32(0x20202020), slot.As32())
	SHLXL(kind.As32(), slot.As32(), slot.As32())
	IMUL3L(I32(factor-1<<32), slot.As32(), slot.As32())
	SHRXL(shift.As32(), slot.As32(), slot.As32())
	MOVL(Mem{Base: index, Index: slot, Scale: 4}, slot.As32())
	SHLQ(Imm(6), slot)
	ADDQ(slots, slot)
	MOVQ(Mem{Base: data, Index: place, Scale: 1, Disp: -8}, x)
	XORQ(Mem{Base: slot}, x)
	ANDQ(Mem{Base: slot, Disp: 16}, x)
	MOVQ(Mem{Base: data, Index: place, Scale: 1}, place)
	XORQ(Mem{Base: slot, Disp: 8}, place)
	ANDQ(Mem{Base: slot, Disp: 24}, place)
	ORQ(place, x)
	CMPQ(x, Mem{Base: slot, Disp: 32}) // 1, or 0 for an empty slot
	ADCQ(Imm(0), to)
	ADDQ(Imm(2), from)
	JNE(LabelRef("compare"))
	Label("compareEnd")
}
