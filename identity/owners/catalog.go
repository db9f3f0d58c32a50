package owners

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// maxEntities is how many entities of one catalog are read.
const maxEntities = 500

// How well an entity fits a file; more is better. Where its source is counts most:
// rankLocated and the length of that path.
const (
	rankOther     = 1 // an API, a resource, a system
	rankPart      = 2 // a component that is part of another
	rankComponent = 3
	rankFolder    = 4 // the file is in a folder with its name
	rankLocated   = 5
)

// readCatalog reads Backstage's descriptors (backstage.io, "Descriptor Format of
// Catalog Entities" and "Well-known Annotations"): spec.owner is
// [kind:][namespace/]name of a group, if the kind is not given. A file has several
// entities, of which those count that fit best.
func readCatalog(data []byte) (out []found, err error) {
	docs, err := yamltree.Parse(data)
	for _, doc := range docs[:min(len(docs), maxEntities)] {
		owner := yamltree.Get(doc, "spec", "owner")
		name := yamltree.Text(owner)
		kind := yamltree.Text(yamltree.Get(doc, "kind"))
		if name == "" || kind == "User" || kind == "Group" || kind == "Template" || len(name) > 200 {
			continue
		}
		o := leak.Owner{Name: name, Kind: "team"}
		if kind, rest, ok := strings.Cut(name, ":"); ok {
			o.Name = rest
			if strings.EqualFold(kind, "user") {
				o.Kind = "person"
			}
		}
		o.Name = strings.TrimPrefix(o.Name, "default/")
		if email.MatchString(o.Name) {
			kind := o.Kind
			o = named(o.Name, GitHub)
			o.Kind = kind
		}
		if one := add(nil, o, owner.Line); len(one) > 0 {
			one[0].rank = entityRank(doc)
			out = append(out, one[0])
		}
	}
	return out, err
}

// entityRank says how well an entity fits a file.
func entityRank(doc *yamltree.Node) func(path string) int {
	rank := rankOther
	if yamltree.Text(yamltree.Get(doc, "kind")) == "Component" {
		rank = rankComponent
		if yamltree.Text(yamltree.Get(doc, "spec", "subcomponentOf")) != "" {
			rank = rankPart
		}
	}
	name := yamltree.Text(yamltree.Get(doc, "metadata", "name"))
	source, located := sourceFolder(yamltree.Text(yamltree.Get(doc, "metadata", "annotations", "backstage.io/source-location")))
	return func(path string) int {
		folders := strings.Split(path, "/")
		folders = folders[:len(folders)-1]
		switch {
		case located && source != "" && strings.HasPrefix(path, source+"/"):
			return rankLocated + strings.Count(source, "/") + 1
		case located && source != "":
			return 0
		case rank >= rankPart && name != "" && slices.Contains(folders, name):
			return rankFolder
		}
		return rank
	}
}

// tree is the path behind the branch in the addresses of the forges.
var tree = lazy.New(`/(?:-/)?(?:tree|blob|src)/[^/]+/?([^?#]*)`)

// sourceFolder is the folder of a repository that an annotation such as
// url:https://github.com/acme/shop/tree/main/pay/ or dir:./pay names; empty for all of it.
func sourceFolder(location string) (folder string, ok bool) {
	kind, target, ok := strings.Cut(location, ":")
	switch {
	case !ok || kind != "url" && kind != "dir" && kind != "file":
		return "", false
	case strings.Contains(target, "://"):
		m := tree.FindStringSubmatch(target)
		if m == nil {
			return "", true
		}
		target = m[1]
	}
	target = strings.Trim(strings.TrimPrefix(target, "."), "/")
	return target, !strings.Contains(target, "..")
}

// fitting keeps those that fit a file best, each once.
func fitting(list []found, path string) (out []found) {
	best := 1
	for _, f := range list {
		rank := 1
		if f.rank != nil {
			rank = f.rank(path)
		}
		if rank > best {
			out, best = nil, rank
		}
		if rank == best && len(out) < maxFound && !slices.ContainsFunc(out, func(o found) bool { return o.Name == f.Name && o.Email == f.Email }) {
			out = append(out, f)
		}
	}
	return out
}
