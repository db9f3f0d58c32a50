package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/rules"
)

// patience is how long one run of the program may take. What is slower hangs.
var patience = time.Duration(fromEnv("WHOSEKEY_PATIENCE", 60)) * time.Second

// tooMuch is how many bytes a run may hold: the largest test needs a tenth.
const tooMuch = 1 << 30

func TestMain(m *testing.M) {
	userFile = func() string { return "" } // not that of whoever runs the tests
	if os.Getenv(testersFile) == "" {      // these are the tests, and no program that they run
		os.Setenv(testersFile, policy.UserFile())
	}
	flag.Set("test.parallel", "6") // those that say so wait for servers more than for a processor
	testscript.Main(m, map[string]func(){"whosekey": func() { os.Exit(runPatiently()) }})
}

// runPatiently is main for scripts.
func runPatiently() int {
	joinInternet()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	time.AfterFunc(patience+10*time.Second, func() { // it does not listen to ctx either
		pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
		os.Exit(99)
	})
	go func() {
		for range time.Tick(100 * time.Millisecond) {
			var m runtime.MemStats
			if runtime.ReadMemStats(&m); m.HeapAlloc > tooMuch {
				fmt.Fprintf(os.Stderr, "the program holds %d MB\n", m.HeapAlloc>>20)
				os.Exit(98)
			}
		}
	}()
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// TestScripts runs testdata/*.txtar, each in a folder of its own. Beside the
// commands of testscript there are those of commands, below.
func TestScripts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatalf("the scripts build their repositories with git: %v", err)
	}
	world = newInternet(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds:                commands,
	})
}

// setup gives a script a git that reads no settings but the repository's.
func setup(env *testscript.Env) error {
	env.Values["clock"] = new(int)
	for k, v := range map[string]string{
		"HOME": env.WorkDir, "XDG_CONFIG_HOME": "", "LC_ALL": "C", "TZ": "UTC",
		"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true",
		"GIT_AUTHOR_NAME": "Ada Author", "GIT_AUTHOR_EMAIL": "ada@authors.example",
		"GIT_COMMITTER_NAME": "Carl Committer", "GIT_COMMITTER_EMAIL": "carl@committers.example",
		"GIT_AUTHOR_DATE": epoch.Format(time.RFC3339), "GIT_COMMITTER_DATE": epoch.Format(time.RFC3339),
		"GIT_ALLOW_PROTOCOL": "file", testersFile: os.Getenv(testersFile),
	} {
		env.Setenv(k, v)
	}
	return nil
}

var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 2*3600))

type command = func(ts *testscript.TestScript, neg bool, args []string)

// commands are those of our scripts. A NAME is that of an environment variable.
//
//	exits CODE PROGRAM ARG...    run it; it must exit with CODE
//	scan CODE ARG...             run whosekey ARG... -f json --show-secrets
//	token NAME RULE [N]          make a credential out of the N-th example of a rule; the
//	                             example as a whole is in NAME_text
//	repo [ARG...]                git init a folder "repo" and enter it
//	text FILE LINE...            write a file
//	encode FILE ENCODING [mark]  rewrite a file in utf-16le, utf-16be, utf-32le, utf-32be, latin-1
//	big FILE SIZE AT TEXT [zeros]  a file of SIZE bytes with TEXT at offset AT
//	commit NAME MESSAGE          commit all files; NAME is the commit, NAME_date its author's date
//	commit -i NAME MESSAGE       commit the index as it is
//	tree-commit NAME FILE MESSAGE PARENT...  commit the tree that a file names
//	append FILE LINE             append a line to a file
//	rev NAME REVISION            resolve a revision
//	tree NAME MODE,FILE,ID...    write a tree that git would refuse
//	forge ID TYPE FILE           write a loose object under a false name
//	pack bomb | pack thin FILE   write a pack that unpacks to 24 GB, or has a delta of a file
//	socket FILE                  make a socket: a file that cannot be read
//	damage FILE AT[%]            flip the bits of a byte
//	cut FILE AT[%]               truncate a file
//	[!] found NAME [KEY=VALUE]...  the last scan found it, in exactly one place like that
//	                             (somewhere, if nothing is said about the place)
//	places NAME N                the last scan found it in N places
//	image FILE NAME [-- ...]     build a container image: see cmdImage
//	findings N                   the last scan found N credentials
//	[!] gap REGEXP               the last scan skipped something for such a reason
//	count KIND N                 the last scan searched N of a kind
//	provider FILE                from here on the program has an internet, with servers that
//	                             answer as the file says: see answersOf
//	asked N [REGEXP]             so many requests arrived so far (that the expression fits)
//	home FILE                    the file is the user's own settings
//	newer FILE                   the database is of a newer version
var commands = map[string]command{
	"exits": cmdExits, "scan": cmdScan, "image": cmdImage, "token": cmdToken, "repo": cmdRepo, "text": cmdText, "encode": cmdEncode, "big": cmdBig,
	"commit": cmdCommit, "rev": cmdRev, "tree-commit": cmdTreeCommit, "append": cmdAppend, "tree": cmdTree, "forge": cmdForge, "damage": cmdDamage, "cut": cmdCut, "socket": cmdSocket, "pack": cmdPack,
	"found": cmdFound, "places": cmdPlaces, "findings": cmdFindings, "gap": cmdGap, "count": cmdCount,
	"provider": cmdProvider, "asked": cmdAsked, "home": cmdHome, "newer": cmdNewer,
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if stderr := ts.ReadFile("stderr"); strings.Contains(stderr, "panic:") || strings.Contains(stderr, "goroutine ") {
		ts.Fatalf("it panics")
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func cmdScan(ts *testscript.TestScript, neg bool, args []string) {
	all := append([]string{args[0], "whosekey"}, args[1:]...)
	cmdExits(ts, neg, append(all, "-f", "json", "--show-secrets"))
}

// testRules are the rules by id.
var testRules = sync.OnceValue(func() map[string]*rules.Rule {
	ps, err := rules.Builtin()
	if err != nil {
		panic(err)
	}
	byID := map[string]*rules.Rule{}
	for _, p := range ps {
		for i := range p.Rules {
			byID[p.Rules[i].ID] = &p.Rules[i]
		}
	}
	return byID
})

// makeToken fills an example of a rule with random text that seed determines.
func makeToken(rule string, example int, seed string) (text, secret string, err error) {
	r := testRules()[rule]
	if r == nil || example >= len(r.Leaks) {
		return "", "", fmt.Errorf("rule %q has no example %d", rule, example)
	}
	text, err = rules.Expand(r.Leaks[example].Text, seed, detectors.Checksum(r.Checksum))
	if err != nil {
		return "", "", err
	}
	secret, err = firstSecret(r, text)
	if err == nil && secret == "" {
		err = fmt.Errorf("rule %q does not find its example", rule)
	}
	return text, secret, err
}

// firstSecret returns the credential that a rule finds in a text.
func firstSecret(r *rules.Rule, text string) (secret string, err error) {
	ds, err := detectors.Compile([]*rules.Provider{{ID: "test", Rules: []rules.Rule{*r}}})
	if err != nil {
		return "", err
	}
	detectors.NewSet(ds...).Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
		if secret == "" {
			secret = m.Parts[leak.SecretPart].Reveal()
		}
	})
	return secret, nil
}

