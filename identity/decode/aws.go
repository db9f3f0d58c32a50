package decode

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/awskey"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// awsPrefixes say what an id of AWS is of
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
var awsPrefixes = map[string]struct {
	typ  leak.IdentityType
	kind string
	note string
	// sure is how much the type follows from the prefix.
	sure float64
}{
	"AKIA": {leak.ServiceAccount, "long-term access key of an IAM user", "it does not expire by itself", 0.5},
	"ASIA": {leak.ManagedIdentity, "temporary access key", "it ends within 36 hours; those of roles within 12", 0.65},
	"ABIA": {leak.ServiceAccount, "bearer token of AWS STS", "", 0.5},
	"ACCA": {leak.ServiceAccount, "context-specific credential", "", 0.5},
	"AIDA": {leak.ServiceAccount, "id of an IAM user", "an id opens nothing", 0.5},
	"AROA": {leak.ManagedIdentity, "id of a role", "an id opens nothing", 0.9},
	"AGPA": {leak.UnknownIdentity, "id of a group of IAM users", "an id opens nothing", 0.3},
	"AIPA": {leak.ManagedIdentity, "id of an instance profile", "an id opens nothing", 0.9},
	"ANPA": {leak.UnknownIdentity, "id of a managed policy", "an id opens nothing", 0.3},
	"ANVA": {leak.UnknownIdentity, "id of a version of a policy", "an id opens nothing", 0.3},
	"APKA": {leak.SSHKey, "id of a public key", "an id opens nothing", 0.5},
	"ASCA": {leak.Certificate, "id of a certificate", "an id opens nothing", 0.9},
}

var (
	awsID     = lazy.New(`\bA(?:KIA|SIA|BIA|CCA|IDA|ROA|GPA|IPA|NPA|NVA|PKA|SCA)[A-Z0-9]{12,17}\b`)
	awsARN    = lazy.New(`\barn:aws(-[a-z-]{2,10})?:([a-z0-9-]{1,40}):([a-z0-9-]{0,30}):([0-9]{12}):([^\s"'<>]{1,200})`)
	awsQueue  = lazy.New(`\bsqs\.([a-z0-9-]{5,30})\.amazonaws\.com(?:\.cn)?/([0-9]{12})/([0-9A-Za-z_.-]{1,80})`)
	awsImages = lazy.New(`\b([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]{5,30})\.amazonaws\.com`)
	awsRegion = lazy.New(`^[a-z]{2}(?:-[a-z]{2,10}){1,3}-[0-9]{1,2}$`)
)

// maxAWSText is how much text is looked through for ids, in bytes.
const maxAWSText = 16 << 10

func readAWS(in *Input) []leak.Evidence {
	v := &voice{}
	if id := in.part("key_id"); len(id) <= 24 && awsID.MatchString(id) {
		v.awsID(id)
	}
	if len(in.Value) <= maxAWSText && !strings.HasPrefix(in.Value, "eyJ") {
		ids := awsID.FindAllString(in.Value, 4)
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			// A word in capitals is no id.
			if id == in.Value || awsKeyPrefix(id) || strings.ContainsAny(id, decimal) {
				v.awsID(id)
			}
		}
		if signedAddress(in.Value) { // the key signed it, and is not the credential
			v.out = slices.DeleteFunc(v.out, ofTheKey)
		}
	}
	v.awsSession(in)
	v.awsPlaces(in)
	return v.out
}

