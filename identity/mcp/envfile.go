package mcp

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// fileUse is a server that reads its variables from a file.
type fileUse struct {
	server
	ref, client string
}

// maxSettings bounds the settings of agents of a repository that are read.
const maxSettings = 100

// fromFile is how sure it is that a server uses a variable of its file: it may be
// another program's.
const fromFile = 0.8

// envFiles are the files that servers of a repository's settings name, and which
// servers do. VS Code and Cursor have "envFile"
// (code.visualstudio.com/docs/copilot/reference/mcp-configuration), docker and node
// the option --env-file.
func (r *resolver) envFiles(ctx context.Context, q *identity.Query) (map[string][]fileUse, error) {
	if q.Repo == nil || r.files != nil && r.repo == q.Repo {
		return r.files, nil
	}
	r.repo, r.files = q.Repo, map[string][]fileUse{}
	list, err := q.Repo.Files(ctx, "")
	if err != nil {
		return nil, ctx.Err()
	}
	read := 0
	for _, f := range list {
		if !maySet(f.Path) || !strings.Contains(strings.ToLower(path.Base(f.Path)), "mcp") && clientOf(f.Path) == anAgent || f.Size > maxBytes || read == maxSettings {
			continue
		}
		text, whole, err := q.Repo.ReadFile(ctx, "", f.Path, maxBytes)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if read++; err != nil || !whole || !wanted(f.Path, text) {
			continue
		}
		servers, _ := parse(f.Path, text)
		for _, s := range servers {
			for _, name := range s.files {
				if at := resolved(f.Path, name); at != "" && len(r.files[at]) < maxServers {
					line := 1 + bytes.Count(text[:max(0, bytes.Index(text, []byte(name)))], []byte("\n"))
					s.values = nil // with what it is given else
					r.files[at] = append(r.files[at], fileUse{s, fmt.Sprintf("%s:%d", f.Path, line), clientOf(f.Path)})
				}
			}
		}
	}
	return r.files, nil
}

// resolved is the path in the repository of a file that settings name: from the folder
// of the project, whose settings are in one of its folders with a dot.
func resolved(settings, name string) string {
	folder := path.Dir(settings)
	if strings.HasPrefix(path.Base(folder), ".") && folder != "." {
		folder = path.Dir(folder)
	}
	name = strings.ReplaceAll(name, `\`, "/")
	for _, root := range []string{"${workspaceFolder}/", "${workspaceRoot}/"} {
		name = strings.TrimPrefix(name, root)
	}
	if name == "" || path.IsAbs(name) || strings.ContainsAny(name, "$:~") {
		return ""
	}
	if at := path.Join(folder, name); at != ".." && !strings.HasPrefix(at, "../") {
		return at
	}
	return ""
}

// variables are the files of variables that a server's settings name.
func variables(m map[string]any, command []string) (out []string) {
	if name, ok := m["envFile"].(string); ok {
		out = append(out, name)
	}
	for i, arg := range command {
		if name, ok := strings.CutPrefix(arg, "--env-file="); ok {
			out = append(out, name)
		} else if arg == "--env-file" && i+1 < len(command) {
			out = append(out, command[i+1])
		}
	}
	return out
}

// inFile adds the servers that read the file of a place.
func (r *resolver) inFile(a *identity.Answer, p string, files map[string][]fileUse) {
	for _, u := range files[p] {
		if len(a.Consumers) >= maxServers {
			return
		}
		via := "env file " + path.Base(p)
		if u.runs != "" {
			via += ", " + u.runs
		}
		reason := fmt.Sprintf("the MCP server %s of %s reads the file", u.name, u.client)
		a.Consumers = append(a.Consumers, leak.Consumer{Kind: Kind, Ref: u.ref, Name: u.name, Via: via + ", for " + u.client, Confidence: fromFile})
		note := func(value string) {
			a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimNote, Value: value, Weight: fromFile, Reason: reason, Ref: u.ref})
		}
		note(fmt.Sprintf("for the MCP server %s of %s", u.name, u.client))
		if u.foreign {
			note(identity.NoteAgentTool)
		}
	}
}
