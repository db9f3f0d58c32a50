package archive

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
)

// variant is a file and what has to come of it: the needle, or something that is
// noted. gap is part of what keeps the scan from being complete, left of what does not.
type variant struct {
	data      []byte
	gap, left string
	lost      bool // the needle is not there
}

// format is a row of the table: a file that has the needle, and how it is if nobody can
// read it, has only a part of it, or it unpacks to too much. An empty variant has its
// reason in why.
type format struct {
	name, path string // of the file, and of the text with the needle in it
	plain      []byte
	locked     variant
	cut        variant
	bomb       variant
	why        string
}

const (
	cutText   = "damaged archive"
	bombText  = "times its size"
	badText   = "damaged document"
	lockText  = "encrypted"
	noLock    = "the format has no encryption"
	noBomb    = "nothing in it is packed"
	deepPath  = "dir/a.txt"
	zeroBytes = 8 << 20
)

// lockedZip is a zip file with a file that is said to be encrypted, and is noise.
func lockedZip(t testing.TB, name string) []byte {
	b := zipOf(t, entry{name, []byte("x")})
	b[30+len(name)] ^= 0xff
	for mark, at := range map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8} {
		b[bytes.Index(b, []byte(mark))+at] |= 1
	}
	return b
}

// bombOf is 64 MiB of zeros in some hundred bytes.
var bombOf = sync.OnceValue(func() []byte { return gzipOf(gzipOf(make([]byte, 64<<20))) })

// zipRow is a row of a format that is a zip file.
func zipRow(t testing.TB, name, inner, path, text string) format {
	plain := zipOf(t, entry{inner, []byte(text)}, entry{"last", []byte(strings.Repeat("filling ", 50))})
	return format{name: name, path: path, plain: plain,
		locked: variant{data: lockedZip(t, inner), left: lockText, lost: true},
		cut:    variant{data: plain[:len(plain)-30], gap: cutText},
		bomb:   variant{data: zipOf(t, entry{"zeros.gz", bombOf()}), gap: bombText, lost: true}}
}

// packedRow is a row of a compressed stream.
func packedRow(name string, plain, bomb []byte) format {
	return format{name: name, path: "", plain: plain, cut: variant{data: plain[:len(plain)-6], gap: cutText, lost: true},
		bomb: variant{data: bomb, gap: bombText, lost: true}, why: noLock}
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// pdfOf is a PDF file of one stream.
func pdfOf(dict string, body []byte) []byte {
	b := fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj\n<</Length %d %s>>\nstream\n", len(body), dict)
	return append(append(b, body...), "\nendstream\nendobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"...)
}

const pdfPage = "BT /F1 12 Tf [(the nee) -20 (dle)] TJ ( in the haystack) Tj ET"

// lzwOf packs with codes only of nine bits, as it clears the table before it is full.
func lzwOf(b []byte) (out []byte) {
	var bits uint64
	have := 0
	put := func(code uint64) {
		for bits, have = bits<<9|code, have+9; have >= 8; have -= 8 {
			out = append(out, byte(bits>>(have-8)))
		}
	}
	for i, c := range b {
		if i%200 == 0 {
			put(lzwClear)
		}
		put(uint64(c))
	}
	put(lzwEnd)
	return append(out, byte(bits<<(8-have)))
}

// compoundOf makes a compound file of streams: their sectors have 512 bytes, and those
// of short ones 64. The names stand in one storage.
func compoundOf(streams ...entry) []byte {
	const size = 512
	var fat, miniFAT []uint32
	var mini []byte
	sectors := [][]byte{}
	chain := func(data []byte) uint32 {
		first := uint32(len(sectors))
		for at := 0; at < len(data); at += size {
			s := make([]byte, size)
			copy(s, data[at:])
			sectors = append(sectors, s)
			fat = append(fat, uint32(len(sectors)))
		}
		if len(data) == 0 {
			return 0xFFFFFFFE
		}
		fat[len(fat)-1] = 0xFFFFFFFE
		return first
	}
	dir := func(name string, kind byte, child, right, start uint32, n int) []byte {
		e := make([]byte, 128)
		for i, u := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(e[2*i:], u)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(utf16.Encode([]rune(name)))+2))
		e[66] = kind
		for at, v := range map[int]uint32{68: noEntry, 72: right, 76: child, 116: start, 120: uint32(n)} {
			binary.LittleEndian.PutUint32(e[at:], v)
		}
		return e
	}
	var entries []byte
	for i, s := range streams {
		start, right := uint32(0), uint32(i+2)
		if i == len(streams)-1 {
			right = noEntry
		}
		if len(s.data) < 4096 {
			start = uint32(len(miniFAT))
			for at := 0; at < len(s.data); at += 64 {
				block := make([]byte, 64)
				copy(block, s.data[at:])
				mini = append(mini, block...)
				miniFAT = append(miniFAT, uint32(len(miniFAT)+1))
			}
			miniFAT[len(miniFAT)-1] = 0xFFFFFFFE
		} else {
			start = chain(s.data)
		}
		entries = append(entries, dir(s.name, 2, noEntry, right, start, len(s.data))...)
	}
	miniStart := chain(mini)
	var table []byte
	for _, v := range miniFAT {
		table = binary.LittleEndian.AppendUint32(table, v)
	}
	miniTable := chain(table)
	dirStart := chain(append(dir("Root Entry", 5, 1, noEntry, miniStart, len(mini)), entries...))
	for len(fat)%(size/4) != 0 {
		fat = append(fat, 0xFFFFFFFF)
	}
	h := make([]byte, size)
	copy(h, compoundMagic)
	h[30], h[32] = 9, 6
	fats := len(fat) / (size / 4)
	for at, v := range map[int]uint32{44: uint32(fats), 48: dirStart, 56: 4096, 60: miniTable, 64: 1, 68: 0xFFFFFFFE} {
		binary.LittleEndian.PutUint32(h[at:], v)
	}
	for i := range 109 {
		v := uint32(0xFFFFFFFF)
		if i < fats {
			v = uint32(len(sectors) + i)
		}
		binary.LittleEndian.PutUint32(h[76+4*i:], v)
	}
	for _, s := range sectors {
		h = append(h, s...)
	}
	for _, v := range fat {
		h = binary.LittleEndian.AppendUint32(h, v)
	}
	return h
}

