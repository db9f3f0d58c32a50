package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAgentStored: what one part of a command has git take in, another one prints; and
// git is told of other repositories in more than one way.
func TestAgentStored(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, "config"))
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("config", "[alias]\n\tshowit = !cat .env\n\tlp = log -p\n[include]\n\tpath = more\n")
	write("more", "[alias]\n\tdeep = !cat .env\n")
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	r := newRepo(t)
	r.write("clean.txt", "one\n")
	r.write(".gitignore", ".env\n")
	r.commit("first")
	r.write(".env", "GH="+key+"\n")
	for command, want := range map[string]int{
		"git hash-object -w .env | xargs git cat-file -p": 2, "git hash-object -w .env | git cat-file --batch": 2, "git cat-file -p $(git hash-object -w .env)": 2,
		"id=$(git hash-object -w .env); git cat-file -p $id": 2, "git hash-object -w --stdin-paths <<< .env | git cat-file --batch": 2, "git hash-object -w .env": 0, "git hash-object .env": 0,
		"git add -f .env && git show :.env": 2, "git add -f .env; git diff --cached": 2, "git add -Af && git commit -m x && git show": 2, "git update-index --add .env && git diff --cached": 2,
		"git stash -a && git stash show -p": 2, "git commit -F .env && git log": 2, "git commit -F.env && git log": 2, "git commit -F .env": 0, "git notes add -F .env; git log": 2,
		"git add -A && git diff --cached": 0, "git add . && git commit -m x && git show": 0, "git add -f .env && git commit -m x && git push": 0, "git show && git add -f .env": 0,
		"git commit -m x clean.txt": 0, "git interpret-trailers .env": 2, "git config -f .env -l": 2, "git config --file=.env --list": 2,
		"git showit": 2, "git -C . showit": 2, "git deep": 2, "git lp": 0, "git st": 0,
	} {
		askAgent(t, r.dir, command, want)
	}
	r.write("fresh.txt", key) // not known, and not ignored
	for command, want := range map[string]int{"git add -A && git diff --cached": 2, "git add . && git commit -m x && git show": 2, "git stash -u; git stash show -p -u": 2, "git add clean.txt && git diff --cached": 0} {
		askAgent(t, r.dir, command, want)
	}
	other := newRepo(t)
	other.write(".env", key)
	other.commit("first")
	other.git("rm", "-q", ".env")
	other.git("commit", "-qm", "second")
	other.write("clean.txt", "one\n")
	other.commit("third")
	other.git("remote", "add", "origin", "https://x:"+key+"@github.com/acme/app.git")
	for command, want := range map[string]int{
		"git --git-dir=@/.git log -p": 2, "git --git-dir @/.git log -p": 2, "GIT_DIR=@/.git git log -p": 2, "export GIT_DIR=@/.git; git log -p": 2, "git -C @ lp": 2,
		"git clone @ x && cd x && git log -p": 2, "git fetch @ && git log -p FETCH_HEAD": 2, "git --git-dir=@/.git log --stat": 0,
		"git -C @ config --list": 2, "git -C @ config remote.origin.url": 2, "git -C @ config get remote.origin.url": 2, "git -C @ config user.name": 0, "git -C @ config user.name me": 0,
		"git -C @ remote -v": 2, "git -C @ remote get-url origin": 2, "git -C @ remote": 0, "git -C @ log -p -1": 0, "git -C @ log -p -1 --all": 0, "git -C @ log -p -S x --all": 2,
	} {
		if err := os.Remove(filepath.Join(r.dir, "fresh.txt")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		askAgent(t, r.dir, strings.ReplaceAll(command, "@", other.dir), want)
	}
}

