package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/scannertest"
)

// ruleSet compiles rules given as "id confidence pattern".
func ruleSet(t testing.TB, lines ...string) *detectors.Set {
	t.Helper()
	text := "provider = \"acme\"\nname = \"Acme\"\nabout = \"https://acme.example\"\n"
	for _, l := range lines {
		f := strings.SplitN(l, " ", 4)
		text += fmt.Sprintf("[[rule]]\nid = %q\ntitle = \"t\"\nconfidence = %q\nseverity = %s\nrotate = \"r\"\npattern = '%s'\n"+
			"[[rule.leaks]]\ntext = \"x\"\n[[rule.clean]]\ntext = \"x\"\nwhy = \"x\"\n", f[0], f[1], f[2], f[3])
	}
	p, err := rules.Parse("acme.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile([]*rules.Provider{p})
	if err != nil {
		t.Fatal(err)
	}
	return detectors.NewSet(ds...)
}

// kept is a report.Handler that keeps what it gets.
type kept struct {
	findings []*leak.Finding
	sum      report.Summary
	calls    string
	fail     string // which call fails
}

func (k *kept) call(name string) error {
	k.calls += name + " "
	if k.fail == name {
		return errors.New("disk full")
	}
	return nil
}
func (k *kept) Start(report.Run) error { return k.call("start") }
func (k *kept) Finding(f *leak.Finding) error {
	k.findings = append(k.findings, f)
	return k.call("finding")
}
func (k *kept) Finish(s report.Summary) error { k.sum = s; return k.call("finish") }

// brief writes a finding as rule@path:line:column,... +also.
func brief(fs []*leak.Finding) string {
	var out []string
	for _, f := range fs {
		var places []string
		for _, l := range f.Locations {
			places = append(places, fmt.Sprintf("%s:%d:%d", l.Path, l.Line, l.Column))
		}
		s := f.Rule.ID + "@" + strings.Join(places, ",")
		for _, a := range f.Also {
			s += " +" + a
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func run(t testing.TB, src scanners.Source, set *detectors.Set, change func(*Config)) *kept {
	t.Helper()
	k := &kept{}
	cfg := Config{Source: src, Detectors: set, Report: k, Salt: []byte("s")}
	if change != nil {
		change(&cfg)
	}
	if _, err := Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	return k
}

// blobs are written as "name: text", each a line.
func blobs(lines ...string) *scannertest.Mem {
	m := &scannertest.Mem{Blobs: map[string][]byte{}}
	for _, l := range lines {
		name, text, _ := strings.Cut(l, ": ")
		m.Blobs[name] = []byte(text)
	}
	return m
}

const (
	highRule  = `high-key high 8.0 \b(?P<secret>hkk_[a-z]{6,12})\b`
	twinRule  = `high-twin high 8.0 \b(?P<secret>hkk_[a-z]{6,12})\b`
	longRule  = `medium-long medium 9.0 (?P<secret>id=[a-z]{4};hkk_[a-z]{6,12};end)`
	mediumURL = `medium-url medium 6.0 (?P<secret>://[a-z]{1,9}@host[a-z]{0,9})`
	pairRule  = `medium-pair medium 6.0 (?P<id>idd_[a-z]{4}):(?P<secret>[a-z]{8})\b`
	soloRule  = `medium-solo medium 6.0 idd_[a-z]{4}:(?P<secret>[a-z]{8})\b`
	lowRule   = `low-any low 3.0 [a-z]{0,9}key = (?P<secret>[a-z_]{8,40})`
)

func TestOverlaps(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rules []string
		blobs []string
		want  string
	}{
		{"the surer rule wins", []string{lowRule, highRule}, []string{"f: key = hkk_aaaaaa"}, "high-key@f:1:7 +low-any"},
		{"also over a longer match", []string{longRule, highRule}, []string{"f: id=abcd;hkk_aaaaaa;end"}, "high-key@f:1:9 +medium-long"},
		{"then the longer", []string{longRule, `medium-key medium 8.0 \b(?P<secret>hkk_[a-z]{6,12})\b`}, []string{"f: id=abcd;hkk_aaaaaa;end"}, "medium-long@f:1:1 +medium-key"},
		{"then more parts", []string{soloRule, pairRule}, []string{"f: idd_abcd:qwxbmnrt"}, "medium-pair@f:1:10 +medium-solo"},
		{"then by name", []string{twinRule, highRule}, []string{"f: hkk_aaaaaa"}, "high-key@f:1:1 +high-twin"},
		{"a piece of another", []string{pairRule, `low-id low 3.0 (?P<secret>idd_[a-z]{4})`}, []string{"f: idd_abcd:qwxbmnrt"}, "medium-pair@f:1:10 +low-id"},
		{"side by side", []string{highRule}, []string{"f: hkk_aaaaaa hkk_bbbbbb"}, "high-key@f:1:1; high-key@f:1:12"},
		{"grouped", []string{highRule}, []string{"b: hkk_aaaaaa hkk_aaaaaa", "a: \n hkk_aaaaaa", "c: hkk_bbbbbb"}, "high-key@a:2:2,b:1:1,b:1:12; high-key@c:1:1"},
		{"the same value of two rules", []string{highRule, `medium-other medium 6.0 other:(?P<secret>hkz?_?k?_?[a-z_]{6,12})`}, []string{"a: hkk_aaaaaa", "b: other:hkk_aaaaaa"}, "high-key@a:1:1,b:1:7 +medium-other"},
		{"generic elsewhere", []string{lowRule, highRule}, []string{"a: hkk_aaaaaa", "b: key = hkk_aaaaaa"}, "high-key@a:1:1,b:1:7 +low-any"},
		{"generic folded", []string{lowRule, pairRule}, []string{"a: idd_abcd:qwxbmnrt", "b: key = qwxbmnrt"}, "medium-pair@a:1:10,b:1:7 +low-any"},
		{"generic alone", []string{lowRule, pairRule}, []string{"a: idd_abcd:qwxbmnrt", "b: key = wvtsrqpo"}, "medium-pair@a:1:10; low-any@b:1:7"},
		{"of two surer rules the surest", []string{lowRule, pairRule, `high-pass high 6.0 pass:(?P<secret>[a-z]{8})\b`}, []string{"a: idd_abcd:qwxbmnrt", "b: key = qwxbmnrt", "c: pass:qwxbmnrt"}, "high-pass@b:1:7,c:1:6 +low-any; medium-pair@a:1:10"},
		{"any rule over the generic one", []string{`zzz-low low 3.0 zkey = (?P<secret>[a-z]{8})`, `generic-secret low 3.0 [a-z]{0,9}key = (?P<secret>[a-z_]{8,40})`}, []string{"a: zkey = zyxwvuts", "b: key = zyxwvuts"}, "zzz-low@a:1:8,b:1:7 +generic-secret"},
		{"order by confidence, severity, rule, place", []string{lowRule, highRule, mediumURL, `medium-aaa medium 6.0 (?P<secret>aaa_[a-z]{5})`, `medium-bad medium 9.9 (?P<secret>bad_[a-z]{5})`},
			[]string{"a: key = zyxwvuts\n://x@hosta\naaa_abcde", "b: aaa_bbbbb bad_bbbbb\nhkk_bbbbbb aaa_ccccc"},
			"high-key@b:2:1; medium-bad@b:1:11; medium-aaa@a:3:1; medium-aaa@b:1:1; medium-aaa@b:2:12; medium-url@a:2:1; low-any@a:1:7"},
	} {
		if got := brief(run(t, blobs(tt.blobs...), ruleSet(t, tt.rules...), nil).findings); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestIDs(t *testing.T) {
	set := ruleSet(t, highRule, pairRule)
	id := func(salt string, blob string) string {
		fs := run(t, blobs(blob), set, func(c *Config) { c.Salt = []byte(salt) }).findings
		if len(fs) != 1 {
			t.Fatalf("%q: %d findings", blob, len(fs))
		}
		return fs[0].ID
	}
	base := id("s", "a: hkk_aaaaaa")
	if got := id("s", "other/file: \n\n  hkk_aaaaaa."); got != base {
		t.Errorf("elsewhere the id is %s, want %s", got, base)
	}
	for _, other := range []string{id("salt", "a: hkk_aaaaaa"), id("s", "a: hkk_aaaaab"), id("s", "a: idd_abcd:hkkaaaaa")} {
		if other == base {
			t.Error("another salt, secret or rule has the same id")
		}
	}
}

// shuffled emits the chunks of all blobs in a random order from some
// goroutines, under numbers that are random too.
type shuffled struct {
	*scannertest.Mem
	rng     *rand.Rand
	workers int
	number  map[leak.Ref]leak.Ref // ours -> Mem's
}

func shuffle(m *scannertest.Mem, seed uint64, workers int) *shuffled {
	s := &shuffled{m, rand.New(rand.NewPCG(seed, 0)), workers, map[leak.Ref]leak.Ref{}}
	for i, n := range s.rng.Perm(len(m.Blobs)) {
		s.number[leak.Ref(1000+i)] = leak.Ref(n + 1)
	}
	return s
}

func (s *shuffled) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	ours := map[leak.Ref]leak.Ref{}
	for o, n := range s.number {
		ours[n] = o
	}
	var chunks []*leak.Chunk
	cov, err := s.Mem.Scan(ctx, reach, func(c *leak.Chunk) error {
		d := *c
		d.Data, d.Ref = bytes.Clone(c.Data), ours[c.Ref]
		chunks = append(chunks, &d)
		return nil
	})
	s.rng.Shuffle(len(chunks), func(i, j int) { chunks[i], chunks[j] = chunks[j], chunks[i] })
	var wg sync.WaitGroup
	for w := range s.workers {
		wg.Go(func() {
			for i := w; i < len(chunks); i += s.workers {
				emit(chunks[i])
			}
		})
	}
	wg.Wait()
	return cov, err
}

func (s *shuffled) Locate(ctx context.Context, ms [][]leak.Match) ([][]leak.Location, error) {
	var out [][]leak.Location
	for _, c := range ms {
		var locs []leak.Location
		for _, m := range c {
			ls, err := s.Mem.Locate(ctx, [][]leak.Match{{{Ref: s.number[m.Ref], Span: m.Span}}})
			if err != nil {
				return nil, err
			}
			ls[0][0].Ref = m.Ref
			locs = append(locs, ls[0][0])
		}
		out = append(out, locs)
	}
	return out, nil
}

func (s *shuffled) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	return s.Mem.Open(ctx, s.number[ref])
}

// TestOrderOfEmission: what is reported does not depend on the schedule.
func TestOrderOfEmission(t *testing.T) {
	near := `provider = "n"
name = "n"
about = "https://n.example"
[[rule]]
id = "near-key"
title = "t"
confidence = "medium"
severity = 5.0
rotate = "r"
pattern = '\b(?P<secret>nkk_[a-z]{6})\b'
[[rule.near]]
pattern = '(?P<id>id_[a-z]{3})'
within = 60
[[rule.leaks]]
text = "x"
[[rule.clean]]
text = "x"
why = "x"
`
	p, err := rules.Parse("n.toml", near)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile([]*rules.Provider{p})
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
	m := blobs()
	rng := rand.New(rand.NewPCG(1, 2))
	values := []string{"nkk_aaaaaa", "nkk_bbbbbb", "pass" + "word = \"xK7f9Qz2mW4pL8vN\"", "to" + "ken: xK7f9Qz2mW4pL8vN", "id_abc", "id_xyz", strings.Repeat(". ", 40), "\n", "sec" + "ret='Zt5Rb8Hy3Jd6Wq1M'", "api" + "_key=Zt5Rb8Hy3Jd6Wq1M"}
	for i := range 12 {
		var text string
		for range 60 {
			text += values[rng.IntN(len(values))] + " \n"[rng.IntN(2):][:1]
		}
		m.Blobs[fmt.Sprintf("f%02d", i)] = []byte(text)
	}
	m.Size = 2000
	want := run(t, m, set, nil).findings
	if len(want) < 4 {
		t.Fatalf("only %d findings", len(want))
	}
	clean := func(fs []*leak.Finding) []*leak.Finding { // numbers are the source's own
		for _, f := range fs {
			for i := range f.Locations {
				f.Locations[i].Ref = 0
			}
		}
		return fs
	}
	clean(want)
	for seed := range uint64(8) {
		got := clean(run(t, shuffle(m, seed, []int{1, 8}[seed%2]), set, nil).findings)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("seed %d: -in order +shuffled\n%s", seed, d)
		}
	}
}

func TestPolicyStages(t *testing.T) {
	src := blobs("a: hkk_aaaaaa", "b: hkk_bbbbbb", "c: key = wvtsrqpo")
	set := ruleSet(t, highRule, lowRule)
	sure := func(f *leak.Finding) bool { return f.Confidence == leak.High }
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string
		sum    report.Summary
	}{
		{"all", nil, "high-key@a:1:1; high-key@b:1:1; low-any@c:1:7", report.Summary{Findings: 3, Places: 3}},
		{"fails", func(c *Config) { c.Fails = sure }, "high-key@a:1:1; high-key@b:1:1; low-any@c:1:7", report.Summary{Findings: 3, Places: 3, Failing: 2}},
		{"keep", func(c *Config) { c.Keep, c.Fails = func(f *leak.Finding) bool { return !sure(f) }, sure }, "low-any@c:1:7", report.Summary{Findings: 1, Places: 1, Suppressed: 2}},
		{"max", func(c *Config) { c.Max, c.Fails = 1, sure }, "high-key@a:1:1", report.Summary{Findings: 1, Places: 1, Failing: 2, Truncated: 2}},
		{"max of all", func(c *Config) { c.Max = 3 }, "high-key@a:1:1; high-key@b:1:1; low-any@c:1:7", report.Summary{Findings: 3, Places: 3}},
	} {
		k := run(t, src, set, tt.change)
		tt.sum.Counts = map[string]int64{"files": 3, "bytes": 34}
		if got := brief(k.findings); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if d := cmp.Diff(tt.sum, k.sum); d != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, d)
		}
	}
}

