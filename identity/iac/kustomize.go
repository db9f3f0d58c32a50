package iac

import (
	"slices"
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
	labels := kustomizeTags(path, doc)
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
			ix.generator(what, path, doc, g, last, labels)
		}
	}
	k := kustomization{folder: dir(path), tags: labels}
	for _, field := range []string{"resources", "bases", "components"} {
		for _, r := range list(get(doc, field)) {
			if p := join(dir(path), text(r)); p != "" && len(k.resources) < maxUses {
				k.resources = append(k.resources, p)
			}
		}
	}
	if len(ix.kustomizations) < maxFiles {
		ix.kustomizations = append(ix.kustomizations, k)
	}
}

// A kustomization is what a kustomization.yaml says of what it takes in.
type kustomization struct {
	folder    string
	tags      []tag    // that name an owner
	resources []string // paths of files and folders
}

// generator takes in one generated Secret or config map: from files, from the
// lines of dotenv files, from literals.
func (ix *index) generator(what, path string, doc, g *node, last int, labels []tag) {
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
	for _, p := range append(pairs(get(g, "options", "labels")), pairs(get(g, "options", "annotations"))...) {
		o.tagged(p.Key.Value, cut(text(p.Value)), p.Key.Line)
	}
	o.inherit(labels)
	ix.add(o)
}

// kustomizeTags are the labels and annotations that an overlay gives everything
// and that name an owner.
func kustomizeTags(path string, doc *node) []tag {
	var o object
	take := func(n *node) {
		for _, p := range pairs(n) {
			if ownerKey(p.Key.Value) != "" {
				o.tag(tag{key: p.Key.Value, value: cut(text(p.Value)), line: p.Key.Line, path: path})
			}
		}
	}
	take(get(doc, "commonLabels"))
	take(get(doc, "commonAnnotations"))
	for _, l := range list(get(doc, "labels")) {
		take(get(l, "pairs"))
	}
	return o.owners
}

// inherit gives an object that names no owner the tags of what takes it in.
func (o *object) inherit(tags []tag) {
	if len(o.owners) == 0 {
		o.owners = append(o.owners, tags...)
	}
}

// kustomize gives the labels of overlays to what they take in: an object that is
// in overlays of several owners has none of them.
func (ix *index) kustomize() {
	byFolder := map[string]*kustomization{}
	for i, k := range ix.kustomizations {
		byFolder[k.folder] = &ix.kustomizations[i]
	}
	given := map[*object][]tag{}
	steps := maxObjects
	var walk func(k *kustomization, tags []tag, depth int)
	walk = func(k *kustomization, tags []tag, depth int) {
		for _, r := range k.resources {
			if steps--; steps < 0 || depth > 10 {
				return
			}
			if below := byFolder[r]; below != nil && below != k {
				walk(below, tags, depth+1)
			}
			for _, o := range ix.byPath[r] {
				steps--
				if old, seen := given[o]; seen && !sameOwners(old, tags) {
					given[o] = nil
				} else {
					given[o] = tags
				}
			}
		}
	}
	for i := range ix.kustomizations {
		if k := &ix.kustomizations[i]; len(k.tags) > 0 {
			walk(k, k.tags, 0)
		}
	}
	for o, tags := range given {
		o.inherit(tags)
	}
}

func sameOwners(a, b []tag) bool {
	return slices.EqualFunc(a, b, func(x, y tag) bool { return x.value == y.value })
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
