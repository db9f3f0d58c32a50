package names

import (
	"slices"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// Called is a name of a credential where it stands.
type Called struct {
	Plain string // see Plain
	// Usual tells that tools prescribe it, or that it says the provider and
	// the kind only: many credentials of one repository may have it.
	Usual bool
}

// usual are names that tools prescribe, beside those that only say the provider.
var usual = set(`awssecretaccesskey awsaccesskeyid awssessiontoken azureclientsecret armclientsecret azurecredentials googlecredentials googleapplicationcredentials
	databaseurl secretkeybase npmtoken nodeauthtoken dockerpassword dockerhubtoken dockerhubpassword pypitoken pypiapitoken vaulttoken
	sonartoken codecovtoken sshprivatekey deploykey supabaseservicerolekey supabaseservicekey supabaseanonkey supabasekey
	azurestorageconnectionstring azurestoragekey azurestorageaccesskey azurewebjobsstorage slackwebhookurl slackbottoken kubeconfig gpgprivatekey ghtoken gitlabtoken railsmasterkey`)

// Of returns the names of a credential: that of its variable, alone or with what
// encloses it. A name that tells nothing at all is left out.
func Of(q *identity.Query) (out []Called) {
	provider := ""
	if q.Finding != nil {
		provider = q.Finding.Rule.Provider
	}
	add := func(name string) {
		p := Plain(name)
		if len(p) <= 4 || Generic(name) || slices.ContainsFunc(out, func(c Called) bool { return c.Plain == p }) {
			return
		}
		out = append(out, Called{p, usual[p] || Service(name, provider) == ""})
	}
	for i := range q.Places {
		k := q.Places[i].Around().Key
		if k.Held != "" {
			add(k.Held)
		}
		if k.Name == "" {
			continue
		}
		add(k.Name)
		for n := range min(2, len(k.Above)) {
			long := k.Name
			for _, above := range k.Above[:n+1] {
				long = above + "_" + long
			}
			add(long)
		}
	}
	return out
}

// EnvironmentsOf returns the environments that a credential's paths and names say.
func EnvironmentsOf(q *identity.Query) (out []string) {
	add := func(e string) {
		if e != "" && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	paths, _ := q.Paths()
	for _, p := range paths {
		e, _ := PathEnvironment(p)
		add(e)
	}
	for i := range q.Places {
		k := q.Places[i].Around().Key
		add(Environment(k.Name))
		add(Environment(k.Held))
	}
	return out
}

// Index knows what the credentials of a run are called. It is made when it is
// first asked.
type Index struct {
	run *identity.Query // the first
	by  map[string][]bearer
}

// A bearer is a credential that has a name.
type bearer struct {
	credential string
	envs       []string
}

// maxBearers is how many of a name are kept: two are too many already.
const maxBearers = 16

// Shared reports whether another credential of the run has a name too, in the
// environment that is given or in none that is known.
func (x *Index) Shared(q *identity.Query, name, environment string) bool {
	if len(q.All) == 0 {
		return false
	}
	if x.run != q.All[0] {
		x.run, x.by = q.All[0], map[string][]bearer{}
		for _, o := range q.All {
			if o.Finding != nil {
				x.add(o)
			}
		}
	}
	own := credential(q.Finding)
	return slices.ContainsFunc(x.by[name], func(b bearer) bool {
		return b.credential != own && (environment == "" || len(b.envs) == 0 || slices.Contains(b.envs, environment))
	})
}

func (x *Index) add(q *identity.Query) {
	of := credential(q.Finding)
	var envs []string
	for i, c := range Of(q) {
		if i == 0 {
			envs = EnvironmentsOf(q)
		}
		if by := x.by[c.Plain]; len(by) < maxBearers && !slices.ContainsFunc(by, func(b bearer) bool { return b.credential == of }) {
			x.by[c.Plain] = append(by, bearer{of, envs})
		}
	}
	if len(q.All) > maxRead { // who asks again has it read again
		for i := range q.Places {
			q.Places[i].Forget()
		}
	}
}

// maxRead is of how many credentials what was read around them is kept: it takes
// 150 KB of each.
const maxRead = 64

// credential tells credentials apart: a key's id alone and with its secret are
// one.
func credential(f *leak.Finding) string {
	if id := identity.KeyID(f); id != "" {
		return id
	}
	return f.ID
}
