package owners

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/whosekey/whosekey/identity"
)

// maxSmall is how much of a small file, such as a manifest, is read.
const maxSmall = 1 << 20

// forest is what was read of one repository.
type forest struct {
	repo identity.Repository
	// dirs has, for each folder, the names of files in it that name people.
	dirs   map[string][]string
	listed bool
	gitlab bool // there is a .gitlab-ci.yml, and no .github
	revs   map[string]located
	parsed map[[sha256.Size]byte]*codeowners
	people map[string][]found // by path, what a file says
	// described are the descriptors of catalogs, by path, and teams what groups of
	// theirs are called on GitHub; nil before they are read.
	described map[string]described
	teams     map[string]string
	noted     map[string]bool
	// aliases are those of OWNERS files; nil before they are read.
	aliases map[string][]string
}

func newForest(repo identity.Repository) *forest {
	return &forest{repo: repo, revs: map[string]located{}, parsed: map[[sha256.Size]byte]*codeowners{}, people: map[string][]found{}, noted: map[string]bool{}}
}

// list notes which files of HEAD name people, once.
func (f *forest) list(ctx context.Context, lose func(string)) error {
	if f.listed {
		return nil
	}
	f.listed, f.dirs = true, map[string][]string{}
	files, err := f.repo.Files(ctx, "")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		lose("files: " + err.Error())
	}
	github := false
	for _, file := range files {
		github = github || strings.HasPrefix(file.Path, ".github/")
		f.gitlab = f.gitlab || file.Path == ".gitlab-ci.yml" || strings.HasPrefix(file.Path, ".gitlab/")
		dir, name := path.Split(file.Path)
		if readerOf(name) != nil {
			dir = strings.TrimSuffix(dir, "/")
			f.dirs[dir] = append(f.dirs[dir], name)
		}
	}
	f.gitlab = f.gitlab && !github
	return nil
}

// located is a CODEOWNERS file and its path; nil for none.
type located struct {
	*codeowners
	path string
}

// Bounds on what is kept of old revisions: which file counts there, and files.
const (
	maxRevs   = 10_000
	maxParsed = 64
)

// codeowners returns the CODEOWNERS file of a revision, nil for none, and its
// path.
func (f *forest) codeowners(ctx context.Context, rev string, lose func(string)) (located, error) {
	if l, ok := f.revs[rev]; ok {
		return l, nil
	}
	l, err := f.locate(ctx, rev, lose)
	if err == nil && len(f.revs) < maxRevs {
		f.revs[rev] = l
	}
	return l, err
}

// locate is codeowners for a revision that was not asked for yet.
func (f *forest) locate(ctx context.Context, rev string, lose func(string)) (located, error) {
	order := []Dialect{GitHub, GitLab, Bitbucket}
	if f.gitlab {
		order = []Dialect{GitLab, GitHub, Bitbucket}
	}
	for _, d := range order {
		for _, name := range places[d] {
			data, whole, err := f.repo.ReadFile(ctx, rev, name, maxFile)
			if ctx.Err() != nil {
				return located{}, ctx.Err()
			}
			if err != nil {
				if !errors.Is(err, fs.ErrNotExist) {
					lose(name + ": " + err.Error())
				}
				continue
			}
			if rev == "" && !f.noted[name] {
				f.noted[name] = true
				switch {
				case !whole:
					lose(name + ": only the beginning was read")
				case d == GitHub && len(data) > githubLimit:
					lose(name + ": over 3 MB, which GitHub ignores")
				}
			}
			return located{f.parse(data, dialectOf(name, d)), name}, nil
		}
	}
	return located{}, nil
}

// dialectOf tells the dialect of a file by its folder.
func dialectOf(name string, otherwise Dialect) Dialect {
	switch path.Dir(name) {
	case ".github":
		return GitHub
	case ".gitlab":
		return GitLab
	case ".bitbucket":
		return Bitbucket
	}
	return otherwise
}

func (f *forest) parse(data []byte, d Dialect) *codeowners {
	sum := sha256.Sum256(append(data[:len(data):len(data)], byte(d)))
	c := f.parsed[sum]
	if c == nil {
		c = parseCodeowners(data, d)
		if len(f.parsed) >= maxParsed {
			clear(f.parsed)
		}
		f.parsed[sum] = c
	}
	return c
}

// maxUp is how many folders are looked at on the way up.
const maxUp = 64

// nearest returns what the file of a kind next to a path says, with its path:
// one in the same folder, or in the first one above that has any.
func (f *forest) nearest(ctx context.Context, file string, want kind, lose func(string)) ([]found, string, error) {
	at := file
	for range maxUp {
		dir := path.Dir(at)
		if dir == "." {
			dir = ""
		}
		for _, name := range f.dirs[dir] {
			if kindOf(name) != want {
				continue
			}
			full := path.Join(dir, name)
			out, err := f.read(ctx, full, lose)
			if want == catalog || want == approver {
				out = fitting(about(out, strings.TrimPrefix(file, dir+"/")), file)
			} else {
				out = about(out, strings.TrimPrefix(file, dir+"/"))
			}
			if err != nil || len(out) > 0 {
				return out, full, err
			}
		}
		if at = dir; dir == "" {
			break
		}
	}
	return nil, "", nil
}

// read returns whom a file of HEAD names.
func (f *forest) read(ctx context.Context, name string, lose func(string)) ([]found, error) {
	if out, ok := f.people[name]; ok {
		return out, nil
	}
	f.people[name] = nil
	if kindOf(path.Base(name)) == catalog {
		out, err := f.catalog(ctx, name, lose)
		f.people[name] = out
		return out, err
	}
	data, _, err := f.repo.ReadFile(ctx, "", name, maxSmall)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		f.people[name], err = readerOf(path.Base(name))(data)
	}
	if len(f.people[name]) > 0 && kindOf(path.Base(name)) == approver {
		if f.aliases == nil {
			data, _, _ := f.repo.ReadFile(ctx, "", aliasesFile, maxSmall)
			f.aliases = readAliases(data)
		}
		f.people[name] = expand(f.people[name], f.aliases)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		lose(name + ": " + err.Error())
	}
	return f.people[name], nil
}
