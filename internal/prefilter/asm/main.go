// Asm writes sieve_amd64.s and its Go declaration, with avo:
//
//	cd internal/prefilter/asm && go run . -out ../sieve_amd64.s -stubs ../sieve_amd64.go -pkg prefilter
//
// It is a module of its own, so that the program does not depend on avo.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// widths are how many bytes of a window of each kind are looked up.
var widths = []int{6, 4, 3}

// Offsets in prefilter.sifter.
const (
	offKey   = 13 * 128
	offFold  = offKey + 3*8
	offBloom = offFold + 3*8
	offShift = offBloom + 8
)

func main() {
	TEXT("sieve", NOSPLIT, "func(t, data *byte, n int, out *byte, stride int) (six, four, head int)")
	Pragma("noescape")
	Doc("sieve is sieveSlow for at most 256 places, 64 at once. It reads data up to the next",
		"multiple of 64 and 7 bytes more. Behind the places that it writes it writes up to 64",
		"bytes more. It needs AVX-512 with VBMI and VBMI2, BMI2 and POPCNT.")
	t, data, n := Load(Param("t"), GP64()), Load(Param("data"), GP64()), Load(Param("n"), GP64())
	out, stride := Load(Param("out"), GP64()), Load(Param("stride"), GP64())

	// The ends of the three lists.
	ends := []reg.GPVirtual{GP64(), GP64(), GP64()}
	MOVQ(out, ends[0])
	LEAQ(Mem{Base: ends[0], Index: stride, Scale: 1}, ends[1])
	LEAQ(Mem{Base: ends[1], Index: stride, Scale: 1}, ends[2])
	lookUp(t, data, n, ends)
	names := []string{"six", "four", "head"}
	for k, name := range names {
		SUBQ(out, ends[k])
		Store(ends[k], Return(name))
		if k < 2 {
			ADDQ(Load(Param("stride"), GP64()), out)
		}
	}

	list, bloom, shift, factor := Load(Param("out"), GP64()), GP64(), GP64(), GP64()
	MOVQ(Mem{Base: t, Disp: offBloom}, bloom)
	MOVQ(Mem{Base: t, Disp: offShift}, shift)
	MOVQ(U64(0x9e3779b97f4a7c15), factor)
	for k, name := range names {
		count := GP64()
		slot, err := Return(name).Resolve()
		if err != nil {
			panic(err)
		}
		MOVQ(slot.Addr, count)
		sift(name, list, count, data, bloom, shift, factor, Mem{Base: t, Disp: offKey + 8*k}, Mem{Base: t, Disp: offFold + 8*k})
		MOVQ(count, slot.Addr)
		if k < 2 {
			ADDQ(Load(Param("stride"), GP64()), list)
		}
	}
	VZEROUPPER()
	RET()
	Generate()
}

// sift keeps the places in a list whose windows are in the bloom filter. count
// is how many there are.
func sift(label string, list, count, data, bloom, shift, factor reg.Register, key, fold Mem) {
	k, f, from, to := GP64(), GP64(), GP64(), GP64()
	MOVQ(key, k)
	MOVQ(fold, f)
	XORQ(from, from)
	XORQ(to, to)
	JMP(LabelRef(label + "Test"))

	Label(label)
	place, w, bit := GP64(), GP64(), GP64()
	MOVBQZX(Mem{Base: list, Index: from, Scale: 1}, place)
	MOVQ(Mem{Base: data, Index: place, Scale: 1}, w)
	ANDQ(k, w)
	ORQ(f, w)
	IMULQ(factor, w)
	SHRXQ(shift, w, bit)
	MOVQ(bit, w)
	SHRQ(Imm(6), w)
	MOVQ(Mem{Base: bloom, Index: w, Scale: 8}, w)
	MOVB(place.As8(), Mem{Base: list, Index: to, Scale: 1})
	BTQ(bit, w)
	ADCQ(Imm(0), to)
	INCQ(from)
	Label(label + "Test")
	CMPQ(from, count)
	JB(LabelRef(label))
	MOVQ(to, count)
}

// lookUp puts the places that the sets let pass into three lists, and moves
// their ends.
func lookUp(t, data, n reg.Register, ends []reg.GPVirtual) {
	// All tables stay in registers.
	tables := make([][2]reg.VecVirtual, 13)
	for i := range tables {
		for half := range 2 {
			z := ZMM()
			VMOVDQU64(Mem{Base: t, Disp: 128*i + 64*half}, z)
			tables[i][half] = z
		}
	}
	ids, step, sixtyFour := counting(), ZMM(), GP32()
	MOVL(U32(64), sixtyFour)
	VPBROADCASTB(sixtyFour, step)
	from, left := GP64(), GP64()
	MOVQ(data, from)
	MOVQ(n, left)

	Label("block")
	valid := GP64()
	MOVQ(I64(-1), valid)
	CMPQ(left, Imm(64))
	JAE(LabelRef("whole"))
	BZHIQ(left, valid, valid) // less than 64 places are left
	Label("whole")
	table := 0
	for k, width := range widths {
		all := look(tables[table:table+width], from)
		table += width
		found, mask, count := K(), GP64(), GP64()
		VPTESTMB(all, all, found)
		KMOVQ(found, mask)
		ANDQ(valid, mask)
		KMOVQ(mask, found)
		compress(ids, found, all)
		VMOVDQU64(all, Mem{Base: ends[k]})
		POPCNTQ(mask, count)
		ADDQ(count, ends[k])
	}
	VPADDB(step, ids, ids)
	ADDQ(Imm(64), from)
	SUBQ(Imm(64), left)
	JG(LabelRef("block"))
}

// counting returns the bytes from 0 to 63.
func counting() reg.VecVirtual {
	z := ZMM()
	bytes := GLOBL("counting", RODATA|NOPTR)
	for i := range 8 {
		v := uint64(0)
		for k := range 8 {
			v |= uint64(8*i+k) << (8 * k)
		}
		DATA(8*i, U64(v))
	}
	VMOVDQU64(bytes, z)
	return z
}

// look returns, for each of 64 places, the buckets that have all of the bytes
// there.
func look(tables [][2]reg.VecVirtual, data reg.Register) reg.VecVirtual {
	one := func(i int) reg.VecVirtual {
		z := ZMM()
		VMOVDQU64(Mem{Base: data, Disp: i}, z)
		VPERMI2B(tables[i][1], tables[i][0], z) // z: the index, and the result
		return z
	}
	all := one(0)
	for i := 1; i < len(tables); i += 2 {
		x := one(i)
		if i+1 == len(tables) {
			VPANDQ(x, all, all)
			break
		}
		VPTERNLOGQ(Imm(0x80), one(i+1), x, all)
	}
	return all
}

// compress puts the bytes of from that mask has to the start of to. avo does
// not have the instruction.
func compress(from, mask, to reg.Register) {
	Instruction(&ir.Instruction{
		Opcode: "VPCOMPRESSB", Suffixes: []string{"Z"}, ISA: []string{"AVX512VBMI2"},
		Operands: []Op{from, mask, to}, Inputs: []Op{from, mask}, Outputs: []Op{to},
	})
}
