package convert

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// drivenBy reports whether these are the keys of SARIF of which every run is of a tool.
func drivenBy(keys map[string]json.RawMessage, tool string) bool {
	var runs []struct {
		Tool struct{ Driver struct{ Name string } }
	}
	if !has(keys, "runs", "version") || json.Unmarshal(keys["runs"], &runs) != nil || len(runs) == 0 {
		return false
	}
	for _, r := range runs {
		if !strings.EqualFold(r.Tool.Driver.Name, tool) {
			return false
		}
	}
	return true
}

// sarifRun is a run as TruffleHog (--sarif: pkg/output/sarif.go there) and Kingfisher
// (--format sarif: src/reporter/sarif_format.rs there) write it.
type sarifRun struct {
	Tool    struct{ Driver struct{ Rules []sarifRule } }
	Results []json.RawMessage
}

type sarifRule struct {
	ID    string
	Short struct{ Text string } `json:"shortDescription"`
}

type sarifResult struct {
	RuleID    string `json:"ruleId"`
	Level     string
	Locations []sarifPlace
}

type sarifPlace struct {
	Physical struct {
		Artifact struct{ URI string } `json:"artifactLocation"`
		Region   struct {
			StartLine, EndLine number
			Snippet            struct{ Text secret }
		}
	} `json:"physicalLocation"`
	Properties struct {
		Validation string `json:"validation_status"`
	}
}

// parseSARIF reads the results of a report of one of the two: one hit a place.
func parseSARIF(text []byte, f *File, each func(r *sarifResult, p *sarifPlace) Hit) error {
	var log struct{ Runs []sarifRun }
	if err := json.Unmarshal(text, &log); err != nil {
		return jsonError(err)
	}
	for _, run := range log.Runs {
		for _, raw := range run.Results {
			var r sarifResult
			if err := json.Unmarshal(raw, &r); err != nil || r.RuleID == "" || len(r.Locations) == 0 {
				f.Lost++
				continue
			}
			for i := range r.Locations {
				h := each(&r, &r.Locations[i])
				h.Rule, h.Ignored = r.RuleID, true
				h.Line, h.EndLine = int(r.Locations[i].Physical.Region.StartLine), int(r.Locations[i].Physical.Region.EndLine)
				if at := slices.IndexFunc(run.Tool.Driver.Rules, func(d sarifRule) bool { return d.ID == r.RuleID }); at >= 0 {
					h.Title = run.Tool.Driver.Rules[at].Short.Text
				}
				f.Hits = append(f.Hits, h)
			}
		}
	}
	return nil
}

// trufflehogSARIF is a hit of TruffleHog's, which writes neither credential nor commit;
// of what works the level is error. Where there was no file the address begins with the
// kind of source.
func trufflehogSARIF(r *sarifResult, p *sarifPlace) Hit {
	h := Hit{Tool: "trufflehog"}
	if uri := p.Physical.Artifact.URI; !strings.HasPrefix(uri, "source_type_") {
		h.Path = slashed(uri)
	}
	if r.Level == "error" {
		h.Status, h.StatusReason = leak.Live, "TruffleHog says that it works"
	}
	return h
}

var blobAddress = lazy.New(`^(.*)/blob/([0-9a-f]{7,64})/(.*?)(?:#L[0-9]+)?$`)

// kingfisherSARIF is a hit of Kingfisher's, which names files in commits by their
// addresses.
func kingfisherSARIF(_ *sarifResult, p *sarifPlace) Hit {
	h := Hit{Tool: "kingfisher", Secret: p.Physical.Region.Snippet.Text.Secret, Path: slashed(p.Physical.Artifact.URI)}
	if m := blobAddress.FindStringSubmatch(p.Physical.Artifact.URI); m != nil {
		h.Repository, h.Commit, h.Path = m[1], m[2], slashed(m[3])
	}
	h.setKingfisher(p.Properties.Validation)
	return h
}

// setKingfisher takes whether it works. "Inactive Credential" is also what Kingfisher says
// after an error of the network.
func (h *Hit) setKingfisher(status string) {
	if h.Status, h.StatusReason = validation(status, "Kingfisher"); h.Status == leak.Dead {
		h.Status, h.StatusReason = leak.Unknown, "Kingfisher could not see that it works"
	}
}

// trufflehogLegacy reads a line of trufflehog --json-legacy, and of version 2:
// pkg/output/legacy_json.go there. The reason is the detector.
func trufflehogLegacy(raw json.RawMessage, f *File) error {
	var t struct {
		CommitHash, Date, Path, Reason string
		StringsFound                   []secret
	}
	if err := json.Unmarshal(raw, &t); err != nil || t.Reason == "" || len(t.StringsFound) == 0 {
		return errors.New("not a finding")
	}
	for _, s := range t.StringsFound {
		f.Hits = append(f.Hits, Hit{Tool: "trufflehog", Rule: t.Reason, Secret: s.Secret, Commit: t.CommitHash, Path: slashed(t.Path), Date: day(t.Date), Ignored: true})
	}
	return nil
}
