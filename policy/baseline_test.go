package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// at is a finding of a rule at places "path:line".
func at(rule, secret string, also []string, places ...string) *leak.Finding {
	f := &leak.Finding{ID: "id", Rule: leak.RuleInfo{ID: rule}, Also: also, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}}
	for _, p := range places {
		path, line, _ := strings.Cut(p, ":")
		l := leak.Location{Path: path, Commit: "abcdef0123456789"}
		for _, c := range line {
			l.Line = 10*l.Line + int(c-'0')
		}
		f.Locations = append(f.Locations, l)
	}
	return f
}

func TestBaselineKeeps(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	b := NewBaseline("b", "seed")
	known := leak.NewSecret("known")
	for _, e := range []Entry{
		{ID: b.IDOf(known, "r"), Rule: "r"},
		{ID: b.IDOf(leak.NewSecret("scoped"), "r"), Path: "test/**"},
		{ID: b.IDOf(leak.NewSecret("over"), "r"), Expires: "2026-05-31"},
		{ID: b.IDOf(leak.NewSecret("today"), "r"), Expires: "2026-06-01"},
		{ID: "sha1:" + leak.NewSecret("hashed").SHA1()},
		{ID: "sha256:" + leak.NewSecret("hashed too").SHA256()},
		{ID: "at:abcdef0:7", Path: "a b.txt"},
	} {
		if _, err := b.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		f    *leak.Finding
		left int
	}{
		{at("r", "known", nil, "a:1", "b:2"), 0},
		{at("r", "known ", nil, "a:1"), 0}, // space at its end is no part of it
		{at("r", "knowm", nil, "a:1"), 1},
		{at("other", "known", nil, "a:1"), 1},
		{at("other", "known", []string{"r"}, "a:1"), 0}, // the rules overlap
		{at("r", "scoped", nil, "test/a:1", "src/a:1"), 1},
		{at("r", "over", nil, "a:1"), 1},
		{at("r", "today", nil, "a:1"), 0},
		{at("x", "hashed", nil, "a:1"), 0},
		{at("x", "hashed too", nil, "a:1"), 0},
		{at("x", "anything", nil, "a b.txt:7", "a b.txt:8", "a:7"), 2},
		{at("x", "anything", nil, "c.txt:8"), 1},
	} {
		secret, all := tt.f.Parts[leak.SecretPart].Reveal(), len(tt.f.Locations)
		g := &Ignores{Baseline: b, Now: now}
		if kept := g.Keep(tt.f); kept != (tt.left > 0) || len(tt.f.Locations) != tt.left {
			t.Errorf("%s %s: %d of %d places left, want %d", tt.f.Rule.ID, secret, len(tt.f.Locations), all, tt.left)
		}
		if dropped := g.Dropped(); tt.left == 0 && (len(dropped) != 1 || !dropped[0].Whole || dropped[0].By != "baseline") {
			t.Errorf("%s: dropped %+v", secret, dropped)
		}
	}
	if n := len(b.Stale()); n != 0 {
		t.Errorf("%d entries were not used", n)
	}
	f := at("r", "known", nil, "a:1")
	if g := (&Ignores{Baseline: b, Now: now, All: true}); !g.Keep(f) || len(g.Dropped()) > 0 {
		t.Error("with All it is dropped")
	}
}

func TestBaselineBytes(t *testing.T) {
	a, b := NewBaseline("a", "seed"), NewBaseline("b", "seed")
	x, y := Entry{ID: a.IDOf(leak.NewSecret("x"), "r"), Reason: "<a> & b"}, Entry{ID: a.IDOf(leak.NewSecret("y"), "r")}
	a.Add(x)
	a.Add(y)
	b.Add(y)
	b.Add(x)
	b.Add(x)
	if string(a.Bytes()) != string(b.Bytes()) {
		t.Errorf("the order of adding matters:\n%s\n%s", a.Bytes(), b.Bytes())
	}
	if !strings.Contains(string(a.Bytes()), `"<a> & b"`) {
		t.Errorf("not as people would write it: %s", a.Bytes())
	}
	if c := NewBaseline("c", "other"); c.IDOf(leak.NewSecret("x"), "r") == x.ID {
		t.Error("two repositories have the same key")
	}
	crlf, err := ParseBaseline("crlf", []byte("\uFEFF"+strings.ReplaceAll(string(a.Bytes()), "\n", "\r\n")))
	if err != nil || string(crlf.Bytes()) != string(a.Bytes()) {
		t.Errorf("CR LF: %v\n%s", err, crlf.Bytes())
	}
	if crlf.IDOf(leak.NewSecret("x"), "r") != x.ID {
		t.Error("the key is another one when it is read")
	}
}

func FuzzBaseline(f *testing.F) {
	b := NewBaseline("a", "seed")
	b.Add(Entry{ID: "b1:" + strings.Repeat("a", 26), Rule: "r", Path: "x/**", Reason: "ü", Owner: "@o", Expires: "2027-01-31"})
	b.Add(Entry{ID: "at:abcdef0:3", Path: "[x"})
	f.Add(string(b.Bytes()))
	f.Add("# whosekey-baseline v1 salt=aaaaaaaaaaaaaaaa\n# note\n{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseBaseline("x", []byte(text))
		if err != nil {
			return
		}
		again, err := ParseBaseline("x", b.Bytes())
		if err != nil {
			t.Fatalf("what it writes cannot be read: %v\n%s", err, b.Bytes())
		}
		if string(again.Bytes()) != string(b.Bytes()) {
			t.Fatalf("it changes:\n%s\n%s", b.Bytes(), again.Bytes())
		}
	})
}
