package iac

import (
	"bytes"
	"path"
	"strings"
)

// maxInstructions bounds the instructions of a Dockerfile.
const maxInstructions = 5_000

// readDockerfile takes in the image that a Dockerfile builds: the variables and
// files that go into it, the secrets that are mounted while it is built.
func readDockerfile(ix *index, file string, data []byte) {
	o := &object{format: "dockerfile", kind: "image", address: file, path: file, line: 1, end: 1 + bytes.Count(data, []byte("\n")), consumer: "image", label: file}
	instructions(data, func(line, last int, word, rest string) {
		switch word {
		case "ARG":
			for _, a := range strings.Fields(rest) {
				name, _, _ := strings.Cut(a, "=")
				o.use(token("env:"+cut(name)), line, buildArg+cut(name))
			}
			o.built = append(o.built, [2]int{line, last})
		case "ENV":
			name, value, _ := strings.Cut(strings.TrimSpace(rest), "=")
			if before, after, old := strings.Cut(name, " "); old { // ENV NAME VALUE
				name, value = before, after+value
			}
			if strings.Trim(value, `"' `) == "" {
				o.use(token("env:"+cut(name)), line, "env "+cut(name))
			}
			for _, v := range interpolated(value) {
				o.use(token("env:"+v), line, "env "+cut(name))
			}
		case "COPY", "ADD":
			o.copied(file, rest, line)
		case "RUN":
			for _, f := range strings.Fields(rest) {
				if spec, ok := strings.CutPrefix(f, "--mount="); ok && strings.Contains(spec, "type=secret") {
					o.mounted(spec, line)
				}
			}
		case "LABEL":
			name, value, _ := strings.Cut(rest, "=")
			o.tagged(strings.Trim(name, `" `), strings.Trim(value, `" `), line)
		}
	})
	ix.add(o)
}

// copied takes in the files of COPY and ADD. Their paths are relative to what
// is built from: the Dockerfile's folder as a rule, the root at times.
func (o *object) copied(file, args string, line int) {
	fields := strings.Fields(strings.Trim(args, "[]"))
	var sources []string
	for _, f := range fields {
		if strings.HasPrefix(f, "--from") {
			return
		}
		if !strings.HasPrefix(f, "--") {
			sources = append(sources, strings.Trim(f, `",`))
		}
	}
	for _, s := range sources[:max(0, len(sources)-1)] {
		if strings.ContainsAny(s, "*?$") || path.Clean(s) == "." {
			continue
		}
		s = strings.TrimPrefix(s, "/")
		o.use(fileToken(dir(file), s), line, "copied into the image")
		if dir(file) != "" {
			o.use(fileToken("", s), line, "copied into the image")
		}
	}
}

// mounted takes in a secret of a build: type=secret,id=npmrc,env=NPM_TOKEN.
func (o *object) mounted(spec string, line int) {
	for _, kv := range strings.Split(spec, ",") {
		switch k, v, _ := strings.Cut(kv, "="); k {
		case "id":
			o.use(token("env:"+cut(v)), line, "build secret "+cut(v))
			o.use(fileToken("", v), line, "build secret "+cut(v))
		case "env":
			o.use(token("env:"+cut(v)), line, "build secret "+cut(v))
		}
	}
}

// instructions calls each for the instructions of a Dockerfile, joined where a
// line ends with a backslash: from which line to which.
func instructions(data []byte, each func(line, last int, word, rest string)) {
	line, first, joined := 0, 0, ""
	for n := 0; len(data) > 0 && n < maxInstructions; {
		var raw []byte
		raw, data, _ = bytes.Cut(data, []byte("\n"))
		line++
		text := strings.TrimSpace(string(raw[:min(len(raw), 4*maxText)]))
		if text == "" || text[0] == '#' {
			continue
		}
		if joined == "" {
			first = line
		}
		more := strings.HasSuffix(text, `\`)
		if len(joined) < 1<<14 {
			joined += strings.TrimSuffix(text, `\`) + " "
		}
		if more {
			continue
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(joined), " ")
		each(first, line, strings.ToUpper(word), strings.TrimSpace(rest))
		joined = ""
		n++
	}
}

// readProcfile reads Heroku's Procfile: TYPE: COMMAND.
func readProcfile(ix *index, path string, data []byte) {
	instructions(data, func(line, _ int, word, rest string) {
		name, isType := strings.CutSuffix(word, ":")
		if !isType {
			return
		}
		name = strings.ToLower(cut(name))
		o := &object{format: "heroku", kind: "process", address: "process " + name, path: path, line: line, end: line, consumer: "process", label: name}
		for _, v := range interpolated(rest) {
			o.use(token("env:"+v), line, "$"+v)
		}
		ix.add(o)
	})
}