// packageOf is a file as it is put into a document.
func packageOf(name string, data []byte) []byte {
	b := append([]byte{2, 0}, name+"\x00C:\\"+name+"\x00\x00\x00\x03\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(name)+1))
	b = append(append(b, name...), 0)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(data))), data...)
}

// oleOf is an object of OLE 1.0.
func oleOf(class string, native []byte) []byte {
	b := []byte{1, 5, 0, 0, 2, 0, 0, 0}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(class)+1))
	b = append(append(append(b, class...), 0), make([]byte, 8)...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(native))), native...)
}

// rtfOf is an RTF file with an object, in lines.
func rtfOf(object []byte) []byte {
	digits := hex.EncodeToString(object)
	var lines []string
	for ; len(digits) > 100; digits = digits[100:] {
		lines = append(lines, digits[:100])
	}
	return []byte(`{\rtf1\ansi text {\object\objemb{\*\objclass Package}\objw1{\*\objdata ` + strings.Join(append(lines, digits), "\r\n") + "}{\\result a}}\\par}")
}

func mailOf(name string, data []byte) []byte {
	return []byte("From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=xyz\n\n--xyz\nContent-Type: application/octet-stream; name=" + name +
		"\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(data) + "\n--xyz--\n")
}

// rarLockedNames is a RAR 5 archive of which even the headers are encrypted.
func rarLockedNames() []byte {
	h := append([]byte{4, 0, 0, 0, 15}, make([]byte, 16)...)
	h = append(binary.AppendUvarint(nil, uint64(len(h))), h...)
	b := append([]byte("Rar!\x1a\x07\x01\x00"), binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(h))...)
	return append(append(b, h...), bytes.Repeat([]byte("noise"), 100)...)
}

