package inventory

import (
	"bytes"
	"encoding/json"
	"io"
)

// indenter writes values as JSON with indents, and uses its memory again. What
// encoding/json writes needs no scanner to be indented, which costs as much as
// to write it.
type indenter struct {
	flat, out bytes.Buffer
	enc       *json.Encoder
}

// write writes v as json.Indent does, without making < into \u003c.
func (in *indenter) write(w io.Writer, v any, prefix string) error {
	if in.enc == nil {
		in.enc = json.NewEncoder(&in.flat)
		in.enc.SetEscapeHTML(false)
	}
	in.flat.Reset()
	in.out.Reset()
	if err := in.enc.Encode(v); err != nil {
		return err
	}
	spread(&in.out, bytes.TrimSuffix(in.flat.Bytes(), []byte("\n")), "\n"+prefix)
	_, err := in.out.WriteTo(w)
	return err
}

// spread writes compact JSON with a line for each element; start begins each.
func spread(out *bytes.Buffer, flat []byte, start string) {
	depth := 0
	line := func() {
		out.WriteString(start)
		for range depth {
			out.WriteString("  ")
		}
	}
	for i := 0; i < len(flat); i++ {
		switch c := flat[i]; c {
		case '"':
			end := afterString(flat, i)
			out.Write(flat[i:end])
			i = end - 1
		case '{', '[':
			out.WriteByte(c)
			if next := flat[i+1]; next == '}' || next == ']' {
				out.WriteByte(next)
				i++
				continue
			}
			depth++
			line()
		case '}', ']':
			depth--
			line()
			out.WriteByte(c)
		case ',':
			out.WriteByte(c)
			line()
		case ':':
			out.WriteString(": ")
		default:
			out.WriteByte(c)
		}
	}
}

// afterString is where the string ends that begins at i.
func afterString(flat []byte, i int) int {
	for i++; flat[i] != '"'; i++ {
		if flat[i] == '\\' {
			i++
		}
	}
	return i + 1
}
