package archive

import (
	"encoding/binary"
	"hash/crc32"
)

// rarOf makes a RAR 5 archive without compression, after the format's description
// at rarlab.com/technote.htm. locked says that its contents are encrypted, which
// they are not: nobody has the key anyway.
func rarOf(locked bool, entries ...entry) []byte {
	vint := func(out []byte, n int) []byte { return binary.AppendUvarint(out, uint64(n)) }
	var out []byte
	block := func(kind, flags, size int, extra []byte, fields ...byte) {
		var h []byte
		if h = vint(vint(h, kind), flags); flags&1 != 0 {
			h = vint(h, len(extra))
		}
		if flags&2 != 0 {
			h = vint(h, size)
		}
		h = append(append(h, fields...), extra...)
		h = append(vint(nil, len(h)), h...)
		out = append(binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(h)), h...)
	}
	out = append(out, "Rar!\x1a\x07\x01\x00"...)
	block(1, 0, 0, nil, 0)
	for _, e := range entries {
		flags, extra := 2, []byte(nil)
		if locked {
			record := append([]byte{1, 0, 0, 4}, make([]byte, 32)...) // encryption, version, flags, rounds, salt and start
			flags, extra = 3, append(vint(nil, len(record)), record...)
		}
		fields := vint(vint(vint(nil, 4), len(e.data)), 0o644)
		fields = binary.LittleEndian.AppendUint32(fields, crc32.ChecksumIEEE(e.data))
		fields = append(vint(vint(vint(fields, 0), 1), len(e.name)), e.name...)
		block(2, flags, len(e.data), extra, fields...)
		out = append(out, e.data...)
	}
	block(5, 0, 0, nil, 0)
	return out
}