// archiveRows are archives that are no zip files, and compressed streams.
func archiveRows(t testing.TB) []format {
	e, zeros := entry{deepPath, []byte(needle)}, make([]byte, zeroBytes)
	row := func(name string, plain, bomb []byte, lose int) format {
		f := format{name: name, path: deepPath, plain: plain, cut: variant{data: plain[:len(plain)-lose], gap: cutText, lost: true}, why: noLock}
		if f.bomb = (variant{data: bomb, gap: bombText, lost: true}); bomb == nil {
			f.why += "; " + noBomb
		}
		return f
	}
	z := gzipOf(zeros)
	deb := row("a.deb", arOf(entry{"debian-binary", []byte("2.0\n")}, entry{"data.tar.zst", zstdOf(tarOf(t, e))}), arOf(entry{"data.tar.gz", bombOf()}), 20)
	deb.path = "data.tar.zst!" + deepPath
	rows := []format{deb,
		row("a.tar", tarOf(t, e), tarOf(t, entry{"z.gz", bombOf()}), 1024+490),
		row("a.tgz", gzipOf(tarOf(t, e)), gzipOf(tarOf(t, entry{"z.gz", z})), 20),
		row("a.tar.zst", zstdOf(tarOf(t, e)), zstdOf(zeros), 20),
		row("a.tar.xz", fixture(t, "a.tar.xz"), fixture(t, "bomb.xz"), 60), row("a.tar.bz2", fixture(t, "a.tar.bz2"), fixture(t, "bomb.bz2"), 40), row("a.tar.lzma", fixture(t, "a.tar.lzma"), fixture(t, "bomb.lzma"), 20),
		row("a.cpio", cpioOf(e), cpioOf(entry{"z.gz", bombOf()}), 160), row("a.rpm", rpmOf(e), rpmOf(entry{"z.gz", z}), 20),
		row("old.cpio", oldCpioOf(binary.LittleEndian, e), oldCpioOf(binary.LittleEndian, entry{"z.gz", bombOf()}), 50),
		row("a.rar", rarOf(false, e), rarOf(false, entry{"z.gz", bombOf()}), 20),
		packedRow("a.txt.gz", gzipOf([]byte(needle)), gzipOf(gzipOf(zeros))), packedRow("a.txt.zz", deflated([]byte(needle)), deflated(deflated(zeros))), packedRow("a.txt.zst", zstdOf([]byte(needle)), zstdOf(zeros)),
	}
	for i := range rows {
		if rows[i].name == "a.rar" {
			rows[i].locked = variant{data: rarOf(true, e), left: lockText, lost: true}
		}
	}
	for _, name := range []string{"lzma.7z", "lzma2.7z", "bzip2.7z", "copy.7z"} {
		f := row(name, fixture(t, name), fixture(t, "bomb-"+name), 8)
		f.locked = variant{data: fixture(t, "encrypted.7z"), left: lockText, lost: true}
		rows = append(rows, f)
	}
	for _, name := range []string{"lzma.zip", "bzip2.zip"} {
		f := row(name, fixture(t, name), fixture(t, "bomb-"+name), 30)
		f.locked, f.cut.lost = variant{data: fixture(t, "encrypted.zip"), left: lockText, lost: true}, false
		rows = append(rows, f)
	}
	return append(rows,
		format{name: "names.7z", locked: variant{data: fixture(t, "encrypted-names.7z"), left: lockText, lost: true}},
		format{name: "names.rar", locked: variant{data: rarLockedNames(), left: lockText, lost: true}})
}

