//go:build !unix

package gitpack

import (
	"errors"
	"os"
)

// tempFolder is where temporary files go; nothing is known of it.
func tempFolder() (dir string, free int64, inMemory bool) { return os.TempDir(), 2 * maxScratch, false }

// mapTemp says that there are no mapped files: what is too large for the heap
// is skipped.
func mapTemp(string, int) ([]byte, error) {
	return nil, errors.New("large objects can be rebuilt on Unix only")
}
