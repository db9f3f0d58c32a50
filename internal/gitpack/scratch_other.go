//go:build !unix

package gitpack

import "errors"

// mapTemp says that there are no mapped files: what is too large for the heap
// is skipped.
func mapTemp(int) ([]byte, error) {
	return nil, errors.New("large objects can be rebuilt on Unix only")
}
