package ci

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// A need is what a command needs a credential for: the beginning of the command, and
// a service with "read" or "write". "transfer" reads from or writes to what begins with
// scheme, by which of two arguments that is. A command with no service needs nothing.
type need struct{ command, service, access, scheme string }

// needs are the commands that are understood. Sources:
//   - docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
//   - docs.aws.amazon.com/cli/latest/reference/s3/
//   - docs.aws.amazon.com/AmazonECR/latest/userguide/security-iam-awsmanpol.html: of a
//     login nobody sees whether it pulls or pushes
//   - docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: nothing is
//     needed for it
//   - cloud.google.com/storage/docs/access-control/iam-gsutil, .../iam-gcloud
//   - cloud.google.com/bigquery/docs/managing-table-data: bq head needs bigquery.tables.getData
//   - cloud.google.com/sdk/gcloud/reference/{auth,config}/ and
//     docs.aws.amazon.com/cli/latest/reference/configure/: these write local files
//
// Not here: az storage, which needs the keys of the account unless --auth-mode says login.
//   - kubernetes.io/docs/reference/access-authn-authz/authorization/ (verbs: who may get
//     and list a Secret reads it)
var needs = []need{
	{"aws s3 ls", "s3", "read", ""}, {"aws s3 cp", "s3", "transfer", "s3://"}, {"aws s3 sync", "s3", "transfer", "s3://"},
	{"aws s3 mv", "s3", "write", ""}, {"aws s3 rm", "s3", "write", ""}, {"aws s3api get-object", "s3", "read", ""}, {"aws s3api put-object", "s3", "write", ""},
	{"aws ecr get-login-password", "ecr", "write", ""}, {"aws sts get-caller-identity", "", "", ""},
	{"gsutil ls", "storage", "read", ""}, {"gsutil cat", "storage", "read", ""}, {"gsutil cp", "storage", "transfer", "gs://"},
	{"gsutil rsync", "storage", "transfer", "gs://"}, {"gsutil rm", "storage", "write", ""}, {"gsutil mv", "storage", "write", ""},
	{"gcloud storage ls", "storage", "read", ""}, {"gcloud storage cat", "storage", "read", ""}, {"gcloud storage cp", "storage", "transfer", "gs://"},
	{"kubectl get", "kubernetes", "read", ""}, {"kubectl describe", "kubernetes", "read", ""}, {"kubectl logs", "kubernetes", "read", ""},
	{"kubectl apply", "kubernetes", "write", ""}, {"bq head", "bigquery", "read", ""},
	{"gcloud auth activate-service-account", "", "", ""}, {"gcloud auth configure-docker", "", "", ""}, {"gcloud config set", "", "", ""}, {"aws configure set", "", "", ""},
}

// idle are programs that use no credential of a cloud.
var idle = strings.Fields("apk apt apt-get dnf yum export echo printf cd set mkdir ls cat grep sed awk jq tar gzip gunzip unzip zip cp mv rm test [ [[ ] true false exit date sleep head tail sort uniq wc diff chmod touch pwd fi done esac tr cut")

// leading are words before a command.
var leading = strings.Fields("sudo time if then else elif do while ! { (")

// logins are actions after which all steps of a job have the credential; quiet are
// those that do not use what is set for all steps.
var (
	logins = []string{"aws-actions/configure-aws-credentials", "google-github-actions/auth", "google-github-actions/setup-gcloud"}
	quiet  = []string{"actions/checkout", "actions/cache", "actions/upload-artifact", "actions/download-artifact", "actions/setup-node", "actions/setup-python", "actions/setup-go", "actions/setup-java"}
)

// A step is one of a job of GitHub Actions.
type step struct {
	names     []string // plain, of the secrets that it gets
	uses, run string
	line      int // of the first line of run
	odd       bool
}

// secretsIn are the plain names of the secrets that a node refers to.
func secretsIn(n *yamltree.Node) (out []string) {
	yamltree.Scalars(n, steps, func(_ []string, v *yamltree.Node) bool {
		for _, m := range githubVar.FindAllStringSubmatch(v.Value, 50) {
			out = append(out, names.Plain(m[1]+m[2]))
		}
		return len(out) < maxJob
	})
	return out
}

