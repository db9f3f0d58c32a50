package cilog

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// facts are what a log says of the job that printed it.
type facts struct {
	leak.Log
	who         *who     // of the job that is at hand, the last one in the end
	permissions []string // of GITHUB_TOKEN, as "contents: read"
	runner      string
	inside      string // the group at hand
	env         map[string]string
	runs        bool // GitLab's runner has said its version, and says its name next
	given       bool // Service is known otherwise
	several     bool // the log is of several jobs, on several runners: which one is meant is not known
	mixed       bool // it is of several services
	patches     bool // it has binary files as git prints them, which are not decoded
}

const maxPermissions = 40

const permissionsTitle = "GITHUB_TOKEN Permissions"

// known are the variables by which services tell a job who it is. Their values
// are no secrets.
//   - https://docs.github.com/en/actions/reference/workflows-and-actions/variables
//   - https://docs.gitlab.com/ci/variables/predefined_variables/
//   - https://circleci.com/docs/reference/variables/
//   - https://buildkite.com/docs/pipelines/configure/environment-variables
//   - https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables
//   - https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
var known = map[string]bool{
	"GITHUB_REPOSITORY": true, "GITHUB_WORKFLOW": true, "GITHUB_RUN_ID": true, "GITHUB_RUN_ATTEMPT": true, "GITHUB_SERVER_URL": true, "GITHUB_JOB": true, "GITHUB_REF": true,
	"CI_PROJECT_PATH": true, "CI_JOB_NAME": true, "CI_PIPELINE_ID": true, "CI_JOB_URL": true, "CI_JOB_STAGE": true,
	"BUILD_URL": true, "JOB_NAME": true, "BUILD_NUMBER": true, "STAGE_NAME": true,
	"CIRCLE_BUILD_URL": true, "CIRCLE_JOB": true, "CIRCLE_BUILD_NUM": true,
	"BUILDKITE_BUILD_URL": true, "BUILDKITE_LABEL": true, "BUILDKITE_PIPELINE_SLUG": true, "BUILDKITE_BUILD_NUMBER": true, "BUILDKITE_AGENT_NAME": true,
	"BUILD_BUILDID": true, "BUILD_DEFINITIONNAME": true, "SYSTEM_JOBDISPLAYNAME": true, "BUILD_REPOSITORY_NAME": true,
	"BITBUCKET_REPO_FULL_NAME": true, "BITBUCKET_BUILD_NUMBER": true,
}

func (f *facts) group(name string) {
	f.inside = name
	if name == permissionsTitle && len(f.permissions) > 0 {
		f.several = true
	}
}

// is notes which service has printed the log. Logs print much that others have
// printed: only what is sure counts against what came before it.
func (f *facts) is(service string, sure bool) {
	if f.Service == "" {
		f.Service = service
	} else if f.Service != service && sure && !f.given {
		f.mixed = true
	}
}

// on notes the runner of a job of a service.
func (f *facts) on(service, runner string) {
	if f.Service != service || runner == "" {
		return
	}
	if f.who == nil {
		f.begin()
	}
	if f.who.unclear = f.who.unclear || f.who.runner != "" && f.who.runner != runner; f.who.runner == "" {
		f.who.runner = runner
	}
	switch {
	case f.runner == "":
		f.runner = runner
	case f.runner != runner:
		f.several = true
	}
}

// indented reads what stands below a heading.
func (f *facts) indented(line []byte) {
	if len(line) > maxTitle {
		return
	}
	if len(line) > 3 && line[1] == ' ' && line[2] >= 'A' && line[2] <= 'G' {
		f.variable(line[2:], ':')
	}
	if f.runs {
		if after, ok := bytes.CutPrefix(line, []byte("  on ")); ok {
			runner, _, _ := strings.Cut(title(after), " ")
			f.on("gitlab", runner)
			f.runs = false
		}
	}
}

