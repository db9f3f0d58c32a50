package image

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/whosekey/whosekey/internal/lazy"
)

// target is what the user named.
type target struct {
	arg  string
	kind targetKind
	path string         // of a file or folder
	ref  name.Reference // in a registry or a daemon
}

type targetKind uint8

const (
	inDaemonOrRegistry targetKind = iota
	inRegistry
	inDocker
	inPodman
	inLayout
	inArchive    // of docker save or of an OCI layout: which, it says itself
	inOCIArchive // the same, but its index.json counts if it is both
)

// prefixes are those that skopeo and podman have too.
var prefixes = []struct {
	text string
	kind targetKind
}{
	{"docker-archive:", inArchive}, {"oci-archive:", inOCIArchive}, {"oci-layout:", inLayout}, {"oci:", inLayout},
	{"docker://", inRegistry}, {"registry://", inRegistry}, {"docker-daemon:", inDocker}, {"podman:", inPodman},
}

// parseTarget reads an argument. What is named by path must be there.
func parseTarget(arg string) (target, error) {
	t := target{arg: arg}
	rest := arg
	for _, p := range prefixes {
		if after, ok := strings.CutPrefix(arg, p.text); ok {
			t.kind, rest = p.kind, after
			break
		}
	}
	if rest == arg && looksLikePath(arg) {
		t.kind = inArchive
		if st, err := os.Stat(arg); err == nil && st.IsDir() {
			t.kind = inLayout
		}
	}
	switch t.kind {
	case inLayout, inArchive, inOCIArchive:
		return t, t.check(rest)
	}
	var err error
	if t.ref, err = name.ParseReference(strings.TrimPrefix(rest, "//"), name.WeakValidation); err != nil {
		return t, fmt.Errorf("%q is no image: name it like acme/app:1.2, or docker-archive:FILE, oci-archive:FILE, oci-layout:DIR", arg)
	}
	return t, nil
}

// check looks whether a path is what its prefix says.
func (t *target) check(path string) error {
	t.path = path
	if path == "-" && t.kind != inLayout {
		return nil
	}
	st, err := os.Stat(path)
	switch {
	case path == "":
		return fmt.Errorf("%q names no file", t.arg)
	case err != nil:
		return fmt.Errorf("image %q: %w", t.arg, err)
	case t.kind == inLayout && !st.IsDir():
		return fmt.Errorf("image %q: %s is no folder: for a file use oci-archive:", t.arg, path)
	case t.kind != inLayout && st.IsDir():
		return fmt.Errorf("image %q: %s is a folder: use oci-layout:", t.arg, path)
	}
	return nil
}

var archiveName = lazy.New(`(?i)\.(tar|tgz|tar\.gz|tar\.zst|oci)$`)

// looksLikePath tells ./app.tar from a reference. A file is not looked for: what
// lies in the current folder must not change what "alpine" is.
func looksLikePath(arg string) bool {
	return filepath.IsAbs(arg) || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") || archiveName.MatchString(arg)
}

// shownName is a reference as people write it.
func shownName(ref name.Reference) string {
	s := ref.Name()
	if rest, ok := strings.CutPrefix(s, name.DefaultRegistry+"/"); ok {
		s = "docker.io/" + rest
	}
	return s
}
