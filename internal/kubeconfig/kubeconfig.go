// Package kubeconfig reads the files in which kubectl has its clusters, users and
// contexts, as YAML or JSON. It knows nothing of credentials.
package kubeconfig

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/yamltree"
)

// maxEntries is how many clusters, contexts and users of one file are read.
const maxEntries = 1000

// A File is one kubeconfig
// (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/).
type File struct {
	Current  string // the name of the current context
	Contexts []Context
	Users    []User

	servers map[string]string // a cluster's name -> its URL; "" if the name is twice
}

// A Context joins a user to a cluster, by their names.
type Context struct{ Name, User, Cluster, Namespace string }

// A User is who logs in. Login has its fields, such as token; nil if there are none.
type User struct {
	Name  string
	Login *yamltree.Node
}

// Maybe reports whether a text has the words that every kubeconfig has. It is quick.
func Maybe(text []byte) bool {
	for _, list := range []string{"clusters", "contexts", "users"} {
		if !bytes.Contains(text, []byte(list)) {
			return false
		}
	}
	return true
}

// Read returns the kubeconfigs among the documents of a text, also those before one
// that is broken, which is an error.
func Read(text []byte) (files []File, err error) {
	if !Maybe(text) {
		return nil, nil
	}
	docs, err := yamltree.Parse(text)
	for _, doc := range docs {
		if yamltree.IsList(yamltree.Get(doc, "users")) && yamltree.IsList(yamltree.Get(doc, "contexts")) {
			files = append(files, file(doc))
		}
	}
	return files, err
}

func file(doc *yamltree.Node) File {
	f := File{Current: yamltree.Text(yamltree.Get(doc, "current-context")), servers: map[string]string{}}
	entries(doc, "clusters", "cluster", func(name string, cluster *yamltree.Node) {
		server := yamltree.Text(yamltree.Get(cluster, "server"))
		if said, twice := f.servers[name]; twice && said != server {
			server = "" // kubectl takes no such file, so nobody knows which is meant
		}
		f.servers[name] = server
	})
	entries(doc, "contexts", "context", func(name string, c *yamltree.Node) {
		text := func(field string) string { return yamltree.Text(yamltree.Get(c, field)) }
		f.Contexts = append(f.Contexts, Context{Name: name, User: text("user"), Cluster: text("cluster"), Namespace: text("namespace")})
	})
	entries(doc, "users", "user", func(name string, login *yamltree.Node) {
		f.Users = append(f.Users, User{name, login})
	})
	return f
}

func entries(doc *yamltree.Node, list, field string, visit func(name string, entry *yamltree.Node)) {
	for i, e := range yamltree.List(yamltree.Get(doc, list)) {
		if i < maxEntries {
			visit(yamltree.Text(yamltree.Get(e, "name")), yamltree.Get(e, field))
		}
	}
}

// Server is the URL of a cluster, "" if there is none or its name is twice.
func (f *File) Server(cluster string) string { return f.servers[cluster] }

// Login is that of the first user with a name, nil if there is none.
func (f *File) Login(user string) *yamltree.Node {
	for i := range f.Users {
		if f.Users[i].Name == user {
			return f.Users[i].Login
		}
	}
	return nil
}

// Servers are the URLs that the contexts give to a user, each once, "" for one that the
// file does not know. A user without a context has none.
func (f *File) Servers(user string) (urls []string) {
	seen := map[string]bool{}
	for _, c := range f.Contexts {
		if url := f.servers[c.Cluster]; c.User == user && !seen[url] {
			seen[url] = true
			urls = append(urls, url)
		}
	}
	return urls
}
