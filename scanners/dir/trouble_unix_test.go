//go:build unix

package dir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/whosekey/whosekey/leak"
)

// trouble is a folder in which a test interferes.
type trouble struct {
	folder
	before func(op, name string) error    // op is "list", "sub" or "open"
	change func(name string, f file) file // what Open returns
}

func (f trouble) List(n int) ([]fs.DirEntry, error) {
	if err := f.before("list", ""); err != nil {
		return nil, err
	}
	return f.folder.List(n)
}

func (f trouble) Sub(name string) (folder, error) {
	if err := f.before("sub", name); err != nil {
		return nil, err
	}
	sub, err := f.folder.Sub(name)
	if err != nil {
		return nil, err
	}
	return trouble{sub, f.before, f.change}, nil
}

func (f trouble) Open(name string) (file, error) {
	if err := f.before("open", name); err != nil {
		return nil, err
	}
	opened, err := f.folder.Open(name)
	if err != nil {
		return nil, err
	}
	return f.change(name, opened), nil
}

// interfere puts a test between a Source and its files.
func (s *Source) interfere(open func(string) (folder, error), before func(op, name string) error, change func(string, file) file) {
	if before == nil {
		before = func(string, string) error { return nil }
	}
	if change == nil {
		change = func(_ string, f file) file { return f }
	}
	s.open = func(path string) (folder, error) {
		f, err := open(path)
		if err != nil {
			return nil, err
		}
		return trouble{f, before, change}, nil
	}
}

// become makes p something else.
func become(p string, what func(p string) error) error {
	if err := os.RemoveAll(p); err != nil {
		return err
	}
	return what(p)
}

func nothing(string) error                { return nil }
func aFile(p string) error                { return os.WriteFile(p, []byte("new"), 0o666) }
func aFolder(p string) error              { return os.Mkdir(p, 0o777) }
func aPipe(p string) error                { return unix.Mkfifo(p, 0o666) }
func linkTo(to string) func(string) error { return func(p string) error { return os.Symlink(to, p) } }

// TestReplaced has entries change between the listing and the opening.
func TestReplaced(t *testing.T) {
	const gone, other = " that vanished before it could be opened: ", " that was replaced before it could be opened: "
	outside := t.TempDir()
	write(t, outside, map[string]string{"target": "outside"})
	for _, c := range []struct {
		name    string
		entry   string // d, a folder, or d/target
		what    func(p string) error
		skipped string
	}{
		{"file removed", "d/target", nothing, "file" + gone},
		{"file to link", "d/target", linkTo(outside + "/target"), "file" + other},
		{"file to link inside", "d/target", linkTo("other"), "file" + other},
		{"file to dangling link", "d/target", linkTo("none"), "file" + other},
		{"file to folder", "d/target", aFolder, "file" + other},
		{"file to pipe", "d/target", aPipe, "file" + other},
		{"folder removed", "d", nothing, "folder" + gone},
		{"folder to link", "d", linkTo(outside), "folder" + other},
		{"folder to link inside", "d", linkTo("e"), "folder" + other},
		{"folder to file", "d", aFile, "folder" + other},
		{"folder to pipe", "d", aPipe, "folder" + other},
	} {
		for opener, open := range openers {
			t.Run(c.name+", "+opener, func(t *testing.T) {
				root := t.TempDir()
				write(t, root, map[string]string{"d/target": "1", "d/other": "2", "e/x": "3"})
				s := mustNew(t, Options{Paths: []string{root}, Workers: 1})
				s.interfere(open, func(op, name string) error {
					if name != filepath.Base(c.entry) {
						return nil
					}
					return become(filepath.Join(root, c.entry), c.what)
				}, nil)
				want := []string{"e/x"}
				if c.entry != "d" {
					want = append(want, "d/other")
				}
				check(t, s, want, []string{c.skipped + c.entry}, nil)
			})
		}
	}
}

