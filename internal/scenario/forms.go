package scenario

import (
	"fmt"
	"strings"
)

// declare is infrastructure code of a service for an environment, in the form
// that the organisation has: a file and its text, which is empty for none.
func (g *generator) declare(s *service, env string) (file, text string) {
	switch g.org.code {
	case "cloudformation":
		return s.in("infra/" + env + "/template.yaml"), g.cloudformation(s, env)
	case "pulumi":
		return s.in("infra/Pulumi." + env + "/Pulumi.yaml"), g.pulumi(s, env)
	case "bicep":
		return s.in("infra/" + env + "/main.bicep"), g.bicep(s, env)
	case "kubernetes":
		return s.in("k8s/" + env + "/serviceaccount.yaml"), g.serviceAccounts(s, env)
	}
	return s.in("infra/" + env + "/main.tf"), g.terraform(s, env)
}

// declared calls do for each account that code declares.
func (g *generator) declared(s *service, env string, do func(i int, a *account, owner string)) {
	for i, a := range g.accounts {
		if a.svc != s || a.env != env || !a.code || a.foreign || a.person {
			continue
		}
		owner := ""
		if g.often(oftenTag) {
			t := a.owner
			if g.often(oftenTagWrong) {
				t = other(g, g.teams, t)
			}
			owner = t.name
		}
		do(i, a, owner)
	}
}

func (g *generator) cloudformation(s *service, env string) string {
	var b strings.Builder
	g.declared(s, env, func(i int, a *account, owner string) {
		if a.kind != "aws" {
			return
		}
		fmt.Fprintf(&b, "  User%d:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: %s\n", i, a.names[0])
		if owner != "" {
			fmt.Fprintf(&b, "      Tags:\n        - {Key: owner, Value: %s}\n", owner)
		}
		if g.often(oftenKeyInCode) {
			fmt.Fprintf(&b, "  Key%d:\n    Type: AWS::IAM::AccessKey\n    Properties:\n      UserName: !Ref User%d\n", i, i)
		}
	})
	if b.Len() == 0 {
		return ""
	}
	return "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n" + b.String()
}

func (g *generator) pulumi(s *service, env string) string {
	var b strings.Builder
	g.declared(s, env, func(i int, a *account, owner string) {
		switch a.kind {
		case "aws":
			fmt.Fprintf(&b, "  user%d:\n    type: aws:iam:User\n    properties:\n      name: %s\n", i, a.names[0])
			if owner != "" {
				fmt.Fprintf(&b, "      tags:\n        team: %s\n", owner)
			}
		case "gcp":
			fmt.Fprintf(&b, "  account%d:\n    type: gcp:serviceaccount:Account\n    properties:\n      accountId: %s\n      project: %s\n", i, a.names[1], a.tenants[0])
		}
	})
	if b.Len() == 0 {
		return ""
	}
	return "name: " + s.name + "\nruntime: yaml\nresources:\n" + b.String()
}

func (g *generator) bicep(s *service, env string) string {
	var b strings.Builder
	g.declared(s, env, func(i int, a *account, owner string) {
		if a.kind != "storage" {
			return
		}
		fmt.Fprintf(&b, "resource store%d 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: '%s'\n  location: 'westeurope'\n  kind: 'StorageV2'\n  sku: { name: 'Standard_LRS' }\n", i, a.names[0])
		if owner != "" {
			fmt.Fprintf(&b, "  tags: {\n    owner: '%s'\n  }\n", owner)
		}
		b.WriteString("}\n\n")
	})
	return b.String()
}

func (g *generator) serviceAccounts(s *service, env string) string {
	var b strings.Builder
	g.declared(s, env, func(i int, a *account, owner string) {
		name, note := "", ""
		switch a.kind {
		case "kubernetes":
			name = a.names[1]
		case "gcp":
			name, note = a.names[1], "  annotations:\n    iam.gke.io/gcp-service-account: "+a.names[0]+"\n"
			a.uses = append(a.uses, s.in("k8s/"+env+"/serviceaccount.yaml")+"#"+name) // it acts as it
		default:
			return
		}
		fmt.Fprintf(&b, "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: %s\n  namespace: %s\n%s", name, s.name, note)
		if owner != "" {
			fmt.Fprintf(&b, "  labels:\n    team: %s\n", owner)
		}
		b.WriteString("---\n")
	})
	return b.String()
}

// owners is CODEOWNERS as the organisation's forge has it: its path and text,
// which is empty for none.
func (r *history) owners() (path, text string) {
	g := r.g
	if !g.org.small || g.org.forge == "github" {
		return one(g, []string{"CODEOWNERS", ".github/CODEOWNERS"}), r.codeowners()
	}
	rules := r.codeowners()
	if rules == "" {
		return "", ""
	}
	var b strings.Builder
	if g.org.forge == "bitbucket" {
		for _, t := range g.teams {
			fmt.Fprintf(&b, "@@@%s", t.name)
			for _, p := range t.people {
				fmt.Fprintf(&b, " @%q", p.name)
			}
			b.WriteString("\n")
		}
		b.WriteString(strings.ReplaceAll(rules, "@"+g.org.name+"/", "@@"))
		return ".bitbucket/CODEOWNERS", b.String()
	}
	for line := range strings.Lines(strings.ReplaceAll(rules, "@"+g.org.name+"/", "@"+g.org.name+"/teams/")) {
		if pattern, owner, _ := strings.Cut(strings.TrimSpace(line), " "); pattern != "*" && g.often(50) {
			fmt.Fprintf(&b, "\n[%s] %s\n%s\n", strings.Trim(pattern, "/"), owner, pattern) // a section, with who owns all of it
		} else {
			b.WriteString(line)
		}
	}
	return one(g, []string{"CODEOWNERS", ".gitlab/CODEOWNERS"}), b.String()
}

// maintain adds lists of people to the folders of services: those who made it,
// who need not be there any more, nor of the team.
func (r *history) maintain() {
	g := r.g
	for _, s := range r.services {
		if !g.often(oftenMaintain) {
			continue
		}
		t := s.team
		if g.often(30) {
			t = other(g, g.teams, t)
		}
		p := one(g, t.people)
		switch g.rng.IntN(3) {
		case 0:
			r.put(p, "maintainers", s.in("MAINTAINERS"), fmt.Sprintf("%s <%s>\n", p.name, p.email))
		case 1:
			r.put(p, "approvers", s.in("OWNERS"), "approvers:\n  - "+t.name+"\n")
		default:
			r.put(p, "package", s.in("package.json"), fmt.Sprintf("{\n  \"name\": %q,\n  \"author\": \"%s <%s>\"\n}\n", s.name, p.name, p.email))
		}
	}
}
