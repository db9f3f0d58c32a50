package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/scanners"
)

// agentHost is the agent that runs a hook, by how it tells its events.
type agentHost int

// Formats: https://code.claude.com/docs/en/hooks, https://developers.openai.com/codex/hooks,
// https://cursor.com/docs/agent/hooks, https://geminicli.com/docs/hooks/reference,
// https://docs.github.com/en/copilot/reference/hooks-reference,
// https://docs.windsurf.com/windsurf/cascade/hooks, https://docs.cline.bot/customization/hooks.
const (
	claude   agentHost = iota // and others that talk like it
	codex                     // talks like it, and has turns
	vscode                    // and Copilot where it talks like that: with the time
	copilot                   // fields in camelCase, no name of the event
	cursor                    // events before... and after...
	gemini                    // events Before... and After...
	windsurf                  // events pre_... and post_...
	cline                     // what it is about in a field of the event's name
)

// agentEvent is what an agent tells.
type agentEvent struct {
	host   agentHost
	name   string // of the event, in the agent's words; may be empty
	tool   string
	cwd    string
	fields map[string]any
}

const eventHint = "this hook is run by a coding agent; see docs/hooks.md"

// readEvent reads an event.
func readEvent(text []byte) (e agentEvent, err error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF"))))
	d.UseNumber()
	if err := d.Decode(&e.fields); err != nil || e.fields == nil {
		return e, usage(errors.New("standard input is not an event in JSON"), eventHint)
	}
	if _, err := d.Token(); err != io.EOF {
		return e, usage(errors.New("standard input holds more than one event"), eventHint)
	}
	has := func(key string) bool { return e.fields[key] != nil }
	e.name = e.text("hook_event_name")
	e.tool = cmp.Or(e.text("tool_name"), e.text("toolName"))
	e.cwd = e.text("cwd")
	if roots, ok := e.fields["workspace_roots"].([]any); ok && len(roots) > 0 && e.cwd == "" {
		e.cwd, _ = roots[0].(string)
	}
	switch {
	case has("agent_action_name"):
		return e, e.cascade()
	case has("clineVersion") || has("hookName"):
		return e, e.task()
	case has("cursor_version") || has("conversation_id") || strings.HasPrefix(e.name, "before") || strings.HasPrefix(e.name, "after"):
		e.host = cursor
	case strings.HasPrefix(e.name, "Before") || strings.HasPrefix(e.name, "After"):
		e.host = gemini
	case e.name == "" && (has("toolName") || has("sessionId")):
		e.host = copilot
		switch {
		case has("toolResult"):
			e.name = "postToolUse"
		case has("error"):
			e.name = "postToolUseFailure"
		case has("toolName"), has("toolArgs"):
			e.name = "preToolUse"
		case has("transformedPrompt"):
			e.name = "userPromptTransformed"
		case has("prompt"):
			e.name = "userPromptSubmitted"
		}
	case has("turn_id"):
		e.host = codex
	case has("timestamp"):
		e.host = vscode
	case e.name == "":
		return e, usage(errors.New("standard input is no event of an agent that whosekey knows"), eventHint)
	}
	return e, nil
}

// cascade reads an event of Windsurf, which has all that it is about in tool_info, and
// puts that into the words of the others.
func (e *agentEvent) cascade() error {
	e.host, e.name = windsurf, e.text("agent_action_name")
	info, ok := e.fields["tool_info"].(map[string]any)
	if !ok {
		return usage(errors.New("an event of Windsurf without tool_info"), eventHint)
	}
	said := func(key string) string {
		s, _ := info[key].(string)
		return s
	}
	e.cwd = cmp.Or(e.cwd, said("cwd"))
	input := maps.Clone(info)
	switch _, action, _ := strings.Cut(e.name, "_"); action {
	case "run_command":
		e.tool, input["command"] = "Bash", said("command_line")
	case "read_code":
		e.tool = "Read"
	case "write_code":
		e.tool = "Write"
	case "mcp_tool_use":
		if tool := said("mcp_tool_name"); tool != "" {
			e.tool = "mcp__" + said("mcp_server_name") + "__" + tool
		}
		if args, ok := info["mcp_tool_arguments"].(map[string]any); ok {
			maps.Copy(input, args)
		}
	case "user_prompt":
		e.fields["prompt"] = info["user_prompt"]
	}
	delete(e.fields, "tool_info")
	e.fields["tool_input"] = input
	return nil
}

func (e *agentEvent) text(key string) string {
	s, _ := e.fields[key].(string)
	return s
}

