package archive

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// officeSpace is what stands after elements of the texts, slides and sheets of
// OOXML and ODF. A name is the same in several of them.
var officeSpace = map[string]string{
	"p": "\n", "h": "\n", "br": "\n", "line-break": "\n", "si": "\n", "row": "\n", "tr": "\n", "table-row": "\n", "is": "\n",
	"tab": "\t", "c": "\t", "tc": "\t", "table-cell": "\t", "s": " ",
}

// officeText returns the text of a part of a document: there it may be cut into
// runs, each with its format.
func officeText(b []byte) []byte {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var out []byte
	for {
		t, err := d.RawToken()
		if err != nil {
			return out
		}
		switch t := t.(type) {
		case xml.CharData:
			out = append(out, t...)
		case xml.EndElement:
			out = append(out, officeSpace[t.Name.Local]...)
		}
	}
}

// cell is a cell of a Jupyter notebook, of nbformat 4 or older.
type cell struct {
	Source  lines `json:"source"`
	Input   lines `json:"input"`
	Outputs []struct {
		Text      lines            `json:"text"`
		Value     lines            `json:"evalue"`
		Traceback lines            `json:"traceback"`
		Data      map[string]lines `json:"data"`
	} `json:"outputs"`
}

// lines is a text, or a list of its lines.
type lines string

// UnmarshalJSON never fails: what is no text is left out.
func (l *lines) UnmarshalJSON(b []byte) error {
	var all []string
	if json.Unmarshal(b, (*string)(l)) != nil && json.Unmarshal(b, &all) == nil {
		*l = lines(strings.Join(all, ""))
	}
	return nil
}

// notebook emits the cells of a Jupyter notebook: in its JSON a line is cut by
// quotes, and what is quoted in it has backslashes.
func (w *walker) notebook(in *input, data []byte) error {
	var n struct {
		Cells      []cell                   `json:"cells"`
		Worksheets []struct{ Cells []cell } `json:"worksheets"`
	}
	if err := json.Unmarshal(data, &n); err != nil { // its bytes are searched
		return fmt.Errorf("notebook: %w", errDamaged)
	}
	for _, s := range n.Worksheets {
		n.Cells = append(n.Cells, s.Cells...)
	}
	for i, c := range n.Cells {
		if err := w.onTime(); err != nil {
			return err
		}
		text := string(c.Source + c.Input)
		for _, o := range c.Outputs {
			text += "\n" + string(o.Text+o.Value+"\n"+o.Traceback)
			for _, kind := range sorted(o.Data) {
				if !strings.HasPrefix(kind, "image/") {
					text += "\n" + string(o.Data[kind])
				}
			}
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		if err := w.text(join(in.path, fmt.Sprintf("cell %d", i+1)), strings.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

func sorted(m map[string]lines) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
