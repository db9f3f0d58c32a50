package iac

import (
	"strings"
)

// readCompose reads a file of the Compose Specification.
func readCompose(ix *index, path string, data []byte) {
	ix.documents(path, data, nil, func(doc *node, end int) {
		services := pairs(get(doc, "services"))
		for i, s := range services {
			last := lastLine(s.Value, 0)
			if i+1 < len(services) && services[i+1].Key.Line > s.Key.Line {
				last = services[i+1].Key.Line - 1
			}
			ix.compose.add(composeService{path, s.Key, s.Value, last})
		}
		ix.compose.define(path, doc)
		for _, n := range list(get(doc, "include")) {
			if isMap(n) {
				n = get(n, "path")
			}
			for _, e := range list(n) {
				ix.compose.wants(join(dir(path), text(e)), true)
			}
		}
		for _, what := range []string{"secrets", "configs"} {
			for _, p := range pairs(get(doc, what)) {
				o := &object{format: "compose", kind: strings.TrimSuffix(what, "s"), address: what + "." + cut(p.Key.Value), path: path, line: p.Key.Line, end: lastLine(p.Value, 0)}
				o.offer(token("compose:" + path + ":" + what + "." + cut(p.Key.Value)))
				o.use(fileToken(dir(path), text(get(p.Value, "file"))), p.Key.Line, o.address)
				o.use(token("env:"+cut(text(get(p.Value, "environment")))), p.Key.Line, o.address)
				ix.add(o)
			}
		}
	})
}

// mounts takes in the files, secrets and labels of a compose service that stand in a
// file, which need not be its own: only where lines are is then said of its own.
func (ix *index) mounts(o *object, path string, n *node) {
	at := func(line int) int {
		if path != o.path {
			return o.line
		}
		return line
	}
	for _, f := range list(get(n, "env_file")) {
		file := text(f)
		if isMap(f) {
			file = text(get(f, "path"))
		}
		o.use(fileToken(dir(path), file), at(f.Line), "env_file")
	}
	for _, what := range []string{"secrets", "configs"} {
		for _, s := range list(get(n, what)) {
			source := text(s)
			if isMap(s) {
				source = text(get(s, "source"))
			}
			o.use(token("compose:"+path+":"+what+"."+cut(source)), at(s.Line), what+" "+cut(source))
		}
	}
	for _, v := range list(get(n, "volumes")) {
		source, _, mounted := strings.Cut(text(v), ":")
		if isMap(v) {
			source, mounted = text(get(v, "source")), true
		}
		if mounted && strings.HasPrefix(source, ".") {
			o.use(fileToken(dir(path), source), at(v.Line), "volume")
		}
	}
	for _, e := range environment(get(n, "build", "args")) {
		o.use(token("env:"+e.name), at(e.line), "build arg "+e.name)
	}
	for _, l := range environment(get(n, "labels")) {
		o.tagged(l.name, l.value, at(l.line))
	}
	scalars(n, maxSteps, func(keys []string, v *node) bool {
		for _, name := range interpolated(v.Value) {
			o.use(token("env:"+name), at(v.Line), "$"+name)
		}
		return true
	})
}

type assignment struct {
	name, value string
	line        int
}

// environment reads variables that are a mapping or a list of NAME=VALUE.
func environment(n *node) (out []assignment) {
	for _, p := range pairs(n) {
		out = append(out, assignment{cut(p.Key.Value), cut(text(p.Value)), p.Key.Line})
	}
	if isList(n) {
		for _, e := range list(n) {
			name, value, _ := strings.Cut(text(e), "=")
			out = append(out, assignment{cut(name), cut(value), e.Line})
		}
	}
	return out
}

// readServerless reads the Serverless Framework's serverless.yml.
func readServerless(ix *index, path string, data []byte) {
	ix.documents(path, data, nil, func(doc *node, end int) {
		service := cut(text(get(doc, "service")))
		if service == "" {
			service = cut(text(get(doc, "service", "name")))
		}
		whole := &object{format: "serverless", kind: "service", address: "service." + service, path: path, line: doc.Line, end: end, consumer: "serverless service", label: service}
		for _, p := range append(pairs(get(doc, "provider", "tags")), pairs(get(doc, "provider", "stackTags"))...) {
			whole.tagged(p.Key.Value, cut(text(p.Value)), p.Key.Line)
		}
		whole.serverlessValues(path, get(doc, "provider"))
		whole.serverlessValues(path, get(doc, "custom"))
		ix.add(whole)
		for _, f := range pairs(get(doc, "functions")) {
			o := &object{format: "serverless", kind: "function", address: "functions." + cut(f.Key.Value), path: path, line: f.Key.Line, end: lastLine(f.Value, 0), consumer: "function", label: service + "/" + cut(f.Key.Value)}
			o.serverlessValues(path, f.Value)
			for _, p := range pairs(get(f.Value, "tags")) {
				o.tagged(p.Key.Value, cut(text(p.Value)), p.Key.Line)
			}
			ix.add(o)
		}
	})
}

// serverlessValues takes in the variables ${env:NAME}, ${ssm:PATH} and
// ${file(PATH)}, and the names of environment variables.
func (o *object) serverlessValues(path string, n *node) {
	scalars(n, maxSteps, func(keys []string, v *node) bool {
		at := ""
		if len(keys) > 1 && keys[len(keys)-2] == "environment" {
			at = keys[len(keys)-1]
			if v.Value == "" || strings.Contains(v.Value, "${") && !strings.Contains(v.Value, "${env:") { // else it has another value
				o.use(token("env:"+cut(at)), v.Line, "env "+cut(at))
			}
		}
		for rest := v.Value; ; {
			_, after, found := strings.Cut(rest, "${")
			if !found {
				return true
			}
			expr, _, _ := strings.Cut(after, "}")
			expr, _, _ = strings.Cut(expr, ",")
			switch source, arg, _ := strings.Cut(strings.TrimSpace(expr), ":"); {
			case source == "env":
				o.use(token("env:"+cut(arg)), v.Line, "env "+cut(arg))
			case source == "ssm" || strings.HasPrefix(source, "ssm(") || source == "sm":
				o.use(storeToken(arg), v.Line, "ssm "+cut(arg))
			case strings.HasPrefix(source, "file("):
				name, _, _ := strings.Cut(source[len("file("):], ")")
				o.use(fileToken(dir(path), name), v.Line, "file "+cut(name))
			}
			rest = after
		}
	})
}

// readAppJSON reads Heroku's app.json.
func readAppJSON(ix *index, path string, data []byte) {
	ix.documents(path, data, nil, func(doc *node, end int) {
		env := pairs(get(doc, "env"))
		if len(env) == 0 {
			return
		}
		o := &object{format: "heroku", kind: "app", address: "app " + cut(text(get(doc, "name"))), path: path, line: doc.Line, end: end, consumer: "app", label: cut(text(get(doc, "name")))}
		for _, p := range env {
			o.use(token("env:"+cut(p.Key.Value)), p.Key.Line, "env "+cut(p.Key.Value))
		}
		ix.add(o)
	})
}