// does keeps what a step does.
func (j *job) does(n *yamltree.Node) {
	s := step{names: secretsIn(n), uses: yamltree.Text(yamltree.Get(n, "uses"))}
	if run := yamltree.Get(n, "run"); run != nil {
		s.run, s.line = yamltree.Text(run), lineOf(run, 0)
	}
	shell := yamltree.Text(yamltree.Get(n, "shell"))
	s.odd = shell != "" && shell != "bash" && shell != "sh" || strings.Contains(s.run, "GITHUB_ENV")
	if j.bytes+len(s.run) > maxTexts {
		s.run, s.odd = "", true
	}
	j.bytes += len(s.run)
	j.steps = append(j.steps, s)
}

// needs says what a job needs a secret for: "s3:read ecr:write", and the line of the
// first command; empty where a use of it cannot be told.
func (j *job) needs(secret string) (out string, line int) {
	if j.kind != "workflow" && !j.everywhere || j.odd {
		return "", 0
	}
	var all []string
	has := j.everywhere || slices.Contains(j.all, secret)
	for _, s := range j.steps {
		direct := slices.Contains(s.names, secret)
		action, _, _ := strings.Cut(s.uses, "@")
		switch {
		case !has && !direct:
			continue
		case s.odd:
			return "", 0
		case slices.Contains(logins, action):
			has = true
			continue
		case action != "" && (direct || !slices.Contains(quiet, action)):
			return "", 0
		}
		found, at, ok := commands(s.run)
		if !ok {
			return "", 0
		}
		if len(found) > 0 && line == 0 {
			line = s.line + at
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " "), line
}

var commandEnd = lazy.New("&&|\\|\\||[;|\n`)]|\\$\\(")

// commands says what the commands of a script need, and how many lines down the first
// of these is; false if one of them cannot be told.
func commands(script string) (out []string, at int, ok bool) {
	script = strings.ReplaceAll(script, "\\\n", " \x00")
	line, from := 0, 0
	ends := append(commandEnd.FindAllStringIndex(script, 2000), []int{len(script), len(script)})
	if len(ends) > 2000 {
		return nil, 0, false
	}
	for _, end := range ends {
		part := script[from:end[0]]
		needs, told := command(part)
		if !told {
			return nil, 0, false
		}
		if needs != "" {
			if len(out) == 0 {
				at = line
			}
			out = append(out, needs)
		}
		line += strings.Count(script[from:end[1]], "\n") + strings.Count(part, "\x00")
		from = end[1]
	}
	return out, at, true
}

// command says what one command needs: "s3:read", or nothing; false if it cannot be told.
func command(text string) (string, bool) {
	words := strings.Fields(strings.ReplaceAll(text, "\x00", ""))
	if len(words) > 2 && words[0] == "buildkite-agent" && words[1] == "secret" && words[2] == "get" {
		return "", true
	}
	for len(words) > 0 && (slices.Contains(leading, words[0]) || assignment.MatchString(words[0])) {
		words = words[1:]
	}
	if len(words) == 0 || strings.HasPrefix(words[0], "#") || slices.Contains(idle, words[0]) {
		return "", true
	}
	if words[0] == "docker" && len(words) > 1 { // with the password of a registry, which ecr stands for
		return "", slices.Contains([]string{"login", "build", "tag", "push", "pull"}, words[1])
	}
	for _, n := range needs {
		start := strings.Fields(n.command)
		if len(words) < len(start) || !slices.Equal(words[:len(start)], start) {
			continue
		}
		if n.service == "" {
			return "", true
		}
		access := n.access
		if access == "transfer" {
			if access = direction(words[len(start):], n.scheme); access == "" {
				return "", false
			}
		}
		return n.service + ":" + access, true
	}
	return "", false
}

var assignment = lazy.New(`^[A-Za-z_][A-Za-z0-9_]*=`)

// direction says by the first two arguments whether a copy reads or writes; empty
// where these do not say it.
func direction(arguments []string, scheme string) string {
	for len(arguments) > 0 && (arguments[0] == "-r" || arguments[0] == "-R" || arguments[0] == "--recursive" || arguments[0] == "-m") {
		arguments = arguments[1:]
	}
	if len(arguments) < 2 || strings.HasPrefix(arguments[0], "-") || strings.HasPrefix(arguments[1], "-") && arguments[1] != "-" {
		return ""
	}
	from, to := strings.Trim(arguments[0], `"'`), strings.Trim(arguments[1], `"'`)
	switch {
	case strings.HasPrefix(to, scheme):
		return "write"
	case strings.HasPrefix(from, scheme) && !strings.Contains(to, "$"):
		return "read"
	}
	return ""
}
