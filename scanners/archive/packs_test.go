package archive

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// TestFilters: filters are undone, or no sum is asked for: it would not be that of the text.
func TestFilters(t *testing.T) {
	for _, name := range []string{"x86.7z", "delta.7z", "arm.7z", "x86.xz", "delta.xz", "arm.xz"} {
		s := walk(t, name, fixture(t, name), Defaults(), false)
		if len(s.gaps)+len(s.left) > 0 || !strings.Contains(allText(s), needle) {
			t.Errorf("%s: not searched: %v, %v, %d texts", name, s.gaps, s.left, len(s.texts))
		}
	}
}

func snappyOf(data []byte, os ...s2.WriterOption) []byte {
	var b bytes.Buffer
	w := s2.NewWriter(&b, os...)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// lined is a text that packs well, with the needle at its end.
func manyLines() []byte {
	var b []byte
	for i := range 9000 {
		b = fmt.Appendf(b, "line %d of a log, and of many\n", i)
	}
	return append(b, needle+"\n"...)
}

func TestLZ4AndSnappy(t *testing.T) {
	want := string(manyLines())
	frame := fixture(t, "a.lz4")
	for name, data := range map[string][]byte{
		"a.lz4": frame, "linked.lz4": fixture(t, "linked.lz4"), "legacy.lz4": fixture(t, "legacy.lz4"),
		"a.sz": snappyOf([]byte(want), s2.WriterSnappyCompat()), "a.s2": snappyOf([]byte(want)),
		"two.lz4": append([]byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc"), frame...),
	} {
		if name == "two.lz4" {
			data = append([]byte("\x04\x22\x4d\x18\x60\x40\x82\x00\x00\x00\x00"), data...)
		}
		for _, stream := range []bool{false, true} {
			if s := walk(t, name, data, Defaults(), stream); s.texts[""] != want || len(s.gaps) > 0 {
				t.Errorf("%s, stream %v: %d texts, not searched: %v", name, stream, len(s.texts), s.gaps)
			}
		}
		for where, b := range map[string][]byte{"a.zip": zipOf(t, entry{"b/" + name, data}), "a.tgz": gzipOf(tarOf(t, entry{"b/" + name, data}))} {
			if s := walk(t, where, b, Defaults(), false); s.texts["b/"+name] != want || len(s.gaps) > 0 {
				t.Errorf("%s in %s: %d texts, not searched: %v", name, where, len(s.texts), s.gaps)
			}
		}
		for cut := 16; cut < len(data); cut += 1 + len(data)/50 {
			if s := walk(t, name, data[:cut], Defaults(), false); len(s.gaps) == 0 && !strings.HasPrefix(name, "legacy") || s.texts[""] != "" && !strings.HasPrefix(want, s.texts[""]) && s.texts[""] != string(data[:cut]) {
				t.Errorf("%s cut at %d: not searched: %v", name, cut, s.gaps)
			}
		}
		broken := bytes.Clone(data)
		broken[len(broken)/2] ^= 0x55
		if s := walk(t, name, broken, Defaults(), false); len(s.gaps) == 0 && !strings.HasPrefix(name, "legacy") {
			t.Errorf("%s that is damaged: nothing is said", name)
		}
	}
	if s := walk(t, "bomb.sz", snappyOf(make([]byte, 32<<20), s2.WriterSnappyCompat()), Limits{Depth: 8, Ratio: 10, Size: 1 << 30, Entries: 9, Time: 1e12}, false); !gap(s, "unpacks to more than 10 times") {
		t.Errorf("a bomb of Snappy: %v", s.gaps)
	}
}

// TestForeignPacks: what cannot be unpacked is told, wherever it is.
func TestForeignPacks(t *testing.T) {
	pad := strings.Repeat("\x01\xfe", 40)
	squash := []byte("hsqs" + pad)
	squash[28], squash[29] = 4, 0
	for name, data := range map[string][]byte{
		"lzop": []byte("\x89LZO\x00\r\n\x1a\n" + pad), "lzip": []byte("LZIP\x01\x17" + pad), "a cabinet": []byte("MSCF\x00\x00\x00\x00" + pad),
		"compress": []byte("\x1f\x9d\x90" + pad), "SquashFS": squash, "xar": []byte("xar!\x00\x1c" + pad), "Brotli": []byte("\x8b\x02\x80" + pad),
		"a git bundle": []byte("# v2 git bundle\n\n" + pad),
	} {
		file := entry{"a.bin", data}
		if name == "Brotli" {
			file.name = "a.log.br"
		}
		for where, b := range map[string][]byte{file.name: data, "a.zip": zipOf(t, file), "a.tar.gz": gzipOf(tarOf(t, file))} {
			if s := walk(t, where, b, Defaults(), false); !gap(s, "cannot unpack: "+name) || where != file.name && !strings.Contains(allText(s), pad[:12]) {
				t.Errorf("%s in %s: %v, %d texts", name, where, s.gaps, len(s.texts))
			}
		}
	}
	for name, data := range map[string]string{"a.br": "just a text, in Breton: \n", "a.png": "\x89PNG\r\n\x1a\n" + pad, "a.txt": "hsqs" + strings.Repeat("a", 60)} {
		if s := walk(t, name, []byte(data), Defaults(), false); len(s.gaps) > 0 {
			t.Errorf("%s: %v", name, s.gaps)
		}
	}
}

// TestPacksOfGit: they are left out, and listed.
func TestPacksOfGit(t *testing.T) {
	pack := []byte("PACK\x00\x00\x00\x02" + strings.Repeat("\x01\xfe", 40))
	file := entry{"app/.git/objects/pack/pack-1.pack", pack}
	for where, b := range map[string][]byte{"pack-1.pack": pack, "a.zip": zipOf(t, file), "a.tar.gz": gzipOf(tarOf(t, file))} {
		if s := walk(t, where, b, Defaults(), false); len(s.left) != 1 || !strings.Contains(s.left[0], "git objects") || len(s.gaps) > 0 {
			t.Errorf("%s: left out %v, not searched %v", where, s.left, s.gaps)
		}
	}
	if s := walk(t, "a.txt", []byte("PACKAGES of this release"), Defaults(), false); len(s.left)+len(s.gaps) > 0 {
		t.Errorf("a text: %v, %v", s.left, s.gaps)
	}
}

func posixCpioOf(es ...entry) (b []byte) {
	for _, e := range append(es, entry{"TRAILER!!!", nil}) {
		b = fmt.Appendf(b, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s\x00%s", 1, 2, 0o100644, 0, 0, 1, 0, 0, len(e.name)+1, len(e.data), e.name, e.data)
	}
	return b
}

func TestCpioOfPOSIX(t *testing.T) {
	data := posixCpioOf(entry{"dir/a.txt", []byte(needle)}, entry{"b.zip", zipOf(t, entry{"c.txt", []byte(needle)})})
	both(t, "a.cpio", data, map[string]string{"dir/a.txt": needle, "b.zip!c.txt": needle})
	for _, cut := range []int{80, 120, 200, len(data) - 60} {
		if s := walk(t, "a.cpio", data[:cut], Defaults(), false); len(s.gaps) == 0 {
			t.Errorf("cut at %d: nothing is said", cut)
		}
	}
}

// TestDamageIsToldOnce: that a stream ends early is one thing, however many archives are in it.
func TestDamageIsToldOnce(t *testing.T) {
	long := entry{"dir/a.txt", append([]byte(needle), noiseOf(9000)...)}
	tgz, tzst, deb := gzipOf(tarOf(t, long)), zstdOf(tarOf(t, long)), arOf(entry{"debian-binary", []byte("2.0\n")}, entry{"data.tar", tarOf(t, long)})
	for name, data := range map[string][]byte{"a.tgz": tgz[:7000], "a.tar.zst": tzst[:7000], "a.deb": deb[:7000], "a.tar": gzipOf(tarOf(t, entry{"in.tar", tarOf(t, long)}))[:7000]} {
		s := walk(t, name, data, Defaults(), false)
		if len(s.gaps) != 1 || !strings.HasPrefix(s.gaps[0], "1 ") {
			t.Errorf("%s: %v", name, s.gaps)
		}
	}
	cut := tgz[:7000]
	if s := walk(t, "two.zip", zipOf(t, entry{"a.tgz", cut}, entry{"b.tgz", cut}), Defaults(), false); len(s.gaps) != 1 || !strings.HasPrefix(s.gaps[0], "2 ") {
		t.Errorf("two that are cut: %v", s.gaps)
	}
}

// noiseOf is noise that does not pack.
func noiseOf(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func TestPDFWithoutItsEnd(t *testing.T) {
	page := "%PDF-1.7\n1 0 obj <</Length 60>>\nstream\nBT (" + needle + ") Tj ET\nendstream endobj\n"
	if s := walk(t, "a.pdf", []byte(page+"trailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"), Defaults(), false); len(s.gaps) > 0 {
		t.Errorf("a whole one: %v", s.gaps)
	}
	if s := walk(t, "a.pdf", []byte(page), Defaults(), false); len(s.gaps) == 0 {
		t.Error("one that ends early: nothing is said")
	}
}
