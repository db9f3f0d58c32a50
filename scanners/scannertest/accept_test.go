package scannertest_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/scannertest"
)

func TestMem(t *testing.T) {
	blobs := map[string][]byte{"empty": nil, "short": []byte("x"), "text": []byte("one line\nand two\n"), "": []byte("no name")}
	for _, n := range []int{100, 127, 128, 129, 5000, 12_001, 100_000} {
		blobs[fmt.Sprint("long ", n)] = bytes.Repeat([]byte("0123456789abcdefghij\n"), n)[:n]
	}
	for _, size := range []int{0, 1, 100, 6000, 1 << 20} {
		t.Run(fmt.Sprintf("chunks of %d", size), func(t *testing.T) {
			scannertest.Accept(t, func() scanners.Source { return &scannertest.Mem{Blobs: blobs, Size: size} }, blobs)
		})
	}
	scannertest.Accept(t, func() scanners.Source { return scannertest.Text("a", "b") }, map[string][]byte{"a": []byte("b")})
	scannertest.Accept(t, func() scanners.Source { return new(scannertest.Mem) }, nil)
}
