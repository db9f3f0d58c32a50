package verify

import (
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/awskey"
	"github.com/whosekey/whosekey/internal/lazy"

	"github.com/whosekey/whosekey/leak"
)

// canaryHost finds the names under which canarytokens.org and the servers of
// Thinkst's customers (HASH.o3n.io, says the manual of its consoles) serve their
// traps: in URLs, and in the DSNs of dumps. Looking such a name up raises the
// alarm already (https://docs.canarytokens.org/guide/dns-token.html).
var canaryHost = lazy.New(`(?i)(?:^|[^a-z0-9-])(?:[a-z0-9-]+\.)*(canarytokens\.(?:com|org|net)|o3n\.io)(?:$|[^a-z0-9.-]|\.(?:$|[^a-z0-9]))`)

// Traps gives findings that are known traps their verdicts, so that every scan
// shows them. It asks nobody and resolves no name.
func Traps(fs []*leak.Finding) {
	for _, f := range fs {
		if by, ok := canary(f.Parts); ok {
			f.Verdict = trap(by)
		}
	}
}

// trap is the verdict of one.
func trap(by string) leak.Verdict {
	return leak.Verdict{Status: leak.Canary, Reason: "a trap of " + by + ": whoever uses it raises an alarm"}
}

// canary reports that a credential is a known trap. It looks at nothing but the
// credential.
func canary(parts leak.Parts) (by string, ok bool) {
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		v := parts[name].Reveal()
		if account, ok := awskey.Account(v); ok && awskey.Canary(account) != "" {
			return awskey.Canary(account), true
		}
		if len(v) < 1<<16 && strings.IndexByte(v, '.') >= 0 {
			if m := canaryHost.FindStringSubmatch(v); m != nil {
				return strings.ToLower(m[1]), true
			}
		}
	}
	return "", false
}

// foreign names the tenant of a credential if the user said which are theirs
// and this one is not among them. Only AWS keys say it themselves.
func foreign(parts leak.Parts, own []string) string {
	for _, s := range parts {
		account, ok := awskey.Account(s.Reveal())
		if !ok {
			continue
		}
		listed := false
		for _, o := range own {
			id, aws := strings.CutPrefix(o, "aws:")
			if listed = listed || aws; aws && id == account {
				return ""
			}
		}
		if listed {
			return "AWS account " + account
		}
	}
	return ""
}
