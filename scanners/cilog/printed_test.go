package cilog

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// each joins what is made of the bytes of a text.
func each(s, sep string, form string) string {
	var out []string
	for _, c := range []byte(s) {
		out = append(out, fmt.Sprintf(form, c))
	}
	return strings.Join(out, sep)
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// TestPrinted has the token in ways to print it past masks, and what of the log is
// marked: exactly the bytes that made it.
func TestPrinted(t *testing.T) {
	const before, after = "it is: ", " and more of it"
	whole := before + token + after
	bold := func(s string) string { return each(s, "", "%[1]c\b%[1]c") }
	for name, c := range map[string]struct{ log, mark, encoding string }{
		"hex, spaces":          {each(whole, " ", "%02x"), each(token, " ", "%02x"), "hex"},
		"hex, colons":          {"key=" + each(whole, ":", "%02x"), each(token, ":", "%02x"), "hex"},
		"hex, upper, dashes":   {each(whole, "-", "%02X"), each(token, "-", "%02X"), "hex"},
		"hex, 0x":              {"{" + each(whole, ", ", "0x%02x") + "}", strings.TrimPrefix(each(token, ", ", "0x%02x"), ""), "hex"},
		"hex, Buffer":          {"<Buffer " + each(whole, " ", "%02x") + ">", each(token, " ", "%02x"), "hex"},
		"decimal":              {`{"type":"Buffer","data":[` + each(whole, ",", "%d") + "]}", each(token, ",", "%d"), "decimal"},
		"decimal, spaces":      {"[" + each(whole, ", ", "%d") + "]", each(token, ", ", "%d"), "decimal"},
		"octal escapes":        {"$'" + each(token, "", `\%03o`) + "'", each(token, "", `\%03o`), "escapes"},
		"octal, four":          {"'" + each(token, "", `\0%03o`) + "'", each(token, "", `\0%03o`), "escapes"},
		"HTML":                 {"<b>" + each(token, "", "&#%d;") + "</b>", each(token, "", "&#%d;"), "escapes"},
		"overstrike":           {"a " + bold(token) + " b", bold(token), ""},
		"underline":            {"a " + each(token, "", "_\b%c") + " b", each(token, "", "_\b%c"), ""},
		"rubbed out":           {token + strings.Repeat("\b", len(token)) + strings.Repeat("*", len(token)), token, ""},
		"a letter rubbed out":  {"a " + token[:9] + "X\b" + token[9:] + " b", token[:9] + "X\b" + token[9:], ""},
		"cursor saved":         {"a " + token[:9] + "\x1b7\x1b[24;1Hstep 3 of 9\x1b8" + token[9:] + " b", token[:9] + "\x1b7\x1b[24;1Hstep 3 of 9\x1b8" + token[9:], ""},
		"cursor saved (CSI)":   {"a " + token[:9] + "\x1b[s 50% \x1b[u" + token[9:] + " b", token[:9] + "\x1b[s 50% \x1b[u" + token[9:], ""},
		"cursor saved twice":   {"a \x1b7b " + token[:9] + "\x1b7x\x1b8" + token[9:12] + "\x1b7\x1b[1;1Hy\x1b8" + token[12:] + " b", "", ""},
		"cursor to a column":   {"a " + token[:9] + "\x1b[1G" + token[9:] + " b", token[:9] + "\x1b[1G" + token[9:], ""},
		"cursor forward":       {"a " + token[:9] + "\x1b[2C" + token[9:] + " b", token[:9] + "\x1b[2C" + token[9:], ""},
		"cursor left":          {"a " + token[:9] + "\x1b[1D" + token[9:] + " b", token[:9] + "\x1b[1D" + token[9:], ""},
		"cursor left, over":    {"a " + token[:9] + "XY\x1b[2D" + token[9:] + " b", token[:9] + "XY\x1b[2D" + token[9:], ""},
		"backspaces, over":     {"a " + token[:9] + "XYZ\b\b\b" + token[9:] + " b", token[:9] + "XYZ\b\b\b" + token[9:], ""},
		"deleted letters":      {"a " + token[:9] + "XY\x1b[2D\x1b[2P" + token[9:] + " b", "", ""},
		"erased to the end":    {"a " + token + "XY\x1b[2D\x1b[K b", token, ""},
		"inserted letters":     {token[:9] + token[12:] + " b\x1b[10G\x1b[3@" + token[9:12], "", ""},
		"written over":         {strings.Repeat("x", 9) + token[9:] + "\r" + token[:9], "", ""},
		"written over, colour": {"\x1b[32m" + strings.Repeat("x", 9) + token[9:] + "\x1b[0m\r" + token[:9], "", ""},
		"written backwards":    {"a " + strings.Repeat(" ", 12) + token[12:] + "\x1b[3G" + token[:12], "", ""},
		"8-bit colour":         {"a " + token[:9] + "\x9b1m" + token[9:] + "\x9b0m b", token[:9] + "\x9b1m" + token[9:], ""},
		"8-bit cursor":         {"a " + token[:9] + "XY\x9b2D" + token[9:] + " b", token[:9] + "XY\x9b2D" + token[9:], ""},
		"8-bit in UTF-8":       {"a " + token[:9] + "\u009b1m" + token[9:] + " b", token[:9] + "\u009b1m" + token[9:], ""},
		"8-bit, no sequence":   {"File\x9b" + token + " b", token, ""},
		"a letter of Cyrillic": {"\u041b1m " + token + " b\x1b[0m", token, ""}, // D0 9B
		"zero-width space":     {"a " + token[:9] + "\u200b" + token[9:] + " b", token[:9] + "\u200b" + token[9:], "invisible"},
		"soft hyphens":         {"a " + each(token, "\u00ad", "%c") + " b", each(token, "\u00ad", "%c"), "invisible"},
		"byte order mark":      {"a=\ufeff" + token[:9] + "\ufeff" + token[9:] + " b", token[:9] + "\ufeff" + token[9:], "invisible"},
		"word joiner, tags":    {"a " + token[:9] + "\u2060\ufe0f\U000e0041" + token[9:] + " b", token[:9] + "\u2060\ufe0f\U000e0041" + token[9:], "invisible"},
		"NUL and DEL":          {"a " + token[:9] + "\x00\x7f" + token[9:] + " b", token[:9] + "\x00\x7f" + token[9:], "invisible"},
		"empty quotes":         {`echo ` + token[:9] + `""` + token[9:] + ` b`, token[:9] + `""` + token[9:], "quotes"},
		"quoted pieces":        {`echo '` + token[:9] + `''` + token[9:] + `' b`, token[:9] + `''` + token[9:], "quotes"},
		"two kinds of quotes":  {`echo X="` + token[:9] + `"'` + token[9:] + `' b`, token[:9] + `"'` + token[9:], "quotes"},
		"a quoted piece":       {`echo ` + token[:6] + `"` + token[6:9] + `"` + token[9:] + ` b`, token[:6] + `"` + token[6:9] + `"` + token[9:], "quotes"},
		"quotes, each":         {`echo ` + each(token, `""`, "%c"), "", "spaces"},
		"quotes in JSON":       {`{"run":"echo ` + token[:9] + `\"\"` + token[9:] + `"}`, token[:9] + `\"\"` + token[9:], "quotes"},
		"a line goes on":       {"curl -u " + token[:9] + "\\\n" + token[9:], token[:9] + "\\\n" + token[9:], "quotes"},
		"base64, cut":          {"say " + b64("it is " + token + "!")[:20] + "\u200b" + b64("it is " + token + "!")[20:], "", "invisible, base64"},
		"whole, before a move": {"a\x1b[2Cb " + token + " b", token, ""},
		"base32":               {"x " + base32.StdEncoding.EncodeToString([]byte("five."+token+".5")) + " y", "", "base32"},
		"reversed":             {"x " + reversed("key="+strings.ToUpper("q")+"w="+token) + " y", reversed(token), "reversed"},
		"dots":                 {"x " + each(token, ".", "%c") + " y", each(token, ".", "%c"), "spaces"},
		"dashes":               {"x " + each(token, "-", "%c") + " y", each(token, "-", "%c"), "spaces"},
		"commas":               {"['" + each(token, "','", "%c") + "']", each(token, "','", "%c"), "spaces"},
		"tabs":                 {each(token, "\t", "%c"), each(token, "\t", "%c"), "spaces"},
		"reversed and spaced":  {"say: " + each(reversed("Q="+token), " ", "%c") + " y", "", "spaces, reversed"},
		"hex of hex":           {"x " + each(hex.EncodeToString([]byte(whole)), " ", "%02x"), "", "hex, hex"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fromText(t, "a\nb\n"+c.log+"\n")
			hits := scanFor(t, s)
			if len(hits) != 1 {
				t.Fatalf("found %v", hits)
			}
			log := text(t, s, hits[0].Ref)
			if got := 1 + strings.Count(log[:hits[0].Span.Start], "\n"); got != 3 {
				t.Errorf("it is on line %d", got)
			}
			if got := log[hits[0].Span.Start:hits[0].Span.End]; c.mark != "" && got != c.mark {
				t.Errorf("marked is %q, want %q", got, c.mark)
			}
			if hits[0].Encoding != c.encoding {
				t.Errorf("it is found through %q, want %q", hits[0].Encoding, c.encoding)
			}
		})
	}
}

