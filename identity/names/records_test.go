package names

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// pair is a field of an app.
type pair struct{ name, value string }

// apps are some apps of Entra, with the fields in an order.
func apps(n int, order ...string) (out [][]pair) {
	for i := range n {
		values := map[string]string{
			"tenant_id":     strings.Repeat(fmt.Sprint(i+1), 8) + "-2222-4333-8444-555555555555",
			"client_id":     strings.Repeat(string("abc"[i]), 8) + "-1111-4aaa-8aaa-aaaaaaaaaaaa",
			"client_secret": fmt.Sprintf("%s%d", secret, i),
		}
		var app []pair
		for _, name := range order {
			app = append(app, pair{name, values[name]})
		}
		out = append(out, app)
	}
	return out
}

// write is a form of settings: one app, and a text of some.
type write func(apps [][]pair) string

// each writes apps one by one, with something around and between them.
func each(begin, between, end string, app func(i int, fields []pair) string) write {
	return func(apps [][]pair) string {
		var out []string
		for i, a := range apps {
			out = append(out, app(i, a))
		}
		return begin + strings.Join(out, between) + end
	}
}

// lines are the fields of an app, each in a form, with what stands between.
func lines(format, between string, name func(i int, name string) string) func(int, []pair) string {
	return func(i int, fields []pair) string {
		var out []string
		for _, f := range fields {
			out = append(out, fmt.Sprintf(format, name(i, f.name), f.value))
		}
		return strings.Join(out, between)
	}
}

func plainName(_ int, name string) string { return name }

func upper(_ int, name string) string { return "AZURE_" + strings.ToUpper(name) }

// word is the name of an app.
func word(i int) string { return []string{"alpha", "beta", "gamma"}[i] }

func prefixed(i int, name string) string { return strings.ToUpper(word(i) + "_" + name) }

func dotted(i int, name string) string {
	return "azure." + word(i) + "." + strings.ReplaceAll(name, "_", "-")
}

// block writes an app's fields between a head, with the app's name, and an end.
func block(head, end string, fields func(int, []pair) string) func(int, []pair) string {
	return func(i int, app []pair) string {
		return strings.ReplaceAll(head, "NAME", word(i)) + fields(i, app) + end
	}
}

func jsonText(indent string, list bool, more ...string) write {
	return func(apps [][]pair) string {
		var all []string
		for i, a := range apps {
			object := "{" + strings.Join(func() (out []string) {
				for _, f := range a {
					out = append(out, fmt.Sprintf("%q:%q", f.name, f.value))
				}
				return out
			}(), ",") + "}"
			if !list {
				object = fmt.Sprintf("%q:%s", word(i), object)
			}
			all = append(all, object)
		}
		text := "[" + strings.Join(all, ",") + "]"
		if !list {
			text = "{" + strings.Join(all, ",") + "}"
		}
		if len(more) > 0 {
			text = `{"version":1,"apps":` + text + `}`
		}
		if indent != "" {
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetIndent("", indent)
			e.Encode(json.RawMessage(text))
			text = b.String()
		}
		return text
	}
}

