package image

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// usual is the platform that is searched where nobody says which.
const usual = "linux/amd64"

func checkPlatform(s string) error {
	n := strings.Count(s, "/")
	if s == "" || s == "all" || (n == 1 || n == 2) && !slices.Contains(strings.Split(s, "/"), "") {
		return nil
	}
	return fmt.Errorf("platform %q: write it as os/arch, such as linux/arm64, or all", s)
}

// platformName is "linux/arm64/v8"; empty if nothing is known.
func platformName(p *v1.Platform) string {
	if p == nil || p.OS == "" || p.OS == "unknown" {
		return ""
	}
	return strings.TrimSuffix(strings.Join([]string{p.OS, p.Architecture, p.Variant}, "/"), "/")
}

// matches reports whether a platform is what was asked for; a variant only counts
// if it was.
func matches(have, want string) bool {
	return have == want || strings.HasPrefix(have, want+"/")
}

// choose splits the images of an index into those to be searched and the rest.
// Such that name no platform are always searched.
func choose(all []v1.Descriptor, want string) (wanted, rest []v1.Descriptor) {
	if want == "all" {
		return all, nil
	}
	asked := want
	if want == "" {
		want = usual
		if !slices.ContainsFunc(all, func(d v1.Descriptor) bool { return matches(platformName(d.Platform), usual) }) {
			for _, d := range all { // the first that has any
				if want = platformName(d.Platform); want != "" {
					break
				}
			}
		}
	}
	for _, d := range all {
		name := platformName(d.Platform)
		// A list within a list says nothing of platforms, but what it lists does.
		if name == "" && (asked == "" || d.MediaType.IsIndex()) || name != "" && matches(name, want) {
			wanted = append(wanted, d)
		} else {
			rest = append(rest, d)
		}
	}
	return wanted, rest
}
