//go:build ignore

// Packstat prints what packs hold as they are stored: the number of entries,
// the bytes of the pack, and the bytes of the inflated entries, of which one
// that is a delta counts with the delta.
//
//	go run scripts/packstat.go FILE.idx...
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("packstat: ")
	var entries, packed, inflated int64
	for _, idx := range os.Args[1:] {
		n, size, data, err := read(idx)
		if err != nil {
			log.Fatalf("%s: %v", idx, err)
		}
		entries, packed, inflated = entries+n, packed+size, inflated+data
	}
	fmt.Println(entries, packed, inflated)
}

// read adds up the sizes in the headers of a pack's entries.
func read(idx string) (entries, packed, inflated int64, err error) {
	pack, err := os.Open(strings.TrimSuffix(idx, ".idx") + ".pack")
	if err != nil {
		return 0, 0, 0, err
	}
	defer pack.Close()
	st, err := pack.Stat()
	if err != nil {
		return 0, 0, 0, err
	}
	in, err := os.Open(idx)
	if err != nil {
		return 0, 0, 0, err
	}
	defer in.Close()
	cmd := exec.Command("git", "show-index")
	cmd.Stdin = in
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, 0, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var offset int64
		if _, err := fmt.Sscan(lines.Text(), &offset); err != nil {
			return 0, 0, 0, err
		}
		size, err := sizeAt(pack, offset)
		if err != nil {
			return 0, 0, 0, err
		}
		entries, inflated = entries+1, inflated+size
	}
	return entries, st.Size(), inflated, cmd.Wait()
}

// sizeAt reads an entry's header: gitformat-pack(5).
func sizeAt(pack io.ReaderAt, offset int64) (int64, error) {
	var b [10]byte
	if n, err := pack.ReadAt(b[:], offset); n < len(b) {
		return 0, err
	}
	size := int64(b[0] & 15)
	for i, shift := 0, 4; b[i] >= 0x80 && i+1 < len(b); shift += 7 {
		i++
		size |= int64(b[i]&0x7f) << shift
	}
	return size, nil
}
