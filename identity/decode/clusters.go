package decode

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// bootstrapToken reads <6>.<16>, with which nodes join a Kubernetes cluster.
// The first half is public: the secret is named bootstrap-token-<6>.
func bootstrapToken(in *Input) []leak.Evidence {
	id, secret, ok := strings.Cut(in.Value, ".")
	if !ok || !madeOf(id, "", 6, 6) || !madeOf(secret, "", 16, 16) || in.Value != strings.ToLower(in.Value) {
		return nil
	}
	const form = "<id>.<secret>, of 6 and 16 characters"
	c := about("kubernetes", leak.ServiceAccount, "bootstrap token, with which nodes join", .85, form)
	c.add(leak.ClaimKeyID, id, form)
	c.add(leak.ClaimName, "system:bootstrap:"+id, "the user that the token is")
	return c.list
}

// rancher reads token-<id>:<secret> and kubeconfig-<user>.<cluster>:<secret>, the
// user being u-<id> or user-<id>, and the cluster missing in older ones.
func rancher(in *Input) []leak.Evidence {
	name, secret, ok := strings.Cut(in.Value, ":")
	if !ok || !madeOf(secret, "", 50, 60) || !madeOf(name, "-.", 8, 80) {
		return nil
	}
	switch {
	case strings.HasPrefix(name, "token-"):
		c := about("rancher", leak.APIKey, "API token", .85, "token-<id>:<secret>")
		c.add(leak.ClaimKeyID, name, "token-<id>:<secret>")
		return c.list
	case strings.HasPrefix(name, "kubeconfig-"):
		c := about("rancher", leak.HumanAccount, "token of a kubeconfig file", .85, "kubeconfig-<user>:<secret>")
		user, cluster, _ := strings.Cut(strings.TrimPrefix(name, "kubeconfig-"), ".")
		c.add(leak.ClaimKeyID, name, "kubeconfig-<user>:<secret>")
		c.tenant(cluster, "cluster", "kubeconfig-<user>.<cluster>:<secret>")
		c.add(leak.ClaimName, user, "kubeconfig-<user>:<secret>")
		return c.list
	}
	return nil
}

// openShift reads OAuth access tokens: sha256~<43>.
func openShift(in *Input) []leak.Evidence {
	if secret, ok := strings.CutPrefix(in.Value, "sha256~"); ok && madeOf(secret, "-_", 43, 43) {
		return about("openshift", leak.HumanAccount, "OAuth access token", .7, "begins with sha256~").list
	}
	return nil
}

// dockerSwarm reads join tokens: SWMTKN-1-<digest of the root certificate in
// base 36>-<secret>, and SWMTKN-2-<fips>-... (moby/swarmkit, ca/config.go).
func dockerSwarm(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, "-")
	if len(f) == 5 && f[1] == "2" {
		f = append(f[:2:2], f[3:]...)
	}
	if len(f) != 4 || f[0] != "SWMTKN" || f[1] != "1" && f[1] != "2" || !madeOf(f[2], "", 50, 50) || len(f[3]) != 25 {
		return nil
	}
	const form = "SWMTKN-1-<digest of the swarm's root certificate>-<secret>"
	c := about("docker", leak.Device, "join token of a swarm", .85, form)
	c.tenant(f[2], "swarm", form)
	c.add(leak.ClaimPermission, "join", form)
	return c.list
}

