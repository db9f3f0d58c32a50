package identity

import (
	"bytes"

	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// firebaseProject is where the files that Firebase makes for apps say whose they are:
// google-services.json, in another object than its keys, and GoogleService-Info.plist,
// where names and values are elements of their own (firebase.google.com/docs/projects/learn-more,
// "Firebase config files and objects").
var firebaseProject = lazy.New(`"project_info"\s*:\s*\{[^{}]{0,1000}"project_id"\s*:\s*"([a-z][a-z0-9-]{4,28}[a-z0-9])"|<key>PROJECT_ID</key>\s*<string>([a-z][a-z0-9-]{4,28}[a-z0-9])</string>`)

// firebase is what such a file says of a key in it. Where several stand together none
// counts.
func firebase(p *Place) []leak.Evidence {
	if p.Start < 0 || p.Start > p.End || p.End > len(p.Text) {
		return nil
	}
	first, last := max(0, p.Start-maxKeyFile), min(len(p.Text), p.End+maxKeyFile)
	project, text := "", p.Text[first:last]
	if !bytes.Contains(text, []byte(`"project_info"`)) && !bytes.Contains(text, []byte("<key>PROJECT_ID<")) { // most
		return nil
	}
	for _, m := range firebaseProject.FindAllSubmatch(text, 3) {
		if found := string(m[1]) + string(m[2]); project != "" && found != project {
			return nil
		} else if project = found; project == "" {
			return nil
		}
	}
	if project == "" {
		return nil
	}
	said := func(claim, value string) leak.Evidence {
		return leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: around.InBlock, Reason: "the project of the app whose settings these are", Ref: p.Path}
	}
	return []leak.Evidence{said(leak.ClaimTenant, project), said(leak.ClaimTenantKind, "project")}
}
