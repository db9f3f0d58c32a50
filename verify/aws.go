package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// awsSTS asks whose an access key of AWS is: sts:GetCallerIdentity needs no
// permission and cannot be denied
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
// The secret is never sent: it signs the request, for one service and one day.
// A session token is sent, and opens nothing without the secret.
//
// Keys do not say which partition they belong to, and another one does not know
// them. Commercial AWS is asked first, then the others: only a key that all
// refuse is dead.
type awsSTS struct{}

// awsPartition is a part of AWS with keys of its own
// (https://docs.aws.amazon.com/general/latest/gr/sts.html, iam-service.html). The
// isolated ones (iso, iso-b, iso-e, iso-f) are not on the internet.
type awsPartition struct{ sts, iam, region string }

var awsPartitions = []awsPartition{
	{"sts.amazonaws.com", "iam.amazonaws.com", "us-east-1"},
	{"sts.us-gov-west-1.amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
	{"sts.cn-north-1.amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
	{"sts.eusc-de-east-1.amazonaws.eu", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
}

func (awsSTS) Class() leak.Class { return leak.S1 }
func (awsSTS) Control() string   { return "" }

// FurtherHosts are those of these questions.
func (awsSTS) FurtherHosts() (out []string) {
	for _, p := range awsPartitions {
		out = append(out, p.iam)
	}
	return out
}

func (awsSTS) Hosts() (out []string) {
	for _, p := range awsPartitions {
		out = append(out, p.sts, p.iam)
	}
	return out
}

func (awsSTS) Plan(q Query) ([]Call, error) {
	if err := awsParts(&q); err != nil {
		return nil, err
	}
	var out []Call
	for _, p := range awsPartitions {
		out = append(out, Call{leak.S1, "GET", p.sts, "/?Action=GetCallerIdentity"})
	}
	if q.Extended && !q.Control {
		for _, action := range awsActions {
			out = append(out, Call{leak.S2, "GET", awsPartitions[0].iam, "/?Action=" + action})
		}
	}
	return out, nil
}

func awsParts(q *Query) error {
	switch id := q.part("key_id"); {
	case id == "":
		return need("key's id")
	case q.part(leak.SecretPart) == "":
		return need("secret access key")
	case strings.HasPrefix(id, "ASIA") && q.part("session_token") == "":
		return need("session token of a temporary key")
	}
	return nil
}

func (awsSTS) Verify(ctx context.Context, q Query) leak.Verdict {
	if err := awsParts(&q); err != nil {
		return stopped(leak.S1, err)
	}
	var refused leak.Verdict
	var all heard
	for i, p := range awsPartitions {
		if q.Only != "" && !q.isOnly(p.sts) {
			continue
		}
		a, v := q.aws(ctx, leak.S1, p.sts, p.region, url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}})
		if a != nil {
			v = awsVerdict(&q, a, v)
		}
		all.add(v)
		if v.Status == leak.Dead && !q.Control {
			refused = v
			continue
		}
		if i > 0 && !q.Control && (a == nil || v.Status == leak.Unknown && awsErrorOf(a).Code != wrongSecret) {
			return all.in(is(refused, leak.Unknown, awsPartitions[0].sts+" does not know it; it may belong to another partition: "+v.Host+": "+v.Reason))
		}
		if v.Status == leak.Live && q.Extended && !q.Control {
			v.Facts = awsFurther(ctx, &q, p, v.Facts)
		}
		return all.in(v)
	}
	if r := q.part("region"); !q.Control && isolatedRegion.MatchString(r) {
		refused = is(refused, leak.Unknown, "nobody on the internet knows it, and "+r+" beside it is of a partition that is not there")
	}
	return all.in(refused)
}

var isolatedRegion = lazy.New(`^[a-z]{2}-iso[a-z]?-[a-z]{2,12}-[0-9]{1,2}$`)

type awsError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Code    string   `xml:"Error>Code"`
	Message string   `xml:"Error>Message"`
}

// wrongSecret is the code where the key's id is known, and the secret is not
// its. STS uses it for wrong dates too.
const wrongSecret = "SignatureDoesNotMatch"

