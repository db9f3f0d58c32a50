package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// Code scanning gets paths of the repository, or such as are the same in each run.
func TestSARIFOfLogsHasNoPathsOfRuns(t *testing.T) {
	job := func(l leak.Log) *leak.Log {
		l.Service, l.Repository, l.Workflow, l.Job = "github", "acme/api", "CI", "build / linux"
		return &l
	}
	pos := leak.Position{Line: 7, Column: 3, EndLine: 7, EndColumn: 9}
	for _, tt := range []struct {
		l    leak.Location
		uri  string
		line int
		full string
	}{
		{leak.Location{Path: "github:acme/api/runs/98/attempts/2!build/2_Test.txt", Log: job(leak.Log{Step: "Test", Run: "98", Attempt: 2})},
			".log/github/acme/api/CI/build%20_%20linux/Test", 7, "github:acme/api/runs/98/attempts/2!build/2_Test.txt:7:3"},
		{leak.Location{Path: "logs_1.zip!0_build.txt", Log: job(leak.Log{Source: ".github/workflows/ci.yml", SourceLine: 31})},
			".github/workflows/ci.yml", 31, "logs_1.zip!0_build.txt:7:3"},
		{leak.Location{Path: "../logs/x.txt", Log: &leak.Log{}}, ".log/logs/x.txt", 7, "../logs/x.txt:7:3"},
		{leak.Location{Path: "x", Log: &leak.Log{Service: "..", Job: "../..", Step: "..", Workflow: "../a"}}, ".log/_a/_..", 7, "x:7:3"},
		{leak.Location{}, ".log/stdin", 7, "stdin:7:3"},
	} {
		tt.l.Kind, tt.l.Position = leak.KindLog, pos
		var b bytes.Buffer
		h, err := New("sarif", &b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := &leak.Finding{ID: "x", Rule: sampleRules[0], Confidence: leak.High, Verdict: leak.Verdict{Status: leak.Unchecked}, Locations: []leak.Location{tt.l}}
		run := sampleRun()
		run.Root = "/src"
		if err = h.Start(run); err == nil {
			err = h.Finding(f)
		}
		if err == nil {
			err = h.Finish(Summary{Findings: 1, Places: 1})
		}
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Runs []struct {
				Results []struct {
					Locations []struct {
						LogicalLocations []struct{ FullyQualifiedName string }
						PhysicalLocation struct {
							ArtifactLocation struct{ URI, URIBaseID string }
							Region           struct{ StartLine int }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		l := got.Runs[0].Results[0].Locations[0]
		if a := l.PhysicalLocation.ArtifactLocation; a.URI != tt.uri || a.URIBaseID != "" {
			t.Errorf("%s: the path is %q below %q, want %q", tt.full, a.URI, a.URIBaseID, tt.uri)
		}
		if n := l.PhysicalLocation.Region.StartLine; n != tt.line {
			t.Errorf("%s: line %d, want %d", tt.full, n, tt.line)
		}
		if len(l.LogicalLocations) != 1 || l.LogicalLocations[0].FullyQualifiedName != tt.full {
			t.Errorf("%s: the place in the log is %v", tt.full, l.LogicalLocations)
		}
	}
}
