package verify_test

import (
	"net"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

const slapdConf = `
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile DIR/pid
argsfile DIR/args
TLSCertificateFile CERT
TLSCertificateKeyFile KEY
database mdb
suffix "dc=acme,dc=example"
rootdn "cn=root,dc=acme,dc=example"
directory DIR/db
maxsize 10485760
overlay ppolicy
ppolicy_default "cn=policy,dc=acme,dc=example"
LOCKOUT
database mdb
suffix "dc=plain,dc=example"
rootdn "cn=root,dc=plain,dc=example"
directory DIR/plain
maxsize 10485760
`

const slapdEntries = `dn: dc=acme,dc=example
objectClass: dcObject
objectClass: organization
dc: acme
o: Acme

dn: cn=policy,dc=acme,dc=example
objectClass: organizationalRole
objectClass: pwdPolicy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdMaxAge: 100

dn: cn=app,dc=acme,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: PW1

dn: cn=late,dc=acme,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: PW2
pwdChangedTime: 20010101000000Z

dn: cn=locked,dc=acme,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: PW3
pwdAccountLockedTime: 000001010000Z
`

const slapdPlain = `dn: dc=plain,dc=example
objectClass: dcObject
objectClass: organization
dc: plain
o: Plain

dn: cn=app,dc=plain,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: PW1
`

// TestLDAP has a directory with password policies and one without, and servers
// that say why they refuse and that do not.
func TestLDAP(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	start := func(lockout string) (port, secure string) {
		p := verifytest.NewPlace(t)
		cert, key, _ := p.WriteCertificate(n, db)
		conf := p.Write("slapd.conf", strings.NewReplacer("DIR", p.Dir, "CERT", cert, "KEY", key, "LOCKOUT", lockout).Replace(slapdConf))
		p.Write("db/x", "")
		p.Write("plain/x", "")
		for suffix, entries := range map[string]string{"acme": slapdEntries, "plain": slapdPlain} {
			for i := range 4 {
				entries = strings.ReplaceAll(entries, "PW"+string(rune('0'+i)), secretOf(i))
			}
			p.Run("", "slapadd", "-q", "-f", conf, "-b", "dc="+suffix+",dc=example", "-l", p.Write(suffix+".ldif", entries))
		}
		port, secure = verifytest.FreePort(t), verifytest.FreePort(t)
		p.Start("127.0.0.1:"+secure, "slapd", "-f", conf, "-d", "0", "-h", "ldap://127.0.0.1:"+port+" ldaps://127.0.0.1:"+secure)
		return port, secure
	}
	port, secure := start("ppolicy_use_lockout")
	n.Point(db, "127.0.0.1:"+port)
	n.Point("other.acme.example", "127.0.0.1:"+port)
	logsIn(t, n, "ldap", []loginTest{
		{"right", account("ldap", "cn=app,dc=acme,dc=example", secretOf(1)), leak.Live, "", map[string]string{"name": "cn=app,dc=acme,dc=example", "tenant": "dc=acme,dc=example", "server": "OpenLDAP"}},
		{"wrong", account("ldap", "cn=app,dc=plain,dc=example", secretOf(2)), leak.Dead, "49", nil},
		{"wrong or locked", account("ldap", "cn=app,dc=acme,dc=example", secretOf(2)), leak.Unknown, "may be because the account is locked", nil},
		{"nobody", account("ldap", "cn=nobody,dc=acme,dc=example", secretOf(2)), leak.Dead, "49", nil},
		{"expired", account("ldap", "cn=late,dc=acme,dc=example", secretOf(2)), leak.Expired, "expired", nil},
		{"locked", account("ldap", "cn=locked,dc=acme,dc=example", secretOf(3)), leak.Unknown, "locked", nil},
		{"half a name", account("ldap", "app", secretOf(1)), leak.Unknown, "34", nil},
		{"another name", account("ldap", "cn=app,dc=acme,dc=example", secretOf(1), "host", "other.acme.example"), leak.Unknown, "the certificate is for another host", nil},
		{"no TLS there", account("ldaps", "cn=app,dc=acme,dc=example", secretOf(1)), leak.Unknown, "", nil},
	})
	n.Point(db, "127.0.0.1:"+secure)
	logsIn(t, n, "ldap", []loginTest{{"TLS", account("ldaps", "cn=app,dc=acme,dc=example", secretOf(1)), leak.Live, "", nil}})
	port, _ = start("")
	n.Point(db, "127.0.0.1:"+port)
	logsIn(t, n, "ldap", []loginTest{
		{"locked, and it does not say so", account("ldap", "cn=locked,dc=acme,dc=example", secretOf(3)), leak.Unknown, "locked", nil},
		{"expired all the same", account("ldap", "cn=late,dc=acme,dc=example", secretOf(2)), leak.Expired, "expired", nil},
	})
	strange(t, "ldap", account("ldap", "cn=app,dc=acme,dc=example", secretOf(1)))
}

// TestActiveDirectory reads its messages, which all come with the code 49.
func TestActiveDirectory(t *testing.T) {
	for data, want := range map[string]leak.Status{
		"525": leak.Dead, "52e": leak.Dead, "530": leak.Restricted, "532": leak.Expired, "533": leak.Restricted, "701": leak.Expired,
		"773": leak.Restricted, "775": leak.Unknown, "57": leak.Unknown,
	} {
		n := verifytest.New(t)
		n.Inside = true
		n.ServeConn(db, func(c net.Conn) {
			for i := range 2 {
				asked, err := ber.ReadPacket(c)
				if err != nil || len(asked.Children) < 2 {
					return
				}
				kind, code, text := ber.Tag(24), 52, "" // of StartTLS: unavailable
				if i == 1 {
					kind, code, text = 1, 49, "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data "+data+", v4563\x00"
				}
				c.Write(ldapAnswer(asked.Children[0], kind, code, text))
			}
		})
		reason := data
		logsIn(t, n, "ldap", []loginTest{{data, account("ldap", "app@acme.example", secretOf(1)), want, reason, nil}})
		if want == leak.Dead {
			logsIn(t, n, "ldap", []loginTest{{data, account("ldap", "app", secretOf(1)), leak.Unknown, reason, nil}})
		}
	}
}

func ldapAnswer(id *ber.Packet, kind ber.Tag, code int, text string) []byte {
	p := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id.Value, ""))
	r := ber.Encode(ber.ClassApplication, ber.TypeConstructed, kind, nil, "")
	r.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	r.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	r.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, ""))
	p.AppendChild(r)
	return p.Bytes()
}
