package decode

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// element is a node of an XML document.
type element struct {
	name     string
	attrs    map[string]string
	text     string
	children []*element
}

// maxElements is how many elements of a document are read.
const maxElements = 20_000

// readXML reads what it can of a document: no entities but the five that XML
// has, none deeper than maxNesting. The declaration is skipped, as the parser
// refuses version 1.1, in which Jenkins writes.
func readXML(text string) *element {
	if strings.HasPrefix(text, "<?xml") {
		_, text, _ = strings.Cut(text, "?>")
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	root := &element{}
	stack := []*element{root}
	for n := 0; n < maxElements; {
		token, err := d.Token()
		if err != nil {
			break
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n++
			e := &element{name: t.Name.Local}
			for _, a := range t.Attr {
				if e.attrs == nil {
					e.attrs = map[string]string{}
				}
				e.attrs[strings.ToLower(a.Name.Local)] = a.Value
			}
			top.children = append(top.children, e)
			if stack = append(stack, e); len(stack) > maxNesting {
				return root
			}
		case xml.EndElement:
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			if len(top.text) < 1<<16 {
				top.text += string(t)
			}
		}
	}
	return root
}

// get is the text of the first child with a name.
func (e *element) get(name string) string {
	for _, c := range e.children {
		if strings.EqualFold(c.name, name) {
			return strings.TrimSpace(c.text)
		}
	}
	return ""
}

// each calls f for every element below.
func (e *element) each(f func(*element)) {
	for _, c := range e.children {
		f(c)
		c.each(f)
	}
}

// xmlFiles tells files in XML apart.
func xmlFiles(in *Input) []leak.Evidence {
	if !strings.HasPrefix(strings.TrimPrefix(in.Value, "\ufeff"), "<") {
		return nil
	}
	has := func(s string) bool { return strings.Contains(in.Value, s) }
	switch {
	case has("<settings") && has("<server"):
		return in.logins("Maven's settings.xml", leak.RegistryRobot, maven(readXML(in.Value)))
	case has("packageSourceCredentials"):
		return in.logins("NuGet.config", leak.RegistryRobot, nuget(readXML(in.Value)))
	case has("SystemCredentialsProvider") || has("com.cloudbees.plugins.credentials"):
		return jenkins(in, readXML(in.Value))
	}
	return nil
}

// maven reads servers, and the addresses of repositories with the same id.
func maven(root *element) []login {
	urls := map[string]string{}
	var list []login
	root.each(func(e *element) {
		switch e.name {
		case "repository", "mirror", "snapshotRepository", "pluginRepository":
			urls[e.get("id")] = urlHost(e.get("url"))
		case "server":
			if e.get("password") != "" || e.get("passphrase") != "" {
				list = append(list, login{provider: "maven", user: e.get("username"), password: e.get("password"), label: e.get("id")})
			}
		}
	})
	for i := range list {
		list[i].host = urls[list[i].label]
	}
	return list
}

// MavenRepository is the host of the repository with an id in a project's pom.xml:
// maven.apache.org/ref/3.8.1/maven-model/maven.html. It is empty for none, and where two differ.
func MavenRepository(pom, id string) (host string) {
	if len(pom) > maxValue || !strings.Contains(pom, id) {
		return ""
	}
	readXML(pom).each(func(e *element) {
		switch e.name {
		case "repository", "snapshotRepository", "pluginRepository", "site":
			if e.get("id") != id {
				return
			}
			switch at := urlHost(e.get("url")); {
			case at == "" || strings.ContainsAny(at, "${}"):
			case host == "":
				host = at
			case host != at:
				host = "\x00"
			}
		}
	})
	return strings.TrimPrefix(host, "\x00")
}

// nuget reads sources and their credentials. Spaces in the names of sources are
// written _x0020_ in those of elements.
func nuget(root *element) []login {
	urls := map[string]string{}
	var list []login
	root.each(func(e *element) {
		if e.name == "packageSources" {
			for _, add := range e.children {
				urls[add.attrs["key"]] = urlHost(add.attrs["value"])
			}
		}
		if e.name != "packageSourceCredentials" {
			return
		}
		for _, source := range e.children {
			l := login{provider: "nuget", label: strings.ReplaceAll(source.name, "_x0020_", " ")}
			for _, add := range source.children {
				switch strings.ToLower(add.attrs["key"]) {
				case "username":
					l.user = add.attrs["value"]
				case "cleartextpassword":
					l.password = add.attrs["value"]
				}
			}
			list = append(list, l)
		}
	})
	for i := range list {
		list[i].host = urls[list[i].label]
	}
	return list
}

// jenkinsKinds are classes of credentials, by the end of their name.
var jenkinsKinds = []struct {
	class    string
	identity leak.IdentityType
	kind     string
}{
	{"UsernamePasswordCredentialsImpl", leak.ServiceAccount, "user name and password"},
	{"BasicSSHUserPrivateKey", leak.SSHKey, "SSH private key"},
	{"StringCredentialsImpl", leak.UnknownIdentity, "secret text"},
	{"FileCredentialsImpl", leak.UnknownIdentity, "secret file"},
	{"CertificateCredentialsImpl", leak.Certificate, "certificate"},
	{"AWSCredentialsImpl", leak.ServiceAccount, "AWS access key"},
	{"GitHubAppCredentials", leak.OAuthApp, "GitHub App"},
	{"AzureCredentials", leak.ServicePrincipal, "Azure service principal"},
	{"GoogleRobotPrivateKeyCredentials", leak.ServiceAccount, "Google service account"},
	{"VaultAppRoleCredential", leak.ServiceAccount, "Vault AppRole"},
}

// jenkins reads credentials.xml: the secrets are encrypted with the server's
// key, their ids, user names and descriptions are not.
func jenkins(in *Input, root *element) []leak.Evidence {
	var c *told
	count := 0
	root.each(func(e *element) {
		for _, k := range jenkinsKinds {
			if !strings.HasSuffix(e.name, k.class) || count > maxEntries {
				continue
			}
			count++
			id := e.get("id")
			user := firstOf(e.get("username"), e.get("accessKey"), e.get("appID"), e.get("clientId"))
			if in.entries != nil {
				in.enter(jenkinsEntry(e, k.identity, k.kind, id, user).list, firstOf(e.get("password"), e.get("secret"), e.get("secretKey"), e.get("privateKey"), id))
			}
			if c != nil {
				c.text(leak.ClaimNote, "also in the file: "+k.kind+" "+id+prefixed(", user ", publicUser(user)), "another credential of the file")
				return
			}
			c = jenkinsEntry(e, k.identity, k.kind, id, user)
		}
	})
	if c == nil {
		return nil
	}
	return c.list
}

// jenkinsEntry is about one credential of the file.
func jenkinsEntry(e *element, identity leak.IdentityType, kind, id, user string) *told {
	c := about("jenkins", identity, "Jenkins credential: "+kind, .8, "class of the entry in credentials.xml")
	c.add(leak.ClaimKeyID, id, "id in credentials.xml")
	c.who(firstOf(user, id), "user name or id in credentials.xml")
	c.text(leak.ClaimLabel, e.get("description"), "description in credentials.xml")
	c.named(id+" "+e.get("description"), "a word in the id or description")
	c.add(leak.ClaimNote, "encrypted with the key of the Jenkins server", "credentials.xml")
	return c
}

// firstOf is the first text that is not empty.
func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
