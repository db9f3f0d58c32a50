package names

import (
	"path"
	"strings"
)

// holders are folders whose subfolders are environments.
var holders = set("env envs environment environments overlays stages stage deploy deployments clusters accounts live config inventories tenants")

// services are folders whose subfolders are services.
var services = set("services service svc apps applications microservices packages charts projects functions lambdas")

// inner are folders in a service, and in anything.
var inner = set("src lib app config conf common shared internal utils util core base templates template views controllers models main scripts bin")

// fixtures are folders of tests, examples and documentation.
var fixtures = set(`test tests testdata __tests__ __mocks__ __fixtures__ spec specs fixture fixtures example examples sample samples demo demos doc docs
	mock mocks e2e testing testutil testutils unittest unittests integration-tests`)

// PathEnvironment returns the environment that a path says, and the part of it
// that does: envs/prod/, overlays/staging, config/production.yml, .env.dev.
func PathEnvironment(p string) (env, where string) {
	segments := strings.Split(p, "/")
	name := segments[len(segments)-1]
	for i, seg := range segments[:len(segments)-1] {
		seg = strings.ToLower(seg)
		held := i > 0 && holders[strings.ToLower(segments[i-1])]
		e := environments[seg]
		switch {
		case e == "", !held && (e == "test" || seg == "live" || seg == "demo"): // of tests, or of anything
		case held, env == "":
			env, where = e, seg+"/"
		}
		if held && e == "" && Environment(seg) != "" { // envs/acme-prod/
			env, where = Environment(seg), seg+"/"
		}
	}
	if env == "" {
		env, where = fileEnvironment(name), name
	}
	return env, where
}

// fileEnvironment looks at a file's name: the environment is all of it, or a
// part of it between dots and dashes at the beginning or the end.
func fileEnvironment(name string) string {
	stem := strings.ToLower(name)
	if !strings.HasPrefix(stem, ".env") {
		stem = strings.TrimSuffix(stem, path.Ext(stem))
	}
	parts := strings.FieldsFunc(stem, func(r rune) bool { return r == '.' || r == '-' || r == '_' })
	if len(parts) == 0 || isTestFile(name) {
		return ""
	}
	for _, w := range []string{parts[len(parts)-1], parts[0]} {
		if e := environments[w]; e != "" && (len(parts) == 1 || e != "test" || strings.HasPrefix(stem, ".env")) && w != "live" {
			return e
		}
	}
	return ""
}

// isTestFile knows the names that the languages' test runners look for.
func isTestFile(name string) bool {
	name = strings.ToLower(name)
	stem := strings.TrimSuffix(name, path.Ext(name))
	return strings.HasSuffix(stem, "_test") || strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, ".spec") || strings.HasSuffix(stem, "_spec") || strings.HasPrefix(stem, "test_") && path.Ext(name) == ".py"
}

// Fixture reports whether a path looks like a test, an example or
// documentation.
func Fixture(p string) bool {
	segments := strings.Split(strings.ToLower(p), "/")
	name := segments[len(segments)-1]
	for _, seg := range segments[:len(segments)-1] {
		if fixtures[seg] {
			return true
		}
	}
	for _, end := range []string{".example", ".sample", ".template", ".dist", ".md", ".rst", ".adoc"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return isTestFile(name) || strings.HasPrefix(name, "example.") || strings.HasPrefix(name, "sample.")
}

// PathService returns the service that a path says: services/payments/.env.
func PathService(p string) string {
	segments := strings.Split(p, "/")
	for i := len(segments) - 2; i > 0; i-- {
		name := strings.ToLower(segments[i])
		if services[strings.ToLower(segments[i-1])] && !services[name] && !inner[name] && !fixtures[name] && environments[name] == "" && len(name) > 1 && len(name) <= 60 {
			return name
		}
	}
	return ""
}
