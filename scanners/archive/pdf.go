package archive

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/whosekey/whosekey/internal/lazy"
)

// pdf emits the text of a PDF file: what its content streams show, in their
// order, the strings of its objects, and the files in it. Its objects are found one
// after the other, without its table of them, which may be damaged, or hide some. See
// ISO 32000-1.
func (w *walker) pdf(in *input, data []byte, depth int) error {
	f := &pdfDoc{data: data, path: in.path}
	if at := pdfEncrypted.FindSubmatchIndex(data); len(at) > 0 {
		if f.cipher = openPDF(data, at); f.cipher == nil {
			w.leaveOut(remark{"encrypted PDF file", "save it without its password, and search that"}, in.path)
			return nil
		}
	}
	p := &pdfFonts{names: map[string]int{}, fonts: map[int]int{}, maps: map[int]pdfMap{}}
	var pages, files [][]byte
	var objects []byte
	p.collect(data)
	broken := w.pdfStreams(f, func(of pdfObject, dict, body []byte) bool {
		switch {
		case bytes.Contains(body, []byte("beginbfchar")) || bytes.Contains(body, []byte("beginbfrange")):
			p.maps[of.num] = parseMap(body)
		case bytes.Contains(dict, []byte("/ObjStm")):
			p.collectPacked(dict, body)
			objects = pdfStrings(objects, body, nil)
		case bytes.Contains(dict, []byte("/EmbeddedFile")):
			files = append(files, body)
		case bytes.Contains(body, []byte("Tj")) || bytes.Contains(body, []byte("TJ")):
			pages = append(pages, body)
		case plainText(body): // scripts, and what says who made it
			objects = append(append(objects, body...), '\n')
		default:
			return false
		}
		return true
	}, func(between []byte) { objects = f.strings(objects, between) })
	if isStop(broken) || w.over != nil {
		return broken
	}
	emit := func(name string, text []byte) error {
		if len(bytes.TrimSpace(text)) == 0 {
			return nil
		}
		return w.text(join(in.path, name), bytes.NewReader(text))
	}
	for i, body := range pages {
		if err := emit(fmt.Sprintf("content %d", i+1), p.text(body)); err != nil {
			return err
		}
	}
	if err := emit("objects", objects); err != nil {
		return err
	}
	for i, body := range files {
		if err := w.visitBytes(join(in.path, fmt.Sprintf("file %d", i+1)), body, depth); err != nil {
			return err
		}
	}
	return broken
}

// pdfDoc is a PDF file in memory.
type pdfDoc struct {
	path   string
	data   []byte
	cipher *pdfCipher // nil: it is not encrypted
	bare   int        // between the last stream and here no object begins
}

// strings appends the strings among objects. In an encrypted file they have the key of
// the object in which they are.
func (f *pdfDoc) strings(out, between []byte) []byte {
	if f.cipher == nil {
		return pdfStrings(out, between, nil)
	}
	o, ok := nextObject(between, 0)
	for ok {
		next, more := nextObject(between, o.end)
		end := len(between)
		if more {
			end = next.begin
		}
		of := o
		out = pdfStrings(out, between[o.end:end], func(s []byte) []byte { return f.cipher.open(f.cipher.text, of, s) })
		o, ok = next, more
	}
	return out
}

// visitBytes is visit for a file in memory.
func (w *walker) visitBytes(at string, data []byte, depth int) error {
	if len(data) == 0 {
		return nil
	}
	if err := w.entry(); err != nil {
		return err
	}
	return w.visit(section(at, bytes.NewReader(data), 0, int64(len(data))), depth)
}

var (
	// An encrypted file names its dictionary: by its number, or the dictionary itself.
	pdfEncrypted = lazy.New(`/Encrypt\s*(?:(\d{1,9})\s+\d{1,5}\s+R|<<)`)

	pdfUnicode = lazy.New(`/ToUnicode (\d{1,9}) \d`)
	pdfFirst   = lazy.New(`/First (\d{1,9})`)
	pdfLate    = lazy.New(`/EarlyChange\s+0\b`)
)

// pdfFonts know what the codes of fonts mean.
type pdfFonts struct {
	names map[string]int // objects of fonts, by their names in content streams
	fonts map[int]int    // objects of maps, by those of fonts
	maps  map[int]pdfMap
}

// pdfMap is what the codes of a font mean; those with two bytes count from
// 1<<16.
type pdfMap map[int]string

const twoBytes = 1 << 16

// collect finds fonts among objects. What they know of fonts stands before their
// streams.
func (p *pdfFonts) collect(data []byte) {
	o, ok := nextObject(data, 0)
	for ok {
		next, more := nextObject(data, o.end)
		end := len(data)
		if more {
			end = next.begin
		}
		text := data[o.end:min(end, o.end+8192)]
		if i := bytes.Index(text, []byte("stream\n")); i >= 0 {
			text = text[:i]
		} else if i := bytes.Index(text, []byte("stream\r")); i >= 0 {
			text = text[:i]
		}
		p.object(o.num, text)
		o, ok = next, more
	}
}

// collectPacked finds fonts in a stream of objects, which begins with pairs of
// their numbers and offsets.
func (p *pdfFonts) collectPacked(dict, body []byte) {
	first := pdfFirst.FindSubmatch(dict)
	if first == nil {
		return
	}
	base, _ := strconv.Atoi(string(first[1]))
	if base > len(body) {
		return
	}
	pairs := bytes.Fields(body[:base])
	for i := 0; i+1 < len(pairs); i += 2 {
		num, err1 := strconv.Atoi(string(pairs[i]))
		from, err2 := strconv.Atoi(string(pairs[i+1]))
		to := len(body) - base
		if i+3 < len(pairs) {
			to, _ = strconv.Atoi(string(pairs[i+3]))
		}
		if err1 == nil && err2 == nil && 0 <= from && from < to && to <= len(body)-base {
			p.object(num, body[base+from:base+min(to, from+8192)])
		}
	}
}

func (p *pdfFonts) object(num int, text []byte) {
	if m := pdfUnicode.FindSubmatch(text); m != nil {
		p.fonts[num], _ = strconv.Atoi(string(m[1]))
	}
	for n := 0; n < maxNames && len(p.names) < 1<<16; n++ {
		name, num, rest := nextNamed(text)
		if rest == nil {
			return
		}
		p.names[string(name)], text = num, rest
	}
}

func (p *pdfFonts) of(name string) pdfMap { return p.maps[p.fonts[p.names[name]]] }

// decode turns the codes of a string into text.
func (m pdfMap) decode(out, s []byte) []byte {
	if len(m) == 0 {
		for _, c := range s {
			out = appendLatin1(out, c)
		}
		return out
	}
	for len(s) > 0 {
		if len(s) >= 2 {
			if t, ok := m[twoBytes+int(s[0])<<8+int(s[1])]; ok {
				out, s = append(out, t...), s[2:]
				continue
			}
		}
		if t, ok := m[int(s[0])]; ok {
			out = append(out, t...)
		}
		s = s[1:]
	}
	return out
}
