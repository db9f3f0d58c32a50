package detectors_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// manifestText fills in V, a value, and B, its base64.
func manifestText(t *testing.T, text string) string {
	t.Helper()
	v, err := rules.Expand("${alnum:9}7${alnum:10}", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("<V>", v, "<B>", base64.StdEncoding.EncodeToString([]byte(v)),
		"<J>", base64.StdEncoding.EncodeToString([]byte(`{"host": "db", "password": "`+v+`"}`)),
		"<W>", base64.StdEncoding.EncodeToString([]byte("administrator"))).Replace(text)
}

// TestKubernetesSecret: each value is one finding that names its key and its Secret.
func TestKubernetesSecret(t *testing.T) {
	for text, want := range map[string]string{
		"apiVersion: v1\nkind: Secret\nmetadata:\n  name: api\n  namespace: prod\ndata:\n  DB_PASSWORD: <B>\n":                                                      "key DB_PASSWORD of Secret prod/api",
		"apiVersion: v1\ndata:\n  username: <W>\n  password: <B>\nkind: Secret\nmetadata:\n  name: db-user-pass\n":                                                  "key password of Secret db-user-pass",
		"apiVersion: 'v1'\nkind: 'Secret'\ndata:\n  password: '<B>'\nmetadata:\n  name: 'quoted'\n":                                                                 "key password of Secret quoted",
		"apiVersion: \"v1\"\r\nkind: \"Secret\"\r\ndata:\r\n  password: \"<B>\"\r\n":                                                                                "key password of a Secret",
		"kind: Secret\nmetadata: {name: flow, labels: {app: x}, namespace: 'prod'}\ndata: {other: <W>, DB_PASSWORD: <B>}\n":                                         "key DB_PASSWORD of Secret prod/flow",
		"kind: Secret\nmetadata: {\n  namespace: \"prod\",\n  name: \"flow\"\n}\nstringData: {\n  \"token\": \"<V>\",\n}\n":                                         "key token of Secret prod/flow",
		"kind: Secret\ndata: {token: <B>} # {\nmetadata: { name: flow }\n":                                                                                          "key token of Secret flow",
		"kind: Secret\nmetadata: {}\nstringData:\n  jwt-key: \"<V>\"\n":                                                                                             "key jwt-key of a Secret",
		"kind: Secret\nmetadata:\n  name: files\ndata:\n  settings: <J>\n  ca.crt: <B>\n":                                                                           "key settings of Secret files",
		"kind: ConfigMap\ndata:\n  other: <V>\n---\nkind: Secret\nmetadata:\n  name: two\ndata:\n  token: <B> # old\n---\nkind: X\n":                                "key token of Secret two",
		"items:\n- kind: Secret\n  metadata:\n    name: one\n  data:\n    token: <B>\n- kind: X\n  data:\n    token: <B>\n":                                         "key token of Secret one",
		"kind: Secret\nmetadata:\n  name: two\nstringData:\n  config: |\n    {\n      \"username\": \"ci\",\n      \"password\": \"<V>\",\n      \"x\": 1\n    }\n": "key password of Secret two",
		`{"apiVersion":"v1","data":{"password":"<B>"},"kind":"Secret","metadata":{"name":"j","namespace":"prod"}}`:                                                  "key password of Secret prod/j",
	} {
		text = manifestText(t, text)
		var fields []string
		set := detectors.NewSet(detectors.Builtin([]string{rules.Generic})...)
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			fields = append(fields, m.Field)
			if strings.ContainsAny(m.Parts[leak.SecretPart].Reveal(), "\",") && !strings.Contains(text, "settings") {
				t.Errorf("%q has its quotes: %s", m.Parts[leak.SecretPart].Reveal(), text)
			}
		})
		if len(fields) != 1 || fields[0] != want {
			t.Errorf("%q, want %q: %s", fields, want, text)
		}
	}
}

func TestKubernetesIsSilent(t *testing.T) {
	for _, text := range []string{
		"kind: SecretStore\ndata:\n  token: <B>\n",
		"kind: Secret\nmetadata:\n  name: x\ndata:\n  user: <W>\n  password: <W>\n  tls.crt: LS0tLS1CRUdJTg==\n",
		"kind: Secret\ndata:\n  token: {{ .Values.token | b64enc }}\n",
		"kind: Secret\nstringData:\n  token: $(TOKEN)\n  password: changeme\n",
		"kind: SealedSecret\nspec:\n  encryptedData:\n    token: AgB<B>\n  template:\n    kind: Secret\n",
		"kind: Secret\ndata:\n", "kind: Secret", `"kind":"Secret"`, `{"data":{"kind":"Secret","data":"}`,
	} {
		set := detectors.NewSet(detectors.Builtin([]string{rules.Generic})...)
		if got := detectortest.Matches(set, manifestText(t, text), 0); len(got) > 0 {
			t.Errorf("%v in %q", got, text)
		}
	}
}

func TestKubernetesKeepsTheContract(t *testing.T) {
	detectortest.Accept(t, detectors.Builtin([]string{rules.Generic})[0], manifestText(t, "kind: Secret\nmetadata:\n  name: api\ndata:\n  DB_PASSWORD: <B>\n"))
}