// TestDumps has what programs make of a text, at the lines in which the token is.
func TestDumps(t *testing.T) {
	const whole = "an announcement: 123456 " + token + " and more of it, to the end\n"
	for _, command := range []string{
		"od", "od -c", "od -b", "od -x", "od -An -tx1", "od -An -c", "od -An -tu1", "od -tx1", "od -Ax -tx1z", "od -Ad -tx1", "od -An -b",
		"xxd", "xxd -p", "xxd -b", "xxd -u -g1", "xxd -i", "hexdump", "hexdump -C", "hexdump -c", "hexdump -b", "base32", "base64", "rev",
	} {
		for _, front := range []string{"", gh, run} {
			words := strings.Fields(command)
			if _, err := exec.LookPath(words[0]); err != nil {
				t.Logf("there is no %s", words[0])
				continue
			}
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Stdin = strings.NewReader(whole)
			out, err := cmd.Output()
			if err != nil {
				t.Logf("%s: %v", command, err)
				continue
			}
			text := front + "+ " + command + "\n"
			for line := range strings.Lines(string(out)) {
				text += front + line
			}
			s := fromText(t, text+front+"done\n")
			hits := scanFor(t, s)
			if len(hits) != 1 {
				t.Errorf("%s: found %v", command, hits)
				continue
			}
			h := hits[0]
			first, last := 1+strings.Count(text[:h.Span.Start], "\n"), 1+strings.Count(text[:h.Span.End], "\n")
			if first < 2 || last > 9 || last < first || first == 2 && strings.Count(text, "\n") > 5 {
				t.Errorf("%s: it is marked on lines %d to %d of\n%s", command, first, last, text)
			}
		}
	}
}

