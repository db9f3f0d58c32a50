package scenario

import (
	"fmt"
	"strings"
)

// use writes down what uses the accounts: what runs services, and the jobs that
// deploy them. Some of it is of before, and some is not there.
func (g *generator) use() {
	for _, s := range g.services {
		if g.often(oftenManifest) {
			for _, env := range []string{"prod", "staging", "dev"} {
				if env == "prod" || g.often(50) {
					g.manifest(s, env)
				}
			}
		}
	}
	for _, r := range g.repos {
		g.jobs(r)
	}
	for _, a := range g.accounts {
		if a.owner == a.svc.team && !a.foreign && !a.person && g.often(oftenOtherTeam) {
			a.owner = other(g, g.teams, a.owner)
		}
	}
}

// wanted are the variables that a service has in an environment, with the
// account that each is of: nil for one that nobody has leaked.
func (g *generator) wanted(s *service, env string) (out []variable) {
	seen := map[string]bool{}
	for _, a := range g.accounts {
		if a.svc != s || a.foreign || a.person || seen[a.kind] || a.env != env && g.often(50) {
			continue
		}
		seen[a.kind] = true
		v := variable{}
		if a.env == env {
			v.of = a
		}
		if before := a.names; true {
			for _, f := range g.credential(a).fields {
				if f.secret {
					v.name = f.name
				}
			}
			a.names = before // it was no credential
		}
		if v.name == "" || g.often(20) {
			continue
		}
		if g.often(oftenDead) {
			v.of = nil
		}
		out = append(out, v)
	}
	return out
}

type variable struct {
	name string
	of   *account
}

// used notes that something uses an account.
func (v variable) used(path, name string) {
	if v.of != nil {
		v.of.uses = append(v.of.uses, path+"#"+name)
	}
}

// leakedIn are the accounts whose credentials stand in a file.
func (g *generator) leakedIn(r *history, path string) (out []*account) {
	for _, p := range g.leaks {
		if p.Repo == r.name && p.Path == path {
			out = append(out, p.of)
		}
	}
	return out
}

// envFile is a file of a service with variables, if there is one.
func (g *generator) envFile(s *service, env string) string {
	for _, p := range []string{"config/" + env + ".env", ".env." + env, "deploy/" + env + ".env", ".env"} {
		if s.repo.files[s.in(p)] != "" {
			return p
		}
	}
	return ""
}

// manifest writes what runs a service in an environment.
func (g *generator) manifest(s *service, env string) {
	vars, file := g.wanted(s, env), g.envFile(s, env)
	put := func(path, text string) {
		if s.repo.files[path] == "" {
			s.repo.put(g.author(s), "run it in "+env, path, text)
		}
	}
	whole := func(path string, what string) { // the whole file is what runs it
		for _, a := range g.leakedIn(s.repo, s.in(file)) {
			a.uses = append(a.uses, path+"#"+what)
		}
	}
	var b strings.Builder
	switch g.org.runs {
	case "kubernetes", "helm":
		path := s.in("k8s/" + env + "/deployment.yaml")
		if s.repo.files[path] != "" || len(vars) == 0 {
			return
		}
		b.WriteString(s.head(env))
		b.WriteString("          env:\n")
		for _, v := range vars {
			fmt.Fprintf(&b, "            - name: %s\n              valueFrom:\n                secretKeyRef: {name: %s, key: %s}\n", v.name, s.name, v.name)
			v.used(path, s.name)
		}
		put(path, b.String())
	case "kustomize":
		if file == "" {
			return
		}
		put(s.in("kustomization.yaml"), "resources: [deployment.yaml]\nsecretGenerator:\n  - name: settings\n    envs: ["+file+"]\n")
		put(s.in("deployment.yaml"), s.head(env)+"          envFrom:\n            - secretRef: {name: settings}\n")
		if strings.Contains(s.repo.files[s.in("kustomization.yaml")], file) {
			whole(s.in("kustomization.yaml"), "settings")
			whole(s.in("deployment.yaml"), s.name)
		}
	case "compose":
		path := s.in("docker-compose." + env + ".yml")
		if s.repo.files[path] != "" {
			return
		}
		fmt.Fprintf(&b, "services:\n  %s:\n    build: .\n", s.name)
		if file != "" {
			fmt.Fprintf(&b, "    env_file: [%s]\n", file)
			whole(path, s.name)
		}
		file = ".env" // which it takes values from
		whole(path, s.name)
		if len(vars) > 0 {
			b.WriteString("    environment:\n")
		}
		for _, v := range vars {
			fmt.Fprintf(&b, "      %s: ${%s}\n", v.name, v.name)
			v.used(path, s.name)
		}
		put(path, b.String())
	case "serverless":
		path := s.in("serverless.yml")
		if s.repo.files[path] != "" || len(vars) == 0 {
			return
		}
		fmt.Fprintf(&b, "service: %s\nprovider:\n  name: aws\n  stage: %s\n  environment:\n", s.name, env)
		for _, v := range vars {
			fmt.Fprintf(&b, "    %s: ${env:%s}\n", v.name, v.name)
			v.used(path, s.name)
			v.used(path, "main")
		}
		b.WriteString("functions:\n  main:\n    handler: main.handler\n")
		put(path, b.String())
	}
}

