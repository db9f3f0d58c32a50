//go:build !amd64

package coded

const haveStop = false

func stop(_ *byte, _ int) (at int, others uint32, marks uint64) {
	panic("coded: stop is for amd64")
}
