package main

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/report"
)

// planted is a credential, and another one of the same rule: what both have is
// known to everybody.
type planted struct{ rule, text, secret, other string }

// plantAll makes a credential of each rule that has an example with one of its
// own.
func plantAll(t *testing.T) []planted {
	t.Helper()
	var all []planted
	for _, id := range slices.Sorted(maps.Keys(testRules())) {
		text, secret, err := makeToken(id, 0, "planted "+id)
		if err != nil {
			t.Fatal(err)
		}
		_, other, err := makeToken(id, 0, "other "+id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, planted{id, strings.TrimSpace(text), secret, other})
	}
	return all
}

// traces are the pieces of planted credentials in all their forms: what must
// not be in any output.
type traces struct {
	pieces map[string]string // piece -> what it is
	// Nearly no three bytes of an output begin a piece, and those that do, as in
	// hex digits, nearly never go on as one does: asking for pieces of every
	// length at every place took half of the tests that use them.
	begins  [1 << 18]uint64          // a bit for each three bytes
	lengths map[[headSize]byte][]int // of the pieces that begin so
}

// headSize is the length of the shortest piece.
const headSize = 6

func newTraces() *traces {
	return &traces{pieces: map[string]string{}, lengths: map[[headSize]byte][]int{}}
}

// headBit is the word of begins and its bit for a text of three bytes or more.
func headBit(s string) (word int, bit uint64) {
	h := int(s[0])<<16 | int(s[1])<<8 | int(s[2])
	return h >> 6, 1 << (h & 63)
}

// add adds the pieces of n bytes of a form that the other credential's form
// does not have.
func (x *traces) add(n int, form, other, name string) {
	start := 0
	for start < min(len(form), len(other)) && form[start] == other[start] {
		start++
	}
	for i := start; i+n <= len(form); i++ {
		piece := form[i : i+n]
		if strings.Contains(other, piece) {
			continue
		}
		x.pieces[piece] = name
		word, bit := headBit(piece)
		x.begins[word] |= bit
		head := [headSize]byte([]byte(piece[:headSize]))
		if !slices.Contains(x.lengths[head], n) {
			x.lengths[head] = append(x.lengths[head], n)
		}
	}
}

// publicIDs are the pieces of credentials that name what they belong to, and open
// nothing: reports of identities show them. The providers document all of them.
var publicIDs = map[string]string{
	"airtable-personal-access-token":  `^pat[0-9A-Za-z]{14}`,
	"authress-service-client-key":     `\.acc[_-][0-9a-z-]+`,
	"datastax-astra-token":            `^AstraCS:[0-9A-Za-z]{24}`, // the id of its client
	"asana-personal-access-token":     `^[12]/[0-9]+(?:/[0-9]+)?`,
	"asana-legacy-token":              `^[0-9]/[0-9]+`,
	"facebook-app-access-token":       `^[0-9]{15,16}`,
	"harness-personal-token":          `^pat\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z]{24}`, // of the account and of the token
	"harness-service-account-token":   `^sat\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z]{24}`,
	"salesforce-access-token":         `^00D[0-9A-Za-z]{12,15}`,
	"sourcegraph-access-token":        `^sgp_[0-9a-z]+_`,
	"azure-logic-app-url":             `/workflows/[0-9a-f]+`,
	"bitwarden-secrets-manager-token": `^0\.[0-9a-f-]{36}`,
	"braintree-access-token":          `^access_token\$production\$[0-9a-z]+`,
	"braintree-sandbox-access-token":  `^access_token\$sandbox\$[0-9a-z]+`,
	"discord-webhook":                 `/webhooks/[0-9]+`,
	"docker-swarm-join-token":         `^SWMTKN-[12]-(?:[01]-)?[0-9a-z]{50}`, // the digest of its certificate
	"dynatrace-token":                 `^dt0[a-z][0-9]{2}\.[0-9A-Z]{8,24}`,
	"microsoftteams-webhook":          `/webhookb2/[0-9a-f-]+@[0-9a-f-]+|/[0-9a-f-]+$`,
	"microsoftteams-workflow-webhook": `/workflows/[0-9a-f]+|default[0-9a-f.]+`,
	"netbox-api-token":                `^nbt_[0-9A-Za-z]{12}`,
	"postman-api-key":                 `^PMAK-[0-9a-f]{24}`,
	"sendgrid-api-key":                `^SG\.[0-9A-Za-z_-]{22}`,
	"slack-bot-token":                 `^xoxb-[0-9]+-(?:[0-9]+-)?`,
	"slack-client-token":              `^xoxc-(?:[0-9]+-){1,3}`,
	"slack-legacy-token":              `^xox[os]-(?:[0-9]+-){1,3}`,
	"slack-legacy-workspace-token":    `^xox[ar]-(?:[0-9]-)?(?:[0-9]+-){1,3}`,
	"slack-trigger-webhook":           `/triggers/[TE][0-9A-Za-z]+/[0-9]+`,
	"slack-user-token":                `^xoxp-(?:[0-9]+-){1,3}`,
	"slack-webhook":                   `/services/T[0-9A-Za-z]+/B[0-9A-Za-z]+`,
	"slack-workflow-webhook":          `/workflows/[TE][0-9A-Za-z]+/A[0-9A-Za-z]+`,
	"vercel-blob-token":               `^vercel_blob_rw_[0-9A-Za-z]+_`,
}

