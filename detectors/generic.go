package detectors

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// generic finds values that are assigned to something that sounds secret. It
// knows nothing of a provider, so what it reports is of low confidence.
type generic struct{ spec Spec }

// How far it looks, in bytes. genericKey is on either side of the literal, genericGap
// for each of the blanks between the name and its value.
const (
	genericKey   = 48
	genericGap   = 24
	genericLine  = 32 // in front of the name, to where its line begins
	genericValue = 512
)

// genericWords are in the names of what is secret. Those that have a divider behind
// them would else be in many other words.
var genericWords = []string{
	"password", "passwd", "passphrase", "passcode", "secret", "token", "api_key", "apikey", "api-key", "api.key",
	"access_key", "accesskey", "access-key", "access.key", "auth_key", "authkey", "private_key", "privatekey",
	"encryption_key", "encryptionkey", "signing_key", "signingkey", "credential", "_pwd", "_pass",
	"pass:", "pass=", "pass\"", "pass'", "pass =", "pass  ", "pass\\\"", "pwd:", "pwd=", "pwd\"", "pwd'", "pwd =", "pwd  ", "_pw=", "_pw:", "_pw\"", "_pw'", "_pw =",
	"consumer_key", "consumerkey", "oauth_key", "oauthkey", "session_key", "sessionkey", "master_key", "masterkey", "shared_key", "sharedkey",
	"account_key", "accountkey", "storage_key", "storagekey", "hmac_key", "hmackey", "app_key", "appkey", "client_key", "clientkey", "license_key", "licensekey",
	"auth_code", "authcode", "oauth_verifier", "code_verifier", "passwort", "kennwort", "identified by", "identified with", "authorization", "storepass", "keypass",
	"rootpw", "bindpw", "pw =", "pw= ", "pw=\"", "pw='", "pw: ", "pw\":", "psk=", "psk:", "psk\"", "psk =",
	"contraseña", "contrasena", "senha", "wachtwoord", "salasana", "lösenord", "losenord", "adgangskode", "heslo", "hasło", "haslo", "lozinka", "parola", "пароль", "Пароль", "密码", "密碼", "パスワード", "비밀번호",
	"_auth=", "_auth:", "_auth\"", "_auth'", "_auth =",
	"api key", "access key", "_key=", "_key:", "_key\"", "_key'", "_key =", // any: see anyKey
	"Key=", "Key =", "Key :=", "Key: \"", "Key\": \"", "Key: '", // those of camelCase
	" key=\"", " key='", " key = \"", " key = '", "\tkey := \"", " key := \"", " key: \"", " key: '", "\"key\": \"", "\"key\":\"", " Key=", " Key =",
	"_pat=", "_pat:", "_pat\"", "_pat'", "_pat =", "_api=", "_api:", "_api =", "-api:", "-api =", ".key=", ".key =", "?key=", "&key=", // and needsName
}

// genericLens are how many bytes of each word belong to the name.
var genericLens = func() (lens []int) {
	for _, w := range genericWords {
		lens = append(lens, len(strings.TrimRight(w, `:="'\ `)))
	}
	return lens
}()

// anyKey reports whether a word is the end of a name whose beginning is not known.
func anyKey(word string) bool {
	return word[0] == '_' && word[1] == 'k' || word[0] == 'K' || needsName(word)
}

// needsName reports whether a word stands in the names of so many things that the name has to
// say whose credential it is.
func needsName(word string) bool {
	return strings.IndexByte(".-?& \t\"", word[0]) >= 0 || strings.HasPrefix(word, "_pat") || strings.HasPrefix(word, "_api")
}

// inFront is how many bytes of a word stand in front of the name.
func inFront(word string) int {
	if strings.IndexByte("?& \t\"", word[0]) >= 0 {
		return 1
	}
	return 0
}

