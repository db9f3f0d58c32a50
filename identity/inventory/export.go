package inventory

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/whosekey/whosekey/identity/graph"
	"github.com/whosekey/whosekey/identity/record"
)

// Formats are those that Export writes.
var Formats = []string{"json", "csv", "graph", "dot", "mermaid", "cyclonedx"}

// ExportOptions say how to write identities.
type ExportOptions struct {
	record.Options
	GitHub bool // GitHub's names of fields, and a row for each credential
}

// Export writes identities in a format. each hands them out; JSON and CSV are
// written as they come.
func Export(w io.Writer, format string, each records, o ExportOptions) error {
	out := bufio.NewWriterSize(w, 64<<10)
	shown := func(visit func(*record.Record) error) error {
		return each(func(r *record.Record) error {
			r = Shown(r, o.Options)
			if format != "json" && !o.GitHub { // which have fields for addresses
				r = r.WithAddresses()
			}
			return visit(r)
		})
	}
	var err error
	switch format {
	case "json":
		err = exportJSON(out, shown, o.GitHub)
	case "csv":
		err = exportCSV(out, shown, o.GitHub)
	case "graph", "dot", "mermaid":
		err = draw(out, format, shown)
	case "cyclonedx":
		err = exportCycloneDX(out, shown)
	default:
		return fmt.Errorf("there is no format %q: there are %s", format, strings.Join(Formats, ", "))
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// records hands out records, and ends with the first error of visit.
type records = func(visit func(*record.Record) error) error

// Shown is a record as the options let it be shown.
func Shown(r *record.Record, o record.Options) *record.Record {
	if o.People == record.Emails {
		return r
	}
	return r.Again(o)
}

// maxDrawn is how many identities a picture or a bill of materials has: nobody
// sees anything in more, and they are held in memory.
const maxDrawn = 100_000

func collect(each records) (all []*record.Record, err error) {
	err = each(func(r *record.Record) error {
		if len(all) >= maxDrawn {
			return fmt.Errorf("there are more than %d identities: export fewer, or as json or csv", maxDrawn)
		}
		all = append(all, r)
		return nil
	})
	return all, err
}

func draw(w io.Writer, format string, each records) error {
	all, err := collect(each)
	if err != nil {
		return err
	}
	switch g := graph.Build(all); format {
	case "dot":
		return g.WriteDOT(w)
	case "mermaid":
		return g.WriteMermaid(w)
	default:
		return g.WriteJSON(w)
	}
}

func exportJSON(w io.Writer, each records, github bool) error {
	before := "[\n  "
	var in indenter
	put := func(v any) error {
		if _, err := io.WriteString(w, before); err != nil {
			return err
		}
		before = ",\n  "
		return in.write(w, v, "  ")
	}
	err := each(func(r *record.Record) error {
		if !github {
			alone := *r
			alone.SchemaVersion = record.Version
			return put(alone)
		}
		for _, row := range gitHubRows(r) {
			m := map[string]string{}
			for i, name := range gitHubNames {
				m[name] = row[i]
			}
			if err := put(m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	end := "\n]\n"
	if before == "[\n  " {
		end = "[]\n"
	}
	_, err = io.WriteString(w, end)
	return err
}

// columns are those of nhi.csv: the simple record, and what matters most of ours.
var columns = []string{
	"identity_type", "name", "owner", "creation_date", "last_accessed", "permissions", "risk_score", "expiration",
	"id", "provider", "tenant", "environment", "status", "owner_source", "confidence", "state", "first_exposed", "repos",
}

// gitHubNames are the fields of GitHub's inventory of credentials
// (github/roadmap#1263).
var gitHubNames = []string{
	"owner-email", "owner-id", "owner-name", "secret-id", "secret-name", "secret-issued-date", "secret-expiration-date", "organization-name", "organization-id", "last-used-date",
}

func exportCSV(w io.Writer, each records, github bool) error {
	c := csv.NewWriter(w)
	head := columns
	if github {
		head = gitHubNames
	}
	if err := c.Write(head); err != nil {
		return err
	}
	err := each(func(r *record.Record) error {
		rows := [][]string{nhiRow(r)}
		if github {
			rows = gitHubRows(r)
		}
		for _, row := range rows {
			if err := writeRow(c, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// writeRow writes a row with no cell that a spreadsheet would run.
func writeRow(c *csv.Writer, row []string) error {
	for i := range row {
		row[i] = neutral(row[i])
	}
	return c.Write(row)
}

func nhiRow(r *record.Record) []string {
	source := ""
	for _, w := range r.Owners {
		if w.Name == r.Owner {
			source = w.Source
			break
		}
	}
	state, exposed := exposure(r)
	return []string{
		string(r.IdentityType), r.Name, r.Owner, r.CreationDate, r.LastAccessed, strings.Join(r.Permissions, ";"), fmt.Sprint(r.RiskScore), r.Expiration,
		r.ID, r.Provider, tenantText(r.Tenant), r.Environment, string(r.Status), source, fmt.Sprintf("%.2f", r.Confidence), state, exposed, strings.Join(r.Repositories, ";"),
	}
}

func tenantText(t *record.Tenant) string {
	if t == nil {
		return ""
	}
	return first(t.ID, t.Name)
}

// exposure is the state of the credential that is the worst, and since when one
// is exposed.
func exposure(r *record.Record) (state, since string) {
	for _, c := range r.Credentials {
		if state == "" || rankOf(string(c.State)) < rankOf(state) {
			state = string(c.State)
		}
		if c.FirstExposedAt != "" && (since == "" || c.FirstExposedAt < since) {
			since = c.FirstExposedAt
		}
	}
	return state, since
}

// rankOf orders states by how bad they are.
func rankOf(state string) int {
	for i, s := range []string{"live", "restricted", "unknown", "unchecked", "unverifiable", "skipped", "canary", "expired", "dead"} {
		if s == state {
			return i
		}
	}
	return 9
}

// gitHubRows are a row for each credential, or one for an identity without any.
func gitHubRows(r *record.Record) (rows [][]string) {
	email, name := "", r.Owner
	for _, w := range r.Owners {
		if w.Name == r.Owner {
			email = w.Email
			break
		}
	}
	org, orgID := "", ""
	if r.Tenant != nil {
		org, orgID = first(r.Tenant.Name, r.Tenant.ID), r.Tenant.ID
	}
	list := r.Credentials
	if len(list) == 0 {
		list = []record.Credential{{ID: r.ID, Label: r.Name, ExpiresAt: r.Expiration, IssuedAt: r.CreationDate, LastUsedAt: r.LastAccessed}}
	}
	for _, c := range list {
		rows = append(rows, []string{
			email, "", name, first(c.KeyID, c.ID), first(c.Label, r.Name), c.IssuedAt, first(c.ExpiresAt, r.Expiration), org, orgID, first(c.LastUsedAt, r.LastAccessed),
		})
	}
	return rows
}
