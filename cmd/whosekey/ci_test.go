package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// action is action.yml as a runner reads it.
type action struct {
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

func readAction(t *testing.T) *action {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	a := new(action)
	if err := yaml.Unmarshal(text, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// runner runs action.yml's steps as GitHub's does.
type runner struct {
	t         *testing.T
	workspace string
	env       []string
	with      map[string]string // inputs
}

// ran is how it went.
type ran struct {
	code            int
	outputs         map[string]string
	stdout, stderr  string
	summary, report string // the report as JSON lines
}

var expression = regexp.MustCompile(`\$\{\{\s*([^}]*?)\s*\}\}`)

// run runs all steps.
func (r *runner) run(event, payload string) ran {
	r.t.Helper()
	temp := r.t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(temp, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			r.t.Fatal(err)
		}
		return name
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		r.t.Fatal(err)
	}
	report := filepath.Join(temp, "report.jsonl")
	values := map[string]string{"github.action_path": root, "github.token": ""}
	a := readAction(r.t)
	for name, in := range a.Inputs {
		values["inputs."+name] = expression.ReplaceAllString(in.Default, "")
	}
	values["inputs.version"], values["inputs.args"] = "installed", "-f\ntext\n-f\njsonl="+report+"\n--no-identity\n--log-level=error"
	for name, value := range r.with {
		if _, ok := a.Inputs[name]; !ok {
			r.t.Fatalf("there is no input %q", name)
		}
		values["inputs."+name] = strings.TrimPrefix(value, "+")
		if strings.HasPrefix(value, "+") {
			values["inputs."+name] = values["inputs.args"] + "\n" + value[1:]
		}
	}
	expand := func(s string) string {
		return expression.ReplaceAllStringFunc(s, func(e string) string {
			name := expression.FindStringSubmatch(e)[1]
			v, ok := values[name]
			if !ok && !strings.HasPrefix(name, "steps.") {
				r.t.Errorf("expression %q", name)
			}
			return v
		})
	}
	out := ran{outputs: map[string]string{}}
	summary := file("summary.md", "before\n")
	for i, step := range a.Runs.Steps {
		if step.Shell != "bash" || strings.Contains(step.Run, "${{") {
			r.t.Fatalf("step %s: shell %q, run %q", step.ID, step.Shell, step.Run)
		}
		output := file(fmt.Sprint("output", i), "")
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", file("step.sh", step.Run))
		cmd.Dir = r.workspace
		cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "CI=true", "RUNNER_OS=Linux", "RUNNER_ARCH=X64", "RUNNER_TEMP="+temp, "GITHUB_WORKSPACE="+r.workspace,
			"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=acme/app", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GITHUB_TOKEN=",
			"GITHUB_EVENT_NAME="+event, "GITHUB_EVENT_PATH="+file("event.json", payload), "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+summary)
		cmd.Env = append(cmd.Env, r.env...)
		for name, value := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+expand(value))
		}
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			exit := new(exec.ExitError)
			if !errors.As(err, &exit) {
				r.t.Fatal(err)
			}
			out.code = exit.ExitCode()
		}
		out.stdout, out.stderr = stdout.String(), stderr.String()
		for name, value := range parseOutputs(r.t, output) {
			values["steps."+step.ID+".outputs."+name] = value
		}
		if out.code != 0 {
			break
		}
	}
	for name, o := range a.Outputs {
		out.outputs[name] = expand(o.Value)
	}
	out.summary, out.report = read(r.t, summary), ""
	if b, err := os.ReadFile(report); err == nil {
		out.report = string(b)
	}
	return out
}

// parseOutputs reads GITHUB_OUTPUT as the runner does.
func parseOutputs(t *testing.T, file string) map[string]string {
	t.Helper()
	out := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(read(t, file), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		name, end, multi := strings.Cut(lines[i], "<<")
		if !multi {
			name, end, _ = strings.Cut(lines[i], "=")
			out[name] = end
			continue
		}
		var value []string
		for i++; i < len(lines) && lines[i] != end; i++ {
			value = append(value, lines[i])
		}
		out[name] = strings.Join(value, "\n")
	}
	return out
}

