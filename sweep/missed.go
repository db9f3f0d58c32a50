package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// missed is what could not be looked at in a folder of repositories. What is in it counts
// neither as searched nor as gone: the folder could not be listed as a whole.
type missed struct {
	n     int
	first []string // some, with what is wrong with them
}

// maxMissed is how many are named.
const maxMissed = 5

func (m *missed) add(path, what string) {
	if m.n++; m.n <= maxMissed {
		m.first = append(m.first, path+" "+what)
	}
}

// err is nil if nothing was missed.
func (m *missed) err() error {
	if m.n == 0 {
		return nil
	}
	text := "not all could be looked at: " + strings.Join(m.first, ", ")
	if more := m.n - len(m.first); more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return &Never{errors.New(text)}
}

// emptyLost reports whether a folder is where fsck puts what it finds, which only root may read,
// and has no folder in it, and so no repository.
func emptyLost(path string) bool {
	if filepath.Base(path) != "lost+found" {
		return false
	}
	st, err := os.Lstat(path)
	return err == nil && st.IsDir() && foldersIn(st) == 0
}

// broken reports whether a folder that is no repository was meant as one: there is a .git in
// it, or objects and refs as in a bare one.
func broken(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
		return true
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false // it cannot be entered, which is told when it is
	}
	for _, name := range []string{"objects", "refs"} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || !st.IsDir() {
			return false
		}
	}
	return true
}