// line reads a line that is not indented.
func (f *facts) line(line []byte) {
	if len(line) > 2*maxTitle || len(line) < 6 {
		return
	}
	switch c := line[0]; {
	case f.inside == permissionsTitle && c >= 'A' && c <= 'Z':
		f.is("github", true)
		if len(f.permissions) < maxPermissions && bytes.Contains(line, []byte(": ")) {
			f.permissions = append(f.permissions, strings.ToLower(title(line)))
			if f.who == nil {
				f.begin()
			}
			f.who.permissions = append(f.who.permissions, strings.ToLower(title(line)))
		}
	case c == 'A' || c == 'R' || c == 'C' || c == 'G' || c == 'J' || c == 'B' || c == 'S' || c == 'U':
		f.heading(line)
	}
}

// How services introduce a job. Jenkins names a node with " in /FOLDER" behind it, or
// " in workspace /FOLDER".
const (
	// the first line of a job on GitHub, and who runs it, if that is a runner of one's own:
	// https://github.com/actions/runner/blob/main/src/Runner.Worker/JobExtension.cs
	runnerVersion = "Current runner version: "
	runnerName    = "Runner name: "
	completeName  = "Complete job name: "
	syncing       = "Syncing repository: "
	agentName     = "Agent name: "
	runningOn     = "Running on "
	remotelyOn    = "Building remotely on "
	// where Bitbucket's jobs have their files (BITBUCKET_CLONE_DIR), as public logs have it:
	// its documentation does not say where that is
	bitbucketClone = "Cloning into '/opt/atlassian/pipelines/"
)

// heading reads the words with which services introduce a job.
func (f *facts) heading(line []byte) {
	rest := func(prefix string) string { return title(line[len(prefix):]) }
	switch s := string(line[:min(len(line), 40)]); {
	case strings.HasPrefix(s, runnerVersion):
		f.is("github", false)
		f.next("github")
	case strings.HasPrefix(s, runnerName):
		f.is("github", false)
		f.on("github", strings.Trim(rest(runnerName), "'"))
	case strings.HasPrefix(s, completeName):
		f.is("github", true)
		f.set(&f.Job, rest(completeName))
	case strings.HasPrefix(s, syncing):
		f.set(&f.Repository, rest(syncing))
	case strings.HasPrefix(s, agentName):
		f.is("azure", false)
		f.on("azure", strings.Trim(rest(agentName), "'"))
	case strings.HasPrefix(s, "Running with gitlab-run"):
		f.is("gitlab", true)
		f.runs = f.Service == "gitlab"
		f.next("gitlab")
	case strings.HasPrefix(s, runningOn):
		if i := bytes.Index(line, []byte(" in /")); i > 0 {
			f.is("jenkins", false)
			f.on("jenkins", title(line[len(runningOn):i]))
		}
	case strings.HasPrefix(s, remotelyOn):
		if node, _, ok := strings.Cut(rest(remotelyOn), " in workspace "); ok {
			node, _, _ = strings.Cut(node, " (") // its labels
			f.is("jenkins", false)
			f.on("jenkins", node)
		}
	case strings.TrimRight(s, "\r\n") == "GIT binary patch":
		f.patches = true
	case strings.HasPrefix(s, bitbucketClone):
		f.is("bitbucket", false)
	default:
		f.variable(line, '=')
	}
}

// variable takes a variable of a list.
func (f *facts) variable(line []byte, sep byte) {
	name, value, ok := bytes.Cut(line, []byte{sep})
	if !ok || !known[string(name)] {
		return
	}
	if f.env == nil {
		f.env = map[string]string{}
	}
	if v := strings.Trim(title(value), `"'`); f.env[string(name)] == "" && !strings.Contains(v, "***") {
		f.env[string(name)] = v
	}
}

func (f *facts) set(to *string, v string) {
	if *to == "" {
		*to = v
	}
}

