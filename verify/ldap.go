package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// ldapLogin binds to a directory, asks who it is (RFC 4532) and what the server
// is (the root DSE, RFC 4512), and unbinds. It looks at no other entry.
func ldapLogin(ctx context.Context, s *session) leak.Verdict {
	if s.secure() {
		if err := s.startTLS(ctx); err != nil {
			return s.failed(ctx, err)
		}
	} else if err := s.ldapStartTLS(ctx); err != nil {
		return s.failed(ctx, err)
	}
	if s.exposed() {
		return s.failed(ctx, s.unsent())
	}
	c := ldap.NewConn(s.conn, true)
	c.Start()
	defer c.Close()
	got, err := c.SimpleBind(&ldap.SimpleBindRequest{Username: s.user, Password: s.password, Controls: []ldap.Control{ldap.NewControlBeheraPasswordPolicy()}})
	policy := ldapPolicy(got)
	if err != nil {
		return s.ldapRefusal(ctx, err, policy)
	}
	v := s.live(s.ldapFacts(c))
	if policy == ldap.BeheraChangeAfterReset {
		v = is(v, leak.Restricted, "the password is right, and must be changed before it is of use")
	}
	c.Unbind()
	return v
}

// ldapTLSRequest is the extended request StartTLS (RFC 4511, section 4.14).
const ldapTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// ldapStartTLS asks for TLS; a server that has none goes on without.
func (s *session) ldapStartTLS(ctx context.Context) error {
	if _, err := s.conn.Write([]byte(ldapTLSRequest)); err != nil {
		return err
	}
	p, err := ber.ReadPacket(s.conn)
	if err != nil {
		return err
	}
	err = ldap.GetLDAPError(p)
	if e := new(ldap.Error); errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork {
		return nil
	} else if err != nil {
		return problem("the server does not speak LDAP")
	}
	return s.startTLS(ctx)
}

// noPolicy is that of a server which has no password policies, or none for this
// user; policySilent of one that applies them, and gives no reason.
const noPolicy, policySilent = -2, -1

// ldapPolicy is the reason of a server with password policies
// (draft-behera-ldap-password-policy).
func ldapPolicy(r *ldap.SimpleBindResult) int8 {
	if r == nil {
		return noPolicy
	}
	if c, ok := ldap.FindControl(r.Controls, ldap.ControlTypeBeheraPasswordPolicy).(*ldap.ControlBeheraPasswordPolicy); ok {
		return c.Error
	}
	return noPolicy
}

// adCode is in the message of Active Directory, which refuses everything with
// 49: "..., comment: AcceptSecurityContext error, data 52e, v4563"
// (https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--1300-1699-).
var adCode = lazy.New(`AcceptSecurityContext error, data ([0-9a-f]{1,4})\b`)

// adReasons are those that tell more than that it is wrong. A directory looks at
// all but locks after it has checked the password.
var adReasons = map[string]struct {
	status leak.Status
	reason string
}{
	"525": {leak.Dead, "there is no such user"},
	"52e": {leak.Dead, "the password is wrong"},
	"530": {leak.Restricted, "the password is right, and the user may not log in at this time"},
	"531": {leak.Restricted, "the password is right, and the user may not log in from here"},
	"532": {leak.Expired, "the password has expired"},
	"533": {leak.Restricted, "the password is right, and the account is disabled"},
	"701": {leak.Expired, "the account has expired"},
	"773": {leak.Restricted, "the password is right, and must be changed before it is of use"},
	"775": {leak.Unknown, lockedOut},
}

const lockedOut = "the account is locked: whether the password is right, nobody can tell"

func (s *session) ldapRefusal(ctx context.Context, err error, policy int8) leak.Verdict {
	e := new(ldap.Error)
	if !errors.As(err, &e) || e.ResultCode >= ldap.ErrorNetwork {
		return s.failed(ctx, err)
	}
	code := fmt.Sprintf("%d %s", e.ResultCode, strings.ToLower(ldap.LDAPResultCodeMap[e.ResultCode]))
	s.refused = e.ResultCode == ldap.LDAPResultInvalidCredentials || e.ResultCode == ldap.LDAPResultNoSuchObject
	if e.ResultCode != ldap.LDAPResultInvalidCredentials {
		return s.is(leak.Unknown, "the server refuses the login with "+code)
	}
	if m := adCode.FindStringSubmatch(e.Err.Error()); m != nil {
		if r, ok := adReasons[m[1]]; ok && (r.status != leak.Dead || s.fullName()) {
			return s.is(r.status, "49, "+m[1]+": "+r.reason)
		}
		return s.is(leak.Unknown, "the server refuses the login with 49, "+m[1])
	}
	switch {
	case policy == ldap.BeheraPasswordExpired:
		return s.is(leak.Expired, "49: the password has expired")
	case policy == ldap.BeheraAccountLocked:
		return s.is(leak.Unknown, "49: "+lockedOut)
	case policy == policySilent:
		// OpenLDAP says that an account is locked only if it is told to
		// (ppolicy_use_lockout in slapo-ppolicy(5)).
		return s.is(leak.Unknown, code+", which may be because the account is locked")
	case !s.fullName():
		return s.is(leak.Unknown, code+", which may be because the user's name is not complete")
	}
	return s.is(leak.Dead, code)
}

// fullName reports whether the user is a name by which directories know users:
// "cn=app,dc=acme", "app@acme.com", "ACME\app". An application may add to others
// what is not in the URL.
func (s *session) fullName() bool { return strings.ContainsAny(s.user, `=@\`) }

func (s *session) ldapFacts(c *ldap.Conn) map[string]string {
	facts := map[string]string{leak.FactName: s.user}
	if who, err := c.WhoAmI(nil); err == nil && who.AuthzID != "" {
		facts[leak.FactName] = strings.TrimPrefix(strings.TrimPrefix(who.AuthzID, "dn:"), "u:")
	}
	root, err := c.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 5, false, "(objectClass=*)",
		[]string{"vendorName", "vendorVersion", "namingContexts", "defaultNamingContext", "dnsHostName", "structuralObjectClass"}, nil))
	if err != nil || len(root.Entries) != 1 {
		return facts
	}
	get := root.Entries[0].GetAttributeValue
	if facts[leak.FactTenant] = get("defaultNamingContext"); facts[leak.FactTenant] == "" {
		facts[leak.FactTenant] = get("namingContexts")
	}
	facts[leak.FactServer] = strings.TrimSpace(get("vendorName") + " " + get("vendorVersion"))
	switch {
	case get("dnsHostName") != "" && get("defaultNamingContext") != "":
		facts[leak.FactServer] = "Active Directory " + get("dnsHostName")
	case get("structuralObjectClass") == "OpenLDAProotDSE":
		facts[leak.FactServer] = "OpenLDAP"
	}
	return facts
}