// documentRows are documents. Those that are text lose nothing if they are cut: their
// bytes are searched.
func documentRows(t testing.TB) []format {
	office := `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:r><w:t>the need</w:t></w:r><w:r><w:t>le in the haystack</w:t></w:r></w:p></w:document>`
	odf := `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><text:p>the <text:span>need</text:span>le in the haystack</text:p></office:document-content>`
	rows := []format{
		zipRow(t, "a.docx", "word/document.xml", "word/document.xml!text", office),
		zipRow(t, "a.xlsx", "xl/sharedStrings.xml", "xl/sharedStrings.xml!text", strings.Replace(office, "wordprocessingml", "spreadsheetml", 1)),
		zipRow(t, "a.pptx", "ppt/slides/slide1.xml", "ppt/slides/slide1.xml!text", strings.Replace(office, "wordprocessingml", "presentationml", 1)),
		zipRow(t, "a.odt", "content.xml", "content.xml!text", odf),
	}
	for i, name := range []string{"a.docx", "a.xlsx", "a.pptx"} { // Office puts what it encrypts into another kind of file
		rows[i].locked = variant{data: compoundOf(entry{"EncryptionInfo", []byte("how")}, entry{"EncryptedPackage", bytes.Repeat([]byte{7}, 5000)}), left: lockText, lost: true}
		rows[i].name = name
	}
	pdf, mail, rtf := pdfOf("/Filter /FlateDecode", deflated([]byte(pdfPage))), mailOf("a.gz", gzipOf([]byte(needle))), rtfOf(oleOf("Package", packageOf("b.zip", zipOf(t, entry{"c.txt", []byte(needle)}))))
	ole := compoundOf(entry{"Notes", []byte(needle)}, entry{"Package", append(zipOf(t, entry{"c.txt", []byte(needle)}), make([]byte, 4096)...)})
	class := "\xCA\xFE\xBA\xBE\x00\x00\x00\x41\x00\x04\x01\x00\x1A" + needle + "\x01\x00\x1A" + needle + "\x01\x00\x05other"
	book := `{"cells":[{"cell_type":"code","source":["the needle ","in the haystack"],"outputs":[{"output_type":"stream","text":["x"]}]}]}`
	counted := func(name string, b []byte) format {
		return format{name: name, path: "strings", plain: b, cut: variant{data: b[:len(b)-20], gap: cutText, lost: name == "a.plist"}, why: noLock + "; " + noBomb}
	}
	return append(rows,
		format{name: "a.pdf", path: "content 1", plain: pdf, cut: variant{data: pdf[:bytes.Index(pdf, []byte("endstream"))-20], gap: cutText, lost: true},
			locked: variant{data: append(bytes.Clone(pdf), "trailer <</Encrypt 5 0 R>>"...), left: lockText, lost: true}, bomb: variant{data: pdfOf("/Filter[/FlateDecode/FlateDecode]", deflated(deflated(make([]byte, 32<<20)))), gap: bombText, lost: true}},
		format{name: "a.rtf", path: "object 1!b.zip!c.txt", plain: rtf, cut: variant{data: rtf[:len(rtf)-4], left: badText}, bomb: variant{data: rtfOf(bombOf()), gap: bombText, lost: true}, why: noLock},
		format{name: "a.eml", path: "a.gz", plain: mail, cut: variant{data: mail[:len(mail)-30], gap: cutText, left: badText, lost: true}, bomb: variant{data: mailOf("a.gz", bombOf()), gap: bombText, lost: true}, why: noLock},
		format{name: "a.ipynb", path: "cell 1", plain: []byte(book), cut: variant{data: []byte(book[:len(book)-9]), left: badText, lost: true}, why: noLock + "; " + noBomb},
		format{name: "A.class", path: "strings", plain: []byte(class), cut: variant{data: []byte(class[:60]), gap: cutText}, why: noLock + "; " + noBomb},
		format{name: "a.pyc", path: "strings", plain: []byte("\xCB\x0D\x0D\x0A" + strings.Repeat("\x00", 12) + "\xE3\xDA\x1A" + needle), why: noLock + "; " + noBomb + "; nothing in it says where it ends"},
		counted("a.plist", plistOf("\xA2\x01\x02", plistText(needle), plistText("x"))), counted("a.dex", dexOf("x", needle, strings.Repeat("y", 30))),
		counted("a.arsc", chunkOf(2, "\x01\x00\x00\x00", append(poolOf(true, "x", needle), chunkOf(0x200, "12345678", poolOf(false, "y"))...))),
		format{name: "a.doc", path: "Package!c.txt", plain: ole, cut: variant{data: ole[:len(ole)/3], gap: cutText, lost: true}, locked: variant{data: compoundOf(entry{"WordDocument", append([]byte("\xEC\xA5\xC1\x00\x00\x00\x00\x00\x00\x00\x00\x01"), make([]byte, 90)...)}), left: lockText, lost: true},
			bomb: variant{data: compoundOf(entry{"Package", append(bytes.Clone(bombOf()), make([]byte, 4096)...)}), gap: bombText, lost: true}},
		format{name: "a.sqlite", path: "notes", plain: fixture(t, "a.sqlite"), cut: variant{data: fixture(t, "a.sqlite")[:8192], gap: cutText, left: badText, lost: true}, bomb: variant{data: sharedRowsOf(), gap: "share bytes", lost: true}, why: "an encrypted one (SQLCipher) has no mark: it is noise"},
	)
}