// hub is the repository of the server's, with a pull request:
//
//	main     one - two ------------------------ three
//	                \                             \
//	topic            p1 ... p31 (leak) ... p40 -- merge
type hub struct {
	*testRepo
	ids    map[string]string
	keys   map[string]string // place -> credential
	byRule map[string]string // rule -> place
}

// places are where the hub has a credential each.
var places = map[string]string{
	"base":    "slack-bot-token",                    // in the base when the branch began
	"newer":   "sendgrid-api-key",                   // in the base since
	"merge":   "npm-access-token",                   // only in a merge commit of the branch
	"revert":  "stripe-secret-key",                  // in a commit that is reverted
	"31":      "github-personal-access-token",       // in one of 40 commits, and gone in the next
	"rename":  "gitlab-personal-access-token",       // in a file that is renamed later
	"message": "huggingface-access-token",           // in a commit's message
	"tag":     "digitalocean-personal-access-token", // in a tag's text
}

var inPull = []string{"31", "merge", "message", "rename", "revert"}

func newHub(t *testing.T) *hub {
	h := &hub{newRepo(t), map[string]string{}, map[string]string{}, map[string]string{}}
	for place, rule := range places {
		_, secret, err := makeToken(rule, 0, t.Name()+place)
		if err != nil {
			t.Fatal(err)
		}
		h.keys[place], h.byRule[rule] = secret, place
	}
	h.write("base.txt", "key "+h.keys["base"]+"\n")
	h.ids["one"] = h.commit("one")
	h.write("README", "two\n")
	h.ids["two"] = h.commit("two")
	h.git("checkout", "-q", "-b", "topic")
	for i := 1; i <= 40; i++ {
		h.step(i)
	}
	h.ids["head"] = h.git("rev-parse", "HEAD")
	h.git("checkout", "-q", "main")
	h.write("newer.txt", h.keys["newer"]+"\n")
	h.ids["three"] = h.commit("three")
	h.git("checkout", "-q", "--detach")
	h.day++
	h.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
	h.ids["result"] = h.git("rev-parse", "HEAD")
	h.git("update-ref", "refs/pull/7/head", h.ids["head"])
	h.git("update-ref", "refs/pull/7/merge", h.ids["result"])
	h.git("checkout", "-q", "main")
	h.git("tag", "-a", "-m", "release "+h.keys["tag"], "v1")
	h.ids["tag"] = h.git("rev-parse", "v1")
	return h
}

// step makes a commit of the branch.
func (h *hub) step(i int) {
	name := fmt.Sprintf("p%d", i)
	switch i {
	default:
		h.write("count.txt", name+"\n")
	case 5:
		h.write("revert.txt", h.keys["revert"]+"\n")
	case 6:
		h.git("revert", "--no-edit", "HEAD")
		return
	case 10:
		h.write("old-name.txt", strings.Repeat("text\n", 50)+h.keys["rename"]+"\n")
	case 12:
		h.git("mv", "old-name.txt", "new-name.txt")
	case 20: // what only a merge has
		h.commit("before the merge")
		h.git("checkout", "-q", "-b", "side", "HEAD~2")
		h.write("side.txt", "side\n")
		h.commit("side")
		h.git("checkout", "-q", "topic")
		h.git("merge", "-q", "--no-ff", "--no-commit", "side")
		h.write("evil.txt", h.keys["merge"]+"\n")
	case 25:
		name += " " + h.keys["message"]
	case 31:
		h.write("gone.txt", h.keys["31"]+"\n")
	case 32:
		if err := os.Remove(filepath.Join(h.dir, "gone.txt")); err != nil {
			h.t.Fatal(err)
		}
	}
	h.commit(name)
}

// payload is a recorded event with the hub's ids in it.
func (h *hub) payload(event string, more ...string) string {
	h.t.Helper()
	pairs := append(slices.Clone(more), "@HEAD@", h.ids["head"], "@BASE@", h.ids["two"], "@MERGE@", h.ids["result"], "@OWNER@", "acme")
	return strings.NewReplacer(pairs...).Replace(read(h.t, filepath.Join("testdata", "ci", event+".json")))
}

