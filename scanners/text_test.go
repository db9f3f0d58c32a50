package scanners_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/whosekey/whosekey/scanners"
)

// The encodings of encode.
var encodings = []string{"utf-16le", "utf-16be", "utf-32le", "utf-32be"}

func encode(s, enc string) []byte {
	var out []byte
	var order binary.AppendByteOrder = binary.LittleEndian
	if strings.HasSuffix(enc, "be") {
		order = binary.BigEndian
	}
	if strings.HasPrefix(enc, "utf-32") {
		for _, r := range s {
			out = order.AppendUint32(out, uint32(r))
		}
		return out
	}
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// decodeSlowly is the reference of what the conversion yields.
func decodeSlowly(b []byte, enc string) string {
	var order binary.ByteOrder = binary.LittleEndian
	if strings.HasSuffix(enc, "be") {
		order = binary.BigEndian
	}
	var rs []rune
	var us []uint16
	width := 2
	if strings.HasPrefix(enc, "utf-32") {
		width = 4
	}
	for ; len(b) >= width; b = b[width:] {
		if width == 2 {
			if text, n := foreignSlowly(b, order); n > 0 {
				for _, c := range text {
					us = append(us, uint16(c))
				}
				b = b[n:]
				if len(b) == 1 && len(text)*2 == n && (b[0] >= ' ' && b[0] < 0x7F || b[0] >= '\t' && b[0] <= '\r' || b[0] == 0x1B) {
					return string(utf16.Decode(append(us, uint16(b[0]))))
				}
				if len(b) < 2 {
					break
				}
				b = append([]byte{0, 0}, b...)
				continue
			}
			us = append(us, order.Uint16(b))
			if u := order.Uint16(b); u>>10 == 0xD800>>10 && len(b) >= 4 && order.Uint16(b[2:])>>10 == 0xDC00>>10 {
				us, b = append(us, order.Uint16(b[2:])), b[2:]
			}
			continue
		}
		r := utf8.RuneError
		if v := order.Uint32(b); v <= utf8.MaxRune {
			r = rune(v)
		}
		rs = append(rs, r)
	}
	out := string(append(utf16.Decode(us), rs...))
	if len(b) > 0 {
		out += "\uFFFD"
	}
	return out
}

// foreignSlowly is the text in ASCII at the beginning of b, and its length: a byte for
// each character, or two of which the second is where the first should be.
func foreignSlowly(b []byte, order binary.ByteOrder) (text string, n int) {
	letter := func(c byte) bool { return c >= ' ' && c < 0x7F || c >= '\t' && c <= '\r' || c == 0x1B }
	zeros := 0
	for i := 0; i+2 <= len(b) && letter(b[i]) && letter(b[i+1]); i += 2 {
		if i < 16 && order.Uint16(b[i:])>>8 == '0' {
			zeros++
		}
		n = i + 2
	}
	if n >= 16 && zeros <= 2 {
		for n = 0; n < len(b) && letter(b[n]); n++ {
		}
		return string(b[:n]), n
	}
	n = 0
	for ; n+2 <= len(b); n += 2 {
		u := order.Uint16(b[n:])
		if u&0xFF != 0 || !letter(byte(u>>8)) {
			break
		}
		text += string(rune(u >> 8))
	}
	if n < 16 {
		return "", 0
	}
	return text, n
}

// TestDecodeMixed tells that nothing hides behind text in UTF-16 that another program
// wrote on from.
func TestDecodeMixed(t *testing.T) {
	const head, tail = "DB_HOST=localhost\r\nLOG=debug\r\n", "TOKEN=abcdefghij0000000000klmnopqrst"
	for _, long := range []int{1, 300} {
		for _, enc := range []string{"utf-16le", "utf-16be"} {
			other := map[string]string{"utf-16le": "utf-16be", "utf-16be": "utf-16le"}[enc]
			for name, more := range map[string]string{
				"ASCII": tail, "ASCII, and a line": tail + "\n", "an odd byte, then as before": "\x00" + string(encode(tail, enc)), "another order": string(encode(tail, other)),
				"ASCII, then as before": "# appended by another one\n" + string(encode("x\n"+tail+"\n", enc)), "ASCII for long": strings.Repeat("export A=1\n", 1000) + tail,
			} {
				for _, mark := range []string{"", "\uFEFF"} {
					data := append(encode(mark+strings.Repeat(head, long), enc), more...)
					got, _ := scanners.DecodeBytes(data)
					if !strings.Contains(string(got), tail) {
						t.Errorf("%s, %d lines, mark %q, %s: %q", enc, long, mark, name, got[max(0, len(got)-80):])
					}
				}
			}
		}
	}
}

var texts = map[string]string{
	"ascii":         "password = correct horse battery staple\r\n",
	"long":          strings.Repeat("0123456789 abcdefghij, lines and more\r\n", 500),
	"one long line": strings.Repeat("x", 100_000),
	"german":        "Schlüssel für den Zugang: geheim\nÜbrigens ist es kürzer als gedacht\n",
	"cyrillic":      strings.Repeat("Это секретный ключ от сервера\n", 200) + "key = 1234\n",
	"chinese":       "这是一个测试文件,请不要提交密钥。\n" + strings.Repeat("一个中文注释,没有别的。\n", 30) + "key = 1234\n",
	"japanese":      "　これは試験です。\n　秘密の鍵\nkey = 1234\n",
	"emoji":         strings.Repeat("🔑 key 🔒 lock\n", 400),
	"tabs":          "a\tb\tc\td\r\n\x1b[31mred\x1b[0m\f",
}

func TestDecode(t *testing.T) {
	marks := map[string]string{"bare": "", "marked": "\uFEFF"}
	for name, text := range texts {
		for _, enc := range encodings {
			for kind, mark := range marks {
				in := encode(mark+text, enc)
				got, decoded := scanners.DecodeBytes(in)
				if !decoded || string(got) != text {
					t.Errorf("%s, %s, %s: DecodeBytes = %.60q, %v, want %.60q", name, enc, kind, got, decoded, text)
				}
				got, err := io.ReadAll(scanners.Decode(iotest.HalfReader(bytes.NewReader(in))))
				if err != nil || string(got) != text {
					t.Errorf("%s, %s, %s: Decode = %.60q, %v, want %.60q", name, enc, kind, got, err, text)
				}
			}
		}
	}
}

func TestDecodeMalformed(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"\xff\xfea\x00\x00\xd8b\x00", "a\uFFFDb"},                                 // high surrogate alone
		{"\xff\xfea\x00\x00\xdcb\x00", "a\uFFFDb"},                                 // low surrogate alone
		{"\xff\xfea\x00\x00\xd8", "a\uFFFD"},                                       // half a pair at the end
		{"\xff\xfea\x00\x00\xd8b", "a\uFFFD\uFFFD"},                                // and an odd byte after it
		{"\xff\xfea\x00b", "a\uFFFD"},                                              // odd byte
		{"\xff\xfe", ""},                                                           // mark only
		{"\xff\xfe\x00\x00", ""},                                                   // the longer mark only
		{"\x00\x00\xfe\xff\x00\x00\x00a\x00", "a\uFFFD"},                           // part of a unit
		{"\xff\xfe\x00\x00a\x00\x00\x00\x00\x00\x11\x00b\x00\x00\x00", "a\uFFFDb"}, // above U+10FFFF
		{"\xff\xfe\x00\x00a\x00\x00\x00\x00\xd8\x00\x00b\x00\x00\x00", "a\uFFFDb"}, // surrogate in UTF-32
		{"\xff\xfe\x00\x00" + wide("one\n") + "token = abc", "one\ntoken = abc"},   // ASCII behind UTF-32
		{"\xff\xfe\x00\x00" + wide("one") + "abcd\xe9ef hij = 1" + wide(" two"), "oneabcd\uFFFDhij = 1 two"},
		{"\xff\xfe\x00\x00" + wide("one") + "\x00\x00\x11\x00" + wide("two"), "one\uFFFDtwo"}, // no character
		{"\xfe\xff\x00k\x00e\x00y\xd8\x3d\xdd\x11\xd8\x3d\x00!", "key\U0001F511\uFFFD!"},      // pair, then half of one
	} {
		if got, decoded := scanners.DecodeBytes([]byte(c.in)); !decoded || string(got) != c.want {
			t.Errorf("DecodeBytes(%q) = %q, %v, want %q", c.in, got, decoded, c.want)
		}
		got, err := io.ReadAll(scanners.Decode(iotest.OneByteReader(strings.NewReader(c.in))))
		if err != nil || string(got) != c.want {
			t.Errorf("Decode(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

// numbers is an array of small numbers of 16 or 32 bits, as binary files hold.
func numbers(width int, max uint32) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for range 2000 {
		v := rnd.Uint32N(max)
		if width == 4 {
			b = binary.LittleEndian.AppendUint32(b, v)
		} else {
			b = binary.LittleEndian.AppendUint16(b, uint16(v))
		}
	}
	return string(b)
}

func TestDecodeLeavesAlone(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	elf, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 10_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	ascii := strings.Repeat("name=value some text without anything else\n", 100)
	for name, in := range map[string]string{
		"empty": "", "one byte": "a", "two": "ab", "nul": "\x00", "two nul": "\x00\x00",
		"ascii": ascii, "utf-8 mark": "\uFEFF" + ascii, "utf-8": texts["chinese"], "latin-1": "caf\xe9 \xfcber alles, caf\xe9\n",
		"executable": string(elf), "zeros": strings.Repeat("\x00", 9000), "noise": string(noise),
		"png":             "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00" + string(noise),
		"gif":             "GIF89a\x20\x00\x20\x00\xf7\x00\x00" + string(noise),
		"jpeg":            "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x48\x00\x48\x00\x00" + string(noise),
		"nul-separated":   strings.ReplaceAll(ascii, "\n", "\x00"),
		"words with nul":  strings.ReplaceAll(ascii, " ", "\x00"),
		"one nul":         ascii + "\x00" + ascii,
		"nul, then ascii": "\x00" + ascii,
		"16 bits, small":  numbers(2, 100), "16 bits": numbers(2, 3000), "16 bits, all": numbers(2, 1<<16),
		"32 bits, small": numbers(4, 100), "32 bits": numbers(4, 3000), "32 bits, more": numbers(4, 1<<21),
		"mark before ascii":  "\xff\xfe" + ascii,
		"mark before ascii2": "\xfe\xff" + ascii,
		"mark before ascii3": "\xff\xfe\x00\x00" + ascii,
		"mark before zeros":  "\xff\xfe" + strings.Repeat("\x00", 9000),
	} {
		got, decoded := scanners.DecodeBytes([]byte(in))
		if decoded || string(got) != in {
			t.Errorf("%s: DecodeBytes converts it to %.60q", name, got)
		}
		got, err := io.ReadAll(scanners.Decode(strings.NewReader(in)))
		if err != nil || string(got) != in {
			t.Errorf("%s: Decode = %.60q, %v", name, got, err)
		}
	}
}

func TestDecodeReadError(t *testing.T) {
	boom := errors.New("boom")
	for name, in := range map[string]string{"plain": "key", "long": texts["long"], "marked": "\xff\xfek\x00e\x00y\x00"} {
		want, _ := scanners.DecodeBytes([]byte(in))
		r := io.MultiReader(strings.NewReader(in), iotest.ErrReader(boom))
		got, err := io.ReadAll(scanners.Decode(r))
		if !errors.Is(err, boom) || !bytes.Equal(got, want) {
			t.Errorf("%s: Decode = %.40q, %v, want %.40q, %v", name, got, err, want, boom)
		}
	}
}

// FuzzDecode compares the stream with the blob for any cut, and both with the
// reference.
func FuzzDecode(f *testing.F) {
	for _, text := range texts {
		for i, enc := range encodings {
			f.Add(encode(text[:min(len(text), 600)], enc), uint8(i), uint64(i))
		}
	}
	f.Add([]byte("\xff\xfea\x00\x00\xd8b"), uint8(0), uint64(1))
	f.Fuzz(func(t *testing.T, data []byte, enc uint8, seed uint64) {
		whole, decoded := scanners.DecodeBytes(data)
		got, err := io.ReadAll(scanners.Decode(cut(data, seed)))
		if err != nil || !bytes.Equal(got, whole) {
			t.Fatalf("in a stream: %q, %v, in memory: %q", got, err, whole)
		}
		if !decoded && !bytes.Equal(whole, data) {
			t.Fatalf("nothing to convert, but %q became %q", data, whole)
		}
		if decoded && !slowly(data, string(whole)) {
			t.Fatalf("%q became %q, which is none of the encodings", data, whole)
		}
		// A valid text comes back, if it is taken for one.
		name := encodings[int(enc)%len(encodings)]
		text := strings.ToValidUTF8(string(data), "?")
		in := encode("\uFEFF"+text, name)
		if got, decoded := scanners.DecodeBytes(in); decoded && string(got) != text && !slowly(in, string(got)) {
			t.Fatalf("%q in %s became %q", text, name, got)
		} else if ordinary(text) && (!decoded || string(got) != text) {
			t.Fatalf("%q in %s with a mark became %q, %v", text, name, got, decoded)
		}
	})
}

func slowly(data []byte, want string) bool {
	for _, enc := range encodings {
		if got := decodeSlowly(data, enc); got == want || got == "\uFEFF"+want {
			return true
		}
	}
	return false
}

// ordinary texts have no characters by which a mark is not believed.
func ordinary(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\n' || r > 0xFF || r >= 0x7F && r < 0xA0 }) < 0
}

// cut returns a reader of data that returns pieces of random lengths.
func cut(data []byte, seed uint64) io.Reader {
	rnd := rand.New(rand.NewPCG(seed, 0))
	var rs []io.Reader
	for len(data) > 0 {
		n := min(len(data), 1+rnd.IntN(1+rnd.IntN(5000)))
		rs, data = append(rs, bytes.NewReader(data[:n])), data[n:]
	}
	return io.MultiReader(rs...)
}

func TestDecodeBytesDoesNotAllocate(t *testing.T) {
	for name, in := range map[string]string{"text": texts["long"], "utf-8": texts["chinese"], "binary": numbers(4, 3000)} {
		data := []byte(in)
		if n := testing.AllocsPerRun(100, func() { scanners.DecodeBytes(data) }); n != 0 {
			t.Errorf("%s: DecodeBytes allocates %v times", name, n)
		}
	}
}

func BenchmarkDecodeBytes(b *testing.B) {
	for name, in := range map[string]string{
		"ascii": texts["long"], "utf-8": texts["chinese"], "binary": "\x7fELF\x02\x01\x01" + numbers(4, 3000),
		"utf-16": string(encode(texts["long"], "utf-16le")),
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte(in)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				scanners.DecodeBytes(data)
			}
		})
	}
}

// wide is ASCII in UTF-32.
func wide(s string) string {
	var out []byte
	for i := range len(s) {
		out = append(out, s[i], 0, 0, 0)
	}
	return string(out)
}
