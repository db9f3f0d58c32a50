//go:build !unix

package gitrepo

import "os"

// sameOwner cannot tell here, so alternates need --allow-alternates.
func sameOwner(a, b os.FileInfo) bool { return false }
