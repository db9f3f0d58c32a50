//go:build !unix

package dir

var openFolder = openRootFolder
