package names

import (
	"bytes"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// Variables of Ansible's connections: ansible_password, ansible_ssh_pass and
// ansible_ssh_password are one, and so are ansible_user and ansible_ssh_user:
// docs.ansible.com/ansible/latest/collections/ansible/builtin/ssh_connection.html.
const ansible = "ansible"

// plain is the name of a field without what such variables may have in them.
func plain(name string) string {
	p := Plain(name)
	if rest, ok := strings.CutPrefix(p, ansible+"ssh"); ok {
		return ansible + rest
	}
	return p
}

// fullName is a host that is called so everywhere: one of an inventory that has no domain
// may be a name of that file alone.
var fullName = lazy.New(`^(?:[a-z0-9_](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)

// ansibleHost says on which host a password of an inventory is, where no variable does:
// that which its line begins with, or it stands below.
func (b *beside) ansibleHost(p *identity.Place) {
	if !strings.HasPrefix(b.prefix, ansible) || len(b.login.hosts) > 0 {
		return
	}
	host, why := "", "the line begins with it"
	if above := b.seen.Key.Above; len(above) > 1 && Plain(above[1]) == "hosts" {
		host, why = above[0], "it stands under it"
	} else if p.Start >= 0 && p.Start <= len(p.Text) {
		line := p.Text[bytes.LastIndexByte(p.Text[:p.Start], '\n')+1 : p.Start]
		if words := strings.Fields(string(line[:min(len(line), around.MaxText)])); len(words) > 1 && strings.Contains(words[1], "=") {
			host = words[0]
		}
	}
	if host = strings.ToLower(host); fullName.MatchString(host) {
		b.tell(leak.ClaimServer, host, why, around.InBlock, b.seen.Own.Line)
		b.tenants(host, why, around.InBlock, b.seen.Own.Line)
	}
}

// overSSH reports whether the password is one of a log-in over SSH, by its name or
// Ansible's variable beside it; over something else it is if that says so.
func (b *beside) overSSH() (why string) {
	own := Words(b.seen.Own.Name)
	if slices.ContainsFunc(own, func(w string) bool { return w == "key" || w == "passphrase" }) {
		return ""
	}
	for i := range b.seen.Fields {
		f := &b.seen.Fields[i]
		if Plain(f.Name) == ansible+"connection" && b.seen.Weight(f) >= around.Near {
			if slices.Contains([]string{"ssh", "smart", "paramiko", "paramiko_ssh"}, strings.TrimPrefix(f.Value, "ansible.builtin.")) {
				return besideIt(f)
			}
			return ""
		}
	}
	if slices.Contains(own, "ssh") || slices.Contains(own, "sftp") {
		return "the name " + b.seen.Own.Name
	}
	return ""
}

// shell is what a log-in over SSH is.
func shell() (provider string, t leak.IdentityType) {
	for _, e := range decode.Login("ssh", "", "") {
		switch e.Claim {
		case leak.ClaimProvider:
			provider = e.Value
		case leak.ClaimType:
			t = leak.IdentityType(e.Value)
		}
	}
	return provider, t
}