// TestAgentMuch: what is more than is searched is blocked, and not passed.
func TestAgentMuch(t *testing.T) {
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	r := newRepo(t)
	r.write("a.txt", strings.Repeat("a line of a long file\n", maxPatchBytes/22+1))
	r.write("b.txt", key)
	r.commit("first")
	r.write("c.txt", "x\n")
	r.commit("second")
	askAgent(t, r.dir, "git show HEAD~1", 2)
	askAgent(t, r.dir, "git show HEAD", 0)
	dir := t.TempDir()
	for i := range maxAgentFiles + 1 {
		if err := os.WriteFile(filepath.Join(dir, strings.Repeat("x", i%100+1)+string(rune('a'+i/100))), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for command, want := range map[string]int{"cat *": 2, "tar c .": 2, "find . -exec cat {} +": 2, "grep -r y .": 0, "ls *": 0, "find . -name y": 0} {
		askAgent(t, dir, command, want)
	}
}

// TestAgentFields: a file is looked at in whatever field a tool or an event that nobody
// documents names it.
func TestAgentFields(t *testing.T) {
	tell := agentFolder(t)
	for text, want := range map[string]int{
		`{"tool_name":"Peek","tool_input":{"target":".env"}}`: 2, `{"tool_name":"Peek","tool_input":{"what":{"deep":["DIR/sub/k.json"]}}}`: 2, `{"tool_name":"Peek","tool_input":{"target":"clean.txt"}}`: 0,
		`{"tool_name":"fs_read","tool_input":{"operations":[{"mode":"Line","path":".env"}]}}`: 2, `{"tool_name":"Read","tool_input":{"file_path":"clean.txt","and":".env"}}`: 2,
		`{"tool_name":"mcp__x__fetch","tool_input":{"location":".env"}}`: 2, `{"tool_name":"mcp__x__list","tool_input":{"location":".env"}}`: 0, `{"tool_name":"Glob","tool_input":{"pattern":".env"}}`: 0,
		`{"tool_name":"delete_file","tool_input":{"target":".env"}}`: 0, `{"tool_name":"execute_bash","tool_input":{"command":"cat .env"}}`: 2, `{"tool_name":"Execute","tool_input":{"command":"ls .env"}}`: 0,
	} {
		var event map[string]any
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatal(err)
		}
		if got := tell(event); got != want {
			t.Errorf("%s: exit code %d, want %d", text, got, want)
		}
	}
}

// TestAgentCline: https://docs.cline.bot/customization/hooks, in both of the forms that
// are documented.
func TestAgentCline(t *testing.T) {
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(key), 0o666); err != nil {
		t.Fatal(err)
	}
	for text, block := range map[string]bool{
		`{"clineVersion":"3","timestamp":1,"taskId":"a","workspacePath":"DIR","preToolUse":{"tool":"read_file","parameters":{"path":".env"}}}`:                                                 true,
		`{"clineVersion":"3","hookName":"PreToolUse","timestamp":"1","workspaceRoots":["DIR"],"userId":"u","preToolUse":{"toolName":"execute_command","parameters":{"command":"cat .env"}}}`:   true,
		`{"clineVersion":"3","hookName":"PreToolUse","workspaceRoots":["DIR"],"preToolUse":{"toolName":"execute_command","parameters":{"command":"ls"}}}`:                                      false,
		`{"clineVersion":"3","workspacePath":"DIR","preToolUse":{"tool":"write_to_file","parameters":{"path":"x","content":"KEY"}}}`:                                                           true,
		`{"clineVersion":"3","workspacePath":"DIR","preToolUse":{"tool":"search_files","parameters":{"path":".","regex":"x"}}}`:                                                                true,
		`{"clineVersion":"3","workspacePath":"DIR","preToolUse":{"tool":"list_files","parameters":{"path":"."}}}`:                                                                              false,
		`{"clineVersion":"3","workspacePath":"DIR","preToolUse":{"tool":"use_mcp_tool","parameters":{"server_name":"x","tool_name":"get","arguments":"{\"at\":\"DIR/.env\"}"}}}`:               true,
		`{"clineVersion":"3","workspacePath":"DIR","preToolUse":{"parameters":{"path":"x"}}}`:                                                                                                  true,
		`{"clineVersion":"3","hookName":"UserPromptSubmit","workspaceRoots":["DIR"],"userPromptSubmit":{"prompt":"use KEY"}}`:                                                                  true,
		`{"clineVersion":"3","hookName":"UserPromptSubmit","workspaceRoots":["DIR"],"userPromptSubmit":{"prompt":"look","attachments":[".env"]}}`:                                              true,
		`{"clineVersion":"3","hookName":"UserPromptSubmit","workspaceRoots":["DIR"],"userPromptSubmit":{"prompt":"hello","attachments":[]}}`:                                                   false,
		`{"clineVersion":"3","hookName":"UserPromptSubmit","workspaceRoots":["DIR"],"userPromptSubmit":{}}`:                                                                                    true,
		`{"clineVersion":"3","hookName":"TaskStart","workspaceRoots":["DIR"],"taskStart":{"taskMetadata":{"taskId":"a","initialTask":"use KEY"}}}`:                                             true,
		`{"clineVersion":"3","hookName":"TaskStart","workspaceRoots":["DIR"],"taskStart":{"taskMetadata":{"taskId":"a","initialTask":"hello"}}}`:                                               false,
		`{"clineVersion":"3","hookName":"TaskComplete","workspaceRoots":["DIR"],"taskComplete":{"taskMetadata":{"taskId":"a"}}}`:                                                               false,
		`{"clineVersion":"3","hookName":"PostToolUse","workspaceRoots":["DIR"],"postToolUse":{"toolName":"execute_command","parameters":{"command":"x"},"result":"GH=KEY","success":true}}`:    true,
		`{"clineVersion":"3","hookName":"PostToolUse","workspaceRoots":["DIR"],"postToolUse":{"toolName":"execute_command","parameters":{"command":"x"},"result":"a 0 tests","success":true}}`: false,
		`{"clineVersion":"3","hookName":"PreToolUse"}`: true,
		`{"clineVersion":"3"}`:                         true,
	} {
		event := strings.NewReplacer("DIR", dir, "KEY", key).Replace(text)
		code, stdout, stderr := whosekey(t, strings.NewReader(event), "hook", "agent")
		var answer struct {
			Cancel       bool
			ErrorMessage string
		}
		if stdout != "" {
			if err := json.Unmarshal([]byte(stdout), &answer); err != nil {
				t.Errorf("%s: %v in %s", text, err, stdout)
			}
		}
		stopped := code != 0 || answer.Cancel && answer.ErrorMessage != "" // Cline blocks after every code but 0
		if stopped != block || strings.Contains(stdout+stderr, key) {
			t.Errorf("%s: exit code %d, %s, %s", text, code, stdout, stderr)
		}
	}
}
