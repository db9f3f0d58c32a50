package image

import (
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// verified reads a blob and computes its digest.
type verified struct {
	r    io.Reader
	want v1.Hash
	sum  hash.Hash
	read int64
}

func newVerified(r io.Reader, want v1.Hash) *verified {
	v := &verified{r: r, want: want}
	if v.want != (v1.Hash{}) {
		v.sum, _ = v1.Hasher(v.want.Algorithm) // parsing has checked it
	}
	return v
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	if v.sum != nil {
		v.sum.Write(p[:n])
	}
	v.read += int64(n)
	return n, err
}

// check compares, after all has been read.
func (v *verified) check() error {
	if v.sum == nil {
		return nil
	}
	if got := hex.EncodeToString(v.sum.Sum(nil)); got != v.want.Hex {
		return fmt.Errorf("%w: %s:%s, not %s", errDigest, v.want.Algorithm, got, v.want)
	}
	return nil
}