// conclude makes of all that was gathered what a location says.
func (f *facts) conclude() {
	e := f.env
	switch {
	case e["GITHUB_REPOSITORY"] != "" || e["GITHUB_RUN_ID"] != "":
		f.fill("github", e["GITHUB_REPOSITORY"], e["GITHUB_WORKFLOW"], e["GITHUB_JOB"], e["GITHUB_RUN_ID"])
		if server := e["GITHUB_SERVER_URL"]; server != "" && f.Run != "" && f.Repository != "" {
			f.set(&f.RunURL, server+"/"+f.Repository+"/actions/runs/"+f.Run)
		}
		if f.Attempt == 0 && len(e["GITHUB_RUN_ATTEMPT"]) < 4 {
			for _, c := range e["GITHUB_RUN_ATTEMPT"] {
				f.Attempt = f.Attempt*10 + int(c-'0')%10
			}
		}
	case e["CI_PROJECT_PATH"] != "" || e["CI_JOB_URL"] != "":
		f.fill("gitlab", e["CI_PROJECT_PATH"], "", e["CI_JOB_NAME"], e["CI_PIPELINE_ID"])
		f.set(&f.RunURL, e["CI_JOB_URL"])
	case e["BUILDKITE_BUILD_URL"] != "":
		f.fill("buildkite", "", e["BUILDKITE_PIPELINE_SLUG"], e["BUILDKITE_LABEL"], e["BUILDKITE_BUILD_NUMBER"])
		f.set(&f.RunURL, e["BUILDKITE_BUILD_URL"])
		f.set(&f.runner, e["BUILDKITE_AGENT_NAME"])
	case e["CIRCLE_BUILD_URL"] != "":
		f.fill("circleci", "", "", e["CIRCLE_JOB"], e["CIRCLE_BUILD_NUM"])
		f.set(&f.RunURL, e["CIRCLE_BUILD_URL"])
	case e["BUILD_BUILDID"] != "":
		f.fill("azure", e["BUILD_REPOSITORY_NAME"], e["BUILD_DEFINITIONNAME"], e["SYSTEM_JOBDISPLAYNAME"], e["BUILD_BUILDID"])
	case e["BITBUCKET_REPO_FULL_NAME"] != "":
		f.fill("bitbucket", e["BITBUCKET_REPO_FULL_NAME"], "", "", e["BITBUCKET_BUILD_NUMBER"])
	case e["BUILD_URL"] != "" && e["JOB_NAME"] != "":
		f.fill("jenkins", "", e["JOB_NAME"], "", e["BUILD_NUMBER"])
		f.set(&f.RunURL, e["BUILD_URL"])
	}
	f.RunURL = plainURL(f.RunURL)
	f.Readers = f.readers()
}

func (f *facts) fill(service, repository, workflow, job, run string) {
	if f.Service != "" && f.Service != service {
		return
	}
	f.Service = service
	f.set(&f.Repository, repository)
	f.set(&f.Workflow, workflow)
	f.set(&f.Job, job)
	f.set(&f.Run, run)
}

// plainURL is a URL of the web without a login and a query; empty if it is none.
func plainURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// readers are the identities of the CI that the job ran as.
func (f *facts) readers() (out []string) {
	of := ""
	if f.Repository != "" {
		of = " of " + f.Repository
	}
	switch f.Service {
	case "github":
		ps := slices.Clone(f.permissions)
		slices.Sort(ps)
		ps = slices.Compact(ps)
		token := "GITHUB_TOKEN" + of
		if f.several {
			ps = nil
		}
		if len(ps) > 0 {
			token += " (" + strings.Join(ps, ", ") + ")"
		}
		out = append(out, token)
		if slices.Contains(ps, "id-token: write") || slices.Contains(ps, "idtoken: write") {
			out = append(out, "OIDC tokens"+of+" that log in to clouds")
		}
	case "gitlab":
		out = append(out, "CI_JOB_TOKEN"+of)
	case "azure":
		out = append(out, "System.AccessToken"+of)
	case "buildkite": // which each job has: see known
		out = append(out, "BUILDKITE_AGENT_ACCESS_TOKEN"+of)
	}
	if f.runner != "" && !f.several {
		out = append(out, "runner "+f.runner)
	}
	return out
}
