package cilog

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// journal remembers which logs were read, in a folder:
//
//	done         the logs that were searched to the end, a line each: how, a tab, the
//	             key, and a tab where something was found; locked by the run that uses
//	             the folder
//	logs/HASH    a log that was fetched, and is not done
//
// A log with something in it is kept until that is reported. So who goes on after
// a kill asks for no log twice, and loses none. The files can hold what leaked:
// only their owner may read them.
type journal struct {
	dir  string
	how  string // logs are searched now
	temp bool   // dir is ours, and goes away

	mu   sync.Mutex
	keys map[string]entry
	hits []string // keys of those that wait for the report
	f    *os.File
	err  error
}

// entry is what is known of a log that was searched.
type entry struct {
	how  string
	hits bool // something was found in it
}

func openJournal(dir, how string) (*journal, error) {
	j := &journal{dir: dir, how: how, keys: map[string]entry{}}
	var err error
	if dir == "" {
		j.temp = true
		if j.dir, err = os.MkdirTemp("", "whosekey-logs-*"); err != nil {
			return nil, fmt.Errorf("make a folder for logs: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Join(j.dir, "logs"), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of --state: %w", err)
	}
	if j.f, err = os.OpenFile(filepath.Join(j.dir, "done"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("open what was read before: %w", err)
	}
	if err := lock(j.f); err != nil {
		return nil, errors.Join(err, j.f.Close())
	}
	return j, j.load()
}

// errTaken is what lock says if another run has the file.
var errTaken = errors.New("another run uses the folder of --state: wait until it has ended, or name another folder")

// load reads the keys. What a kill left of a line is cut off, and a line without a tab is
// of a version that did not write how: such a log is searched again.
func (j *journal) load() error {
	whole := int64(0)
	for r := bufio.NewReader(j.f); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		whole += int64(len(line))
		if how, key, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			key, hits := strings.CutSuffix(key, "\t")
			j.keys[key] = entry{how, hits}
		}
	}
	return j.f.Truncate(whole)
}

// forget has all logs read again.
func (j *journal) forget() { clear(j.keys) }

// done reports whether a log was searched as logs are searched now, and whether something
// was found in it.
func (j *journal) done(key string) (done, hits bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.keys[plainKey(key)]
	return ok && e.how == j.how, e.hits
}

// plainKey is a key as it stands in a line.
func plainKey(key string) string { return strings.NewReplacer("\n", " ", "\t", " ").Replace(key) }

// found lists the logs of this run with something in them.
func (j *journal) found() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.hits)
}

// file names the file of a log, and says whether it was fetched.
func (j *journal) file(key string) (name string, fetched bool) {
	sum := sha256.Sum256([]byte(key))
	name = filepath.Join(j.dir, "logs", fmt.Sprintf("%x", sum[:12]))
	_, err := os.Stat(name)
	return name, err == nil
}

// finish notes that a log was searched. If there were hits it is kept until they
// are reported.
func (j *journal) finish(key string, hits int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if hits > 0 {
		j.hits = append(j.hits, key)
		return nil
	}
	return j.note(key, false)
}

func (j *journal) note(key string, hits bool) error {
	e, line := entry{j.how, hits}, j.how+"\t"+plainKey(key)
	if hits {
		line += "\t"
	}
	var err error
	if was, ok := j.keys[plainKey(key)]; !ok || was != e {
		j.keys[plainKey(key)] = e
		_, err = j.f.WriteString(line + "\n")
	}
	name, _ := j.file(key)
	if rm := os.Remove(name); rm != nil && !errors.Is(rm, os.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	j.err = errors.Join(j.err, err)
	return err
}

// reported notes those with hits.
func (j *journal) reported() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, key := range j.hits {
		j.note(key, true)
	}
	j.hits = nil
	return errors.Join(j.err, j.f.Sync())
}

func (j *journal) close() error {
	err := j.f.Close()
	if j.temp {
		err = errors.Join(err, os.RemoveAll(j.dir))
	}
	return err
}
