package risk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// The steps of a plan, in its order.
const (
	StepReport  = "report"  // it is somebody else's to rotate: tell them
	StepRotate  = "rotate"  // make a new one
	StepDeploy  = "deploy"  // put it where the old one is used
	StepReplace = "replace" // or let what uses it log in without a stored one
	StepRevoke  = "revoke"  // end the old one
	StepVerify  = "verify"  // see that it has ended
	StepPurge   = "purge"   // take it out of the history
	StepAudit   = "audit"   // see what it was used for
)

// plan says what to do about the credential, in order. It never holds the
// credential.
func (s *subject) plan() []leak.Action {
	switch {
	case s.cred.State == leak.Canary:
		return []leak.Action{{Step: StepReport, Text: "It is a trap. Tell whoever set it that it was found; do not use it and do not remove it."}}
	case s.id.Status == leak.ThirdPartyIdentity:
		return append([]leak.Action{{Step: StepReport, URL: s.url(),
			Text: "It belongs to somebody else: " + s.id.StatusReason + ". Tell them, or the provider; it is not yours to test or to revoke."}}, s.after()...)
	case s.cred.State == leak.Dead || s.cred.State == leak.Expired:
		return s.after()
	}
	f := s.findings[0]
	m := s.remedy
	if m == nil {
		m = &rules.Remedy{}
	}
	plan := []leak.Action{
		{Step: StepRotate, Text: cmp.Or(m.Making, "Make a new one, for this identity alone and with no more rights than what uses it needs.") + s.enough(), Command: s.commands(m.Rotate), URL: s.url()},
		s.deploy(m),
	}
	if a, ok := s.replace(); ok {
		plan = append(plan, a)
	}
	plan = append(plan,
		leak.Action{Step: StepRevoke, Text: cmp.Or(m.Ending, f.Rule.Rotate, "Revoke the old one at its provider.") + s.installed(), Command: s.commands(m.Revoke), URL: s.url()},
		s.verify())
	s.byTerraform(plan)
	return slices.Concat(plan, s.after()) // as long as it is: there may be thousands
}

// maxInstalled bounds the files that a step names.
const maxInstalled = 5

// installed says which files let the key log in.
func (s *subject) installed() string {
	var files []string
	for _, e := range s.id.Evidence {
		if e.Claim == leak.ClaimScope && strings.HasPrefix(e.Value, identity.ScopeLogsIn) && e.Ref != "" && !slices.Contains(files, e.Ref) && len(files) < maxInstalled {
			files = append(files, e.Ref)
		}
	}
	if len(files) == 0 {
		return ""
	}
	return " Its public half lets it log in: take it out of " + strings.Join(files, ", ") + ", and of the servers that have this."
}

// after are the steps that are left where the credential has ended.
func (s *subject) after() []leak.Action { return []leak.Action{s.purge(), s.audit()} }

func (s *subject) url() string {
	if s.remedy != nil {
		return s.remedy.URL
	}
	return s.findings[0].Rule.About
}

// commands fills in the provider's commands.
func (s *subject) commands(templates []string) (out []string) {
	if len(templates) == 0 {
		return nil
	}
	values := s.values()
	for _, line := range templates {
		out = append(out, fill(line, values))
	}
	return out
}

// values are what is known for commands, by rules.Places. A name that is not likely
// is left out: it is better to look it up than to delete the key of somebody else.
func (s *subject) values() map[string]string {
	v := map[string]string{"key_id": s.cred.KeyID, "label": s.cred.Label, "since": s.since()}
	if s.id.Confidence >= identity.Likely {
		v["name"], v["tenant"], v["id"] = s.id.Name, s.id.Tenant.ID, s.id.ProviderID
	}
	if v["name"] == v["key_id"] { // called after its key, for want of a name
		delete(v, "name")
	}
	if namespace, account, ok := strings.Cut(v["name"], "/"); ok && s.id.Provider == "kubernetes" {
		v["namespace"], v["account"] = namespace, account
	}
	v["region"] = s.only(leak.ClaimRegion, "", "")
	v["pod"] = s.only(leak.ClaimScope, "", "pod ")
	v["host"] = s.only(leak.ClaimServer, "host", "")
	v["port"] = s.only(leak.ClaimServer, "port", "")
	if v["server"] = v["host"]; strings.Contains(v["host"], ":") {
		v["server"] = "[" + v["host"] + "]"
	}
	if v["port"] != "" {
		v["server"] += ":" + v["port"]
	}
	return v
}