// TestUnopenable has the system refuse things.
func TestUnopenable(t *testing.T) {
	for _, c := range []struct {
		op, name string
		err      error
		want     string
	}{
		{"open", "f", &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, "file that may not be read: d/f"},
		{"open", "f", syscall.EPERM, "file that may not be read: d/f"},
		{"open", "f", &fs.PathError{Op: "open", Path: "x", Err: syscall.EIO}, "file that cannot be read (input/output error): d/f"},
		{"open", "f", syscall.EMFILE, "file that cannot be read (too many open files): d/f"},
		{"sub", "d", syscall.EACCES, "folder that may not be read: d"},
		{"sub", "d", syscall.EIO, "folder that cannot be read (input/output error): d"},
	} {
		root := t.TempDir()
		write(t, root, map[string]string{"d/f": "1", "e/g": "2"})
		s := mustNew(t, Options{Paths: []string{root}})
		s.interfere(openFolder, func(op, name string) error {
			if op == c.op && name == c.name {
				return c.err
			}
			return nil
		}, nil)
		check(t, s, []string{"e/g"}, []string{c.want}, nil)
	}
}

// TestListFails has a folder that cannot be listed to its end.
func TestListFails(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{}
	for i := range 3 * batchLen {
		files[fmt.Sprint("f", i)] = "1"
	}
	write(t, root, files)
	s := mustNew(t, Options{Paths: []string{root}, Workers: 1})
	lists := 0
	s.interfere(openFolder, func(op, _ string) error {
		if op == "list" {
			if lists++; lists > 2 {
				return syscall.EIO
			}
		}
		return nil
	}, nil)
	texts, _, cov := scan(t, s)
	if len(texts) != 2*batchLen || strings.Join(lines(cov.Skipped()), ";") != "folder that cannot be read (input/output error): ." {
		t.Errorf("%d files, %v", len(texts), cov.Skipped())
	}
	s.interfere(openFolder, nil, nil)
	s.open = func(string) (folder, error) { return nil, syscall.EACCES }
	check(t, s, nil, []string{"folder that may not be read: ."}, nil)
}

// odd is a file that behaves badly after good bytes.
type odd struct {
	file
	good int
	err  error // comes then; nil: it goes on for ever
	stat func(info) info
	made bool
}

func (f *odd) Made() bool { return f.made }

func (f *odd) Read(p []byte) (int, error) {
	if f.good == 0 {
		if f.err != nil {
			return 0, f.err
		}
		return copy(p, "more and "), nil
	}
	n := copy(p[:min(len(p), f.good)], filler(min(len(p), f.good)))
	f.good -= n
	return n, nil
}

func (f *odd) Stat() (info, error) {
	in, err := f.file.Stat()
	return f.stat(in), err
}

