package archive

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
)

// Kind is a format that can be looked into.
type Kind uint8

// The formats.
const (
	None Kind = iota
	// Compressed streams.
	gzipped
	bzipped
	xzipped
	zstdPacked
	lzmaPacked
	lz4Packed
	snappyPacked
	zlibPacked
	foreignPacked // what cannot be unpacked, and is told
	// Archives.
	zipped
	tarred
	sevenZipped
	rarred
	arArchive
	rpmPackage
	cpioArchive
	// Documents. Their bytes are searched too: what can be found in them as they
	// are has a line there.
	sqliteFile
	pdfFile
	rtfFile
	mailFile
	notebook
	classFile
	pycFile
	officeXML
	sqliteLog    // a write-ahead log or a rollback journal
	compoundFile // of OLE: Office before 2007, Outlook, and what Office encrypts
	plistFile    // a binary property list
	dexFile      // the program of an app for Android
	androidFile  // its resources, and its compiled XML
	isoFile      // an image of ISO 9660
	patchFile    // changes, as git prints them
)

// packed reports whether a kind is a stream that holds one other file.
func (k Kind) packed() bool { return gzipped <= k && k <= foreignPacked }

// Opaque reports whether nothing can be found in the bytes of a kind that is
// not in what it holds.
func (k Kind) Opaque() bool { return gzipped <= k && k <= cpioArchive }

// apart reports whether the bytes of a kind come with its texts, without those that its
// texts say better.
func (k Kind) apart() bool { return k == pycFile || k == mailFile || k.counted() }

// counted reports whether texts of a kind have their lengths in front of them.
func (k Kind) counted() bool { return k == plistFile || k == dexFile || k == androidFile }

// SniffLen is how much of a file Sniff needs at most.
const SniffLen = 4096

var (
	sqliteMagic = []byte("SQLite format 3\x00")
	sevenMagic  = []byte("7z\xBC\xAF\x27\x1C")
	xzMagic     = []byte("\xFD7zXZ\x00")
	rarMagic    = []byte("Rar!\x1A\x07")
	arMagic     = []byte("!<arch>\n")

	plistMagic = []byte("bplist00")
	dexMagic   = []byte("dex\n") // and a version

	crxMagic      = []byte("Cr24")
	compoundMagic = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	journalMagic  = []byte("\xD9\xD5\x05\xF9\x20\xA1\x63\xD7")
	tarMagic      = []byte("ustar")
	s2Magic       = []byte("\xFF\x06\x00\x00S2sTwO")
	snappyMagic   = []byte("\xFF\x06\x00\x00sNaPpY") // https://github.com/google/snappy/blob/main/framing_format.txt
)

const tarMagicAt = 257

// Sniff tells the format of a file that begins with head, by its first bytes.
// It takes a few nanoseconds for most files. The name may be empty; it decides
// only about formats that have no mark of their own.
func Sniff(head []byte, name string) Kind {
	if len(head) < 8 {
		return None
	}
	if k := sniffMark(head); k != None {
		return k
	}
	if len(head) >= 512 && bytes.Equal(head[tarMagicAt:tarMagicAt+5], tarMagic) {
		return tarred
	}
	if isPyc(head) {
		return pycFile
	}
	if isLZMA(head) {
		return lzmaPacked
	}
	if isZlib(head) {
		return zlibPacked
	}
	if name == "" {
		return None
	}
	return sniffName(head, name)
}

// sniffMark decides by the mark at the beginning.
func sniffMark(head []byte) Kind {
	is := func(mark []byte, k Kind) Kind {
		if bytes.HasPrefix(head, mark) {
			return k
		}
		return None
	}
	switch head[0] {
	case 'P':
		if head[1] == 'K' && (head[2] == 3 && head[3] == 4 || head[2] == 5 && head[3] == 6 || head[2] == 7 && head[3] == 8) {
			return zipped
		}
	case 0x1F:
		if head[1] == 0x8B && head[2] == 8 && head[3]&0xE0 == 0 {
			return gzipped
		}
	case 'B':
		if head[1] == 'Z' && head[2] == 'h' && head[3] >= '1' && head[3] <= '9' && (head[4] == 0x31 && head[5] == 0x41 || head[4] == 0x17 && head[5] == 0x72) {
			return bzipped
		}
	case 0x02, 0x03, 0x04:
		if isAndroid(head) {
			return androidFile
		}
		if m := binary.LittleEndian.Uint32(head); m == lz4Frame || m == lz4Legacy {
			return lz4Packed
		}
	case 0xFF:
		return max(is(snappyMagic, snappyPacked), is(s2Magic, snappyPacked))
	case 0xFD:
		return is(xzMagic, xzipped)
	case 0x28:
		if binary.LittleEndian.Uint32(head) == 0xFD2FB528 {
			return zstdPacked
		}
	case '7':
		if m := binary.BigEndian.Uint32(head); m&^1 == 0x377F0682 && binary.BigEndian.Uint32(head[4:]) == 3007000 {
			return sqliteLog
		}
		return is(sevenMagic, sevenZipped)
	case 'R':
		if k := is(rarMagic, rarred); k != None {
			return k
		}
	case '!':
		return is(arMagic, arArchive)
	case 0xED:
		if binary.BigEndian.Uint32(head) == 0xEDABEEDB {
			return rpmPackage
		}
	case 0xC7, 'q':
		if m := binary.LittleEndian.Uint16(head); (m == oldCpio || m == oldCpio>>8|oldCpio<<8&0xFF00) && isOldCpio(head) {
			return cpioArchive
		}
	case '0':
		if string(head[:5]) == "07070" && (head[5] == '1' || head[5] == '2' || head[5] == '7') {
			return cpioArchive
		}
	case 'S':
		if k := is(sqliteMagic, sqliteFile); k != None {
			return k
		}
	case '%':
		return is([]byte("%PDF-"), pdfFile)
	case 'b':
		return is(plistMagic, plistFile)
	case 'd':
		if bytes.HasPrefix(head, dexMagic) && isDigit(head[4]) && isDigit(head[5]) && isDigit(head[6]) && head[7] == 0 {
			return dexFile
		}
	case 'C':
		if is(crxMagic, zipped) != None && (head[4] == 2 || head[4] == 3) && head[5]|head[6]|head[7] == 0 {
			return zipped
		}
	case 0xD0:
		return is(compoundMagic, compoundFile)
	case 0xD9:
		return is(journalMagic, sqliteLog)
	case 0xCA: // a Mach-O file with several parts has the mark too, and a small number here
		if binary.BigEndian.Uint32(head) == 0xCAFEBABE && binary.BigEndian.Uint16(head[6:]) >= 45 {
			return classFile
		}
	}
	if foreignName(head, "") != "" {
		return foreignPacked
	}
	return sniffText(head)
}

