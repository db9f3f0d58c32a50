package names

import (
	"slices"
	"strings"
	"testing"
)

// TestAnsibleHosts: a password of an inventory of Ansible is that of the user in its line, or
// below its host, on that host, however the variables are called and the host is.
func TestAnsibleHosts(t *testing.T) {
	for text, want := range map[string][]string{
		"[web]\nweb1.acme.example ansible_user=deploy ansible_ssh_pass=SECRET\n":                                                                              {"name=deploy ", "server=web1.acme.example ", "provider=ssh ", "identity_type=service_account "},
		"[web]\nweb1 ansible_host=10.0.0.4 ansible_ssh_user=deploy ansible_ssh_pass='SECRET'\n":                                                               {"name=deploy ", "server=10.0.0.4 ", "provider=ssh "},
		"[web]\nweb1.acme.example ansible_connection=ssh ansible_user=deploy ansible_password=SECRET\n":                                                       {"name=deploy ", "server=web1.acme.example ", "provider=ssh "},
		"[win]\nw1.acme.example ansible_connection=winrm ansible_user=deploy ansible_password=SECRET\n":                                                       {"name=deploy ", "server=w1.acme.example ", "!provider="},
		"[web]\nweb1.acme.example ansible_user=deploy ansible_ssh_pass=other\nweb2.acme.example ansible_user=admin ansible_ssh_pass=SECRET\n":                 {"name=admin ", "server=web2.acme.example "},
		"[web]\nweb2.acme.example ansible_user=admin ansible_ssh_pass=SECRET\nweb1.acme.example ansible_user=deploy ansible_ssh_pass=other\n":                 {"name=admin ", "server=web2.acme.example "},
		"all:\n  hosts:\n    web1.acme.example:\n      ansible_user: deploy\n      ansible_ssh_pass: SECRET\n    web2.acme.example:\n      ansible_user: x\n": {"name=deploy ", "server=web1.acme.example ", "provider=ssh "},
		"[web:vars]\nansible_user=deploy\nansible_ssh_pass=SECRET\n":                                                                                          {"name=deploy ", "!server=", "provider=ssh "},
		"[web]\nweb1 ansible_user=deploy ansible_ssh_pass=SECRET\n":                                                                                           {"name=deploy ", "!server=", "provider=ssh "}, // a name of this file alone
		"[web]\nweb1.acme.example ansible_user=deploy ansible_become_user=root ansible_become_password=SECRET\n":                                              {"name=root ", "server=web1.acme.example "},
		"[web]\nweb1.acme.example ansible_user=deploy ansible_become_password=SECRET\n":                                                                       {"!name=deploy", "server=web1.acme.example "},
		"SSH_HOST=sftp.acme.example\nSSH_USER=deploy\nSSH_PASSWORD=SECRET\n":                                                                                  {"name=deploy ", "server=sftp.acme.example ", "provider=ssh ", "identity_type=service_account "},
		"SFTP_HOST=sftp.acme.example\nSFTP_USERNAME=deploy\nSFTP_PASSWORD=SECRET\n":                                                                           {"name=deploy ", "server=sftp.acme.example ", "provider=ssh "},
		"SSH_HOST=sftp.acme.example\nSSH_USER=deploy\nSSH_KEY_PASSPHRASE=SECRET\n":                                                                            {"!provider=", "!name="},
		"web1.acme.example: see the wiki\nansible_user=deploy\n\nansible_ssh_pass=SECRET\n":                                                                   {"name=deploy ", "!server="},
		"[db]\ndb1.acme.example ansible_user={{ user }} ansible_ssh_pass=SECRET other.acme.example=1\n":                                                       {"!name=", "server=db1.acme.example "},
	} {
		got := ask(t, query("", "inventory/hosts", strings.ReplaceAll(text, "SECRET", secret)))
		for _, w := range want {
			no, absent := strings.CutPrefix(w, "!")
			if slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, no) }) == absent {
				t.Errorf("%q: %q, want %s", text, got, w)
			}
		}
	}
}
