package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// realKeys are keys of the sizes that providers give out, as PEM.
func realKeys(t *testing.T, bits int) (pkcs8, pkcs1 string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(title string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: title, Bytes: der}))
	}
	return block("PRIVATE KEY", der), block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

// serviceAccount is the file that Google gives out, in its order.
func serviceAccount(name, key string) []string {
	email := name + "@acme-prod-123.iam.gserviceaccount.com"
	fields := []string{}
	for _, f := range [][2]string{
		{"type", "service_account"}, {"project_id", "acme-prod-123"}, {"private_key_id", strings.Repeat("9f8a7b6c5d", 4)}, {"private_key", key},
		{"client_email", email}, {"client_id", "112233445566778899001"}, {"auth_uri", "https://accounts.google.com/o/oauth2/auth"},
		{"token_uri", "https://oauth2.googleapis.com/token"}, {"auth_provider_x509_cert_url", "https://www.googleapis.com/oauth2/v1/certs"},
		{"client_x509_cert_url", "https://www.googleapis.com/robot/v1/metadata/x509/" + strings.Replace(email, "@", "%40", 1)}, {"universe_domain", "googleapis.com"},
	} {
		value, _ := json.Marshal(f[1])
		fields = append(fields, fmt.Sprintf("%q: %s", f[0], value))
	}
	return fields
}

// blockTexts are texts with a block and, before or behind it, what belongs to it.
func blockTexts(t *testing.T) map[string]struct {
	text  string
	names []string // what the blocks belong to
} {
	one, app := realKeys(t, 2048)
	two, _ := realKeys(t, 4096)
	sa, other := serviceAccount("deploy", one), serviceAccount("backup", two)
	pretty := "{\n  " + strings.Join(sa, ",\n  ") + "\n}\n"
	var sorted map[string]string
	json.Unmarshal([]byte(pretty), &sorted)
	inOrder, _ := json.Marshal(sorted)
	escaped, _ := json.Marshal(pretty)
	minified := func(fields []string) string {
		return "{" + strings.ReplaceAll(strings.Join(fields, ","), `": "`, `":"`) + "}"
	}
	few := func(fields []string) string { return minified(fields[2:5]) }
	type want = struct {
		text  string
		names []string
	}
	return map[string]want{
		"as Google writes it":    {pretty, []string{"deploy"}},
		"CRLF":                   {strings.ReplaceAll(pretty, "\n", "\r\n"), []string{"deploy"}},
		"minified":               {minified(sa), []string{"deploy"}},
		"4096 bits":              {minified(other), []string{"backup"}},
		"sorted":                 {string(inOrder), []string{"deploy"}},
		"in a string of JSON":    {`{"GOOGLE_CREDENTIALS": ` + string(escaped) + "}", []string{"deploy"}},
		"in quotes":              {"GOOGLE_CREDENTIALS='" + minified(sa) + "'\n", []string{"deploy"}},
		"two in a list":          {"[" + minified(sa) + ",\n" + minified(other) + "]", []string{"deploy", "backup"}},
		"two with few fields":    {"[" + few(sa) + "," + few(other) + "]", []string{"deploy", "backup"}},
		"app, id before":         {"GITHUB_APP_ID=123456\nGITHUB_APP_PRIVATE_KEY=\"" + app + "\"\n", []string{"123456"}},
		"app, id behind":         {"GITHUB_APP_PRIVATE_KEY=\"" + app + "\"\nGITHUB_APP_ID=123456\n", []string{"123456"}},
		"app, YAML, id behind":   {"github:\n  private_key: |\n    " + strings.ReplaceAll(strings.TrimSpace(app), "\n", "\n    ") + "\n  app_id: 123456\n", []string{"123456"}},
		"app, JSON, github last": {`{"privateKey": "` + strings.ReplaceAll(app, "\n", `\n`) + `", "appId": "123456", "webhook": "https://hooks.acme.example/github"}`, []string{"123456"}},
	}
}

// refusing refuses what is signed, and keeps who is said to have signed it.
type refusing struct{ names []string }

func (s *refusing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	jwt := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	answer := `{"message":"Integration not found"}`
	status := 404
	if r.Host == "oauth2.googleapis.com" {
		jwt, status, answer = r.FormValue("assertion"), 400, `{"error":"invalid_grant","error_description":"Invalid JWT Signature."}`
	}
	var claims struct{ Iss string }
	b, _ := base64.RawURLEncoding.DecodeString(strings.Split(jwt+"..", ".")[1])
	json.Unmarshal(b, &claims)
	name, _, _ := strings.Cut(claims.Iss, "@")
	s.names = append(s.names, name)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, answer)
}

// TestBlocksAreAskedAbout: what stands in front of a block of real size, or behind it,
// belongs to it, wherever it is read.
func TestBlocksAreAskedAbout(t *testing.T) {
	for title, x := range blockTexts(t) {
		t.Run(title, func(t *testing.T) {
			repo := newRepo(t)
			repo.write("creds.txt", x.text)
			repo.git("add", ".")
			repo.git("commit", "-q", "-m", "one")
			report := filepath.Join(t.TempDir(), "run.jsonl")
			if code, _, stderr := whosekey(t, nil, "git", repo.dir, "-f", "jsonl="+report); code != exitFindings {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			for _, args := range [][]string{
				{"git", repo.dir, "--verify", "safe"},
				{"dir", filepath.Join(repo.dir, "creds.txt"), "--verify", "safe"},
				{"stdin", "--verify", "safe"},
				{"verify", "-"},
				{"verify", "--report", report, "--reread", repo.dir},
			} {
				s := &refusing{}
				connect(t, s)
				_, stdout, stderr := whosekey(t, strings.NewReader(x.text), append(args, "-f", "jsonl", "--verify-rate", "100")...)
				for _, name := range x.names {
					if strings.Count(strings.Join(s.names, " "), name) != 1 || len(s.names) != len(x.names) {
						t.Errorf("%s: asked about %q, want %q: %s", args[:2], s.names, x.names, stderr)
					}
				}
				if got := strings.Count(stdout, `"verdict":"dead"`); got != len(x.names) {
					t.Errorf("%s: %d dead, want %d", args[:2], got, len(x.names))
				}
				if strings.Contains(stdout, `"verdict":"unverifiable"`) {
					t.Errorf("%s: one was not asked about", args[:2])
				}
			}
		})
	}
}