// forms are the ways in which several apps stand in one file.
var forms = map[string]write{
	"json list":             jsonText("", true),
	"json list, pretty":     jsonText("  ", true),
	"json list, tabs":       jsonText("\t", true),
	"json map":              jsonText("", false),
	"json map, pretty":      jsonText("    ", false),
	"json in json":          jsonText("", true, "apps"),
	"json in json, pretty":  jsonText("  ", false, "apps"),
	"json lines":            each("", "\n", "\n", block("{", "}", lines("%q: %q", ", ", plainName))),
	"yaml list":             each("apps:\n", "", "", block("- ", "\n", lines("%s: %s", "\n  ", plainName))),
	"yaml list, indented":   each("apps:\n", "", "", block("  - ", "\n", lines("%s: %s", "\n    ", plainName))),
	"yaml list, named":      each("apps:\n", "", "", block("  - name: NAME\n    ", "\n", lines("%s: %s", "\n    ", plainName))),
	"yaml list, nested":     each("apps:\n", "", "", block("  - name: NAME\n    azure:\n      ", "\n", lines("%s: %s", "\n      ", plainName))),
	"yaml map":              each("apps:\n", "", "", block("  NAME:\n    ", "\n", lines("%s: \"%s\"", "\n    ", plainName))),
	"yaml map, blank lines": each("", "\n", "", block("NAME:\n  ", "\n", lines("%s: %s", "\n  ", plainName))),
	"yaml flow list":        each("apps:\n", "\n", "\n", block("- {", "}", lines("%s: %s", ", ", plainName))),
	"yaml flow map":         each("", "\n", "\n", block("NAME: {", "}", lines("%s: %s", ", ", plainName))),
	"kubernetes":            each("", "---\n", "", block("apiVersion: v1\nkind: Secret\nmetadata:\n  name: NAME\nstringData:\n  ", "\n", lines("%s: %s", "\n  ", upper))),
	"kubernetes env": each("spec:\n  containers:\n", "", "", block("  - name: NAME\n    env:\n", "\n",
		lines("    - name: %s\n      value: %s", "\n", upper))),
	"compose":               each("services:\n", "", "", block("  NAME:\n    image: x\n    environment:\n      ", "\n", lines("%s: %s", "\n      ", upper))),
	"compose, list":         each("services:\n", "", "", block("  NAME:\n    image: x\n    environment:\n    - ", "\n", lines("%s=%s", "\n    - ", upper))),
	"compose, quoted list":  each("services:\n", "", "", block("  NAME:\n    image: x\n    environment:\n      - \"", "\"\n", lines("%s=%s", "\"\n      - \"", upper))),
	"ini":                   each("", "", "", block("[NAME]\n", "\n", lines("%s = %s", "\n", plainName))),
	"ini, blank lines":      each("", "\n", "", block("[NAME]\n", "\n", lines("%s=%s", "\n", plainName))),
	"ini, indented":         each("", "", "", block("[azure \"NAME\"]\n\t", "\n", lines("%s = %s", "\n\t", plainName))),
	"toml tables":           each("title = \"x\"\n\n", "\n", "", block("[apps.NAME]\n", "\n", lines("%s = %q", "\n", plainName))),
	"toml list":             each("", "\n", "", block("[[apps]]\nname = \"NAME\"\n", "\n", lines("%s = %q", "\n", plainName))),
	"toml list of tables":   each("", "\n", "", block("[[apps]]\nname = \"NAME\"\n[apps.azure]\n", "\n", lines("%s = %q", "\n", plainName))),
	"toml inline":           each("[apps]\n", "\n", "\n", block("NAME = { ", " }", lines("%s = %q", ", ", plainName))),
	"tfvars map":            each("apps = {\n", "", "}\n", block(" NAME = {\n  ", "\n }\n", lines("%s = %q", "\n  ", plainName))),
	"tfvars list":           each("apps = [\n", ",\n", "\n]\n", block(" {\n  ", "\n }", lines("%s = %q", "\n  ", plainName))),
	"tfvars list, one line": each("apps = [", ", ", "]\n", block("{ ", " }", lines("%s = %q", ", ", plainName))),
	"terraform":             each("", "\n\n", "\n", block("provider \"azuread\" {\n  alias = \"NAME\"\n  ", "\n}", lines("%s = %q", "\n  ", plainName))),
	"env, prefixes":         each("", "\n", "\n", lines("%s=%s", "\n", prefixed)),
	"env, prefixes, blanks": each("", "\n\n", "\n", lines("%s=%s", "\n", prefixed)),
	"env, export":           each("", "\n", "\n", lines("export %s='%s'", "\n", prefixed)),
	"env, same names":       each("", "\n\n", "\n", lines("%s=%s", "\n", upper)),
	"env, same, no blanks":  each("", "\n", "\n", lines("%s=%s", "\n", upper)),
	"env, comments":         each("# a\n", "\n# b\n", "\n", lines("%s=%s", "\n", upper)),
	"shell, one line":       each("", " ./a; ", " ./b\n", lines("%s=%s", " ", upper)),
	"shell, lines":          each("", " ./a\n", " ./b\n", lines("%s=%s", " ", upper)),
	"properties":            each("", "\n", "\n", lines("%s=%s", "\n", dotted)),
	"properties, spaces":    each("", "\n\n", "\n", lines("%s = %s", "\n", dotted)),
	"appsettings":           each("{\n", ",\n", "\n}\n", block("  \"NAME\": {\n    ", "\n  }", lines("%q: %q", ",\n    ", plainName))),
	"xml attributes":        each("<apps>\n", "\n", "\n</apps>\n", block("  <app ", "/>", lines("%s=%q", " ", plainName))),
	"xml, minified":         each("<apps>", "", "</apps>", block("<app ", "/>", lines("%s=%q", " ", plainName))),
	"xml elements": each("<apps>\n", "\n", "\n</apps>\n", block("  <NAME>\n", "\n  </NAME>", func(i int, a []pair) string {
		var out []string
		for _, f := range a {
			out = append(out, fmt.Sprintf("    <%s>%s</%s>", f.name, f.value, f.name))
		}
		return strings.Join(out, "\n")
	})),
	"csv":                table(",", ""),
	"csv, quoted":        table(",", `"`),
	"tsv":                table("\t", ""),
	"semicolons":         table(";", ""),
	"python":             each("", "\n\n", "\n", block("def NAME():\n    ", "\n    return 1\n", lines("%s = %q", "\n    ", plainName))),
	"javascript":         each("module.exports = {\n", ",\n", "\n};\n", block("  NAME: {\n    ", "\n  }", lines("%s: '%s'", ",\n    ", plainName))),
	"json in a variable": func(apps [][]pair) string { return "APPS='" + jsonText("", true)(apps) + "'\n" },
}

