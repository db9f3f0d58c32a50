package names

import (
	"bytes"
	"slices"
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

// ofAccount is the weight of a user of the key's own account whose ARN stands in one
// block with the key.
const ofAccount = 0.7

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
	switch {
	case kind != "user" && kind != "":
		weight = around.Others
	case kind == "user" && own == account && b.seen.Weight(f) == around.InBlock: // one of a few
		weight = ofAccount
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

// userOfKey takes the user that a field without a prefix names in one record with a
// key of AWS: in the file that the console makes, and in settings. Where there is a
// password too, it may be that one's; USER is who is logged in to the machine.
func (b *beside) userOfKey(f *around.Field, name string) {
	if name != "username" && name != "user" || b.s.q.Finding.Rule.Provider != "aws" || f.Name == strings.ToUpper(f.Name) ||
		b.seen.Weight(f) < around.InBlock || !settled(f.Value) || !user.MatchString(f.Value) {
		return
	}
	login := func(o around.Field) bool {
		p, ok := without(Plain(o.Name), []string{"password", "passwd", "pass", "pwd"})
		return ok && p == "" && o.Value != "" && b.seen.Weight(&o) == around.InBlock
	}
	if !b.seen.Table() && slices.ContainsFunc(b.seen.Fields, login) {
		return
	}
	weight := around.Near
	if b.seen.Table() {
		weight = around.InBlock
	}
	b.says(f, leak.ClaimName, f.Value, weight)
}

// bareARN looks for the ARN of a user of the key's own account in the lines around the
// key up to empty ones: in a comment, or alone. Of two, neither is it, and where a
// second key stands it may be that one's.
func (s *search) bareARN(p *identity.Place, ref string) {
	own := s.account()
	if s.q.Finding.Rule.Provider != "aws" || own == "" || p.Start < 0 || p.Start > p.End || p.End > len(p.Text) {
		return
	}
	before, after := p.Text[max(0, p.Start-maxParagraph):p.Start], p.Text[p.End:min(len(p.Text), p.End+maxParagraph)]
	for _, end := range []string{"\n\n", "\n\r\n"} {
		if i := bytes.LastIndex(before, []byte(end)); i >= 0 {
			before = before[i:]
		}
		if i := bytes.Index(after, []byte(end)); i >= 0 {
			after = after[:i]
		}
	}
	id, name := identity.KeyID(s.q.Finding), ""
	for _, text := range []string{string(before), string(after)} {
		for _, other := range keyIDs.FindAllString(text, -1) {
			if other != id {
				return
			}
		}
		for _, m := range accessARN.FindAllStringSubmatch(text, -1) {
			found := m[4][strings.LastIndexByte(m[4], '/')+1:]
			if m[3] != "user" || m[2] != own || name != "" && found != name {
				return
			}
			name = found
		}
	}
	if settled(name) {
		s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimName, Value: name, Weight: ofAccount, Reason: "the ARN of a user of its account beside it", Ref: ref})
	}
}

// maxParagraph is how many bytes before and behind a key are looked at.
const maxParagraph = 1 << 10

var keyIDs = lazy.New(`\bA[KS]IA[A-Z2-7]{16}\b`)