// TestOddFiles has files that change, fail or have no end while they are read.
func TestOddFiles(t *testing.T) {
	const small, large = 1000, 3 * maxWhole
	sizes := func(sizes ...int64) func(info) info {
		return func(in info) info {
			in.size = sizes[0]
			if len(sizes) > 1 {
				sizes = sizes[1:]
			}
			return in
		}
	}
	for _, c := range []struct {
		name string
		f    odd
		want string // gap
		read int64
	}{
		{"small fails", odd{good: 500, err: syscall.EIO, stat: sizes(small)}, "file that cannot be read (input/output error): f", 500},
		{"small fails at once", odd{err: syscall.EIO, stat: sizes(small)}, "file that cannot be read (input/output error): f", 0},
		{"large fails", odd{good: 2 * maxWhole, err: syscall.EIO, stat: sizes(large)}, "file that cannot be read (input/output error): f", 2 * maxWhole},
		{"waits", odd{err: syscall.EAGAIN, stat: sizes(0)}, "file that has nothing to read yet: f", 0},
		{"small shrinks", odd{good: 500, err: io.EOF, stat: sizes(small, 500)}, "file that shrank while it was read: f", 500},
		{"small vanishes", odd{err: io.EOF, stat: sizes(small, 0)}, "file that shrank while it was read: f", 0},
		{"large shrinks", odd{good: 500, err: io.EOF, stat: sizes(large, 500)}, "file that shrank while it was read: f", 500},
		{"small grows", odd{stat: sizes(small, small+1)}, "file that grew while it was read, searched up to its former end: f", small},
		{"large grows", odd{stat: sizes(large, 1<<40)}, "file that grew while it was read, searched up to its former end: f", large},
		{"no size", odd{good: 70, err: io.EOF, stat: sizes(0)}, "", 70},
		{"no size, a chunk", odd{good: maxWhole, err: io.EOF, stat: sizes(0)}, "", maxWhole},
		{"no size, a byte more", odd{good: maxWhole + 1, err: io.EOF, stat: sizes(0)}, "", maxWhole + 1},
		{"no size, fails", odd{good: maxWhole, err: syscall.EIO, stat: sizes(0)}, "file that cannot be read (input/output error): f", maxWhole},
		{"whole chunk grows", odd{stat: sizes(maxWhole)}, "file that grew while it was read, searched up to its former end: f", maxWhole},
		{"no size, large", odd{good: large, err: io.EOF, stat: sizes(0)}, "", large},
		{"made up, small", odd{good: 70, err: io.EOF, stat: sizes(4096), made: true}, "", 70},
		{"made up, no end", odd{stat: sizes(1 << 40), made: true}, "file without a size, of which only the first 16 MiB were searched: f", maxUnsized},
		{"no size, no end", odd{stat: sizes(0)}, "file without a size, of which only the first 16 MiB were searched: f", maxUnsized},
	} {
		root := t.TempDir()
		write(t, root, map[string]string{"f": "x", "other": "y"})
		s := mustNew(t, Options{Paths: []string{root}})
		s.interfere(openFolder, nil, func(name string, real file) file {
			if name != "f" {
				return real
			}
			f := c.f
			f.file = real
			return &f
		})
		texts, _, cov := scan(t, s)
		if got := strings.Join(lines(cov.Skipped()), ";"); got != c.want || texts["other"] != "y" {
			t.Errorf("%s: skipped %q, want %q", c.name, got, c.want)
		}
		if got := cov.Counts()["bytes"]; got != c.read+1 {
			t.Errorf("%s: %d bytes, want %d", c.name, got-1, c.read)
		}
		if n := min(c.read, small); int64(len(texts["f"])) < n {
			t.Errorf("%s: %d bytes are emitted, want %d", c.name, len(texts["f"]), n)
		}
	}
}

// TestPermissions takes away the rights of a process that may be root's.
func TestPermissions(t *testing.T) {
	const env = "WHOSEKEY_TEST_FOLDER"
	if root := os.Getenv(env); root != "" {
		if os.Getuid() == 0 {
			for _, err := range []error{syscall.Setgroups(nil), syscall.Setgid(65534), syscall.Setuid(65534)} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := os.Stat(root); err != nil {
			fmt.Println("no way:", err)
			return
		}
		check(t, mustNew(t, Options{Paths: []string{root}}), []string{"ok", "open/f"},
			[]string{"file that may not be read: no", "folder that may not be read: closed"}, nil)
		check(t, mustNew(t, Options{Paths: []string{root + "/closed"}}), nil, []string{"folder that may not be read: ."}, nil)
		return
	}
	root := t.TempDir()
	write(t, root, map[string]string{"ok": "1", "no": "2", "closed/f": "3", "open/f": "4"})
	for name, mode := range map[string]fs.FileMode{"no": 0, "closed": 0, "../../" + filepath.Base(filepath.Dir(root)): 0o755} {
		p := filepath.Join(root, name)
		if err := os.Chmod(p, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(root, "closed"), 0o700) })
	cmd := exec.Command(os.Args[0], "-test.run=^TestPermissions$")
	cmd.Env = append(os.Environ(), env+"="+root)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if strings.Contains(string(out), "no way:") {
		t.Skipf("the temporary folder is closed to others: %s", out)
	}
}