func (h *hub) push(ref, before, after string) string {
	return h.payload("push", "@REF@", ref, "@BEFORE@", before, "@AFTER@", after)
}

// checkout gets a ref as actions/checkout does; depth 0 is all, of all branches and
// tags.
func (h *hub) checkout(ref string, depth int) string {
	dir := filepath.Join(h.t.TempDir(), "app")
	w := &testRepo{t: h.t, dir: dir, env: h.env}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		h.t.Fatal(err)
	}
	w.git("init", "-q", ".")
	w.git("remote", "add", "origin", "file://"+h.dir)
	w.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
	to := strings.Replace(strings.Replace(ref, "refs/heads/", "refs/remotes/origin/", 1), "refs/pull/", "refs/remotes/pull/", 1)
	spec := "+" + ref + ":" + to
	if depth > 0 {
		w.git("fetch", "-q", "--no-tags", fmt.Sprintf("--depth=%d", depth), "origin", spec)
	} else {
		w.git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", spec)
	}
	w.git("checkout", "-q", "--detach", to)
	return dir
}

// foundIn lists the places of what a run reported.
func (h *hub) foundIn(out ran) []string {
	h.t.Helper()
	found := []string{}
	for rule, place := range h.byRule {
		if strings.Contains(out.report, `"rule":"`+rule+`"`) {
			found = append(found, place)
		}
	}
	slices.Sort(found)
	for place, key := range h.keys {
		if strings.Contains(out.stdout+out.stderr+out.summary+out.report, key) {
			h.t.Errorf("the credential of %s is shown", place)
		}
	}
	return found
}

const noCommit = "0000000000000000000000000000000000000000"