// head is a Deployment up to its container.
func (s *service) head(env string) string {
	return fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %[1]s\n  namespace: %[2]s\n  labels:\n    app: %[1]s\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          image: registry.example/%[1]s:1\n", s.name, env)
}

// jobs writes the jobs that deploy the services of a repository, to production.
func (g *generator) jobs(r *history) {
	taken := map[string]bool{}
	var b strings.Builder
	one := ""
	for _, s := range r.services {
		vars := g.wanted(s, "prod")
		if !g.often(oftenJob) || len(vars) == 0 {
			continue
		}
		for i := range vars {
			if v := &vars[i]; taken[v.name] || g.often(oftenPrefix) && !strings.HasPrefix(v.name, strings.ToUpper(s.name)) {
				v.name = strings.ToUpper(s.name) + "_" + v.name
			}
			taken[vars[i].name] = true
			if g.often(oftenBorrowed) {
				vars[i].of = nil
			}
		}
		file, text, job := g.job(s, vars)
		for _, v := range vars {
			v.used(file, job)
		}
		if strings.Contains(text, "./deploy.sh") {
			for _, a := range g.leakedIn(r, "deploy.sh") {
				a.uses = append(a.uses, file+"#"+job)
			}
		}
		if g.org.ci == "github" {
			r.put(g.author(s), "deploy "+s.name, file, text)
			continue
		}
		one = file
		b.WriteString(text)
	}
	if one != "" {
		text := b.String()
		switch g.org.ci {
		case "circle":
			text = "version: 2.1\njobs:\n" + text
		case "azure":
			text = "jobs:\n" + text
		case "jenkins":
			text = "pipeline {\n  agent any\n  stages {\n" + text + "  }\n}\n"
		case "bitbucket":
			text = "pipelines:\n  default:\n" + text
		}
		r.put(g.author(r.services[0]), "deploy", one, text)
	}
}

// job is the job that deploys a service: its file, its text there, its name.
func (g *generator) job(s *service, vars []variable) (file, text, name string) {
	var b strings.Builder
	name = "deploy-" + s.name
	environment := g.often(50)
	each := func(format string) {
		for _, v := range vars {
			b.WriteString(strings.ReplaceAll(format, "VAR", v.name))
		}
	}
	switch g.org.ci {
	case "github":
		fmt.Fprintf(&b, "name: deploy %s\non: [push]\njobs:\n  %s:\n    runs-on: ubuntu-latest\n", s.name, name)
		if environment {
			b.WriteString("    environment: production\n")
		}
		b.WriteString("    env:\n")
		each("      VAR: ${{ secrets.VAR }}\n")
		b.WriteString("    steps:\n      - uses: actions/checkout@v4\n      - run: ./deploy.sh\n")
		return ".github/workflows/" + s.name + ".yml", b.String(), name
	case "gitlab":
		fmt.Fprintf(&b, "%s:\n  stage: deploy\n  environment: production\n  script:\n", name)
		each("    - deploy --with \"$VAR\"\n")
		return ".gitlab-ci.yml", b.String(), name
	case "circle":
		fmt.Fprintf(&b, "  %s:\n    docker: [{image: cimg/base:current}]\n    steps:\n      - checkout\n", name)
		each("      - run: deploy --with \"$VAR\"\n")
		return ".circleci/config.yml", b.String(), name
	case "azure":
		fmt.Fprintf(&b, "  - job: %s\n    steps:\n", strings.ReplaceAll(name, "-", "_"))
		each("      - script: deploy\n        env:\n          VAR: $(VAR)\n")
		return "azure-pipelines.yml", b.String(), strings.ReplaceAll(name, "-", "_")
	case "jenkins":
		fmt.Fprintf(&b, "    stage('%s') {\n      environment {\n", name)
		each("        VAR = credentials('VAR')\n")
		b.WriteString("      }\n      steps { sh './deploy.sh' }\n    }\n")
		return "Jenkinsfile", b.String(), name
	}
	fmt.Fprintf(&b, "    - step:\n        name: %s\n        deployment: production\n        script:\n", name)
	each("          - deploy --with $VAR\n")
	return "bitbucket-pipelines.yml", b.String(), name
}

// charted is a place of Helm: values, and the template that takes them in.
func (g *generator) charted(s *service, env string) spot {
	return spot{s.in("chart/values-" + env + ".yaml"), false, func(fields []field, _ string) string {
		var b strings.Builder
		b.WriteString("env:\n")
		t := strings.Builder{}
		t.WriteString(s.head(env) + "          env:\n")
		for _, f := range fields {
			fmt.Fprintf(&b, "  %s: %q\n", f.name, f.value)
			fmt.Fprintf(&t, "            - name: %s\n              value: {{ .Values.env.%s | quote }}\n", f.name, f.name)
		}
		if s.repo.files[s.in("chart/Chart.yaml")] == "" {
			s.repo.put(g.author(s), "add a chart", s.in("chart/Chart.yaml"), "apiVersion: v2\nname: "+s.name+"\nversion: 0.1.0\n", s.in("chart/templates/deployment.yaml"), t.String())
		}
		return b.String()
	}}
}
