package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
)

// maxEvent is the size of the longest event that an agent may tell, in bytes.
const maxEvent = 256 << 20

// exitBlock is the code that stops an agent: of Claude Code, Codex, Gemini CLI and
// Cursor. Others do not, with one exception: exits.
const exitBlock = 2

func (a *app) hookAgentCommand() *cobra.Command {
	h := &hook{app: a, what: "told"}
	c := &cobra.Command{
		Use:   "agent",
		Short: "For agents that write code: stop a credential before it is sent to the model",
		Long: `Read an event of a coding agent from standard input, as Claude Code, Codex,
Cursor, Gemini CLI, GitHub Copilot, Windsurf and Cline tell their hooks, and answer in the
words of that agent: block what holds a credential. Searched are prompts and the
files that they name, what tools are given, files that are about to be read or
printed, and what tools answer.

It leaves with 0 and says nothing, or with 2 and the reason on standard error;
also where the event cannot be understood. The reason never holds the
credential. docs/hooks.md says how to set it up.`,
		Example: `  echo '{"hook_event_name":"UserPromptSubmit","prompt":"..."}' | whosekey hook agent`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return h.agent(c.Context()) },
	}
	fl := c.Flags()
	fl.StringVar(&h.config, "config", "", "settings `file` (see docs/configuration.md)")
	fl.StringArrayVar(&h.ruleFiles, "rules", nil, "further provider `file`, TOML; repeatable")
	fl.StringSliceVar(&h.disable, "disable", nil, "rule `ids` to leave out")
	fl.StringVar(&h.failOn, "fail-on", "any", "block on: any, confidence:high|medium|low")
	fl.StringVar(&h.ignore.baseline, "baseline", "", "`file` with what is known already (see whosekey baseline)")
	h.ignore.noInline = true // a model can write comments
	h.identity.Off = true
	h.out.owners = "handles"
	h.out.calm = func(report.Handler) report.Handler { return silent{} }
	return c
}

// silent writes nothing: what agents read is not a report.
type silent struct{}

func (silent) Start(report.Run) error      { return nil }
func (silent) Finding(*leak.Finding) error { return nil }
func (silent) Finish(report.Summary) error { return nil }

// agent searches an event. Whatever goes wrong blocks.
func (h *hook) agent(ctx context.Context) error {
	e, reason, err := h.event(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		reason = "whosekey could not search this, so it was blocked: " + safe(err.Error())
	}
	h.app.code = exitClean
	if reason == "" {
		return nil
	}
	if answer := e.answer(reason, h.hiding(reason, err != nil)); answer != nil {
		b, err := json.Marshal(answer)
		if err == nil {
			_, err = fmt.Fprintf(h.app.stdout, "%s\n", b)
		}
		if err != nil {
			return &failure{fmt.Errorf("answer the agent: %w", err), "", exitBlock}
		}
	}
	fmt.Fprintln(h.app.stderr, reason)
	h.app.code = e.exit()
	return nil
}

// event reads an event and searches it. The reason is why it is blocked, if it is.
func (h *hook) event(ctx context.Context) (e agentEvent, reason string, err error) {
	defer func() { // a crash leaves with a code after which not every agent stops
		if p := recover(); p != nil {
			reason, err = "", errors.New("whosekey has a bug, please report it")
			if bug, ok := p.(runtime.Error); ok { // which holds no text of the event
				err = fmt.Errorf("%w: %w", err, bug)
			}
		}
	}()
	text, err := h.app.input(ctx, maxEvent)
	if err != nil {
		return e, "", err
	}
	if e, err = readEvent(text); err != nil {
		return e, "", err
	}
	s, err := h.prepare()
	if err != nil || e.passive() {
		return e, "", err
	}
	src := e.texts()
	if err := e.understood(src); err != nil {
		return e, "", err
	}
	if len(src.texts) == 0 && len(src.lost) == 0 {
		return e, "", nil
	}
	if err := h.run(ctx, s, src, report.Run{Mode: "stdin", Target: "an event of an agent"}); err != nil {
		return e, "", err
	}
	switch h.app.code {
	case exitFindings:
		return e, h.reason(), nil
	case exitIncomplete:
		return e, "", errors.New("not all of it can be read")
	}
	return e, "", nil
}

// maxNamed is how many credentials a reason names.
const maxNamed = 5

// reason says what was found, to people and to the model.
func (h *hook) reason() string {
	var out strings.Builder
	out.WriteString("whosekey blocked this, because it holds ")
	fs := slices.SortedFunc(maps.Values(h.stopping), func(a, b *leak.Finding) int {
		return cmp.Or(cmp.Compare(b.Rule.Severity, a.Rule.Severity), strings.Compare(a.ID, b.ID))
	})
	for i, f := range fs {
		if i == maxNamed {
			fmt.Fprintf(&out, " and %d more", len(fs)-i)
			break
		}
		if i > 0 {
			out.WriteString("; ")
		}
		out.WriteString("a credential (" + f.Rule.Title + ")")
		if len(f.Locations) > 0 {
			l := &f.Locations[0]
			fmt.Fprintf(&out, " in %s, line %d", l.Path, max(1, l.Line))
		}
	}
	out.WriteString(". Do not send it anywhere, and do not look for another way to read it: ")
	out.WriteString("refer to it by the name of an environment variable or of a secret store.")
	return printable(strings.ReplaceAll(out.String(), "\n", " "))
}

