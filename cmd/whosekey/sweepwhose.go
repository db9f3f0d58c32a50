package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/whosekey/whosekey/identity/owners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// formWhose changes when the same files tell more of whose a credential is.
const formWhose = 2

// whose returns what digests everything that identities are concluded with beside the
// repository: inventory, leavers and settings. Files are read again when they have
// changed, as a sweep stays for months; one that cannot be read just now counts as it was.
func (s *scan) whose() func() (string, error) {
	f := s.flags.identity
	if f.Off {
		return nil
	}
	points, _ := s.config.Points() // what is wrong with them is told by whoever uses them
	settings := fmt.Sprintf("%d %q %q %q %v %+v", formWhose, f.OwnTenants, f.Owner, f.Exposure, f.Archived, points)
	names := f.Inventory
	if f.Leavers != "" {
		names = append(names[:len(names):len(names)], f.Leavers)
	}
	files := make([]digestOfFile, len(names))
	var leaving leavingDays
	var mu sync.Mutex
	return func() (string, error) {
		mu.Lock()
		defer mu.Unlock()
		texts := []string{string(s.salt), settings} // keyed: a list of few people could be guessed
		for i, name := range names {
			if err := files[i].look(name); err != nil && files[i].sum == "" {
				return "", err
			}
			texts = append(texts, files[i].sum)
		}
		if f.Leavers != "" {
			texts = append(texts, leaving.over(f.Leavers, files[len(files)-1].sum))
		}
		return hashOf(texts...), nil
	}
}

// digestOfFile is that of a file when it was looked at last.
type digestOfFile struct {
	sum  string
	size int64
	at   time.Time
}

// coarse is how long after a change a file may change again without another time.
const coarse = 2 * time.Second

func (d *digestOfFile) look(name string) error {
	in, err := os.Open(name)
	if err != nil {
		slog.Warn("what is known of the organisation cannot be read: it counts as it was", "file", name, "err", err)
		return fmt.Errorf("read %s: %w", name, err)
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	if d.sum != "" && st.Size() == d.size && st.ModTime().Equal(d.at) {
		return nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	d.sum, d.size, d.at = hex.EncodeToString(h.Sum(nil)[:16]), st.Size(), st.ModTime()
	if time.Since(d.at) < coarse {
		d.at = time.Time{}
	}
	return nil
}

// ownersOf digests the files of a repository that name owners: at HEAD, as those count.
func ownersOf(ctx context.Context, repo *gitrepo.Repo) string {
	files, err := repo.Tree().Files(ctx, "")
	if err != nil { // what cannot be read names nobody
		slog.Debug("files that name owners", "err", err)
	}
	texts := []string{"owners"}
	for _, f := range files {
		if owners.Named(f.Path) {
			texts = append(texts, f.Path, repo.BlobAtHead(f.Path))
		}
	}
	return hashOf(texts...)
}
