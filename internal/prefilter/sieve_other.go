//go:build !amd64

package prefilter

const haveSieve = false

func sieve(_, _ *byte, _ int, _ *uint16) (found int) {
	panic("prefilter: sieve is for amd64")
}
