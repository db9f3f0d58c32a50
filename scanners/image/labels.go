package image

import (
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Labels are those of the image that a place of the last Scan is in, with its
// annotations; nil for none.
func (s *Source) Labels(l *leak.Location) map[string]string {
	if l.Image == nil {
		return nil
	}
	for _, pic := range s.images {
		if pic.Digest == l.Image.Digest && pic.Name == l.Image.Name {
			return pic.labels
		}
	}
	return nil
}

// Repository is where the images of the last Scan are built from, as they say, if
// they agree: "acme/api".
func (s *Source) Repository() string {
	name := ""
	for _, pic := range s.images {
		for _, key := range []string{"org.opencontainers.image.source", "org.label-schema.vcs-url"} {
			n := repositoryName(pic.labels[key])
			if n == "" {
				continue
			}
			if name != "" && name != n {
				return ""
			}
			name = n
			break
		}
	}
	return name
}

// repositoryName is that in an address, without a login and the like.
func repositoryName(address string) string {
	u, err := url.Parse(strings.TrimPrefix(address, "git+"))
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
}

// addLabels adds what the annotations say that the labels do not.
func (p *picture) addLabels(annotations map[string]string) {
	if p.labels == nil {
		p.labels = map[string]string{}
	}
	for k, v := range annotations {
		if _, ok := p.labels[k]; !ok {
			p.labels[k] = v
		}
	}
}
