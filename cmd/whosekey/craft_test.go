package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"
)

// encodeText writes a text in an encoding, with or without a byte order mark.
func encodeText(text, encoding string, mark bool) ([]byte, error) {
	if mark {
		text = "\uFEFF" + text
	}
	var order binary.AppendByteOrder = binary.LittleEndian
	if strings.HasSuffix(encoding, "be") {
		order = binary.BigEndian
	}
	var out []byte
	switch strings.TrimRight(encoding, "bel") {
	case "utf-16":
		for _, u := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, u)
		}
	case "utf-32":
		for _, r := range text {
			out = order.AppendUint32(out, uint32(r))
		}
	case "latin-1":
		for _, r := range text {
			if r > 0xFF {
				return nil, fmt.Errorf("%q is not in Latin-1", r)
			}
			out = append(out, byte(r))
		}
	default:
		return nil, fmt.Errorf("no encoding %q", encoding)
	}
	return out, nil
}

// cmdTree writes a tree of which git thinks that nobody has one.
func cmdTree(ts *testscript.TestScript, neg bool, args []string) {
	var data bytes.Buffer
	for _, entry := range args[1:] {
		f := strings.SplitN(entry, ",", 3)
		if len(f) != 3 {
			ts.Fatalf("tree: %q is not MODE,FILE,ID", entry)
		}
		id, err := hex.DecodeString(f[2])
		ts.Check(err)
		fmt.Fprintf(&data, "%s %s\x00%s", f[0], f[1], id)
	}
	write(ts, ".craft", data.Bytes())
	ts.Check(ts.Exec("git", "hash-object", "-w", "--literally", "-t", "tree", ".craft"))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
	ts.Check(os.Remove(ts.MkAbs(".craft")))
}

// cmdForge writes a loose object whose name is not its hash: how else could
// there be a cycle?
func cmdForge(ts *testscript.TestScript, neg bool, args []string) {
	id, kind, content := args[0], args[1], []byte(ts.ReadFile(args[2]))
	if kind == "tree" { // lines "mode name id"
		var data bytes.Buffer
		for line := range strings.Lines(string(content)) {
			f := strings.Fields(line)
			raw, err := hex.DecodeString(f[2])
			ts.Check(err)
			fmt.Fprintf(&data, "%s %s\x00%s", f[0], f[1], raw)
		}
		content = data.Bytes()
	}
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	fmt.Fprintf(z, "%s %d\x00%s", kind, len(content), content)
	ts.Check(z.Close())
	name := filepath.Join(".git", "objects", id[:2], id[2:])
	os.Remove(ts.MkAbs(name))
	write(ts, name, out.Bytes())
}

// offset reads "123", "50%" or "-20", which counts from the end.
func offset(ts *testscript.TestScript, s string, size int) int {
	n, err := strconv.Atoi(strings.TrimSuffix(s, "%"))
	ts.Check(err)
	switch {
	case strings.HasSuffix(s, "%"):
		return n * size / 100
	case n < 0:
		return size + n
	}
	return n
}

// one returns the file that a pattern names.
func one(ts *testscript.TestScript, pattern string) string {
	names, err := filepath.Glob(ts.MkAbs(pattern))
	ts.Check(err)
	if len(names) != 1 {
		ts.Fatalf("%s are %d files", pattern, len(names))
	}
	ts.Check(os.Chmod(names[0], 0o644))
	return names[0]
}

func cmdDamage(ts *testscript.TestScript, neg bool, args []string) {
	name := one(ts, args[0])
	data, err := os.ReadFile(name)
	ts.Check(err)
	data[offset(ts, args[1], len(data))] ^= 0xFF
	ts.Check(os.WriteFile(name, data, 0o644))
}

func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	name := one(ts, args[0])
	st, err := os.Stat(name)
	ts.Check(err)
	ts.Check(os.Truncate(name, int64(offset(ts, args[1], int(st.Size())))))
}

func cmdSocket(ts *testscript.TestScript, neg bool, args []string) {
	// The name may be too long for the address of a socket, and a relative
	// one would be relative to our folder.
	dir, err := os.MkdirTemp("", "s")
	ts.Check(err)
	defer os.RemoveAll(dir)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"})
	ts.Check(err)
	l.SetUnlinkOnClose(false)
	ts.Check(l.Close())
	ts.Check(os.Rename(filepath.Join(dir, "s"), ts.MkAbs(args[0])))
}