// TestCharacters has the token as lists of its characters, as programs and languages print them.
func TestCharacters(t *testing.T) {
	first, rest := token[:12], token[12:]
	keys := func(form, sep string) string {
		var out []string
		for i, c := range token {
			out = append(out, fmt.Sprintf(form, i, c))
		}
		return strings.Join(out, sep)
	}
	for name, log := range map[string]string{
		"Python":             "['" + each(token, "', '", "%c") + "']",
		"JSON":               `["` + each(token, `", "`, "%c") + `"]`,
		"JSON, tight":        `["` + each(token, `","`, "%c") + `"]`,
		"JSON in JSON":       `{"a":"[\"` + each(token, `\",\"`, "%c") + `\"]"}`,
		"JSON, lines":        "[\n  " + each(token, ",\n  ", `"%c"`) + "\n]",
		"JSON, tabs":         "[\n\t\t\t" + each(token, ",\n\t\t\t", `"%c"`) + "\n]",
		"Node":               "[\n  '" + each(first, "', '", "%c") + "',\n  '" + each(rest, "', '", "%c") + "'\n]",
		"Node, columns":      "[\n  '" + each(first, "',  '", "%c") + "',\n  '" + each(rest, "', '", "%c") + "'\n]",
		"keys":               "{ " + keys(`'%d': '%c'`, ", ") + " }",
		"keys, tight":        "{" + keys(`"%d":"%c"`, ",") + "}",
		"keys, Ruby":         "{" + keys(`%d=>"%c"`, ", ") + "}",
		"Go":                 "['" + each(token, "' '", "%c") + "']",
		"Go, strings":        `[]string{"` + each(token, `", "`, "%c") + `"}`,
		"Perl":               "$VAR1 = [\n          '" + each(token, "',\n          '", "%c") + "'\n        ];",
		"sum":                "'" + each(token, "' + '", "%c") + "'",
		"words":              `"` + each(token, `" "`, "%c") + `"`,
		"joined":             `"` + each(token, `""`, "%c") + `"`,
		"Java":               "[" + each(token, ", ", "%c") + "]",
		"Go, bare":           "[" + each(token, " ", "%c") + "]",
		"bars":               "| " + each(token, " | ", "%c") + " |",
		"YAML":               "- " + each(token, "\n- ", "%c"),
		"YAML, indented":     "x:\n    - " + each(token, "\n    - ", "%c"),
		"YAML, quoted":       "- '" + each(token, "'\n- '", "%c") + "'",
		"PHP":                "Array\n(\n" + keys("    [%d] => %c", "\n") + "\n)",
		"numbered":           keys("%d: %c", "\n"),
		"nl":                 keys("%6d\t%c", "\n"),
		"a line each":        each(token, "\n", "%c"),
		"a line each, quote": each(token, "\n", `"%c"`),
		"indented":           "    " + each(token, "\n    ", "%c"),
	} {
		for _, form := range []string{"line\n%s\nend of it\n", gh + "line\n" + gh + "%s\n" + gh + "done\n", "line\r\n%s\r\ndone\r\n"} {
			want := strings.Count(form[:strings.Index(form, "%s")], "\n") + 1
			switch {
			case strings.HasPrefix(form, gh):
				log = strings.ReplaceAll(log, "\n", "\n"+gh)
			case strings.Contains(form, "\r"):
				log = strings.ReplaceAll(strings.ReplaceAll(log, gh, ""), "\n", "\r\n")
			}
			all := fmt.Sprintf(form, log)
			s := fromText(t, all)
			hits := scanFor(t, s)
			if len(hits) != 1 {
				t.Errorf("%s: found %v in %q", name, hits, all)
				continue
			}
			at := hits[0].Span
			first, last := 1+strings.Count(all[:at.Start], "\n"), 1+strings.Count(all[:at.End], "\n")
			if most := want + strings.Count(log, "\n"); first < want || last > most {
				t.Errorf("%s: it is marked on lines %d to %d, of %d to %d: %q", name, first, last, want, most, all[at.Start:at.End])
			}
		}
	}
}

// TestNoCharacters has what looks like lists of characters, and is none.
func TestNoCharacters(t *testing.T) {
	one := "'" + each(token[:8], "', '", "%c") + "'"
	other := "'" + each(token[8:], "', '", "%c") + "'"
	for name, log := range map[string]string{
		"words between": one + ", 'and then', " + other,
		"empty line":    one + ",\n\n" + other,
		"two texts":     one + " is not " + other,
	} {
		if hits := scanFor(t, fromText(t, "line\n"+log+"\nend of it\n")); len(hits) > 0 {
			t.Errorf("%s: found %v", name, hits)
		}
	}
}
