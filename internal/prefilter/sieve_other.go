//go:build !amd64

package prefilter

const haveSieve = false

func sieve(_, _ *byte, _ int, _ *byte, _ int) (six, four, head int) {
	panic("prefilter: sieve is for amd64")
}