func cmdToken(ts *testscript.TestScript, neg bool, args []string) {
	example := 0
	if len(args) == 3 {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		example = n
	}
	text, secret, err := makeToken(args[1], example, ts.Name()+args[0])
	ts.Check(err)
	ts.Setenv(args[0], secret)
	ts.Setenv(args[0]+"_text", strings.TrimSpace(text))
}

func cmdRepo(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.MkdirAll(ts.MkAbs("repo"), 0o777))
	ts.Check(ts.Exec("git", append(append([]string{"init", "-q", "-b", "main"}, args...), "repo")...))
	ts.Check(ts.Chdir("repo"))
}

func cmdText(ts *testscript.TestScript, neg bool, args []string) {
	write(ts, args[0], []byte(strings.Join(args[1:], "\n")+"\n"))
}

func cmdAppend(ts *testscript.TestScript, neg bool, args []string) {
	write(ts, args[0], []byte(ts.ReadFile(args[0])+args[1]+"\n"))
}

func write(ts *testscript.TestScript, name string, data []byte) {
	name = ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o777))
	ts.Check(os.WriteFile(name, data, 0o666))
}

func cmdEncode(ts *testscript.TestScript, neg bool, args []string) {
	out, err := encodeText(ts.ReadFile(args[0]), args[1], len(args) == 3)
	ts.Check(err)
	write(ts, args[0], out)
}

func cmdBig(ts *testscript.TestScript, neg bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	at, err := strconv.ParseInt(args[2], 10, 64)
	ts.Check(err)
	name := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o777))
	f, err := os.Create(name)
	ts.Check(err)
	defer f.Close()
	ts.Check(f.Truncate(size))
	if len(args) == 4 {
		block := []byte(strings.Repeat("the quick brown fox jumps over the lazy dog and goes to sleep .\n", 1<<14)) // 1 MiB
		for n := int64(0); n < size; n += int64(len(block)) {
			_, err := f.WriteAt(block[:min(int64(len(block)), size-n)], n)
			ts.Check(err)
		}
	}
	_, err = f.WriteAt([]byte(args[3]), at)
	ts.Check(err)
}

func cmdCommit(ts *testscript.TestScript, neg bool, args []string) {
	if args[0] == "-i" {
		args = args[1:]
	} else {
		ts.Check(ts.Exec("git", "add", "-A"))
	}
	clock := ts.Value("clock").(*int)
	*clock++
	date := epoch.Add(time.Duration(*clock) * time.Hour)
	ts.Setenv("GIT_AUTHOR_DATE", date.Format(time.RFC3339))
	ts.Setenv("GIT_COMMITTER_DATE", date.Add(30*time.Minute).Format(time.RFC3339))
	ts.Check(ts.Exec("git", "commit", "-q", "--allow-empty", "-m", strings.ReplaceAll(args[1], `\n`, "\n")))
	cmdRev(ts, false, []string{args[0], "HEAD"})
	ts.Setenv(args[0]+"_date", date.UTC().Format(time.RFC3339))
}

