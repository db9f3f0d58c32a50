package verify

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// kubernetes asks an API server whose a token is: a SelfSubjectReview, which
// is answered and not stored
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review).
// The server stands beside the token, so it is asked only if the user allows it.
// Where none does, those are asked that the user names as endpoints. Without one, a
// service account's token still says which it is of, and when it ends.
type kubernetes struct{ own }

const selfReview = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

func (*kubernetes) Class() leak.Class { return leak.S0 }
func (*kubernetes) Control() string   { return "" }
func (*kubernetes) Hosts() []string   { return nil }

// all are the servers to ask: the one beside a token, then the user's.
func (k *kubernetes) all(q *Query) []server {
	var beside *server
	if s, ok := k.beside(q); ok {
		beside = &s
	}
	return q.only(k.first(beside), "")
}

// beside is the server that a text names for a token.
func (k *kubernetes) beside(q *Query) (server, bool) {
	name := q.part("host")
	if name == "" && q.Cluster != nil {
		name = q.Cluster() // further away, behind its authority
	}
	host, err := asHost(name)
	if err != nil {
		return server{}, false
	}
	if port := q.part("port"); isPort(port) && port != "443" && !strings.Contains(host, ":") {
		host += ":" + port
	}
	return k.known(host), true
}

func (k *kubernetes) Plan(q Query) (out []Call, err error) {
	servers := k.all(&q)
	if t, ok := readJWT(q.part(leak.SecretPart)); ok {
		if end, ok := t.at("exp"); len(servers) == 0 || ok && over(end, q.Now) {
			return nil, nil // what it says of itself is all that can be known
		}
	}
	if len(servers) == 0 {
		return nil, need("API server")
	}
	for _, s := range servers {
		out = append(out, Call{leak.S0, "POST", s.host, s.base + selfReview})
	}
	return out, nil
}

func (k *kubernetes) Verify(ctx context.Context, q Query) leak.Verdict {
	facts, elsewhere := map[string]string{}, false
	token := q.part(leak.SecretPart)
	if t, ok := readJWT(token); ok {
		facts, elsewhere = kubeFacts(&t), forOthers(&t)
		if end, ok := t.at("exp"); ok && over(end, q.Now) {
			return leak.Verdict{Status: leak.Expired, Reason: endedAt(end), Facts: tidyFacts(&q, facts)}
		}
	}
	servers := k.all(&q)
	if len(servers) == 0 {
		return leak.Verdict{Status: leak.Unknown, Reason: need("API server").Error() + "; name yours as an endpoint of kubernetes in your settings", Facts: tidyFacts(&q, facts)}
	}
	bearer, err := inHeader("Bearer " + token)
	if err != nil {
		return stopped(leak.S0, problem("the token "+err.Error()))
	}
	v := inTurn(ctx, servers, func(s server) leak.Verdict {
		v := q.selfReview(ctx, s, bearer, facts)
		if v.Status == leak.Dead && elsewhere {
			v = is(v, leak.Unknown, v.Reason+", as its audience says that it is for others than the API server")
		}
		return v
	})
	if _, stands := k.beside(&q); v.Status == leak.Dead && !stands && !q.Control {
		v = is(v, leak.Unknown, "all servers that your settings name refused it, and it may be of another cluster: nothing near it says of which")
	}
	return v
}

// forOthers reports that a token names its audiences, and no API server among them: one
// with which a pod logs in to Vault or a cloud. Unless a server is told its own names, it
// has its issuer's (https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/,
// --api-audiences).
func forOthers(t *jwt) bool {
	names := strings.Fields(t.claim("aud") + " " + t.claim("aud[*]"))
	return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool {
		return name == t.claim("iss") || strings.HasPrefix(name, "https://kubernetes.default.svc")
	})
}

// selfReview asks one API server.
func (q *Query) selfReview(ctx context.Context, s server, bearer string, facts map[string]string) leak.Verdict {
	body := []byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`)
	r := newPost(s.at(selfReview), nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", bearer)
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	if q.Authorities != nil {
		ctx = trusting(ctx, s.host, q.Authorities(s.host))
	}
	a, v := q.call(ctx, leak.S0, r)
	if a == nil {
		return v
	}
	facts = maps.Clone(facts)
	kubeVerdict(a, &v, facts)
	if v.Status == leak.Live || v.Status == leak.Restricted {
		facts[leak.FactServer] = s.host
		v.Facts = tidyFacts(q, facts)
	}
	return v
}

// kubeVerdict reads an answer: a review, or a Status
// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
func kubeVerdict(a *answer, v *leak.Verdict, facts map[string]string) {
	status := a.text("kind") == "Status" && a.text("status") == "Failure"
	switch {
	case a.Status == http.StatusCreated && a.text("kind") == "SelfSubjectReview":
		name := a.text("status.userInfo.username")
		if name == "system:anonymous" {
			*v = is(*v, leak.Unknown, "the server does not look at tokens: it took this one for nobody's")
			return
		}
		*v = is(*v, leak.Live, statusText(a.Status))
		facts[leak.FactName], facts[leak.FactScopes] = name, a.text("status.userInfo.groups[*]")
		if facts[leak.FactID] == "" {
			facts[leak.FactID] = a.text("status.userInfo.uid")
		}
		if strings.HasPrefix(name, "system:serviceaccount:") {
			facts[leak.FactKind] = "service_account"
		}
	case a.Status == http.StatusUnauthorized && status:
		*v = is(*v, leak.Dead, statusText(a.Status))
	case a.Status == http.StatusForbidden && status && !strings.Contains(a.text("message"), `"system:anonymous"`):
		*v = is(*v, leak.Restricted, statusText(a.Status)+": it may not ask who it is")
	case a.Status == http.StatusNotFound && status:
		*v = is(*v, leak.Unknown, "the server is older than Kubernetes 1.28, and has no such question")
	}
}

// kubeFacts are what a service account's token says of itself: one of the
// TokenRequest API, or one of a Secret
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
func kubeFacts(t *jwt) map[string]string {
	facts := map[string]string{leak.FactName: t.claim("sub"), leak.FactExpires: t.claim("exp"), leak.FactCreated: t.claim("iat")}
	const old, bound = `["kubernetes.io/serviceaccount/`, `["kubernetes.io"].`
	for fact, paths := range map[string][2]string{
		leak.FactTenantName: {old + `namespace"]`, bound + "namespace"},
		leak.FactID:         {old + `service-account.uid"]`, bound + "serviceaccount.uid"},
		leak.FactLabel:      {old + `secret.name"]`, bound + "pod.name"},
	} {
		if facts[fact] = t.claim(paths[0]); facts[fact] == "" {
			facts[fact] = t.claim(paths[1])
		}
	}
	if strings.HasPrefix(facts[leak.FactName], "system:serviceaccount:") {
		facts[leak.FactKind] = "service_account"
	}
	return facts
}
