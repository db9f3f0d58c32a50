package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// maxEntries is how many logins of one file are told.
const maxEntries = 24

// kubeConfig reads kubeconfig files, in YAML or JSON. The current context is
// what the evidence is about; other users are noted.
func kubeConfig(in *Input) []leak.Evidence {
	if !strings.Contains(in.Value, "clusters") || !strings.Contains(in.Value, "users") || !strings.Contains(in.Value, "contexts") {
		return nil
	}
	docs, _ := yamltree.Parse([]byte(in.Value))
	for _, doc := range docs {
		if yamltree.IsList(yamltree.Get(doc, "users")) && yamltree.IsList(yamltree.Get(doc, "contexts")) {
			return kubeContexts(in, doc)
		}
	}
	return nil
}

// kubeNamed finds the entry with a name in a list of a kubeconfig.
func kubeNamed(doc *yamltree.Node, list, name, field string) *yamltree.Node {
	for i, entry := range yamltree.List(yamltree.Get(doc, list)) {
		if i < 1000 && yamltree.Text(yamltree.Get(entry, "name")) == name {
			return yamltree.Get(entry, field)
		}
	}
	return nil
}

func kubeContexts(in *Input, doc *yamltree.Node) []leak.Evidence {
	contexts := yamltree.List(yamltree.Get(doc, "contexts"))
	current := yamltree.Text(yamltree.Get(doc, "current-context"))
	main := kubeNamed(doc, "contexts", current, "context")
	if main == nil && len(contexts) > 0 {
		main = yamltree.Get(contexts[0], "context")
		current = yamltree.Text(yamltree.Get(contexts[0], "name"))
	}
	user := yamltree.Text(yamltree.Get(main, "user"))
	if user == "" {
		if users := yamltree.List(yamltree.Get(doc, "users")); len(users) > 0 {
			user = yamltree.Text(yamltree.Get(users[0], "name"))
		}
	}
	c := kubeLogin(in, doc, user, current, main)
	for i, entry := range yamltree.List(yamltree.Get(doc, "users")) {
		name := yamltree.Text(yamltree.Get(entry, "name"))
		if i > maxEntries || name == "" {
			continue
		}
		if in.entries != nil {
			kubeEntry(in, doc, name, current)
		}
		if name == user {
			continue
		}
		c.text(leak.ClaimNote, "also in the file: user "+name+", "+kubeMethod(yamltree.Get(entry, "user")), "another user of the file")
	}
	return c.list
}

// kubeEntry is a user by itself, in the current context or else the first with it.
func kubeEntry(in *Input, doc *yamltree.Node, user, current string) {
	label, context := "", (*yamltree.Node)(nil)
	for i, entry := range yamltree.List(yamltree.Get(doc, "contexts")) {
		name, c := yamltree.Text(yamltree.Get(entry, "name")), yamltree.Get(entry, "context")
		if i < 1000 && yamltree.Text(yamltree.Get(c, "user")) == user && (context == nil || name == current) {
			label, context = name, c
		}
	}
	var secrets []string
	u := kubeNamed(doc, "users", user, "user")
	for _, field := range []string{"token", "password", "client-key-data"} {
		secrets = append(secrets, yamltree.Text(yamltree.Get(u, field)))
	}
	in.enter(kubeLogin(in, doc, user, label, context).list, secrets...)
}

// kubeLogin is about a user in a context, which has a name; nil for in none.
func kubeLogin(in *Input, doc *yamltree.Node, user, name string, context *yamltree.Node) *told {
	c := &told{weight: .97}
	cluster := yamltree.Text(yamltree.Get(context, "cluster"))
	c.kubeUser(in, kubeNamed(doc, "users", user, "user"), user)
	c.text(leak.ClaimLabel, name, "context of the file")
	c.add(leak.ClaimServer, urlHost(yamltree.Text(yamltree.Get(kubeNamed(doc, "clusters", cluster, "cluster"), "server"))), "server of the cluster")
	if !secretish(cluster) && !hasAddress(cluster) {
		c.tenant(cluster, "cluster", "cluster of the context")
	}
	if ns := yamltree.Text(yamltree.Get(context, "namespace")); ns != "" {
		c.text(leak.ClaimScope, "namespace "+ns, "namespace of the context")
	}
	c.named(cluster, "name of the cluster")
	return c
}