// passive reports whether the event is of nothing that leaves, or that can be
// stopped: to block the end of a turn would make another one.
func (e *agentEvent) passive() bool {
	switch strings.ToLower(e.name) {
	case "subagentstart":
		return e.host != cursor // which tells the task, and can be stopped
	case "stop", "subagentstop", "agentstop", "sessionstart", "sessionend", "agentspawn", "notification", "precompact", "postcompact", "precompress",
		"post_cascade_response", "post_cascade_response_with_transcript", "post_setup_worktree", "taskresume", "taskcancel", "taskcomplete", "afteragent", "afteragentthought", "afteragentresponse", "aftermodel", "erroroccurred":
		return true
	}
	return false
}

// after reports whether what the event is of has happened.
func (e *agentEvent) after() bool {
	n := strings.ToLower(e.name)
	return strings.HasPrefix(n, "post") || strings.HasPrefix(n, "after")
}

// about are fields that are about the session, and not what is sent.
var about = []string{
	"session_id", "sessionId", "transcript_path", "transcriptPath", "agent_transcript_path", "cwd", "hook_event_name", "permission_mode", "conversation_id", "generation_id",
	"workspace_roots", "cursor_version", "user_email", "timestamp", "model", "tool_use_id", "toolUseId", "turn_id", "tool_name", "toolName",
	"agent_action_name", "trajectory_id", "execution_id", "model_name", "clineVersion", "hookName", "taskId", "workspacePath", "workspaceRoots", "userId",
}

// unshown is what Claude Code tells of an edit to hooks, and not to the model: the whole
// file as it was.
const unshown = "originalFile"

// before are the names of fields with what an edit replaces.
var before = []string{"old_string", "old_str", "oldString", "old_text", "oldText"}

// texts is all that is to be searched of an event.
func (e *agentEvent) texts() *hookTexts {
	src := &hookTexts{}
	for _, key := range slices.Sorted(maps.Keys(e.fields)) {
		if !slices.Contains(about, key) {
			src.walk(key, key, e.fields[key])
		}
	}
	if !e.after() {
		files := e.files()
		for _, f := range files.out {
			src.file(f)
		}
		src.texts = append(append(src.texts, files.printed...), e.shown()...)
		src.lost = append(src.lost, files.lost()...)
	}
	return src
}

// minNamed is the length from which the name of a field may be a credential itself.
const minNamed = 16

// walk adds all texts in a value. A text that is JSON itself, as the arguments of
// some tools are, is taken apart.
func (h *hookTexts) walk(name, key string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if k == unshown && name == "tool_response" {
				continue
			}
			if len(k) >= minNamed { // with most values it is searched by itself only
				h.texts = append(h.texts, hookText{name: name, data: []byte(k)})
			}
			h.walk(name+"."+k, k, v[k])
		}
	case []any:
		for i, x := range v {
			h.walk(fmt.Sprintf("%s[%d]", name, i), key, x)
		}
	case json.Number:
		h.walk(name, key, v.String())
	case string:
		var inner map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
			h.walk(name, key, inner)
		}
		if isPatch(v) {
			fresh, old := splitPatch(v)
			h.texts = append(h.texts, hookText{name: name, data: fresh}, hookText{name: name, data: old, old: true})
			return
		}
		// Many credentials are known by the name of their field.
		if !strings.ContainsAny(v, " \t\r\n") {
			v = key + ": " + v
		}
		h.texts = append(h.texts, hookText{name: name, data: []byte(v), old: slices.Contains(before, key)})
	}
}

// agentFile is a file that an event is about.
type agentFile struct {
	name string // for the reason
	path string
	old  bool // it is about to be written
	// lines are those that are shown; nil for all.
	lines *regexp.Regexp
	names bool // only what stands before the first = of each line
}

// maxAgentFiles bounds the files that are searched for one event.
const maxAgentFiles = 1000

// file adds a file's content.
func (h *hookTexts) file(f agentFile) {
	data, err := gitpack.ReadFile(f.path, maxEvent)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || err != nil && f.old:
	case err != nil:
		h.lost = append(h.lost, scanners.Gap{Reason: "unreadable file", First: []string{f.name + ": " + err.Error()}})
	default:
		data = fromUTF16(data)
		if f.lines != nil {
			data = linesWith(data, f.lines)
		}
		if f.names {
			data = withoutValues(data)
		}
		h.texts = append(h.texts, hookText{name: f.name, data: data, old: f.old})
	}
}

// linesWith empties the lines that do not fit; their numbers stay.
func linesWith(data []byte, fits *regexp.Regexp) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		if fits.Match(line) {
			out.Write(line)
		} else {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}