func awsErrorOf(a *answer) (e awsError) {
	if a.Status < 400 || !a.xml(&e) {
		return awsError{}
	}
	return e
}

// late reports whether a request was refused because of its date.
func (e awsError) late() bool {
	return e.Code == "RequestExpired" || e.Code == "RequestTimeTooSkewed" ||
		e.Code == wrongSecret && (strings.Contains(e.Message, "Signature expired") || strings.Contains(e.Message, "Signature not yet current"))
}

// awsVerdict reads an answer of STS. The codes are those of
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and of
// its answers.
func awsVerdict(q *Query, a *answer, v leak.Verdict) leak.Verdict {
	var who struct {
		XMLName xml.Name `xml:"GetCallerIdentityResponse"`
		ARN     string   `xml:"GetCallerIdentityResult>Arn"`
		ID      string   `xml:"GetCallerIdentityResult>UserId"`
		Account string   `xml:"GetCallerIdentityResult>Account"`
	}
	if a.Status == http.StatusOK && a.xml(&who) && strings.HasPrefix(who.ARN, "arn:aws") {
		v = is(v, leak.Live, statusText(a.Status))
		v.Facts = tidyFacts(q, awsIdentity(who.ARN, who.ID, who.Account))
		return v
	}
	switch e := awsErrorOf(a); {
	case e.late():
		return is(v, leak.Unknown, "the clock of this machine is wrong")
	case e.Code == "InvalidClientTokenId":
		return is(v, leak.Dead, "InvalidClientTokenId: the key is deleted or inactive")
	case e.Code == "ExpiredToken", e.Code == "ExpiredTokenException":
		return is(v, leak.Expired, e.Code)
	case e.Code == wrongSecret && q.Control:
		return is(v, leak.Dead, e.Code) // what a made-up secret must get
	case e.Code == wrongSecret:
		return is(v, leak.Unknown, "the key's id is known, but the secret is not its: the pieces do not belong together")
	case codeForm.MatchString(e.Code):
		return is(v, leak.Unknown, statusText(a.Status)+": "+e.Code)
	}
	return v
}

// awsIdentity reads an ARN: arn:aws:iam::123456789012:user/team/alice.
func awsIdentity(arn, id, account string) map[string]string {
	facts := map[string]string{leak.FactID: id, leak.FactTenant: account}
	if fields := strings.SplitN(arn, ":", 6); len(fields) == 6 {
		facts[leak.FactName] = fields[5]
	}
	switch name := facts[leak.FactName]; {
	case name == "root", strings.HasPrefix(name, "assumed-role/AWSReservedSSO_"):
		facts[leak.FactKind] = "human_account"
	case strings.HasPrefix(name, "assumed-role/"):
		facts[leak.FactKind] = "workload_identity"
	case strings.HasPrefix(name, "user/"), strings.HasPrefix(name, "federated-user/"):
		facts[leak.FactKind] = "api_key" // of a person or a service: IAM does not say
	}
	return facts
}

// aws makes a signed request. If its date is refused, it is made once more with
// the date of the host.
func (q *Query) aws(ctx context.Context, class leak.Class, host, region string, query url.Values) (*answer, leak.Verdict) {
	now := q.Now
	for try := 0; ; try++ {
		r := newGet(&url.URL{Scheme: "https", Host: host, Path: "/", RawQuery: query.Encode()})
		r.Header.Set("Accept", "application/xml")
		if err := signAWS(ctx, r, q.Parts, host[:strings.IndexByte(host, '.')], region, now); err != nil {
			return nil, stopped(class, problem("the request cannot be signed"))
		}
		a, v := q.call(ctx, class, r)
		if a != nil && try == 0 && awsErrorOf(a).late() {
			if d, ok := a.skew(now); ok {
				now = now.Add(d)
				continue
			}
		}
		return a, v
	}
}

func signAWS(ctx context.Context, r *http.Request, parts leak.Parts, service, region string, now time.Time) error {
	empty := sha256.Sum256(nil)
	keys := aws.Credentials{
		AccessKeyID: parts["key_id"].Reveal(), SecretAccessKey: parts[leak.SecretPart].Reveal(), SessionToken: parts["session_token"].Reveal(),
	}
	return v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(empty[:]), service, region, now)
}
