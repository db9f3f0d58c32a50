package owners

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"path"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// kind is what a file that names people is for.
type kind int

const (
	noKind   kind = iota
	catalog       // of services: who runs this
	approver      // who has to agree to a change
	maintain      // who looks after this
	manifest      // who publishes the package
)

// found is somebody whom a file names.
type found struct {
	leak.Owner
	line int // 0: not known
	// files are what it is about, if not all below the file's folder; except
	// those of not.
	files, not []pattern
}

// kindOf tells by its name what a file is for.
func kindOf(name string) kind {
	switch lower := strings.ToLower(name); {
	case lower == "catalog-info.yaml" || lower == "catalog-info.yml":
		return catalog
	case name == "OWNERS":
		return approver
	case strings.TrimSuffix(strings.TrimSuffix(name, ".md"), ".txt") == "MAINTAINERS":
		return maintain
	case name == "package.json", name == "composer.json", name == "Cargo.toml", name == "pyproject.toml", name == "pom.xml", path.Ext(name) == ".gemspec":
		return manifest
	}
	return noKind
}

// readerOf returns what reads a file of that name, nil for other files.
func readerOf(name string) func([]byte) ([]found, error) {
	switch kindOf(name) {
	case catalog:
		return readCatalog
	case approver:
		return readOwners
	case maintain:
		return readMaintainers
	case manifest:
		switch path.Ext(name) {
		case ".json":
			return readJSON
		case ".toml":
			return readTOML
		case ".xml":
			return readPOM
		}
		return readGemspec
	}
	return nil
}

// maxFound is how many people of one file count.
const maxFound = 5