// sharedRowsOf is a database with a page of which all cells are the same row.
func sharedRowsOf() []byte {
	const page = 65536
	b := make([]byte, 2*page)
	copy(b, sqliteMagic)
	b[17], b[59] = 1, 1 // pages of 65536 bytes, UTF-8
	cell := func(page []byte, header, at, times int, record []byte) {
		page[header] = 13
		binary.BigEndian.PutUint16(page[header+3:], uint16(times))
		for i := range times {
			binary.BigEndian.PutUint16(page[header+8+2*i:], uint16(at))
		}
		n := len(record)
		copy(page[at:], append([]byte{byte(n>>14) | 0x80, byte(n>>7) | 0x80, byte(n & 0x7F), 1}, record...))
	}
	cell(b[:page], 100, 60000, 1, []byte("\x06\x17\x0f\x0f\x01\x0dtablett\x02"))
	cell(b[page:], 0, 40000, 15000, append([]byte{4, 0x82, 0x9C, 0x4D}, bytes.Repeat([]byte("A"), 20000)...))
	return b
}

func allRows(t testing.TB) []format {
	rows := append(archiveRows(t), documentRows(t)...)
	for _, ext := range []string{"zip", "jar", "war", "apk", "ipa", "whl", "nupkg", "vsix"} {
		rows = append(rows, zipRow(t, "a."+ext, deepPath, deepPath, needle))
	}
	crx := zipRow(t, "a.crx", deepPath, deepPath, needle)
	for _, v := range []*[]byte{&crx.plain, &crx.locked.data, &crx.cut.data, &crx.bomb.data} {
		*v = append([]byte("Cr24\x03\x00\x00\x00\x04\x00\x00\x00abcd"), *v...)
	}
	return append(rows, crx)
}

func (v variant) check(t *testing.T, f format, what string, s seen) {
	t.Helper()
	switch {
	case !v.lost && !strings.Contains(allText(s), needle):
		t.Errorf("%s, %s: the needle is not found in %d texts", f.name, what, len(s.texts))
	case v.gap != "" && !gap(s, v.gap), v.gap == "" && len(s.gaps) > 0:
		t.Errorf("%s, %s: not searched: %q, want %q", f.name, what, s.gaps, v.gap)
	case v.left != "" && !strings.Contains(strings.Join(s.left, "\n"), v.left), v.left == "" && len(s.left) > 0:
		t.Errorf("%s, %s: left out: %q, want %q", f.name, what, s.left, v.left)
	case v.gap != "" && s.res.Whole:
		t.Errorf("%s, %s: it is said that nothing is left of it", f.name, what)
	}
}

func allText(s seen) string {
	var b strings.Builder
	for _, text := range s.texts {
		b.WriteString(text + "\n")
	}
	return b.String()
}

// TestEveryFormat: each format as it is, within others, encrypted, cut off, and as a
// bomb, as a file and as a stream.
func TestEveryFormat(t *testing.T) {
	for _, f := range allRows(t) {
		for _, stream := range []bool{false, true} {
			kind := fmt.Sprintf("stream %v", stream)
			if f.plain != nil {
				s := walk(t, f.name, f.plain, Defaults(), stream)
				variant{}.check(t, f, kind, s)
				if text := s.texts[f.path]; !strings.Contains(text, needle) {
					t.Errorf("%s, %s: %q is %q, of %d texts", f.name, kind, f.path, text, len(s.texts))
				}
				inner := entry{f.name, f.plain}
				for where, b := range map[string][]byte{"a zip": zipOf(t, inner), "a tgz": gzipOf(tarOf(t, inner)), "a zip in a tar": tarOf(t, entry{"b.zip", zipOf(t, inner)}), "a mail": mailOf(f.name, f.plain)} {
					s := walk(t, where[2:3]+".eml", b, Defaults(), stream)
					variant{}.check(t, f, "in "+where+", "+kind, s)
					found := false
					for path, text := range s.texts {
						found = found || strings.HasSuffix(path, strings.TrimPrefix(f.path, "!")) && strings.Contains(text, needle)
					}
					if !found {
						t.Errorf("%s in %s, %s: no text ends with %q", f.name, where, kind, f.path)
					}
				}
			}
			for what, v := range map[string]variant{"encrypted": f.locked, "cut off": f.cut, "bomb": f.bomb} {
				if v.data != nil {
					v.check(t, f, what+", "+kind, walk(t, f.name, v.data, Defaults(), stream))
					continue
				}
				if f.plain != nil && f.why == "" {
					t.Errorf("%s has no variant %s, and nothing says why", f.name, what)
				}
			}
		}
	}
}

