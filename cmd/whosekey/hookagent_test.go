package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/scannertest"
)

// event is JSON with a credential for KEY, and the folder of the test for CWD.
func agentEventOf(text, key, cwd string) string {
	quoted, _ := json.Marshal(cwd)
	return strings.NewReplacer("KEY", key, `"CWD"`, string(quoted), "CWD", cwd).Replace(text)
}

// TestHookAgent tells the hook events as the agents' documentations describe
// them: what holds a credential is blocked, in the words of that agent.
func TestHookAgent(t *testing.T) {
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{".env": "TOKEN=" + key + "\n", "with space.env": key, "clean.txt": "fine\n", "sub/k.json": key, "old.txt": key} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	work := newRepo(t)
	work.dir = dir
	work.git("init", "-q", ".")
	work.git("add", "old.txt", "clean.txt")
	work.git("commit", "-q", "-m", "one")
	if err := os.Remove(filepath.Join(dir, "old.txt")); err != nil {
		t.Fatal(err)
	}
	deny := `{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny"`
	for _, tt := range []struct {
		name, event string
		code        int
		answer      string // that standard output begins with; empty for none at all
	}{
		// Windsurf
		{"windsurf prompt", `{"agent_action_name":"pre_user_prompt","trajectory_id":"t","execution_id":"e","timestamp":"2026-01-01T00:00:00Z","tool_info":{"user_prompt":"use KEY"}}`, 2, ""},
		{"windsurf command", `{"agent_action_name":"pre_run_command","tool_info":{"command_line":"cat .env","cwd":"CWD"}}`, 2, ""},
		{"windsurf command that uses", `{"agent_action_name":"pre_run_command","tool_info":{"command_line":"ls -la .env","cwd":"CWD"}}`, 0, ""},
		{"windsurf read", `{"agent_action_name":"pre_read_code","tool_info":{"file_path":"CWD/.env"}}`, 2, ""},
		{"windsurf read of what is clean", `{"agent_action_name":"pre_read_code","tool_info":{"file_path":"CWD/clean.txt"}}`, 0, ""},
		{"windsurf write", `{"agent_action_name":"pre_write_code","tool_info":{"file_path":"CWD/new.txt","edits":[{"old_string":"","new_string":"KEY"}]}}`, 2, ""},
		{"windsurf write that takes one out", `{"agent_action_name":"pre_write_code","tool_info":{"file_path":"CWD/.env","edits":[{"old_string":"KEY","new_string":"x"}]}}`, 0, ""},
		{"windsurf tool", `{"agent_action_name":"pre_mcp_tool_use","tool_info":{"mcp_server_name":"fs","mcp_tool_name":"read_file","mcp_tool_arguments":{"path":"CWD/.env"}}}`, 2, ""},
		{"windsurf argument", `{"agent_action_name":"pre_mcp_tool_use","tool_info":{"mcp_server_name":"gh","mcp_tool_name":"create_issue","mcp_tool_arguments":{"title":"KEY"}}}`, 2, ""},
		{"windsurf answer", `{"agent_action_name":"post_mcp_tool_use","tool_info":{"mcp_server_name":"gh","mcp_tool_name":"get","mcp_result":"KEY"}}`, 2, ""},
		{"windsurf says", `{"agent_action_name":"post_cascade_response","tool_info":{"response":"KEY"}}`, 0, ""},
		{"windsurf without what it is about", `{"agent_action_name":"pre_run_command"}`, 2, ""},
		// Claude Code
		{"claude prompt", `{"session_id":"s","transcript_path":"t","cwd":"CWD","hook_event_name":"UserPromptSubmit","prompt":"use KEY"}`, 2, `{"decision":"block","reason":"whosekey blocked this`},
		{"claude prompt with a file", `{"cwd":"CWD","hook_event_name":"UserPromptSubmit","prompt":"look at @.env."}`, 2, `{"decision":"block"`},
		{"claude bash", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"curl -H 'Authorization: Bearer KEY' x"}}`, 2, deny},
		{"claude write", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"file_path":"x","content":"a\nb KEY\n"}}`, 2, deny},
		{"claude edit", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Edit","tool_input":{"file_path":"x","old_string":"a","new_string":"KEY"}}`, 2, deny},
		{"claude edit that takes one out", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Edit","tool_input":{"file_path":"x","old_string":"KEY","new_string":"a"}}`, 0, ""},
		{"claude edit beside an old one", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Edit","tool_input":{"file_path":"CWD/.env","old_string":"a","new_string":"b KEY"}}`, 0, ""},
		{"claude read", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Read","tool_input":{"file_path":"CWD/.env"}}`, 2, deny},
		{"claude read, relative", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Read","tool_input":{"file_path":".env"}}`, 2, deny},
		{"claude read of nothing", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Read","tool_input":{"file_path":"gone"}}`, 0, ""},
		{"claude cat", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cd . && /bin/cat .env|head"}}`, 2, deny},
		{"claude cat, quoted", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cat \"with space.env\""}}`, 2, deny},
		{"claude cat in a shell", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"bash -c 'cat .env'"}}`, 2, deny},
		{"claude stdin", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"while read l; do echo $l; done <.env"}}`, 2, deny},
		{"claude upload", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"curl -F file=@.env x"}}`, 2, deny},
		{"claude uses a file", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"docker run --env-file .env x"}}`, 0, ""},
		{"claude cat in a folder", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cd sub && cat k.json"}}`, 2, deny},
		{"claude cat in a folder, pushd", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"(pushd CWD/sub; cat k.json)"}}`, 2, deny},
		{"claude cat of a pattern", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cat .e*"}}`, 2, deny},
		{"claude cat of a pattern in a folder", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cat s?b/*.json"}}`, 2, deny},
		{"claude cat of a pattern that fits nothing", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cat *.env2 env?"}}`, 0, ""},
		{"claude git show", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git show HEAD:old.txt"}}`, 2, deny},
		{"claude git show, relative", `{"cwd":"CWD/sub","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git show HEAD:../old.txt"}}`, 2, deny},
		{"claude git show of what is clean", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git show HEAD:clean.txt HEAD:none no:none"}}`, 0, ""},
		{"claude grep tool", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Grep","tool_input":{"pattern":"T","path":".env","output_mode":"content"}}`, 2, deny},
		{"claude grep tool, names only", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Grep","tool_input":{"pattern":"T","path":".env"}}`, 0, ""},
		{"claude mcp", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"mcp__x__y","tool_input":{"a":[{"b":"KEY"}]}}`, 2, deny},
		{"claude mcp, one as a name", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"mcp__x__y","tool_input":{"KEY":true}}`, 2, deny},
		{"claude mcp, one as a name of an object", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"mcp__x__y","tool_input":{"a":[{"KEY":{}}]}}`, 2, deny},
		{"claude mcp, one as a name of a sentence", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"mcp__x__y","tool_input":{"KEY":"a sentence"}}`, 2, deny},
		{"claude answer of MCP, one as a name of an object", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"mcp__x","tool_input":{},"tool_response":{"a":{"KEY":{"b":1}},"c":"fine"}}`, 0, `{"decision":"block","hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":{"a":{"****`},
		{"claude answer of a tool", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{"command":"env"},"tool_response":{"stdout":"X=KEY","stderr":"fine","interrupted":false,"isImage":false,"persistedOutputPath":"/x"}}`, 0, `{"decision":"block","hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":{"interrupted":false,"isImage":false,"stderr":"fine","stdout":"whosekey blocked`},
		{"claude answer of Read", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"Read","tool_input":{"file_path":"x"},"tool_response":{"type":"text","file":{"filePath":"x","content":"a\nX=KEY\n","numLines":2}}}`, 0, `{"decision":"block","hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":{"file":{"content":"whosekey blocked`},
		{"claude answer of MCP", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"mcp__x","tool_input":{},"tool_response":[{"type":"text","text":"fine"},{"type":"text","text":"{\"a\":[{\"b\":\"KEY\"}]}"}]}`, 0, `{"decision":"block","hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":[{"text":"fine","type":"text"},{"text":"whosekey blocked`},
		{"claude answer that is a text", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"mcp__x","tool_input":{},"tool_response":"KEY"}`, 0, `{"decision":"block","hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":"whosekey blocked`},
		{"claude answer of a tool that was given one", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"x","tool_input":{"a":"KEY"},"tool_response":{"o":"fine"}}`, 0, `{"decision":"block","hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":{"o":"fine"}}`},
		{"claude answer with one as a name", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"mcp__x","tool_input":{},"tool_response":{"KEY":"v","b":"see KEY","c":"fine"}}`, 0, `{"decision":"block","hookSpecificOutput":{"hookEventName":"PostToolUse","updatedToolOutput":{"****`},
		{"claude clean answer", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"tool_response":{"stdout":"a"}}`, 0, ""},
		{"claude edit of a file that has one", `{"cwd":"CWD","hook_event_name":"PostToolUse","tool_name":"Edit","tool_input":{"file_path":"x","old_string":"a","new_string":"b"},"tool_response":{"filePath":"x","oldString":"a","newString":"b","originalFile":"X=KEY\na","structuredPatch":[{"lines":["-a","+b"]}]}}`, 0, ""},
		{"claude tool that failed", `{"cwd":"CWD","hook_event_name":"PostToolUseFailure","tool_name":"Bash","tool_input":{"command":"env"},"error":"X=KEY"}`, 2, `{"decision":"block"`},
		{"claude permission", `{"cwd":"CWD","hook_event_name":"PermissionRequest","tool_name":"Bash","tool_input":{"command":"echo KEY"}}`, 2, `{"hookSpecificOutput":{"decision":{"behavior":"deny"`},
		{"claude stop", `{"hook_event_name":"Stop","stop_hook_active":true,"last_assistant_message":"KEY"}`, 0, ""},
		{"claude clean", `{"cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"cat clean.txt"}}`, 0, ""},
		{"only in what is about the session", `{"session_id":"KEY","hook_event_name":"UserPromptSubmit","prompt":"x"}`, 0, ""},
		{"a comment does not allow it", `{"hook_event_name":"UserPromptSubmit","prompt":"KEY # whosekey:allow because"}`, 2, `{"decision":"block"`},
		// Codex
		{"codex shell", `{"session_id":"s","turn_id":"1","cwd":"CWD","hook_event_name":"PreToolUse","model":"m","tool_name":"Bash","tool_input":{"command":"echo KEY"}}`, 2, deny},
		{"codex patch", `{"turn_id":"1","cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"apply_patch","tool_input":{"command":"*** Begin Patch\n+KEY\n"}}`, 2, deny},
		{"codex patch that takes one out", `{"turn_id":"1","cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"apply_patch","tool_input":{"command":"*** Begin Patch\n*** Update File: .env\n@@\n-TOKEN=KEY\n+TOKEN=x\n*** End Patch"}}`, 0, ""},
		{"codex patch beside an old one", `{"turn_id":"1","cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"apply_patch","tool_input":{"command":"*** Begin Patch\n*** Update File: .env\n@@\n+TOKEN=KEY\n*** End Patch"}}`, 0, ""},
		{"codex patch in a command", `{"turn_id":"1","cwd":"CWD","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"curl -d '*** Begin Patch\n-KEY\n*** End Patch' x"}}`, 2, deny},
		// Gemini CLI
		{"gemini tool", `{"session_id":"s","cwd":"CWD","hook_event_name":"BeforeTool","timestamp":"2026-01-01T00:00:00Z","tool_name":"read_file","tool_input":{"absolute_path":"CWD/.env"}}`, 2, `{"decision":"deny","reason":"whosekey`},
		{"gemini prompt", `{"cwd":"CWD","hook_event_name":"BeforeAgent","timestamp":"t","prompt":"KEY"}`, 2, `{"decision":"deny"`},
		{"gemini answer of a tool", `{"cwd":"CWD","hook_event_name":"AfterTool","tool_name":"x","tool_response":{"llmContent":"KEY"}}`, 2, `{"decision":"deny"`},
		{"gemini request", `{"hook_event_name":"BeforeModel","llm_request":{"messages":[{"role":"user","content":"KEY"}]}}`, 2, `{"decision":"deny"`},
		{"gemini end", `{"hook_event_name":"AfterAgent","prompt_response":"KEY"}`, 0, ""},
		// Cursor
		{"cursor prompt", `{"conversation_id":"c","hook_event_name":"beforeSubmitPrompt","workspace_roots":["CWD"],"prompt":"KEY","attachments":[]}`, 2, `{"continue":false,"user_message":"whosekey`},
		{"cursor attachment", `{"conversation_id":"c","hook_event_name":"beforeSubmitPrompt","workspace_roots":["CWD"],"prompt":"x","attachments":[{"type":"file","filePath":"CWD/.env"}]}`, 2, `{"continue":false`},
		{"cursor shell", `{"conversation_id":"c","hook_event_name":"beforeShellExecution","command":"cat .env","cwd":"CWD"}`, 2, `{"agent_message":"whosekey`},
		{"cursor read", `{"conversation_id":"c","hook_event_name":"beforeReadFile","file_path":"/x","content":"KEY"}`, 2, `{"agent_message":`},
		{"cursor mcp", `{"conversation_id":"c","hook_event_name":"beforeMCPExecution","tool_name":"q","tool_input":"{\"query\":\"KEY\"}"}`, 2, `{"agent_message":`},
		{"cursor task", `{"conversation_id":"c","hook_event_name":"subagentStart","subagent_type":"explore","task":"use KEY"}`, 2, `{"agent_message":`},
		{"cursor answer of a tool", `{"conversation_id":"c","hook_event_name":"postToolUse","tool_name":"Shell","tool_input":{"command":"x"},"tool_output":"{\"output\":\"KEY\"}"}`, 0, `{"additional_context":"whosekey`},
		{"cursor answer of MCP", `{"conversation_id":"c","hook_event_name":"postToolUse","tool_name":"MCP:x","tool_input":"{}","tool_output":"{\"content\":[{\"text\":\"KEY\"}]}"}`, 0, `{"additional_context":"whosekey`},
		{"cursor clean", `{"conversation_id":"c","hook_event_name":"beforeShellExecution","command":"ls","cwd":"CWD"}`, 0, ""},
		// GitHub Copilot and VS Code
		{"copilot tool", `{"sessionId":"s","timestamp":1,"cwd":"CWD","toolName":"bash","toolArgs":{"command":"echo KEY"}}`, 0, `{"behavior":"deny","message":"whosekey`},
		{"copilot arguments in JSON", `{"timestamp":1,"cwd":"CWD","toolName":"view","toolArgs":"{\"path\":\".env\"}"}`, 0, `{"behavior":"deny"`},
		{"copilot prompt", `{"sessionId":"s","timestamp":1,"cwd":"CWD","prompt":"KEY"}`, 2, ""},
		{"copilot answer of a tool", `{"sessionId":"s","timestamp":1,"cwd":"CWD","toolName":"bash","toolArgs":{},"toolResult":{"resultType":"success","textResultForLlm":"KEY"}}`, 0, `{"modifiedResult":{"resultType":"success","textResultForLlm":"whosekey`},
		{"copilot answer of a tool, as VS Code", `{"hook_event_name":"PostToolUse","session_id":"s","timestamp":"t","cwd":"CWD","tool_name":"Bash","tool_input":{},"tool_result":{"result_type":"success","text_result_for_llm":"KEY"}}`, 0, `{"modifiedResult":`},
		{"copilot prompt for the model", `{"sessionId":"s","timestamp":1,"cwd":"CWD","prompt":"x","transformedPrompt":"x KEY"}`, 0, `{"modifiedTransformedPrompt":"whosekey`},
		{"copilot clean", `{"sessionId":"s","timestamp":1,"cwd":"CWD","toolName":"bash","toolArgs":{"command":"ls"}}`, 0, ""},
		{"vscode tool", `{"hook_event_name":"PreToolUse","session_id":"s","timestamp":"t","cwd":"CWD","tool_name":"x","tool_input":{"a":"KEY"}}`, 0, `{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny"`},
		// events that say not what is sent
		{"no such event", `{"hook_event_name":"Bogus"}`, 2, `{"decision":"block"`},
		{"no such event, with something in it", `{"hook_event_name":"Bogus","x":"KEY"}`, 2, `{"decision":"block"`},
		{"no such event, with something clean in it", `{"hook_event_name":"Bogus","x":"fine"}`, 0, ""},
		{"a tool without a name and input", `{"hook_event_name":"PreToolUse"}`, 2, deny},
		{"a tool without input", `{"hook_event_name":"PreToolUse","session_id":"a","cwd":"CWD","tool_name":"Read","tool_input":null}`, 2, deny},
		{"a tool whose input is a number", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"x","tool_input":7}`, 2, deny},
		{"a tool without a name", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_input":{"file_path":"clean.txt"}}`, 2, deny},
		{"a tool without arguments", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"mcp__x__list","tool_input":{}}`, 0, ""},
		{"read of no file", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"Read","tool_input":{}}`, 2, deny},
		{"read of a text", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"Read","tool_input":".env"}`, 2, deny},
		{"read of a text that is clean", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"Read","tool_input":"clean.txt"}`, 0, ""},
		{"shell without a command", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"Bash","tool_input":{"command":7}}`, 2, deny},
		{"shell with a text", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"Bash","tool_input":"cat .env"}`, 2, deny},
		{"shell with a text that is clean", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"Bash","tool_input":"cat clean.txt"}`, 0, ""},
		{"shell with a text that looks like JSON", `{"hook_event_name":"PreToolUse","cwd":"CWD","tool_name":"Bash","tool_input":"true"}`, 0, ""},
		{"permission without input", `{"hook_event_name":"PermissionRequest","tool_name":"Bash"}`, 2, `{"hookSpecificOutput":{"decision":{"behavior":"deny"`},
		{"prompt that is none", `{"hook_event_name":"UserPromptSubmit"}`, 2, `{"decision":"block"`},
		{"prompt that is a number", `{"hook_event_name":"UserPromptSubmit","prompt":7}`, 2, `{"decision":"block"`},
		{"prompt that is empty", `{"hook_event_name":"UserPromptSubmit","prompt":""}`, 0, ""},
		{"cursor shell without a command", `{"hook_event_name":"beforeShellExecution"}`, 2, `{"agent_message":"whosekey`},
		{"cursor read without a file", `{"hook_event_name":"beforeReadFile"}`, 2, `{"agent_message":"whosekey`},
		{"cursor read without the content", `{"hook_event_name":"beforeReadFile","file_path":"CWD/.env"}`, 2, `{"agent_message":"whosekey blocked`},
		{"cursor read of an empty file", `{"hook_event_name":"beforeReadFile","file_path":"/x","content":""}`, 0, ""},
		{"cursor MCP without input", `{"hook_event_name":"beforeMCPExecution","tool_name":"q"}`, 2, `{"agent_message":"whosekey`},
		{"cursor prompt that is none", `{"hook_event_name":"beforeSubmitPrompt"}`, 2, `{"continue":false`},
		{"cursor task that is none", `{"conversation_id":"c","hook_event_name":"subagentStart"}`, 2, `{"agent_message":`},
		{"gemini tool without input", `{"hook_event_name":"BeforeTool","tool_name":"read_file"}`, 2, `{"decision":"deny"`},
		{"gemini request that is none", `{"hook_event_name":"BeforeModel"}`, 2, `{"decision":"deny"`},
		{"copilot tool without arguments", `{"sessionId":"s","toolName":"bash"}`, 0, `{"behavior":"deny"`},
		{"copilot arguments of no tool", `{"sessionId":"s","toolName":null,"toolArgs":{"command":"ls"}}`, 0, `{"behavior":"deny"`},
		{"copilot with nothing", `{"sessionId":"s"}`, 2, ""},
		{"windsurf command that is none", `{"agent_action_name":"pre_run_command","tool_info":{}}`, 2, ""},
		{"windsurf read of no file", `{"agent_action_name":"pre_read_code","tool_info":{}}`, 2, ""},
		{"windsurf prompt that is none", `{"agent_action_name":"pre_user_prompt","tool_info":{}}`, 2, ""},
		{"windsurf tool that is none", `{"agent_action_name":"pre_mcp_tool_use","tool_info":{}}`, 2, ""},
		{"windsurf, no such event", `{"agent_action_name":"bogus","tool_info":{}}`, 2, ""},
		// what nobody would tell
		{"no JSON", `KEY`, 2, ""},
		{"nothing", ``, 2, ""},
		{"null", `null`, 2, ""},
		{"an empty event", `{}`, 2, ""},
		{"an event of nobody", `{"foo":"bar"}`, 2, ""},
		{"two events", `{"hook_event_name":"UserPromptSubmit","prompt":"x"} {"hook_event_name":"UserPromptSubmit","prompt":"KEY"}`, 2, ""},
		{"a list", `[{"prompt":"KEY"}]`, 2, ""},
		{"cut off", `{"hook_event_name":"UserPromptSubmit","prompt":"KEY`, 2, ""},
		{"of other types", `{"hook_event_name":7,"tool_name":[],"cwd":{},"prompt":["KEY"],"tool_input":"KEY","workspace_roots":7}`, 2, ""},
		{"deep", strings.Repeat(`{"a":`, 20000) + `"KEY"` + strings.Repeat(`}`, 20000), 2, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.HasPrefix(tt.name, "codex") {
				tt.code = 0
			}
			code, stdout, stderr := whosekey(t, strings.NewReader(agentEventOf(tt.event, key, dir)), "hook", "agent")
			if code != tt.code || !strings.HasPrefix(stdout, tt.answer) || tt.answer == "" && stdout != "" {
				t.Errorf("exit code %d, want %d; %s%s", code, tt.code, stdout, stderr)
			}
			if strings.Contains(stdout+stderr, key) {
				t.Error("the answer holds the credential")
			}
			if blocked := code == 2 || stdout != ""; blocked == (stderr == "") {
				t.Errorf("blocked: %v, but it says %q", blocked, stderr)
			}
			var answer map[string]any
			if stdout != "" && json.Unmarshal([]byte(stdout), &answer) != nil {
				t.Errorf("the answer is no JSON: %s", stdout)
			}
		})
	}
}

// TestHookAgentQuiet: events that the agents document, and that send nothing, pass.
func TestHookAgentQuiet(t *testing.T) {
	for host, names := range map[string]string{
		`{"session_id":"s","hook_event_name":"NAME"}`: "SessionStart SessionEnd Setup Stop StopFailure SubagentStart SubagentStop Notification PreCompact PostCompact PreModelSwitch PostModelSwitch " +
			"TeammateIdle TaskCreated TaskCompleted ConfigChange CwdChanged FileChanged DirectoryAdded WorktreeCreate WorktreeRemove InstructionsLoaded Elicitation ElicitationResult " +
			"PermissionDenied UserPromptExpansion PostToolBatch PostToolUse PostToolUseFailure MessageDisplay",
		`{"turn_id":"1","hook_event_name":"NAME"}`:             "SessionStart Stop PostToolUse PreCompact PostCompact",
		`{"conversation_id":"c","hook_event_name":"NAME"}`:     "sessionStart sessionEnd stop subagentStop preCompact postToolUse postToolUseFailure afterShellExecution afterMCPExecution afterFileEdit afterTabFileEdit afterAgentResponse afterAgentThought",
		`{"timestamp":"t","hook_event_name":"NAME"}`:           "SessionStart SessionEnd AfterAgent AfterModel AfterTool PreCompress Notification",
		`{"sessionId":"s","timestamp":1,"cwd":"/","NAME":"x"}`: "source reason stopReason message trigger agentName",
		`{"agent_action_name":"NAME","tool_info":{}}`:          "post_read_code post_write_code post_run_command post_mcp_tool_use post_cascade_response post_setup_worktree",
	} {
		for name := range strings.FieldsSeq(names) {
			if code, stdout, stderr := whosekey(t, strings.NewReader(strings.Replace(host, "NAME", name, 1)), "hook", "agent"); code != 0 || stdout+stderr != "" {
				t.Errorf("%s: exit code %d, %s%s", strings.Replace(host, "NAME", name, 1), code, stdout, stderr)
			}
		}
	}
}

// TestHookAgentSettings: with settings that are wrong everything is blocked.
func TestHookAgentSettings(t *testing.T) {
	event := `{"hook_event_name":"UserPromptSubmit","prompt":"fine"}`
	for _, args := range [][]string{{"--config", "gone.toml"}, {"--fail-on", "live"}, {"--fail-on", "sometimes"}, {"--rules", "gone.toml"}, {"--no-such-flag"}, {"argument"}} {
		if code, _, stderr := whosekey(t, strings.NewReader(event), append([]string{"hook", "agent"}, args...)...); code != exitBlock || stderr == "" {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
}

// TestHookAgentBug: a bug of ours blocks in the words of the agent too: some go on after
// the code that a crash leaves with.
func TestHookAgentBug(t *testing.T) {
	e, reason, err := (&hook{}).event(t.Context()) // no program to belong to
	if err == nil || reason != "" || !strings.Contains(err.Error(), "bug") {
		t.Errorf("%v, %q, %v", e, reason, err)
	}
}

// TestHookAgentForm: what could not be searched is hidden in the form that the tool's
// answers have, as Claude Code shows the model the original instead of another form.
func TestHookAgentForm(t *testing.T) {
	event := `{"hook_event_name":"PostToolUse","tool_name":"Read","tool_input":{},"tool_response":{"type":"text","file":{"content":"a","type":"Not a form"}}}`
	_, stdout, _ := whosekey(t, strings.NewReader(event), "hook", "agent", "--config", "gone.toml")
	if !strings.Contains(stdout, `"type":"text"`) || strings.Contains(stdout, `"content":"a"`) || strings.Contains(stdout, "Not a form") {
		t.Error(stdout)
	}
}

func TestHookTextsAccept(t *testing.T) {
	want := map[string][]byte{"a": []byte("one"), "b": []byte(strings.Repeat("0123456789", 300_000)), "empty": nil}
	scannertest.Accept(t, func() scanners.Source {
		return &hookTexts{texts: []hookText{{name: "a", data: want["a"]}, {name: "empty"}, {name: "b", data: want["b"]}}}
	}, want)
}
