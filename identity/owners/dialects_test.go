package owners

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
)

// TestDialects: whom the files of a repository name for one of its files.
func TestDialects(t *testing.T) {
	type files map[string]string
	entity := func(kind, name, rest string) string {
		return "apiVersion: backstage.io/v1alpha1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n" + rest
	}
	located := func(at string) string {
		return "  annotations:\n    backstage.io/source-location: " + at + "\n"
	}
	const docker = "# of Docker's form\n[Org]\n\tbdfl = \"sol\"\n\t[Org.\"Core maintainers\"]\n\t\tpeople = [\n\t\t\t\"mike\",\n\t\t\t\"ann\",\n\t\t]\n\t[Org.Operators.security]\n\t\tpeople = [\"erw\"]\n[people]\n\t[people.mike]\n\tName = \"Mike Lee\"\n\tEmail = \"mike@acme.example\"\n\tGitHub = \"mikelee\"\n\t[people.ann]\n\tName = \"Ann\"\n\tEmail = \"ann@acme.example\"\n\tGithub = \"ann-acme\"\n\t[people.erw]\n\tName = \"Erw\"\n\tGitHub = \"erw\"\n"
	for _, c := range []struct {
		name  string
		files files
		path  string
		want  string // source and name of each
	}{
		{"filters", files{"pay/OWNERS": "filters:\n  \"\\\\.env$\":\n    approvers:\n    - envguy\n  \"\\\\.go$\":\n    approvers:\n    - goguy\n"}, "pay/.env", "maintainers @envguy"},
		{"filters, the special first", files{"pay/OWNERS": "filters:\n  \".*\":\n    approvers:\n    - all\n  \"\\\\.env$\":\n    approvers: [envguy]\n"}, "pay/.env", "maintainers @envguy, maintainers all"},
		{"filters by folder", files{"OWNERS": "filters:\n  \"^pay/\":\n    approvers: [payer]\n  \"^web/\":\n    approvers: [webber]\n"}, "pay/deep/.env", "maintainers @payer"},
		{"filters that do not fit go up", files{"OWNERS": "approvers: [root1]\n", "pay/OWNERS": "filters:\n  \"\\\\.go$\":\n    approvers: [goguy]\n"}, "pay/.env", "maintainers @root1"},
		{"a filter that is no expression", files{"OWNERS": "approvers: [root1]\nfilters:\n  \"(\":\n    approvers: [bad]\n"}, "pay/.env", "maintainers @root1"},
		{"aliases", files{"OWNERS_ALIASES": "aliases:\n  pay-leads: [kim, lee]\n  Other: [zed]\n", "pay/OWNERS": "approvers: [pay-leads]\nreviewers: [zed]\n"}, "pay/.env", "maintainers pay-leads, maintainers @kim, maintainers @lee"},
		{"aliases in another case", files{"OWNERS_ALIASES": "aliases:\n  Pay:\n  - \"@kim\"\n", "pay/OWNERS": "approvers:\n- pay\n- jo\n"}, "pay/.env", "maintainers pay, maintainers @kim, maintainers @jo"},
		{"per-file", files{"OWNERS": "set noparent\njan@acme.example # lead\nper-file *.env,*.pem = sec@acme.example, kim@acme.example\n"}, "a.env", "maintainers jan, maintainers sec, maintainers kim"},
		{"per-file for others", files{"OWNERS": "jan@acme.example\nper-file *.pem=sec@acme.example\n"}, "a.env", "maintainers jan"},
		{"API before Component", files{"catalog-info.yaml": entity("API", "pay-api", "spec:\n  owner: api-team\n") + "---\n" + entity("Component", "pay", "spec:\n  owner: pay-team\n")}, "src/.env", "catalog_repository pay-team"},
		{"System, Resource and Component", files{"pay/catalog-info.yaml": entity("System", "s", "spec:\n  owner: sys\n") + "---\n" + entity("Resource", "db", "spec:\n  owner: dba\n") + "---\n" + entity("Component", "pay", "spec:\n  owner: pay-team\n")}, "pay/.env", "catalog pay-team"},
		{"only a System", files{"pay/catalog-info.yaml": entity("System", "s", "spec:\n  owner: sys\n")}, "pay/.env", "catalog sys"},
		{"by location", files{"catalog-info.yaml": entity("Component", "web", located("url:https://github.com/acme/shop/tree/main/services/web/")+"spec:\n  owner: web-team\n") + "---\n" +
			entity("Component", "pay", located("url:https://github.com/acme/shop/tree/main/services/pay/")+"spec:\n  owner: pay-team\n")}, "services/pay/.env", "catalog_repository pay-team"},
		{"by location, of GitLab", files{"catalog-info.yaml": entity("Component", "a", located("url:https://gitlab.com/acme/shop/-/tree/main/a")+"spec:\n  owner: a-team\n") + "---\n" + entity("API", "x", "spec:\n  owner: x\n")}, "b/.env", "catalog_repository x"},
		{"the deepest location", files{"catalog-info.yaml": entity("Component", "all", located("url:./services")+"spec:\n  owner: all-team\n") + "---\n" + entity("Component", "pay", located("dir:./services/pay")+"spec:\n  owner: pay-team\n")}, "services/pay/.env", "catalog_repository pay-team"},
		{"by folder", files{"catalog-info.yaml": entity("Component", "web", "spec:\n  owner: web-team\n") + "---\n" + entity("Component", "pay", "spec:\n  owner: pay-team\n")}, "services/pay/.env", "catalog_repository pay-team"},
		{"a part of another", files{"catalog-info.yaml": entity("Component", "worker", "spec:\n  subcomponentOf: shop\n  owner: work-team\n") + "---\n" + entity("Component", "shop", "spec:\n  owner: shop-team\n")}, "src/.env", "catalog_repository shop-team"},
		{"the part's own folder", files{"catalog-info.yaml": entity("Component", "worker", "spec:\n  subcomponentOf: shop\n  owner: work-team\n") + "---\n" + entity("Component", "shop", "spec:\n  owner: shop-team\n")}, "worker/.env", "catalog_repository work-team"},
		{"two that nothing tells apart", files{"catalog-info.yaml": entity("Component", "a", "spec:\n  owner: a-team\n") + "---\n" + entity("Component", "b", "spec:\n  owner: b-team\n")}, "src/.env", "catalog_repository a-team, catalog_repository b-team"},
		{"Docker's maintainers", files{"MAINTAINERS": docker}, "src/.env", "maintainers @mikelee, maintainers @ann-acme"},
		{"containerd's maintainers", files{"MAINTAINERS": "[Org]\n\t[Org.Maintainers]\n\t\tpeople = [\"sol\"]\n[People]\n\t[people.sol]\n\tName = \"Sol Y\"\n\tGitHub = \"soly\"\n\t[People.dq]\n\tName = \"D\"\n"}, "src/.env", "maintainers @soly"},
		{"containerd's lines", files{"MAINTAINERS": "# GitHub ID, Name, Email\n\"mike\",\"Mike Lee\",\"mike@acme.example\"\nann, Ann Yu, ann@acme.example, 0123 4567\n"}, "src/.env", "maintainers Mike Lee, maintainers Ann Yu"},
		{"filters beside approvers do not count", files{"OWNERS": "approvers: [kim]\nfilters:\n  \"\\\\.env$\":\n    approvers: [envguy]\n"}, "pay/.env", "maintainers @kim"},
		{"Linux, a file before its folder", files{"MAINTAINERS": "DRIVER\nM:\tStef <stef@acme.example>\nS:\tMaintained\nF:\tnet/3c59x.c\n\nNET\nM:\tDave <dave@acme.example>\nF:\tnet/\n"}, "net/3c59x.c", "maintainers Stef"},
		{"Linux, a folder below before its folder", files{"MAINTAINERS": "NET\nM:\tDave <dave@acme.example>\nF:\tnet/\n\nDRIVER\nM:\tStef <stef@acme.example>\nF:\tnet/3com/\n"}, "net/3com/deep/a.c", "maintainers Stef"},
		{"Linux, by an expression", files{"MAINTAINERS": "BOARD\nM:\tJoe <joe@acme.example>\nN:\tacmephone\nN:\t(\n\nNET\nM:\tDave <dave@acme.example>\nF:\tnet/\n"}, "arch/acmephone/board.c", "maintainers Joe"},
		{"Linux, files before expressions", files{"MAINTAINERS": "BOARD\nM:\tJoe <joe@acme.example>\nN:\tacmephone\n\nNET\nM:\tDave <dave@acme.example>\nF:\tnet/\n"}, "net/acmephone.c", "maintainers Dave"},
		{"Linux, what nobody maintains", files{"MAINTAINERS": "OLD\nM:\tGone <gone@acme.example>\nS:\tOrphan\nF:\tnet/old/\n\nNET\nM:\tDave <dave@acme.example>\nF:\tnet/\n"}, "net/old/a.c", "maintainers Dave"},
		{"Bitbucket, all of a group", files{".bitbucket/CODEOWNERS": "* a@acme.example\n*.env @acme/fronts:all @acme/backs:least_busy\n"}, "pay/.env", "codeowners_leaking @acme/fronts, codeowners_leaking @acme/backs"},
		{"Bitbucket, a group with spaces", files{".bitbucket/CODEOWNERS": "pay/ @backend\\ engineers:random(2) @lead:all\n"}, "pay/.env", "codeowners_leaking @backend engineers, codeowners_leaking @lead"},
		{"Bitbucket, a path with spaces", files{".bitbucket/CODEOWNERS": "my\\ pay/ @acme/pay\n"}, "my pay/.env", "codeowners_leaking @acme/pay"},
		{"the app, one of several patterns", files{".bitbucket/CODEOWNERS": "src/{pay/**,web/*.{ts,env}} @devs\n"}, "src/web/a.env", "codeowners_leaking @devs"},
		{"the app, none of several patterns", files{".bitbucket/CODEOWNERS": "src/{pay/**,web/*.{ts,env}} @devs\n"}, "src/web/a.js", ""},
		{"the app, users called by addresses", files{".bitbucket/CODEOWNERS": "pay/ @jane@acme.example @@\"Dev Ops\"\n"}, "pay/.env", "codeowners_leaking jane, codeowners_leaking @@Dev Ops"},
		{"Poetry", files{"pyproject.toml": "[tool.poetry]\nname = \"x\"\nauthors = [\"Poe Try <poe@acme.example>\"]\nmaintainers = [\"Main Tain <mt@acme.example>\"]\n"}, ".env", "maintainers Main Tain, maintainers Poe Try"},
		{"a workspace of Cargo", files{"Cargo.toml": "[workspace.package]\nauthors = [\"Work Space <ws@acme.example>\"]\n", "a/Cargo.toml": "[package]\nname = \"a\"\nauthors.workspace = true\n"}, "a/.env", "maintainers Work Space"},
		{"a group and its team", files{"catalog-info.yaml": entity("Component", "pay", "spec:\n  owner: group:default/platform-team\n") + "---\n" + entity("Group", "platform-team", "  annotations:\n    github.com/team-slug: acme/platform\nspec:\n  type: team\n")}, "src/.env", "catalog_repository @acme/platform"},
		{"a group of another name", files{"catalog-info.yaml": entity("Component", "pay", "spec:\n  owner: pay-team\n") + "---\n" + entity("Group", "platform-team", "  annotations:\n    github.com/team-slug: acme/platform\nspec:\n  type: team\n")}, "src/.env", "catalog_repository pay-team"},
		{"a group in another file", files{"pay/catalog-info.yaml": entity("Component", "pay", "spec:\n  owner: platform-team\n"), "catalog-info.yaml": entity("Location", "all", "spec:\n  targets: [./org/groups.yaml, ../../etc/passwd, https://acme.example/x.yaml]\n"),
			"org/groups.yaml": entity("Group", "platform-team", "  annotations:\n    github.com/team-slug: acme/platform\nspec:\n  type: team\n")}, "pay/.env", "catalog @acme/platform"},
		{"a location's target", files{"pay/catalog-info.yaml": entity("Location", "all", "spec:\n  target: ./component.yaml\n"), "pay/component.yaml": entity("Component", "pay", "spec:\n  owner: pay-team\n")}, "pay/.env", "catalog pay-team"},
		{"all files", files{"CODEOWNERS": "* @acme/all\n"}, "pay/.env", "codeowners_default @acme/all"},
		{"all files, in another way", files{"CODEOWNERS": "** @acme/all\n"}, "pay/.env", "codeowners_default @acme/all"},
		{"an ending", files{"CODEOWNERS": "* @acme/all\n*.env @acme/sec\n"}, "pay/.env", "codeowners_leaking @acme/sec"},
		{"an ending, then all", files{"CODEOWNERS": "*.env @acme/sec\n* @acme/all\n"}, "pay/.env", "codeowners_default @acme/all"},
		{"an ending at any depth", files{"CODEOWNERS": "* @acme/all\n**/*.env @acme/sec\n"}, "pay/.env", "codeowners_leaking @acme/sec"},
		{"a name", files{"CODEOWNERS": "* @acme/all\n.env @acme/sec\n"}, "pay/.env", "codeowners_leaking @acme/sec"},
	} {
		owners, _ := resolve(t, New(Options{}), &identity.Query{Repo: &fakeRepo{revs: map[string]map[string]string{"": c.files}}, Finding: at(c.path, "")})
		var got []string
		for _, o := range owners {
			got = append(got, o.Source+" "+o.Name)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, strings.Join(got, ", "), c.want)
		}
	}
}

// TestRulesAreNamed: the reason has the pattern that decided, and the reference its line.
func TestRulesAreNamed(t *testing.T) {
	repo := &fakeRepo{revs: map[string]map[string]string{"": {"CODEOWNERS": "* @acme/all\n/pay/ @acme/pay\n*.env @acme/sec\n"}}}
	owners, _ := resolve(t, New(Options{}), &identity.Query{Repo: repo, Finding: at("pay/.env", "")})
	if !slices.Equal(lines(owners), []string{"codeowners_leaking @acme/sec team 0.62 CODEOWNERS:3"}) || !strings.Contains(owners[0].Reason, "rule *.env") {
		t.Errorf("%q: %v", lines(owners), owners)
	}
}
