package archive

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/whosekey/whosekey/internal/inflate"
)

// zipPart is what the directory says of a file: the bytes that it unpacks to, and
// their checksum.
type zipPart struct {
	size              uint64
	crc               uint32
	stored, described bool // described: both may follow it once more
}

// sizes is the length of what follows a file and says again what the directory says of
// it: with a mark or not, of 32 bits or 64. See PKWARE's APPNOTE.TXT, 4.3.9. It is 0
// where something else stands.
func (z *zipFile) sizes(b []byte, s zipSpan) int64 {
	le := binary.LittleEndian
	packed := uint64(s.to - z.dataOf(s))
	narrow := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, s.file.crc), uint32(packed)), uint32(s.file.size))
	wide := le.AppendUint64(le.AppendUint64(le.AppendUint32(nil, s.file.crc), packed), s.file.size)
	rest, marked := bytes.CutPrefix(b, descriptorMark)
	for _, said := range [][]byte{wide, narrow} {
		if bytes.HasPrefix(rest, said) {
			return int64(len(b) - len(rest) + len(said))
		}
	}
	if marked {
		z.lie(z.in.path)
	}
	return 0
}

// dataOf is where the content of a file begins.
func (z *zipFile) dataOf(s zipSpan) int64 {
	var head [30]byte
	z.in.at.ReadAt(head[:], s.from)
	return s.from + 30 + int64(le16(head[26:])) + int64(le16(head[28:]))
}

// maxJoint is how much of a file is searched again with what stands behind it.
const maxJoint = 16 << 10

// goesOn is from where a stored file is searched together with what stands behind it:
// its headers may say that it ends in the middle of a credential.
func (z *zipFile) goesOn(s zipSpan) int64 {
	return max(min(z.dataOf(s), s.to), s.to-maxJoint)
}

// textual reports whether bytes are of a text, of UTF-16 too, and no number.
func textual(b []byte) bool {
	some := false
	for _, c := range b {
		if c != 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
		some = some || c != 0
	}
	return some
}

// storedSum compares the checksum of a file that is not packed.
func (z *zipFile) storedSum(e zipEntry, at string, in *input) error {
	if z.cov == nil { // who looks again was told
		return nil
	}
	sum, buf, r := uint32(0), make([]byte, 64<<10), in.reader()
	for {
		n, err := r.Read(buf)
		sum = crc32.Update(sum, crc32.IEEETable, buf[:n])
		if err != nil {
			break // the search meets it too
		}
		if err := z.onTime(); err != nil {
			return err
		}
	}
	if sum != e.crc {
		z.wrongSum(at)
	}
	return nil
}

// wrongSum notes a file whose checksum is not that of its content.
func (w *walker) wrongSum(at string) {
	if w.bad++; w.bad <= maxBad && w.cov != nil {
		w.cov.Skip(wrongSums.reason, wrongSums.fix, w.name(at))
	}
}

// behindDeflate looks at what stands between the end of what is packed and the end
// that the headers say.
func (z *zipFile) behindDeflate(at string, packed *input, r io.Reader) error {
	d, ok := r.(*inflate.Reader)
	if !ok {
		return nil
	}
	used, ended := d.Used()
	if used >= packed.size {
		return nil
	}
	if ended {
		z.lie(at)
	}
	return z.asItIs(at, packed, used)
}

// asItIs emits the bytes of a file that cannot be unpacked, from one on. The outermost
// file is searched as it is anyway if something is wrong with it.
func (z *zipFile) asItIs(at string, packed *input, from int64) error {
	if z.in.outer && from == 0 {
		return nil
	}
	return z.text(join(at, "(packed)"), io.NewSectionReader(packed.at, from, packed.size-from))
}
