//go:build unix && !linux

package dir

// Made implements file.
func (f *unixFile) Made() bool { return false }
