package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/identity"
)

// TestFilesThatLogInWithAKey: what names the file of a leaked private key uses it: inventories and
// settings of Ansible, settings of OpenSSH, commands. A file with the same name elsewhere is
// another one.
func TestFilesThatLogInWithAKey(t *testing.T) {
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(must(ssh.MarshalPrivateKey(priv, ""))))
	for _, c := range []struct {
		name, path, leaked, text string
		want                     []string // kind name @ref: scope
	}{
		{"a host's line", "ops/hosts.ini", "ops/keys/deploy.pem", "[web]\nweb1.acme.io ansible_user=deploy ansible_ssh_private_key_file=keys/deploy.pem\n",
			[]string{"ansible web1.acme.io @ops/hosts.ini:2: deploy on web1.acme.io"}},
		{"a host with an address", "ops/hosts", "ops/keys/deploy.pem", "[web]\nweb1 ansible_host=10.0.0.4 ansible_ssh_user=deploy ansible_private_key_file='./keys/deploy.pem'\n",
			[]string{"ansible web1 @ops/hosts:2: deploy on 10.0.0.4"}},
		{"a group's variables", "inventory.ini", "keys/deploy.pem", "[web:vars]\nansible_user=deploy\nansible_ssh_private_key_file=keys/deploy.pem\n",
			[]string{"ansible web @inventory.ini:3: deploy"}},
		{"YAML", "inventories/prod/hosts.yml", "keys/deploy.pem", "all:\n  hosts:\n    web1.acme.io:\n      ansible_user: deploy\n      ansible_ssh_private_key_file: \"{{ playbook_dir }}/keys/deploy.pem\"\n    web2.acme.io:\n      ansible_user: other\n",
			[]string{"ansible web1.acme.io @inventories/prod/hosts.yml:5: deploy on web1.acme.io"}},
		{"a group's file", "group_vars/web.yml", "keys/deploy.pem", "ansible_user: deploy\nansible_ssh_private_key_file: ../keys/deploy.pem\n",
			[]string{"ansible group_vars/web.yml @group_vars/web.yml:2: deploy"}},
		{"Ansible's settings", "ansible.cfg", "keys/deploy.pem", "[defaults]\nremote_user = deploy\nprivate_key_file = ./keys/deploy.pem\n",
			[]string{"ansible ansible.cfg @ansible.cfg:3: deploy"}},
		{"OpenSSH's settings", "ops/ssh_config", "ops/deploy_key", "Host other\n  HostName other.acme.io\n  User jo\n\nHost bastion\n  HostName bastion.acme.io\n  User deploy\n  IdentityFile ~/ops/deploy_key\n",
			[]string{"ssh bastion @ops/ssh_config:8: deploy on bastion.acme.io"}},
		{"what stands behind the key", "ops/ssh_config", "ops/deploy_key", "Host bastion\n  IdentityFile ~/ops/deploy_key\n  HostName bastion.acme.io\n  User deploy\n  User second\n\nMatch user jo\n  User jo\n",
			[]string{"ssh bastion @ops/ssh_config:2: deploy on bastion.acme.io"}},
		{"somebody's folder", "home/jo/.ssh/config", "home/jo/.ssh/id_ed25519", "Host bastion.acme.io\n  IdentityFile ~/.ssh/id_ed25519\n  User deploy\n",
			[]string{"ssh bastion.acme.io @home/jo/.ssh/config:2: deploy on bastion.acme.io"}},
		{"a name of one's own", ".ssh/config", ".ssh/id_deploy", "Host bastion.acme.io\n  IdentityFile ~/.ssh/id_deploy\n  User deploy\n",
			[]string{"ssh bastion.acme.io @.ssh/config:2: deploy on bastion.acme.io"}},
		{"somebody else's folder", "home/ann/.ssh/config", "home/jo/.ssh/id_ed25519", "Host bastion.acme.io\n  IdentityFile ~/.ssh/id_ed25519\n  User deploy\n", nil},
		{"a command", "scripts/release.sh", "keys/deploy.pem", "#!/bin/sh\nset -e\nscp -o StrictHostKeyChecking=no -i \"$ROOT/keys/deploy.pem\" app.tgz deploy@web1.acme.io:/srv\n",
			[]string{"script scripts/release.sh @scripts/release.sh:3: deploy on web1.acme.io"}},
		{"a recipe", "Makefile", "keys/deploy.pem", "deploy:\n\tssh -i keys/deploy.pem -l deploy web1.acme.io uptime\n",
			[]string{"script Makefile @Makefile:2: deploy on web1.acme.io"}},
		{"another file", "ops/hosts.ini", "test/keys/deploy.pem", "web1.acme.io ansible_user=deploy ansible_ssh_private_key_file=keys/deploy.pem\n", nil},
		{"everybody's file", "ssh_config", "ops/id_rsa", "Host bastion\n  User deploy\n  IdentityFile ~/.ssh/id_rsa\n", nil},
		{"a comment", "hosts.ini", "keys/deploy.pem", "# web1 ansible_ssh_private_key_file=keys/deploy.pem\n", nil},
		{"a longer name", "hosts.ini", "keys/deploy.pem", "web1 ansible_ssh_private_key_file=keys/deploy.pem.bak\n", nil},
	} {
		repo := &tree{files: map[string]string{c.path: c.text, c.leaked: key}}
		_, a := ask(t, repo, c.leaked, key)
		var got []string
		for _, u := range a.Consumers {
			scope := ""
			for _, e := range a.Evidence {
				if who, is := strings.CutPrefix(e.Value, identity.ScopeShell); is && e.Ref == u.Ref {
					scope = who
				}
			}
			if u.Confidence != byFile || u.Via == "" {
				t.Errorf("%s: %+v", c.name, u)
			}
			got = append(got, fmt.Sprintf("%s %s @%s: %s", u.Kind, u.Name, u.Ref, scope))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
