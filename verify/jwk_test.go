package verify

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"math/big"
	"testing"
)

// TestPointsOfJWKs: a point is the key that it was made of, and what is no point of
// its curve is no key.
func TestPointsOfJWKs(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	for name, curve := range curves {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		size := len(point) / 2
		x, y := point[1:1+size], point[1+size:]
		read := func(crv string, x, y []byte) any {
			fields := map[string]string{"kty": "EC", "crv": crv, "x": b64(x), "y": b64(y)}
			return publicKey(func(field string) string { return fields[field] })
		}
		if got := read(name, x, y); !key.PublicKey.Equal(got) {
			t.Errorf("%s: reads %v, want the key that was written", name, got)
		}
		p := curve.Params().P
		minus := new(big.Int).Sub(p, new(big.Int).SetBytes(y)).FillBytes(make([]byte, size))
		if got, ok := read(name, x, minus).(*ecdsa.PublicKey); !ok || key.PublicKey.Equal(got) {
			t.Errorf("%s: the mirrored point is %v, want another key", name, got)
		}
		other := bytes.Clone(y)
		other[size-1] ^= 1
		zero := make([]byte, size)
		for what, bad := range map[string][2][]byte{
			"off the curve":          {x, other},
			"swapped":                {y, x},
			"at infinity":            {zero, zero},
			"without x":              {nil, y},
			"without y":              {x, nil},
			"x too short":            {x[1:], y},
			"y too long":             {x, append([]byte{0}, y...)},
			"cut at another place":   {point[1 : size+2], y[1:]},
			"x outside of the field": {p.FillBytes(make([]byte, size)), y},
			"all ones":               {bytes.Repeat([]byte{0xff}, size), bytes.Repeat([]byte{0xff}, size)},
		} {
			if got := read(name, bad[0], bad[1]); got != nil {
				t.Errorf("%s: a point %s is the key %v", name, what, got)
			}
		}
		for crv := range curves {
			if crv != name && read(crv, x, y) != nil {
				t.Errorf("a point of %s is one of %s", name, crv)
			}
		}
		for _, crv := range []string{"", "P-224", "secp256k1", "p-256"} {
			if read(crv, x, y) != nil {
				t.Errorf("a point of %s is one of %q", name, crv)
			}
		}
	}
}