func TestNotFiles(t *testing.T) {
	root, err := os.MkdirTemp("", "s") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	write(t, root, map[string]string{"f": "1", "d/g": "2"})
	l, err := net.Listen("unix", filepath.Join(root, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := errors.Join(aPipe(filepath.Join(root, "d", "pipe")), linkTo("f")(filepath.Join(root, "to-file")),
		linkTo("..")(filepath.Join(root, "d", "loop")), linkTo("none")(filepath.Join(root, "dangling"))); err != nil {
		t.Fatal(err)
	}
	for opener, open := range openers {
		t.Run(opener, func(t *testing.T) {
			s := mustNew(t, Options{Paths: []string{root}})
			s.open = open
			check(t, s, []string{"f", "d/g"}, []string{"named pipe, not opened: d/pipe", "socket, not opened: socket"},
				[]string{"symbolic link: d/loop dangling to-file"})
		})
	}
	_, err = New(Options{Paths: []string{filepath.Join(root, "d", "pipe")}})
	if err == nil || !strings.Contains(err.Error(), "whosekey stdin") {
		t.Errorf("New of a named pipe: %v", err)
	}
}

func TestNames(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{"caf\xe9": "1", "\xff\xfe/\x01": "2", "a\nb": "3", `back\slash`: "4", " ": "5", "...": "6", "-x": "7"}
	want := []string{}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777); err != nil {
			t.Skip(err) // some systems want UTF-8
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Skip(err)
		}
		want = append(want, name)
	}
	check(t, mustNew(t, Options{Paths: []string{root}}), want, nil, nil)
}

// TestDeep has folders so deep that no path leads there, and deeper.
func TestDeep(t *testing.T) {
	base := t.TempDir()
	make := func(name string, n int, part string) {
		root, err := os.OpenRoot(base)
		for i := -1; i < n && err == nil; i++ {
			part := part
			if i < 0 {
				part = name
			}
			if err = root.Mkdir(part, 0o777); err == nil {
				var sub *os.Root
				sub, err = root.OpenRoot(part)
				root.Close()
				root = sub
			}
		}
		if err == nil {
			err = root.WriteFile("f", []byte("found"), 0o666)
		}
		if err != nil {
			t.Skip(err)
		}
		root.Close()
	}
	long := strings.Repeat("x", 200)
	make("long", 30, long)
	make("deep", maxDepth+2, "d")
	s := mustNew(t, Options{Paths: []string{base}})
	texts, refs, cov := scan(t, s)
	name := "long/" + strings.Repeat(long+"/", 30) + "f"
	if texts[name] != "found" || len(texts) != 1 {
		t.Errorf("%d files, %q", len(texts), texts[name])
	}
	if r, err := s.Open(t.Context(), refs[name]); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
	if got := cov.Skipped(); len(got) != 1 || got[0].Reason != tooDeep.reason {
		t.Errorf("skipped %v", got)
	}
}

// TestSystemFolders has a time limit, and devices and files of the kernel.
func TestSystemFolders(t *testing.T) {
	for _, root := range []string{"/proc/self", "/dev", "/sys/kernel", "/proc/sys", "/proc/kmsg", "/proc/version"} {
		if _, err := os.Stat(root); err != nil {
			continue
		}
		t.Run(root, func(t *testing.T) {
			begin := time.Now()
			_, _, cov := scan(t, mustNew(t, Options{Paths: []string{root}}))
			t.Log(time.Since(begin), cov.Counts(), lines(cov.Skipped()))
			if d := time.Since(begin); d > time.Minute {
				t.Errorf("it takes %v", d)
			}
			if root == "/proc/version" && cov.Counts()["bytes"] == 0 {
				t.Error("a file without a size is not read")
			}
		})
	}
}

// TestMemFile has a file of which even root cannot read the beginning.
func TestMemFile(t *testing.T) {
	if _, err := os.Stat("/proc/self/mem"); err != nil {
		t.Skip(err)
	}
	check(t, mustNew(t, Options{Paths: []string{"/proc/self/mem"}}), nil, []string{"file that cannot be read (input/output error): /proc/self/mem"}, nil)
}

// TestDescriptors has a scan that is stopped leave no file open.
func TestDescriptors(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{}
	for i := range 500 {
		files[fmt.Sprintf("%d/%d", i%7, i)] = filler(i)
	}
	write(t, root, files)
	open := func() int {
		ds, err := os.ReadDir("/dev/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(ds)
	}
	before := open()
	for range 20 {
		s := mustNew(t, Options{Paths: []string{root}, Workers: 8})
		s.Scan(t.Context(), 16, func(*leak.Chunk) error { return io.ErrClosedPipe })
		scan(t, s)
	}
	if after := open(); after > before {
		t.Errorf("%d files are open, %d were before", after, before)
	}
}