// awsID says what an id means; it is public.
func (v *voice) awsID(id string) {
	p, ok := awsPrefixes[id[:4]]
	if !ok || !only(id[4:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
		return
	}
	v.weight = 0.9
	why := id[:4] + " at the beginning of the id"
	v.say(leak.ClaimProvider, "aws", why)
	v.weigh(p.sure, leak.ClaimType, string(p.typ), why)
	v.say(leak.ClaimKind, p.kind, why)
	v.say(leak.ClaimNote, p.note, why)
	if len(id) == 20 && awsKeyPrefix(id) {
		v.say(leak.ClaimKeyID, id, "the access key's id")
	} else {
		v.say(leak.ClaimID, id, "the unique id")
	}
	account, ok := awskey.Account(id)
	if !ok {
		return
	}
	v.weight = 0.95
	v.tenant("account", account, "the account stands in the id of the key")
	if by := awskey.Canary(account); by != "" {
		v.weigh(1, leak.ClaimCanary, by, "AWS account "+account+" makes keys that raise an alarm when they are used")
	}
}

// awsKeyPrefix reports whether an id is that of an access key.
func awsKeyPrefix(id string) bool { return strings.Contains("AKIA ASIA ABIA ACCA", id[:4]) }

// awsSession reads the region of a session token. Its form is not documented,
// but all of them are a byte, and then fields of protobuf: 1 is an origin, 2 a
// number, 3 the region.
func (v *voice) awsSession(in *Input) {
	token := in.part("session_token")
	if token == "" {
		token = in.Value
	}
	if !strings.HasPrefix(token, "IQoJb3JpZ2lu") && !strings.HasPrefix(token, "FwoGZXIvYXdz") && !strings.HasPrefix(token, "FQoGZXIvYXdz") {
		return
	}
	v.weight = 0.9
	if in.part("key_id") == "" {
		v.say(leak.ClaimProvider, "aws", "the beginning of a session token")
		v.weigh(0.65, leak.ClaimType, string(leak.ManagedIdentity), "a session of AWS STS")
		v.say(leak.ClaimKind, "session token of temporary credentials", "the beginning of a session token")
	}
	raw, ok := anyBase64(token[:min(len(token), 120)])
	if !ok || token[0] != 'I' || len(raw) < 30 {
		return
	}
	for b := raw[1:]; len(b) > 2; {
		switch field, wire := b[0]>>3, b[0]&7; {
		case wire == 0:
			i := slices.IndexFunc(b[1:], func(x byte) bool { return x < 0x80 })
			if i < 0 {
				return
			}
			b = b[i+2:]
		case wire == 2 && int(b[1]) < 0x80 && 2+int(b[1]) <= len(b):
			if text := string(b[2 : 2+b[1]]); field == 3 {
				if awsRegion.MatchString(text) {
					v.weigh(0.6, leak.ClaimRegion, text, "a region in the session token, in a form that is not documented")
				}
				return
			}
			b = b[2+int(b[1]):]
		default:
			return
		}
	}
}

// readBedrock reads API keys of Amazon Bedrock. Long-term ones are base64 of
// NAME-at-ACCOUNT:SECRET, short-term ones that of a signed address
// (https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html).
func readBedrock(in *Input) []leak.Evidence {
	if body, ok := strings.CutPrefix(in.Value, "bedrock-api-key-"); ok {
		raw, ok := anyBase64(body)
		if !ok || len(raw) > 8<<10 {
			return nil
		}
		v := of("aws", leak.ManagedIdentity, "short-term Amazon Bedrock API key", 0.95, "the prefix bedrock-api-key-")
		v.say(leak.ClaimNote, "it ends with the session that made it, after 12 hours at most", "the prefix bedrock-api-key-")
		_, query, _ := strings.Cut(string(raw), "?")
		v.signed(query)
		return v.out
	}
	body, ok := strings.CutPrefix(in.Value, "ABSK")
	if !ok || len(body) < 40 || len(body) > 1024 {
		return nil
	}
	raw, ok := anyBase64(body)
	if !ok {
		return nil
	}
	head, _, ok := strings.Cut(string(raw), ":")
	at := strings.LastIndex(head, "-at-")
	if !ok || at < 1 || len(head) != at+16 || !only(head[at+4:], decimal) {
		return nil
	}
	v := of("aws", leak.ServiceAccount, "long-term Amazon Bedrock API key", 0.97, "the prefix ABSK, and a user and an account in base64")
	v.tenant("account", head[at+4:], "the account inside the key")
	v.iamUser(head[:at], "the IAM user inside the key")
	v.say(leak.ClaimKeyID, head, "the name of the key, inside it")
	if strings.HasPrefix(head, "BedrockAPIKey-") {
		v.weigh(0.5, leak.ClaimPermission, "AmazonBedrockLimitedAccess", "the policy that the console attaches to the user that it makes for a key")
	}
	if by := awskey.Canary(head[at+4:]); by != "" {
		v.weigh(1, leak.ClaimCanary, by, "the account makes keys that raise an alarm when they are used")
	}
	return v.out
}

// readECR reads what docker logs in to a registry of AWS with: base64 of JSON,
// perhaps as the password of AWS in base64 again. It is valid for 12 hours
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html);
// that its end stands in it is observed.
func readECR(in *Input) []leak.Evidence {
	if len(in.Value) < 200 || len(in.Value) > 16<<10 || strings.ContainsAny(in.Value, " .\n") {
		return nil
	}
	raw, ok := anyBase64(in.Value)
	if inner, is := strings.CutPrefix(string(raw), "AWS:"); ok && is {
		raw, ok = anyBase64(inner)
	}
	var t struct {
		Payload, Datakey, Version, Type string
		Expiration                      int64
	}
	if !ok || len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &t) != nil || t.Payload == "" || t.Datakey == "" || t.Type != "DATA_KEY" {
		return nil
	}
	v := of("aws", leak.RegistryRobot, "password of an Amazon ECR registry", 0.9, "JSON with payload and datakey in base64")
	v.say(leak.ClaimNote, "it is valid for 12 hours", "a password of ECR")
	if t.Expiration > 1e9 && t.Expiration < 1e11 {
		v.when(leak.ClaimExpires, time.Unix(t.Expiration, 0), "expiration inside the password")
	}
	return v.out
}

