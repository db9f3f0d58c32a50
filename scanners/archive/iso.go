package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// Images of ISO 9660 (ECMA-119): files stand in them as they are, each in one piece, so that
// their bytes are searched as those of any file; what is opened here is what is packed in
// them. The layout of descriptors and records is that of
// https://www.gnu.org/software/libcdio/doxygen/structiso9660__pvd__s.html and
// https://www.gnu.org/software/libcdio/doxygen/structiso9660__dir__s.html.

const (
	isoSector  = 2048
	isoMarkAt  = 16*isoSector + 1 // of the first descriptor
	isoRoot    = 156              // of the root's record in a descriptor
	isoRecord  = 33               // bytes of a record before its name
	maxISODirs = 8 << 20          // bytes of a folder
	maxISOTodo = 1 << 16          // folders that are known and not read yet
	maxISOMore = 64               // descriptors
)

var isoMark = []byte("CD001")

// isISO reports whether a file is an image.
func isISO(at io.ReaderAt, size int64) bool {
	if size < isoMarkAt+isoSector {
		return false
	}
	var mark [5]byte
	n, _ := at.ReadAt(mark[:], isoMarkAt)
	return bytes.Equal(mark[:n], isoMark)
}

// isoImage reads an image.
type isoImage struct {
	*walker
	in    *input
	depth int
	block int64
	wide  bool // names are in UTF-16 (Joliet)
	seen  map[[2]int64]bool
	room  int64 // bytes that may still be read: nothing in an image shares any
	lost  bool  // something is not where its record says
}

// iso looks into what is packed in an image: by the names of Joliet, if it has them, and
// then what only the other folders have.
func (w *walker) iso(in *input, depth int) error {
	if depth > w.lim.Depth {
		w.skip(w.lim.tooDeep(), in.path)
		return nil
	}
	var roots [2][]byte // of Joliet, of the primary descriptor
	d := make([]byte, isoSector)
	for i := range int64(maxISOMore) {
		if n, _ := in.at.ReadAt(d, isoMarkAt-1+i*isoSector); n < len(d) || !bytes.Equal(d[1:6], isoMark) || d[0] == 255 {
			break
		}
		if d[0] == 1 {
			roots[1] = bytes.Clone(d)
		} else if esc := d[88:91]; d[0] == 2 && esc[0] == '%' && esc[1] == '/' { // and a level: @, C or E
			roots[0] = bytes.Clone(d)
		}
	}
	iso := &isoImage{walker: w, in: in, depth: depth, seen: map[[2]int64]bool{}, room: in.size}
	for i, root := range roots {
		if root == nil {
			continue
		}
		iso.block, iso.wide = int64(le16(root[128:])), i == 0
		if iso.block < 512 || iso.block > isoSector {
			return fmt.Errorf("image: %w", errDamaged)
		}
		if err := iso.folders(root[isoRoot : isoRoot+isoRecord+1]); err != nil {
			return err
		}
	}
	if iso.lost || roots[1] == nil {
		return fmt.Errorf("image: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

// extent is where the data of a record stands, and how long it is.
func (z *isoImage) extent(r []byte) (from, size int64) {
	return (int64(le32(r[2:])) + int64(r[1])) * z.block, int64(le32(r[10:]))
}

// take reports whether there is room for bytes that nothing else has.
func (z *isoImage) take(size int64) bool {
	z.room -= size
	return z.room >= 0
}

// folders visits the files of all folders, from the root's record on.
func (z *isoImage) folders(root []byte) error {
	type folder struct {
		above, name string
		from, size  int64
	}
	from, size := z.extent(root)
	for todo := []folder{{"", "", from, size}}; len(todo) > 0; {
		now := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if z.seen[[2]int64{now.from, now.size}] {
			continue
		}
		z.seen[[2]int64{now.from, now.size}] = true
		path := now.above + now.name
		if now.from+now.size > z.in.size || now.size > maxISODirs || len(path) > maxName || !z.take(now.size) {
			z.lost = true
			continue
		}
		data := make([]byte, now.size)
		n, _ := z.in.at.ReadAt(data, now.from)
		err := z.records(data[:n], func(r []byte, name string) error {
			switch from, size := z.extent(r); {
			case r[25]&2 == 0:
				return z.file(r, path+name)
			case len(todo) >= maxISOTodo:
				z.lost = true
			default:
				todo = append(todo, folder{path, name + "/", from, size})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// records calls back for each record of a folder but those of itself and of its parent.
func (z *isoImage) records(b []byte, visit func(r []byte, name string) error) error {
	for at := 0; at < len(b); {
		n := int(b[at])
		if n == 0 { // the rest of a sector is empty
			at += isoSector - at%isoSector
			continue
		}
		if n < isoRecord+1 || at+n > len(b) || isoRecord+int(b[at+32]) > n {
			z.lost = true
			return nil
		}
		r := b[at : at+n]
		at += n
		name := r[isoRecord : isoRecord+int(r[32])]
		if len(name) == 1 && name[0] <= 1 {
			continue
		}
		if err := z.entry(); err != nil {
			return err
		}
		if err := visit(r, z.name(name)); err != nil {
			return err
		}
	}
	return nil
}

// name is that of a file, without its version.
func (z *isoImage) name(b []byte) string {
	name := string(b)
	if z.wide {
		u := make([]uint16, len(b)/2)
		for i := range u {
			u[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		name = string(utf16.Decode(u))
	}
	name, _, _ = strings.Cut(name, ";")
	return strings.TrimSuffix(name, ".")
}

// file looks into a file that is packed, or a document. Others are searched with the bytes
// of the image.
func (z *isoImage) file(r []byte, name string) error {
	from, size := z.extent(r)
	if size == 0 || z.seen[[2]int64{from, size}] {
		return nil
	}
	z.seen[[2]int64{from, size}] = true
	if r[26] != 0 || from >= z.in.size { // its pieces stand between those of others
		z.lost = true
		return nil
	}
	z.lost = z.lost || from+size > z.in.size
	inner := section(join(z.in.path, clean(name)), z.in.at, from, min(size, z.in.size-from))
	k, err := z.kindOf(inner, name)
	switch {
	case err != nil || k == None:
		return err
	case !z.take(inner.size):
		z.lost = true
		return nil
	case k.Opaque():
		return z.visit(inner, z.depth)
	}
	err = z.derive(k, inner, z.depth+1)
	if err == nil || isStop(err) || z.over != nil {
		return err
	}
	z.badDocument(inner.path, err)
	return nil
}
