package main

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
)

// packEntry is an object in a pack that we write.
type packEntry struct {
	id   string // in the index, true or not
	kind byte   // 3 blob, 6 delta on an offset, 7 delta on a name
	base []byte // what a delta has before its data
	size int    // as it says
	data []byte
}

// writePack writes a pack and its index, with right checksums, whatever the
// entries say.
func writePack(r *testRepo, entries []packEntry) {
	var pack bytes.Buffer
	pack.WriteString("PACK")
	binary.Write(&pack, binary.BigEndian, []uint32{2, uint32(len(entries))})
	type indexed struct {
		id       []byte
		crc, off uint32
	}
	var idx []indexed
	for _, e := range entries {
		off := pack.Len()
		size := e.size
		head := e.kind<<4 | byte(size&15)
		for size >>= 4; size > 0; size >>= 7 {
			pack.WriteByte(head | 0x80)
			head = byte(size & 0x7f)
		}
		pack.WriteByte(head)
		pack.Write(e.base)
		z := zlib.NewWriter(&pack)
		z.Write(e.data)
		z.Close()
		id, err := hex.DecodeString(e.id)
		if err != nil {
			r.t.Fatal(err)
		}
		idx = append(idx, indexed{id, crc32.ChecksumIEEE(pack.Bytes()[off:]), uint32(off)})
	}
	sum := sha1.Sum(pack.Bytes())
	pack.Write(sum[:])
	slices.SortFunc(idx, func(a, b indexed) int { return cmp.Or(bytes.Compare(a.id, b.id), cmp.Compare(a.off, b.off)) })
	var out bytes.Buffer
	out.WriteString("\xfftOc\x00\x00\x00\x02")
	for b := range 256 {
		n := 0
		for _, e := range idx {
			if int(e.id[0]) <= b {
				n++
			}
		}
		binary.Write(&out, binary.BigEndian, uint32(n))
	}
	for _, e := range idx {
		out.Write(e.id)
	}
	for _, e := range idx {
		binary.Write(&out, binary.BigEndian, e.crc)
	}
	for _, e := range idx {
		binary.Write(&out, binary.BigEndian, e.off)
	}
	out.Write(sum[:])
	own := sha1.Sum(out.Bytes())
	out.Write(own[:])
	name := ".git/objects/pack/pack-" + hex.EncodeToString(sum[:])
	r.write(name+".pack", pack.String())
	r.write(name+".idx", out.String())
}

// TestBrokenDeltas scans packs with deltas that lead nowhere: what is whole is
// found, the others are gaps.
func TestBrokenDeltas(t *testing.T) {
	_, secret, err := makeToken("slack-bot-token", 0, "delta")
	if err != nil {
		t.Fatal(err)
	}
	_, inserted, err := makeToken("github-personal-access-token", 0, "delta")
	if err != nil {
		t.Fatal(err)
	}
	name := func(c string) string { return strings.Repeat(c, 40) }
	raw := func(c string) []byte { return bytes.Repeat([]byte(c), 20) }
	whole := []byte("token " + secret + "\n")
	base := packEntry{id: name("a"), kind: 3, size: len(whole), data: whole}
	insert := func(from, to int, text string) []byte {
		return append([]byte{byte(from), byte(to), byte(len(text))}, text...)
	}
	text := inserted + "\n"
	good := insert(len(whole), len(text), text)
	for what, c := range map[string]struct {
		entry packEntry
		fine  bool
	}{
		"a delta on its base":                {packEntry{name("b"), 7, raw("\xaa"), len(good), good}, true},
		"a delta on a name that is nowhere":  {packEntry{name("b"), 7, raw("\xcc"), len(good), good}, false},
		"a delta on itself":                  {packEntry{name("b"), 7, raw("\xbb"), len(good), good}, false},
		"a delta on offset zero before":      {packEntry{name("b"), 6, []byte{0}, len(good), good}, false},
		"a delta on what is before the pack": {packEntry{name("b"), 6, []byte{0xff, 0xff, 0xff, 0x7f}, len(good), good}, false},
		"a delta into the middle":            {packEntry{name("b"), 6, []byte{3}, len(good), good}, false},
		"a delta for a base of another size": {packEntry{name("b"), 7, raw("\xaa"), len(good), insert(len(whole)+1, len(text), text)}, false},
		"a delta that makes less":            {packEntry{name("b"), 7, raw("\xaa"), len(good), insert(len(whole), len(text)+9, text)}, false},
		"a delta that makes more":            {packEntry{name("b"), 7, raw("\xaa"), len(good), insert(len(whole), len(text)-9, text)}, false},
		"a delta that copies from behind":    {packEntry{name("b"), 7, raw("\xaa"), 7, []byte{byte(len(whole)), 16, 0x91, 0xf0, 16, 0x80, 0}}, false},
		"a delta that is cut off":            {packEntry{name("b"), 7, raw("\xaa"), 4, good[:4]}, false},
		"a delta that says it is longer":     {packEntry{name("b"), 7, raw("\xaa"), 1 << 30, good}, false},
		"a delta without content":            {packEntry{name("b"), 7, raw("\xaa"), 0, nil}, false},
		"a delta that promises 2^62 bytes":   {packEntry{name("b"), 7, raw("\xaa"), 12, append([]byte{byte(len(whole))}, "\xff\xff\xff\xff\xff\xff\xff\xff\x3f\x01x"...)}, false},
		"a blob that says it is longer":      {packEntry{name("b"), 3, nil, 1 << 30, []byte(text)}, false},
		"a blob that says it is shorter":     {packEntry{name("b"), 3, nil, 3, []byte(text)}, false},
		"an object of type 5":                {packEntry{name("b"), 5, nil, len(text), []byte(text)}, false},
		"an object of type 0":                {packEntry{name("b"), 0, nil, len(text), []byte(text)}, false},
	} {
		r := newRepo(t)
		writePack(r, []packEntry{base, c.entry})
		code, out, stderr := whosekey(t, nil, "git", r.dir, "-f", "json", "--show-secrets")
		if code != exitFindings || !strings.Contains(out, secret) {
			t.Errorf("%s: exit code %d, the whole object's token is found: %v\n%s", what, code, strings.Contains(out, secret), stderr)
		}
		if found := strings.Contains(out, inserted); c.fine && !found {
			t.Errorf("%s: its token is not found", what)
		}
		if incomplete := strings.Contains(out, `"incomplete": true`); incomplete == c.fine {
			t.Errorf("%s: incomplete is %v", what, incomplete)
		}
		if code, _, _ = whosekey(t, nil, "git", r.dir, "--strict"); !c.fine && code != exitIncomplete {
			t.Errorf("%s: exit code %d with --strict", what, code)
		}
	}
	// Two that are each other's base.
	r := newRepo(t)
	writePack(r, []packEntry{base, {name("b"), 7, raw("\xcc"), len(good), good}, {name("c"), 7, raw("\xbb"), len(good), good}})
	if code, out, _ := whosekey(t, nil, "git", r.dir, "-f", "json"); code != exitFindings || !strings.Contains(out, `"incomplete": true`) {
		t.Errorf("two deltas on each other: exit code %d", code)
	}
}