// hiding returns what stands for a text of the event: the reason, if there is a
// credential in it or below it. all: nobody knows which of them hold one; but for the
// words that say of which form an answer is, without which it is not taken. Of what has
// no name, and of other texts, the credentials are masked.
func (h *hook) hiding(reason string, all bool) func(name, text string) string {
	known := new(leak.Redactor)
	var names []string
	for _, f := range h.stopping {
		known.Add(f.Parts)
		for i := range f.Locations {
			names = append(names, f.Locations[i].Path)
		}
	}
	known.Ready()
	return func(name, text string) string {
		if name != "" && (all && !formWord(name, text) || slices.ContainsFunc(names, func(at string) bool {
			rest, ok := strings.CutPrefix(at, name)
			return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})) {
			return reason
		}
		return known.Clean(text)
	}
}

// formWord reports whether a text is a word such as "text" or "image", in a field type.
func formWord(name, text string) bool {
	const longest = 20
	return strings.HasSuffix(name, ".type") && len(text) <= longest && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// answer is what the agent reads on standard output when it is blocked; nil for
// nothing. Codex takes only fields that it knows, and Cursor was seen to go on
// after code 2 alone. See hiding for hide.
func (e *agentEvent) answer(reason string, hide func(name, text string) string) map[string]any {
	deny := map[string]any{"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": reason}
	switch {
	case e.host == windsurf: // the code and standard error are all that it reads
		return nil
	case e.host == cline:
		return map[string]any{"cancel": true, "errorMessage": reason}
	case e.host == cursor && e.name == "beforeSubmitPrompt":
		return map[string]any{"continue": false, "user_message": reason}
	case e.host == cursor && e.name == "postToolUse": // which has happened
		answer := map[string]any{"additional_context": reason}
		if strings.HasPrefix(e.tool, "MCP:") {
			answer["updated_mcp_tool_output"] = map[string]any{"content": []any{map[string]any{"type": "text", "text": reason}}}
		}
		return answer
	case e.host == cursor:
		return map[string]any{"permission": "deny", "user_message": reason, "agent_message": reason}
	case e.host == gemini:
		return map[string]any{"decision": "deny", "reason": reason}
	case e.host == copilot && e.name == "preToolUse": // or permissionRequest, which looks the same
		return map[string]any{"permissionDecision": "deny", "permissionDecisionReason": reason, "behavior": "deny", "message": reason}
	case e.host == copilot && e.name == "postToolUse", e.host == vscode && e.fields["tool_result"] != nil:
		return map[string]any{"modifiedResult": map[string]any{"resultType": "success", "textResultForLlm": reason}}
	case e.host == copilot && e.name == "userPromptTransformed":
		return map[string]any{"modifiedTransformedPrompt": reason}
	case e.host == copilot:
		return nil
	case e.name == "PreToolUse" && e.host == vscode:
		return map[string]any{"permissionDecision": "deny", "permissionDecisionReason": reason, "hookSpecificOutput": deny}
	case e.name == "PreToolUse":
		return map[string]any{"hookSpecificOutput": deny}
	case e.name == "PermissionRequest":
		return map[string]any{"hookSpecificOutput": map[string]any{
			"hookEventName": "PermissionRequest", "decision": map[string]any{"behavior": "deny", "message": reason},
		}}
	case e.replaces():
		return map[string]any{"decision": "block", "reason": reason, "hookSpecificOutput": map[string]any{
			"hookEventName": e.name, "updatedToolOutput": withoutHeld("tool_response", e.fields["tool_response"], hide),
		}}
	case e.name != "":
		return map[string]any{"decision": "block", "reason": reason}
	}
	return nil
}

// replaces reports whether the model gets what a tool answered from the answer of the
// hook: Claude Code shows it the original beside a reason to block. It reads that
// after 0 alone.
func (e *agentEvent) replaces() bool {
	return e.host == claude && e.name == "PostToolUse" && e.fields["tool_response"] != nil
}

// withoutHeld is what a tool answered, in the same form, as another is not taken, and
// without the texts that hold a credential. A copy in a file, which would be shown
// instead, is left out.
func withoutHeld(name string, value any, hide func(name, text string) string) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if !strings.HasPrefix(k, "persistedOutput") {
				out[hide("", k)] = withoutHeld(name+"."+k, x, hide)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = withoutHeld(fmt.Sprintf("%s[%d]", name, i), x, hide)
		}
		return out
	case string:
		return hide(name, v)
	case json.Number:
		if s := hide(name, v.String()); s != v.String() {
			return s
		}
	}
	return value
}

// exit is the code that blocks. Copilot takes 2 for a warning and goes on, and
// PowerShell, in which Codex runs hooks on Windows, makes 1 of 2, which is one
// too; they block by the answer, which they read after 0. So do those that can only
// replace what a tool answered.
func (e *agentEvent) exit() int {
	switch {
	case e.host == copilot && slices.Contains([]string{"preToolUse", "postToolUse", "userPromptTransformed"}, e.name),
		e.host == vscode && (e.name == "PreToolUse" || e.fields["tool_result"] != nil),
		e.host == cursor && e.name == "postToolUse",
		e.host == cline && e.name != "", // it reads the answer, and blocks after any other code too
		e.host == codex && runtime.GOOS == "windows", e.replaces():
		return exitClean
	}
	return exitBlock
}
