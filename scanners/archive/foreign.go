package archive

import (
	"bytes"
	"path"
	"strings"
)

// foreignMarks are how files begin that are packed in ways that we cannot unpack. All but
// those of git are in https://github.com/file/file/tree/master/magic/Magdir: compress (lzop,
// lzip, compress), msdos (cabinets), archive (xar), filesystems (SquashFS) and windows
// (WIM).
var foreignMarks = []struct{ mark, name string }{
	{"\x89LZO\x00\r\n\x1a\n", "lzop"}, {"LZIP\x01", "lzip"}, {"MSCF\x00\x00\x00\x00", "a cabinet"}, {"xar!\x00", "xar"}, {"hsqs", "SquashFS"},
	{"MSWIM\x00\x00\x00", "WIM"},
	// https://git-scm.com/docs/gitformat-bundle
	{"# v2 git bundle\n", "a git bundle"}, {"# v3 git bundle\n", "a git bundle"},
	// https://git-scm.com/docs/gitformat-pack
	{"PACK\x00\x00\x00\x02", gitPack}, {"PACK\x00\x00\x00\x03", gitPack},
}

const gitPack = "a pack of git"

// foreignName names the way a file is packed, if it is one of those; empty for none. The
// name may be empty.
func foreignName(head []byte, name string) string {
	switch head[0] {
	case 0x89, 'L', 'M', 'x', 'h', '#', 'P':
		for _, f := range foreignMarks {
			if bytes.HasPrefix(head, []byte(f.mark)) && (f.name != "SquashFS" || len(head) > 29 && head[28] == 4 && head[29] == 0) {
				return f.name
			}
		}
	case 0x1F:
		if head[1] == 0x9D && head[2]&0x60 == 0 && head[2]&0x1F >= 9 && head[2]&0x1F <= 16 {
			return "compress"
		}
	}
	if strings.EqualFold(path.Ext(name), ".br") { // Brotli has no mark (RFC 7932)
		for _, c := range head[:min(len(head), 64)] {
			if c < ' ' && !blank(c) || c >= 0x7F {
				return "Brotli"
			}
		}
	}
	return ""
}

// errForeign is what is said of a file that is packed in one of those ways. The packs of
// a repository are left out, as its objects are in a folder.
func errForeign(name string) error {
	if name == gitPack {
		return errGitPack
	}
	return errUnknown(name)
}

func blank(c byte) bool { return c == '\t' || c == '\n' || c == '\r' }