func cmdTreeCommit(ts *testscript.TestScript, neg bool, args []string) {
	cmd := []string{"commit-tree", "-m", args[2], strings.TrimSpace(ts.ReadFile(args[1]))}
	for _, p := range args[3:] {
		cmd = append(cmd, "-p", p)
	}
	ts.Check(ts.Exec("git", cmd...))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func cmdRev(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec("git", "rev-parse", "--verify", "-q", args[1]))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// lastReport is the JSON that the last scan wrote.
type lastReport struct {
	Findings []struct {
		Rule      string
		Encoding  string
		Secret    string
		Locations []map[string]any
	}
	Summary struct {
		Incomplete bool
		Counts     map[string]int64
		Skipped    []struct {
			Reason, Fix string
			Count       int64
			First       []string
		}
	}
}

func last(ts *testscript.TestScript) *lastReport {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	d.UseNumber()
	r := new(lastReport)
	if err := d.Decode(r); err != nil {
		ts.Fatalf("the output is no JSON report: %v", err)
	}
	return r
}

// value finds "head.line" in a location. What is absent is "".
func value(m map[string]any, key string) string {
	key, rest, nested := strings.Cut(key, ".")
	v, ok := m[key]
	if inner, isMap := v.(map[string]any); nested && isMap {
		return value(inner, rest)
	}
	if !ok || v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// locations returns where the last scan found the credential in a variable.
func locations(ts *testscript.TestScript, name string) (locs []map[string]any) {
	secret := ts.Getenv(name)
	if secret == "" {
		ts.Fatalf("%s is empty", name)
	}
	n := 0
	for _, f := range last(ts).Findings {
		if f.Secret != secret {
			continue
		}
		if n++; n > 1 {
			ts.Fatalf("%s is reported as two findings", name)
		}
		for _, l := range f.Locations {
			l["rule"], l["encoding"] = f.Rule, f.Encoding
			locs = append(locs, l)
		}
	}
	return locs
}

func cmdFound(ts *testscript.TestScript, neg bool, args []string) {
	all := locations(ts, args[0])
	fits := 0
	var seen strings.Builder
	for _, l := range all {
		ok := true
		for _, want := range args[1:] {
			k, v, _ := strings.Cut(want, "=")
			ok = ok && value(l, k) == v
		}
		if ok {
			fits++
		}
		delete(l, "frame")
		delete(l, "line_hash")
		line, _ := json.Marshal(l)
		fmt.Fprintf(&seen, "\n  %s", line)
	}
	switch {
	case neg && fits > 0:
		ts.Fatalf("%s is found %v:%s", args[0], args[1:], &seen)
	case !neg && len(all) == 0:
		ts.Fatalf("%s is not found", args[0])
	case !neg && fits != 1 && len(args) > 1:
		ts.Fatalf("%s is found in %d places with %v, of:%s", args[0], fits, args[1:], &seen)
	}
}

func cmdPlaces(ts *testscript.TestScript, neg bool, args []string) {
	if got := len(locations(ts, args[0])); strconv.Itoa(got) != args[1] {
		ts.Fatalf("%s is found in %d places, want %s", args[0], got, args[1])
	}
}

func cmdFindings(ts *testscript.TestScript, neg bool, args []string) {
	r := last(ts)
	if got := len(r.Findings); strconv.Itoa(got) != args[0] {
		var what []string
		for _, f := range r.Findings {
			what = append(what, f.Rule+" "+f.Secret)
		}
		ts.Fatalf("%d findings, want %s:\n  %s", got, args[0], strings.Join(what, "\n  "))
	}
}

func cmdGap(ts *testscript.TestScript, neg bool, args []string) {
	re, err := regexp.Compile(args[0])
	ts.Check(err)
	r := last(ts)
	found := false
	for _, g := range r.Summary.Skipped {
		line := fmt.Sprintf("%d × %s → %s: %s", g.Count, g.Reason, g.Fix, strings.Join(g.First, ", "))
		ts.Logf("skipped: %s", line)
		found = found || re.MatchString(line)
	}
	if found == neg {
		ts.Fatalf("a gap %q: %v, want %v", args[0], found, !neg)
	}
	if found && !r.Summary.Incomplete {
		ts.Fatalf("something is skipped, but the scan is not said to be incomplete")
	}
}

func cmdCount(ts *testscript.TestScript, neg bool, args []string) {
	n, ok := last(ts).Summary.Counts[args[0]]
	if got := fmt.Sprint(n); !ok || got != args[1] {
		ts.Fatalf("searched %s %s (counted: %v), want %s", got, args[0], ok, args[1])
	}
}
