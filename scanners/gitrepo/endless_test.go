package gitrepo_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// TestEndlessGit: a server of the git protocol that sends a pack without an end is left
// when there is no room.
func TestEndlessGit(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	left := make(chan int64, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				left <- endless(c, 1<<20)
			}()
		}
	}()
	full := errors.New("there is no room")
	limits := gitrepo.Limits{Step: 1 << 20, Room: func(came int64) error {
		if came > 4<<20 {
			return full
		}
		return nil
	}}
	dir := filepath.Join(t.TempDir(), "mirror")
	done := make(chan error, 1)
	go func() { done <- gitrepo.Mirror(t.Context(), dir, "git://"+l.Addr().String()+"/acme/huge", nil, limits) }()
	select {
	case err = <-done:
	case <-time.After(time.Minute):
		t.Fatal("it reads on")
	}
	if !errors.Is(err, full) {
		t.Errorf("it ends with %v", err)
	}
	select {
	case sent := <-left:
		t.Logf("%d bytes were sent", sent)
	case <-time.After(time.Minute):
		t.Error("the connection stays open")
	}
	if names, _ := filepath.Glob(dir + "*"); len(names) > 0 {
		t.Errorf("%q stay", names)
	}
}

// TestPackOfTooManyObjects: what a server says of a pack is no reason to take all memory.
func TestPackOfTooManyObjects(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				endless(c, 1<<32-1)
			}()
		}
	}()
	dir := filepath.Join(t.TempDir(), "mirror")
	err = gitrepo.Mirror(t.Context(), dir, "git://"+l.Addr().String()+"/acme/huge", nil, gitrepo.Limits{})
	if err == nil || !strings.Contains(err.Error(), "4294967295 objects") {
		t.Errorf("it ends with %v", err)
	}
	if names, _ := filepath.Glob(dir + "*"); len(names) > 0 {
		t.Errorf("%q stay", names)
	}
}

// endless answers a clone: https://git-scm.com/docs/pack-protocol and
// https://git-scm.com/docs/gitformat-pack. It returns how many bytes of objects it sent.
func endless(c net.Conn, objects uint32) (sent int64) {
	line := func(s string) { fmt.Fprintf(c, "%04x%s", len(s)+4, s) }
	line("5d41402abc4b2a76b9719d911017c592ae2fd4a1 HEAD\x00\n")
	line("5d41402abc4b2a76b9719d911017c592ae2fd4a1 refs/heads/main\n")
	fmt.Fprint(c, "0000")
	for asked := []byte{}; !bytes.Contains(asked, []byte("done\n")); {
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil {
			return 0
		}
		asked = append(asked, b[:n]...)
	}
	line("NAK\n")
	io.WriteString(c, "PACK")
	binary.Write(c, binary.BigEndian, []uint32{2, objects})
	const size = 64 << 10
	text := make([]byte, size)
	for n := uint32(0); ; n++ {
		for i := range text {
			text[i] = byte(uint32(i)*2654435761>>13 ^ n*40503>>3)
		}
		var object bytes.Buffer
		object.Write([]byte{0x80 | 3<<4 | size&15, 0x80 | size>>4&127, size >> 11})
		z, _ := zlib.NewWriterLevel(&object, zlib.NoCompression)
		z.Write(text)
		z.Close()
		if _, err := c.Write(object.Bytes()); err != nil {
			return sent
		}
		sent += int64(object.Len())
	}
}