// hidden is a credential without its public ids, in the place of which nothing is that could be found.
func (p planted) hidden() string {
	form := publicIDs[p.rule]
	if form == "" {
		return p.secret
	}
	return regexp.MustCompile(form).ReplaceAllStringFunc(p.secret, func(s string) string { return strings.Repeat("\x01", len(s)) })
}

func (x *traces) plant(p planted) {
	if p.rule == "aws-access-key-id" || p.rule == "kucoin-api-key" {
		return // where it is a piece of a credential, it names the key to revoke
	}
	whole := p.secret
	p.secret = p.hidden()
	x.add(len(whole), whole, p.other, p.rule+" as a whole")
	x.add(12, p.secret, p.other, p.rule)
	if n := len(p.secret); n < 12 && n > 6 && p.secret != p.other {
		x.add(n, p.secret, p.other, p.rule+" as a whole")
	}
	x.add(12, reversed(p.secret), reversed(p.other), p.rule+" reversed")
	x.add(24, hex.EncodeToString([]byte(p.secret)), hex.EncodeToString([]byte(p.other)), p.rule+" in hex")
	if a, b := url.QueryEscape(p.secret), url.QueryEscape(p.other); a != p.secret {
		x.add(12, a, b, p.rule+" URL-encoded")
	}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range min(3, len(p.secret), len(p.other)) {
			x.add(16, enc.EncodeToString([]byte(p.secret[shift:])), enc.EncodeToString([]byte(p.other[shift:])), p.rule+" in base64")
		}
	}
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// in lists what is in an output, once each.
func (x *traces) in(output string) []string {
	found := map[string]string{}
	for i := 0; i+headSize <= len(output); i++ {
		if word, bit := headBit(output[i:]); x.begins[word]&bit == 0 {
			continue
		}
		for _, n := range x.lengths[[headSize]byte([]byte(output[i:i+headSize]))] {
			if i+n > len(output) {
				continue
			}
			if name, ok := x.pieces[output[i:i+n]]; ok && found[name] == "" {
				found[name] = fmt.Sprintf("%s: ...%.80q", name, output[max(0, i-30):i+n])
			}
		}
	}
	return slices.Sorted(maps.Values(found))
}

// check reports what is in the outputs of a run.
func (x *traces) check(t *testing.T, what string, outputs ...string) {
	t.Helper()
	for _, out := range outputs {
		found := x.in(out)
		for _, f := range found[:min(5, len(found))] {
			t.Errorf("%s leaks %s", what, f)
		}
		if len(found) > 5 {
			t.Errorf("%s leaks %d more", what, len(found)-5)
		}
		if strings.HasPrefix(what, "dir") {
			continue // what files hold is shown: the log of HEAD is one
		}
		for _, address := range []string{"ada@", "carl@", "authors.example", "committers.example"} {
			if strings.Contains(out, address) {
				t.Errorf("%s holds the e-mail address of an author: %s", what, address)
			}
		}
	}
}

