package main

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
)

// mayBeEmpty are the names of events, in lower case, that may tell nothing that is sent,
// beside those that are passive. All others must. Claude Code had 9 events once and has 33
// now: https://code.claude.com/docs/en/hooks; the others' documentation is at agentHost.
var mayBeEmpty = []string{
	"posttooluse", "posttoolusefailure", "posttoolbatch", "permissiondenied", "userpromptexpansion", "setup", "stopfailure", "teammateidle", "taskcreated", "taskcompleted",
	"configchange", "cwdchanged", "filechanged", "directoryadded", "worktreecreate", "worktreeremove", "instructionsloaded", "elicitation", "elicitationresult",
	"premodelswitch", "postmodelswitch", "messagedisplay",
	"aftershellexecution", "aftermcpexecution", "afterfileedit", "aftertabfileedit", "aftertool",
	"post_read_code", "post_write_code", "post_run_command", "post_mcp_tool_use",
}

// understood is an error if an event before something does not say what that is, and if
// one of a name that nobody documents tells nothing at all.
func (e *agentEvent) understood(src *hookTexts) error {
	said := func(ok bool, what string) error {
		if ok {
			return nil
		}
		return errors.New("the event does not say " + what)
	}
	switch name := strings.ToLower(e.name); name {
	case "pretooluse", "permissionrequest", "beforetool", "beforemcpexecution", "pre_mcp_tool_use", "pre_read_code", "pre_write_code", "pre_run_command":
		if e.tool == "" {
			return said(false, "which tool it is about")
		}
		return said(e.tooled(), "what the tool is given")
	case "userpromptsubmit", "userpromptsubmitted", "userprompttransformed", "beforesubmitprompt", "beforeagent", "pre_user_prompt":
		return said(holdsText(e.fields["prompt"]), "what the prompt is")
	case "beforeshellexecution":
		return said(len(e.commands()) > 0, "what the command is")
	case "beforereadfile", "beforetabfileread":
		_, content := e.fields["content"].(string)
		return said(content || e.text("file_path") != "", "which file is read")
	case "beforemodel", "beforetoolselection":
		_, ok := e.fields["llm_request"].(map[string]any)
		return said(ok, "what the model is asked")
	case "subagentstart":
		return said(holdsText(e.fields["task"]), "what the task is")
	default:
		told := len(src.texts) > 0 || len(src.lost) > 0
		return said(told || slices.Contains(mayBeEmpty, name), "anything, and whosekey does not know its name")
	}
}

// documented reports whether an event has a name that whosekey knows.
func (e *agentEvent) documented() bool {
	name := strings.ToLower(e.name)
	return e.passive() || e.after() || slices.Contains(mayBeEmpty, name) || slices.Contains([]string{
		"pretooluse", "permissionrequest", "beforetool", "beforemcpexecution", "pre_mcp_tool_use", "pre_read_code", "pre_write_code", "pre_run_command", "userpromptsubmit", "userpromptsubmitted",
		"userprompttransformed", "beforesubmitprompt", "beforeagent", "pre_user_prompt", "beforeshellexecution", "beforereadfile", "beforetabfileread", "beforemodel", "beforetoolselection", "subagentstart", "taskstart",
	}, name)
}

// tooled reports whether an event says what a tool is given: of those that run a command
// that, of those that read files which.
func (e *agentEvent) tooled() bool {
	input := e.input()
	server := strings.HasPrefix(e.tool, "mcp_") || strings.HasPrefix(e.tool, "MCP:")
	switch {
	case !holdsText(input):
		return false
	case server || strings.EqualFold(e.name, "beforeMCPExecution"):
		return true
	case isShell(e.tool):
		return len(e.commands()) > 0
	}
	return toolKind(e.tool) != "read" || len(given(input)) > 0
}

// isShell reports whether a tool of an agent runs commands.
func isShell(tool string) bool {
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(tool)) {
	case "bash", "shell", "powershell", "localshell", "runshellcommand", "runinterminal", "execcommand",
		"executecommand", "execute", "executebash": // Cline, Droid, Kiro
		return true
	}
	return false
}

// holdsText reports whether a value is of a form in which texts are told.
func holdsText(value any) bool {
	switch value.(type) {
	case string, []any, map[string]any:
		return true
	}
	return false
}

// opens reports whether the event is of a file that Cursor is about to read.
func (e *agentEvent) opens() bool {
	return e.host == cursor && slices.Contains([]string{"beforereadfile", "beforetabfileread"}, strings.ToLower(e.name))
}

// task reads an event of Cline, which has all that it is about in a field of the name of
// the event, as preToolUse, and puts that into the words of the others.
func (e *agentEvent) task() error {
	e.host, e.name = cline, e.text("hookName")
	var about map[string]any
	for key, value := range e.fields {
		if fields, ok := value.(map[string]any); ok && (e.name == "" && len(key) > 3 || strings.EqualFold(key, e.name)) {
			about, e.name = fields, strings.ToUpper(key[:1])+key[1:]
			delete(e.fields, key)
			break
		}
	}
	if about == nil {
		return usage(errors.New("an event of Cline that does not say what it is about"), eventHint)
	}
	for _, key := range []string{"toolName", "tool"} {
		if s, ok := about[key].(string); ok {
			e.tool = cmp.Or(e.tool, s)
		}
	}
	e.cwd = e.text("workspacePath")
	if roots, ok := e.fields["workspaceRoots"].([]any); ok && len(roots) > 0 && e.cwd == "" {
		e.cwd, _ = roots[0].(string)
	}
	rest := maps.Clone(about)
	delete(rest, "toolName")
	delete(rest, "tool")
	if input, ok := rest["parameters"]; ok {
		delete(rest, "parameters")
		e.fields["tool_input"] = input
	}
	maps.Copy(e.fields, rest)
	return nil
}
