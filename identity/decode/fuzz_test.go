package decode

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/whosekey/whosekey/internal/tokensum"
)

// FuzzDecode checks that no value makes a decoder panic, and what it says can
// be shown.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"perm:" + b64("root") + "." + b64("token") + ".x", "hvs.CAESI", "dp." + "st.prd.x", "fm2_lJPEAgECxBA", "py" + "pi-AgEE", nkey(20<<3, make([]byte, 32)),
		"postgres://a:b@c:1/d?sslmode=disable", "jdbc:sqlserver://h;user=a;password=b", "machine a login b password c", "a:5432:b:c:d", "[distutils]\n[x]\npassword=1\n",
		"//h/:_authToken=x\n@s:registry=https://h", `{"auths":{"h.io":{"auth":"YTpi"}}}`, `{"terraform_version":"1","resources":[{"mode":"managed","type":"aws_iam_access_key","name":"n","instances":[{"attributes":{"user":"u"}}]}]}`,
		"clusters: []\ncontexts: [{name: a, context: {user: b}}]\nusers: [{name: b, user: {token: t}}]\n", "<settings><servers><server><id>a</id><password>b</password></server></servers></settings>",
		"<com.cloudbees.plugins.credentials.SystemCredentialsProvider><x.BasicSSHUserPrivateKey><id>a</id></x.BasicSSHUserPrivateKey>", "$ANSIBLE_VAULT;1.2;AES256;prod\n", "[Interface]\nPrivateKey = QkJC\n",
		openPGP(5, "a <b@c.io>"), openPGP(6, "x"), "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n", "PuTTY-User-Key-File-3: ssh-rsa\nPublic-Lines: 1\nAAAA\n",
		"\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x01a" + strings.Repeat("\x00", 20), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 a@b", `{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}`,
		"sops:\n  lastmodified: x\n  age: [{recipient: a}]\nb: ENC[]", "AGE-SECRET-KEY-1QQQQ", "https://hooks.zapier.com/hooks/catch/1/a", "Basic YTpi", "SWMTKN-1-a-b", "user=a host=b password=c",
	} {
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, value, rule string) {
		for _, e := range Decode(Input{Value: value, Rule: rule, Now: now}) {
			if e.Value == "" || len(e.Value) > 600 || !utf8.ValidString(e.Value) || strings.ContainsAny(e.Value, "\n\x00\x1b") {
				t.Errorf("%s: %q", e.Claim, e.Value)
			}
			if e.Weight <= 0 || e.Weight > 1 || e.Reason == "" {
				t.Errorf("%s: weight %v, reason %q", e.Claim, e.Weight, e.Reason)
			}
		}
		PublicKeys(value)
	})
}

// FuzzMsgpack reads MessagePack, and what it read as JSON would be read.
func FuzzMsgpack(f *testing.F) {
	f.Add([]byte("\x94\x93\xc4\x01a\xc4\x01b\xc3\xa1l\x92\x00\x92\x01\x1f\xc4\x00"))
	f.Add([]byte("\x81\xce\x00\x01\x00\x00\xd9\x01x\xdd\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := &msgpack{data: raw}
		v := r.value(0)
		if _, err := json.Marshal(v); err != nil {
			t.Error(err)
		}
		if !r.bad && len(r.data) == len(raw) && len(raw) > 0 {
			t.Errorf("nothing was read of %x", raw)
		}
	})
}

// FuzzPackets reads PGP packets.
func FuzzPackets(f *testing.F) {
	f.Add(unarmor(openPGP(5, "a")))
	f.Add([]byte("\x98\x08\x04aaaa\x01\x00\x01\x01"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, k := range pgpKeys(raw) {
			if len(k.fingerprint) != 40 && len(k.fingerprint) != 64 {
				t.Errorf("fingerprint %q", k.fingerprint)
			}
		}
	})
}

// FuzzBech32 decodes what it encoded.
func FuzzBech32(f *testing.F) {
	f.Add([]byte("\x42\x42"), "age")
	f.Fuzz(func(t *testing.T, data []byte, hrp string) {
		if len(data) > 1000 || hrp == "" || len(hrp) > 80 || strings.ToLower(hrp) != hrp || !madeOf(hrp, "-", 1, 80) {
			return
		}
		got, back, ok := tokensum.UnBech32(tokensum.Bech32(hrp, data))
		if !ok || got != hrp || string(back) != string(data) {
			t.Errorf("%q %x became %q %x, %v", hrp, data, got, back, ok)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for name, value := range map[string]string{
		"token":      "dp." + "st.prd_payments." + mixed(40),
		"none":       mixed(40),
		"url":        "postgres://app_rw:" + mixed(18) + "@db.prod.acme.io:5432/payments",
		"pgp":        openPGP(5, "a <b@c.io>"),
		"nats":       nkey(20<<3, make([]byte, 32)),
		"age":        strings.ToUpper(tokensum.Bech32("age-secret-key-", []byte(strings.Repeat("\x42", 32)))),
		"kubeconfig": "apiVersion: v1\nkind: Config\ncurrent-context: prod\nclusters:\n- name: a\n  cluster:\n    server: https://k8s.acme.io:6443\ncontexts:\n- name: prod\n  context: {cluster: a, user: boss}\nusers:\n- name: boss\n  user: {password: x}\n",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Decode(Input{Value: value, Now: now})
			}
		})
	}
}
