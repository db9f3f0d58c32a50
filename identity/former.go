package identity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
)

// former are the ids that the identity of a credential had in earlier versions, which
// inventories know it by: with the host beside the tenant, with the port in it, with the
// host for the tenant where that is a customer's name below a service's domain, and of a
// pair of keys with its name.
func (n *node) former(credential string) []string {
	c := n.own
	if name := c.called(); c.pair() && name != "" && !c.torn() {
		where, tenant := c.place(), c.tenant()
		return []string{fmt.Sprintf("nhi:%s:%s:%s/%s", where, c.identityType(), escape(fold(where, tenant)), c.byName(name, where, tenant, credential))}
	}
	if provider := c.get(leak.ClaimProvider, 0); strings.Contains(provider, "@") {
		where, tenant := c.place(), c.tenant()
		return []string{fmt.Sprintf("nhi:%s:%s:%s/%s", escape(provider), c.identityType(), escape(fold(where, tenant)), c.local(where, tenant, credential))}
	}
	where, host := c.server()
	tenant := c.get(leak.ClaimTenant, c.least())
	if where == "harbor" && host != "" {
		return n.formerOfHarbor(host, credential)
	}
	if tenant == "" {
		return nil
	}
	own := host != "" && !strings.EqualFold(host, tenant)
	if own {
		where += "@" + escape(host)
	}
	var out []string
	if own || portless(tenant) != tenant {
		out = append(out, fmt.Sprintf("nhi:%s:%s:%s/%s", where, c.identityType(), escape(fold(where, tenant)), c.local(where, tenant, credential)))
	}
	at := hostOf(c.get(leak.ClaimServer, Likely))
	if name, _ := decode.Customer(c.get(leak.ClaimProvider, 0), at); name != at && strings.EqualFold(name, tenant) {
		out = append(out, Conclude(slices.DeleteFunc(slices.Clone(n.answer.Evidence), func(e leak.Evidence) bool {
			return e.Claim == leak.ClaimTenant || e.Claim == leak.ClaimTenantKind
		})).canonical(credential))
	}
	return out
}

// formerOfHarbor are the ids of a user of Harbor by its server as the tenant, and by Docker's
// configuration, where it was a registry like any other.
func (n *node) formerOfHarbor(host, credential string) []string {
	c := n.own
	where, tenant := c.place(), c.tenant()
	local := c.local(where, tenant, credential)
	return []string{
		fmt.Sprintf("nhi:harbor:%s:%s/%s", c.identityType(), escape(host), local),
		fmt.Sprintf("nhi:docker@%s:%s:%s/%s", escape(host), c.identityType(), escape(tenant), local),
	}
}
