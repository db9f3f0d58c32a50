package iac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/fault"
)

// Bounds. A tree is an enemy's: what is beyond them is noted and left out.
const (
	maxFile    = 10 << 20  // bytes of a file
	maxTotal   = 256 << 20 // bytes of all files
	maxFiles   = 20_000
	maxObjects = 200_000
	maxUses    = 2_000 // of an object
	maxFacts   = 64    // likewise
	maxText    = 512   // bytes of a name, a tag, an address
	maxLost    = 200   // notes
	maxSame    = 1_000 // objects with one name, uses of one thing
)

// index is what the tree at HEAD declares.
type index struct {
	objects []*object
	byPath  map[string][]*object
	users   map[token][]user
	offers  map[token][]*object
	files   []identity.File              // all, sorted by path
	charts  []string                     // folders with a Chart.yaml
	owners  map[string]tag               // folder -> the one owner that its tags name
	account map[string]map[string]string // folder -> alias of a provider -> AWS account; see inAccount
	// accounts are those that are named in a folder's ARNs.
	accounts map[string][]string
	nearest  map[meant]int // see nearestOf
	tf       *modules
	// kustomizations are all, for what they give to others.
	kustomizations []kustomization
	compose        composed
	policyFiles    []string // that Terraform names as policies
	lost           int
	lose           func(string)
}

// A user is an object and one of its uses.
type user struct {
	*object
	use int
}

func newIndex(lose func(string)) *index {
	return &index{
		byPath: map[string][]*object{}, users: map[token][]user{}, offers: map[token][]*object{},
		owners: map[string]tag{}, account: map[string]map[string]string{}, accounts: map[string][]string{}, nearest: map[meant]int{}, tf: newModules(), lose: lose,
	}
}

// note says what could not be read. An enemy's tree could fill memory with that.
func (ix *index) note(path, format string, args ...any) {
	if ix.lost++; ix.lost <= maxLost {
		ix.lose(path + ": " + fmt.Sprintf(format, args...))
	}
}

// add takes an object in.
func (ix *index) add(o *object) {
	if len(ix.objects) >= maxObjects {
		ix.note(o.path, "more than %d objects are declared: the rest is left out", maxObjects)
		return
	}
	ix.objects = append(ix.objects, o)
}

// readTree reads what is of interest in repo, which may be nil.
func readTree(ctx context.Context, repo identity.Repository, lose func(string)) (*index, error) {
	ix := newIndex(lose)
	if repo == nil {
		return ix, nil
	}
	list, err := repo.Files(ctx, "")
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		lose("declarations in code: " + err.Error())
		return ix, nil
	}
	ix.files = list
	for _, f := range list {
		if base(f.Path) == "Chart.yaml" {
			ix.charts = append(ix.charts, dir(f.Path))
		}
	}
	if err := ix.readFiles(ctx, repo, list); err != nil {
		return nil, err
	}
	if err := ix.readNamed(ctx, repo); err != nil {
		return nil, err
	}
	if err := ix.readPolicies(ctx, repo); err != nil {
		return nil, err
	}
	ix.finish()
	return ix, nil
}

// readFiles reads those of list that may declare something.
func (ix *index) readFiles(ctx context.Context, repo identity.Repository, list []identity.File) error {
	files, total := 0, int64(0)
	// The files of a folder together: they are one module of Terraform.
	type declares struct {
		identity.File
		*format
	}
	var of []declares
	for _, f := range list {
		if format := formatOf(f.Path); format != nil {
			of = append(of, declares{f, format})
		}
	}
	slices.SortStableFunc(of, func(a, b declares) int {
		return cmp.Or(strings.Compare(dir(a.Path), dir(b.Path)), strings.Compare(a.Path, b.Path))
	})
	for _, f := range of {
		if f.Size > maxFile {
			ix.note(f.Path, "more than %d MB: not read for declarations", maxFile>>20)
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if files++; files > maxFiles || total > maxTotal {
			ix.note(f.Path, "and what follows: not read for declarations, which ends at %d files or %d MB", maxFiles, maxTotal>>20)
			return nil
		}
		n, err := ix.readFile(ctx, repo, f.format, f.Path)
		if err != nil {
			return err
		}
		total += n
	}
	return nil
}

// has reports whether there is a file of that path.
func (ix *index) has(path string) bool {
	_, ok := slices.BinarySearchFunc(ix.files, path, func(f identity.File, path string) int { return strings.Compare(f.Path, path) })
	return ok
}

// readFile reads one file, and returns how many bytes that were.
func (ix *index) readFile(ctx context.Context, repo identity.Repository, f *format, path string) (int64, error) {
	data, whole, err := repo.ReadFile(ctx, "", path, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist): // a link, or gone meanwhile
	case err != nil:
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		ix.note(path, "%v", err)
	case !whole:
		ix.note(path, "more than %d MB: not read for declarations", maxFile>>20)
	default:
		ix.parse(f, path, data)
		return int64(len(data)), nil
	}
	return 0, nil
}

// parse reads one file with the first format that knows it. The parsers of HCL
// and YAML are other people's: should one of them panic, that costs a file.
func (ix *index) parse(f *format, path string, data []byte) {
	if !f.wanted(data) {
		return
	}
	if !isText(data) {
		ix.note(path, "no text: not read for declarations")
		return
	}
	defer func() {
		if p := recover(); p != nil {
			ix.note(path, "not understood: %s", fault.Of(p))
		}
	}()
	f.read(ix, path, data)
}

// finish makes the maps, once everything is read.
func (ix *index) finish() {
	ix.finishCompose()
	ix.finishTerraform()
	ix.onlyAccount()
	for _, o := range ix.objects {
		ix.byPath[o.path] = append(ix.byPath[o.path], o)
		for _, t := range o.offers {
			ix.offered(t, o)
		}
		for _, n := range o.names {
			ix.offered(named(n), o)
		}
		for i, u := range o.uses {
			if users := ix.users[u.token]; len(users) < maxSame {
				ix.users[u.token] = append(users, user{o, i})
			}
		}
	}
	ix.kustomize()
	ix.folderOwners()
	ix.defaultOwners()
}

func (ix *index) offered(t token, o *object) {
	if by := ix.offers[t]; len(by) < maxSame {
		ix.offers[t] = append(by, o)
	}
}

// folderOwners notes for which folders the tags of several objects all name
// the same owner.
func (ix *index) folderOwners() {
	agree := map[string]int{}
	for _, o := range ix.objects {
		at := o.format + ":" + dir(o.path)
		for _, t := range o.owners {
			old, seen := ix.owners[at]
			switch {
			case o.format == "terraform-state" || strings.HasPrefix(ownerKey(t.key), "cost"):
			case !seen:
				t.path = cmp.Or(t.path, o.path)
				ix.owners[at] = t
				agree[at]++
			case old.value != t.value:
				agree[at] = -maxObjects
			case old.path != cmp.Or(t.path, o.path) || old.line != t.line:
				agree[at]++
			}
		}
	}
	for at, n := range agree {
		if n < 2 {
			delete(ix.owners, at)
		}
	}
}

// named is the token of an identity by one of its names.
func named(name string) token { return token("identity:" + strings.ToLower(name)) }

// isText reports whether data has no zero bytes near its start.
func isText(data []byte) bool { return !slices.Contains(data[:min(len(data), 8000)], 0) }

func dir(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return ""
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
