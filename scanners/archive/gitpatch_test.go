package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/scanners"
)

// inGit writes a content as a binary patch has it.
func inGit(kind string, content []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d\n", kind, len(content))
	for packed := deflated(content); len(packed) > 0; packed = packed[min(52, len(packed)):] {
		line := packed[:min(52, len(packed))]
		c := byte('A' + len(line) - 1)
		if len(line) > 26 {
			c = byte('a' + len(line) - 27)
		}
		b.WriteByte(c)
		for i := 0; i < len(line); i += 4 {
			v, five := uint32(0), [5]byte{}
			for j := range 4 {
				v <<= 8
				if i+j < len(line) {
					v |= uint32(line[i+j])
				}
			}
			for j := 4; j >= 0; j-- {
				five[j], v = gitDigits[v%85], v/85
			}
			b.Write(five[:])
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.String()
}

// TestBinaryPatches finds what a binary patch has, before and after, in a diff, in what
// git log prints, and in mails.
func TestBinaryPatches(t *testing.T) {
	zipped := zipOf(t, entry{"a.txt", []byte("needle")})
	delta := append([]byte{20, 20, 0x91, 0, 4, 9}, "a needle "...) // copy four bytes, add nine
	one := "diff --git a/x/a.zip b/x/a.zip\nindex 1..2 100644\nGIT binary patch\n" + inGit("literal", zipped) + inGit("literal", []byte("\x00 needle before"))
	two := "diff --git a/old b/with a space.bin\nGIT binary patch\n" + inGit("delta", delta) + inGit("delta", []byte{20, 20, 0x91, 0, 4})
	all := one + two
	want := []string{"with a space.bin!(added)", "x/a.zip (before)", "x/a.zip!a.txt"}
	mailed := "From: a@example.com\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain\n\nHello,\n---\n" + all
	for name, c := range map[string]struct {
		file, text, at string
	}{
		"diff":            {"f", all, ""},
		"windows":         {"f", strings.ReplaceAll(all, "\n", "\r\n"), ""},
		"log":             {"f", "commit " + strings.Repeat("0a", 20) + "\nAuthor: x\n\n    text\n\n" + all, ""},
		"format-patch":    {"f", "From " + strings.Repeat("0a", 20) + " Mon Sep 17 00:00:00 2001\nFrom: x\n\n" + all, ""},
		"by its name":     {"a.patch", "words\n" + all, ""},
		"mail":            {"f", mailed, "part 1!"},
		"mail, attached":  {"f", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename=a.diff\n\n" + all + "\n--b--\n", "a.diff!"},
		"mail, in QP":     {"f", strings.Replace(mailed, "\n\nHello", "\nContent-Transfer-Encoding: quoted-printable\n\nHello", 1), "part 1!"},
		"text about it":   {"f.txt", all + "words", "-"},
		"not at the line": {"f.diff", strings.ReplaceAll(all, "GIT binary patch", " GIT binary patch"), "-"},
	} {
		if strings.HasSuffix(name, "QP") {
			head, body, _ := strings.Cut(c.text, "\n\n")
			c.text = head + "\n\n" + strings.ReplaceAll(body, "=", "=3D")
		}
		var got []string
		cov := new(scanners.Coverage)
		_, err := Walk(t.Context(), File{Name: c.file, At: strings.NewReader(c.text), Size: int64(len(c.text))}, Defaults(), cov, func(x *Text) error {
			b, err := io.ReadAll(x.R)
			if bytes.Contains(b, []byte("needle")) && x.Path != "" {
				got = append(got, x.Path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		var wanted []string
		for _, w := range want {
			if c.at != "-" {
				wanted = append(wanted, c.at+w)
			}
		}
		if name == "text about it" { // begins as a diff, all the same
			wanted = want
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("%s: needles in %q, want %q; skipped %v, left out %v", name, got, wanted, cov.Skipped(), cov.LeftOut())
		}
	}
}

// TestBadBinaryPatches have damaged lines, too much in them, or nothing.
func TestBadBinaryPatches(t *testing.T) {
	head := "diff --git a/x b/x\nGIT binary patch\n"
	for name, c := range map[string]struct{ text, told string }{
		"cut":      {head + inGit("literal", bytes.Repeat([]byte("needle, "), 2000))[:60] + "\n", "damaged"},
		"no line":  {head + "literal 5\n", "damaged"},
		"letters":  {head + "literal 5\nE\"\"\"\"\"\n\n", "damaged"},
		"overflow": {head + "literal 5\nD~~~~~\n\n", "damaged"},
		"bomb":     {head + inGit("literal", make([]byte, 64<<20)), "times its size"},
		"delta":    {head + inGit("delta", []byte{0xff}) + inGit("delta", []byte{1, 1, 0}) + head, ""},
	} {
		cov, limits := new(scanners.Coverage), Defaults()
		limits.Ratio = 100
		if _, err := Walk(context.Background(), File{Name: "x.diff", At: strings.NewReader(c.text), Size: int64(len(c.text))}, limits, cov, func(x *Text) error {
			_, err := io.Copy(io.Discard, x.R)
			return err
		}); err != nil && !isStop(err) && !strings.Contains(err.Error(), "times") {
			t.Fatal(err)
		}
		if told := fmt.Sprint(cov.Skipped(), cov.LeftOut()); c.told == "" && told != "[] []" || !strings.Contains(told, c.told) {
			t.Errorf("%s: told %s", name, told)
		}
	}
}
