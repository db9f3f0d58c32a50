package ci

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
)

// TestWhatAllJobsSee: a credential that is written where all jobs see it stands in the
// CI's configuration, and all that see it use it.
func TestWhatAllJobsSee(t *testing.T) {
	const hub = ".github/workflows/a.yml"
	for name, c := range map[string]struct{ path, text, want string }{
		"env of a workflow":              {hub, "on: push\nenv:\n  MAIL_KEY: " + secret + "\njobs:\n  ship:\n    steps:\n    - run: x\n  test:\n    steps:\n    - run: y\n", "ship test"},
		"behind the jobs":                {hub, "jobs:\n  ship:\n    steps:\n    - run: x\nenv: {OTHER: x, MAIL_KEY: " + secret + "}\n", "ship"},
		"CRLF":                           {hub, "on: push\r\nenv:\r\n  MAIL_KEY: " + secret + "\r\njobs:\r\n  ship:\r\n    steps:\r\n    - run: x\r\n", "ship"},
		"of several lines":               {hub, "env:\n  MAIL_KEY: |\n    first\n    " + secret + "\njobs:\n  ship:\n    steps:\n    - run: x\n", "ship"},
		"a job that sets it anew":        {hub, "env:\n  MAIL_KEY: " + secret + "\njobs:\n  ship:\n    env: {MAIL_KEY: none}\n    steps:\n    - run: x\n  test:\n    steps:\n    - run: y\n", "test"},
		"a job that calls another":       {hub, "env:\n  MAIL_KEY: " + secret + "\njobs:\n  call:\n    uses: ./.github/workflows/b.yml\n  test:\n    steps:\n    - run: y\n", "test"},
		"an input's default":             {hub, "on:\n  workflow_call:\n    inputs:\n      key: {default: " + secret + "}\njobs:\n  ship:\n    steps:\n    - run: x\n", ""},
		"only variables":                 {".gitlab-ci.yml", "variables:\n  MAIL_KEY: " + secret + "\n", ""},
		"variables of GitLab":            {".gitlab-ci.yml", "variables:\n  MAIL_KEY: " + secret + "\nship:\n  script: [x]\n.base:\n  script: [z]\ntest:\n  script: [y]\n", "ship test"},
		"with a description":             {".gitlab-ci.yml", "variables:\n  MAIL_KEY:\n    value: " + secret + "\n    description: x\nship:\n  script: [x]\n", "ship"},
		"default of GitLab":              {".gitlab-ci.yml", "default:\n  before_script:\n  - mail " + secret + "\nship:\n  script: [x]\n", "ship"},
		"a job that inherits none":       {".gitlab-ci.yml", "variables:\n  MAIL_KEY: " + secret + "\nship:\n  inherit: {variables: false}\n  script: [x]\ntest:\n  script: [y]\n", "test"},
		"a template":                     {".gitlab-ci.yml", ".base:\n  variables:\n    MAIL_KEY: " + secret + "\nship:\n  extends: .base\n  script: [x]\ntest:\n  script: [y]\n", "ship"},
		"an anchor":                      {".gitlab-ci.yml", ".base: &base\n  variables:\n    MAIL_KEY: " + secret + "\nship:\n  <<: *base\n  script: [x]\ntest:\n  script: [y]\n", "ship"},
		"variables of Azure":             {"azure-pipelines.yml", "variables:\n  MAIL_KEY: " + secret + "\njobs:\n- job: ship\n  steps:\n  - script: x\n", "ship"},
		"variables of Azure in a list":   {"azure-pipelines.yml", "variables:\n- group: g\n- name: MAIL_KEY\n  value: " + secret + "\nstages:\n- stage: S\n  jobs:\n  - job: ship\n    steps:\n    - script: x $(MAIL_KEY)\n", "ship"},
		"variables of a stage":           {"azure-pipelines.yml", "stages:\n- stage: A\n  variables: {MAIL_KEY: " + secret + "}\n  jobs:\n  - job: ship\n    steps:\n    - script: x\n- stage: B\n  jobs:\n  - job: test\n    steps:\n    - script: x\n", "ship"},
		"a parameter's default":          {"azure-pipelines.yml", "parameters:\n- name: key\n  default: " + secret + "\nsteps:\n- script: x\n", ""},
		"an executor":                    {".circleci/config.yml", "executors:\n  box:\n    environment:\n      MAIL_KEY: " + secret + "\njobs:\n  ship:\n    executor: box\n    steps: [checkout]\n  test:\n    steps: [checkout]\n", "ship"},
		"an executor with parameters":    {".circleci/config.yml", "executors:\n  box:\n    environment:\n      MAIL_KEY: " + secret + "\njobs:\n  ship:\n    executor: {name: box}\n    steps: [checkout]\n", "ship"},
		"a command":                      {".circleci/config.yml", "commands:\n  mail:\n    steps:\n    - run: mail " + secret + "\njobs:\n  ship:\n    steps: [mail]\n  test:\n    steps: [checkout]\n", "ship"},
		"a command in a command":         {".circleci/config.yml", "commands:\n  mail:\n    steps:\n    - run: mail " + secret + "\n  all:\n    steps:\n    - mail\njobs:\n  ship:\n    steps:\n    - all: {x: y}\n", "ship"},
		"a parameter of a pipeline":      {".circleci/config.yml", "parameters:\n  key:\n    type: string\n    default: " + secret + "\njobs:\n  ship:\n    steps:\n    - run: mail << pipeline.parameters.key >>\n  test:\n    steps: [checkout]\n", "ship"},
		"a parameter of a job of an orb": {".circleci/config.yml", "orbs: {m: acme/mail@1}\nworkflows:\n  w:\n    jobs:\n    - m/send: {key: " + secret + "}\n    - m/other\n", "m/send"},
		"a step of Bitbucket's":          {"bitbucket-pipelines.yml", "definitions:\n  steps:\n  - step: &s\n      name: ship\n      script:\n      - mail " + secret + "\npipelines:\n  default:\n  - step: *s\n  - step:\n      name: test\n      script: [x]\n", "ship"},
		"a variable of Bitbucket's":      {"bitbucket-pipelines.yml", "pipelines:\n  custom:\n    all:\n    - variables:\n      - name: MAIL_KEY\n        default: " + secret + "\n    - step:\n        name: ship\n        script: [x]\n", "ship"},
		"Jenkins' environment":           {"Jenkinsfile", "pipeline {\n environment { MAIL_KEY = '" + secret + "' }\n stages { stage('Ship') { steps { sh 'x' } } }\n}\n", " "},
		"a broken file":                  {hub, "jobs: [\nenv: {MAIL_KEY: " + secret + "\n", " "},
	} {
		consumers, evidence, _ := resolve(t, leaked(&repo{tree{c.path: c.text}}, "sendgrid", "x", c.path, c.text))
		var jobs []string
		for _, line := range consumers {
			jobs = append(jobs, strings.Split(line, " ")[1])
			if !strings.HasSuffix(line, "written in "+c.path) {
				t.Errorf("%s: %s", name, line)
			}
		}
		if got := strings.Join(jobs, " "); got != strings.TrimSpace(c.want) {
			t.Errorf("%s: used by %q, want %q", name, got, c.want)
		}
		if !strings.Contains(strings.Join(evidence, " "), identity.NoteCILiteral) {
			t.Errorf("%s: not noted: %q", name, evidence)
		}
	}
}