// kubeMethod says how a user of a kubeconfig logs in.
func kubeMethod(user *yamltree.Node) string {
	for _, m := range [][2]string{
		{"token", "a bearer token"}, {"client-key-data", "a client certificate"}, {"client-certificate-data", "a client certificate"},
		{"client-key", "a client certificate in a file"}, {"client-certificate", "a client certificate in a file"}, {"password", "a password"}, {"exec", "a command that gets a token: no secret"},
		{"auth-provider", "a plug-in that gets a token"}, {"tokenFile", "a token in a file"},
	} {
		if yamltree.Get(user, m[0]) != nil {
			return m[1]
		}
	}
	return "no credential"
}

func (c *told) kubeUser(in *Input, user *yamltree.Node, name string) {
	method := kubeMethod(user)
	inner := []leak.Evidence(nil)
	identity := leak.HumanAccount
	if token := yamltree.Text(yamltree.Get(user, "token")); token != "" {
		identity, inner = leak.ServiceAccount, in.within("", token)
	} else if data := yamltree.Text(yamltree.Get(user, "client-certificate-data")); data != "" {
		if raw, ok := unlines(data); ok {
			identity, inner = leak.Certificate, in.within("", string(raw))
		}
	}
	c.add(leak.ClaimProvider, "kubernetes", "a kubeconfig file")
	c.add(leak.ClaimKind, "kubeconfig with "+method, "a kubeconfig file")
	told := map[string]bool{leak.ClaimProvider: true}
	for _, e := range inner {
		told[e.Claim] = told[e.Claim] || e.Claim == leak.ClaimName || e.Claim == leak.ClaimType
	}
	if !told[leak.ClaimType] {
		c.weigh(leak.ClaimType, string(identity), .6, "the kubeconfig has "+method)
	}
	if !told[leak.ClaimName] {
		c.who(name, "user of the context")
	} else {
		c.text(leak.ClaimNote, "the file calls the user "+name, "user of the context")
	}
	var rest []leak.Evidence
	for _, e := range inner {
		if e.Claim != leak.ClaimProvider && e.Claim != leak.ClaimKind && e.Claim != leak.ClaimTenant && e.Claim != leak.ClaimTenantKind {
			rest = append(rest, e)
		}
	}
	c.join(rest)
	if login := yamltree.Text(yamltree.Get(user, "username")); login != "" {
		c.who(login, "username in the file")
	}
	c.kubeHelper(yamltree.Get(user, "exec"))
}

// kubeHelper reads the command that gets a token, for the identity that it
// names: aws --profile, a role to assume.
func (c *told) kubeHelper(exec *yamltree.Node) {
	if exec == nil {
		return
	}
	c.text(leak.ClaimNote, "no secret in the file: a token is got by "+yamltree.Text(yamltree.Get(exec, "command")), "exec of the user")
	args := yamltree.Words(yamltree.Get(exec, "args"))
	for i := 0; i+1 < len(args) && i < 40; i++ {
		switch args[i] {
		case "--role", "--role-arn", "-r":
			if !secretish(args[i+1]) && !hasAddress(args[i+1]) {
				c.set(leak.ClaimName, args[i+1], "the role that the command assumes")
			}
		case "--cluster-name", "-i", "--cluster-id":
			c.text(leak.ClaimScope, "cluster "+args[i+1], "the cluster of the command")
		case "--region":
			c.text(leak.ClaimRegion, args[i+1], "the region of the command")
		}
	}
}