// plantRepo is a repository that leaks every credential in every way, and some that are
// nowhere but in names of files.
func plantRepo(t *testing.T, all []planted) (r *testRepo, named []planted) {
	r = newRepo(t)
	var together, oneLine, spread, short strings.Builder
	for i, p := range all {
		r.write("each/"+p.rule+".txt", p.text+"\n")
		if i%6 == 0 {
			plantEncoded(r, i, p)
		}
		together.WriteString(p.text + "\n")
		if !strings.Contains(p.text, "\n") {
			oneLine.WriteString(p.text + " ")
			spread.WriteString(strings.Repeat(".", i*37%300) + " " + p.text + " " + strings.Repeat("=", i%90) + "\n")
			if found, err := firstSecret(testRules()[p.rule], p.secret); err != nil {
				t.Fatal(err)
			} else if found != p.secret {
				continue // its neighbours would show it, as nobody can know what it is
			}
			short.WriteString(p.secret + "," + p.secret + ";'" + p.secret + "'\n")
		}
	}
	r.write("together.txt", together.String())
	r.write("one-line.txt", oneLine.String())
	r.write("spread.txt", spread.String())
	r.write("short.txt", short.String())
	r.commit("all of them")

	// In the texts around files: those that fit into a name.
	// What nobody can know for a credential where nothing is said of it is none of these.
	var names []planted
	set := detectors.NewSet(detectors.Builtin(nil)...)
	for _, p := range all {
		if nameable(p.secret) && !strings.Contains(pipeline.MaskText(set, "https://example.com/"+p.secret+".git"), p.secret) {
			names = append(names, p)
		}
	}
	if len(names) < 25 {
		t.Fatalf("only %d credentials fit into a name", len(names))
	}
	for i, p := range names[:25] {
		r.write("names/"+p.secret+"/readme", fmt.Sprint(i))
		r.write("names/"+p.secret+".txt", p.text+"\n")
		r.git("branch", fmt.Sprintf("b%d-%s", i, p.secret))
	}
	env := r.env
	for i, p := range names[:8] {
		r.env = append(slices.Clone(env), "GIT_AUTHOR_NAME=Ada "+p.secret, "GIT_COMMITTER_NAME="+names[8+i].secret)
		r.write("n.txt", p.text+" "+names[(i+3)%len(names)].text+"\n")
		r.commit("message " + names[16+i].text + "\n\n" + p.text)
	}
	r.git("tag", "-a", "-m", "tag "+names[1].text, "v-"+names[2].secret)
	r.git("notes", "add", "-m", "note "+names[3].text)
	r.env = env
	r.git("checkout", "-q", "-b", "head-"+names[4].secret)
	r.git("config", "remote.origin.url", "https://user:"+names[5].secret+"@example.com/"+names[6].secret+".git?token="+names[7].secret)
	r.write("n.txt", "gone")
	for i, p := range names[:25] { // nowhere but in names
		_, secret, err := makeToken(p.rule, 0, "named "+p.rule)
		if err != nil || !nameable(secret) {
			t.Fatal(p.rule, err)
		}
		named = append(named, planted{p.rule, secret, secret, p.other})
		r.write(fmt.Sprintf("only/f%d-%s", i, secret), "x")
		r.write(fmt.Sprintf("only/%s,%d/y", secret, i), "y")
	}
	r.git("rm", "-q", "-r", "each")
	r.commit("remove")
	r.write("staged-"+names[9].secret+".txt", names[9].text)
	r.git("add", "-A")
	// What is broken is named, too.
	lost := strings.Repeat("12", 20) + "\n"
	r.write(".git/refs/heads/lost-"+names[10].secret, lost)
	r.write(".git/refs/heads/broken-"+names[11].secret, "nonsense")
	r.write(".git/refs/tags/link-"+names[12].secret, "ref: refs/heads/gone-"+names[13].secret)
	return r, named
}

func plantEncoded(r *testRepo, i int, p planted) {
	r.write("base64/"+p.rule+".txt", "data: "+base64.StdEncoding.EncodeToString([]byte(p.text))+"\n")
	r.write("hex/"+p.rule+".txt", "x = "+hex.EncodeToString([]byte(p.secret))+" ;\n")
	for _, enc := range []string{"utf-16le", "utf-16be"} {
		wide, err := encodeText("a\nb "+p.text+"\nc\n", enc, i%2 == 0)
		if err != nil {
			r.t.Fatal(err)
		}
		r.write(enc+"/"+p.rule+".txt", string(wide))
	}
}

