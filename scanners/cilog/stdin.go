package cilog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/whosekey/whosekey/scanners/archive"
)

// shownStdin is how what stands in an archive on standard input is shown.
const shownStdin = "stdin"

// standardInput lists the logs that come on standard input: one, in gzip and JSON
// too, or all of an archive.
func (s *Source) standardInput(ctx context.Context, visit func(*blob) error) error {
	in := bufio.NewReaderSize(s.opts.Stdin, archive.SniffLen)
	head, _ := in.Peek(archive.SniffLen)
	if archive.Sniff(head, "").Opaque() && (!bytes.HasPrefix(head, gzipHead) || packedArchive(head)) {
		return s.archiveOnStdin(ctx, in, visit)
	}
	s.stdin = newSpool(in)
	packed := bytes.HasPrefix(head, gzipHead) || jsonHead.Match(head[:min(len(head), 512)])
	return visit(&blob{path: "", packed: packed, open: func(ctx context.Context) (io.ReadCloser, error) {
		r, err := s.stdin.open(ctx)
		if err != nil {
			return nil, err
		}
		return unpacked(r)
	}})
}

// archiveOnStdin puts an archive into a file that only its owner can read: its
// list of files is at its end.
func (s *Source) archiveOnStdin(ctx context.Context, in io.Reader, visit func(*blob) error) error {
	f, err := os.CreateTemp("", "whosekey-log-*")
	if err != nil {
		return fmt.Errorf("keep standard input: %w", err)
	}
	s.kept = f.Name()
	_, err = io.Copy(f, &counter{r: in, ctx: ctx})
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keep standard input: %w", err)
	}
	return s.file(diskFile{path: s.kept, shown: shownStdin, named: true}, visit)
}