func TestFiltersOfPDF(t *testing.T) {
	a85 := make([]byte, ascii85.MaxEncodedLen(2000))
	a85 = a85[:ascii85.Encode(a85, deflated([]byte(pdfPage)))]
	long := "(" + strings.Repeat("abcabcab xyz ", 3000) + ") Tj " + pdfPage
	var late bytes.Buffer
	w := lzw.NewWriter(&late, lzw.MSB, 8)
	w.Write([]byte(long))
	w.Close()
	var runLengths []byte
	for _, c := range []byte(pdfPage) {
		runLengths = append(runLengths, 0, c)
	}
	for dict, body := range map[string][]byte{
		"": []byte(pdfPage), "/Filter/FlateDecode": deflated([]byte(pdfPage)), "/Filter [ /FlateDecode ]": deflated([]byte(pdfPage)),
		"/Filter[/ASCII85Decode/FlateDecode]": append(a85, "~>"...), "/Filter [/A85 /Fl]": append([]byte("<~"), append(a85, "~>"...)...),
		"/Filter /ASCIIHexDecode": append([]byte(hex.EncodeToString([]byte(pdfPage))), " >"...), "/Filter /LZWDecode": lzwOf([]byte(pdfPage)),
		"/Filter /LZWDecode /DecodeParms <</EarlyChange 0>>": late.Bytes(), "/Filter [/ASCIIHexDecode /RunLengthDecode]": []byte(hex.EncodeToString(append(runLengths, 128))),
		"/Filter /FlateDecode /Type /ObjStm /N 1 /First 4": deflated([]byte("9 0 <</T (field) /V (the needle in the hay\\163tack)>>")),
		"/Type /ObjStm /First 4":                           []byte("9 0 <</V <FEFF" + hex.EncodeToString(utf16be("é "+needle)) + ">>>"),
		"/Type /EmbeddedFile /Filter /FlateDecode":         deflated(zipOf(t, entry{"a.txt", []byte(needle)})),
		"/Filter/FlateDecode /S /JavaScript":               deflated([]byte("app.alert('" + needle + "')")),
	} {
		s := walk(t, "a.pdf", pdfOf(dict, body), Defaults(), false)
		found := ""
		for path, text := range s.texts {
			if path != "" && strings.Contains(text, needle) {
				found = path
			}
		}
		if found == "" || len(s.gaps)+len(s.left) > 0 {
			t.Errorf("%s: texts %.200q, not searched %v %v", dict, s.texts, s.gaps, s.left)
		}
	}
	if s := walk(t, "a.pdf", []byte("%PDF-1.4\n3 0 obj <</Title (the nee\\144le \\\nin the haystack)>> endobj\n"), Defaults(), false); !strings.Contains(s.texts["objects"], needle) {
		t.Errorf("a title: %q", s.texts)
	}
	if s := walk(t, "a.pdf", pdfOf("/Filter /FlateDecode", []byte("no zlib")), Defaults(), false); len(s.left) != 1 || len(s.gaps) > 0 {
		t.Errorf("a stream that is damaged: %v %v", s.left, s.gaps)
	}
}

func utf16be(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}

