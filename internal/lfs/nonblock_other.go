//go:build !unix

package lfs

const nonblock = 0
