// Package verify asks providers whether credentials still work. It is the only
// package that sends a found credential anywhere.
//
//	Engine   which credentials, in which order, how fast; cache, budget, control
//	Verifier one provider's way of asking: a table in its file, or Go
//	Door     the only way out: every connection of a Verifier goes through it
package verify

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// Mode says which questions may be asked.
type Mode string

// The modes.
const (
	Off      Mode = "off"
	Plan     Mode = "plan"     // say what would be asked
	Safe     Mode = "safe"     // S0 and S1
	Extended Mode = "extended" // S2 too, and further questions about the identity
)

// Query is one credential to ask about.
type Query struct {
	Rule  string
	Parts leak.Parts
	// Extended allows more than the one question whether the credential works:
	// its permissions, dates and owner.
	Extended bool
	// Control says that this is a made-up credential: no more questions than
	// what its refusal takes.
	Control bool
	// Only is the host that a made-up credential goes to: the one that took the
	// real one. Empty, all are asked that may know a credential.
	Only string
	// Door is how to get out.
	Door Door
	// Now is the time by which dates are judged.
	Now time.Time
	// Certificates are those that were seen in the same scan, for keys that
	// belong to one; nil where nobody looked.
	Certificates func() []*x509.Certificate
	// Authorities are those that the text of a token names for a server, for that
	// server alone; nil where nobody looked.
	Authorities func(server string) []*x509.Certificate
	// Cluster is the server of the only cluster that the texts of a token name with
	// its authority: "k8s.acme.example:6443"; empty for none, or several. Nil likewise.
	Cluster func() string
}

// Door opens connections. It refuses hosts and addresses that are not allowed,
// and keeps to the rates and limits: see NewDoor.
type Door interface {
	// Do sends a request of the given class. It follows no redirects. The
	// answer's body is read already, up to a limit, and closed.
	Do(ctx context.Context, class leak.Class, r *http.Request) (*Answer, error)
	// Dial opens a connection for other protocols, to "host:port", which the
	// verifier names or the user allows. The connection ends by itself when the
	// credential's time is up.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Answer is what a server said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // 64 KiB at most
	Cut    bool   // there was more
	Open   bool   // nothing but the end of the connection says where it ends
}

// Refused is the error of a Door that may not go somewhere: the host or its
// address is not allowed. Nothing was sent.
type Refused struct {
	Host string
	Why  string // "the host is not allowed", "it is a private address"
	Fix  string // "--allow-host vault.acme.example"
}

func (r *Refused) Error() string {
	text := r.Host + ": " + r.Why
	if r.Fix != "" {
		text += " (" + r.Fix + ")"
	}
	return text
}

// Call is a question that would be asked: what --verify=plan shows. Nothing in
// it is secret.
type Call struct {
	Class  leak.Class
	Method string // "GET", or the protocol: "postgresql"
	Host   string
	Path   string // as a template: "/v1/users/${user}"
}

// Verifier asks one provider about one credential.
//
// Verify makes only calls that change nothing. If it asks several servers, it
// says in Verdict.Asked what each of them alone means. It returns a Verdict and
// no error: not being able to tell is the verdict Unknown, with a reason that is
// safe to print. Only an explicit refusal is Dead. Retries, rates and address
// checks belong to the Door.
type Verifier interface {
	// Plan tells what Verify would ask, without asking anybody.
	Plan(q Query) ([]Call, error)
	Verify(ctx context.Context, q Query) leak.Verdict
	// Hosts are the constant hosts, and suffixes such as ".okta.com", that it
	// asks.
	Hosts() []string
	// Class is that of the first question.
	Class() leak.Class
	// Control says why no made-up credential may be sent; empty if one may.
	Control() string
}

// builtins are the verifiers in Go, by the name that provider files use.
var builtins = map[string]func() Verifier{
	"alibaba-sts":         func() Verifier { return alibabaSTS{} },
	"atlas":               func() Verifier { return atlasKey{} },
	"aws-sts":             func() Verifier { return awsSTS{} },
	"azure-client":        func() Verifier { return azureClient{} },
	"azure-sas":           func() Verifier { return azureSAS{} },
	"azure-storage":       func() Verifier { return azureStorage{} },
	"gcp-service-account": func() Verifier { return gcpServiceAccount{} },
	"github-app":          func() Verifier { return &githubApp{} },
	"jwt":                 func() Verifier { return jwtIssuer{} },
	"kubernetes":          func() Verifier { return &kubernetes{} },
	"oci":                 func() Verifier { return &ociLogin{} },
	"ovh":                 func() Verifier { return ovhKey{} },
	"postgresql":          func() Verifier { return logins["postgresql"] },
	"amqp":                func() Verifier { return logins["amqp"] },
	"ldap":                func() Verifier { return logins["ldap"] },
	"mongodb":             func() Verifier { return logins["mongodb"] },
	"mqtt":                func() Verifier { return logins["mqtt"] },
	"mysql":               func() Verifier { return logins["mysql"] },
	"nats":                func() Verifier { return logins["nats"] },
	"redis":               func() Verifier { return logins["redis"] },
	"smtp":                func() Verifier { return logins["smtp"] },
	"sqlserver":           func() Verifier { return logins["sqlserver"] },
	"ssh":                 func() Verifier { return sshKey{gitHosts} },
	"tls-key":             func() Verifier { return tlsKey{sshKey{gitHosts}} },
}
