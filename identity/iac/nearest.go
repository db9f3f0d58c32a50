package iac

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/names"
)

// inNamespace are the kinds of tokens whose names are those of one namespace of Kubernetes.
var inNamespace = []string{"secret:", "configmap:", "sa:", "spc:"}

// another reports whether what uses a token means another object of the name than from:
// one that stands nearer to it, where no namespace tells them apart. Charts and folders of
// manifests are installed each into a namespace of its own, and many call their Secret
// alike. What Kustomize puts together is one whatever folders it comes from.
func (ix *index) another(t token, from, u *object) bool {
	if from == nil || !slices.ContainsFunc(inNamespace, func(kind string) bool { return strings.HasPrefix(string(t), kind) }) ||
		from.namespace != "" && from.namespace == u.namespace || len(ix.offers[t]) < 2 || ix.kustomized(from.path) || ix.kustomized(u.path) {
		return false
	}
	return ix.nearestOf(t, u) > sharedFolders(from.path, u.path)
}

// nearestOf is how many folders a use has in common with the nearest of the objects of the
// name. A thousand credentials ask for the same.
func (ix *index) nearestOf(t token, u *object) (most int) {
	key := meant{t, u}
	if n, ok := ix.nearest[key]; ok {
		return n
	}
	for _, d := range ix.offers[t] {
		if d.namespace == "" || u.namespace == "" || d.namespace == u.namespace {
			most = max(most, sharedFolders(d.path, u.path))
		}
	}
	ix.nearest[key] = most
	return most
}

// meant is a token, and an object that uses it.
type meant struct {
	token token
	by    *object
}

// kustomized reports whether a file is in a folder of Kustomize's, or one that it takes in.
func (ix *index) kustomized(path string) bool {
	under := func(folder string) bool {
		return folder == "" || path == folder || strings.HasPrefix(path, folder+"/")
	}
	return slices.ContainsFunc(ix.kustomizations, func(k kustomization) bool {
		return under(k.folder) || slices.ContainsFunc(k.resources, under)
	})
}

// takenIn reports whether an object can know what Kustomize generates: the name has a
// hash behind it, which is put in only where the same kustomization, or one that takes it
// in, has both.
func (ix *index) takenIn(from, u *object) bool {
	if from == nil || from.format != "kustomize" || u.format == "kustomize" {
		return true
	}
	steps := maxObjects
	return slices.ContainsFunc(ix.kustomizations, func(k kustomization) bool {
		return ix.reaches(&k, dir(from.path), &steps, 0) && ix.reaches(&k, u.path, &steps, 0)
	})
}

// reaches reports whether a kustomization is in the folder of a path, or takes it in.
func (ix *index) reaches(k *kustomization, path string, steps *int, depth int) bool {
	if k.folder == "" || path == k.folder || strings.HasPrefix(path, k.folder+"/") {
		return true
	}
	return slices.ContainsFunc(k.resources, func(r string) bool {
		*steps--
		if in := r == path || strings.HasPrefix(path, r+"/"); in || *steps < 0 {
			return in
		}
		return depth < 10 && slices.ContainsFunc(ix.kustomizations, func(below kustomization) bool {
			*steps--
			return below.folder == r && below.folder != k.folder && *steps > 0 && ix.reaches(&below, path, steps, depth+1)
		})
	})
}

// sharedFolders is how many folders two paths have in common.
func sharedFolders(a, b string) (n int) {
	for {
		x, restA, okA := strings.Cut(a, "/")
		y, restB, okB := strings.Cut(b, "/")
		if !okA || !okB || x != y {
			return n
		}
		n, a, b = n+1, restA, restB
	}
}

// ofEnvironment leaves of declarations of one name those in a folder of the credential's
// environment, if there is one: envs/prod and envs/dev each declare a user deployer in the
// account that they are applied to. Where the account is known it has decided already.
func (l *link) ofEnvironment() {
	env := ""
	for _, s := range l.starts {
		at, _ := names.PathEnvironment(s.path)
		if at == "" || env != "" && env != at {
			return
		}
		env = at
	}
	declares := func(m match) string {
		at, _ := names.PathEnvironment(m.path)
		return at
	}
	if env == "" || !slices.ContainsFunc(l.matches, func(m match) bool { return declares(m) == env }) {
		return
	}
	l.matches = slices.DeleteFunc(l.matches, func(m match) bool {
		at := declares(m)
		return m.tenant.ID == "" && at != "" && at != env
	})
}