func nameable(s string) bool {
	return len(s) >= 16 && len(s) < 100 && !strings.ContainsAny(s, "\n /\\~^:?*[.@") && !strings.Contains(s, "@{")
}

var formatNames = report.Formats()

// TestNothingLeaks runs scans with every format and log level and looks for
// what was planted in all that comes out.
func TestNothingLeaks(t *testing.T) {
	all := plantAll(t)
	x := newTraces()
	for _, p := range all {
		x.plant(p)
	}
	r, named := plantRepo(t, all)
	for _, p := range named {
		x.plant(p)
	}
	out := t.TempDir()
	for _, mode := range [][]string{{"git", r.dir}, {"git", r.dir, "--staged"}, {"git", r.dir, "--range", "main~5..main"}, {"dir", r.dir}} {
		name := strings.Join(append(mode[:1:1], mode[2:]...), " ")
		for i, level := range []string{"debug", "info", "warn", "error"} {
			if i > 0 && name != "git" {
				break // the slow part is the same
			}
			args := append(slices.Clone(mode), "--log-level", level, "-v")
			for _, f := range formatNames {
				if i == 0 || f == "text" {
					args = append(args, "-f", f+"="+filepath.Join(out, f))
				}
			}
			code, stdout, stderr := whosekey(t, nil, args...)
			if code != exitFindings {
				t.Fatalf("whosekey %s: exit code %d, stderr %.500s", name, code, stderr)
			}
			x.check(t, name+" at level "+level, stdout, stderr)
			if i > 0 {
				continue
			}
			for _, f := range formatNames {
				x.check(t, name+" -f "+f, read(t, filepath.Join(out, f)))
			}
			_, stdout, stderr = whosekey(t, nil, append(slices.Clone(mode), "--log-level", level)...)
			x.check(t, name+" as short text", stdout, stderr)
			if name == "git" {
				rules := map[string]bool{}
				for _, p := range all {
					if strings.Contains(read(t, filepath.Join(out, "jsonl")), `"rule":"`+p.rule+`"`) {
						rules[p.rule] = true
					}
				}
				if len(rules) < 25 {
					t.Errorf("only %d rules find something", len(rules))
				}
			}
			jsonl, err := os.Open(filepath.Join(out, "jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			_, stdout, stderr = whosekey(t, jsonl, "report", "-f", "text", "-v")
			jsonl.Close()
			x.check(t, name+", converted", stdout, stderr)
		}
	}
	// Nothing is left behind in files, either.
	filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !slices.Contains(formatNames, d.Name()) {
			t.Errorf("%s is left behind", d.Name())
		}
		return err
	})
	text := read(t, filepath.Join(r.dir, "together.txt")) + read(t, filepath.Join(r.dir, "one-line.txt"))
	for _, f := range formatNames {
		_, stdout, stderr := whosekey(t, strings.NewReader(text), "stdin", "-f", f, "--log-level", "debug")
		x.check(t, "stdin -f "+f, stdout, stderr)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return unpacked(t, string(b))
}

var htmlBlock = regexp.MustCompile(`(<script type="text/plain" class="block">)([^<]*)`)

// unpacked opens the blocks of a page, in which most of it is packed.
func unpacked(t *testing.T, page string) string {
	return htmlBlock.ReplaceAllStringFunc(page, func(s string) string {
		m := htmlBlock.FindStringSubmatch(s)
		z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(m[2])))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		return m[1] + string(text)
	})
}

