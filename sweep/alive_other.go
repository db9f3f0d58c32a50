//go:build !unix

package sweep

// exists reports whether there is such a process: it is not known, so that time
// tells.
func exists(int) bool { return true }