// TestVerify: what policy drops is sent to nobody, what providers say is
// masked, and an interruption loses no finding.
func TestVerify(t *testing.T) {
	src := blobs("a: hkk_aaaaaa", "b: hkk_bbbbbb", "c: key = wvtsrqpo")
	set := ruleSet(t, highRule, lowRule)
	var asked string
	config := Config{
		Source: src, Detectors: set, Keep: func(f *leak.Finding) bool { return f.Locations[0].Path != "b" }, Max: 1,
		Verify: func(_ context.Context, fs []*leak.Finding) error {
			asked = brief(fs)
			for _, f := range fs {
				f.Verdict = leak.Verdict{Status: leak.Live, Reason: "hkk_bbbbbb", Facts: map[string]string{leak.FactName: "hkk_cccccc", leak.FactID: "5b10ac8d82e05b22cc7d4ef5"}}
			}
			return nil
		},
		Fails: func(f *leak.Finding) bool { return f.Verdict.Status == leak.Live },
	}
	k := &kept{}
	config.Report = k
	sum, err := Run(context.Background(), config)
	if err != nil || asked != "high-key@a:1:1; low-any@c:1:7" || sum.Failing != 2 || sum.Suppressed != 1 || sum.Incomplete {
		t.Errorf("asked %q, %+v, %v", asked, sum, err)
	}
	if v := k.findings[0].Verdict; v.Status != leak.Live || v.Reason != leak.Mask || v.Facts[leak.FactName] != leak.Mask || v.Facts[leak.FactID] != "5b10ac8d82e05b22cc7d4ef5" {
		t.Errorf("%+v", v)
	}
	k = &kept{}
	config.Report, config.Max = k, 0
	config.Verify = func(context.Context, []*leak.Finding) error { return context.Canceled }
	sum, err = Run(context.Background(), config)
	if !errors.Is(err, context.Canceled) || len(k.findings) != 2 || !sum.Incomplete {
		t.Errorf("interrupted: %v, %d findings, %+v", err, len(k.findings), sum)
	}
}

