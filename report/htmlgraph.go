package report

import (
	"strings"

	"github.com/whosekey/whosekey/identity/graph"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// maxAround is how many consumers and declarations of an identity are drawn:
// one that a thousand jobs use is no picture.
const maxAround = 50

// pageGraph is the graph of a run, with the numbers of nodes in edges. What uses
// a credential is joined to its identity: of one with a hundred credentials and a
// hundred consumers nobody could see anything otherwise.
type pageGraph struct {
	nodes, edges [][]any
	at           map[string]int
}

// node returns the number of a node. row is that of a secret's finding, -1 for
// others.
func (g *pageGraph) node(n graph.Node, row int) int {
	i, known := g.at[n.ID]
	if !known {
		i = len(g.nodes)
		g.at[n.ID] = i
		state := n.State
		if state == "" {
			state = n.Status
		}
		g.nodes = append(g.nodes, []any{n.Kind, text(n.Label), n.Type, state, n.Risk, text(n.Ref), row})
	}
	return i
}

// add draws one finding, and its identity where that is new.
func (g *pageGraph) add(row int, f *leak.Finding, r *record.Record) {
	secret := g.node(graph.Node{
		ID: "secret:" + f.ID, Kind: graph.Secret, Label: f.Rule.Title, Type: f.Rule.Provider, State: string(statusOf(f)),
		Risk: int(rank(f)), Ref: place(foremost(f)),
	}, row)
	if r == nil {
		return
	}
	id, known := g.at[r.ID]
	if !known {
		around := *r
		around.Credentials = nil
		around.Consumers = around.Consumers[:min(len(around.Consumers), maxAround)]
		around.DeclaredIn = around.DeclaredIn[:min(len(around.DeclaredIn), maxAround)]
		part := graph.Build([]*record.Record{&around})
		number := map[string]int{}
		for _, n := range part.Nodes {
			key := n.ID
			if n.Kind == graph.Consumer || n.Kind == graph.Declaration {
				// The same line of two repositories is not the same place.
				n.ID += "\x00" + strings.Join(r.Repositories, "\x00")
			}
			number[key] = g.node(n, -1)
		}
		for _, e := range part.Edges {
			g.edges = append(g.edges, []any{number[e.From], number[e.To], e.Kind, e.Confidence, text(e.Why)})
		}
		id = g.at[r.ID]
	}
	g.edges = append(g.edges, []any{secret, id, graph.Authenticates, r.Confidence, ""})
}
