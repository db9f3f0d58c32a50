package graph

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

func sample() []*record.Record {
	return []*record.Record{
		{
			ID: "nhi:gcp:service_account:p/x", Name: "x\"];\n<img src=x>`|", IdentityType: "service_account", Provider: "gcp", Confidence: 0.9,
			Owners: []record.Owner{
				{Name: `\N "team"`, Kind: "team", Confidence: 0.75}, {Name: "author", Kind: "person", Confidence: 0.35}, {Name: "second", Confidence: 0.8}, {Name: "fourth", Confidence: 0.9},
			},
			Credentials: []record.Credential{{ID: "f1", Kind: "gcp-key", State: "live"}, {ID: "f2", Kind: "gcp-key"}},
			Consumers:   []record.Consumer{{Kind: "workflow", Name: "deploy", Ref: "ci.yml:3"}},
			DeclaredIn:  []record.Declaration{{Kind: "terraform", Address: "google_service_account.x", Ref: "x.tf:1"}},
		},
		{ID: "nhi:stripe:api_key:-/hmac:f3", IdentityType: "api_key", Provider: "stripe", Consumers: []record.Consumer{{Kind: "workflow", Name: "deploy", Ref: "ci.yml:3"}}},
	}
}

func TestBuild(t *testing.T) {
	g := Build(sample())
	kinds := map[string]int{}
	for _, n := range g.Nodes {
		kinds[n.Kind]++
	}
	if kinds[Secret] != 2 || kinds[Identity] != 2 || kinds[Owner] != 2 || kinds[Consumer] != 1 || kinds[Declaration] != 1 {
		t.Errorf("nodes %v", kinds)
	}
	edges := map[string]int{}
	for _, e := range g.Edges {
		edges[e.Kind]++
	}
	// Both secrets and the identity without one are used by the same job.
	if edges[Authenticates] != 2 || edges[OwnedBy] != 2 || edges[ConsumedBy] != 3 || edges[DeclaredIn] != 1 {
		t.Errorf("edges %v", edges)
	}
	s := sample()
	s[0], s[1] = s[1], s[0]
	var a, b bytes.Buffer
	if g.WriteJSON(&a) != nil || Build(s).WriteJSON(&b) != nil || a.String() != b.String() || !json.Valid(a.Bytes()) {
		t.Errorf("the order of the records shows:\n%s\n%s", &a, &b)
	}
}

// TestTextsStayTexts draws names that could be syntax.
func TestTextsStayTexts(t *testing.T) {
	var dot, mermaid bytes.Buffer
	g := Build(sample())
	if err := g.WriteDOT(&dot); err != nil {
		t.Fatal(err)
	}
	if err := g.WriteMermaid(&mermaid); err != nil {
		t.Fatal(err)
	}
	node := regexp.MustCompile(`^(digraph .*|  rankdir.*|  (node|edge) \[.*|  n\d+ (-> n\d+ )?\[([a-z]+=("([^"\\]|\\.)*"|[a-z]+)(, )?)+\];|\})$`)
	for line := range strings.Lines(dot.String()) {
		if !node.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("DOT: %s", line)
		}
	}
	edge := regexp.MustCompile(`^(flowchart LR|  n\d+[^"]{1,2}"[^"]*"[^"]{1,2}:::[a-z]+|  n\d+ -->\|"[^"|]*"\| n\d+|  classDef .*)$`)
	for line := range strings.Lines(mermaid.String()) {
		if !edge.MatchString(strings.TrimSuffix(line, "\n")) || strings.Contains(line, "<img") {
			t.Errorf("Mermaid: %s", line)
		}
	}
}

func TestNamelessIdentities(t *testing.T) {
	for want, r := range map[string]*record.Record{
		"unknown identity":   {ID: "1", Provider: "unknown", IdentityType: "unknown"},
		"stripe api key":     {ID: "2", Provider: "stripe", IdentityType: "api_key"},
		"slack identity":     {ID: "3", Provider: "slack", IdentityType: "unknown"},
		"database user":      {ID: "4", Provider: "unknown", IdentityType: "database_user"},
		"payments of nobody": {ID: "5", Name: "payments of nobody"},
	} {
		if got := Build([]*record.Record{r}).Nodes[0].Label; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestAlike: identities without names are told apart by where they stand, those in one
// line by their ids; names stay.
func TestAlike(t *testing.T) {
	made := func(id, ref, name string) *record.Record {
		return record.From(&leak.Identity{ID: "nhi:stripe:api_key:-/hmac:" + id, Provider: "stripe", Type: leak.APIKey, Name: name, Credentials: []leak.Credential{{ID: id, Kind: "stripe-secret-key", FirstExposedRef: ref}}}, record.Options{})
	}
	g := Build([]*record.Record{made("aaaaaaaa1", "config/prod.env:1", ""), made("bbbbbbbb2", "src/a.min.js:1", ""), made("cccccccc3", "src/a.min.js:1", ""), made("dddddddd4", "", ""), made("eeeeeeee5", "x:1", "pay")})
	var got []string
	for _, n := range g.Nodes {
		if n.Kind == Identity {
			got = append(got, n.Label)
		}
	}
	slices.Sort(got)
	want := "pay|stripe api key at config/prod.env:1|stripe api key at src/a.min.js:1, bbbbbbbb|stripe api key at src/a.min.js:1, cccccccc|stripe api key dddddddd"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	var dot strings.Builder
	if err := g.WriteDOT(&dot); err != nil || !strings.Contains(dot.String(), `label="stripe-secret-key\nconfig/prod.env:1"`) {
		t.Errorf("%v\n%s", err, &dot)
	}
}
