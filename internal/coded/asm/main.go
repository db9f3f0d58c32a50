// Asm writes stop_amd64.s and its Go declaration, with avo:
//
//	cd internal/coded/asm && go run . -out ../stop_amd64.s -stubs ../stop_amd64.go -pkg coded
//
// It is a module of its own, so that the program does not depend on avo.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A byte is of a class if its two halves agree on a bit: those of base64 are the first five,
// the marks of escapes the next two.
const (
	ofBase64 = 0x1f
	ofMark   = 0x60
)

// classes returns what the high and the low half of a byte say.
func classes() (high, low [16]byte) {
	for bit, class := range []struct{ highs, chars string }{
		{"\x02", "+-/"},
		{"\x03", "0123456789"},
		{"\x04\x06", "ABCDEFGHIJKLMNO"},
		{"\x05", "PQRSTUVWXYZ_"},
		{"\x07", "pqrstuvwxyz"},
		{"\x02", "%&"},
		{"\x05", `\`},
	} {
		for _, h := range []byte(class.highs) {
			high[h] |= 1 << bit
		}
		for _, c := range []byte(class.chars) {
			low[c&15] |= 1 << bit
		}
	}
	return high, low
}

func table(name string, v [16]byte) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i, x := range v {
		DATA(i, U8(x))
	}
	return m
}

func main() {
	TEXT("stop", NOSPLIT, "func(data *byte, n int) (at int, others uint32, marks uint64)")
	Pragma("noescape")
	Doc("stop is stopSlow. It needs AVX2.")
	high, low := classes()
	highs, lows := YMM(), YMM()
	VBROADCASTI128(table("highs", high), highs)
	VBROADCASTI128(table("lows", low), lows)
	half, code, zero := everywhere(0x0f), everywhere(ofBase64), YMM()
	VPXOR(zero, zero, zero)
	marks := GP64()
	MOVQ(U64(ofMark*0x0101010101010101), marks)
	data, left, at := Load(Param("data"), GP64()), Load(Param("n"), GP64()), GP64()
	XORQ(at, at)
	found, others := GP64(), GP32()

	Label("block")
	SUBQ(Imm(32), left)
	JL(LabelRef("none"))
	text, class, other := YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: data, Index: at, Scale: 1}, text)
	VPSHUFB(text, lows, class) // 0 for what is not ASCII
	VPSRLW(Imm(4), text, text)
	VPAND(half, text, text)
	VPSHUFB(text, highs, text)
	VPAND(text, class, class)
	VMOVQ(class.AsX(), found)
	VPAND(code, class, other)
	VPCMPEQB(zero, other, other)
	VPMOVMSKB(other, others)
	ANDQ(marks, found)
	JNZ(LabelRef("stop"))
	TESTW(others.As16(), others.As16())
	JZ(LabelRef("stop"))
	CMPL(others, U32(0xffff))
	JBE(LabelRef("stop"))
	ADDQ(Imm(32), at)
	JMP(LabelRef("block"))

	Label("none")
	XORQ(found, found)
	MOVL(U32(1<<32-1), others)
	Label("stop")
	VZEROUPPER()
	Store(at, Return("at"))
	Store(others, Return("others"))
	Store(found, Return("marks"))
	RET()
	Generate()
}

// everywhere is a byte 32 times.
func everywhere(b uint32) reg.VecVirtual {
	x, v := GP32(), YMM()
	MOVL(U32(b), x)
	VMOVD(x, v.AsX())
	VPBROADCASTB(v.AsX(), v)
	return v
}