// TestDeletedRowsOfSQLite: rows on pages that are free, and in what stands beside a
// database, those with pages of their own among them.
func TestDeletedRowsOfSQLite(t *testing.T) {
	long := strings.Repeat("long ", 2000) + needle
	fill := "with recursive n(i) as (select 1 union all select i+1 from n where i < 400) insert into gone select i, 'row '||i||' filling filling filling filling filling' from n;\n"
	sql := "create table gone(id integer primary key, v text); create table stays(v text);\n" + fill + "insert into gone values(9999, '" + long + "'); insert into stays values('x');\n"
	for _, pragma := range []string{"", "pragma page_size=1024;", "pragma encoding='UTF-16';", "pragma page_size=65536;"} {
		dir := made(t, pragma+"pragma secure_delete=off;"+sql+"drop table gone;", "sqlite3", "a.db")
		s := walk(t, "a.db", read(t, dir, "a.db"), Defaults(), false)
		if free := s.texts["(free pages)"]; pragma != "pragma page_size=65536;" && (!strings.Contains(free, "row 234 filling") || !strings.Contains(free, long)) {
			t.Errorf("%s a table that is gone: %d bytes, left out %v", pragma, len(free), s.left)
		}
		dir = made(t, pragma+"pragma journal_mode=wal; pragma wal_autocheckpoint=0;\n"+sql+".shell cp a.db-wal kept.db-wal\n", "sqlite3", "a.db")
		s = walk(t, "kept.db-wal", read(t, dir, "kept.db-wal"), Defaults(), false)
		if rows := s.texts["rows"]; !strings.Contains(rows, "row 234 filling") || !strings.Contains(rows, long) || strings.Count(rows, "row 234 ") > 2 {
			t.Errorf("%s a log: %d bytes, row 234 %d times, left out %v", pragma, len(rows), strings.Count(rows, "row 234 "), s.left)
		}
		dir = made(t, pragma+sql+"pragma cache_size=2; begin; update gone set v = 'new'; delete from gone where id = 9999; update stays set v='y';\n.shell cp a.db-journal kept.db-journal\nrollback;", "sqlite3", "a.db")
		s = walk(t, "kept.db-journal", read(t, dir, "kept.db-journal"), Defaults(), false)
		if rows := s.texts["rows"]; !strings.Contains(rows, "row 234 filling") {
			t.Errorf("%s a journal: %d bytes, left out %v, not searched %v", pragma, len(rows), s.left, s.gaps)
		}
	}
}

func TestCompoundFiles(t *testing.T) {
	text := []byte(strings.Repeat("page ", 3000) + needle)
	native := append([]byte{0, 0, 0, 0}, packageOf("../b.txt", []byte(needle))...)
	b := compoundOf(entry{"\x01Ole10Native", native}, entry{"long", text}, entry{"short", []byte("a " + needle)})
	s := walk(t, "a.msg", b, Defaults(), false)
	if s.texts["Ole10Native!b.txt"] != needle || s.texts["long"] != string(text) || s.texts["short"] != "a "+needle || len(s.gaps)+len(s.left) > 0 {
		t.Errorf("texts %.300q, not searched %v %v", s.texts, s.gaps, s.left)
	}
}

func TestGroupsOfRTF(t *testing.T) {
	for rtf, want := range map[string]string{
		`{\rtf1 the nee\'64\'6ce in the haystack}`:                                                      "text",
		`{\rtf1 x{\*\annotation the needle in the haystack}}`:                                           "text",
		`{\rtf1 x{\*\unknown the {\b need}{\i le} in the haystack}y}`:                                   "text in unknown groups",
		`{\rtf1 {\upr{x ?}{\*\ud{the need{\b le} in the hayst\u97?ck}}}}`:                               "text in unknown groups",
		`{\rtf1 {\*\a{\*\b the nee}}{\fonttbl x}{\*\c dle}{\footnote the nee{\b d}le in the haystack}}`: "text",
		`{\rtf1 x{\*\objdata ` + hex.EncodeToString([]byte(needle)) + `}}`:                              "object 1",
		"{\\rtf1 x{\\*\\objdata \\bin26 the needle in the haystack}}":                                   "object 1",
		`{\rtf1{\*\datastore ` + hex.EncodeToString(gzipOf([]byte(needle))) + `}}`:                      "object 1",
	} {
		if s := walk(t, "a.rtf", []byte(rtf), Defaults(), false); !strings.Contains(s.texts[want], needle) || len(s.left) > 0 {
			t.Errorf("%s: %q, left out %v", rtf, s.texts, s.left)
		}
	}
}

