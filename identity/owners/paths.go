package owners

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// paths returns the files to look at: those that hold the credential, declare
// its identity and use it, and that may use it, the best first.
func (s *search) paths() (leaking, declaring, consuming, maybe []string) {
	put := func(list *[]string, p string) {
		if p != "" && len(*list) < maxPaths && !slices.Contains(*list, p) {
			*list = append(*list, p)
		}
	}
	for i := range s.q.Finding.Locations {
		if l := &s.q.Finding.Locations[i]; l.Kind == leak.KindBlob || l.Kind == leak.KindFile {
			if strings.HasPrefix(l.Path, ".git/") {
				continue // no tree has it, so that no code owner is meant
			}
			put(&leaking, s.q.In(l))
		}
	}
	for _, d := range s.q.Declared {
		if !d.Weak {
			put(&declaring, refPath(d.Ref))
		}
	}
	for _, c := range s.q.Consumers {
		if c.Weak {
			put(&maybe, refPath(c.Ref))
		} else {
			put(&consuming, refPath(c.Ref))
		}
	}
	return leaking, declaring, consuming, maybe
}

// maybe adds the code owners of a file that uses a secret with a name that many
// credentials have.
func (s *search) maybe(path string) error {
	now, err := s.codeAt("", path)
	for _, o := range now {
		if o.Source == "" { // the rule for everything is there for the leak itself
			o.Source, o.Confidence = identity.OwnerConsuming, sureMaybe
			o.Reason = fmt.Sprintf("code owner of %s, which uses a secret with this name, one that many have (%s)", path, o.Reason)
			s.add(o)
		}
	}
	return err
}

// refPath takes the path out of "infra/sa.tf:12".
func refPath(ref string) string {
	if i := strings.LastIndexByte(ref, ':'); i > 0 && strings.Trim(ref[i+1:], "0123456789") == "" {
		return ref[:i]
	}
	return ref
}
