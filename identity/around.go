package identity

import (
	"bytes"
	"hash/maphash"
	"strings"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/kubeconfig"
	"github.com/whosekey/whosekey/leak"
)

// A files keeps what the file that was read last says of its logins: a file with
// one credential often has more.
type files struct {
	seed    maphash.Seed
	hash    uint64
	entries []decode.Entry
}

// state is what a Terraform state says of the resource with the credential:
// nothing if it stands in none, or in several.
func (s *files) state(p *Place, secret string) []leak.Evidence {
	if p.FirstLine > 1 || !strings.Contains(strings.ToLower(p.Path), ".tfstate") {
		return nil
	}
	return declared(s.entry(p, secret), p)
}

// entry is what the only login of a file with the credential says.
func (s *files) entry(p *Place, secret string) (said []leak.Evidence) {
	if hash := maphash.Bytes(s.seed, p.Text); hash != s.hash {
		s.hash, s.entries = hash, decode.Entries(decode.Input{Value: string(p.Text)})
	}
	for i := range s.entries {
		if !s.entries[i].Holds(secret) {
			continue
		}
		if said != nil {
			return nil
		}
		said = s.entries[i].Evidence
	}
	return said
}

// kubeconfig is the cluster that the contexts of a kubeconfig join the credential's user to.
func (s *files) kubeconfig(p *Place, secret string) (out []leak.Evidence) {
	if p.FirstLine > 1 || !kubeconfig.Maybe(p.Text) {
		return nil
	}
	for _, e := range s.entry(p, secret) {
		switch e.Claim {
		case leak.ClaimProvider, leak.ClaimServer, leak.ClaimTenant, leak.ClaimTenantKind:
			e.Class, e.Ref = leak.FromNeighbour, p.Path
			out = append(out, e)
		}
	}
	return out
}

// declared is evidence of a file that the credential stands in.
func declared(said []leak.Evidence, p *Place) (out []leak.Evidence) {
	for _, e := range said {
		if e.Class == leak.FromStructure {
			e.Class, e.Ref = leak.FromIaC, p.Path
		}
		out = append(out, e)
	}
	return out
}

// createdKey is what the object around an access key of AWS says: each of its
// fields is a neighbour in one block.
func createdKey(p *Place, secret string) []leak.Evidence {
	if p.Start < 0 || p.Start > p.End || p.End > len(p.Text) {
		return nil
	}
	first, last := max(0, p.Start-maxAnswer), min(len(p.Text), p.End+maxAnswer)
	from, to := bytes.LastIndexByte(p.Text[first:p.Start], '{'), bytes.IndexByte(p.Text[p.End:last], '}')
	if from < 0 || to < 0 {
		return nil
	}
	said := decode.CreatedKey(string(p.Text[first+from:p.End+to+1]), secret)
	for i := range said {
		said[i].Class, said[i].Weight, said[i].Ref = leak.FromNeighbour, weightOwn, p.Path
	}
	return said
}

// maxAnswer is how much around a key can be of what AWS answered, in bytes.
const maxAnswer = 2 << 10

// maxKeyFile is how long a key's file is, in bytes, base64 included.
const maxKeyFile = 48 << 10

// keyFile is what the file of a Google service account says whose private key is
// the credential. It may stand in the text as it is, escaped, or in base64.
func keyFile(p *Place, secret string) []leak.Evidence {
	if p.Start < 0 || p.Start > p.End || p.End > len(p.Text) {
		return nil
	}
	first, last := max(0, p.Start-maxKeyFile), min(len(p.Text), p.End+maxKeyFile)
	before, after := p.Text[first:p.Start], p.Text[p.End:last]
	from := bytes.LastIndexByte(before, '{')
	to := bytes.IndexByte(after, '}')
	if from >= 0 && to >= 0 {
		object := string(p.Text[first+from : p.End+to+1])
		for _, text := range []string{object, strings.NewReplacer(`\"`, `"`, `\\n`, `\n`, `\n`, "\n").Replace(object)} {
			if said := decode.KeyFile(text, secret); said != nil {
				return said
			}
		}
	}
	letter := func(b byte) bool {
		return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || strings.IndexByte("+/=_-", b) >= 0
	}
	start, end := p.Start, p.End
	for start > first && letter(p.Text[start-1]) {
		start--
	}
	for end < last && letter(p.Text[end]) {
		end++
	}
	for end > start && bytes.IndexByte(p.Text[start:end], '=') >= 0 { // NAME=value
		at := start + bytes.IndexByte(p.Text[start:end], '=')
		if end-at <= 3 {
			break
		}
		start = at + 1
	}
	return decode.KeyFile(string(p.Text[start:end]), secret)
}

// maxConnection is how much a connection string has around its key, in bytes.
const maxConnection = 4 << 10

// connection is what the connection string or the address says that a key of Azure
// stands in: it is one credential, of which the rule takes the key. Its fields are
// neighbours too, which makes them no second witness.
func connection(p *Place, in *decode.Input) (out []leak.Evidence) {
	if p.Start < 0 || p.Start > p.End || p.End > len(p.Text) {
		return nil
	}
	const ends = "\r\n\t \"'`<>,\\"
	first, last := max(0, p.Start-maxConnection), min(len(p.Text), p.End+maxConnection)
	from := first + 1 + bytes.LastIndexAny(p.Text[first:p.Start], ends)
	to := last
	if n := bytes.IndexAny(p.Text[p.End:last], ends); n >= 0 {
		to = p.End + n
	}
	text := string(p.Text[from:to])
	if text == in.Value || !strings.Contains(text, in.Value) {
		return nil
	}
	for _, e := range decode.Decode(decode.Input{Rule: in.Rule, Provider: in.Provider, Value: text, Now: in.Now}) {
		if e.Class == leak.FromStructure && e.Weight >= Certain {
			e.Basis = leak.FromNeighbour
			out = append(out, e)
			if e.Claim == leak.ClaimTenant && e.Value == in.Parts["account"] { // which the rule takes for the name
				e.Claim = leak.ClaimName
				out = append(out, e)
			}
		}
	}
	return out
}
