package keys

import (
	"fmt"
	"path"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// What programs call the user and the server beside a key to log in with: the options of connect
// in Node's ssh2 (host, username, privateKey: github.com/mscdex/ssh2, README.md), whose names
// editors' SFTP settings have too (github.com/Natizyskunk/vscode-sftp, README.md), and
// graymeta/stow's (pkg.go.dev/github.com/graymeta/stow/sftp).
var (
	besideUser = lazy.New(`(?i)^(?:(?:ssh|sftp|remote|deploy)[_-]?)?(?:user|user[_-]?name)$`)
	besideHost = lazy.New(`(?i)^(?:(?:ssh|sftp|remote|deploy)[_-]?)?(?:host|host[_-]?name)$`)
	loginName  = lazy.New(`^[A-Za-z_][A-Za-z0-9._-]{0,31}$`)
	sshWord    = lazy.New(`(?i)(?:^|[^a-z])s(?:sh|ftp|cp)(?:[^a-z]|$)|^ssh`)
	serverName = lazy.New(`^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::[0-9]{1,5})?$`)
)

// shell reports whether a key is one to log in with by SSH: by its form, what it or its file is
// called, or what stands beside it. Databases and brokers have users, servers and keys as well.
func shell(secret string, p *identity.Place) bool {
	seen := p.Around()
	if strings.Contains(secret, "OPENSSH PRIVATE KEY") || sshWord.MatchString(seen.Own.Name) || sshWord.MatchString(path.Base(p.Path)) {
		return true
	}
	for i := range seen.Fields {
		f := &seen.Fields[i]
		if (strings.EqualFold(f.Name, "port") && f.Value == "22" || sshWord.MatchString(f.Value)) && seen.Weight(f) >= around.InBlock {
			return true
		}
	}
	return false
}

// beside says where a key logs in by the user and the server of its own record. One of the two is
// not enough: a user may be another program's, and a server's own key stands beside its name.
func beside(q *identity.Query) (a identity.Answer) {
	for i := range q.Places {
		p := &q.Places[i]
		user, host, line := "", "", 0
		seen := p.Around()
		for j := range seen.Fields {
			f := &seen.Fields[j]
			isUser, isHost := besideUser.MatchString(f.Name) && loginName.MatchString(f.Value), besideHost.MatchString(f.Name) && serverName.MatchString(f.Value)
			if !isUser && !isHost || seen.Weight(f) < around.InBlock {
				continue
			}
			if isUser && user == "" {
				user = f.Value
			}
			if isHost && host == "" {
				host, line = f.Value, f.Line
			}
		}
		if user == "" || host == "" || len(a.Evidence) >= 2*maxUses || !shell(q.Finding.Parts[leak.SecretPart].Reveal(), p) {
			continue
		}
		ref := fmt.Sprintf("%s:%d", p.Path, line)
		why := "user and host beside it"
		a.Evidence = append(a.Evidence,
			leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimType, Value: string(leak.SSHKey), Weight: byFile, Reason: why, Ref: ref},
			leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimScope, Value: identity.ScopeShell + user + " on " + strings.ToLower(host), Weight: byFile, Reason: why, Ref: ref})
	}
	return a
}