// sniffText decides about documents that are text.
func sniffText(head []byte) Kind {
	switch head[0] {
	case '{':
		if bytes.HasPrefix(head, []byte(`{\rtf`)) {
			return rtfFile
		}
		if start := head[:min(len(head), 64)]; bytes.Contains(start, []byte(`"cells"`)) {
			return notebook
		}
	case '<':
		if (head[1] == '?' || letter(head[1])) && isOffice(head) {
			return officeXML
		}
	case 0xEF: // a byte order mark
		if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF<")) && isOffice(head) {
			return officeXML
		}
	case 'R', 'D', 'M', 'F', 'S', 'T', 'X', 'C':
		if isMail(head) {
			return mailFile
		}
	}
	if c := head[0]; (c == 'd' || c == 'c' || c == 'F') && isGitPatch(head) {
		return patchFile
	}
	return None
}

// isAndroid reports whether a table of resources or a tree of XML begins with a pool of
// texts: a chunk has a kind, the length of its header, and a size.
func isAndroid(head []byte) bool {
	mark, at := binary.LittleEndian.Uint32(head), 12
	if mark == 0x00080003 {
		at = 8
	} else if mark != 0x000C0002 {
		return false
	}
	return len(head) >= at+8 && binary.LittleEndian.Uint32(head[at:]) == 0x001C0001
}

// isOffice reports whether XML is that of a text, a slide or a sheet, of the
// transitional OOXML or the strict one (ISO/IEC 29500-1, Annex A), or of ODF.
// Word since 2019 names some twenty spaces of Microsoft's before that.
func isOffice(head []byte) bool {
	if start := head[:min(len(head), 1024)]; !bytes.Contains(start, []byte("http://schemas.")) {
		head = start
	}
	head = head[:min(len(head), SniffLen)]
	for _, space := range []string{"schemas.openxmlformats.org/", "purl.oclc.org/ooxml/"} {
		for rest := head; ; {
			_, after, ok := bytes.Cut(rest, []byte(space))
			if !ok {
				break
			}
			for _, kind := range []string{"wordprocessingml", "presentationml", "spreadsheetml", "drawingml"} {
				if bytes.HasPrefix(after, []byte(kind)) {
					return true
				}
			}
			rest = after
		}
	}
	return bytes.Contains(head, []byte("urn:oasis:names:tc:opendocument:xmlns:office"))
}

var mailStarts = []string{"Return-Path:", "Received:", "Delivered-To:", "Date:", "DKIM-Signature:", "MIME-Version:", "Message-ID:", "Message-Id:", "From:", "From ", "Subject:", "To:", "X-", "Content-Type: multipart/", "Content-Type: message/"}

// isMail reports whether a text begins as a message does that has something to
// decode.
func isMail(head []byte) bool {
	for _, s := range mailStarts {
		if len(head) > len(s) && string(head[:len(s)]) == s {
			lower := bytes.ToLower(head[:min(len(head), SniffLen)])
			return bytes.Contains(lower, []byte("\nmime-version:")) || bytes.HasPrefix(lower, []byte("mime-version:")) ||
				bytes.Contains(lower, []byte("content-type: multipart/"))
		}
	}
	return false
}

// sniffName decides about what has no mark, or a weak one.
func sniffName(head []byte, name string) Kind {
	switch strings.ToLower(path.Ext(name)) {
	case ".pyc", ".pyo":
		if head[2] == '\r' && head[3] == '\n' {
			return pycFile
		}
	case ".lzma", ".tlz":
		if head[0] < 225 && head[1] == 0 && head[2] == 0 {
			return lzmaPacked
		}
	case ".ipynb":
		if head[0] == '{' {
			return notebook
		}
	case ".tar": // from before 1988
		if len(head) >= 512 && tarSum(head) {
			return tarred
		}
	case ".eml":
		return mailFile
	case ".patch", ".diff":
		return patchFile
	case ".br":
		if foreignName(head, name) != "" {
			return foreignPacked
		}
	}
	return None
}

// tarSum reports whether the first header of a tar file has the right sum.
func tarSum(h []byte) bool {
	var sum, want int64
	for i, b := range h[:512] {
		if i >= 148 && i < 156 {
			b = ' '
		}
		sum += int64(b)
	}
	for _, c := range bytes.Trim(h[148:156], " \x00") {
		if c < '0' || c > '7' {
			return false
		}
		want = want<<3 | int64(c-'0')
	}
	return want > 0 && sum == want
}
