package owners

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// fakeRepo is a repository in memory: files by revision and path.
type fakeRepo struct {
	revs    map[string]map[string]string
	commits map[string]identity.Commit
	recent  map[string][]identity.Activity
	reads   int
}

func (r *fakeRepo) Name() string { return "acme/api" }
func (r *fakeRepo) Files(_ context.Context, rev string) (out []identity.File, err error) {
	for p := range r.revs[rev] {
		out = append(out, identity.File{Path: p, Size: -1})
	}
	slices.SortFunc(out, func(a, b identity.File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}
func (r *fakeRepo) ReadFile(_ context.Context, rev, path string, limit int64) ([]byte, bool, error) {
	r.reads++
	text, ok := r.revs[rev][path]
	if !ok {
		return nil, false, fs.ErrNotExist
	}
	n := min(int64(len(text)), limit)
	return []byte(text[:n]), n == int64(len(text)), nil
}
func (r *fakeRepo) Commit(_ context.Context, id string) (identity.Commit, error) {
	c, ok := r.commits[id]
	if !ok {
		return c, fs.ErrNotExist
	}
	return c, nil
}
func (r *fakeRepo) Recent(_ context.Context, path string, _ time.Time) ([]identity.Activity, error) {
	return r.recent[path], nil
}
func (r *fakeRepo) LastCommit(context.Context) time.Time { return time.Time{} }

// resolve returns the owners as lines, and what was lost.
func resolve(t *testing.T, res identity.Resolver, q *identity.Query) (owners []leak.Owner, lost []string) {
	t.Helper()
	q.Lose = func(what string) { lost = append(lost, what) }
	q.Now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	a, err := res.Resolve(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range a.Owners {
		if o.Reason == "" || o.Source == "" || o.Kind == "" || o.Confidence <= 0 || o.Confidence > 0.8 {
			t.Errorf("owner %+v is not whole", o)
		}
		if strings.Contains(o.Reason, "@acme.example") || strings.Contains(strings.TrimLeft(o.Name, "@"), "@") {
			t.Errorf("owner %+v shows an address", o)
		}
	}
	return a.Owners, lost
}

func lines(owners []leak.Owner) (out []string) {
	for _, o := range owners {
		out = append(out, fmt.Sprintf("%s %s %s %.2f %s", o.Source, o.Name, o.Kind, o.Confidence, o.Ref))
	}
	return out
}

func at(path, commit string) *leak.Finding {
	return &leak.Finding{Locations: []leak.Location{{Kind: leak.KindBlob, Path: path, Commit: commit}}}
}

func TestTiers(t *testing.T) {
	commit := strings.Repeat("ab", 20)
	repo := &fakeRepo{
		revs: map[string]map[string]string{
			"": {
				".github/CODEOWNERS":            "* @acme/everyone\n/deploy/ @acme/payments\n/infra/ @acme/platform jane.doe@acme.example\n",
				"deploy/catalog-info.yaml":      "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: pay}\nspec:\n  owner: group:default/payments-team\n",
				"OWNERS":                        "approvers:\n- bob\n- sig-pay-approvers\n",
				"MAINTAINERS.md":                "# Maintainers\n- Ann Lee <ann@acme.example>\n- [Bo](https://github.com/bo-acme)\n- cy@acme.example\n## Emeritus\n- Old One <old@acme.example>\n",
				"deploy/package.json":           `{"author":"Cy <cy@acme.example> (https://x)","maintainers":[{"name":"Di","email":"di@acme.example"}]}`,
				".github/workflows/deploy.yaml": "",
			},
			commit: {"CODEOWNERS": "* @acme/old-team\n"},
		},
		commits: map[string]identity.Commit{commit: {
			ID: commit, Author: identity.Person{Name: "Eve", Email: "eve@acme.example"}, Date: time.Unix(0, 0),
			CoAuthors: []identity.Person{{Name: "Fay", Email: "fay@acme.example"}},
		}},
		recent: map[string][]identity.Activity{"deploy/.env": {{Person: identity.Person{Name: "Gus", Email: "gus@acme.example"}, Commits: 3}, {Commits: 1}}},
	}
	q := &identity.Query{Repo: repo, Finding: at("deploy/.env", commit)}
	q.Declared = []leak.Declaration{{Ref: "infra/sa.tf:12"}}
	q.Consumers = []leak.Consumer{{Ref: ".github/workflows/deploy.yaml:3"}}
	owners, lost := resolve(t, New(Options{Default: "@acme/security"}), q)
	want := []string{
		"codeowners_declaring @acme/platform team 0.68 .github/CODEOWNERS:3",
		"codeowners_declaring jane.doe person 0.68 .github/CODEOWNERS:3",
		"codeowners_default @acme/everyone team 0.62 .github/CODEOWNERS:1",
		"codeowners_leaking @acme/payments team 0.68 .github/CODEOWNERS:2",
		"codeowners_leaking @acme/old-team team 0.45 ababababab:CODEOWNERS:1",
		"catalog payments-team team 0.80 deploy/catalog-info.yaml:5",
		"maintainers @bob person 0.60 OWNERS:2",
		"maintainers sig-pay-approvers team 0.60 OWNERS:3",
		"maintainers Ann Lee person 0.55 MAINTAINERS.md:2",
		"maintainers @bo-acme person 0.55 MAINTAINERS.md:3",
		"maintainers cy person 0.55 MAINTAINERS.md:4",
		"maintainers Di person 0.40 deploy/package.json",
		"maintainers Cy person 0.40 deploy/package.json",
		"git_introducer Eve person 0.35 ababababab",
		"git_introducer Fay person 0.30 ababababab",
		"git_recent Gus person 0.30 deploy/.env",
		"default @acme/security team 0.20 ",
	}
	if got := lines(owners); !slices.Equal(got, want) {
		t.Errorf("owners\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(lost) > 0 {
		t.Errorf("lost %q", lost)
	}
}

func TestBotsAreNobody(t *testing.T) {
	commit := strings.Repeat("cd", 20)
	for _, p := range []identity.Person{
		{Name: "dependabot[bot]", Email: "49699333+dependabot[bot]@users.noreply.github.com"}, {Name: "renovate", Email: "bot@renovateapp.com"},
		{Name: "GitHub", Email: "noreply@github.com"}, {Name: "acme ci", Email: "project_7_bot_4ffca2@noreply.gitlab.example"}, {Name: "github-actions", Email: "x@y.example"},
		{Name: "root", Email: "root@localhost"}, {Name: "svc-gitops", Email: "svc-gitops@acme.example"},
	} {
		repo := &fakeRepo{revs: map[string]map[string]string{}, commits: map[string]identity.Commit{commit: {Author: p}}}
		if owners, _ := resolve(t, New(Options{}), &identity.Query{Repo: repo, Finding: at("x", commit)}); len(owners) > 0 {
			t.Errorf("%v owns: %v", p, lines(owners))
		}
	}
	for _, p := range []identity.Person{{Name: "Jane", Email: "123+jane@users.noreply.github.com"}, {Name: "Jane Roe", Email: "root@localhost"}} {
		if p.Bot() {
			t.Errorf("%v is taken for a bot", p)
		}
	}
}

// TestCutHistory: nobody brought in what a commit has whose parents are not there, but what its
// message says is its author's.
func TestCutHistory(t *testing.T) {
	commit := strings.Repeat("cd", 20)
	for _, cut := range []bool{false, true} {
		for _, path := range []string{"x", ""} {
			repo := &fakeRepo{revs: map[string]map[string]string{}, commits: map[string]identity.Commit{commit: {Author: identity.Person{Name: "Eve", Email: "eve@acme.example"}, Cut: cut}}}
			if owners, _ := resolve(t, New(Options{}), &identity.Query{Repo: repo, Finding: at(path, commit)}); len(owners) > 0 != (!cut || path == "") {
				t.Errorf("cut %t, path %q: %v", cut, path, lines(owners))
			}
		}
	}
}

func TestNothingIsReadTwice(t *testing.T) {
	repo := &fakeRepo{revs: map[string]map[string]string{"": {"CODEOWNERS": "* @a\n", "package.json": `{"author":"x"}`}}}
	r := New(Options{})
	resolve(t, r, &identity.Query{Repo: repo, Finding: at("a/b", "")})
	first := repo.reads
	for i := range 100 {
		resolve(t, r, &identity.Query{Repo: repo, Finding: at(fmt.Sprint("a/", i), "")})
	}
	if repo.reads > first {
		t.Errorf("%d reads for the first, then %d more", first, repo.reads-first)
	}
}

func TestHugeCodeownersIsNoted(t *testing.T) {
	repo := &fakeRepo{revs: map[string]map[string]string{"": {".github/CODEOWNERS": strings.Repeat("# padding padding padding\n", 130_000) + "* @a\n"}}}
	owners, lost := resolve(t, New(Options{}), &identity.Query{Repo: repo, Finding: at("a", "")})
	if len(owners) != 1 || len(lost) != 1 || !strings.Contains(lost[0], "over 3 MB") {
		t.Errorf("owners %v, lost %q", lines(owners), lost)
	}
	repo = &fakeRepo{revs: map[string]map[string]string{"": {".github/CODEOWNERS": strings.Repeat("a*b*c*d*e*f*g/**/x/**/y @a\n", 400_000)}}}
	_, lost = resolve(t, New(Options{}), &identity.Query{Repo: repo, Finding: at(strings.Repeat("abcdefg/", 100)+"z", "")})
	if len(lost) != 3 || !strings.Contains(lost[2], "too long") {
		t.Errorf("lost %q", lost)
	}
}

func TestManifests(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"Cargo.toml":     {"[package]\nname = \"x\"\nauthors = [\"Ann <ann@acme.example>\", \"Pay Team\"]\n", "[Ann ann@acme.example person] [Pay Team  team]"},
		"pyproject.toml": {"[project]\nauthors = [{name=\"Bo\", email=\"bo@acme.example\"}]\nmaintainers = [{email=\"cy@acme.example\"}]\n", "[cy cy@acme.example person] [Bo bo@acme.example person]"},
		"pom.xml":        {"<project><developers><developer><id>di</id><email>di@acme.example</email></developer></developers></project>", "[di di@acme.example person]"},
		"x.gemspec":      {"Gem::Specification.new do |s|\n  s.authors = ['Ed', \"Flo\"]\nend\n", "[Ed  person] [Flo  person]"},
		"composer.json":  {`{"authors":[{"name":"Gil","email":"gil@acme.example"}]}`, "[Gil gil@acme.example person]"},
		"package.json":   {`{"author":{"name":"x"},"maintainers":["a@b.example"]}`, "[a a@b.example person] [x  person]"},
		"OWNERS":         {"jan@acme.example\nper-file *.md=x@acme.example\n", "[jan jan@acme.example person] [x x@acme.example person]"},
	} {
		list, err := readerOf(name)([]byte(c.text))
		var got []string
		for _, f := range list {
			got = append(got, fmt.Sprintf("[%s %s %s]", f.Name, f.Email, f.Kind))
		}
		if strings.Join(got, " ") != c.want || err != nil {
			t.Errorf("%s: %v, %v, want %s", name, got, err, c.want)
		}
	}
}

func TestLinuxMaintainers(t *testing.T) {
	text := "Header\n\nNET DRIVERS\nM:\tAnn <ann@acme.example>\nL:\tlist@acme.example\nF:\tdrivers/net/\nX:\tdrivers/net/wifi/\n\nWIFI\nM:\tBo <bo@acme.example>\nF:\tdrivers/net/wifi/*\n\nTHE REST\nM:\tCy <cy@acme.example>\nF:\t*\nF:\t*/\n"
	list, err := readerOf("MAINTAINERS")([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"drivers/net/a/b.c": "Ann", "drivers/net/wifi/x.c": "Bo", "drivers/net/wifi/deep/x.c": "", "README": ""} {
		var got []string
		for _, f := range about(list, file) {
			got = append(got, f.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

func FuzzFiles(f *testing.F) {
	names := []string{"catalog-info.yaml", "OWNERS", "MAINTAINERS", "package.json", "Cargo.toml", "pom.xml", "x.gemspec"}
	f.Add(0, []byte("spec: {owner: 'user:x@y.z'}"))
	f.Add(2, []byte("* A <a@b.c> (@d)"))
	f.Add(2, []byte("\nX\nM: A <a@b.c>\nF: x/*\nX: x/y\n"))
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		list, _ := readerOf(names[uint(i)%uint(len(names))])(data)
		for _, p := range about(list, "x/y/z") {
			if p.Name == "" || email.MatchString(p.Name) {
				t.Errorf("name %q", p.Name)
			}
		}
	})
}

// TestCatchAllOfMany: where each service has a folder, a rule for all files names
// who runs the repository.
func TestCatchAllOfMany(t *testing.T) {
	repo := &fakeRepo{revs: map[string]map[string]string{"": {"CODEOWNERS": "* @acme/platform\n"}}}
	for path, want := range map[string]string{".env": "0.62", "services/orders/.env": "0.35"} {
		owners, _ := resolve(t, New(Options{}), &identity.Query{Repo: repo, Finding: at(path, "")})
		if got := lines(owners); len(got) != 1 || got[0] != "codeowners_default @acme/platform team "+want+" CODEOWNERS:1" {
			t.Errorf("%s: %q", path, got)
		}
	}
}