func newGeneric() *generic {
	g := &generic{Spec{Before: genericKey + max(genericLine+2, sectionFar+2*genericKey+4*genericGap), After: genericFar*2 + 2*genericKey + 4*genericGap + genericValue + 8}}
	for _, w := range genericWords {
		g.spec.Literals = append(g.spec.Literals, rules.Literal{Text: w, Fold: w == strings.ToLower(w)})
	}
	g.spec.Rule = leak.RuleInfo{
		ID: rules.Generic, Title: "value of a key that sounds secret", Provider: "generic",
		About:    "https://cwe.mitre.org/data/definitions/798.html",
		Rotate:   "Find out what it opens. If it is a real credential, change it there, and read the new one from a secret store or the environment.",
		Severity: 5.0, Sure: leak.Low,
	}
	return g
}

func (g *generic) Spec() Spec { return g.spec }

// Find implements Detector.
func (g *generic) Find(w Window, emit func(Hit)) Seen { return g.find(w, emit, nil) }

// find tells e what each step thought, if there is one.
func (g *generic) find(w Window, emit func(Hit), e *Explained) Seen {
	r := reader{data: w.Data, lo: w.At, hi: w.At + len(g.spec.Literals[w.Lit].Text)}
	start, end := r.name(w.At+inFront(genericWords[w.Lit]), w.At+genericLens[w.Lit])
	if genericWords[w.Lit][0] == 'K' && start == w.At { // not of camelCase
		return Seen{w.At - r.lo, r.hi - w.At}
	}
	if anyKey(genericWords[w.Lit]) {
		if word := wordsOfNames.in(r.lower(start, end), 0); word != "" { // it looks at it
			if e != nil {
				e.say("name", false, "%q in the name is what counts", word)
			}
			return Seen{w.At - r.lo, r.hi - w.At}
		}
	}
	if i, ok := r.isMapped(start, end); ok {
		r.mapped(start, i, func(a *assigned) {
			a.start, a.end = start, end
			g.judge(&r, w, a, emit, e)
		})
	}
	a, ok := r.assigned(start, end)
	if e != nil {
		e.say("assignment", ok, "whether something is assigned to %q", shownName(string(w.Data[start:end])))
	}
	if ok { // most names are not assigned to
		judge := func(a *assigned) {
			a.start, a.end = start, end
			a.vague = a.vague || needsName(genericWords[w.Lit])
			g.judge(&r, w, a, emit, e)
		}
		switch {
		case a.quote == 0 && r.isMany(end, a.at):
			r.entries(a.at, judge)
		case a.quote == 0 && r.byte(a.at) == '[' && r.quote(a.at+1): // a list of one
			a.at, a.quote, a.loose = a.at+2, r.byte(a.at+1), true
			judge(&a)
		case a.quote == 0 && r.isDashed(end, a.at):
			r.dashed(a.at, judge)
		default:
			judge(&a)
		}
	}
	return Seen{w.At - r.lo, r.hi - w.At}
}

func (g *generic) judge(r *reader, w Window, a *assigned, emit func(Hit), e *Explained) {
	value, said := inBraces(a, trimmed(a, r.value(a)))
	if e != nil {
		e.say("value", len(value) >= shortest, "%d bytes; %d at least", len(value), shortest)
	}
	if len(value) < shortest {
		return
	}
	if a.key != "" {
		said = append(said, a.key)
	}
	header := a.end-a.start >= len("authorization") && r.has(a.end-len("authorization"), "authorization")
	if header {
		value = r.behindScheme(a, value)
	}
	var room shortRoom
	name, secret := r.nameAt(&w, a, room[:])
	secret = secret && !r.has(a.start-len("checksum/"), "checksum/")
	if e != nil {
		e.say("name", secret, "whether it is of a secret, by this word")
	}
	if !secret {
		return
	}
	// Most of what is vague names no service. What is spoken is mostly worth reporting else.
	asks := a.vague && w.set != nil && e == nil
	var c context
	if asks && a.spoken {
		if c = r.context(a, len(value), said); !w.set.named(r.field(a), &c) {
			return
		}
	}
	why, ok := worthReporting(view(value), &name, a)
	if e != nil {
		e.say("judgement", ok, "%s", why)
	}
	if !ok {
		return
	}
	if r.amongDigests(a, len(value)) {
		if e != nil {
			e.say("digests", false, "it stands in a list of digests")
		}
		return
	}
	if !asks || !a.spoken {
		if c = r.context(a, len(value), said); asks && !w.set.named(r.field(a), &c) {
			return
		}
	}
	if !c.empty() { // see settle
		r.lo, r.hi = min(r.lo, w.At-g.spec.Before), max(r.hi, w.At+g.spec.After)
	}
	h := Hit{
		context: c, name: a.start, vague: a.vague, header: header, bearer: a.bearer, spoken: a.spoken || a.key != "",
		Start: a.at, End: a.at + len(value), Pieces: [][2]int{{a.at, a.at + len(value)}},
		Parts: leak.Parts{leak.SecretPart: leak.NewSecret(string(value))},
		Why:   []string{fmt.Sprintf("assigned to a name with %q in it", genericWords[w.Lit][:genericLens[w.Lit]]), why},
		Field: r.field(a),
	}
	if part, at := r.idBeside(a); part != "" {
		h.Pieces = append(h.Pieces, at)
		h.Parts[part], h.Loose = leak.NewSecret(string(w.Data[at[0]:at[1]])), []string{part}
	}
	emit(h)
}

