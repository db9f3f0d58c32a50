//go:build !unix

package gitpack

const nonblock = 0