// hooks reads addresses that do something for whoever knows them.
func hooks(in *Input) []leak.Evidence {
	if len(in.Value) > 4096 || !strings.Contains(in.Value, "hooks.zapier.com/") && !strings.Contains(in.Value, ".api.powerplatform.com") {
		return nil
	}
	link := in.Value
	if !strings.Contains(link, "://") {
		link = "https://" + link
	}
	u, err := url.Parse(link)
	if err != nil {
		return nil
	}
	f := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch host := u.Hostname(); {
	case host == "hooks.zapier.com" && len(f) >= 4 && f[0] == "hooks" && f[1] == "catch" && isNumber(f[2]):
		const form = "hooks.zapier.com/hooks/catch/<account>/<hook>"
		c := about("zapier", leak.Webhook, "webhook that starts a Zap", .8, form)
		c.tenant(f[2], "account", form)
		c.add(leak.ClaimPermission, "send", form)
		return c.list
	case strings.HasSuffix(host, ".api.powerplatform.com"):
		return powerAutomate(u, f)
	}
	return nil
}

// powerAutomate reads the address of a flow's trigger:
// <environment>.environment.api.powerplatform.com/.../workflows/<id>/triggers/...
// That of a Logic App is read with Azure's.
func powerAutomate(u *url.URL, path []string) []leak.Evidence {
	at := slices.Index(path, "workflows")
	environment, _, _ := strings.Cut(u.Hostname(), ".")
	if at < 0 || at+1 >= len(path) || !madeOf(path[at+1], "-", 8, 64) || !madeOf(environment, "-", 8, 64) {
		return nil
	}
	const form = "/workflows/<id>/triggers/<name>"
	c := about("microsoft", leak.Webhook, "address that starts a flow of Power Automate", .8, form)
	c.add(leak.ClaimID, path[at+1], form)
	c.tenant(environment, "environment", "host of the address, the environment")
	c.text(leak.ClaimPermission, u.Query().Get("sp"), "sp in the address")
	c.add(leak.ClaimPermission, "send", "whoever has the address can start it")
	return c.list
}

// ansibleVault reads the first line of an encrypted file:
// $ANSIBLE_VAULT;1.2;AES256;<vault id>.
func ansibleVault(in *Input) []leak.Evidence {
	if !strings.HasPrefix(in.Value, "$ANSIBLE_VAULT;") {
		return nil
	}
	line, _, _ := strings.Cut(in.Value, "\n")
	f := strings.Split(strings.TrimSpace(line), ";")
	if len(f) < 3 {
		return nil
	}
	c := about("ansible", leak.EncryptionKey, "text encrypted with ansible-vault", .8, "its first line")
	if _, err := strconv.ParseFloat(f[1], 64); err == nil {
		c.text(leak.ClaimNote, f[2]+", form "+f[1], "its first line")
	}
	if len(f) > 3 {
		c.text(leak.ClaimName, f[3], "vault id in the first line")
		c.named(f[3], "vault id in the first line")
	}
	return c.list
}

// wireGuard reads a configuration file for its interface's key, whose public half
// is what other peers know.
func wireGuard(in *Input) []leak.Evidence {
	key, ok := wireGuardKey(in.Value)
	if !ok {
		return nil
	}
	c := about("wireguard", leak.Device, "private key of an interface", .8, "[Interface] of a configuration file")
	if public, ok := x25519(key); ok {
		id := base64.StdEncoding.EncodeToString(public)
		c.add(leak.ClaimFingerprint, id, "the public key that belongs to it")
		c.add(leak.ClaimID, id, "the public key that belongs to it")
	}
	for line := range strings.Lines(in.Value) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "endpoint":
			c.text(leak.ClaimServer, strings.TrimSpace(value), "Endpoint of a peer")
		case "address":
			c.text(leak.ClaimNote, "address "+strings.TrimSpace(value), "Address of the interface")
		}
		if len(c.list) > 40 {
			break
		}
	}
	return c.list
}

// wireGuardKey finds PrivateKey in the section [Interface].
func wireGuardKey(text string) ([]byte, bool) {
	if !strings.Contains(text, "[Interface]") || !strings.Contains(text, "PrivateKey") {
		return nil, false
	}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimSpace(name) == "PrivateKey" {
			raw, ok := unbase64(strings.TrimSpace(value))
			return raw, ok && len(raw) == 32
		}
	}
	return nil, false
}
