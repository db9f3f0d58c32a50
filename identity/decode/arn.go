package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// awsPlaces reads ARNs and addresses that name an account.
func (v *voice) awsPlaces(in *Input) {
	for i, text := range []string{in.Value, in.part("host")} {
		if len(text) < 20 || len(text) > maxAWSText || !strings.Contains(text, "aws") {
			continue
		}
		v.weight = 0.6
		if m := ownARN(text); m != nil {
			if i == 0 && len(m[0]) == len(text) {
				v.weight = 0.9 // and nothing else
			}
			v.arn(m)
		}
		if m := awsQueue.FindStringSubmatch(text); m != nil {
			v.say(leak.ClaimProvider, "aws", "the address of a queue")
			v.tenant("account", m[2], "the account in the address of a queue")
			v.say(leak.ClaimRegion, m[1], "the address of a queue")
			v.say(leak.ClaimServer, m[0], "the address of a queue")
		}
		if m := awsImages.FindStringSubmatch(text); m != nil {
			v.say(leak.ClaimProvider, "aws", "the address of a registry")
			v.tenant("account", m[1], "the account in the address of the registry")
			v.say(leak.ClaimRegion, m[2], "the address of the registry")
			v.say(leak.ClaimServer, m[0], "the address of the registry")
		}
	}
}

// ownARN is the first resource name of a text; beside the key of a user, the first one
// of a user: roles are what the user may take on, in other accounts too.
func ownARN(text string) []string {
	if !longTermKey.MatchString(text) {
		return awsARN.FindStringSubmatch(text)
	}
	for _, m := range awsARN.FindAllStringSubmatch(text, 20) {
		if service, resource := m[2], m[5]; service != "iam" && service != "sts" || strings.HasPrefix(resource, "user/") {
			return m
		}
	}
	return nil
}

var longTermKey = lazy.New(`\bAKIA[A-Z2-7]{16}\b`)

// arn reads a resource name: its partition, service, region, account and
// resource.
func (v *voice) arn(m []string) {
	service, region, account, resource := m[2], m[3], m[4], m[5]
	const why = "the ARN"
	v.say(leak.ClaimProvider, "aws", why)
	v.tenant("account", account, "the account in the ARN")
	v.say(leak.ClaimRegion, region, why)
	if m[1] != "" {
		v.say(leak.ClaimNote, "of the partition aws"+m[1], why)
	}
	kind, name, _ := strings.Cut(resource, "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	switch service + ":" + kind {
	case "iam:user":
		v.weigh(0.5, leak.ClaimType, string(leak.ServiceAccount), "the ARN of an IAM user")
		v.iamUser(last, "the user in the ARN")
	case "iam:role", "iam:instance-profile":
		v.say(leak.ClaimType, string(leak.ManagedIdentity), "the ARN of a role")
		v.say(leak.ClaimName, last, "the role in the ARN")
	case "sts:assumed-role":
		role, session, _ := strings.Cut(name, "/")
		v.say(leak.ClaimType, string(leak.ManagedIdentity), "the ARN of a session of a role")
		v.say(leak.ClaimName, role, "the role in the ARN")
		v.say(leak.ClaimLabel, session, "the session in the ARN")
	case "iam:root", "sts:root":
		v.say(leak.ClaimName, "root", "the ARN of the account itself")
		v.say(leak.ClaimPermission, "admin", "the root of an account may do all")
	default:
		v.say(leak.ClaimServer, m[0], "the resource that the ARN names")
	}
}