// TestErrorsLeakNothing provokes errors about things that hold a credential.
func TestErrorsLeakNothing(t *testing.T) {
	_, secret, err := makeToken("github-personal-access-token", 0, "planted")
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := makeToken("github-personal-access-token", 0, "other")
	if err != nil {
		t.Fatal(err)
	}
	x := newTraces()
	x.plant(planted{"a token", "", secret, other})
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	plain := file("plain.txt", "x")
	repo := newRepo(t)
	repo.write("a.txt", "x")
	repo.commit("x")
	for name, args := range map[string][]string{
		"rules, syntax":      {"dir", plain, "--rules", file("r1.toml", "provider = "+secret+"\n")},
		"rules, value":       {"dir", plain, "--rules", file("r2.toml", "provider = \""+secret+"\"\nname = \"x\"\n")},
		"rules, unknown key": {"dir", plain, "--rules", file("r3.toml", "provider = \"x\"\n"+secret+" = 1\n")},
		"rules, pattern":     {"dir", plain, "--rules", file("r4.toml", strings.Replace(ruleFile, "PATTERN", "("+secret, 1))},
		"rules, not text":    {"dir", plain, "--rules", file("r5.toml", "\x00"+secret)},
		"settings, syntax":   {"dir", plain, "--config", file("c1.toml", "exclude = "+secret+"\n")},
		"settings, key":      {"dir", plain, "--config", file("c2.toml", secret+" = 1\n")},
		"settings, pattern":  {"dir", plain, "--config", file("c3.toml", "exclude = [\"["+secret+"\"]\n")},
		"settings, rule":     {"dir", plain, "--config", file("c4.toml", "[rules]\ndisable = [\""+secret+"\"]\n")},
		"clone":              {"git", "https://user:" + secret + "@127.0.0.1:1/x.git"},
		"clone, query":       {"git", "http://127.0.0.1:1/x.git?token=" + secret},
		"clone, scheme":      {"git", "ftp://user:" + secret + "@127.0.0.1/x.git"},
		"clone, bad address": {"git", "https://user:" + secret + "@%zz/x.git"},
		"clone, ssh":         {"git", "ssh://user:" + secret + "@127.0.0.1:1/x.git"},
	} {
		code, stdout, stderr := whosekey(t, nil, args...)
		if code != exitUsage && code != exitIncomplete {
			t.Errorf("%s: exit code %d, stderr %s", name, code, stderr)
		}
		x.check(t, name, stdout, stderr)
	}

	// Files and repositories that cannot be read and are named after it. It is
	// found in no content: only the name tells.
	file("odd/"+secret+".txt", "x")
	if err := os.Symlink("nowhere-"+secret, filepath.Join(dir, "odd/link-"+secret)); err != nil {
		t.Fatal(err)
	}
	if err := makeFIFO(filepath.Join(dir, "odd/fifo-"+secret)); err != nil {
		t.Fatal(err)
	}
	locked := file("odd/locked-"+secret, "x")
	os.Chmod(locked, 0)
	repo.write(".git/refs/heads/lost-"+secret, strings.Repeat("12", 20))
	repo.write(".git/refs/heads/broken-"+secret, "nonsense")
	repo.write(".git/objects/info/alternates", "/nowhere/"+secret+"\n")
	for _, args := range [][]string{{"dir", filepath.Join(dir, "odd")}, {"git", repo.dir}, {"git", repo.dir, "--range", "HEAD..HEAD"}} {
		for _, f := range formatNames {
			code, stdout, stderr := whosekey(t, nil, append(args, "-f", f, "--log-level", "debug")...)
			if code == exitUsage {
				t.Errorf("%s: exit code %d, stderr %s", args, code, stderr)
			}
			x.check(t, fmt.Sprint(args[0], " ", args[2:], " -f ", f), stdout, stderr)
		}
	}
	// A run that is damaged where a secret stands.
	run := `{"run":{"schema":1,"tool":"whosekey"}}` + "\n" + `{"finding":{"secret":"` + secret + `","locations":{"` + secret + `":1}}}` + "\n"
	_, stdout, stderr := whosekey(t, strings.NewReader(run), "report", "-f", "text")
	x.check(t, "report", stdout, stderr)
	_, stdout, stderr = whosekey(t, strings.NewReader(secret), "report", "-f", "text")
	x.check(t, "report of nonsense", stdout, stderr)
}

const ruleFile = `provider = "acme"
name = "Acme"
about = "https://acme.example/docs"
[[rule]]
id = "acme-token"
title = "Acme token"
pattern = 'PATTERN'
confidence = "high"
severity = 8.0
rotate = "Delete it."
  [[rule.leaks]]
  text = "x"
  [[rule.clean]]
  text = "y"
  why = "z"
`
