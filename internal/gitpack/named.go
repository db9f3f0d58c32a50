package gitpack

import (
	"errors"
	"io/fs"
	"os"
	"sync"
)

// namedLoose are the loose objects of OpenNamed that were asked for, by name.
type namedLoose struct {
	mu sync.Mutex // for Store.loose too
	at map[ID]int // in Store.loose
}

// findNamed is inLoose for OpenNamed. An object that was found keeps its number.
func (s *Store) findNamed(id ID) (int, bool) {
	s.named.mu.Lock()
	defer s.named.mu.Unlock()
	if at, ok := s.named.at[id]; ok {
		return at, true
	}
	var there *loose
	for _, dir := range s.dirs {
		l := loose{id, dir}
		_, err := os.Lstat(l.path())
		if err == nil || there == nil && errors.Is(err, fs.ErrPermission) { // then to read it says so
			there = &l
		}
		if err == nil {
			break
		}
	}
	if there == nil {
		return 0, false
	}
	at := len(s.loose)
	s.loose, s.named.at[id] = append(s.loose, *there), at
	return at, true
}

func (s *Store) looseAt(n int) loose {
	if s.named != nil {
		s.named.mu.Lock()
		defer s.named.mu.Unlock()
	}
	return s.loose[n-s.start[len(s.packs)]]
}

func (s *Store) looseLen() int {
	if s.named != nil {
		s.named.mu.Lock()
		defer s.named.mu.Unlock()
	}
	return len(s.loose)
}

// mustList panics if there is no list of the loose objects.
func (s *Store) mustList() {
	if s.named != nil {
		panic("gitpack: OpenNamed lists no loose objects")
	}
}
