package cilog

import (
	"bytes"
	"context"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// FuzzJoins has matches of all forms found at places that the input chooses, in the log and
// in all that is made of it: what is taken leads back to the log, and what is joined is made
// of bytes that stand there, and is not much more than they are.
func FuzzJoins(f *testing.F) {
	for _, d := range dialects {
		f.Add([]byte(d), uint16(7))
	}
	half := len(token) / 2
	f.Add([]byte("#12 0.345 "+token[:half]+"\n#12 0.346 "+token[half:]+"\nweb-1  | 2024-05-01T12:00:00Z "+token[:half]+"\nweb-1  | 2024-05-01T12:00:00Z "+token[half:]+"\n"), uint16(2))
	f.Add([]byte("tok: "+token[:half]+"\n"+token[half:]+" and more\n"), uint16(1))
	f.Add([]byte("  "+token[:half]+"\n  "+token[half:]+"\n  "+token+"\n"), uint16(3))
	f.Fuzz(func(t *testing.T, log []byte, seed uint16) {
		if len(log) > 1<<14 {
			return
		}
		s := &Source{opts: Options{Workers: 1, Stdin: bytes.NewReader(log)}}
		defer s.Close()
		n, made := uint32(seed)*2654435761+1, 0
		_, err := s.Scan(context.Background(), 64, func(c *leak.Chunk) error {
			if made += len(c.Data); c.Takes == nil || len(c.Data) == 0 {
				return nil
			}
			for range min(40, len(c.Data)) {
				n = n*1664525 + 1013904223
				at := int(n>>8) % len(c.Data)
				end := min(len(c.Data), at+1+int(n>>4)%60)
				if next := bytes.IndexByte(c.Data[at:], '\n'); n&3 == 0 && next > 0 { // lines end there
					end = at + next
				}
				span := leak.Span{Start: c.Offset + int64(at), End: c.Offset + int64(end)}
				if !c.Takes(span, leak.Form(n>>2%3)) {
					continue
				}
				if in, _ := c.Place(span); in.Start < 0 || in.End < in.Start || in.End > int64(len(log)) {
					t.Fatalf("%q is at %v of %d", c.Data[at:end], in, len(log))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if most := 4<<20 + 400*len(log); made > most {
			t.Fatalf("%d bytes are made of %d", made, len(log))
		}
	})
}
