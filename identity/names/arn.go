package names

import (
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// byResource is the weight of the account and the user that the name of a resource
// near a key says: what a key uses is mostly in its own account. Roles are not: a key is
// often there to take on one of another account, and so they contradict nothing.
const byResource = 0.6

var (
	accessARN = lazy.New(`\barn:aws(?:-[a-z]{2,4}(?:-[a-z]{1,4}){0,2})?:(iam|sts|sqs|sns):[a-z0-9-]{0,30}:([0-9]{12}):(?:(user|role|assumed-role)/([A-Za-z0-9+=,.@_/-]{1,200}))?`)
	queueURL  = lazy.New(`\b(?:sqs|sns)\.[a-z0-9-]{5,30}\.amazonaws\.com(?:\.cn)?/([0-9]{12})/`)
)

// resource reads ARNs and addresses of queues that stand near a key of AWS. They may
// be of another account, which a key that names its own shows.
func (b *beside) resource(f *around.Field) {
	if b.s.q.Finding.Rule.Provider != "aws" || len(f.Value) < 20 || !strings.Contains(f.Value, "aws") || b.seen.Weight(f) < around.Near {
		return
	}
	account, kind, name, what := "", "", "", "an ARN"
	if m := accessARN.FindStringSubmatch(f.Value); m != nil {
		account, kind, name = m[2], m[3], m[4]
	} else if m := queueURL.FindStringSubmatch(f.Value); m != nil {
		account, what = m[1], "the address of a queue"
	}
	own := b.s.account()
	if f.Name == "" || account == "" || own != "" && own != account || differ(f.Name, b.seen.Own.Name) {
		return
	}
	weight := byResource
	if kind != "user" && kind != "" {
		weight = around.Others
	}
	b.s.lines = b.seen.Lines(f)
	say := func(claim, value string) {
		b.s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: weight, Reason: what + " in " + f.Name + " beside it", Ref: b.ref(f.Line)})
	}
	say(leak.ClaimTenant, account)
	say(leak.ClaimTenantKind, "account")
	if kind == "user" && settled(name) { // a key is a user's; a role is what the user may take on
		say(leak.ClaimName, name[strings.LastIndexByte(name, '/')+1:])
	}
}

// account is the account that the credential itself names; empty for none.
func (s *search) account() string {
	for _, e := range s.q.Known {
		if e.Claim == leak.ClaimTenant && e.Class == leak.FromStructure && e.Weight >= identity.Likely {
			return e.Value
		}
	}
	return ""
}
