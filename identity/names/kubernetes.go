package names

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// maxSettings is the longest value of a Secret that is read as settings, in bytes.
const maxSettings = 64 << 10

// settings reads a value of a Secret that is an object of JSON: who logs in stands in it,
// and where in it or in another field, as in Argo CD's clusters
// (argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters).
func (b *beside) settings(p *identity.Place) {
	if b.s.q.Finding.Rule.ID != rules.KubernetesSecret || p.Start < 0 || p.Start > p.End || p.End > len(p.Text) || p.End-p.Start > maxSettings {
		return
	}
	value := p.Text[p.Start:p.End]
	if raw, err := base64.StdEncoding.DecodeString(string(value)); err == nil {
		value = raw
	}
	var fields map[string]any
	if !bytes.HasPrefix(value, []byte("{")) || json.Unmarshal(value, &fields) != nil {
		return
	}
	where := ""
	for name, v := range fields {
		text, ok := v.(string)
		switch {
		case !ok || len(text) > around.MaxText || !settled(text):
		case slices.Contains(userEnds, plain(name)) && user.MatchString(text) && !strings.Contains(text, "@"):
			b.tell(leak.ClaimName, text, name+" in the same value", around.InBlock, b.seen.Own.Line)
		case slices.Contains(hostEnds, plain(name)) && where == "":
			where = text
		}
	}
	if m := hosted.FindStringSubmatch(where); m != nil && strings.ContainsAny(m[1], ".:") {
		b.tell(leak.ClaimServer, strings.ToLower(m[1]), "the server in the same value", around.InBlock, b.seen.Own.Line)
	} else if f := b.best(func(f *around.Field) bool {
		return slices.Contains(hostEnds, plain(f.Name)) && hosted.MatchString(f.Value)
	}); f != nil {
		if m := hosted.FindStringSubmatch(f.Value); strings.ContainsAny(m[1], ".:") {
			b.says(f, leak.ClaimServer, strings.ToLower(m[1]), b.seen.Weight(f))
		}
	}
}

// decoded reads the fields beside a value of a Secret's data, which are in base64 as it is
// (kubernetes.io/docs/concepts/configuration/secret/).
func decoded(seen *around.Text) {
	if len(seen.Key.Above) == 0 || seen.Key.Above[0] != "data" {
		return
	}
	for i := range seen.Fields {
		f := &seen.Fields[i]
		if f.Indent != seen.Own.Indent || len(f.Value) > 2*around.MaxText || seen.Weight(f) < around.InBlock {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(f.Value)
		if text := strings.TrimSpace(string(raw)); err == nil && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			f.Value = text
		}
	}
}
