package image

import (
	"errors"
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
		// An image of which it is not said may say so in its configuration.
		if name == "" && (asked == "" || d.Platform == nil || d.MediaType.IsIndex()) || name != "" && matches(name, want) {
			wanted = append(wanted, d)
		} else {
			rest = append(rest, d)
		}
	}
	return wanted, rest
}

// askedFor is an error if an image is known to be for another platform than was asked for.
func (p *planner) askedFor(pic *picture) error {
	want := p.source.opts.Platform
	if want == "" || want == "all" || pic.Platform == "" || matches(pic.Platform, want) {
		return nil
	}
	return &errPlatform{want, []string{pic.Platform}}
}

// errPlatform means that what there is is for other platforms.
type errPlatform struct {
	want string
	have []string
}

func (e *errPlatform) Error() string {
	slices.Sort(e.have)
	return fmt.Sprintf("it has no image for %s, but for %s", e.want, strings.Join(slices.Compact(e.have), ", "))
}

// settle tells what became of the images of a list: it is an error if none could be read.
func (p *planner) settle(errs []error) error {
	var wrong []error
	var other *errPlatform
	good := 0
	for _, err := range errs {
		var e *errPlatform
		switch {
		case err == nil:
			good++
		case errors.As(err, &e) && other == nil:
			other = &errPlatform{e.want, slices.Clone(e.have)}
		case errors.As(err, &e):
			other.have = append(other.have, e.have...)
		default:
			wrong = append(wrong, err)
		}
	}
	if good == 0 && len(wrong) > 0 {
		return wrong[0]
	}
	if good == 0 && other != nil {
		return other
	}
	for _, err := range wrong {
		p.skip(remark{nobody.reason + ": " + err.Error(), fixOf(err)}, p.name)
	}
	if other != nil {
		for _, have := range other.have {
			p.leaveOut(otherOne, p.name+" "+have)
		}
	}
	return nil
}