// table writes a row for each app under a line of names.
func table(sep, quote string) write {
	return func(apps [][]pair) string {
		var rows []string
		for i, a := range apps {
			var names, values []string
			for _, f := range a {
				names, values = append(names, quote+f.name+quote), append(values, quote+f.value+quote)
			}
			if i == 0 {
				rows = append(rows, strings.Join(names, sep))
			}
			rows = append(rows, strings.Join(values, sep))
		}
		return strings.Join(rows, "\n") + "\n"
	}
}

// askAt is what is said of one of several credentials in a text.
func askAt(t *testing.T, text string, i int) []string {
	t.Helper()
	mark := fmt.Sprintf("%s%d", secret, i)
	start := strings.Index(text, mark)
	f := &leak.Finding{Rule: leak.RuleInfo{ID: "entra-client-secret", Provider: "azure"}, Locations: []leak.Location{{Kind: leak.KindBlob, Path: "x"}}}
	q := &identity.Query{Finding: f, Places: []identity.Place{{Location: f.Locations[0], Text: []byte(text), Start: start, End: start + len(mark), FirstLine: 1}}}
	return ask(t, q)
}

// TestRecords: each of several apps in a file has its own tenant and id, whatever the
// file's form and the order of the fields.
func TestRecords(t *testing.T) {
	for name, form := range forms {
		for _, n := range []int{2, 3} {
			for _, order := range [][]string{{"tenant_id", "client_id", "client_secret"}, {"client_secret", "client_id", "tenant_id"}, {"client_id", "client_secret", "tenant_id"}} {
				all := apps(n, order...)
				for _, end := range []string{"\n", "\r\n"} {
					text := strings.ReplaceAll(form(all), "\n", end)
					for i := range n {
						want := map[string]string{}
						for _, f := range all[i] {
							want[strings.TrimSuffix(strings.Replace(f.name, "client_id", "id", 1), "_id")] = f.value
						}
						got := askAt(t, text, i)
						for _, claim := range []string{"tenant", "id"} {
							if w := claim + "=" + want[claim] + " 0.9"; !slices.Contains(got, w) {
								t.Errorf("%s, %d apps, %v: of app %d %q, want %s\n%s", name, n, order, i, got, w, text)
								break
							}
						}
						for _, g := range got {
							if (strings.HasPrefix(g, "tenant=") || strings.HasPrefix(g, "id=")) && !strings.Contains(g, want["tenant"]) && !strings.Contains(g, want["id"]) {
								t.Errorf("%s, %d apps, %v: of app %d %q\n%s", name, n, order, i, got, text)
							}
						}
					}
				}
			}
		}
	}
}

// TestRecordsWithout: an app that lacks a field has none of another's; one of the
// record around all counts for all, with less.
func TestRecordsWithout(t *testing.T) {
	for name, form := range forms {
		if strings.HasPrefix(name, "env, same") || strings.HasPrefix(name, "env, comm") || strings.HasPrefix(name, "shell") || strings.Contains(name, "csv") || name == "tsv" || name == "semicolons" {
			continue // nothing says where one ends, or a row is without
		}
		all := apps(2, "tenant_id", "client_id", "client_secret")
		all[1] = all[1][1:]
		for _, g := range askAt(t, form(all), 1) {
			if strings.HasPrefix(g, "tenant=") && !strings.HasSuffix(g, " 0.3") {
				t.Errorf("%s: %s\n%s", name, g, form(all))
			}
		}
	}
	const tenant = "11111111-2222-4333-8444-555555555555"
	for name, text := range map[string]string{
		"yaml":     "tenant_id: " + tenant + "\napps:\n- name: a\n  client_secret: S3CR3T0\n- name: b\n  client_secret: S3CR3T1\n",
		"json":     `{"tenant_id":"` + tenant + `","apps":[{"client_secret":"S3CR3T0"},{"client_secret":"S3CR3T1"}]}`,
		"json map": `{"apps":{"a":{"client_secret":"S3CR3T0"},"b":{"client_secret":"S3CR3T1"}},"tenant_id":"` + tenant + `"}`,
		"toml":     "tenant_id = \"" + tenant + "\"\n[a]\nclient_secret = \"S3CR3T0\"\n[b]\nclient_secret = \"S3CR3T1\"\n",
		"env":      "AZURE_TENANT_ID=" + tenant + "\n\nA_CLIENT_SECRET=S3CR3T0\n\nB_CLIENT_SECRET=S3CR3T1\n",
		"tfvars":   "tenant_id = \"" + tenant + "\"\napps = {\n a = {\n  client_secret = \"S3CR3T0\"\n }\n b = {\n  client_secret = \"S3CR3T1\"\n }\n}\n",
		"ini":      "[DEFAULT]\ntenant_id = " + tenant + "\n[a]\nclient_secret = S3CR3T0\n[b]\nclient_secret = S3CR3T1\n",
	} {
		for i := range 2 {
			if got := askAt(t, text, i); !slices.Contains(got, "tenant="+tenant+" 0.75") {
				t.Errorf("%s: of app %d %q", name, i, got)
			}
		}
	}
}