func TestMustSearch(t *testing.T) {
	set := ruleSet(t, highRule)
	for _, tt := range []struct {
		src        *scannertest.Mem
		must, want bool
	}{
		{blobs(), true, true}, {blobs("a: "), true, true}, {blobs("a: x"), true, false}, {blobs(), false, false},
	} {
		k := run(t, tt.src, set, func(c *Config) { c.MustSearch = tt.must })
		if k.sum.Incomplete != tt.want || tt.want && (len(k.sum.Skipped) != 1 || k.sum.Skipped[0].Fix == "") {
			t.Errorf("%v, must search %v: %+v", tt.src.Blobs, tt.must, k.sum)
		}
	}
}

// strange is a source that does what a source may do.
type strange struct {
	*scannertest.Mem
	scan     error
	skip     bool
	nowhere  string // path without a place
	locate   error
	open     error
	rewrite  func(*leak.Location)
	truncate bool
}

func (s *strange) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov, err := s.Mem.Scan(ctx, reach, emit)
	if s.skip {
		cov.Skip("unreadable file", "chmod it", "x")
	}
	return cov, errors.Join(err, s.scan)
}

func (s *strange) Locate(ctx context.Context, ms [][]leak.Match) ([][]leak.Location, error) {
	out, err := s.Mem.Locate(ctx, ms)
	for i := range out {
		out[i] = slices.DeleteFunc(out[i], func(l leak.Location) bool { return l.Path == s.nowhere })
		for j := range out[i] {
			if s.rewrite != nil {
				s.rewrite(&out[i][j])
			}
		}
	}
	return out, errors.Join(err, s.locate)
}

