package verify

import (
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/whosekey/whosekey/leak"
)

// pgSSLRequest is the code of the message that asks for TLS
// (https://www.postgresql.org/docs/current/protocol-message-formats.html).
const pgSSLRequest = 80877103

// maxMessages bounds what a server says before it is ready.
const maxMessages = 200

// pgIdentity asks who is logged in. It reads what every role may read of itself.
const pgIdentity = `select current_user, current_database(), r.oid, r.rolvaliduntil,
	concat_ws(' ', case when rolsuper then 'superuser' end, case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
	case when rolreplication then 'replication' end, case when rolbypassrls then 'bypassrls' end,
	(select string_agg(b.rolname, ' ' order by b.rolname) from pg_auth_members m join pg_roles b on b.oid = m.roleid where m.member = r.oid))
	from pg_roles r where rolname = current_user`

// postgresql logs in to a server of PostgreSQL, or one that speaks its protocol
// (https://www.postgresql.org/docs/current/protocol-flow.html). The messages
// are pgx's, the order is ours: pgx would read the environment, a file of
// passwords and one of services, and would try again after some refusals.
func postgresql(ctx context.Context, s *session) leak.Verdict {
	if err := s.pgTLS(ctx); err != nil {
		return s.failed(ctx, err)
	}
	p := &pg{session: s, front: pgproto3.NewFrontend(s.conn, s.conn), status: map[string]string{}}
	p.front.SetMaxBodyLen(64 << 10)
	refused, err := p.login()
	switch {
	case err != nil:
		return s.failed(ctx, err)
	case refused != nil:
		return p.judge(refused.Code)
	case !p.asked:
		return s.is(leak.Unknown, noPassword)
	}
	facts, err := p.facts()
	p.front.Send(&pgproto3.Terminate{})
	p.front.Flush()
	if err != nil {
		return s.failed(ctx, err)
	}
	return s.live(facts)
}

// pgTLS asks for TLS as the URL says.
func (s *session) pgTLS(ctx context.Context) error {
	mode := map[string]int{"disable": tlsNone, "require": tlsMust, "verify-ca": tlsMust, "verify-full": tlsMust, "true": tlsMust}[s.option("sslmode", "ssl")]
	if mode == tlsNone && s.inside {
		return nil
	}
	ask := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, pgSSLRequest)
	var got [1]byte
	if _, err := s.conn.Write(ask); err != nil {
		return err
	}
	if _, err := io.ReadFull(s.conn, got[:]); err != nil {
		return err
	}
	switch {
	case got[0] == 'S':
		return s.startTLS(ctx)
	case got[0] != 'N':
		return problem("the server does not speak PostgreSQL's protocol")
	case mode == tlsMust:
		return problem("the server has no TLS, which the URL wants")
	case s.exposed():
		return s.unsent()
	}
	return nil
}

// pg is the conversation with a server.
type pg struct {
	*session
	front  *pgproto3.Frontend
	scram  *scram
	status map[string]string // what the server tells of itself
	asked  bool              // for the password
	let    bool              // the server has said that we are who we say
	proved bool              // that it knows the password, if it was asked by SCRAM
}

// login ends when the server is ready, refuses, or cannot be understood.
func (p *pg) login() (*pgproto3.ErrorResponse, error) {
	p.front.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{
		"user": p.user, "database": cmp.Or(p.database, "postgres"), "application_name": "whosekey", "client_encoding": "UTF8",
	}})
	for range maxMessages {
		if err := p.front.Flush(); err != nil {
			return nil, err
		}
		msg, err := p.front.Receive()
		if err != nil {
			return nil, err
		}
		switch m := msg.(type) {
		case *pgproto3.ErrorResponse:
			return m, nil
		case *pgproto3.ReadyForQuery:
			if p.scram != nil && !p.proved {
				return nil, errScram
			}
			return nil, nil
		case *pgproto3.ParameterStatus:
			p.status[m.Name] = m.Value
		default:
			if err := p.authenticate(msg); err != nil {
				return nil, err
			}
		}
	}
	return nil, errLong
}

