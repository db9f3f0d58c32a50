//go:build unix

package gitpack

import "syscall"

// mapFile maps a regular file. The mapping stays until unmap: files of an
// object database are replaced, not changed, and a truncated one raises a
// fault that Walk and Read turn into an error.
func mapFile(name string) ([]byte, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := regularSize(f)
	if err != nil || size == 0 {
		return nil, err
	}
	if int64(int(size)) != size {
		return nil, errTooBig
	}
	return syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
}

func unmap(data []byte) error {
	if data == nil {
		return nil
	}
	return syscall.Munmap(data)
}
