package owners

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/whosekey/whosekey/internal/lazy"
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
	// names are expressions for paths of further files.
	names []*regexp.Regexp
	// when says the same by the path from the file's folder; nil for all.
	when func(path string) bool
	// less says that others of the file are named before.
	less bool
	// file is where it stands, if not in the file that was read.
	file string
	// rank says how well it fits a file, by its path from the root; nil for all
	// alike. Those that fit best count, and none with 0.
	rank func(path string) int
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

var (
	nameAndMail = lazy.New(`([\pL][\pL\pN .,'_-]{0,80}?)\s*[<(\[]+\s*(?:mailto:)?([^@\s<>()\[\]]+@[^@\s<>()\[\]]+\.[\pL]+)`)
	// containerd's lines: "login","Name","address"
	record    = lazy.New(`^\s*"?[A-Za-z0-9][A-Za-z0-9-]{0,38}"?\s*,\s*"?([\pL][^",@<>]{1,80})"?\s*,\s*"?<?([^@\s<>",]+@[^@\s<>",]+\.[\pL]+)>?"?\s*(?:,|$)`)
	mentioned = lazy.New(`(?:^|[\s(\[])(@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?)`)
	bareMail  = lazy.New(`^[\s*+<-]*([^@\s<>()\[\],;]{1,80}@[^@\s<>()\[\],;]{1,200}\.[\pL]+)[\s>,;]*$`)
	profile   = lazy.New(`\bgithub\.com/([A-Za-z0-9][A-Za-z0-9-]{0,38})\)`)
)

// readMaintainers reads lists of people in whatever form: "Name <address>", an
// address alone, @login, a link to a profile. In the form of Linux (M: and F: lines) each section
// is for some files.
func readMaintainers(data []byte) (out []found, err error) {
	if bytes.Contains(bytes.ToLower(data), []byte("[people")) {
		if out := readPeople(data); len(out) > 0 {
			return out, nil
		}
	}
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
		if m := record.FindStringSubmatch(text); m != nil {
			out = add(out, leak.Owner{Name: strings.TrimSpace(m[1]), Email: m[2], Kind: "person"}, n)
		} else if m := nameAndMail.FindStringSubmatch(text); m != nil {
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

// readTOML reads Cargo.toml (doc.rust-lang.org/cargo/reference: package.authors, and those
// that a workspace gives its packages) and pyproject.toml (packaging.python.org:
// project.maintainers and project.authors; python-poetry.org/docs/pyproject: the same of
// tool.poetry).
func readTOML(data []byte) (out []found, err error) {
	type people []struct{ Name, Email string }
	var m struct {
		Package   struct{ Authors any }
		Workspace struct{ Package struct{ Authors any } }
		Project   struct{ Maintainers, Authors people }
		Tool      struct {
			Poetry struct{ Maintainers, Authors any }
		}
	}
	if _, err := toml.Decode(string(data), &m); err != nil {
		return nil, errors.New("it is no TOML, or not what it should hold")
	}
	for _, p := range append(m.Project.Maintainers, m.Project.Authors...) {
		out = add(out, person(p.Name, p.Email), 0)
	}
	for _, field := range []any{m.Tool.Poetry.Maintainers, m.Tool.Poetry.Authors, m.Package.Authors, m.Workspace.Package.Authors} {
		list, _ := field.([]any)
		for _, a := range list {
			if text, ok := a.(string); ok {
				out = add(out, person(text, ""), 0)
			}
		}
	}
	return out, nil
}

// readPOM reads Maven's pom.xml (maven.apache.org/ref/3.8.1/maven-model/maven.html: developers).
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

// Named reports whether a file names owners for as long as nobody changes it: not the
// manifest of a package, which changes with each release.
func Named(file string) bool {
	for _, of := range places {
		if slices.Contains(of, file) {
			return true
		}
	}
	k := kindOf(path.Base(file))
	return k != noKind && k != manifest || path.Base(file) == aliasesFile
}
