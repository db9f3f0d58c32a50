package ci

import (
	"encoding/base64"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Login is the token that a server gives a run, to fetch its own repository with. Git
// gets it in the environment of one process, where no list of processes shows it and
// no file keeps it, and sends it to the server's address alone.
type Login struct{ address, header, token string }

// LoginOf reads the token of a run; nil if there is none, or no address that a token
// is sent to.
func LoginOf(env Env) *Login {
	for _, s := range []struct{ server, tokens, user string }{
		// What actions/checkout does; docs.gitlab.com, "CI/CD job token"; and
		// learn.microsoft.com, "Run Git commands in a script", where it is no password.
		{"GITHUB_SERVER_URL", "WHOSEKEY_GITHUB_TOKEN GITHUB_TOKEN", "x-access-token"},
		{"CI_SERVER_URL", "CI_JOB_TOKEN", "gitlab-ci-token"},
		{"SYSTEM_COLLECTIONURI", "SYSTEM_ACCESSTOKEN", ""},
	} {
		token := ""
		for name := range strings.FieldsSeq(s.tokens) {
			if token == "" {
				token = env(name)
			}
		}
		u, err := url.Parse(env(s.server))
		if token == "" || strings.ContainsAny(token, "\r\n\x00") || err != nil || u.Host == "" || !sent(u) {
			continue
		}
		header := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(s.user+":"+token))
		if s.user == "" {
			header = "Authorization: Bearer " + token
		}
		return &Login{(&url.URL{Scheme: u.Scheme, Host: u.Host}).String() + "/", header, token}
	}
	return nil
}

// sent reports whether a token is sent to an address.
func sent(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
}

// environment adds the token to that of git. An empty header takes away those of the
// checkout, which did not do. No other host gets it by a redirect, and nothing is traced.
func (l *Login) environment(env []string) []string {
	n, out := 0, make([]string, 0, len(env)+8)
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		switch {
		case name == "GIT_CONFIG_COUNT":
			n, _ = strconv.Atoi(value)
		case strings.HasPrefix(name, "GIT_TRACE"), name == "GIT_CURL_VERBOSE":
		default:
			out = append(out, e)
		}
	}
	for _, pair := range [][2]string{
		{"http." + l.address + ".extraHeader", ""}, {"http." + l.address + ".extraHeader", l.header}, {"http." + l.address + ".followRedirects", "false"},
	} {
		i := strconv.Itoa(n)
		out, n = append(out, "GIT_CONFIG_KEY_"+i+"="+pair[0], "GIT_CONFIG_VALUE_"+i+"="+pair[1]), n+1
	}
	return append(out, "GIT_CONFIG_COUNT="+strconv.Itoa(n))
}

// hide takes the token out of what git says.
func (l *Login) hide(text string) string {
	if l == nil {
		return text
	}
	_, value, _ := strings.Cut(l.header, ": ")
	return strings.NewReplacer(l.token, "***", value, "***").Replace(text)
}

// gitEnvironment is that of git. Tokens of the run are not in it: git may start
// programs that the checkout's configuration names. Neither is what would have git
// work in another repository than the one that is searched ("git rev-parse
// --local-env-vars", but for settings, which may be the login).
func gitEnvironment() (env []string) {
	for _, e := range os.Environ() {
		switch name, _, _ := strings.Cut(e, "="); name {
		case "WHOSEKEY_GITHUB_TOKEN", "SYSTEM_ACCESSTOKEN":
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
			"GIT_INDEX_FILE", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS":
		default:
			env = append(env, e)
		}
	}
	return append(env, "GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "LC_ALL=C")
}
