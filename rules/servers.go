package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// Servers say how servers of somebody's own are named beside credentials that they have
// in common with the provider: https://gitlab, http://localhost:3000, GH_HOST=ghe. Names
// with a dot are mostly known by Near tables of the rules, which go before these.
type Servers struct {
	// Names of the software, lower case, as in names of hosts and in front of fields.
	Names []string `toml:"names"`
	// Fields (RE2, in any case) in front of an address, and Hosts in front of a name
	// alone, beside those that begin with one of the Names: "src_endpoint", "gh_host".
	Fields []string `toml:"fields"`
	Hosts  []string `toml:"hosts"`
	Paths  []string `toml:"paths"`  // of its API, which no other software has: "/api/v4"
	Tokens []string `toml:"tokens"` // fields (RE2) whose values are of no public server: "ghe_token"
	Nears  []string `toml:"nears"`  // further patterns with a group "host"
	Rules  []string `toml:"rules"`  // default: those that are asked about with self_hosted or own_servers
}

// ServerPart is a piece of a credential that says that it is of somebody's own server,
// though not of which.
const ServerPart = "own_server"

const (
	serverReach = 300 // bytes between a credential and its server
	withPort    = `(?::[0-9]{2,5})?`
	withUser    = `(?:[!-.0-?A-~]{1,60}@)?`
	// A name of one label, or an address of IPv6.
	oneLabel = `(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}|\[[0-9A-Fa-f:.]{2,45}\])` + withPort
	dotted   = `[A-Za-z0-9][A-Za-z0-9-]{0,62}\.[A-Za-z0-9.-]{1,60}[A-Za-z0-9]` + withPort
	// What an address ends with: one with a further path is a page, or a callback.
	addressEnd = `/?(?:["'\x60\s)>,;\\|]|$)`
)

// nears are the patterns that find them.
func (s *Servers) nears() (out []Near) {
	add := func(within int, pattern string) { out = append(out, Near{Pattern: pattern, Within: within}) }
	name := "(?i:" + strings.Join(s.Names, "|") + ")"
	names := `(?:\b|_)` + name
	fields := "(?i:" + strings.Join(append([]string{names}, s.Fields...), "|") + ")"
	end := addressEnd
	if len(s.Paths) > 0 {
		paths := "(?:" + strings.Join(quoted(s.Paths), "|") + ")"
		end = "(?:" + addressEnd + "|" + paths + ")"
		add(serverReach, `https?://`+withUser+`(?P<host>`+oneLabel+`)(?:/[a-z]{1,20})?`+paths)
	}
	// A section of one line, {"gitlab": {"url": "https://git.acme.example"}}.
	add(serverReach, names+`[^\n]{0,40}?(?i:url|uri|host|base|server|endpoint|address|domain)["'\x60]?\s{0,2}[:=]\s{0,2}["'\x60]?https?://`+withUser+`(?P<host>`+dotted+`)`+end)
	hosts := append([]string{names + `[a-z0-9_.-]{0,20}host(?:name)?`}, s.Hosts...)
	add(serverReach, `(?i:`+strings.Join(hosts, "|")+`)["'\x60]?(?:\s{0,2}[=:]\s{0,2}|[ ])["'\x60]?(?P<host>[A-Za-z0-9][A-Za-z0-9-]{0,62}`+withPort+`)(?:["'\x60\s]|$)`) // no ; or ,: what they end is a type, not a value
	add(serverReach, `(?:https?|ssh|git)://`+withUser+`(?P<host>(?:[A-Za-z0-9-]{1,30}-)?`+name+`[A-Za-z0-9-]{0,40}`+withPort+`)(?:/|`+addressEnd+`)`)
	add(serverReach, fields+`[^\n]{0,40}?https?://`+withUser+`(?P<host>`+oneLabel+`)`+end)
	for _, pattern := range s.Nears {
		add(serverReach, pattern)
	}
	if len(s.Tokens) > 0 {
		add(12, `(?P<`+ServerPart+`>(?i:`+strings.Join(s.Tokens, "|")+`))["'\x60]?\s{0,2}[:=]`)
	}
	return out
}

func quoted(texts []string) (out []string) {
	for _, t := range texts {
		out = append(out, regexp.QuoteMeta(t))
	}
	return out
}

var serverName = lazy.New(`^[a-z][a-z0-9-]{2,20}$`)

// addServers gives rules what finds the servers of their credentials.
func (p *Provider) addServers() error {
	s := p.Servers
	if s == nil {
		return nil
	}
	if len(s.Names) == 0 || slices.ContainsFunc(s.Names, func(n string) bool { return !serverName.MatchString(n) }) {
		return fmt.Errorf("servers: names: must be lower-case names of three letters and more, such as gitlab")
	}
	for _, pattern := range slices.Concat(s.Fields, s.Hosts, s.Tokens, s.Nears) {
		if _, err := regexp.Compile(pattern); err != nil || pattern == "" {
			return fmt.Errorf("servers: %q is no pattern: %w", pattern, err)
		}
	}
	ids := s.Rules
	for i := range p.Verify {
		if v := &p.Verify[i]; len(s.Rules) == 0 && (v.SelfHosted || v.OwnServers) {
			for j := range p.Rules {
				if p.For(p.Rules[j].ID) == v {
					ids = append(ids, p.Rules[j].ID)
				}
			}
		}
	}
	if len(ids) == 0 {
		return errors.New("servers: no rule is asked about with self_hosted or own_servers; rules names them")
	}
	for _, id := range ids {
		i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.ID == id })
		if i < 0 {
			return fmt.Errorf("servers: there is no rule %q", id)
		}
		p.Rules[i].Near = append(s.nears(), p.Rules[i].Near...)
	}
	return nil
}
