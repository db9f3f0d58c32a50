package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// remark is a reason for a file not to be searched, and what to do about it.
type remark struct{ reason, fix string }

// What is left out on purpose.
var (
	excluded = remark{"excluded by a pattern", ""}
	link     = remark{"symbolic link", "its target is searched where it is; if that is elsewhere, name it too"}
	objects  = remark{"git objects", "search them with `whosekey git`"}
)

// What should have been searched.
var (
	tooDeep = remark{fmt.Sprintf("folder with more than %d above it", maxDepth), "scan it on its own"}
	grew    = remark{"file that grew while it was read, searched up to its former end", rescan}
	shrank  = remark{"file that shrank while it was read", rescan}
	endless = remark{fmt.Sprintf("file without a size, of which only the first %d MiB were searched", maxUnsized>>20), leave}
)

const (
	rescan = "scan again while nothing writes to it, or --exclude it"
	leave  = "--exclude it"
)

// special is the remark about what is neither a file, a folder nor a link.
func special(mode fs.FileMode) remark {
	what := "neither a file nor a folder"
	switch {
	case mode&fs.ModeNamedPipe != 0:
		what = "named pipe"
	case mode&fs.ModeSocket != 0:
		what = "socket"
	case mode&fs.ModeDevice != 0:
		what = "device"
	}
	return remark{what + ", not opened", leave}
}

// failed is the remark about a file or a folder that err came from.
func failed(what string, err error) remark {
	var errno syscall.Errno
	switch {
	case errors.Is(err, fs.ErrPermission):
		return remark{what + " that may not be read", "run as a user who may read it, or --exclude it"}
	case errors.Is(err, fs.ErrNotExist):
		return remark{what + " that vanished before it could be opened", "scan again while nothing changes the files"}
	case errors.Is(err, errReplaced):
		return remark{what + " that was replaced before it could be opened", "scan again while nothing changes the files"}
	case errors.Is(err, syscall.EAGAIN):
		return remark{what + " that has nothing to read yet", leave}
	case errors.As(err, &errno):
		err = errno // without a path: the gaps are counted by their reason
	}
	return remark{fmt.Sprintf("%s that cannot be read (%v)", what, err), "see what is wrong with it, or --exclude it"}
}

func (w *walk) leaveOut(dir uint32, name string, r remark) {
	w.cov.LeaveOut(r.reason, r.fix, w.source.table.path(dir, name))
}

func (w *walk) skip(dir uint32, name string, r remark) {
	w.cov.Skip(r.reason, r.fix, w.source.table.path(dir, name))
}

func (w *walk) gap(dir uint32, name, what string, err error) { w.skip(dir, name, failed(what, err)) }
