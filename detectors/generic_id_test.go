package detectors_test

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestIDBeside: a secret of a client and its id are one finding.
func TestIDBeside(t *testing.T) {
	set := everything(t)
	for _, c := range []struct{ text, part, id string }{
		{"CLIENT_ID=acme-web\nCLIENT_SECRET=§\n", "client_id", "acme-web"},
		{"oauth:\n  client_id: k3Jd8sLq9ZxP\n  client_secret: §\n", "client_id", "k3Jd8sLq9ZxP"},
		{`{"clientSecret": "§", "scope": "x", "clientId": "3f2b8c1e-9d47-4a65-8b1f-2c7e5d9a0f13"}`, "client_id", "3f2b8c1e-9d47-4a65-8b1f-2c7e5d9a0f13"},
		{"consumerKey: 'k3Jd8sLq9ZxP',\nconsumerSecret: '§'", "", ""},
		{"acme.app-id = 4711acme\nacme.app-secret = §\n", "app_id", "4711acme"},
		{"a:\n  client_id: first\n  client_secret: x\nb:\n  client_id: second\n  client_secret: §\n", "client_id", "second"},
		{"client_id: ${CLIENT_ID}\nclient_secret: §\n", "", ""},
		{"my_client_id: acme\nclient_secret: §\n", "", ""},
		{"client_id_hint: acme-web\nclient_secret: §\n", "", ""},
		{"client_id: acme-web\npassword: §\n", "", ""},
	} {
		n := 0
		set.Scan(&leak.Chunk{Data: []byte(planted(t, c.text, c.text))}, func(m leak.Match) {
			if m.Rule != rules.Generic || m.Span.End-m.Span.Start != 20 {
				return
			}
			n++
			if id, ok := m.Parts[c.part]; len(m.Parts) != 1 && c.part == "" || c.part != "" && (!ok || id.Reveal() != c.id || len(m.Pieces) != 2) {
				t.Errorf("%d parts in %q, want %s", len(m.Parts), c.text, c.id)
			}
		})
		if n == 0 {
			t.Errorf("nothing in %q", c.text)
		}
	}
}