// authenticate answers what the server wants to know.
func (p *pg) authenticate(msg pgproto3.BackendMessage) error {
	switch m := msg.(type) {
	case *pgproto3.AuthenticationCleartextPassword:
		return p.send(p.password)
	case *pgproto3.AuthenticationMD5Password:
		return p.send("md5" + hexMD5(hexMD5(p.password+p.user)+string(m.Salt[:])))
	case *pgproto3.AuthenticationSASL:
		if !slices.Contains(m.AuthMechanisms, "SCRAM-SHA-256") || p.asked {
			return problem("the server wants another way to log in than a password")
		}
		p.asked = true
		p.scram = newScram(sha256.New, "", p.password) // the name is that of the startup message
		p.front.Send(&pgproto3.SASLInitialResponse{AuthMechanism: "SCRAM-SHA-256", Data: []byte(p.scram.hello())})
	case *pgproto3.AuthenticationSASLContinue:
		if p.scram == nil || p.scram.proof != "" {
			return errScram
		}
		text, err := p.scram.answer(string(m.Data))
		if err != nil {
			return err
		}
		p.front.Send(&pgproto3.SASLResponse{Data: []byte(text)})
	case *pgproto3.AuthenticationSASLFinal:
		if p.scram == nil {
			return errScram
		}
		if err := p.scram.check(string(m.Data)); err != nil {
			return err
		}
		p.proved, p.checked = true, true
	case *pgproto3.AuthenticationOk:
		p.let = true
	case *pgproto3.AuthenticationGSS, *pgproto3.AuthenticationGSSContinue:
		return problem("the server wants another way to log in than a password")
	}
	return nil
}

// send sends the password, once.
func (p *pg) send(text string) error {
	if p.asked {
		return problem("the server asks for the password twice")
	}
	p.asked = true
	p.front.Send(&pgproto3.PasswordMessage{Password: text})
	return nil
}

func hexMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// pgBusy are refusals of a server that could not look at the password, or did and has
// no room.
var pgBusy = map[string]string{
	"53300": "there are too many connections, of all or of this role",
	"55000": "the database takes no connections",
	"57P01": "the server is being shut down", "57P02": "the server has crashed", "57P03": "the server is starting up, or shutting down",
}

// judge reads the code of a refusal
// (https://www.postgresql.org/docs/current/errcodes-appendix.html). What comes
// after the password was checked tells that it is right.
func (p *pg) judge(code string) leak.Verdict {
	p.refused = code == "28P01" || code == "28000"
	switch {
	case code == "28P01" && p.asked && isASCII(p.password):
		// A password whose time is over is refused with the same words.
		return p.is(leak.Dead, "28P01 invalid_password: it is wrong, or expired")
	case code == "28P01" && p.asked:
		return p.is(leak.Unknown, "28P01 invalid_password, which may be because of letters outside of ASCII")
	case code == "3D000" && p.asked:
		return p.is(leak.Restricted, "3D000: the password is right, and there is no such database")
	case code == "42501" && p.asked:
		return p.is(leak.Restricted, "42501: the password is right, and the database is not for this user")
	case code == "28000" && p.asked && p.let:
		return p.is(leak.Restricted, "28000: the password is right, and the role may not log in")
	case code == "28000":
		return p.is(leak.Unknown, "28000: the server does not let this user in from here, whatever the password")
	case pgBusy[code] != "":
		return p.is(leak.Unknown, code+": "+pgBusy[code])
	case len(code) == 5 && codeForm.MatchString("c"+code):
		return p.is(leak.Unknown, "the server refuses the login with "+code)
	}
	return p.is(leak.Unknown, "the server refuses the login")
}

// facts asks who is logged in. A server that only speaks the protocol may not
// know the tables that are asked: then its own words are all.
func (p *pg) facts() (map[string]string, error) {
	facts := map[string]string{leak.FactName: p.user, leak.FactServer: "PostgreSQL " + p.status["server_version"]}
	if v := p.status["crdb_version"]; v != "" {
		facts[leak.FactServer] = v
	}
	p.front.Send(&pgproto3.Query{String: pgIdentity})
	if err := p.front.Flush(); err != nil {
		return nil, err
	}
	for range maxMessages {
		msg, err := p.front.Receive()
		if err != nil {
			return nil, err
		}
		switch m := msg.(type) {
		case *pgproto3.DataRow:
			if len(m.Values) == 5 {
				facts[leak.FactName], facts[leak.FactTenant], facts[leak.FactID] = string(m.Values[0]), string(m.Values[1]), string(m.Values[2])
				facts[leak.FactExpires] = date(pgDate(string(m.Values[3])))
				facts[leak.FactScopes] = string(m.Values[4])
			}
		case *pgproto3.ReadyForQuery:
			return facts, nil
		}
	}
	return nil, errLong
}

// pgDate writes a date of PostgreSQL with minutes in its zone: "+00" is "+00:00".
func pgDate(s string) string {
	if i := strings.LastIndexAny(s, "+-"); i > len(s)-4 && i > 10 {
		s += ":00"
	}
	return s
}
