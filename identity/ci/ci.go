// Package ci finds the jobs of CI systems that use a credential: GitHub Actions and
// what Gitea and Forgejo have of it, GitLab CI, CircleCI, Jenkins, Azure Pipelines,
// Bitbucket Pipelines, Buildkite, Drone and Woodpecker. A repository's configuration
// does not say what is in a secret: a job is found by the name that the secret has
// there and the credential has where it leaked, by the path of the file that it
// leaked in, or because it stands in the configuration itself.
package ci

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/internal/yamltree"
)

const (
	mapping = yaml.MappingNode
	literal = yaml.LiteralStyle
	folded  = yaml.FoldedStyle
)

// Weight of what a job says of the credential that it uses.
const sure = 0.6

// Bounds on the files of one repository.
const (
	maxFiles     = 1000
	maxBytes     = 16 << 20
	maxConsumers = 20 // of one credential
)

// New returns the Resolver.
func New() identity.Resolver { return &resolver{} }

type resolver struct {
	repo  identity.Repository
	jobs  []*job
	files map[string]bool // that were read
	index names.Index
}

// Resolve implements identity.Resolver.
func (r *resolver) Resolve(ctx context.Context, q *identity.Query) (a identity.Answer, err error) {
	if q.Repo == nil {
		return a, nil
	}
	if r.repo != q.Repo {
		rd := reader{ctx: ctx, q: q, seen: map[string]bool{}}
		if err := rd.read(); err != nil {
			return a, err
		}
		r.repo, r.jobs, r.files = q.Repo, rd.jobs, rd.seen
	}
	if len(r.files) == 0 {
		return a, nil
	}
	s := search{q: q, index: &r.index, called: called(q), paths: paths(q), envs: names.EnvironmentsOf(q)}
	s.inside(r.files)
	for _, j := range r.jobs {
		s.job(j)
	}
	return s.answer(), nil
}

// reader reads the configuration of all CIs at HEAD.
type reader struct {
	ctx   context.Context
	q     *identity.Query
	jobs  []*job
	calls []call
	seen  map[string]bool
	bytes int
}

func (r *reader) lose(what string) {
	if r.q.Lose != nil {
		r.q.Lose(what)
	}
}

func (r *reader) read() error {
	files, err := r.q.Repo.Files(r.ctx, "")
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.lose("files: " + err.Error())
	}
	for _, f := range files {
		if kind := kindOf(f.Path); kind != "" {
			if err := r.file(f.Path, kind); err != nil {
				return err
			}
		}
	}
	r.inherit()
	return nil
}

// kindOf tells by its path which CI a file is for; "" for none.
func kindOf(p string) string {
	dir, name := path.Split(p)
	ext := path.Ext(name)
	isYAML := ext == ".yml" || ext == ".yaml"
	switch {
	case dir == ".github/workflows/" && isYAML:
		return "workflow"
	case (dir == ".gitea/workflows/" || dir == ".forgejo/workflows/") && isYAML:
		return "actions"
	case name == ".gitlab-ci.yml", strings.HasSuffix(name, ".gitlab-ci.yml"), strings.HasPrefix(dir, ".gitlab/ci/") && isYAML:
		return "gitlab-ci"
	case dir == ".circleci/" && isYAML:
		return "circleci"
	case name == "Jenkinsfile", strings.HasPrefix(name, "Jenkinsfile."), strings.EqualFold(ext, ".jenkinsfile"):
		return "jenkins"
	case isYAML && (strings.HasPrefix(name, "azure-pipelines") || strings.HasPrefix(dir, ".azure-pipelines/") || strings.HasPrefix(dir, ".azuredevops/") || strings.HasPrefix(dir, "azure-pipelines/")):
		return "azure-pipelines"
	case name == "bitbucket-pipelines.yml":
		return "bitbucket-pipelines"
	case isYAML && (strings.HasSuffix(dir, ".buildkite/") || strings.Contains(dir, ".buildkite/pipelines/") || name == "buildkite.yml" || name == "buildkite.yaml"):
		return "buildkite"
	case isYAML && strings.HasPrefix(name, ".drone."):
		return "drone"
	case isYAML && (strings.HasPrefix(name, ".woodpecker.") || strings.HasPrefix(dir, ".woodpecker/")):
		return "woodpecker"
	}
	return ""
}

func (r *reader) file(name, kind string) error {
	if r.seen[name] || len(r.seen) >= maxFiles || r.bytes > maxBytes {
		return nil
	}
	r.seen[name] = true
	data, whole, err := r.q.Repo.ReadFile(r.ctx, "", name, yamltree.MaxBytes)
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.lose(name + ": " + err.Error())
		}
		return nil
	}
	r.bytes += len(data)
	if !whole {
		r.lose(name + ": only the beginning was read")
	}
	if kind == "jenkins" {
		r.jobs = append(r.jobs, readJenkins(name, data)...)
		return nil
	}
	docs, err := yamltree.Parse(data)
	if err != nil {
		r.lose(name + ": " + err.Error())
		r.jobs = append(r.jobs, readLines(name, kind, data))
	}
	for _, doc := range docs {
		if err := r.doc(name, kind, doc); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) doc(name, kind string, doc *yamltree.Node) error {
	switch kind {
	case "workflow", "actions":
		r.jobs = append(r.jobs, readGitHub(name, kind, doc)...)
		r.calls = append(r.calls, calls(name, doc)...)
	case "gitlab-ci":
		r.jobs = append(r.jobs, readGitLab(name, doc)...)
		for _, inc := range includes(doc) {
			if err := r.file(inc, kind); err != nil {
				return err
			}
		}
	case "circleci":
		r.jobs = append(r.jobs, readCircle(name, doc)...)
	case "azure-pipelines":
		r.jobs = append(r.jobs, readAzure(name, doc)...)
	case "bitbucket-pipelines":
		r.jobs = append(r.jobs, readBitbucket(name, doc)...)
	case "buildkite":
		r.jobs = append(r.jobs, readBuildkite(name, doc)...)
	case "drone", "woodpecker":
		r.jobs = append(r.jobs, readContainers(name, kind, doc)...)
	}
	return nil
}

// inherit gives the secrets that a reusable workflow uses to those who call it
// with "secrets: inherit", and to its jobs those that a caller gives it.
func (r *reader) inherit() {
	for _, c := range r.calls {
		i := slices.IndexFunc(r.jobs, func(j *job) bool { return j.file == c.from && j.name == c.job })
		if i < 0 {
			continue
		}
		for _, j := range r.jobs {
			if j.file != c.to || c.to == c.from {
				continue
			}
			for _, g := range c.gives {
				if ref, ok := j.refs[names.Plain(g.as)]; ok {
					ref.via = "secrets " + g.as + " = secrets." + g.name + ", given by " + c.from
					j.use(g.name, ref)
				}
			}
			if !c.all {
				continue
			}
			for name, ref := range j.refs {
				if strings.Contains(ref.via, ", given by ") {
					continue // another caller has that one
				}
				ref.line, ref.via, ref.group = c.line, ref.via+", inherited by "+c.to, 0
				r.jobs[i].use(name, ref)
			}
		}
	}
}
