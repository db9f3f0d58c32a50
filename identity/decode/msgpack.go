package decode

import (
	"encoding/binary"
)

// msgpack reads MessagePack (msgpack.org, spec.md): numbers as uint64 or int64,
// texts and bytes as string, arrays, and maps as pairs. It reads no more values
// than there are bytes, and none that is nested deeper than maxPacked.
type msgpack struct {
	data []byte
	bad  bool
}

const maxPacked = 16

// packedMap is a map as it is written: its keys may be of any type.
type packedMap [][2]any

// value reads the next value; nil after an error.
func (r *msgpack) value(depth int) any {
	if r.bad || len(r.data) == 0 || depth > maxPacked {
		r.bad = true
		return nil
	}
	b := r.data[0]
	r.data = r.data[1:]
	switch {
	case b < 0x80:
		return uint64(b)
	case b < 0x90:
		return r.pairs(uint64(b&15), depth)
	case b < 0xa0:
		return r.array(uint64(b&15), depth)
	case b < 0xc0:
		return r.text(uint64(b & 31))
	case b >= 0xe0:
		return int64(int8(b))
	}
	switch b {
	case 0xc0:
		return nil
	case 0xc2, 0xc3:
		return b == 0xc3
	case 0xc4, 0xc5, 0xc6: // bytes
		return r.text(r.number(1 << (b - 0xc4)))
	case 0xcc, 0xcd, 0xce, 0xcf:
		return r.number(1 << (b - 0xcc))
	case 0xd0, 0xd1, 0xd2, 0xd3:
		return r.signed(1 << (b - 0xd0))
	case 0xd9, 0xda, 0xdb: // texts
		return r.text(r.number(1 << (b - 0xd9)))
	case 0xdc, 0xdd:
		return r.array(r.number(2<<(b-0xdc)), depth)
	case 0xde, 0xdf:
		return r.pairs(r.number(2<<(b-0xde)), depth)
	}
	r.bad = true // floats and extensions are in no token that we know
	return nil
}

// number reads a big-endian number of some bytes.
func (r *msgpack) number(size int) uint64 {
	if size > 8 || len(r.data) < size {
		r.bad = true
		return 0
	}
	var full [8]byte
	copy(full[8-size:], r.data[:size])
	r.data = r.data[size:]
	return binary.BigEndian.Uint64(full[:])
}

// signed is number for a type with a sign; what is not negative is a uint64, so
// that callers need to ask for one type only.
func (r *msgpack) signed(size int) any {
	n := int64(r.number(size)<<(64-8*size)) >> (64 - 8*size)
	if n >= 0 {
		return uint64(n)
	}
	return n
}

func (r *msgpack) text(length uint64) string {
	if r.bad || length > uint64(len(r.data)) {
		r.bad = true
		return ""
	}
	s := string(r.data[:length])
	r.data = r.data[length:]
	return s
}

// array returns what it could read of an array.
func (r *msgpack) array(length uint64, depth int) any {
	list := []any{}
	for i := uint64(0); i < length && !r.bad; i++ {
		if v := r.value(depth + 1); !r.bad || v != nil {
			list = append(list, v)
		}
	}
	return list
}

func (r *msgpack) pairs(length uint64, depth int) any {
	list := packedMap{}
	for i := uint64(0); i < length && !r.bad; i++ {
		key := r.value(depth + 1)
		if v := r.value(depth + 1); !r.bad {
			list = append(list, [2]any{key, v})
		}
	}
	return list
}
