package detectors

import (
	"cmp"
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// services knows the providers by the words that people call them in names of fields.
type services struct {
	once  sync.Once
	words map[string]string   // launchdarkly -> launchdarkly, aliyun -> alibaba
	sums  map[string][]string // literals of a provider's rules that check a sum
	rules map[string][]int    // a provider's detectors, by their place in the set
	// secrets are the forms of a provider's credentials: all patterns would be 5 ms.
	secrets map[string][]func() secretForm
	hexOnly map[string]bool // all whose rules find hexadecimal digits and nothing else
	vague   map[string]bool // words that are of other things too: see commonWords
	forms   serviceForms

	mu     sync.RWMutex
	fields map[string]string // what ofField said of some
}

// otherNames are words for providers that are not their id.
var otherNames = map[string]string{
	"postgres": "postgresql", "mongo": "mongodb", "gcp": "google", "aliyun": "alibaba", "mssql": "sqlserver", "elasticsearch": "elastic",
	"sonar": "sonarqube", "spotipy": "spotify", "xconsumer": "twitter", "xapiconsumer": "twitter", "sonarcloud": "sonarqube", "sendinblue": "brevo", "jira": "atlassian", "confluence": "atlassian",
	"langsmith": "langchain", "weightsandbiases": "wandb", "cockroach": "cockroachdb", "bedrock": "aws", "fb": "facebook", "artifactory": "jfrog", "bintray": "jfrog", "xraytoken": "jfrog", "xrayaccesstoken": "jfrog", "xrayapikey": "jfrog", "ibmcloud": "ibm", "bluemix": "ibm", "softlayer": "ibm", "travis": "travisci", "drone": "droneci",
	"astra": "datastax", "octopus": "octopusdeploy", "endor": "endorlabs", "sauce": "saucelabs", "owm": "openweather", "openweathermap": "openweather", "pyowm": "openweather", "clubhouse": "shortcut",
	"feishu": "lark", "larksuite": "lark", "zhipuai": "zhipu", "bigmodel": "zhipu", "zai": "zhipu", "fcm": "firebase", "sumo": "sumologic", "stability": "stabilityai", "dreamstudio": "stabilityai", "sforce": "salesforce", "contribsys": "sidekiq", "fireworks": "fireworksai", "runwayml": "runway",
	"retell": "retellai", "hcp": "hashicorp", "influx": "influxdb", "zohocrm": "zoho", "bstack": "browserstack",
}

// noService are ids that say a form, and no provider, or stand in names for other things.
var noService = wordsOf("age cursor ftp httpauth jdbc jwt ldap logins mqtt oracle privatekey render smb smtp urlcredentials")

// commonWords are names of providers that are words too. They count where a name
// begins with one, and goes on as names of credentials do: square_token, not token_square.
var commonWords = wordsOf("amazon beamer box brave clickhouse docker drone elastic fireworks guardian harness intercom line linear lob monday neon notion octopus persona plaid prefect railway ramp readme replicate runway segment shortcut square stability sumo temporal vault zoom")

// credentialWords are what follows a provider in a name, or is a part of its last word.
var credentialWords = wordsOf("access admin api apikey app auth bot client integration key oauth pass passwd password pat personal private read root secret token user v1 v2 webhook write")

// longestFirst are the same.
var longestFirst = slices.SortedFunc(maps.Keys(credentialWords), func(a, b string) int { return cmp.Compare(len(b), len(a)) })

// technologies are products that services host under their own names: the key of
// UPSTASH_REDIS_TOKEN is Upstash's.
var technologies = wordsOf("elastic kubernetes mariadb mongodb mysql postgresql redis")

func wordsOf(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// Service says whose credential a value is that is known by the name of its field
// only: "asana" for one of ASANA_TOKEN. It is "" if that names no provider, or two; if
// the value has a character that no token has, and is no password; if it has the mark
// of those credentials of the provider that have a checksum, since it has failed it then;
// and if it is of hexadecimal digits, but of a length that none of the provider's have.
func (s *Set) Service(h *leak.Hit) string {
	if h.Rule != rules.Generic && h.Rule != rules.KubernetesSecret {
		return ""
	}
	field, _, _ := strings.Cut(strings.TrimPrefix(h.Field, "key "), " of Secret ")
	return s.serviceOf(field, h.Parts[leak.SecretPart].Reveal())
}

func (s *Set) serviceOf(field, value string) string {
	found := s.known().ofField("", field)
	password := passwordIn(strings.ToLower(field))
	if found == "" {
		return ""
	}
	rest := strings.Trim(value, tokenBytes)
	fits, broken := s.services.forms.judge(found, value)
	if fits {
		rest = ""
	} else if (broken || brokenJWT(value)) && !password && !s.services.hasForm(found, value) {
		return ""
	} else if s.services.rules[found] == nil { // nothing is known of the form: id:key
		rest = strings.Trim(value, tokenBytes+":|")
	}
	if !password && rest != "" && !s.services.hasForm(found, value) {
		return ""
	}
	for _, l := range s.services.sums[found] {
		if strings.Contains(value, l) {
			return ""
		}
	}
	if !password && !fits && s.services.hexOnly[found] && !s.services.notHex(found) && !isHex(value) {
		return ""
	}
	if !password && !fits && isHex(value) && !s.services.fits(found, len(value)) {
		return ""
	}
	return found
}

// known are the services that the set's detectors are of, and those known by name.
func (s *Set) known() *services {
	s.services.once.Do(s.services.learn(s.ds))
	return &s.services
}

// maxFields is how many fields are remembered, and maxField the longest of them.
const (
	maxFields = 1 << 12
	maxField  = 128
)

// ofField is the one service that the name of a field in a section names. The same fields
// stand everywhere.
func (v *services) ofField(section, field string) string {
	var room [maxField]byte
	name := append(room[:0], section...)
	if section != "" {
		name = append(name, '.')
	}
	name = append(name, field...)
	v.mu.RLock()
	id, ok := v.fields[string(name)]
	v.mu.RUnlock()
	if ok {
		return id
	}
	id = v.in(fieldWords(string(name)))
	if len(name) <= maxField {
		v.mu.Lock()
		if v.fields == nil {
			v.fields = map[string]string{}
		}
		if len(v.fields) < maxFields {
			v.fields[string(name)] = id
		}
		v.mu.Unlock()
	}
	return id
}

// onlyNamed reports whether a hit is of a service of whose credentials nothing but its name is
// known. Those of others would have been found by their forms.
func (s *Set) onlyNamed(h *Hit) bool {
	value := h.Parts[leak.SecretPart].Reveal()
	id := s.serviceOf(h.Field, value)
	return id != "" && (h.bearer || s.services.rules[id] == nil || s.services.hasForm(id, value))
}

// fits reports whether a credential of a provider can have n bytes. Nothing is known of
// one without rules.
func (v *services) fits(id string, n int) bool {
	if v.secrets[id] == nil {
		return true
	}
	return slices.ContainsFunc(v.secrets[id], func(form func() secretForm) bool {
		f := form()
		return f.least <= n && n <= f.most
	})
}

// notHex reports whether a form that others publish for a provider is not of hexadecimal digits.
func (v *services) notHex(id string) bool {
	return slices.ContainsFunc(v.forms[id], func(form string) bool {
		return !strings.HasPrefix(form, "hex:") && !strings.HasPrefix(form, "hexes:")
	})
}

// tokenBytes are what tokens are made of: base64 of both kinds, and what divides.
const tokenBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_.~"

func (v *services) learn(ds []Detector) func() {
	return func() {
		v.words, v.sums, v.secrets = map[string]string{}, map[string][]string{}, map[string][]func() secretForm{}
		v.rules, v.forms, v.hexOnly = map[string][]int{}, serviceForms{}, map[string]bool{}
		for i, d := range ds {
			p, ok := d.(*pattern)
			if !ok || noService[p.spec.Rule.Provider] {
				continue
			}
			id := p.spec.Rule.Provider
			v.rules[id] = append(v.rules[id], i)
			v.words[strings.ReplaceAll(id, "-", "")] = id
			v.hexOnly[id] = p.onlyHex() && (v.hexOnly[id] || len(v.secrets[id]) == 0)
			v.secrets[id] = append(v.secrets[id], formOnce(p))
			for _, l := range p.spec.Literals {
				if p.sum.valid != nil && !l.Fold {
					v.sums[id] = append(v.sums[id], l.Text)
				}
			}
		}
		for word, id := range otherNames {
			if v.words[id] != "" {
				v.words[word] = id
			}
		}
		v.vague = map[string]bool{}
		for w := range commonWords {
			v.vague[w] = true
		}
		v.learnNames()
	}
}

//go:embed services.txt
var servicesText string

// learnNames adds the services that are known by their name only.
func (v *services) learnNames() {
	for line := range strings.Lines(servicesText) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		id, known := strings.CutPrefix(words[0], "+")
		for n := len(words); n > 1 && words[n-1][0] == '='; n-- {
			v.forms[id], words = append(v.forms[id], words[n-1][1:]), words[:n-1]
		}
		if known {
			continue
		}
		if len(words) > 1 {
			words = words[1:]
		}
		for _, word := range words {
			word, vague := strings.CutPrefix(word, "~")
			if v.words[word] == "" {
				v.words[word] = id
				v.vague[word] = vague
			}
		}
	}
}

// in finds the one provider that words name.
func (v *services) in(words []string) (found string) {
	for i := 0; i < len(words); i++ {
		id, n := v.at(words, i)
		if n == 0 {
			continue
		}
		switch {
		case found == "" || technologies[found] && !technologies[id]:
			found = id
		case found != id && (technologies[found] || !technologies[id]):
			return ""
		}
		i += n - 1
	}
	return found
}

// at is the provider whose name begins with a word, and of how many words it is.
func (v *services) at(words []string, i int) (id string, n int) {
	for n = min(3, len(words)-i); n > 0; n-- {
		word := strings.Join(words[i:i+n], "")
		follows := ""
		if i+n < len(words) {
			follows = words[i+n]
		}
		if n == 1 && v.words[word] == "" {
			if word, follows = withoutEnd(word); v.words[word] == "" {
				word = v.longestIn(word)
			}
		}
		if id = v.words[word]; id != "" && (!v.vague[word] || i == 0 && credentialWords[follows]) {
			return id, n
		}
	}
	return "", 0
}

// leastGlued is how long the name of a provider must be, in bytes, to count where others are
// written to it: mailjetsms, splunkobservability.
const leastGlued = 6

// longestIn is the longest name of a provider that a word begins with, if it does not end with
// another one; the word itself if there is none.
func (v *services) longestIn(word string) string {
	for n := len(word) - 1; n >= leastGlued; n-- {
		begin := word[:n]
		if v.words[begin] == "" || v.vague[begin] {
			continue
		}
		for i := n; i < len(word); i++ {
			if v.words[word[i:]] != "" {
				return word
			}
		}
		return begin
	}
	return word
}

// withoutEnd cuts words for credentials off a name that is written as one word:
// asanatoken, zendeskapikey.
func withoutEnd(word string) (begin, end string) {
	for begin = word; ; {
		i := slices.IndexFunc(longestFirst, func(w string) bool { return len(begin) > len(w)+2 && strings.HasSuffix(begin, w) })
		if i < 0 {
			return begin, end
		}
		cut := longestFirst[i]
		begin, end = begin[:len(begin)-len(cut)], cut
	}
}

// fieldWords are the words of a name, in lower case: apiKey, API_KEY, api.key, APIKey.
func fieldWords(name string) (words []string) {
	from := 0
	for i := 0; i <= len(name); i++ {
		switch {
		case i == len(name) || !isLetter(name[i]) && !isDigit(name[i]):
			if i > from {
				words = append(words, strings.ToLower(name[from:i]))
			}
			from = i + 1
		case i > from && isUpper(name[i]) && (!isUpper(name[i-1]) || i+1 < len(name) && isLetter(name[i+1]) && !isUpper(name[i+1])):
			words = append(words, strings.ToLower(name[from:i]))
			from = i
		}
	}
	return words
}
