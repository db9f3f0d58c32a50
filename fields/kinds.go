package fields

import (
	"fmt"
	"strings"
)

// stateField is for states of Terraform and OpenTofu, of version 4, and 3 that had
// modules.
func stateField(f *file, w way) string {
	if !strings.Contains(f.base, ".tfstate") && !(w.is(0, "resources") && w.find(4, "attributes") == 4) {
		return ""
	}
	if w.is(0, "outputs") && len(w) > 1 {
		return called("output", w[1].key)
	}
	i := w.find(0, "attributes")
	if i < 0 || i+1 >= len(w) {
		return ""
	}
	what := called("attribute", strings.TrimPrefix(w[i+1].key, "value."))
	for k := i - 1; k >= 0; k-- {
		if kind, name := w.said(k, "type"), w.said(k, "name"); kind != "" && name != "" {
			if module := w.said(k, "module"); module != "" {
				kind = module + "." + kind
			}
			return of(what, kind+"."+name)
		}
		if w.is(k, "resources") && k+1 < len(w) { // "aws_db_instance.main"
			return of(what, short(w[k+1].key))
		}
	}
	return what
}

// registryField is for log-ins of Docker.
func registryField(f *file, w way) string {
	switch {
	case w.is(0, "auths") && len(w) == 3:
		return of(short(w[2].key), called("registry", w[1].key))
	case f.base == ".dockercfg" && len(w) == 2:
		return of(short(w[1].key), called("registry", w[0].key))
	}
	return ""
}

// notebookField is for Jupyter: nbformat 4, and 3 with worksheets.
func notebookField(f *file, w way) string {
	if !strings.HasSuffix(f.base, ".ipynb") {
		return ""
	}
	i := w.find(0, "cells")
	cell := w.element(i + 1)
	switch {
	case i < 0 || cell == 0:
		return ""
	case w.is(i+2, "outputs"):
		return fmt.Sprintf("output of cell %d", cell)
	case w.is(i+2, "source", "input"):
		return fmt.Sprintf("source of cell %d", cell)
	}
	return fmt.Sprintf("cell %d", cell)
}

// clusterField is for kubeconfig files.
func clusterField(f *file, w way) string {
	if !w.is(0, "users") || w.element(1) == 0 || !w.is(2, "user") {
		return ""
	}
	return of(w.last(), called("user", w.said(2, "name")))
}

// composeField is for what containers get: Kubernetes and Docker Compose.
func composeField(f *file, w way) string {
	if i := w.find(0, "containers", "initContainers"); i >= 0 && w.element(i+1) > 0 && w.is(i+2, "env") {
		return of(called("env", w.last()), called("container", w.said(i+2, "name")))
	}
	if w.is(0, "services") && len(w) > 2 && w.is(2, "environment", "labels", "build") {
		what := called("env", w.last())
		if !w.is(2, "environment") || w.element(3) > 0 {
			what = w[2].key
		}
		return of(what, called("service", w[1].key))
	}
	return ""
}

// jobField is for CI files with jobs and steps.
func jobField(f *file, w way) string {
	i := w.find(0, "jobs")
	if i < 0 || i+2 >= len(w) || w[i+1].index >= 0 {
		return ""
	}
	whose := called("job", w[i+1].key)
	if s := w.find(i+2, "steps"); s >= 0 && w.element(s+1) > 0 {
		whose = of(fmt.Sprintf("step %d", w.element(s+1)), whose)
	}
	kind := "key"
	if w.find(i+2, "env", "environment") >= 0 {
		kind = "env"
	}
	return of(called(kind, w.last()), whose)
}

// settingsField is for the settings of .NET, which writes their names so in its
// environment and its documentation.
func settingsField(f *file, w way) string {
	if !strings.HasPrefix(f.base, "appsettings") && f.base != "secrets.json" && f.base != "local.settings.json" {
		return ""
	}
	var keys []string
	for _, s := range w {
		if s.index < 0 && short(s.key) != "" {
			keys = append(keys, s.key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return "key " + strings.Join(keys, ":")
}
