package keys

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// maxHead is how far above a key its comments are read, in bytes.
const maxHead = 400

// made says when a key of age was made: age-keygen writes that in a comment above it
// (github.com/FiloSottile/age, cmd/age-keygen).
func made(q *identity.Query) (a identity.Answer) {
	if !strings.HasPrefix(q.Finding.Parts[leak.SecretPart].Reveal(), "AGE-SECRET-KEY-") {
		return a
	}
	for i := range q.Places {
		p := &q.Places[i]
		if p.Start < 0 || p.Start > len(p.Text) {
			continue
		}
		head := p.Text[max(0, p.Start-maxHead):p.Start]
		head = head[bytes.LastIndex(head, []byte("AGE-SECRET-KEY-"))+1:] // another key's
		_, line, _ := bytes.Cut(head, []byte("# created: "))
		line, _, _ = bytes.Cut(line, []byte("\n"))
		t, err := time.Parse(time.RFC3339, string(bytes.TrimSpace(line)))
		if err != nil || t.Year() < 2019 || t.After(q.Now.AddDate(0, 0, 2)) { // the first version is of then
			continue
		}
		ref := fmt.Sprintf("%s:%d", p.Path, p.FirstLine+bytes.Count(p.Text[:p.Start], []byte("\n")))
		a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimIssued, Value: t.UTC().Format(time.RFC3339), Weight: 0.9, Reason: "comment above the key", Ref: ref})
	}
	return a
}
