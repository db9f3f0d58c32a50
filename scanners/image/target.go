package image

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/internal/lazy"
)

// target is what the user named.
type target struct {
	arg  string
	kind targetKind
	path string         // of a file or folder
	tag  string         // of the image in it that is meant; empty for all
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
		if rest != arg {
			rest, t.tag = splitFile(rest)
		}
		return t, t.check(rest)
	}
	if arg == "-" {
		return t, errors.New(`"-" is no image: docker-archive:- is an archive of images on standard input`)
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
		return fmt.Errorf("image %q: %s is no folder: \"oci-archive:\" names a file", t.arg, path)
	case t.kind != inLayout && st.IsDir():
		return fmt.Errorf("image %q: %s is a folder: \"oci-layout:\" names one", t.arg, path)
	}
	if t.tag != "" && t.kind != inLayout {
		if packed, err := isPacked(path); err != nil || packed {
			return fmt.Errorf("image %q: to choose an image of %s, unpack it first", t.arg, path)
		}
	}
	return nil
}

// splitFile splits what skopeo and podman take, FILE:TAG, unless that is a file. "@0"
// is the first image.
func splitFile(arg string) (path, tag string) {
	if _, err := os.Stat(arg); err == nil {
		return arg, ""
	}
	for i := range len(arg) {
		if arg[i] != ':' {
			continue
		}
		if _, err := os.Stat(arg[:i]); err == nil {
			return arg[:i], arg[i+1:]
		}
	}
	return arg, ""
}

// means reports whether an image is meant that has some names and a number in a list.
func (t *target) means(names []string, number int) bool {
	if t.tag == "" || t.tag == fmt.Sprintf("@%d", number) || slices.Contains(names, t.tag) {
		return true
	}
	want, err := name.ParseReference(t.tag, name.WeakValidation)
	return err == nil && slices.ContainsFunc(names, func(have string) bool {
		ref, err := name.ParseReference(have, name.WeakValidation)
		return err == nil && ref.Name() == want.Name()
	})
}

// among are the images of an index that are meant.
func (t *target) among(all []v1.Descriptor) (out []v1.Descriptor) {
	for i, d := range all {
		if t.means(refNames(all[i:i+1]), i) {
			out = append(out, d)
		}
	}
	return out
}

// refNames are the names that an index has of its images.
func refNames(all []v1.Descriptor) (names []string) {
	for _, d := range all {
		for _, key := range []string{"io.containerd.image.name", "org.opencontainers.image.ref.name"} {
			if name := d.Annotations[key]; name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// without says that what is meant is not there.
func (t *target) without(have []string) error {
	slices.Sort(have)
	return fmt.Errorf("it has no image %s, but: %s", t.tag, strings.Join(slices.Compact(have), ", "))
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