// TestDeletedRowsOfPages: rows that were deleted from pages that are in use, alone and
// beside each other, have columns again; those that are there are there once.
func TestDeletedRowsOfPages(t *testing.T) {
	for table, more := range map[string]int{"name text, token text, note text": 0, "id integer primary key, token text, note text": 0, "n real, token text, note text": 150} {
		fill := fmt.Sprintf("create table t(%s); with recursive n(i) as (select 1 union all select i+1 from n where i < 40) insert into t select i, 'token'||(1000+i), 'n'||i||substr('%s', 1, %d) from n;\n", table, strings.Repeat("long ", 40), more)
		for _, gone := range []string{"rowid % 3 = 0", "rowid between 10 and 14", "rowid in (20, 21); delete from t where rowid = 19; delete from t where rowid = 22", "rowid > 30", "rowid < 5", "rowid % 2 = 0; delete from t where rowid between 11 and 20"} {
			dir := made(t, "pragma secure_delete=off;"+fill+"delete from t where "+gone+";", "sqlite3", "a.db")
			s := walk(t, "a.db", read(t, dir, "a.db"), Defaults(), false)
			lost := 0
			for i := 1; i <= 40; i++ {
				switch n := strings.Count(s.texts["t"], fmt.Sprintf("\ttoken%d\tn%d", 1000+i, i)); {
				case n > 1:
					t.Errorf("%s, %s: row %d is there %d times", table, gone, i, n)
				case n == 0 && more == 0: // else some are on pages that are free
					lost++
				}
			}
			if lost > 0 || len(s.left)+len(s.gaps) > 0 {
				t.Errorf("%s, %s: %d rows are lost, left out %v:\n%q", table, gone, lost, s.left, s.texts["t"])
			}
		}
	}
}

// TestDeletedRowsOfNoTable: all rows of a table were deleted, one by one or at once, or it
// was dropped, so that its page has a list of others where its header was; and a log has
// pages from before a row was deleted only as they are now.
func TestDeletedRowsOfNoTable(t *testing.T) {
	const fill = "pragma secure_delete=off; create table stays(x); create table t(id integer primary key, [a,b] text, token text check (token <> ','), note text default (1), constraint c unique (id));" +
		"with recursive n(i) as (select 1 union all select i+1 from n where i < 9) insert into t select i, 'n'||i, 'token'||(1000+i), 'z'||i from n;\n"
	for _, gone := range []string{"delete from t where id > 0;", "delete from t;", "drop table t;"} {
		dir := made(t, fill+gone, "sqlite3", "a.db")
		s := walk(t, "a.db", read(t, dir, "a.db"), Defaults(), false)
		for i := 1; i <= 9; i++ {
			if row := fmt.Sprintf("\ttoken%d\tz%d", 1000+i, i); strings.Count(s.texts["t"]+s.texts["(free pages)"], row) != 1 {
				t.Errorf("%s: row %d is not there once: %q", gone, i, s.texts)
			}
		}
	}
	dir := made(t, "pragma journal_mode=wal; pragma wal_autocheckpoint=0;\n"+fill+"begin; insert into t values (10, 'n10', 'token1010', 'z10'); delete from t where id = 10; update stays set x = 1; commit;\n.shell cp a.db-wal kept.db-wal\n", "sqlite3", "a.db")
	if s := walk(t, "kept.db-wal", read(t, dir, "kept.db-wal"), Defaults(), false); !strings.Contains(s.texts["rows"], "\ttoken1010\tz10") {
		t.Errorf("the log: %q", s.texts)
	}
}

// TestColumnsOf counts columns in definitions.
func TestColumnsOf(t *testing.T) {
	for sql, want := range map[string]int{
		"CREATE TABLE t(a)": 1, "create table \"a(b\" (x, y)": 0, "CREATE TABLE t (a DECIMAL(10,2), b TEXT DEFAULT 'x,)', [c,d], `e(`, PRIMARY KEY (a, b), FOREIGN KEY(b) REFERENCES u(x))": 4,
		"CREATE TABLE t (a, b": 0, "": 0, "CREATE TABLE t (primary, check_sum, unique(a), \tCHECK(a>1))": 2,
	} {
		if got := columnsOf(sql); len(got) != want {
			t.Errorf("%s: %q, want %d", sql, got, want)
		}
	}
}