// reader reads a window and notes how far it looked: at no byte before lo, and none
// from hi on.
type reader struct {
	data   []byte
	lo, hi int
	room   shortRoom // of lower
}

// byte is that at i, 0 where there is none.
func (r *reader) byte(i int) byte {
	r.lo, r.hi = min(r.lo, i), max(r.hi, i+1)
	if i < 0 || i >= len(r.data) {
		return 0
	}
	return r.data[i]
}

// has reports whether text stands at i, in lower case.
func (r *reader) has(i int, text string) bool {
	for k := range len(text) {
		c := r.byte(i + k)
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != text[k] {
			return false
		}
	}
	return true
}

// lower is the text from one place to another, in lower case; good until the next.
func (r *reader) lower(from, to int) string {
	r.byte(to - 1)
	return lowered(view(r.data[from:min(to, len(r.data))]), r.room[:])
}

// blanks skips spaces and tabs, but not many.
func (r *reader) blanks(i int) int {
	for n := 0; n < genericGap && (r.byte(i) == ' ' || r.byte(i) == '\t'); n++ {
		i++
	}
	return i
}

func (r *reader) quote(i int) bool {
	c := r.byte(i)
	return c == '"' || c == '\'' || c == '`'
}

func keyByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.'
}

// name extends a word to the name that it is a part of.
func (r *reader) name(start, end int) (from, to int) {
	at := start
	for n := 0; n < genericKey && keyByte(r.byte(start-1)); n++ {
		start--
	}
	if c := r.byte(start); start < at && r.byte(start-1) == '\\' && (c == 'n' || c == 't' || c == 'r') {
		start++ // of an escape sequence
	}
	for start < at && r.data[start] == '-' { // of an option
		start++
	}
	for n := 0; n < genericKey && keyByte(r.byte(end)); n++ {
		end++
	}
	for end > start && (r.data[end-1] == '.' || r.data[end-1] == '-') {
		end--
	}
	return start, end
}

// behindScheme is the credential in the value of a header, as in "ApiKey ...". Those
// of the schemes that everybody uses have rules of their own: of a bearer it is only asked whose it is.
func (r *reader) behindScheme(a *assigned, value []byte) []byte {
	i := bytes.IndexByte(value, ' ')
	if i < 0 && a.quote == 0 && r.byte(a.at+len(value)) == ' ' {
		i = len(value)
	}
	if i < 3 || i > 16 || authSchemes.longestAt(r.lower(a.at, a.at+i), 0) != "" {
		return value
	}
	rest := assigned{at: a.at + i + 1, quote: a.quote}
	if value = r.value(&rest); bytes.IndexByte(value, ' ') >= 0 {
		return nil
	}
	a.bearer = i == len("bearer") && r.has(a.at, "bearer")
	a.at, a.quote = rest.at, '"' // nobody writes a word there
	return value
}

var authSchemes = newWordSet([]string{"basic", "digest", "negotiate", "ntlm", "aws4-", "hawk"})
