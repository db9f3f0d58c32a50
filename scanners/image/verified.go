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
	if got := v.got(); got != v.want {
		return fmt.Errorf("%w: %s, not %s", errDigest, got, v.want)
	}
	return nil
}

// got is the digest of what was read.
func (v *verified) got() v1.Hash {
	return v1.Hash{Algorithm: v.want.Algorithm, Hex: hex.EncodeToString(v.sum.Sum(nil))}
}

// denies reports whether what an image says of the content of a layer is known to be
// wrong.
func (p *part) denies(content v1.Hash) bool {
	known := p.content
	if known == (v1.Hash{}) {
		known = p.blob.content
	}
	return content != (v1.Hash{}) && known != (v1.Hash{}) && content.Algorithm == known.Algorithm && content != known
}

// ratio is the unpacked content of a blob, of which raw counts what has been read.
type ratio struct {
	r   io.Reader
	n   int64
	raw *counter
}

func (b *ratio) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.n += int64(n); b.n > freeRatio && b.n > maxRatio*b.raw.n {
		return n, errBomb
	}
	return n, err
}
