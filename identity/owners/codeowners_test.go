package owners

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// ownersOf lists the owners of a path, those of several sections in a row.
func ownersOf(f *codeowners, path string) string {
	var out []string
	for _, r := range f.find(path) {
		out = append(out, strings.Join(r.owners, " "))
	}
	return strings.Join(out, "; ")
}

// documented are the examples of the forges' documentation.
var documented = []struct {
	dialect Dialect
	file    string
	want    map[string]string
}{
	{GitHub, `# a comment
*       @global-owner1 @global-owner2
*.js    @js-owner #an inline comment
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
!x @nobody
/a[bc] @nobody
`, map[string]string{
		"README": "@global-owner1 @global-owner2", "a/b/x.js": "@js-owner", "x.go": "docs@example.com", "d/x.txt": "@octo-org/octocats",
		"build/logs/a/b": "@octocat", "docs/a.md": "docs@example.com", "docs/b/c.md": "@global-owner1 @global-owner2",
		"x/apps/y/z": "@octocat", "apps/a": "@octocat", "apps/github": "", "apps/github/x": "", "scripts/x/y": "@doctocat @octocat",
		"deeply/nested/logs/x": "@octocat", "x": "@global-owner1 @global-owner2", "ab": "@global-owner1 @global-owner2",
	}},
	{GitLab, `* @default-codeowner
*.rb @ruby-owner
\#file_with_pound.rb @owner-file-with-pound
CODEOWNERS @multiple @owners	@tab-separated
LICENSE @legal this does not match janedoe@gitlab.com
/docs/ @all-docs
/docs/* @root-docs
/docs/**/*.md @markdown-docs
lib/ @lib-owner
/config/ @@maintainer
path\ with\ spaces/ @space-owner
`, map[string]string{
		"x": "@default-codeowner", "a/.b": "@default-codeowner", "a/x.rb": "@ruby-owner", "#file_with_pound.rb": "@owner-file-with-pound",
		"CODEOWNERS": "@multiple @owners @tab-separated", "LICENSE": "@legal janedoe@gitlab.com", "docs/a/b": "@all-docs", "docs/a": "@root-docs",
		"docs/x/y.md": "@markdown-docs", "a/lib/b/c": "@lib-owner", "config/a/b": "@@maintainer", "path with spaces/x": "@space-owner", "lib": "@default-codeowner",
	}},
	{GitHub, `* @admin
[README Owners]
README.md @user1 @user2
internal/README.md @user4

[README other owners]
README.md @user3
`, map[string]string{"README.md": "@user3; @user1 @user2; @admin", "internal/README.md": "@user3; @user4; @admin", "a/internal/README.md": "@user3; @user4; @admin"}},
	{GitLab, `* @general-approvers

[Documentation][2] @docs-team
docs/
README.md
*.txt

^[Database] @database-team @agarcia
model/db/
config/db/database-setup.md @docs-team
[DOCUMENTATION]
README.md @late
`, map[string]string{
		"model/db/CHANGELOG.txt": "@database-team @agarcia; @docs-team; @general-approvers", "config/db/database-setup.md": "@docs-team; @general-approvers",
		"README.md": "@late; @general-approvers",
	}},
	{GitLab, `* @username
!pom.xml
[Ruby]
*.rb @ruby-team
!/config/**/*.rb
/config/routes.rb @ops
[Section name
x[ab]/y @range
`, map[string]string{"pom.xml": "", "a/pom.xml": "", "x.rb": "@ruby-team; @username", "config/a/x.rb": "@username", "config/routes.rb": "@username", "xa/y": "@range; @username"}},
	{Bitbucket, `* alisha@example.com fred@example.com
@@@MyDevs @Peter ann@scala.example
*.ts @"Paul the JSGuru" @@"Dev Ops Team"
"a/path with spaces/*" @Ann
ci/* @devops
*.scala @workspace-slug/reviewer-group:random(2)  # an inline comment
frontend/** @@MyDevs
!frontend/*/tests/**
`, map[string]string{
		"x": "alisha@example.com fred@example.com", "b/x.ts": `@"Paul the JSGuru" @@"Dev Ops Team"`, "a/path with spaces/x": "@Ann", "ci/x": "@devops",
		"ci/a/x": "alisha@example.com fred@example.com", "x.scala": "@workspace-slug/reviewer-group:random(2)", "frontend/a/b": "@@MyDevs", "frontend/a/tests/x": "",
	}},
}

func TestDocumentedExamples(t *testing.T) {
	for i, c := range documented {
		f := parseCodeowners([]byte(c.file), c.dialect)
		for path, want := range c.want {
			if got := ownersOf(f, path); got != want {
				t.Errorf("example %d: %s belongs to %q, want %q", i, path, got, want)
			}
		}
	}
}

