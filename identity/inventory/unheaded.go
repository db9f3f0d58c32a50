package inventory

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
)

// reportHeading are the columns that a credential report of IAM begins with:
// docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html.
var reportHeading = strings.Fields("user arn user_creation_time password_enabled password_last_used password_last_changed password_next_rotation mfa_active " +
	"access_key_1_active access_key_1_last_rotated access_key_1_last_used_date access_key_1_last_used_region access_key_1_last_used_service " +
	"access_key_2_active access_key_2_last_rotated access_key_2_last_used_date access_key_2_last_used_region access_key_2_last_used_service " +
	"cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated")

// heading reads the names of the columns; where there are none it makes some, and the
// first line is a row. A table may have another in it, as its only cell.
func (t *table) heading() (names []string, inner *table, err error) {
	first, err := t.l.next()
	if err != nil {
		return nil, nil, err
	}
	t.l.unread([]string{first})
	head, err := t.record()
	if err != nil {
		return nil, nil, err
	}
	if report := reportIn(head[0]); report != nil {
		inner, err = newTable(&lines{r: bufio.NewReader(bytes.NewReader(report))}, ',')
		return nil, inner, err
	}
	if names, err = unheaded(head); names == nil {
		return head, nil, err
	}
	t.retry()
	t.l.unread([]string{first})
	return names, nil, nil
}

// reportIn is the credential report that a cell has in base64: aws iam
// get-credential-report --output text, also with --query Content. nil if it has none.
func reportIn(cell string) []byte {
	begins := base64.StdEncoding.EncodeToString([]byte("user,arn,user_creation_time,"))
	if !strings.HasPrefix(cell, begins[:36]) {
		return nil
	}
	report, err := base64.StdEncoding.DecodeString(strings.TrimSpace(cell))
	if err != nil {
		return nil
	}
	return report
}

// errUnheaded is returned for a table that could be anything.
var errUnheaded = errors.New("its first line is a row and no heading: take the output as a table or JSON, or write a heading above it")

// unheaded are names for the columns of a table whose first row is an identity and no
// heading, as az --output tsv, gcloud --format=value(email) and grep write them; nil for
// a heading. A report's rows have its columns; in others an ARN, the address of a
// service account and a UUID are what they look like, and the first other cell is a name.
func unheaded(first []string) ([]string, error) {
	if len(first) >= len(reportHeading) && strings.HasPrefix(first[1], "arn:aws") {
		return append(slices.Clone(reportHeading), make([]string, len(first)-len(reportHeading))...), nil
	}
	names, id, name := make([]string, len(first)), -1, -1
	for i, cell := range first {
		cell = strings.TrimSpace(cell)
		switch {
		case strings.HasPrefix(cell, "arn:aws"), idKind(cell) == "GUID", isAddress(cell) && strings.HasSuffix(cell, ".gserviceaccount.com"):
			if id >= 0 {
				return nil, errUnheaded
			}
			id = i
		case name < 0 && cell != "" && asState(cell) == "" && !strings.ContainsAny(cell, "[]{}"):
			name = i
		}
	}
	if id < 0 {
		return nil, nil
	}
	names[id] = "providerid"
	switch {
	case isAddress(first[id]):
		names[id] = "email"
	case name >= 0 && idKind(strings.TrimSpace(first[id])) == "GUID":
		names[name] = "name"
	}
	return names, nil
}
