package verify

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func TestMutate(t *testing.T) {
	for _, test := range []struct {
		token, pattern, keep string // keep: prefix that must stay
		ok                   bool
	}{
		{"acme_" + "k3J9xQ2mZ7", `acme_[0-9A-Za-z]{10}`, "acme_", true},
		{"acme_" + "k3J9xQ2mZ7", "", "acme_", true},
		{"acme_" + "deadbeef01", `acme_[0-9a-f]{10}`, "acme_", true},
		{"SG." + "abcdefghij" + "." + "klmnopqrst", `SG\.[a-z]{10}\.[a-z]{10}`, "SG.", true},
		{"0f8fad5b-d9cb-469f-a165-70867728950e", `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`, "", true},
		{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJlLXNpZ25hdHVyZQ", "", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.", true},
		{"https://hooks.acme.com/services/" + "T0AB12/x8Kq2Zr9", "", "https://hooks.acme.com/", true},
		{"https://t1.acme.com/" + "x8Kq2Zr9pL", `https://[a-z0-9.]+/[0-9A-Za-z]+`, "https://t1.acme.com/", true},
		{"amqp://user:password1234@rabbit.acme.com", "", "", false},
		{"abc", "", "", false},
		{"", "", "", false},
		{"------------", "", "", false},
		{"acme_fixed_text", `acme_fixed_text`, "", false},
	} {
		var shape *regexp.Regexp
		if test.pattern != "" {
			shape = regexp.MustCompile("^(?:" + test.pattern + ")$")
		}
		for range 20 {
			got, ok := mutate(test.token, shape, rand.New(rand.NewPCG(rand.Uint64(), 1)))
			if ok != test.ok || ok && (got == test.token || !strings.HasPrefix(got, test.keep) || len(got) != len(test.token) || shape != nil && !shape.MatchString(got)) {
				t.Errorf("%q becomes %q, %t", test.token, got, ok)
			}
			for i := range got {
				if !alnum(test.token[i]) && got[i] != test.token[i] {
					t.Errorf("%q becomes %q: a separator changed", test.token, got)
				}
			}
		}
	}
}

// TestMakeUp makes up a credential for every example of every rule: it has the
// rule's shape, and a checksum that is right.
func TestMakeUp(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(ds...)
	e := &Engine{cfg: Config{Mend: detectors.Mend}}
	made, failed := 0, map[string]string{}
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			for n, l := range r.Leaks {
				text, err := rules.Expand(l.Text, r.ID, detectors.Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				set.Scan(&leak.Chunk{Ref: leak.Ref(n), Data: []byte(text)}, func(m leak.Match) {
					if m.Rule != r.ID {
						return
					}
					k := &kind{rule: r}
					parts, why := e.makeUp(k, m.Parts)
					if why != "" {
						failed[r.ID] = why
						return
					}
					made++
					old, other := m.Parts[leak.SecretPart].Reveal(), parts[leak.SecretPart].Reveal()
					if s := k.shape(); s != nil && s.MatchString(old) && !s.MatchString(other) {
						t.Errorf("%s: %q becomes %q, which is none", r.ID, old, other)
					}
					if old == other || len(old) != len(other) {
						t.Errorf("%s: %q becomes %q", r.ID, old, other)
					}
					for name, part := range m.Parts { // a piece of the secret goes with it: a webhook's token
						v := part.Reveal()
						at := strings.Index(old, v)
						if at < 0 || len(v) < minPiece || leak.PublicPart(name) {
							continue
						}
						if got := parts[name].Reveal(); got != other[at:at+len(v)] {
							t.Errorf("%s: the secret becomes %q, and its %s stays %q", r.ID, other, name, got)
						}
					}
					if r.Checksum != "" {
						if right, ok := detectors.Mend(r.Checksum, other); !ok || right != other {
							t.Errorf("%s: the checksum of %q is wrong", r.ID, other)
						}
					}
				})
			}
		}
	}
	t.Logf("%d made up; %d rules of which nothing can be: %v", made, len(failed), failed)
	if len(failed) > 12 {
		t.Errorf("of %d rules nothing can be made up: %v", len(failed), failed)
	}
}

func TestCanaries(t *testing.T) {
	for _, test := range []struct {
		parts leak.Parts
		want  string
	}{
		{leak.Parts{"secret": leak.NewSecret(strings.Repeat("x", 40)), "key_id": leak.NewSecret("AKI" + "AYVP4CIPPERUVIFXG")}, "canarytokens.org"},
		{leak.Parts{"secret": leak.NewSecret("AKI" + "AYVP4CIPPERUVIFXG")}, "canarytokens.org"},
		{leak.Parts{"secret": leak.NewSecret("AKI" + "AQNZGKIQY56JQ7WML")}, ""},
		{leak.Parts{"secret": leak.NewSecret("pw"), "host": leak.NewSecret("ab12.canarytokens.com")}, "canarytokens.com"},
		{leak.Parts{"secret": leak.NewSecret("pw"), "host": leak.NewSecret("AB12.CanaryTokens.Org.")}, "canarytokens.org"},
		{leak.Parts{"secret": leak.NewSecret("https://45e51129ec7e.o3n.io/images/x.gif")}, "o3n.io"},
		{leak.Parts{"secret": leak.NewSecret("mysql://u:p@x.canarytokens.com:3306/db")}, "canarytokens.com"},
		{leak.Parts{"secret": leak.NewSecret("http://canarytokens.com/a/b")}, "canarytokens.com"},
		{leak.Parts{"secret": leak.NewSecret("x"), "host": leak.NewSecret("canarytokens.com.evil.example")}, ""},
		{leak.Parts{"secret": leak.NewSecret("x"), "host": leak.NewSecret("mycanarytokens.com")}, ""},
		{leak.Parts{"secret": leak.NewSecret("x"), "host": leak.NewSecret("canarytokens.community")}, ""},
		{leak.Parts{"secret": leak.NewSecret("o3n")}, ""},
	} {
		if by, ok := canary(test.parts); by != test.want || ok != (test.want != "") {
			t.Errorf("%v: %q, want %q", test.parts["secret"].Reveal(), by, test.want)
		}
	}
}

// FuzzMutate: whatever the token, what is made up has its length and its
// separators, and enough of it is different.
func FuzzMutate(f *testing.F) {
	for _, s := range []string{"acme_k3J9xQ2mZ7", "eyJ.eyJ.abcdefgh", "a", "====", "é\xffabc", strings.Repeat("ab0", 300)} {
		f.Add(s, uint64(1))
	}
	f.Fuzz(func(t *testing.T, s string, seed uint64) {
		for _, shape := range []*regexp.Regexp{nil, regexp.MustCompile(`^(?:[a-z]+_)?[0-9A-Za-z]+$`)} {
			got, ok := mutate(s, shape, rand.New(rand.NewPCG(seed, seed)))
			if len(got) != len(s) {
				t.Fatalf("%q becomes %q", s, got)
			}
			changed := 0
			for i := range s {
				if s[i] != got[i] {
					changed++
					if !alnum(s[i]) || !alnum(got[i]) {
						t.Errorf("%q becomes %q", s, got)
					}
				}
			}
			if ok != (changed >= minChanged) {
				t.Errorf("%q becomes %q: %d changed, %t", s, got, changed, ok)
			}
			if shape != nil && len(s) <= maxMatched && shape.MatchString(s) && !jwtLike(s) && !shape.MatchString(got) {
				t.Errorf("%q becomes %q, which has another shape", s, got)
			}
		}
	})
}
