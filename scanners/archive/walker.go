package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners"
)

// walker is the state of one Walk.
type walker struct {
	ctx   context.Context
	lim   Limits
	cov   *scanners.Coverage
	emit  func(*Text) error
	file  File
	began time.Time

	next     uint32 // number of the next text
	bare     uint32 // texts that are only names
	entries  int64
	unpacked int64
	packed   int64 // bytes of a stream that were read
	held     int64 // bytes in memory
	holes    int64 // of sparse files that may still be read
	reads    int
	over     error // the limit that was reached, which ends the walk
	failed   bool  // something was not searched
	last     noted // the damage that was noted last, of this entry
	bad      int   // damage that was noted
	large    int   // how often it has asked for much memory
	window   bool  // it has the large window
	apart    bool  // the bytes of the outermost document were emitted
	bufs     buffers
	flates   flates
}

// stop is an error of the caller's, which ends the walk.
type stop struct{ err error }

func (s *stop) Error() string { return s.err.Error() }
func (s *stop) Unwrap() error { return s.err }

func isStop(err error) bool { return errors.As(err, new(*stop)) }

// remark is a reason for something not to be searched, and what to do about it.
type remark struct{ reason, fix string }

const trust = ", if you trust it"

// What is left out because it is meant to be.
var (
	notOpened   = remark{"archive that was not opened", "set --archive-depth"}
	badDocument = remark{"damaged document, of which only the bytes were searched as they are", "get it again"}
	encrypted   = remark{"encrypted file in an archive", "unpack it with its password, and search that"}
	gitObjects  = remark{"git objects", "search their repository with `whosekey git`"}
)

// What should have been searched.
var (
	damaged     = remark{"damaged archive or document, searched as far as it can be read", "get it again, or exclude it"}
	unknownPack = remark{"file that is packed in a way that whosekey cannot unpack", "unpack it, and search that"}
	twoHeaders  = remark{"file in a zip file whose two headers differ, searched as both say", "do not trust it"}
	zipLies     = remark{"zip file that says something else of its files than what is in it, searched as it is", "do not trust it"}
	wrongSums   = remark{"file in an archive whose checksum is not that of its content, searched as it is", "get it again, or do not trust it"}
	manyHoles   = remark{fmt.Sprintf("sparse file with more than %d GiB of holes, searched up to there", MaxHoles>>30), "unpack it, and search that"}
	tooLarge    = remark{fmt.Sprintf("archive of more than %d MiB in another one, of a format that has to be held in memory", maxHeld>>20), "unpack the outer one, and search that"}
)

func (l Limits) tooDeep() remark {
	return remark{fmt.Sprintf("archives nested deeper than %d, not opened", l.Depth), "raise --archive-depth"}
}

func (w *walker) skip(r remark, at string) {
	w.failed = true
	if w.cov != nil {
		w.cov.Skip(r.reason, r.fix, w.name(at))
	}
}

func (w *walker) leaveOut(r remark, at string) {
	if w.cov != nil {
		w.cov.LeaveOut(r.reason, r.fix, w.name(at))
	}
}

// name is the whole path of something in the file.
func (w *walker) name(at string) string { return join(w.file.Name, at) }

func join(outer, inner string) string {
	if inner == "" || outer == "" {
		return outer + inner
	}
	return outer + "!" + inner
}

// exceed notes that a limit was reached. Nothing is unpacked after that.
func (w *walker) exceed(what, fix string) error {
	if w.over == nil {
		w.over = errors.New(what)
		w.skip(remark{"archive that " + what + ", searched up to there", fix + trust}, "")
	}
	return w.over
}

// grace is what may be unpacked however small a file is.
const grace = 1 << 20

// charge counts bytes that were unpacked.
func (w *walker) charge(n int64) error {
	w.unpacked += n
	packed := w.packed
	if w.file.At != nil {
		packed = w.file.Size
	}
	switch {
	case w.over != nil:
		return w.over
	case w.unpacked > w.lim.Size:
		return w.exceed(fmt.Sprintf("unpacks to more than %d bytes", w.lim.Size), "raise --archive-size")
	case w.unpacked > grace && (w.unpacked-grace)/w.lim.Ratio > packed:
		return w.exceed(fmt.Sprintf("unpacks to more than %d times its size", w.lim.Ratio), "raise --archive-ratio")
	}
	if w.reads++; w.reads%16 == 0 {
		return w.onTime()
	}
	return nil
}

// onTime also looks whether the caller has given up.
func (w *walker) onTime() error {
	if err := w.ctx.Err(); err != nil {
		return &stop{err}
	}
	if w.cov != nil && time.Since(w.began) > w.lim.Time { // what is looked at again was in time once
		return w.exceed(fmt.Sprintf("takes longer than %v", w.lim.Time), "raise --archive-time")
	}
	return nil
}

