package decode

import (
	"slices"

	"github.com/whosekey/whosekey/internal/kubeconfig"
	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// maxEntries is how many logins of one file are told.
const maxEntries = 24

// kubeConfig reads kubeconfig files, in YAML or JSON. The current context is
// what the evidence is about; other users are noted.
func kubeConfig(in *Input) []leak.Evidence {
	files, _ := kubeconfig.Read([]byte(in.Value))
	if len(files) == 0 {
		return nil
	}
	return kubeContexts(in, &files[0])
}

func kubeContexts(in *Input, f *kubeconfig.File) []leak.Evidence {
	var main kubeconfig.Context
	if i := slices.IndexFunc(f.Contexts, func(c kubeconfig.Context) bool { return c.Name == f.Current }); i >= 0 {
		main = f.Contexts[i]
	} else if len(f.Contexts) > 0 {
		main = f.Contexts[0]
	}
	if main.User == "" && len(f.Users) > 0 {
		main.User = f.Users[0].Name
	}
	c := kubeLogin(in, f, &main)
	for i, user := range f.Users {
		if i > maxEntries || user.Name == "" {
			continue
		}
		if in.entries != nil {
			kubeEntry(in, f, user.Name)
		}
		if user.Name == main.User {
			continue
		}
		c.text(leak.ClaimNote, "also in the file: user "+user.Name+", "+kubeMethod(user.Login), "another user of the file")
	}
	return c.list
}

// kubeEntry is a user by itself, in the current context or else the first with it.
func kubeEntry(in *Input, f *kubeconfig.File, user string) {
	context, found := kubeconfig.Context{User: user}, false
	for _, c := range f.Contexts {
		if c.User == user && (!found || c.Name == f.Current) {
			context, found = c, true
		}
	}
	var secrets []string
	for _, field := range []string{"token", "password", "client-key-data"} {
		secrets = append(secrets, yamltree.Text(yamltree.Get(f.Login(user), field)))
	}
	in.enter(kubeLogin(in, f, &context).list, secrets...)
}

// kubeLogin is about the user of a context, which may have nothing but him.
func kubeLogin(in *Input, f *kubeconfig.File, context *kubeconfig.Context) *told {
	c, cluster := &told{weight: .97}, context.Cluster
	c.kubeUser(in, f.Login(context.User), context.User)
	c.text(leak.ClaimLabel, context.Name, "context of the file")
	c.add(leak.ClaimServer, urlHost(f.Server(cluster)), "server of the cluster")
	if !secretish(cluster) && !hasAddress(cluster) {
		c.tenant(cluster, "cluster", "cluster of the context")
	}
	if context.Namespace != "" {
		c.text(leak.ClaimScope, "namespace "+context.Namespace, "namespace of the context")
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
