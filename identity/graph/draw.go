package graph

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteJSON writes the graph as one JSON object; docs/inventory.md describes it.
func (g *Graph) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(g)
}

// shapes are those of Graphviz and of Mermaid.
var shapes = map[string]struct{ dot, fill, open, close string }{
	Secret:      {"note", "#f9d5d3", "[/", "/]"},
	Identity:    {"box", "#d5e3f9", "[", "]"},
	Owner:       {"ellipse", "#d7f0d5", "([", "])"},
	Consumer:    {"component", "#f4ecd0", "[[", "]]"},
	Declaration: {"folder", "#e6e6e6", "{{", "}}"},
}

// words are what edges say.
var words = map[string]string{Authenticates: "opens", OwnedBy: "owned by", ConsumedBy: "used by", DeclaredIn: "declared in"}

// WriteDOT writes the graph for Graphviz.
func (g *Graph) WriteDOT(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "digraph whosekey {\n  rankdir=LR;\n  node [style=filled, fontname=\"sans-serif\", fontsize=10];\n  edge [fontname=\"sans-serif\", fontsize=8];\n")
	names := map[string]string{}
	for i, n := range g.Nodes {
		names[n.ID] = fmt.Sprintf("n%d", i+1)
		s := shapes[n.Kind]
		fmt.Fprintf(b, "  n%d [shape=%s, fillcolor=%q, label=%s];\n", i+1, s.dot, s.fill, dotText(strings.Join(n.lines(), "\n")))
	}
	for _, e := range g.Edges {
		fmt.Fprintf(b, "  %s -> %s [label=%s];\n", names[e.From], names[e.To], dotText(e.label()))
	}
	fmt.Fprint(b, "}\n")
	return b.Flush()
}

// WriteMermaid writes the graph as a flow chart of Mermaid, which forges draw in
// Markdown.
func (g *Graph) WriteMermaid(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "flowchart LR\n")
	names := map[string]string{}
	for i, n := range g.Nodes {
		names[n.ID] = fmt.Sprintf("n%d", i+1)
		s := shapes[n.Kind]
		var lines []string
		for _, l := range n.lines() {
			lines = append(lines, mermaidText(l))
		}
		fmt.Fprintf(b, "  n%d%s\"%s\"%s:::%s\n", i+1, s.open, strings.Join(lines, "<br/>"), s.close, n.Kind)
	}
	for _, e := range g.Edges {
		fmt.Fprintf(b, "  %s -->|\"%s\"| %s\n", names[e.From], mermaidText(e.label()), names[e.To])
	}
	for _, kind := range []string{Secret, Identity, Owner, Consumer, Declaration} {
		fmt.Fprintf(b, "  classDef %s fill:%s,stroke:#555,color:#111\n", kind, shapes[kind].fill)
	}
	return b.Flush()
}

// lines are what a node says, shortened.
func (n Node) lines() []string {
	out := []string{shorten(n.Label)}
	detail := ""
	if n.Type != n.Label {
		detail = strings.ReplaceAll(n.Type, "_", " ")
	}
	for _, s := range []string{n.State, n.Status} {
		if s != "" {
			detail += ", " + strings.ReplaceAll(s, "_", " ")
		}
	}
	if n.Risk > 0 {
		detail += fmt.Sprintf(", risk %d", n.Risk)
	}
	if detail = strings.TrimPrefix(detail, ", "); detail != "" {
		out = append(out, shorten(detail))
	}
	if n.Kind == Secret && n.Ref != "" {
		out = append(out, shorten(n.Ref))
	}
	return out
}

func (e Edge) label() string {
	if e.Confidence > 0 {
		return fmt.Sprintf("%s (%.2f)", words[e.Kind], e.Confidence)
	}
	return words[e.Kind]
}

// maxLabel is how many characters of a text are drawn.
const maxLabel = 60

func shorten(s string) string {
	if r := []rune(s); len(r) > maxLabel {
		return string(r[:maxLabel-1]) + "…"
	}
	return s
}

// dotText quotes a text for Graphviz. A backslash begins escapes there, such as
// \N, the name of the node.
func dotText(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
	return `"` + noControls(s) + `"`
}

// mermaidText makes a text harmless in Mermaid's quotes: what it could take for
// syntax or HTML becomes a code such as #quot; or #35;.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range noControls(s) {
		if strings.ContainsRune("\"#<>&`[]{}|;\\", r) {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func noControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
