package gitpack

import (
	"encoding/binary"
	"fmt"
)

// chunkFile is a multi-pack-index or commit-graph: a header, a table of
// chunks, the chunks, a checksum. Format: git's
// Documentation/gitformat-chunk.txt.
type chunkFile struct {
	header []byte
	chunks map[string][]byte
}

// parseChunks reads the table of chunks behind a header of which byte 6 says
// how many there are, and bytes 4 and 5 the versions of the format and of the
// hash. The checksum is not looked at: git does not either, and nothing that
// stands in these files is believed.
func parseChunks(data []byte, magic string, header, hash int) (c chunkFile, err error) {
	kind := byte(1)
	if hash == 32 {
		kind = 2
	}
	if len(data) < header+12+hash || string(data[:4]) != magic {
		return c, fmt.Errorf("%w: not a %s file, or cut off", errCorrupt, magic)
	}
	if data[5] != kind {
		return c, fmt.Errorf("%w: a %s file for other hashes", errCorrupt, magic)
	}
	n := int(data[6])
	first := uint64(header + 12*(n+1))
	end := uint64(len(data) - hash)
	if first > end {
		return c, fmt.Errorf("%w: the %s file is cut off", errCorrupt, magic)
	}
	c = chunkFile{data[:header], make(map[string][]byte, n)}
	for i := range n {
		row := data[header+12*i:]
		name, from, to := string(row[:4]), binary.BigEndian.Uint64(row[4:]), binary.BigEndian.Uint64(row[16:])
		if from < first || from > to || to > end || c.chunks[name] != nil {
			return c, fmt.Errorf("%w: the %s file's table of chunks", errCorrupt, magic)
		}
		c.chunks[name] = data[from:to:to]
	}
	return c, nil
}

// names takes the sorted table of IDs out of the file.
func (c *chunkFile) names(hash int) (*index, error) {
	x := &index{hash: hash, fanout: c.chunks["OIDF"], names: c.chunks["OIDL"]}
	if len(x.fanout) != 1024 {
		return nil, fmt.Errorf("%w: no fanout table", errCorrupt)
	}
	n, err := fanoutTotal(x.fanout)
	if err != nil || uint64(len(x.names)) != uint64(n)*uint64(hash) || n > maxObjects {
		return nil, fmt.Errorf("%w: a table of names of the wrong size", errCorrupt)
	}
	x.count = int(n)
	return x, nil
}

// fanoutTotal checks that a fanout table rises, and returns its last entry.
func fanoutTotal(fanout []byte) (last uint32, err error) {
	for i := range 256 {
		n := binary.BigEndian.Uint32(fanout[4*i:])
		if n < last {
			return 0, fmt.Errorf("%w: the index's fanout table falls", errCorrupt)
		}
		last = n
	}
	return last, nil
}