// entry counts a file in an archive.
func (w *walker) entry() error {
	if w.over != nil {
		return w.over
	}
	w.last = noted{}
	if w.entries++; w.entries > w.lim.Entries {
		return w.exceed(fmt.Sprintf("holds more than %d files", w.lim.Entries), "raise --archive-entries")
	}
	if w.entries%64 == 0 {
		return w.onTime()
	}
	return nil
}

// tell counts what was looked at.
func (w *walker) tell() {
	if w.cov != nil {
		w.cov.Count("archives", 1)
		w.cov.Count("archived files", int64(w.found()))
	}
}

// emitText emits a text. The error is one that ends the walk.
func (w *walker) emitText(t Text, r io.Reader) error {
	if w.over != nil {
		return w.over
	}
	if w.next == 1<<32-1 {
		return w.exceed("holds too many texts", "unpack it")
	}
	t.Number = w.next
	checked := &checkedReader{r: r}
	t.R = checked
	w.next++
	if err := w.emit(&t); err != nil {
		return &stop{err}
	}
	if checked.err != nil {
		w.damage(t.Path, checked.err)
	}
	return w.over
}

// checkedReader remembers how a reader failed.
type checkedReader struct {
	r   io.Reader
	err error
}

func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// visit looks into a file that was found, or emits its text. depth is how many
// archives it is in. The error is one that ends the walk.
func (w *walker) visit(in *input, depth int) error {
	k, err := w.kindOf(in, path.Base(in.path))
	if err != nil {
		return err
	}
	defer w.release(in)
	if k == None {
		return w.passing(in)
	}
	if k.Opaque() && depth >= w.lim.Depth && !(k.packed() && !in.unpacked) {
		w.skip(w.lim.tooDeep(), in.path)
		return w.text(in.path, in.reader())
	}
	if !k.Opaque() {
		return w.document(k, in, depth)
	}
	if k == foreignPacked {
		w.damage(in.path, errForeign(foreignName(in.peek(SniffLen), path.Base(join(w.file.Name, in.path)))))
		return w.text(in.path, in.reader())
	}
	before := w.found()
	err = w.open(k, in, depth+1)
	if isStop(err) || w.over != nil {
		return err
	}
	if err != nil {
		w.damage(in.path, err)
	}
	if err != nil && w.found() == before { // it only looks like one
		if in.at != nil {
			return w.text(in.path, in.reader())
		}
		w.next++ // the numbers are those of a file that can be read anywhere
	}
	return nil
}

// open emits what is in a file of a kind. The error is what is wrong with the
// file, or one that ends the walk.
func (w *walker) open(k Kind, in *input, depth int) error {
	switch k {
	case gzipped, bzipped, xzipped, zstdPacked, lzmaPacked, lz4Packed, snappyPacked, zlibPacked, foreignPacked:
		return w.unpack(k, in, depth)
	case zipped:
		return w.zip(in, depth)
	case tarred:
		return w.tar(in, depth)
	case arArchive:
		return w.ar(in, depth)
	case sevenZipped, rarred:
		if done, err := w.program(in, depth); done {
			return err
		}
		if k == rarred {
			return w.rar(in, depth)
		}
		return w.sevenZip(in, depth)
	}
	return w.derive(k, in, depth)
}

// document emits the bytes of a document, and the text in it.
func (w *walker) document(k Kind, in *input, depth int) error {
	if err := w.hold(in, maxDocument); err != nil {
		if isStop(err) || w.over != nil {
			return err
		}
		w.damage(in.path, err)
		return w.text(in.path, in.reader())
	}
	defer w.release(in)
	if !k.apart() {
		if err := w.text(in.path, in.reader()); err != nil {
			return err
		}
	}
	err := w.derive(k, in, depth)
	if isStop(err) || w.over != nil {
		return err
	}
	if err != nil {
		w.badDocument(in.path, err)
	}
	return w.andZip(k, in, depth)
}

// badDocument notes a document that is damaged. One that ends early did not come here
// as it was, and its texts may have been packed.
func (w *walker) badDocument(at string, err error) {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		w.damage(at, err)
		return
	}
	w.leaveOut(badDocument, at)
}

// clean makes a name that can stand in a path.
func clean(name string) string {
	if len(name) > maxName {
		name = name[:maxName]
	}
	name = strings.ReplaceAll(strings.ReplaceAll(name, "\x00", ""), `\`, "/")
	if name = path.Clean("/" + name)[1:]; name == "" {
		return "(no name)"
	}
	return name
}

// maxName is the longest name that is kept: systems have 4096.
const maxName = 4096
