package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/leak"
)

// The two halves of a key to a store that speaks S3, as MinIO's own settings call them:
// min.io/docs/minio/linux/reference/minio-mc/mc-alias-set.html, and AWS's tools.
var (
	secretHalves = []string{"secretkey", "secretaccesskey", "secretkeyid"}
	publicHalves = []string{"accesskey", "accesskeyid"}
	publicHalf   = form(`[A-Za-z0-9][A-Za-z0-9._@-]{2,127}`)
)

const minio = "minio"

// accessKey says to which access key a secret one belongs, and on which server, by fields
// with the same beginning in its record.
func (b *beside) accessKey() {
	p, ok := without(plain(b.seen.Own.Name), secretHalves)
	if !ok || !unspecific(&b.s.q.Finding.Rule) {
		return
	}
	field := func(ends []string) *around.Field {
		var best *around.Field
		for i := range b.seen.Fields {
			f := &b.seen.Fields[i]
			own, ok := without(plain(f.Name), ends)
			if ok && own == p && b.seen.Weight(f) >= around.Near && settled(f.Value) && (best == nil || b.seen.Weight(f) > b.seen.Weight(best)) {
				best = f
			}
		}
		return best
	}
	key := field(publicHalves)
	if key == nil || !publicHalf.MatchString(key.Value) {
		return
	}
	b.says(key, leak.ClaimKeyID, key.Value, b.seen.Weight(key))
	if b.ofMinIO() {
		b.says(key, leak.ClaimName, key.Value, b.seen.Weight(key))
		b.tell(leak.ClaimProvider, minio, "the fields beside it are MinIO's", around.Near, b.seen.Own.Line)
		b.tell(leak.ClaimType, string(leak.ServiceAccount), "the fields beside it are MinIO's", around.Near, b.seen.Own.Line)
	}
	if f := field(hostEnds); f != nil {
		if m := hosted.FindStringSubmatch(f.Value); m != nil && strings.Contains(m[1], ".") {
			b.says(f, leak.ClaimServer, strings.ToLower(m[1]), b.seen.Weight(f))
		}
	}
}

// ofMinIO reports whether a field's name, what it stands under or the kind of store beside it
// says MinIO.
func (b *beside) ofMinIO() bool {
	for _, name := range append([]string{b.seen.Own.Name}, b.seen.Key.Above...) {
		if slices.Contains(Words(name), minio) {
			return true
		}
	}
	return slices.ContainsFunc(b.seen.Fields, func(f around.Field) bool {
		return strings.EqualFold(f.Value, minio) && b.seen.Weight(&f) >= around.Near
	})
}