// since is the day from which somebody may have used it.
func (s *subject) since() string {
	if s.cred.FirstExposed.IsZero() {
		return ""
	}
	return s.cred.FirstExposed.UTC().Format(time.DateOnly)
}

// verify says how to see that it has ended. A command is given only if whosekey verify
// can ask about credentials of the rule by themselves.
func (s *subject) verify() leak.Action {
	f := s.findings[0]
	why := s.unasked
	if s.cred.State == leak.Unverifiable {
		why = cmp.Or(f.Verdict.Reason, why, "there is no safe way to ask")
	}
	if why != "" {
		return leak.Action{Step: StepVerify, Text: "See that the old one is gone at its provider, or refused where it was valid: " + why + "."}
	}
	return leak.Action{
		Step: StepVerify, Text: "See that the old one is refused; it is read from standard input.",
		Command: []string{"whosekey verify - --rule " + f.Rule.ID},
	}
}

// purge says how to take it out of what was scanned. That comes late: who has read
// it keeps it.
func (s *subject) purge() leak.Action {
	a := leak.Action{Step: StepPurge}
	head, commits, name := "", false, false
	for _, f := range s.findings {
		for _, l := range f.Locations {
			commits, name = commits || l.Commit != "", name || l.IsName()
			if l.IsName() {
				continue
			}
			if (l.AtHead || l.Staged || l.Kind == leak.KindFile) && head == "" {
				head = l.Path
			}
		}
	}
	switch {
	case head != "" && inState(head):
		a.Text = "Take " + head + " out of the repository, and keep the state in a backend that encrypts it and that few can read: whoever reads it has all that is in it. "
		a.URL = stateDocs
	case head != "":
		a.Text = "Take it out of " + head + ", and read it from a vault or the environment there. "
	}
	if name {
		a.Text += "Rename the file or folder whose name has it. "
	}
	if !commits {
		a.Text = cmp.Or(a.Text, "Take it out of where it was found. ") + "Look for copies: backups, logs, images."
		return a
	}
	a.Text += "If the history must not hold it, rewrite it only when the old one has ended: all clones and forks must be replaced, and the forge must drop its caches. replacements.txt has one line, the credential and ==>REMOVED."
	if name {
		a.Text += " That changes no names: add --path-rename OLD:NEW."
	}
	a.Command = []string{"git clone --mirror <repository> purge.git", "git -C purge.git filter-repo --sensitive-data-removal --replace-text ../replacements.txt", "git -C purge.git push --force --mirror origin"}
	a.URL = "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository"
	return a
}

func (s *subject) audit() leak.Action {
	since := cmp.Or(s.since(), "it was first exposed")
	if s.id.Status == leak.ThirdPartyIdentity { // whose logs are not ours to read
		return leak.Action{Step: StepAudit, Text: "What it was used for since " + since + " only they can see: tell them since when, and where, it was exposed."}
	}
	a := leak.Action{Step: StepAudit, URL: s.url()}
	if s.remedy != nil {
		a.Command = s.commands(s.remedy.Audit)
	}
	a.Text = "See what it was used for since " + since + ", at its provider: calls from addresses that are not yours, new credentials, changed rights."
	if s.cred.Exposure == "public" {
		a.Text += " It was public: take it as used by others."
	}
	return a
}
