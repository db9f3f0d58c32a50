package decode

import (
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// kubernetesToken reads tokens of service accounts: old ones, which stand in
// Secrets and never end, and bound ones
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
func kubernetesToken(v *voice, t *jwt) bool {
	const old = "kubernetes.io/serviceaccount/"
	bound := t.body.object("kubernetes.io")
	namespace, account, uid := bound.text("namespace"), bound.object("serviceaccount").text("name"), bound.object("serviceaccount").text("uid")
	legacy := t.text("iss") == "kubernetes/serviceaccount"
	if legacy || t.text(old+"namespace") != "" {
		namespace, account, uid = t.text(old+"namespace"), t.text(old+"service-account.name"), t.text(old+"service-account.uid")
		legacy = true
	}
	if rest, ok := strings.CutPrefix(t.text("sub"), "system:serviceaccount:"); ok && account == "" {
		namespace, account, _ = strings.Cut(rest, ":")
	}
	if namespace == "" || account == "" {
		return false
	}
	v.say(leak.ClaimProvider, "kubernetes", "the claims of a service account's token")
	v.say(leak.ClaimType, string(leak.ServiceAccount), "the claims of a service account's token")
	v.say(leak.ClaimName, namespace+"/"+account, "namespace and service account inside the token")
	v.say(leak.ClaimID, uid, "the service account's uid inside the token")
	if legacy {
		v.say(leak.ClaimKind, "service account token in a Secret", "the issuer of old tokens")
		v.say(leak.ClaimLabel, t.text(old+"secret.name"), "the Secret's name inside the token")
		return true
	}
	v.say(leak.ClaimKind, "bound service account token", "the claims of bound tokens")
	v.say(leak.ClaimScope, prefixed("pod ", bound.object("pod").text("name")), "the pod that the token is bound to")
	v.say(leak.ClaimScope, prefixed("node ", bound.object("node").text("name")), "the node that the token is bound to")
	v.say(leak.ClaimScope, prefixed("secret ", bound.object("secret").text("name")), "the Secret that the token is bound to")
	v.cluster(t.text("iss"))
	return true
}

var (
	eksIssuer = lazy.New(`^https://oidc\.eks\.([a-z0-9-]{5,30})\.amazonaws\.com(?:\.cn)?/id/([0-9A-F]{32})$`)
	gkeIssuer = lazy.New(`^https://container\.googleapis\.com/v1/projects/([a-z0-9:.-]{4,60})/(?:locations|zones)/([a-z0-9-]{4,40})/clusters/([a-z0-9-]{1,63})$`)
	aksIssuer = lazy.New(`^https://([a-z0-9-]{4,40})\.oic\.[a-z0-9-]{2,30}\.azure\.[a-z]{2,10}/([0-9a-f-]{36})/([0-9a-f-]{36})/?$`)
)

// cluster reads the issuer of bound tokens, which is the cluster. Those that the
// clouds run are named in it.
func (v *voice) cluster(iss string) {
	const why = "the cluster is the issuer of the token"
	if m := eksIssuer.FindStringSubmatch(iss); m != nil {
		v.tenant("cluster", m[2], why)
		v.say(leak.ClaimRegion, m[1], "the address of an EKS cluster")
		return
	}
	if m := gkeIssuer.FindStringSubmatch(iss); m != nil {
		v.tenant("cluster", m[1]+"/"+m[2]+"/"+m[3], why)
		v.say(leak.ClaimTenantName, m[3], "the name of a GKE cluster")
		v.say(leak.ClaimRegion, m[2], "the address of a GKE cluster")
		return
	}
	if m := aksIssuer.FindStringSubmatch(iss); m != nil {
		v.tenant("cluster", m[3], why)
		v.say(leak.ClaimRegion, m[1], "the address of an AKS cluster")
		v.say(leak.ClaimNote, "of the Entra tenant "+m[2], "the address of an AKS cluster")
		return
	}
	// Every cluster that nobody configured calls itself by this name.
	if u, err := url.Parse(iss); err == nil && u.Host != "" && u.Host != "kubernetes.default.svc" && u.Host != "kubernetes.default.svc.cluster.local" {
		v.tenant("cluster", u.Host, why)
	}
}
