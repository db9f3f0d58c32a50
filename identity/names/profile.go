package names

import (
	"bytes"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
)

// profileOf is how commands say for which of AWS's profiles a key is: the options of the
// AWS CLI and of its PowerShell, and the name of a setting.
var profileOf = lazy.New(`(?i)(?:[ \t](?:--profile|-StoreAs|-ProfileName)[ =]["']?|[ \t]["']?profile\.)([A-Za-z0-9][A-Za-z0-9_-]{0,63})`)

// profile is the one that the command which a credential stands in is for.
func profile(p *identity.Place) string {
	from, to := max(0, p.Start-maxParagraph), min(len(p.Text), max(p.Start, p.End)+maxParagraph)
	for i := p.Start; i > from; i-- {
		if endsCommand(p.Text, i-1) {
			from = i
		}
	}
	for i := max(p.Start, p.End); i < to; i++ {
		if endsCommand(p.Text, i) {
			to = i
		}
	}
	if m := profileOf.FindSubmatch(p.Text[from:to]); m != nil {
		return string(m[1])
	}
	return ""
}

// endsCommand reports whether a command ends at i: not at the end of a line that goes on.
func endsCommand(text []byte, i int) bool {
	if text[i] != '\n' {
		return bytes.IndexByte([]byte(";|&"), text[i]) >= 0
	}
	line := bytes.TrimRight(text[:i], "\r")
	return !bytes.HasSuffix(line, []byte("\\")) && !bytes.HasSuffix(line, []byte(" `"))
}
