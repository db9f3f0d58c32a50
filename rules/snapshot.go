package rules

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Reading and checking all provider files takes a tenth of a second, which a
// hook feels. So what a scan needs of them is kept in a second form, which
// `make generate` writes. It names the files that it was made of by their
// hash: after a change to one it is not used until it is written again, and a
// test asks for that.

//go:embed builtin.bin
var snapshot string

// Shipped returns the providers that ship with the program, without examples.
func Shipped() ([]*Provider, error) {
	if ps, err := readSnapshot(snapshot, builtinHash()); err == nil {
		return ps, nil
	}
	return Builtin()
}

var errSnapshot = errors.New("rules: the snapshot is of other files")

// builtinHash identifies the provider files that were compiled in. It is about edits of
// ours, so that a CRC does, which takes a tenth of the time of SHA-256.
func builtinHash() string {
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	names, _ := builtin.ReadDir(".")
	buf := make([]byte, 32<<10) // to read them all at once takes longer than to hash them
	for _, e := range names {
		f, err := builtin.Open(e.Name())
		info, _ := e.Info()
		if err != nil {
			continue // compiled in: never
		}
		h.Write(binary.LittleEndian.AppendUint64([]byte(e.Name()), uint64(info.Size())))
		io.CopyBuffer(h, f, buf)
		f.Close()
	}
	return string(h.Sum(nil))
}

// Snapshot returns the second form of the providers that were compiled in.
func Snapshot() ([]byte, error) {
	ps, err := Builtin()
	if err != nil {
		return nil, err
	}
	w := &writer{}
	w.text(builtinHash())
	w.int(len(ps))
	for _, p := range ps {
		w.provider(p)
	}
	return w.b, nil
}

func readSnapshot(data, hash string) (ps []*Provider, err error) {
	r := &reader{s: data}
	if r.text() != hash {
		return nil, errSnapshot
	}
	for range r.count() {
		ps = append(ps, r.provider())
	}
	if r.bad || r.s != "" {
		return nil, errSnapshot
	}
	return ps, nil
}