func (s *strange) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if s.open != nil {
		return nil, s.open
	}
	r, err := s.Mem.Open(ctx, ref)
	if s.truncate && err == nil {
		return io.NopCloser(io.LimitReader(r, 3)), nil
	}
	return r, err
}

func TestStrangeSources(t *testing.T) {
	set := ruleSet(t, highRule)
	mem := func() *scannertest.Mem { return blobs("a: hkk_aaaaaa", "b: hkk_bbbbbb\nhkk_aaaaaa") }
	if k := run(t, &strange{Mem: mem(), skip: true}, set, nil); !k.sum.Incomplete || len(k.sum.Skipped) != 1 || len(k.findings) != 2 {
		t.Errorf("with a skipped file: %d findings, %+v", len(k.findings), k.sum)
	}
	if got := brief(run(t, &strange{Mem: mem(), nowhere: "b"}, set, nil).findings); got != "high-key@a:1:1" {
		t.Errorf("a credential without a place is reported: %s", got)
	}
	for name, src := range map[string]*strange{
		"cannot be opened": {Mem: mem(), open: errors.New("open hkk_aaaaaa: gone")}, "became shorter": {Mem: mem(), truncate: true},
	} {
		fs := run(t, src, set, nil).findings
		if len(fs) != 2 {
			t.Fatalf("%s: %d findings", name, len(fs))
		}
		for _, f := range fs {
			if p := f.Locations[0].Problem; p == "" || strings.Contains(p, "hkk_aaaaaa") {
				t.Errorf("%s: problem %q", name, p)
			}
		}
	}
	secret := func(l *leak.Location) {
		l.Path, l.Author, l.Field, l.NoteFor = "dir/hkk_aaaaaa.txt", "hkk_bbbbbb", "hkk_aaaaaahkk_bbbbbb", "x"
	}
	l := run(t, &strange{Mem: mem(), rewrite: secret}, set, nil).findings[0].Locations[0]
	if l.Path != "dir/"+leak.Mask+".txt" || l.Author != leak.Mask || l.Field != leak.Mask || l.NoteFor != "x" {
		t.Errorf("places are not redacted: %q %q %q %q", l.Path, l.Author, l.Field, l.NoteFor)
	}
	boom := errors.New("boom")
	for _, src := range []*strange{{Mem: mem(), scan: boom}, {Mem: mem(), locate: boom}} {
		k := &kept{}
		if _, err := Run(context.Background(), Config{Source: src, Detectors: set, Report: k}); !errors.Is(err, boom) || k.calls != "" {
			t.Errorf("a source that fails: %v, calls %s", err, k.calls)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	k := &kept{}
	if _, err := Run(ctx, Config{Source: mem(), Detectors: set, Report: k}); !errors.Is(err, context.Canceled) || k.calls != "" {
		t.Errorf("cancelled: %v, calls %s", err, k.calls)
	}
	for _, fail := range []string{"start", "finding", "finish"} {
		k := &kept{fail: fail}
		if _, err := Run(context.Background(), Config{Source: mem(), Detectors: set, Report: k}); err == nil || !strings.HasSuffix(k.calls, fail+" ") {
			t.Errorf("a report that fails in %s: %v, calls %s", fail, err, k.calls)
		}
	}
}

// TestHeadPosition: a location that stands elsewhere at HEAD has two positions.
func TestHeadPosition(t *testing.T) {
	m := blobs("new: \n\n  hkk_aaaaaa", "old: hkk_aaaaaa")
	src := &strange{Mem: m, nowhere: "new", rewrite: func(l *leak.Location) {
		l.Head, l.HeadRef = &leak.Position{Blob: "b"}, &leak.Spot{Ref: 1, Span: leak.Span{Start: 4, End: 14}}
	}}
	l := run(t, src, ruleSet(t, highRule), nil).findings[0].Locations[0]
	if l.Line != 1 || l.Column != 1 || l.Head.Line != 3 || l.Head.Column != 3 || l.Head.EndColumn != 13 || l.Head.Frame == nil || l.Head.LineHash == "" || l.LineHash == "" {
		t.Errorf("%+v and at HEAD %+v", l.Position, l.Head)
	}
}

// TestLineHashes compares with the hash over the whole text, on lines that are
// far apart.
func TestLineHashes(t *testing.T) {
	var text strings.Builder
	for i := range 3000 {
		text.WriteString(strings.Repeat("line of the text\t", i%90) + "\r\n"[i%2:])
		if i%97 == 0 {
			fmt.Fprintf(&text, "  x hkk_%s x\n", "qwertzuiopasdfghjklyxcvbnm"[i%15:][:6+i%5])
		}
	}
	fs := run(t, blobs("f: "+text.String()), ruleSet(t, highRule), nil).findings
	n := 0
	for _, f := range fs {
		for _, l := range f.Locations {
			h := report.NewLineHasher(l.Line)
			h.Write([]byte(text.String()))
			if want := h.Finish()[l.Line]; want == "" || l.LineHash != want {
				t.Errorf("line %d: hash %q, want %q", l.Line, l.LineHash, want)
			}
			n++
		}
	}
	if n != 31 {
		t.Errorf("%d places, want 31", n)
	}
}

// TestFramesHideLosers: a match that lost to another one is masked as well.
func TestFramesHideLosers(t *testing.T) {
	fs := run(t, blobs("f: id=abcd;hkk_aaaaaa;end hkk_bbbbbb"), ruleSet(t, longRule, highRule), nil).findings
	for _, f := range fs {
		frame := f.Locations[0].Frame
		for _, l := range frame.Lines {
			if strings.Contains(l, "abcd") || strings.Contains(l, "hkk") {
				t.Errorf("the frame shows %q", l)
			}
		}
	}
}
