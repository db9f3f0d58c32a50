package scenario

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// gcpFile is the file of a service account's key, with bytes that only begin like
// one: to make hundreds takes long.
func (g *generator) gcpFile(name, project, id string) string {
	der := append([]byte{0x30, 0x82, 0x04, 0xbd, 2, 1, 0}, g.bytes(1210)...)
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	b, err := json.MarshalIndent(map[string]string{
		"type": "service_account", "project_id": project, "private_key_id": g.text(hex, 40), "private_key": string(block),
		"client_email": name + "@" + project + ".iam.gserviceaccount.com", "client_id": id,
		"token_uri": "https://oauth2.googleapis.com/token",
	}, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

func quayRobot(g *generator, a *account) {
	a.names, a.tenants = []string{home(a) + "+" + strings.NewReplacer("-", "_", ".", "_").Replace(a.svc.name)}, []string{home(a), "quay.io"}
}

func quayAuth(g *generator, a *account) cred {
	auth := base64.StdEncoding.EncodeToString([]byte(a.names[0] + ":" + g.text(upper, 64)))
	text := fmt.Sprintf("{\n  \"auths\": {\n    \"quay.io\": {\n      \"auth\": %q\n    }\n  }\n}\n", auth)
	return cred{file: text, path: one(g, []string{"docker-config.json", ".docker/config.json"}), secret: auth}
}

func clusterAccount(g *generator, a *account) {
	name := one(g, []string{"deployer", "ci", a.svc.name})
	a.names = []string{a.svc.name + "/" + name, name, "system:serviceaccount:" + a.svc.name + ":" + name, guid(g)}
	server := "k8s." + a.env + "." + home(a) + ".example"
	a.tenants = []string{server, "https://" + server, home(a) + "-" + a.env}
	if a.foreign {
		a.tenants = []string{"k8s." + home(a) + ".example", home(a)}
	}
}

func clusterToken(g *generator, a *account) cred {
	claims := fmt.Sprintf(`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":%q,"kubernetes.io/serviceaccount/secret.name":"%s-token-%s","kubernetes.io/serviceaccount/service-account.name":%q,"kubernetes.io/serviceaccount/service-account.uid":%q,"sub":%q}`,
		a.svc.name, a.names[1], g.text(lower, 5), a.names[1], a.names[3], a.names[2])
	token := g.jwt(`{"alg":"RS256","kid":"`+g.text(alnum, 43)+`"}`, claims)
	if g.often(40) {
		return cred{secret: token, fields: []field{extra("KUBE_SERVER", "https://"+a.tenants[0]), secret("KUBE_TOKEN", token)}}
	}
	cluster := home(a) + "-" + a.env
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters:\n  - name: %[1]s\n    cluster:\n      server: https://%[2]s\ncontexts:\n  - name: ci\n    context: {cluster: %[1]s, user: %[3]s}\nusers:\n  - name: %[3]s\n    user:\n      token: %[4]s\ncurrent-context: ci\n",
		cluster, a.tenants[0], a.names[1], token)
	a.tenants = append(a.tenants, cluster)
	return cred{file: text, path: one(g, []string{"kubeconfig", "kubeconfig.yaml"}), secret: token}
}

// sshUser is a person or a machine; the comment in the key says which.
func sshUser(g *generator, a *account) {
	p := one(g, a.svc.team.people)
	login := strings.ToLower(strings.Fields(p.name)[0])
	a.names = []string{one(g, []string{login + "@laptop", "deploy@" + a.svc.name, a.svc.name + "-ci"})}
	if who := a.facts["of"]; who != "" {
		a.names = []string{who}
	}
	local, _, _ := strings.Cut(a.names[0], "@")
	a.names = append(a.names, local)
}

func sshFile(g *generator, a *account) cred {
	private, public := g.sshKey(a.names[0])
	a.names = append(a.names, fingerprint(public))
	c := cred{file: private, path: one(g, []string{"id_ed25519", "deploy_key", "ssh/key"}), secret: strings.Split(private, "\n")[2][:40]}
	if g.often(30) {
		c.also = []string{".pub", public}
	}
	return c
}

// fingerprint is what OpenSSH calls a public key.
func fingerprint(line string) string {
	k, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		panic(err)
	}
	return ssh.FingerprintSHA256(k)
}

func ageUser(g *generator, a *account) {}

func ageFile(g *generator, a *account) cred {
	s, recipient := g.age()
	a.names = append(a.names, recipient)
	c := cred{file: s + "\n", path: one(g, []string{"age.key", "sops/keys.txt"}), secret: s}
	if g.often(50) {
		c.file = "# public key: " + recipient + "\n" + c.file
	}
	return c
}
