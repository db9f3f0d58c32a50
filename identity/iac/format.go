package iac

import (
	"bytes"
	"path"
	"strings"
)

// A format is a kind of file that declares things.
type format struct {
	// is says by a file's path whether it may be one; lower is its base name in
	// lower case.
	is func(path, lower string) bool
	// words are what the file must hold one of to be parsed; none means all.
	words [][]byte
	read  func(ix *index, path string, data []byte)
}

func (f *format) wanted(data []byte) bool {
	for _, w := range f.words {
		if bytes.Contains(data, w) {
			return true
		}
	}
	return len(f.words) == 0
}

func words(list ...string) (out [][]byte) {
	for _, w := range list {
		out = append(out, []byte(w))
	}
	return out
}

func hasSuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

func isYAML(lower string) bool { return hasSuffix(lower, ".yaml", ".yml") }

// formats are tried in order; the first that may be it reads the file.
var formats = []*format{
	{func(_, b string) bool { return hasSuffix(b, ".tf", ".tofu") },
		words("resource", "variable", "module", "locals", "output", "provider"), readTerraform},
	{func(_, b string) bool { return hasSuffix(b, ".tfvars") }, nil, readVariables},
	{func(_, b string) bool { return hasSuffix(b, ".tf.json", ".tofu.json") }, words(`"resource"`, `"variable"`, `"module"`), readTerraformJSON},
	{func(_, b string) bool { return hasSuffix(b, ".tfstate", ".tfstate.backup") }, nil, readState},
	{func(_, b string) bool { return hasSuffix(b, ".bicep") }, words("resource"), readBicep},
	{isDockerfile, nil, readDockerfile},
	{func(_, b string) bool { return b == "procfile" }, words("$"), readProcfile},
	{func(_, b string) bool { return b == "app.json" }, words(`"env"`), readAppJSON},
	{isCompose, words("services", "include"), readCompose},
	{func(_, b string) bool { return b == "serverless.yml" || b == "serverless.yaml" }, words("service"), readServerless},
	{isPulumi, nil, readPulumi},
	{func(_, b string) bool { return b == "chart.yaml" }, nil, readChart},
	{isTemplate, words("{{", "kind:"), readTemplate},
	{func(_, b string) bool { return isKustomization(b) }, nil, readKustomization},
	{func(_, b string) bool { return isYAML(b) || strings.HasSuffix(b, ".json") },
		words("kind:", `"kind"`, "AWS::", "Resources"), readManifest},
}

// formatOf returns the format of a path, nil if it is none.
func formatOf(path string) *format {
	lower := strings.ToLower(base(path))
	if !mayDeclare(lower) {
		return nil
	}
	for _, f := range formats {
		if f.is(path, lower) {
			if skipped(path) {
				return nil
			}
			return f
		}
	}
	return nil
}

// mayDeclare reports whether a file of that name can be of one of the formats: it is
// asked of all files that a repository has.
func mayDeclare(lower string) bool {
	switch lower[strings.LastIndexByte(lower, '.')+1:] {
	case "tf", "tofu", "tfvars", "json", "tfstate", "backup", "bicep", "yaml", "yml", "dockerfile", "containerfile", "procfile", "kustomization":
		return true
	}
	return strings.HasPrefix(lower, "dockerfile.")
}

// skipped are folders of other people's code, and files that are made by
// package managers: large, many and of no interest.
func skipped(path string) bool {
	for _, part := range strings.Split(dir(path), "/") {
		switch part {
		case "node_modules", ".terraform", ".git", "vendor", "bower_components", "__snapshots__", "locale", "locales":
			return true
		}
	}
	switch base(path) {
	case "package.json", "package-lock.json", "composer.lock", "composer.json", "tsconfig.json", "pnpm-lock.yaml", "manifest.json":
		return true
	}
	return false
}

func isDockerfile(_, lower string) bool {
	return lower == "dockerfile" || lower == "containerfile" || strings.HasPrefix(lower, "dockerfile.") || hasSuffix(lower, ".dockerfile")
}

func isCompose(_, lower string) bool {
	return isYAML(lower) && (strings.HasPrefix(lower, "docker-compose") || strings.HasPrefix(lower, "compose.") || strings.HasPrefix(lower, "compose-"))
}

func isPulumi(_, lower string) bool {
	return isYAML(lower) && (strings.HasPrefix(lower, "pulumi."))
}

// isTemplate reports whether a path is a template of a Helm chart.
func isTemplate(path, lower string) bool {
	return isYAML(lower) && strings.Contains("/"+dir(path)+"/", "/templates/")
}

func isKustomization(lower string) bool {
	return lower == "kustomization.yaml" || lower == "kustomization.yml" || lower == "kustomization"
}

// join resolves a path that a file in folder names. It is "" if that leads
// out of the tree.
func join(folder, name string) string {
	name = strings.TrimPrefix(strings.TrimSpace(name), "file://")
	if name == "" || len(name) > maxText || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~") || strings.Contains(name, "://") {
		return ""
	}
	p := path.Join(folder, name)
	if p == "." || strings.HasPrefix(p, "../") || p == ".." {
		return ""
	}
	return p
}

// fileToken is the token of a file, named from a folder.
func fileToken(folder, name string) token {
	if p := join(folder, name); p != "" {
		return token("file:" + p)
	}
	return ""
}
