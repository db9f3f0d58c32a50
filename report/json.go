package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/whosekey/whosekey/leak"
)

// NewJSONL returns a Handler that writes one JSON object per line: the run,
// every finding, the summary. It can be played back with Replay.
func NewJSONL(w io.Writer, opts Options) Handler {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &jsonl{enc, opts}
}

type jsonl struct {
	enc  *json.Encoder
	opts Options
}

func (j *jsonl) Start(r Run) error { return j.enc.Encode(line{Run: toWireRun(r)}) }

func (j *jsonl) Finding(f *leak.Finding) error {
	return j.enc.Encode(line{Finding: toWireFinding(f, j.opts)})
}

func (j *jsonl) Finish(s Summary) error { return j.enc.Encode(line{Summary: toWireSummary(s)}) }

// NewJSON returns a Handler that writes one indented JSON object with what the
// lines of NewJSONL hold, for programs that do not read lines.
func NewJSON(w io.Writer, opts Options) Handler { return &jsonObject{w: w, opts: opts} }

type jsonObject struct {
	w     io.Writer
	opts  Options
	begun bool // a finding was written
	text  bytes.Buffer
	out   []byte
}

func (j *jsonObject) Start(r Run) error {
	return j.write("{\n  \"run\": ", toWireRun(r), "  ", ",\n  \"findings\": [")
}

func (j *jsonObject) Finding(f *leak.Finding) error {
	before := ",\n    "
	if !j.begun {
		j.begun = true
		before = "\n    "
	}
	return j.write(before, toWireFinding(f, j.opts), "    ", "")
}

func (j *jsonObject) Finish(s Summary) error {
	before := "],\n  \"summary\": "
	if j.begun {
		before = "\n  " + before
	}
	return j.write(before, toWireSummary(s), "  ", "\n}\n")
}

// write writes v, indented, between two strings.
func (j *jsonObject) write(before string, v any, prefix, after string) error {
	j.text.Reset()
	if err := encodeInto(&j.text, v); err != nil {
		return err
	}
	b := append(j.out[:0], before...)
	b = indent(b, bytes.TrimSuffix(j.text.Bytes(), []byte("\n")), prefix)
	b = append(b, after...)
	j.out = b
	_, err := j.w.Write(b)
	return err
}

// indent appends JSON that encoding/json has written as json.Indent does, with two
// spaces a level. It looks at nothing but brackets, commas, colons and texts: half of
// the time of a report went into json.Indent, which checks everything again.
func indent(b, text []byte, prefix string) []byte {
	depth := 0
	line := func() {
		b = append(b, '\n')
		b = append(b, prefix...)
		for range depth {
			b = append(b, "  "...)
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			end := i + 1
			for text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			b = append(b, text[i:end+1]...)
			i = end
		case '{', '[':
			b = append(b, c)
			if next := text[i+1]; next == '}' || next == ']' {
				b = append(b, next)
				i++
				continue
			}
			depth++
			line()
		case '}', ']':
			depth--
			line()
			b = append(b, c)
		case ',':
			b = append(b, c)
			line()
		case ':':
			b = append(b, ": "...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// encodeJSON is json.Marshal without making < into \u003c: no browser reads
// this as HTML, and people read it.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	err := encodeInto(&b, v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func encodeInto(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
