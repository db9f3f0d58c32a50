package kubeconfig

import (
	"fmt"
	"strings"
	"testing"
)

const several = `
kind: Config
clusters:
- {name: a, cluster: {server: 'https://a.acme.io:6443'}}
- {name: b, cluster: {server: 'https://b.acme.io:6443'}}
- {name: twice, cluster: {server: 'https://c.acme.io:6443'}}
- {name: twice, cluster: {server: 'https://d.acme.io:6443'}}
- {name: twice, cluster: {server: 'https://c.acme.io:6443'}}
contexts:
- {name: x, context: {cluster: b, user: boss, namespace: shop}}
- {name: y, context: {cluster: a, user: robot}}
- {name: z, context: {cluster: b, user: robot}}
- {name: w, context: {cluster: twice, user: lost}}
- {name: v, context: {cluster: gone, user: lost}}
current-context: x
users:
- {name: boss, user: {token: t}}
- {name: robot}
`

// TestRead: who is of which cluster is said by the contexts, and a name that is
// twice says nothing.
func TestRead(t *testing.T) {
	for name, text := range map[string]string{
		"YAML": several, "CRLF": strings.ReplaceAll(several, "\n", "\r\n"), "a document before": "a: 1\n---\n" + several, "a broken one behind": several + "---\na: [\n---\nb: 1\n",
	} {
		files, err := Read([]byte(text))
		if len(files) != 1 || (err != nil) != strings.HasPrefix(name, "a broken") {
			t.Fatalf("%s: %d files, %v", name, len(files), err)
		}
		f := files[0]
		if f.Current != "x" || len(f.Contexts) != 5 || f.Contexts[0] != (Context{"x", "boss", "b", "shop"}) || len(f.Users) != 2 {
			t.Errorf("%s: %+v", name, f)
		}
		for user, want := range map[string]string{"boss": `["https://b.acme.io:6443"]`, "robot": `["https://a.acme.io:6443" "https://b.acme.io:6443"]`, "lost": `[""]`, "nobody": "[]"} {
			if got := fmt.Sprintf("%q", f.Servers(user)); got != want {
				t.Errorf("%s: %s: %s, want %s", name, user, got, want)
			}
		}
		if f.Login("boss") == nil || f.Login("robot") != nil || f.Login("nobody") != nil {
			t.Errorf("%s: log-ins", name)
		}
	}
	for _, text := range []string{"", "clusters contexts users", "clusters: []\ncontexts: 1\nusers: []", several[:80], "{\"clusters\":[],\"contexts\":[],\"users\":[]"} {
		if files, _ := Read([]byte(text)); len(files) > 0 {
			t.Errorf("%q is a kubeconfig", text)
		}
	}
}

// TestMany: a file of very many entries is read in part.
func TestMany(t *testing.T) {
	var b strings.Builder
	b.WriteString("clusters:\n- {name: a, cluster: {server: 'https://a.acme.io'}}\nusers:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "- {name: u%d, user: {}}\n", i)
	}
	b.WriteString("contexts:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "- {name: c, context: {cluster: a, user: u%d}}\n", i)
	}
	files, err := Read([]byte(b.String()))
	if err != nil || len(files) != 1 || len(files[0].Users) != maxEntries || len(files[0].Contexts) != maxEntries {
		t.Fatal(len(files), err)
	}
}
