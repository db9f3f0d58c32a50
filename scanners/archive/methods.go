package archive

import "fmt"

// errUnknown is the name of a method that we cannot unpack.
type errUnknown string

func (e errUnknown) Error() string { return "packed with " + string(e) }

// Is makes it an errMethod.
func (e errUnknown) Is(target error) bool { return target == errMethod }

// zipMethods are of PKWARE's APPNOTE.TXT, 4.4.5.
var zipMethods = map[uint16]string{
	1: "Shrink", 2: "Reduce", 3: "Reduce", 4: "Reduce", 5: "Reduce", 6: "Implode", 9: "Deflate64", 10: "PKWARE's Implode", 18: "IBM TERSE", 19: "IBM LZ77",
	94: "MP3", 96: "JPEG", 97: "WavPack", 98: "PPMd",
}

// sevenMethods are of the list that comes with 7-Zip and its variant with Zstandard.
var sevenMethods = map[uint64]string{
	0x0303011B: "BCJ2", 0x030401: "PPMd", 0x040109: "Deflate64", 0x04F71102: "Brotli", 0x04F71104: "LZ4", 0x04F71105: "LZ5", 0x04F71106: "Lizard",
}

func unknownZip(method uint16) error {
	if name := zipMethods[method]; name != "" {
		return errUnknown(name)
	}
	return errUnknown(fmt.Sprintf("method %d of zip", method))
}

func unknownSeven(id uint64) error {
	if name := sevenMethods[id]; name != "" {
		return errUnknown(name)
	}
	return errUnknown(fmt.Sprintf("method %x of 7z", id))
}