// readCatalog reads Backstage's descriptors (backstage.io, "Descriptor Format of
// Catalog Entities"): spec.owner is [kind:][namespace/]name of a group, if the
// kind is not given.
func readCatalog(data []byte) (out []found, err error) {
	docs, err := yamltree.Parse(data)
	for _, doc := range docs {
		owner := yamltree.Get(doc, "spec", "owner")
		name := yamltree.Text(owner)
		if kind := yamltree.Text(yamltree.Get(doc, "kind")); name == "" || kind == "User" || kind == "Group" || len(name) > 200 {
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
		out = add(out, o, owner.Line)
	}
	return out, err
}

// add adds somebody who is not there yet.
func add(list []found, o leak.Owner, line int) []found {
	for _, f := range list {
		if f.Name == o.Name && f.Email == o.Email {
			return list
		}
	}
	if o.Name == "" || len(list) == maxFound || strings.Contains(strings.TrimPrefix(o.Name, "@"), "@") {
		return list
	}
	return append(list, found{Owner: o, line: line})
}

// readOwners reads Kubernetes' OWNERS files (kubernetes.dev, "OWNERS files"):
// approvers, at the top or in filters; and those of Chromium, which list
// addresses.
func readOwners(data []byte) (out []found, err error) {
	docs, err := yamltree.Parse(data)
	for _, doc := range docs {
		lists := []*yamltree.Node{yamltree.Get(doc, "approvers")}
		for _, filter := range yamltree.Pairs(yamltree.Get(doc, "filters")) {
			if filter.Key.Value == ".*" {
				lists = append(lists, yamltree.Get(filter.Value, "approvers"))
			}
		}
		for _, list := range lists {
			for _, e := range yamltree.List(list) {
				if name := yamltree.Text(e); handle.MatchString(name) {
					out = add(out, aliased(name), e.Line)
				}
			}
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if text := strings.TrimSpace(string(line)); email.MatchString(text) {
			out = add(out, named(text, GitHub), n)
			err = nil
		}
	}
	return out, err
}

var handle = lazy.New(`^[\pL\pN][\pL\pN._-]{0,80}$`)

// aliased names somebody of an OWNERS file: a login, or an alias for several,
// such as sig-network-approvers.
func aliased(name string) leak.Owner {
	if teamWord.MatchString(name) || strings.HasPrefix(name, "sig-") {
		return leak.Owner{Name: name, Kind: "team"}
	}
	return leak.Owner{Name: "@" + name, Kind: "person"}
}

var (
	nameAndMail = lazy.New(`([\pL][\pL\pN .,'_-]{0,80}?)\s*[<(\[]+\s*(?:mailto:)?([^@\s<>()\[\]]+@[^@\s<>()\[\]]+\.[\pL]+)`)
	mentioned   = lazy.New(`(?:^|[\s(\[])(@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?)`)
	bareMail    = lazy.New(`^[\s*+<-]*([^@\s<>()\[\],;]{1,80}@[^@\s<>()\[\],;]{1,200}\.[\pL]+)[\s>,;]*$`)
	profile     = lazy.New(`\bgithub\.com/([A-Za-z0-9][A-Za-z0-9-]{0,38})\)`)
)

// readMaintainers reads lists of people in whatever form: "Name <address>", an
// address alone, @login, a link to a profile. In the form of Linux (M: and F: lines) each section
// is for some files.
func readMaintainers(data []byte) (out []found, err error) {
	if bytes.Contains(data, []byte("\nF:\t")) || bytes.Contains(data, []byte("\nF: ")) {
		return readSections(data), nil
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text := strings.ToValidUTF8(string(line[:min(len(line), 1000)]), "\uFFFD")
		low := strings.ToLower(text)
		if strings.Contains(low, "emeritus") || strings.Contains(low, "former") || strings.Contains(low, "alumni") {
			break
		}
		if m := nameAndMail.FindStringSubmatch(text); m != nil {
			out = add(out, leak.Owner{Name: strings.Trim(m[1], " -*,."), Email: m[2], Kind: "person"}, n)
		} else if m := mentioned.FindStringSubmatch(text); m != nil {
			out = add(out, named(m[1], GitHub), n)
		} else if m := bareMail.FindStringSubmatch(text); m != nil {
			out = add(out, named(m[1], GitHub), n)
		} else if m := profile.FindStringSubmatch(text); m != nil {
			out = add(out, leak.Owner{Name: "@" + m[1], Kind: "person"}, n)
		}
	}
	return out, nil
}

// person makes an owner of "Name <address> (url)" or of its pieces.
func person(name, mail string) leak.Owner {
	if mail == "" {
		if before, rest, ok := strings.Cut(name, "<"); ok {
			mail, _, _ = strings.Cut(rest, ">")
			name = before
		}
		name, _, _ = strings.Cut(name, "(")
	}
	name, mail = strings.TrimSpace(name), strings.TrimSpace(mail)
	if mail == "" && email.MatchString(name) {
		mail = name
	}
	if !email.MatchString(mail) {
		mail = ""
	}
	if name == "" || email.MatchString(name) {
		name, _, _ = strings.Cut(mail, "@")
	}
	o := leak.Owner{Name: name, Email: mail, Kind: "person"}
	if teamWord.MatchString(strings.ReplaceAll(name, " ", "-")) {
		o.Kind = "team"
	}
	return o
}

// readJSON reads package.json (docs.npmjs.com: author, maintainers) and
// composer.json (getcomposer.org: authors).
func readJSON(data []byte) (out []found, err error) {
	var m struct{ Maintainers, Authors, Author json.RawMessage }
	if json.Unmarshal(data, &m) != nil {
		return nil, errors.New("it is no JSON")
	}
	for _, raw := range []json.RawMessage{m.Maintainers, m.Authors, m.Author} {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			list = []json.RawMessage{raw}
		}
		for _, e := range list {
			var text string
			var p struct{ Name, Email string }
			if json.Unmarshal(e, &text) == nil {
				out = add(out, person(text, ""), 0)
			} else if json.Unmarshal(e, &p) == nil {
				out = add(out, person(p.Name, p.Email), 0)
			}
		}
	}
	return out, nil
}

// readTOML reads Cargo.toml (package.authors) and pyproject.toml
// (packaging.python.org: project.maintainers and project.authors).
func readTOML(data []byte) (out []found, err error) {
	type people []struct{ Name, Email string }
	var m struct {
		Package struct{ Authors any }
		Project struct{ Maintainers, Authors people }
	}
	if _, err := toml.Decode(string(data), &m); err != nil {
		return nil, errors.New("it is no TOML, or not what it should hold")
	}
	for _, p := range append(m.Project.Maintainers, m.Project.Authors...) {
		out = add(out, person(p.Name, p.Email), 0)
	}
	list, _ := m.Package.Authors.([]any)
	for _, a := range list {
		if text, ok := a.(string); ok {
			out = add(out, person(text, ""), 0)
		}
	}
	return out, nil
}

// readPOM reads Maven's pom.xml (maven.apache.org: developers).
func readPOM(data []byte) (out []found, err error) {
	var m struct {
		Developers []struct {
			Name  string `xml:"name"`
			Email string `xml:"email"`
			ID    string `xml:"id"`
		} `xml:"developers>developer"`
	}
	if xml.Unmarshal(data, &m) != nil {
		return nil, errors.New("it is no XML")
	}
	for _, d := range m.Developers {
		if d.Name == "" {
			d.Name = d.ID
		}
		out = add(out, person(d.Name, d.Email), 0)
	}
	return out, nil
}

var (
	gemAuthors = lazy.New(`(?m)^\s*\w+\.authors?\s*=\s*(.{0,500})`)
	quoted     = lazy.New(`["']([^"']{1,100})["']`)
)

// readGemspec reads the authors of a gem's specification (guides.rubygems.org),
// as far as they are literals.
func readGemspec(data []byte) (out []found, err error) {
	if m := gemAuthors.FindSubmatch(data); m != nil {
		for _, q := range quoted.FindAllSubmatch(m[1], maxFound) {
			out = add(out, person(string(q[1]), ""), 0)
		}
	}
	return out, nil
}