// readSigned reads addresses that are signed with AWS's Signature Version 4
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
func readSigned(in *Input) []leak.Evidence {
	if len(in.Value) > 16<<10 || !signedAddress(in.Value) {
		return nil
	}
	before, query, ok := strings.Cut(in.Value, "?")
	if !ok {
		query = in.Value
	}
	v := &voice{weight: 0.95}
	v.say(leak.ClaimProvider, "aws", "an address signed by AWS Signature Version 4")
	v.say(leak.ClaimKind, "signed address", "an address signed by AWS Signature Version 4")
	if u, err := url.Parse(before); err == nil && u.Host != "" && u.User == nil {
		v.say(leak.ClaimServer, u.Host, "the host of the signed address")
	}
	v.signed(query)
	return v.out
}

func signedAddress(text string) bool {
	return strings.Contains(text, "X-Amz-Credential=") || strings.Contains(text, "x-amz-credential=")
}

// ofTheKey reports whether evidence is about what kind of key there is.
func ofTheKey(e leak.Evidence) bool {
	return e.Claim == leak.ClaimKind && e.Value != "signed address" || e.Claim == leak.ClaimNote
}

// signed reads the query of a signed address.
func (v *voice) signed(query string) {
	get := queryOf(query)
	scope := strings.Split(get("X-Amz-Credential"), "/")
	if len(scope) != 5 || scope[4] != "aws4_request" {
		return
	}
	sub := &voice{}
	sub.awsID(scope[0])
	v.out = append(v.out, slices.DeleteFunc(sub.out, ofTheKey)...)
	v.say(leak.ClaimRegion, scope[2], "the scope of the signature")
	v.say(leak.ClaimScope, scope[3], "the service in the scope of the signature")
	from, err := time.Parse("20060102T150405Z", get("X-Amz-Date"))
	if err != nil {
		return
	}
	v.when(leak.ClaimIssued, from, "X-Amz-Date")
	if after, err := time.ParseDuration(get("X-Amz-Expires") + "s"); err == nil && after > 0 && after <= 7*24*time.Hour {
		v.when(leak.ClaimExpires, from.Add(after), "X-Amz-Date and X-Amz-Expires")
	}
}

// queryOf parses a query without regard to case; the first of a name counts.
// &amp; separates too, as addresses are copied out of pages.
func queryOf(query string) func(name string) string {
	fields := map[string]string{}
	query = strings.ReplaceAll(query, "&amp;", "&")
	for n := 0; query != "" && n < 100; n++ {
		var field string
		field, query, _ = strings.Cut(query, "&")
		name, value, ok := strings.Cut(field, "=")
		name = strings.ToLower(name)
		if _, twice := fields[name]; !ok || twice || len(value) > 4096 {
			continue
		}
		if text, err := url.QueryUnescape(value); err == nil {
			fields[name] = text
		}
	}
	return func(name string) string { return fields[strings.ToLower(name)] }
}
