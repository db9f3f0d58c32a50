package gitrepo

import (
	"bytes"
	"math"
	"path/filepath"

	"github.com/whosekey/whosekey/leak"
)

// Addresses in the repository's own settings often hold a credential: those of remotes,
// of submodules, of git-lfs, of proxies, and what insteadOf puts in place of others. The
// other settings are not searched, as what logs in there (http.extraHeader) is put there
// by CI for the time of a job.

// ofAddresses is the object number in the Refs of what is in the settings. No store has
// as many objects.
const ofAddresses = math.MaxInt32

// addresses is the text of the settings in which only addresses and the headings of
// sections are left, the rest being spaces, so that lines and columns are those of the
// file. Nil if they are not to be searched, or cannot be read, which readConfig has told.
func (r *Repo) addresses() []byte {
	if !r.opts.Addresses {
		return nil
	}
	text, err := readSmall(filepath.Join(r.CommonDir, "config"))
	if err != nil {
		return nil
	}
	found := false
	for line := range bytes.Lines(text) {
		address := bytes.Contains(line, []byte("://"))
		found = found || address
		if address || bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("[")) {
			continue
		}
		for i := range line {
			if line[i] != '\n' {
				line[i] = ' '
			}
		}
	}
	if !found {
		return nil
	}
	return text
}

// searchAddresses has addresses searched.
func (r *Repo) searchAddresses(emit func(*leak.Chunk) error) error {
	text := r.addresses()
	if text == nil {
		return nil
	}
	return emit(&leak.Chunk{Ref: refOf(ofAddresses, message), Data: text})
}

// addressPlace is where a match in the settings is: a file beside the work tree.
func (r *Repo) addressPlace(m leak.Match) leak.Location {
	loc := leak.Location{Kind: leak.KindFile, Path: "config", Ref: m.Ref, Span: m.Span}
	if r.WorkTree != "" {
		name := filepath.Join(r.CommonDir, "config")
		if rel, err := filepath.Rel(r.WorkTree, name); err == nil {
			name = rel
		}
		loc.Path = filepath.ToSlash(name)
	}
	return loc
}
