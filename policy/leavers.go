package policy

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLeavers bounds the list of people who have left.
const maxLeavers = 1_000_000

// leaverColumns are headings of the column with the address or handle, those
// first that say most.
var leaverColumns = []string{"email", "e-mail", "mail", "email_address", "work_email", "userprincipalname", "user", "login", "handle", "username", "name"}

// Leavers reads a list of people who have left: an address or a handle on each
// line, or a table with a heading (CSV with commas, semicolons or tabs) that has a
// column such as "email". Lines that begin with # are comments.
func Leavers(name string) ([]string, error) {
	b, err := ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the list of leavers: %w", err)
	}
	list, err := parseLeavers(b)
	if err != nil {
		return nil, fmt.Errorf("read the list of leavers %s: %w", name, err)
	}
	return list, nil
}

func parseLeavers(b []byte) (out []string, err error) {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	first, _, _ := strings.Cut(string(b[:min(len(b), 4096)]), "\n")
	comma, column := heading(first)
	if column < 0 {
		return plainLeavers(b)
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.Comment = comma, -1, true, '#'
	for n := 0; ; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if n > 0 && column < len(row) && strings.TrimSpace(row[column]) != "" {
			out = append(out, strings.TrimSpace(row[column]))
		}
		if len(out) > maxLeavers {
			return nil, fmt.Errorf("more than %d people", maxLeavers)
		}
	}
}

// heading finds the column of a table's first line; -1 if it is no table.
func heading(line string) (comma rune, column int) {
	for _, c := range ",;\t" {
		fields := strings.Split(strings.ToLower(line), string(c))
		for _, want := range leaverColumns {
			for i, f := range fields {
				if strings.Trim(f, " \"\r") == want {
					return c, i
				}
			}
		}
	}
	return 0, -1
}

func plainLeavers(b []byte) (out []string, err error) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
		if len(out) > maxLeavers {
			return nil, fmt.Errorf("more than %d people", maxLeavers)
		}
	}
	return out, lines.Err()
}
