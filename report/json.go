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
	in := indenter{w: j.w, b: append(j.out[:0], before...), prefix: prefix}
	err := in.indent(bytes.TrimSuffix(j.text.Bytes(), []byte("\n")))
	j.out = append(in.b, after...)
	if err != nil {
		return err
	}
	_, err = j.w.Write(j.out)
	return err
}

// indenter indents JSON that encoding/json has written as json.Indent does, with two
// spaces a level. It looks at nothing but brackets, commas, colons and texts: half of
// the time of a report went into json.Indent, which checks everything again.
type indenter struct {
	w      io.Writer
	b      []byte // what is not written yet
	prefix string
	depth  int
}

// most is how many bytes an indenter gathers, with the text that it is at: in one
// piece the list of all rules would have its buffer grow through a megabyte.
const most = 32 << 10

// line begins a line, and writes those before if they are many.
func (in *indenter) line() error {
	if len(in.b) > most {
		if _, err := in.w.Write(in.b); err != nil {
			return err
		}
		in.b = in.b[:0]
	}
	in.b = append(append(in.b, '\n'), in.prefix...)
	for range in.depth {
		in.b = append(in.b, "  "...)
	}
	return nil
}

func (in *indenter) indent(text []byte) (err error) {
	for i := 0; i < len(text) && err == nil; i++ {
		switch c := text[i]; c {
		case '"':
			end := i + 1
			for text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			in.b = append(in.b, text[i:end+1]...)
			i = end
		case '{', '[':
			in.b = append(in.b, c)
			if next := text[i+1]; next == '}' || next == ']' {
				in.b = append(in.b, next)
				i++
				continue
			}
			in.depth++
			err = in.line()
		case '}', ']':
			in.depth--
			err = in.line()
			in.b = append(in.b, c)
		case ',':
			in.b = append(in.b, c)
			err = in.line()
		case ':':
			in.b = append(in.b, ": "...)
		default:
			in.b = append(in.b, c)
		}
	}
	return err
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
