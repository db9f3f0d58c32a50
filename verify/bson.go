package verify

import (
	"encoding/binary"
	"fmt"
)

// bsonField is a field of a document that is sent: the order matters, the first
// is the command.
type bsonField struct {
	name  string
	value any // string, int32, bool, []byte, bsonDoc
}

type bsonDoc []bsonField

// encode writes a document (https://bsonspec.org/spec.html).
func (d bsonDoc) encode() []byte {
	b := make([]byte, 4)
	for _, f := range d {
		head := func(kind byte) { b = append(append(append(b, kind), f.name...), 0) }
		switch v := f.value.(type) {
		case string:
			head(2)
			b = append(append(binary.LittleEndian.AppendUint32(b, uint32(len(v)+1)), v...), 0)
		case bsonDoc:
			head(3)
			b = append(b, v.encode()...)
		case []byte:
			head(5)
			b = append(append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), 0), v...)
		case bool:
			head(8)
			if v {
				b = append(b, 1)
			} else {
				b = append(b, 0)
			}
		case int32:
			head(16)
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		default:
			panic(fmt.Sprintf("verify: %T in a document", v))
		}
	}
	b = append(b, 0)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

const errBSON = problem("the server does not speak MongoDB's protocol")

// maxBSONDepth bounds documents in documents.
const maxBSONDepth = 8

// bsonSizes are those of values that are not looked at: double, undefined,
// object id, date, null, timestamp, int64, decimal, min and max key.
var bsonSizes = map[byte]int{1: 8, 6: 0, 7: 12, 9: 8, 10: 0, 17: 8, 18: 8, 19: 16, 0xFF: 0, 0x7F: 0}

// decodeBSON reads a document: its texts, bytes, booleans, numbers of 32 bits
// and documents; an array is a document with the names "0", "1" and so on.
// Others are left out.
func decodeBSON(b []byte, depth int) (map[string]any, error) {
	if depth > maxBSONDepth || len(b) < 5 || int64(binary.LittleEndian.Uint32(b)) != int64(len(b)) || b[len(b)-1] != 0 {
		return nil, errBSON
	}
	out := map[string]any{}
	for b = b[4 : len(b)-1]; len(b) > 0; {
		kind := b[0]
		name, rest, ok := cutZero(b[1:])
		if !ok {
			return nil, errBSON
		}
		size, ok := bsonSize(kind, rest)
		if !ok || size > len(rest) {
			return nil, errBSON
		}
		value := rest[:size]
		b = rest[size:]
		switch kind {
		case 1: // "ok" is a double
			out[name] = value[7] != 0
		case 2:
			out[name] = string(value[4 : size-1])
		case 3, 4:
			d, err := decodeBSON(value, depth+1)
			if err != nil {
				return nil, err
			}
			out[name] = d
		case 5:
			out[name] = value[5:]
		case 8:
			out[name] = value[0] == 1
		case 16:
			out[name] = int32(binary.LittleEndian.Uint32(value))
		}
	}
	return out, nil
}

// bsonSize is the length of a value with the length that it begins with.
func bsonSize(kind byte, b []byte) (int, bool) {
	if n, ok := bsonSizes[kind]; ok {
		return n, true
	}
	switch kind {
	case 8:
		return 1, true
	case 16:
		return 4, true
	}
	if len(b) < 4 {
		return 0, false
	}
	n := int64(binary.LittleEndian.Uint32(b))
	switch {
	case kind == 2 && n >= 1:
		n += 4
	case kind == 5:
		n += 5
	case kind == 3 || kind == 4:
	default:
		return 0, false
	}
	return int(n), n <= int64(len(b))
}

func cutZero(b []byte) (text string, rest []byte, ok bool) {
	for i, c := range b {
		if c == 0 {
			return string(b[:i]), b[i+1:], true
		}
	}
	return "", nil, false
}