func TestLinesThatMakeNoSenseAreNoted(t *testing.T) {
	f := parseCodeowners([]byte(documented[0].file), GitHub)
	if fmt.Sprint(f.lost) != "[line 13: GitHub knows neither \"!\" nor \"[ ]\" line 14: GitHub knows neither \"!\" nor \"[ ]\"]" {
		t.Errorf("%q", f.lost)
	}
}

func TestOwnersAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"@acme/payments": "@acme/payments team ", "@jane": "@jane person ", "jane.doe@acme.example": "jane.doe person jane.doe@acme.example",
		"payments-team@acme.example": "payments-team team payments-team@acme.example", `@@"Dev Ops Team"`: "@@Dev Ops Team team ",
		"@w/group:random(2)": "@w/group team ", "@@maintainers": "@@maintainers team ",
	} {
		o := named(text, GitHub)
		if got := o.Name + " " + o.Kind + " " + o.Email; got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// TestPatternsAreGits compares with git check-ignore, which has the rules that
// GitHub's come from, for patterns where the two agree.
func TestPatternsAreGits(t *testing.T) {
	dir := t.TempDir()
	paths := []string{"a", "a/b", "a/b/c", "b", "b/a", "x/a/b", "a.c", "x/a.c", "a/x/y/c", "ab/c", "b/b/a/c"}
	git := exec.Command("git", "init", "-q", dir)
	if err := git.Run(); err != nil {
		t.Skip(err)
	}
	for _, pat := range []string{"a", "/a", "a/", "/a/", "a/b", "*.c", "/*.c", "**/a", "a/**", "a/**/c", "*/a", "a?c", "**", "b/*/c", "/b/**/a/", "ab", "a*/"} {
		if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(pat+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		f := parseCodeowners([]byte(pat+" @x\n"), GitHub)
		for _, path := range paths {
			if strings.HasSuffix(pat, "/") && !strings.Contains(path, "/") {
				continue // git does not know that it is a file
			}
			cmd := exec.Command("git", "check-ignore", "-q", "--no-index", path)
			cmd.Dir = dir
			want := cmd.Run() == nil
			if got := ownersOf(f, path) != ""; got != want {
				t.Errorf("%q and %q: %v, git says %v", pat, path, got, want)
			}
		}
	}
}

func FuzzCodeowners(f *testing.F) {
	for _, c := range documented {
		f.Add([]byte(c.file), "docs/a/b.md")
	}
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		for _, d := range []Dialect{GitHub, GitLab, Bitbucket} {
			for _, r := range parseCodeowners(data, d).find(path) {
				for _, o := range r.owners {
					if n := named(o, d); n.Name == "" || strings.Contains(n.Name, "@") && !strings.HasPrefix(n.Name, "@") {
						t.Errorf("%q is called %q", o, n.Name)
					}
				}
			}
		}
	})
}

// TestOfTooManyRulesTheLastCount: the last rule that fits is the one that counts, so
// it is the first that can be left out.
func TestOfTooManyRulesTheLastCount(t *testing.T) {
	for _, more := range []int{1, maxRules - 1, maxRules, maxRules + 7} {
		text := "/first @first\n" + strings.Repeat("/x @x\n", maxRules-2+more) + "/last @last\n"
		f := parseCodeowners([]byte(text), GitHub)
		if got := ownersOf(f, "last"); got != "@last" {
			t.Errorf("%d more: %q", more, got)
		}
		if got := ownersOf(f, "first"); got != "" || len(f.rules) != maxRules || len(f.lost) != 1 || !strings.Contains(f.lost[0], fmt.Sprintf("line %d: there are too many rules", more)) {
			t.Errorf("%d more: first %q, %d rules, %q", more, got, len(f.rules), f.lost)
		}
	}
	if f := parseCodeowners([]byte("/first @first\n"+strings.Repeat("/x @x\n", maxRules-1)), GitHub); ownersOf(f, "first") != "@first" || len(f.lost) > 0 {
		t.Errorf("as many as there may be: %q", f.lost)
	}
}

// TestBracesOfManyAlternatives: a line whose braces stand for more than all of its bytes.
func TestBracesOfManyAlternatives(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f := parseCodeowners([]byte("@@@a @a\n/{"+strings.Repeat(",", 20_000)+"}"+strings.Repeat("x", 20_000)+" @a\n"), Bitbucket)
	if runtime.ReadMemStats(&after); len(f.rules) != 1 || after.TotalAlloc-before.TotalAlloc > 64<<20 {
		t.Errorf("%d rules, %d MiB", len(f.rules), (after.TotalAlloc-before.TotalAlloc)>>20)
	}
}
