package convert

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/whosekey/whosekey/leak"
)

// isGitleaksTable reports whether a text is a report of gitleaks, or of Betterleaks
// before version 2, as CSV: report/csv.go of either. What was made of version 2 in its
// branch v2-dev has columns such as "meta:path" in the place of some.
func isGitleaksTable(text []byte) bool {
	head, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	names, err := csv.NewReader(bytes.NewReader(head)).Read()
	return err == nil && slices.Contains(names, "RuleID") && (slices.Contains(names, "File") || slices.Contains(names, "meta:path")) && slices.Contains(names, "StartLine")
}

// parseGitleaksTable reads a table, by the names of its columns: later versions have more.
func parseGitleaksTable(text []byte, f *File) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimSpace(text)))
	names, err := r.Read()
	if err != nil {
		return errors.New("not CSV")
	}
	for {
		row, err := r.Read()
		switch bad := new(csv.ParseError); {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad) && errors.Is(bad.Err, csv.ErrFieldCount):
			f.Lost++
			continue
		case errors.As(err, &bad):
			return fmt.Errorf("not CSV at line %d: was it cut off?", bad.Line)
		case err != nil:
			return errors.New("not CSV")
		}
		if g := tableRow(names, row); g.RuleID == "" {
			f.Lost++
		} else {
			f.Hits = append(f.Hits, g.hit())
		}
	}
}

// tableRow is a row, which has as many fields as there are names.
func tableRow(names, row []string) (g gitleaksFinding) {
	count := func(s string) number {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n >= 1<<31 {
			return 0
		}
		return number(n)
	}
	for i, name := range names {
		switch v := row[i]; name {
		case "RuleID":
			g.RuleID = v
		case "Description":
			g.Description = v
		case "Commit", "meta:commit_sha":
			g.Commit = v
		case "File", "meta:path":
			g.File = v
		case "Secret":
			g.Secret = shown(v)
		case "Match":
			g.Match = shown(v)
		case "StartLine":
			g.StartLine = count(v)
		case "EndLine":
			g.EndLine = count(v)
		case "StartColumn":
			g.StartColumn = count(v)
		case "EndColumn":
			g.EndColumn = count(v)
		case "Author", "meta:author_name":
			g.Author = v
		case "Date", "meta:commit_date":
			g.Date = v
		}
	}
	return g
}

// shown is a credential, unless something else stands in its place.
func shown(v string) (s secret) {
	if !redacted(v) {
		s.Secret = leak.NewSecret(v)
	}
	return s
}

// gitleaksRun is a run in SARIF: report/sarif.go of either. The commit stands among the
// fingerprints, and the credential as what the lines hold.
type gitleaksRun struct {
	Tool struct {
		Driver struct {
			Name  string
			Rules []struct {
				ID    string
				Short struct{ Text string } `json:"shortDescription"`
			}
		}
	}
	Results []json.RawMessage
}

type gitleaksResult struct {
	RuleID    string `json:"ruleId"`
	Locations []struct {
		Physical struct {
			Artifact struct{ URI string } `json:"artifactLocation"`
			Region   struct {
				StartLine, EndLine, StartColumn, EndColumn number
				Snippet                                    struct{ Text secret }
			}
		} `json:"physicalLocation"`
	}
	Prints struct{ CommitSha, Author, Date string } `json:"partialFingerprints"`
}

// isGitleaksSARIF reports whether these are the keys of SARIF of one of the two.
func isGitleaksSARIF(keys map[string]json.RawMessage) bool {
	var runs []gitleaksRun
	if !has(keys, "runs", "version") || json.Unmarshal(keys["runs"], &runs) != nil || len(runs) == 0 {
		return false
	}
	return !slices.ContainsFunc(runs, func(r gitleaksRun) bool {
		return r.Tool.Driver.Name != "gitleaks" && r.Tool.Driver.Name != "betterleaks"
	})
}

func parseGitleaksSARIF(text []byte, f *File) error {
	var runs []gitleaksRun
	if err := json.Unmarshal(text, &runs); err != nil {
		return jsonError(err)
	}
	for _, run := range runs {
		titles := map[string]string{}
		for _, r := range run.Tool.Driver.Rules {
			titles[r.ID] = r.Short.Text
		}
		for _, raw := range run.Results {
			var r gitleaksResult
			if err := json.Unmarshal(raw, &r); err != nil || r.RuleID == "" || len(r.Locations) == 0 {
				f.Lost++
				continue
			}
			at := r.Locations[0].Physical
			g := gitleaksFinding{
				RuleID: r.RuleID, Description: titles[r.RuleID], Secret: at.Region.Snippet.Text, File: at.Artifact.URI, Commit: r.Prints.CommitSha,
				StartLine: at.Region.StartLine, EndLine: at.Region.EndLine, StartColumn: at.Region.StartColumn, EndColumn: at.Region.EndColumn,
				Author: r.Prints.Author, Date: r.Prints.Date,
			}
			f.Hits = append(f.Hits, g.hit())
		}
	}
	return nil
}
