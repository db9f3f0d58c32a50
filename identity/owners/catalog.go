package owners

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
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
func readCatalog(data []byte) ([]found, error) {
	c, err := describe(data)
	return c.entities, err
}

// described is what a descriptor says.
type described struct {
	entities []found
	teams    map[string]string // what a group's team is called on GitHub, by the group's name in lower case
	targets  []string          // further descriptors
}

// describe reads a descriptor.
func describe(data []byte) (c described, err error) {
	docs, err := yamltree.Parse(data)
	for _, doc := range docs[:min(len(docs), maxEntities)] {
		c.location(doc)
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
			c.entities = append(c.entities, one[0])
		}
	}
	return c, err
}

// slug is org/team.
var slug = lazy.New(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// location notes where a Location has further descriptors, and which team of GitHub
// a Group is.
func (c *described) location(doc *yamltree.Node) {
	switch yamltree.Text(yamltree.Get(doc, "kind")) {
	case "Location":
		targets := append(yamltree.List(yamltree.Get(doc, "spec", "targets")), yamltree.Get(doc, "spec", "target"))
		for _, t := range targets {
			if t := yamltree.Text(t); t != "" && len(t) < 500 && !strings.Contains(t, "://") && len(c.targets) < maxTargets {
				c.targets = append(c.targets, t)
			}
		}
	case "Group":
		name, team := groupKey(yamltree.Text(yamltree.Get(doc, "metadata", "name"))), yamltree.Text(yamltree.Get(doc, "metadata", "annotations", "github.com/team-slug"))
		if name != "" && slug.MatchString(team) {
			if c.teams == nil {
				c.teams = map[string]string{}
			}
			c.teams[name] = "@" + team
		}
	}
}

// groupKey is a group's name without its namespace.
func groupKey(name string) string {
	return strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
}

// maxTargets bounds the further descriptors of one, and those of a repository.
const maxTargets = 200

// catalog reads a descriptor of HEAD, and those in the repository that it points to.
func (f *forest) catalog(ctx context.Context, name string, lose func(string)) (out []found, err error) {
	if err := f.allTeams(ctx, lose); err != nil {
		return nil, err
	}
	out = slices.Clone(f.described[name].entities)
	for _, t := range f.described[name].targets {
		file := path.Join(path.Dir(name), t)
		for _, e := range f.described[file].entities {
			e.file = file
			out = append(out, e)
		}
	}
	for i := range out {
		if team := f.teams[groupKey(out[i].Name)]; team != "" && out[i].Kind == "team" {
			out[i].Reason = "the group " + out[i].Name + " that is this team of GitHub"
			out[i].Name = team
		}
	}
	return out, nil
}

// allTeams reads all descriptors of HEAD, once: groups mostly stand apart.
func (f *forest) allTeams(ctx context.Context, lose func(string)) error {
	if f.described != nil {
		return nil
	}
	f.described, f.teams = map[string]described{}, map[string]string{}
	var todo []string
	for _, dir := range slices.Sorted(maps.Keys(f.dirs)) {
		for _, name := range f.dirs[dir] {
			if kindOf(name) == catalog {
				todo = append(todo, path.Join(dir, name))
			}
		}
	}
	for i := 0; i < len(todo); i++ { // it grows
		name := todo[i]
		if _, ok := f.described[name]; ok || strings.HasPrefix(name, "..") {
			continue
		}
		if len(f.described) >= maxFound*maxTargets {
			lose("catalog: there are more descriptors than are read")
			return nil
		}
		data, _, err := f.repo.ReadFile(ctx, "", name, maxSmall)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c := described{}
		if err == nil {
			c, err = describe(data)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			lose(name + ": " + err.Error())
		}
		f.described[name] = c
		for group, team := range c.teams {
			if old, ok := f.teams[group]; ok && old != team {
				team = "" // two namespaces
			}
			f.teams[group] = team
		}
		for _, t := range c.targets {
			todo = append(todo, path.Join(path.Dir(name), t))
		}
	}
	return nil
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
