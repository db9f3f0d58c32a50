package inflate

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func slowZlib(in []byte, size int) ([]byte, bool) {
	r, err := zlib.NewReader(bytes.NewReader(in))
	if err != nil {
		return nil, false
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	return out, err == nil && len(out) == size
}

// used has decompressed something before.
var used = func() *Decoder {
	d := new(Decoder)
	text := benchText(6, 10_000)
	d.Zlib(make([]byte, len(text)+Slack), compress(text, 9), len(text))
	return d
}()

// checkDecoder compares with compress/zlib what becomes of in, and sees to it
// that nothing is written behind slack.
func checkDecoder(t *testing.T, in []byte, size int) {
	t.Helper()
	d := used
	buf := append(make([]byte, size+Slack), bytes.Repeat([]byte{0xa5}, 64)...)
	err := d.Zlib(buf[:size+Slack], in, size)
	want, ok := slowZlib(in, size)
	if (err == nil) != ok {
		t.Fatalf("size %d: err %v, zlib ok %v", size, err, ok)
	}
	if ok && !bytes.Equal(buf[:size], want) {
		t.Fatal("differs")
	}
	if bytes.Count(buf[size+Slack:], []byte{0xa5}) != 64 {
		t.Fatal("wrote behind slack")
	}
}

// checkBlocks is checkDecoder for blocks alone: where compress/flate can read
// them, a header and a checksum are put around them.
func checkBlocks(t *testing.T, blocks []byte) (ok bool) {
	t.Helper()
	const most = 1 << 16
	src := bytes.NewReader(blocks)
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(src), most))
	if len(out) == most {
		return false
	}
	z := append([]byte{0x78, 0x9c}, blocks...)
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		// The blocks themselves must be refused, not the checksum.
		var d Decoder
		buf := make([]byte, most+Slack)
		err := d.Zlib(buf, z, most)
		short := len(blocks) < 4 && errors.Is(err, ErrDamaged) // no room for a checksum: refused at once
		if !short && !strings.Contains(fmt.Sprint(err), "the compressed data is") {
			t.Fatalf("compress/flate says %v, we say %v", corrupt, err)
		}
	}
	if err == nil {
		used := 2 + len(blocks) - src.Len()
		z = slices.Insert(z, used, binary.BigEndian.AppendUint32(nil, adler32.Checksum(out))...)
		checkDecoder(t, z[:used+4], len(out))
		checkDecoder(t, z[:used+3], len(out))
		checkDecoder(t, z, len(out)+1)
		checkDecoder(t, z, max(0, len(out)-1))
	}
	checkDecoder(t, z, len(out))
	return err == nil
}

func compress(data []byte, level int) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, level)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func FuzzDecoder(f *testing.F) {
	f.Add(compress([]byte("hello hello hello"), 9), 17)
	f.Add(compress(bytes.Repeat([]byte("abc"), 1000), 9), 3000)
	f.Add(compress(bytes.Repeat([]byte("a"), 1000), 0), 1000)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		if size < 0 || size > 1<<16 {
			return
		}
		checkDecoder(t, in, size)
	})
}

func FuzzBlocks(f *testing.F) {
	for _, s := range []string{"", "hello hello hello", "0123456789abcdef"} {
		z := compress([]byte(s), 9)
		f.Add(z[2 : len(z)-4])
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		f.Add(randomBlock(rng, 20))
	}
	f.Fuzz(func(t *testing.T, blocks []byte) { checkBlocks(t, blocks) })
}

// mixed makes data of which deflate makes literals, matches and runs.
func mixed(rng *rand.Rand, src []byte, n int) []byte {
	data := make([]byte, 0, n+100)
	for len(data) < n {
		switch rng.IntN(4) {
		case 0:
			data = append(data, byte(rng.IntN(256)))
		case 1:
			data = append(data, bytes.Repeat([]byte{byte(rng.IntN(4))}, rng.IntN(40))...)
		default:
			o := rng.IntN(len(src) - 100)
			data = append(data, src[o:o+rng.IntN(100)]...)
		}
	}
	return data
}

func TestDecoder(t *testing.T) {
	src, _ := os.ReadFile("deflate.go")
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		data := mixed(rng, src, rng.IntN(3000))
		z := compress(data, []int{-2, 0, 1, 6, 9}[i%5])
		checkDecoder(t, z, len(data))
		checkDecoder(t, append(z, "garbage behind it"...), len(data))
		if len(z) > 8 {
			z[rng.IntN(len(z))] ^= byte(1 << rng.IntN(8))
			checkDecoder(t, z, len(data))
			checkDecoder(t, z[:rng.IntN(len(z))], len(data))
		}
	}
}

func TestDecoderTellsEveryCut(t *testing.T) {
	src, _ := os.ReadFile("deflate.go")
	for _, level := range []int{-2, 0, 1, 9} {
		for _, n := range []int{0, 1, 20, 700} {
			z := compress(src[:n], level)
			for cut := range len(z) + 1 {
				checkDecoder(t, z[:cut], n)
			}
			for size := range n + 3 {
				checkDecoder(t, z, size)
			}
		}
	}
}

func TestDecoderTellsThatDataIsMissing(t *testing.T) {
	// The checksum of so many zeros is that of none.
	checkDecoder(t, compress(nil, 9), 65521)
	if adler(make([]byte, 65521+Slack), 65521) != adler(make([]byte, Slack), 0) {
		t.Error("the checksums differ")
	}
}

func TestDecoderKeepsDistances(t *testing.T) {
	// Each distance up to 40, with each length up to that of two matches.
	rng := rand.New(rand.NewPCG(1, 2))
	for dist := 1; dist <= 40; dist++ {
		pattern := make([]byte, dist)
		for i := range pattern {
			pattern[i] = byte(rng.Uint32())
		}
		for length := range 300 {
			data := append(bytes.Repeat(pattern, length/dist+2)[:dist+length], "the end"...)
			checkDecoder(t, compress(data, 9), len(data))
		}
	}
}
