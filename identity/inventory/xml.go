package inventory

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// elements reads an XML file whose second level is the rows and whose third is
// their fields, as ServiceNow exports them.
type elements struct {
	in    *counted
	dec   *xml.Decoder
	depth int
	ended bool
}

func newElements(r io.Reader) *elements {
	in := &counted{r: r, limit: maxLine + sniffed}
	e := &elements{in: in, dec: xml.NewDecoder(in)}
	e.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // asUTF8 has seen to it
	return e
}

func (e *elements) next() (row, error) {
	for !e.ended {
		e.in.limit = e.dec.InputOffset() + maxLine + sniffed
		t, err := e.dec.Token()
		if errors.Is(err, io.EOF) && e.depth == 0 {
			e.ended = true
			return row{}, io.EOF
		}
		if err != nil {
			e.ended = true
			return row{}, &badRow{e.in.line(e.dec.InputOffset()), "it is no XML from here on, and the rest is not read"}
		}
		switch t := t.(type) {
		case xml.StartElement:
			if e.depth++; e.depth == 2 {
				line := e.in.line(e.dec.InputOffset())
				m, err := e.fields(t.Name.Local)
				e.depth--
				if err != nil {
					e.ended = true
					return row{}, &badRow{line, "the element is no XML, and the rest is not read"}
				}
				return row{line: line, cells: m}, nil
			}
		case xml.EndElement:
			e.depth--
		}
	}
	return row{}, io.EOF
}

// fields reads the children of a row. References to other tables have the name
// in the attribute display_value, and an id as text.
func (e *elements) fields(class string) (map[string]any, error) {
	m := map[string]any{}
	name, display, depth := "", "", 0
	var text strings.Builder
	for {
		t, err := e.dec.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				name, display = t.Name.Local, ""
				text.Reset()
				for _, a := range t.Attr {
					if a.Name.Local == "display_value" {
						display = a.Value
					}
				}
			}
		case xml.CharData:
			if depth == 1 && text.Len() < maxText {
				text.Write(t)
			}
		case xml.EndElement:
			if depth == 0 {
				if m["sys_class_name"] == nil && strings.HasPrefix(class, "cmdb_") {
					m["sys_class_name"] = class
				}
				return m, nil
			}
			if depth--; depth == 0 && len(m) < maxColumns {
				if v := first(display, strings.TrimSpace(text.String())); v != "" {
					m[name] = v
				}
			}
		}
	}
}
