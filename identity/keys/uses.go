package keys

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// byFile is how sure it is that a file uses the key in a file that it names.
const byFile = 0.85

// Bounds on what is read to find who logs in with the file of a key.
const (
	maxUseFiles = 2000
	maxUseBytes = 16 << 20
	maxUses     = 20 // of one key
)

// use is a place that names the file of a key.
type use struct {
	kind, path string
	line       int
	name       string // the host or group that it is for, or the file
	user, host string
	file       string // the key's, as it stands there
	via        string
}

var (
	// Variables and settings of Ansible:
	// docs.ansible.com/ansible/latest/collections/ansible/builtin/ssh_connection.html.
	ansibleKey = lazy.New(`^\s*(?:[^#;\n]*[\s{,"'])?(ansible_(?:ssh_)?private_key_file|private_key_file)["']?\s*[:=]\s*["']?((?:\{\{[^}]{1,60}\}\})?[^\s"',{}]+)`)
	variables  = map[string]*lazy.RE{"user": setting(`ansible_(?:ssh_)?user|remote_user`), "host": setting(`ansible_(?:ssh_)?host`)}
	// What OpenSSH reads, man.openbsd.org/ssh_config: a word, and its value.
	sshSetting = lazy.New(`(?i)^\s*(host|match|hostname|user|identityfile)(?:\s+|\s*=\s*)"?([^"\n]+?)"?\s*$`)
	// -i of OpenSSH's programs, and who logs in where.
	command   = lazy.New(`(?:^|[\s;&|("'@])(ssh|scp|sftp|rsync|autossh|ssh-copy-id|ansible|ansible-playbook)\s[^#;|&]*?(?:-i|--private-key)[ =]?["']?([^\s"']+)`)
	loginAt   = lazy.New(`(?:^|[\s"'])([A-Za-z_][A-Za-z0-9._-]{0,31})@([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(?:[:\s"']|$)`)
	loginUser = lazy.New(`\s-l ?([A-Za-z_][A-Za-z0-9._-]{0,31})\s+([A-Za-z0-9][A-Za-z0-9.-]{0,250})`)
	yamlKey   = lazy.New(`^( *)(?:- )?["']?([^\s"':]+)["']?:\s*$`)
	iniHead   = lazy.New(`^\s*\[([^\]]{1,100})\]`)
	unknown   = lazy.New(`^(?:\{\{[^}]*\}\}|\$\{?[A-Za-z_]+\}?|\$\([^)]*\)|~|\.\.?)?/+`)
)

func setting(name string) *lazy.RE {
	return lazy.New(`(?:^|[\s{,"'])(?:` + name + `)["']?\s*[:=]\s*["']?([A-Za-z0-9_.@-]{1,253})(?:[\s"',}]|$)`)
}

// useKind says what a file may be that names keys' files: "ansible", "ssh" or "script"; empty
// for none.
func useKind(p string) string {
	low := strings.ToLower(p)
	dir, name := path.Split(low)
	switch ext := path.Ext(name); {
	case name == "ssh_config" || strings.HasSuffix(name, ".ssh_config") || strings.HasSuffix(name, "ssh.config") || name == "config" && strings.Contains(dir, "ssh"):
		return "ssh"
	case name == "ansible.cfg", name == "hosts", name == "inventory", ext == ".ini", ext == ".cfg" && strings.Contains(low, "ansible"):
		return "ansible"
	case (ext == ".yml" || ext == ".yaml") && slices.ContainsFunc([]string{"ansible", "inventor", "group_vars", "host_vars", "playbook", "hosts"}, func(s string) bool { return strings.Contains(low, s) }):
		return "ansible"
	case ext == "" && (strings.Contains(dir, "inventor") || strings.Contains(dir, "_vars/")):
		return "ansible"
	case slices.Contains([]string{".sh", ".bash", ".mk", ".just"}, ext), name == "makefile", name == "justfile", name == "gnumakefile":
		return "script"
	}
	return ""
}

// readUses notes what a file says of keys' files.
func readUses(p, kind, text string) (out []use) {
	var hosts hostBlock
	for n, line := range strings.Split(text, "\n") {
		if len(line) > 4096 || len(out) >= 1000 {
			continue
		}
		u := use{kind: kind, path: p, line: n + 1, name: p}
		switch kind {
		case "ssh":
			out = hosts.read(out, u, line)
		case "script":
			if u.command(line) {
				out = append(out, u)
			}
		default:
			if !strings.Contains(line, "private_key_file") {
				continue
			}
			if m := ansibleKey.FindStringSubmatch(line); m != nil {
				u.file, u.via = m[2], m[1]
				u.inventory(strings.Split(text, "\n"), n)
				out = append(out, u)
			}
		}
	}
	return out
}

// command reads a line of a script, and reports whether a command in it names a key's file.
func (u *use) command(line string) bool {
	if !containsAny(line, "-i", "--private-key") || !containsAny(line, "ssh", "scp", "sftp", "rsync", "ansible") {
		return false // as nearly all lines are: to run the expression on them took a twentieth of a scan of git's history
	}
	m := command.FindStringSubmatch(line)
	if m == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return false
	}
	u.file, u.via = m[2], m[1]+" -i"
	who := loginAt.FindStringSubmatch(line)
	if who == nil {
		who = loginUser.FindStringSubmatch(line)
	}
	if who != nil {
		u.user, u.host = who[1], who[2]
	}
	return true
}

func containsAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// hostBlock is what OpenSSH's settings say of a host so far, and which of the uses are in it.
type hostBlock struct {
	name, host, user string
	from             int
}

// read reads a line; one with a key's file makes a use. What stands behind it in the block
// counts as what stands before it, and of two values the first.
func (h *hostBlock) read(out []use, u use, line string) []use {
	m := sshSetting.FindStringSubmatch(line)
	if m == nil {
		return out
	}
	switch strings.ToLower(m[1]) {
	case "host":
		*h = hostBlock{name: m[2], from: len(out)}
	case "match": // by more than a name
		*h = hostBlock{name: "*", from: len(out)}
	case "hostname":
		h.host = cmp.Or(h.host, m[2])
	case "user":
		h.user = cmp.Or(h.user, m[2])
	case "identityfile":
		u.file, u.via = m[2], m[1]
		out = append(out, u)
	}
	for i := h.from; i < len(out); i++ {
		h.tell(&out[i])
	}
	return out
}

// tell fills in what is known of the host.
func (h *hostBlock) tell(u *use) {
	u.user, u.host = h.user, h.host
	if h.name != "" && h.name != "*" {
		u.name = h.name
	}
	if u.host == "" && !strings.ContainsAny(h.name, "*? ") {
		u.host = h.name
	}
}

// inventory fills in for which host or group a variable of Ansible in a line is: that which
// the line begins with, the section, or the key that it stands below.
func (u *use) inventory(lines []string, n int) {
	line := lines[n]
	near := []string{line}
	if first, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.Contains(rest, "=") && !strings.ContainsAny(first, "=:") && !strings.HasPrefix(strings.TrimSpace(rest), "=") {
		u.name, u.host = first, first
	} else {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		for i := n - 1; i >= 0 && i > n-60; i-- {
			if m := iniHead.FindStringSubmatch(lines[i]); m != nil && indent == 0 {
				if group := strings.TrimSuffix(m[1], ":vars"); group != m[1] {
					u.name = group
				}
				break
			}
			if m := yamlKey.FindStringSubmatch(lines[i]); m != nil && len(m[1]) < indent {
				if m[2] != "vars" {
					u.name, u.host = m[2], m[2]
					break
				}
				indent = len(m[1])
				continue
			}
			near = append(near, lines[i])
		}
		near = append(near, following(lines, n, indent)...)
	}
	for _, l := range near {
		if m := variables["user"].FindStringSubmatch(l); m != nil && u.user == "" {
			u.user = m[1]
		}
		if m := variables["host"].FindStringSubmatch(l); m != nil {
			u.host = m[1]
		}
	}
	if !strings.Contains(u.host, ".") && u.host == u.name {
		u.host = "" // a group, or a name of this file
	}
}

// following are the lines behind one that are of the same block.
func following(lines []string, n, indent int) []string {
	end := n + 1
	for end < len(lines) && end < n+20 && strings.TrimSpace(lines[end]) != "" && !iniHead.MatchString(lines[end]) && len(lines[end])-len(strings.TrimLeft(lines[end], " ")) >= indent {
		end++
	}
	return lines[n+1 : end]
}

// common are the names that keys have by themselves: those that OpenSSH looks for
// (man.openbsd.org/ssh#i), and words that say no more than that.
var common = lazy.New(`^(?:id_(?:rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk|xmss)|key|private|private[_-]?key|server|ssh[_-]?key)(?:\.(?:pem|key|ppk))?$`)

// means reports whether the file that a use names is one of the repository: beside the file, or
// from the root. Where it begins with what only the machine knows, the rest counts, but not
// if that is what everybody calls a key.
func (u *use) means(file string) bool {
	named := u.file
	rest := unknown.ReplaceAllString(named, "")
	for strings.HasPrefix(rest, "../") {
		rest = rest[3:]
	}
	dir := path.Dir(u.path)
	switch {
	case rest == "" || strings.ContainsAny(rest, "{}$*"):
		return false
	case path.Join(dir, named) == file, strings.TrimPrefix(path.Clean(named), "/") == file:
		return true
	case rest == ".ssh/"+path.Base(file) && path.Base(dir) == ".ssh" && dir == path.Dir(file): // somebody's folder
		return true
	case rest == named && !strings.HasPrefix(named, "/"):
		return false
	}
	return (file == rest || strings.HasSuffix(file, "/"+rest)) && !common.MatchString(path.Base(rest))
}

// users says who logs in with the file that a key leaked in.
func (r *resolver) users(q *identity.Query) (a identity.Answer) {
	files, _ := q.Paths()
	hosts := map[string]bool{} // one consumer for each file
	for i := range r.uses {
		u := &r.uses[i]
		if len(a.Consumers) >= maxUses || slices.Contains(files, u.path) || !slices.ContainsFunc(files, u.means) {
			continue
		}
		ref := fmt.Sprintf("%s:%d", u.path, u.line)
		if !hosts[u.path] {
			a.Consumers = append(a.Consumers, leak.Consumer{Kind: u.kind, Ref: ref, Name: u.name, Via: u.via, Confidence: byFile})
			a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimType, Value: string(leak.SSHKey), Weight: byFile, Reason: u.via + " names its file", Ref: ref})
		}
		hosts[u.path] = true
		who := u.user
		if u.host != "" {
			who = strings.TrimPrefix(who+" on "+u.host, " ")
		}
		if who != "" {
			a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimScope, Value: identity.ScopeShell + who, Weight: byFile, Reason: u.via + " names its file", Ref: ref})
		}
	}
	return a
}
