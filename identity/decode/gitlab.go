package decode

import (
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

type gitlabKind struct {
	typ        leak.IdentityType
	kind       string
	permission string
	note       string
}

// gitlabKinds are the prefixes of tokens (https://docs.gitlab.com/security/tokens/#token-prefixes).
var gitlabKinds = map[string]gitlabKind{
	"glpat":   {leak.HumanAccount, "personal, project or group access token", "", "those of projects and groups act as a bot user"},
	"gldt":    {leak.ServiceAccount, "deploy token", "", "it reads, or pushes, code, packages or images of one project or group"},
	"glrt":    {leak.CIIdentity, "runner authentication token", "listen", "it gets the jobs of a runner, with the secrets in them"},
	"glrtr":   {leak.CIIdentity, "runner registration token", "manage", "it registers runners"},
	"glcbt":   {leak.CIIdentity, "CI/CD job token", "", "it ends with its job"},
	"glptt":   {leak.CIIdentity, "pipeline trigger token", "send", "it starts pipelines as the person who made it"},
	"glft":    {leak.HumanAccount, "feed token", "read-only", "it reads the feeds and calendars of a person"},
	"glimt":   {leak.HumanAccount, "incoming mail token", "send", "it opens issues as a person, by mail"},
	"glagent": {leak.ServiceAccount, "token of an agent for Kubernetes", "", "a cluster's agent connects with it"},
	"gloas":   {leak.OAuthApp, "OAuth application secret", "", ""},
	"glffct":  {leak.APIKey, "feature flags client token", "read-only", "it reads the feature flags of a project"},
	"glsoat":  {leak.ServiceAccount, "SCIM token", "manage", "it makes and removes the users of a group"},
	"glwt":    {leak.WorkloadIdentity, "workspace token", "", ""},
}

// gitlabForm has the prefix of the instance, which it may have chosen, the kind and the body.
var gitlabForm = lazy.New(`^(?:([0-9A-Za-z_.]{1,20})-)?(gl[a-z]{2,5})-([0-9A-Za-z_.-]{16,400})$`)

func readGitLab(in *Input) []leak.Evidence {
	if len(in.Value) < 20 || len(in.Value) > 4096 {
		return nil
	}
	if body, ok := strings.CutPrefix(in.Value, "GR1348941"); ok {
		if len(body) != 20 || !only(body, urlChars) {
			return nil
		}
		return gitlabSays(gitlabKinds["glrtr"], "the prefix GR1348941").out
	}
	if token, ok := strings.CutPrefix(in.Value, "glcbt-"); ok && strings.HasPrefix(token, "eyJ") {
		return gitlabJob(token, in)
	}
	m := gitlabForm.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	k, ok := gitlabKinds[m[2]]
	if !ok {
		return nil
	}
	v := gitlabSays(k, "the prefix "+m[2]+"-")
	v.say(leak.ClaimNote, k.note, "the prefix "+m[2]+"-")
	if m[1] != "" {
		v.say(leak.ClaimNote, "of an instance whose tokens begin with "+m[1]+"-", "the prefix of the instance")
	}
	body := m[3]
	if m[2] == "glrt" && len(body) > 3 && body[0] == 't' && body[2] == '_' {
		if level := map[byte]string{'1': "the whole instance", '2': "a group", '3': "a project"}[body[1]]; level != "" {
			v.weigh(0.9, leak.ClaimScope, "jobs of "+level, "the type of the runner, in its token")
		}
		body = body[3:]
	}
	if m[2] == "glft" {
		if _, user, ok := strings.Cut(body, "-"); ok && len(body) > 64 && only(user, decimal) {
			v.weigh(0.9, leak.ClaimID, user, "the user's id at the end of the token")
		}
	}
	v.gitlabRoute(m[2], in.Value, body)
	return v.out
}

func gitlabSays(k gitlabKind, why string) *voice {
	v := of("gitlab", k.typ, k.kind, 0.8, why)
	v.say(leak.ClaimPermission, k.permission, "all of this kind may")
	return v
}

// gitlabRoute reads the payload of a routable token: base64 of 16 random
// bytes, lines such as u:2s with numbers in base 36, and a byte with their
// length (gitlabhq, lib/authn/token_field/generator/routable_token.rb).
func (v *voice) gitlabRoute(prefix, token, body string) {
	fields := strings.Split(body, ".")
	if n := len(fields); n != 3 && n != 2 || len(fields[n-1]) != 9 || n == 3 && fields[1] != "01" {
		return
	}
	tail := fields[len(fields)-1]
	if tail[:2] != tokensum.GitLabLength(len(fields[0])) {
		return
	}
	right := false
	for _, head := range []string{token, strings.TrimPrefix(token, prefix+"-"), body} {
		right = right || len(head) > 7 && tail[2:] == tokensum.GitLabSum(head[:len(head)-7])
	}
	if !right {
		v.say(leak.ClaimNote, badSum, "the form of a routable token, but not the checksum")
	}
	raw, ok := anyBase64(fields[0])
	if !right || !ok || len(raw) < 18 || int(raw[len(raw)-1]) > len(raw)-17 {
		return
	}
	size := int(raw[len(raw)-1])
	v.weight = 0.97
	ids := map[string]string{}
	for line := range strings.SplitSeq(string(raw[len(raw)-1-size:len(raw)-1]), "\n") {
		key, value, _ := strings.Cut(line, ":")
		if n, err := strconv.ParseUint(value, 36, 63); err == nil && len(key) == 1 {
			ids[key] = strconv.FormatUint(n, 10)
		}
	}
	v.gitlabIDs(prefix, ids)
}

// gitlabIDs says what the payload names: c a cell, o an organization, g a
// group, p a project, u a user.
func (v *voice) gitlabIDs(prefix string, ids map[string]string) {
	const why = "inside the token, whose checksum is right"
	if o := ids["o"]; o != "" {
		v.tenant("organization", o, "the organization's id "+why)
	}
	if u := ids["u"]; u != "" {
		switch prefix {
		case "glpat", "glft", "glimt":
			v.say(leak.ClaimID, u, "the user's id "+why)
		default: // who made it, or for whom it runs
			v.say(leak.ClaimHuman, "user "+u, "a user's id "+why)
		}
	}
	if p := ids["p"]; p != "" {
		v.say(leak.ClaimScope, "project "+p, "the project's id "+why)
	}
	if g := ids["g"]; g != "" {
		v.say(leak.ClaimScope, "group "+g, "the group's id "+why)
	}
	if c := ids["c"]; c != "" {
		v.say(leak.ClaimNote, "of cell "+c, "the cell's id "+why)
	}
}

// gitlabJob reads job tokens that are JSON Web Tokens (gitlabhq,
// lib/authn/tokens/jwt.rb): their subject is gid://gitlab/Ci::Build/ID.
func gitlabJob(token string, in *Input) []leak.Evidence {
	k := gitlabKinds["glcbt"]
	v := gitlabSays(k, "the prefix glcbt-")
	v.say(leak.ClaimNote, k.note, "the prefix glcbt-")
	j, ok := parseJWT(token)
	if !ok {
		return v.out
	}
	v.weight = 0.97
	v.gitlabBuild(j)
	ids := map[string]string{}
	for _, key := range []string{"c", "o", "p", "g", "u"} {
		if n, err := strconv.ParseUint(j.text(key), 36, 63); err == nil {
			ids[key] = strconv.FormatUint(n, 10)
		}
	}
	v.gitlabIDs("glcbt", ids)
	v.dates(j, in)
	return v.out
}

func (v *voice) gitlabBuild(j *jwt) {
	if id, ok := strings.CutPrefix(j.text("sub"), "gid://gitlab/Ci::Build/"); ok && only(id, decimal) {
		v.say(leak.ClaimID, id, "the job's id, in sub")
		v.say(leak.ClaimName, "job "+id, "the job's id, in sub")
	}
	v.say(leak.ClaimServer, hostOf(j.text("iss")), "the issuer")
}
