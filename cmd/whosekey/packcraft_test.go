package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// crafted is a pack that git would not write, with its index.
type crafted struct {
	z       *zlib.Writer
	data    []byte
	ids     [][]byte
	offsets []int
}

// add adds an entry. between is what stands between its header and its data: of
// a delta the name of its base.
func (c *crafted) add(kind byte, id, between, data []byte) {
	c.ids, c.offsets = append(c.ids, id), append(c.offsets, len(c.data))
	n := len(data)
	b := kind<<4 | byte(n&15)
	for n >>= 4; n > 0; n >>= 7 {
		c.data = append(c.data, b|0x80)
		b = byte(n & 0x7f)
	}
	c.data = append(append(c.data, b), between...)
	var out bytes.Buffer
	c.z.Reset(&out)
	c.z.Write(data)
	c.z.Close()
	c.data = append(c.data, out.Bytes()...)
}

// index returns the pack's index, without checksums.
func (c *crafted) index() []byte {
	order := make([]int, len(c.ids))
	var count [256]uint32
	for i := range order {
		order[i] = i
		for b := int(c.ids[i][0]); b < 256; b++ {
			count[b]++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(c.ids[a], c.ids[b]) })
	out := []byte("\xfftOc\x00\x00\x00\x02")
	for _, n := range count {
		out = binary.BigEndian.AppendUint32(out, n)
	}
	for _, i := range order {
		out = append(out, c.ids[i]...)
	}
	out = append(out, make([]byte, 4*len(order))...)
	for _, i := range order {
		out = binary.BigEndian.AppendUint32(out, uint32(c.offsets[i]))
	}
	return append(out, make([]byte, 40)...)
}

func blobName(data []byte) []byte {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(data), data))
	return sum[:]
}

// cmdPack writes a pack and its index: a bomb of 8,000 blobs of 3 MB, or a thin
// pack that has a delta of a file, but not the file.
func cmdPack(ts *testscript.TestScript, neg bool, args []string) {
	c := &crafted{z: zlib.NewWriter(nil), data: []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00")}
	if args[0] == "bomb" {
		const size = 3 << 20
		base := make([]byte, size)
		name := blobName(base)
		c.add(3, name, nil, base)
		delta := binary.AppendUvarint(binary.AppendUvarint(nil, size), size+4)
		for i := range 8000 {
			d := fmt.Appendf(slices.Clip(delta), "\xf0\x00\x00\x30\x04%04d", i) // copies all and adds four digits
			c.add(7, blobName(fmt.Append(nil, "any name ", i)), name, d)
		}
	} else {
		base := []byte(ts.ReadFile(args[1]))
		delta := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(base))), uint64(len(base)+5))
		delta = fmt.Appendf(delta, "\xb0%c%c\x05more\n", byte(len(base)), byte(len(base)>>8))
		c.add(7, blobName(append(slices.Clip(base), "more\n"...)), blobName(base), delta)
	}
	binary.BigEndian.PutUint32(c.data[8:], uint32(len(c.ids)))
	sum := sha1.Sum(c.data)
	write(ts, ".git/objects/pack/pack-crafted.pack", append(c.data, sum[:]...))
	write(ts, ".git/objects/pack/pack-crafted.idx", c.index())
}