// TestAction runs the action for every event, on complete and shallow checkouts.
func TestAction(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts many programs")
	}
	h := newHub(t)
	all := []string{"31", "base", "merge", "message", "newer", "rename", "revert", "tag"}
	released := []string{"base", "newer", "tag"}
	for _, tt := range []struct {
		name, event, payload, ref, sha string
		with                           map[string]string
		code                           int
		want                           []string
	}{
		{"pull request", "pull_request", h.payload("pull_request"), "refs/pull/7/merge", "result", nil, 1, inPull},
		{"pull request, its head is checked out", "pull_request", h.payload("pull_request"), "refs/pull/7/head", "head", nil, 1, inPull},
		{"pull request of a fork", "pull_request", h.payload("pull_request", "@OWNER@", "eve"), "refs/pull/7/merge", "result", nil, 1, inPull},
		{"review", "pull_request_review", h.payload("pull_request_review"), "refs/pull/7/merge", "result", nil, 1, inPull},
		{"pull_request_target is refused", "pull_request_target", h.payload("pull_request_target"), "refs/heads/main", "three", nil, 2, []string{}},
		{"pull_request_target, allowed", "pull_request_target", h.payload("pull_request_target"), "refs/heads/main", "three", map[string]string{"allow-pull-request-target": "true"}, 1, inPull},
		{"push", "push", h.push("refs/heads/main", h.ids["two"], h.ids["three"]), "refs/heads/main", "three", nil, 1, []string{"newer"}},
		{"push of nothing new", "push", h.push("refs/heads/main", h.ids["one"], h.ids["two"]), "refs/heads/main", "three", nil, 0, []string{}},
		{"new branch", "push", h.push("refs/heads/topic", noCommit, h.ids["head"]), "refs/heads/topic", "head", nil, 1, inPull},
		{"forced push", "push", h.push("refs/heads/topic", h.ids["three"], h.ids["head"]), "refs/heads/topic", "head", nil, 1, inPull},
		{"forced push, before is gone", "push", h.push("refs/heads/topic", strings.Repeat("1", 40), h.ids["head"]), "refs/heads/topic", "head", nil, 1, inPull},
		{"forced push of the default branch", "push", h.push("refs/heads/main", strings.Repeat("1", 40), h.ids["three"]), "refs/heads/main", "three", nil, 1, []string{"base", "newer"}},
		{"deleted branch", "push", h.push("refs/heads/old", h.ids["two"], noCommit), "refs/heads/main", "three", nil, 0, []string{}},
		{"tag", "push", h.push("refs/tags/v1", noCommit, h.ids["tag"]), "refs/heads/main", "three", nil, 1, []string{"tag"}},
		{"merge queue", "merge_group", h.payload("merge_group", "@HEAD@", h.ids["result"], "@BASE@", h.ids["three"]), "refs/pull/7/merge", "result", nil, 1, inPull},
		{"schedule", "schedule", h.payload("schedule"), "refs/heads/main", "three", nil, 1, all},
		{"by hand", "workflow_dispatch", h.payload("workflow_dispatch"), "refs/heads/main", "three", nil, 1, all},
		{"run of another workflow", "workflow_run", h.payload("workflow_run"), "refs/heads/main", "three", nil, 1, inPull},
		{"release", "release", h.payload("release"), "refs/heads/main", "three", nil, 1, released},
		{"full, whatever happened", "push", h.push("refs/heads/main", h.ids["two"], h.ids["three"]), "refs/heads/main", "three", map[string]string{"mode": "full"}, 1, all},
		{"base and head, whatever happened", "schedule", h.payload("schedule"), "refs/heads/topic", "head", map[string]string{"base": "origin/main", "head": "HEAD"}, 1, inPull},
		{"files", "push", h.push("refs/heads/main", h.ids["two"], h.ids["three"]), "refs/heads/main", "three", map[string]string{"mode": "dir"}, 1, []string{"base", "newer"}},
	} {
		for _, depth := range []int{0, 1} {
			if depth == 1 && (tt.with["base"] != "" || tt.with["mode"] == "dir") {
				continue
			}
			t.Run(fmt.Sprintf("%s/depth=%d", tt.name, depth), func(t *testing.T) {
				h := &hub{&testRepo{t: t, dir: h.dir, env: h.env}, h.ids, h.keys, h.byRule}
				r := &runner{t: t, workspace: h.checkout(tt.ref, depth), env: []string{"GITHUB_SHA=" + h.ids[tt.sha]}, with: tt.with}
				out := r.run(tt.event, tt.payload)
				want := tt.want
				if got := h.foundIn(out); out.code != tt.code || !slices.Equal(got, want) {
					t.Errorf("exit code %d, found %v; want %d, %v\n%s", out.code, got, tt.code, want, out.stderr)
				}
				checkOutputs(t, r, out, want)
			})
		}
	}
}

// checkOutputs looks at the outputs of a run, its summary and its remarks.
func checkOutputs(t *testing.T, r *runner, out ran, want []string) {
	t.Helper()
	if out.code == 2 {
		if out.outputs["incomplete"] != "true" || out.outputs["findings"] != "" || !strings.Contains(out.summary, "not searched") {
			t.Errorf("outputs %q, summary %q", out.outputs, out.summary)
		}
		return
	}
	if out.outputs["findings"] != fmt.Sprint(len(want)) || out.outputs["active"] != "0" || out.outputs["sarif"] != "whosekey.sarif" {
		t.Errorf("outputs %q", out.outputs)
	}
	if text := read(t, filepath.Join(r.workspace, "whosekey.sarif")); !strings.Contains(text, `"version": "2.1.0"`) && !strings.Contains(text, `"version":"2.1.0"`) {
		t.Errorf("SARIF: %.200s", text)
	}
	if text := read(t, out.outputs["coverage"]); !strings.Contains(text, `"incomplete": `+out.outputs["incomplete"]) {
		t.Errorf("coverage: %s", text)
	}
	if !strings.HasPrefix(out.summary, "before\n") || !strings.Contains(out.summary, "### whosekey: ") {
		t.Errorf("summary: %.300s", out.summary)
	}
	if n := strings.Count(out.stdout, "\n::error "); n > 10 || len(want) > 0 && n == 0 {
		t.Errorf("%d remarks\n%s", n, out.stdout)
	}
}
