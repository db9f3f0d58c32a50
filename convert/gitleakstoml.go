package convert

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// texts is a list. gitleaks takes a text that stands alone for a list of one.
type texts []string

func (t *texts) UnmarshalTOML(v any) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return fmt.Errorf("expected text but found %T", v)
		}
		*t = append(*t, s)
	}
	return nil
}

// oneAllow is a single table where a list of tables belongs, which gitleaks takes too.
var oneAllow = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^([ \t]*)\[[ \t]*((?:rules[ \t]*\.[ \t]*)?allowlists)[ \t]*\]`)
})

// decode reads a file as gitleaks does.
func decode(text string, c *glConfig) (toml.MetaData, error) {
	md, err := toml.Decode(text, c)
	if err == nil || !strings.Contains(err.Error(), "allowlists") {
		return md, withoutGo(err)
	}
	*c = glConfig{}
	md, again := toml.Decode(oneAllow().ReplaceAllString(text, "$1[[$2]]"), c)
	if again == nil {
		return md, nil
	}
	return md, withoutGo(err)
}

// goTypes is what an error of the decoder has of Go in it.
var goTypes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:type mismatch for .*: |incompatible types: TOML value has type (\S+); destination has type )(.*)`)
})

// withoutGo says what is wrong with the type of a key without the types of Go.
func withoutGo(err error) error {
	if err == nil {
		return nil
	}
	s := err.Error()
	if m := goTypes().FindStringSubmatch(s); m != nil && m[1] != "" {
		s = strings.Replace(s, m[0], "expected "+m[2]+" but found "+m[1], 1)
	} else if m != nil {
		s = strings.Replace(s, m[0], m[2], 1)
	}
	return errors.New(strings.NewReplacer("[]map[string]any", "an array of tables", "map[string]any", "a table", "slice", "an array of tables").Replace(s))
}

// last leaves of rules with the same id the last.
func (g *GitleaksConfig) last(c *glConfig) {
	for i := 0; i < len(c.Rules); i++ {
		id := c.Rules[i].ID
		if id != "" && slices.ContainsFunc(c.Rules[i+1:], func(r glRule) bool { return r.ID == id }) {
			g.note("rule %q is there twice: the last counts", id)
			c.Rules = slices.Delete(c.Rules, i, i+1)
			i--
		}
	}
}
