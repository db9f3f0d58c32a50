package image

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/whosekey/whosekey/internal/inflate"
	"github.com/whosekey/whosekey/scanners/archive"
)

// maxWindow is how much memory a zstd layer may ask for. Builders use 8 MiB, and
// 128 MiB at most with the option for it.
const maxWindow = 128 << 20

// unpacked is a blob without its compression.
type unpacked struct {
	*bufio.Reader // of the content
	raw           *counter
	packed        string // "gzip", "zstd" or ""
	close         func()
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// unpack looks how a blob is compressed: media types can lie.
func unpack(r io.Reader) (*unpacked, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	u := &unpacked{close: func() {}}
	var fields *inflate.Gzip
	head, err := in.Peek(6)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := inflate.NewGzip(in)
		if err != nil {
			return nil, err
		}
		fields, u.packed, u.raw, u.close = z, "gzip", &counter{r: z}, func() { z.Close() }
	case bytes.HasPrefix(head, zstdMagic) || len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		u.packed, u.raw, u.close = "zstd", &counter{r: z}, z.Close
	default:
		u.raw = &counter{r: in}
	}
	text := io.Reader(u.raw)
	if fields != nil {
		text = archive.WithFields(text, fields)
	}
	u.Reader = bufio.NewReaderSize(text, 64<<10)
	return u, nil
}

const blockSize = 512

// isTar reports whether a text begins with a header of a tar archive, or is an
// empty one.
func isTar(head []byte) bool {
	if len(head) < blockSize {
		return false
	}
	head = head[:blockSize]
	if bytes.Count(head, []byte{0}) == blockSize {
		return true
	}
	want, err := strconv.ParseInt(strings.Trim(string(head[148:156]), " \x00"), 8, 64)
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range head {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}
