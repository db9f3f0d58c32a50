package verify

import (
	"encoding/json"
	"errors"
	"fmt"

	"strings"
	"unicode/utf8"

	"github.com/whosekey/whosekey/internal/lazy"
)

// template is a text with ${name}s in it: text[0], the value of names[0],
// text[1], and so on. Values are put in once and never looked at for further
// ${name}s.
type template struct {
	text  []string
	names []string
}

var places = lazy.New(`\$\{([a-z][a-z0-9_]*)\}`)

func parseTemplate(s string) template {
	var t template
	at := 0
	for _, m := range places.FindAllStringSubmatchIndex(s, -1) {
		t.text = append(t.text, s[at:m[0]])
		t.names = append(t.names, s[m[2]:m[3]])
		at = m[1]
	}
	t.text = append(t.text, s[at:])
	return t
}

// String returns the template as it was written.
func (t template) String() string {
	var out strings.Builder
	for i, name := range t.names {
		out.WriteString(t.text[i] + "${" + name + "}")
	}
	return out.String() + t.text[len(t.text)-1]
}

// escape makes a value fit for where it stands. Its error is for people and
// does not hold the value.
type escape func(string) (string, error)

// fill puts the values in. A value that is missing or empty is an error.
func (t template) fill(values map[string]string, esc escape) (string, error) {
	var out strings.Builder
	for i, name := range t.names {
		value := values[name]
		if value == "" {
			return "", fmt.Errorf("needs the %s, which does not stand near it", strings.ReplaceAll(name, "_", " "))
		}
		value, err := esc(value)
		if err != nil {
			return "", fmt.Errorf("the %s %w", strings.ReplaceAll(name, "_", " "), err)
		}
		out.WriteString(t.text[i])
		out.WriteString(value)
	}
	out.WriteString(t.text[len(t.text)-1])
	return out.String(), nil
}

var (
	errHeader  = errors.New("cannot be sent in a header: it has characters that are not printable ASCII, or spaces around it")
	errColon   = errors.New("cannot be sent: it has a colon in the place of a user's name")
	errLabel   = errors.New("is no label of a host's name")
	errHost    = errors.New("is no name of a host")
	errNotUTF8 = errors.New("cannot be sent in JSON: it is not UTF-8")
	errSegment = errors.New("an address with a segment . or .. would be another address")
)

// inURL encodes every byte that has a meaning in a path, a query or a form.
func inURL(s string) (string, error) {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var out strings.Builder
	for i := range len(s) {
		if strings.IndexByte(plain, s[i]) >= 0 {
			out.WriteByte(s[i])
		} else {
			fmt.Fprintf(&out, "%%%02X", s[i])
		}
	}
	return out.String(), nil
}

func inHeader(s string) (string, error) {
	if s != strings.TrimSpace(s) {
		return "", errHeader // a server cuts them off: another credential
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return "", errHeader
		}
	}
	return s, nil
}

// inJSON is for the inside of a string.
func inJSON(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errNotUTF8
	}
	b, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	return string(b[1 : len(b)-1]), nil
}

// asIs is for what is encoded as a whole, such as base64.
func asIs(s string) (string, error) { return s, nil }

func withoutColon(s string) (string, error) {
	if strings.Contains(s, ":") {
		return "", errColon
	}
	return s, nil
}

var (
	oneLabel  = lazy.New(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	hostNames = lazy.New(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?$|^\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?$`)
)

func asLabel(s string) (string, error) {
	if s = strings.ToLower(s); !oneLabel.MatchString(s) {
		return "", errLabel
	}
	return s, nil
}

// asHost takes a name or an address, with or without a port.
func asHost(s string) (string, error) {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if len(s) > 260 || !hostNames.MatchString(s) {
		return "", errHost
	}
	return s, nil
}

// checkPath refuses dot segments, which clients and servers resolve, however
// they are encoded.
func checkPath(path string) error {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return errSegment
		}
	}
	return nil
}
