package iac

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// readKustomization reads a kustomization.yaml, which need not say its kind.
func readKustomization(ix *index, path string, data []byte) {
	ix.documents(path, data, nil, func(doc *node, end int) { readKustomizationDoc(ix, path, doc, end) })
}

// readKustomizationDoc takes in the Secrets and config maps that Kustomize
// generates, and the labels that it gives.
func readKustomizationDoc(ix *index, path string, doc *node, end int) {
	for _, what := range []string{"secret", "configmap"} {
		field := "secretGenerator"
		if what == "configmap" {
			field = "configMapGenerator"
		}
		gens := list(get(doc, field))
		for i, g := range gens {
			last := lastLine(g, 0)
			if i+1 < len(gens) {
				last = gens[i+1].Line - 1
			}
			ix.generator(what, path, doc, g, last)
		}
	}
	ix.kustomizeLabels(path, doc)
}

// generator takes in one generated Secret or config map: from files, from the
// lines of dotenv files, from literals.
func (ix *index) generator(what, path string, doc, g *node, last int) {
	name, folder := cut(text(get(g, "name"))), dir(path)
	if name == "" {
		return
	}
	o := &object{format: "kustomize", kind: what + "Generator", path: path, line: g.Line, end: last, consumer: what, label: name}
	o.address = o.kind + "/" + cut(text(get(doc, "namePrefix"))) + name + cut(text(get(doc, "nameSuffix")))
	if o.namespace = cut(text(get(g, "namespace"))); o.namespace == "" {
		o.namespace = cut(text(get(doc, "namespace")))
	}
	environment := environmentIn(o.namespace)
	if environment == "" {
		environment = environmentIn(base(folder))
	}
	o.fact(leak.ClaimEnvironment, environment)
	// Kustomize renames what refers to the Secret too; in the files it is
	// called by its plain name.
	o.offer(token(what + ":" + name))
	for _, f := range list(get(g, "files")) {
		file := text(f)
		if _, after, cut := strings.Cut(file, "="); cut {
			file = after
		}
		o.use(fileToken(folder, file), f.Line, o.kind+" "+name)
	}
	for _, f := range append(list(get(g, "envs")), list(get(g, "env"))...) {
		o.use(fileToken(folder, text(f)), f.Line, o.kind+" "+name)
	}
	ix.add(o)
}

// kustomizeLabels takes in the labels that an overlay gives everything.
func (ix *index) kustomizeLabels(path string, doc *node) {
	o := &object{format: "kustomize", kind: "Kustomization", address: "Kustomization", path: path, line: doc.Line, end: doc.Line}
	for _, p := range append(pairs(get(doc, "commonLabels")), pairs(get(doc, "commonAnnotations"))...) {
		o.tagged(p.Key.Value, cut(text(p.Value)), p.Key.Line)
	}
	for _, l := range list(get(doc, "labels")) {
		for _, p := range pairs(get(l, "pairs")) {
			o.tagged(p.Key.Value, cut(text(p.Value)), p.Key.Line)
		}
	}
	if len(o.owners) > 0 {
		ix.add(o)
	}
}

// lastLine is the last line on which a node begins.
func lastLine(n *node, depth int) int {
	last := n.Line
	if depth < 40 {
		for _, c := range n.Content {
			last = max(last, lastLine(c, depth+1))
		}
	}
	return last
}
