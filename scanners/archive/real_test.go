package archive

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// made runs a program in a folder of its own; the test is skipped where there is none.
func made(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("there is no %s", program)
	}
	dir := t.TempDir()
	c := exec.Command(program, args...)
	c.Dir, c.Stdin = dir, strings.NewReader(stdin)
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("%s: %v: %s", program, err, out)
	}
	return dir
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	all, _ := filepath.Glob(filepath.Join(dir, name))
	if len(all) == 0 {
		t.Fatalf("no %s was made", name)
	}
	b, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDatabasesOfSQLite: tables with and without rowid, with rows of many pages.
func TestDatabasesOfSQLite(t *testing.T) {
	long := strings.Repeat("long ", 5000)
	sql := "create table plain(id integer primary key, v text); create table keyed(k text primary key, v text) without rowid;\n"
	sql += "with recursive n(i) as (select 1 union all select i+1 from n where i < 3000) insert into keyed select 'key'||i, 'value '||i from n;\n"
	sql += "insert into keyed values('zz', '" + long + needle + "'); insert into keyed values('aa', 'short " + needle + "');\n"
	sql += "with recursive n(i) as (select 1 union all select i+1 from n where i < 3000) insert into plain select i, 'row '||i from n; insert into plain values(9999, '" + long + needle + "');\n"
	for _, pragma := range []string{"", "pragma page_size=512;", "pragma page_size=65536;", "pragma encoding='UTF-16';", "pragma auto_vacuum=full;"} {
		dir := made(t, pragma+sql, "sqlite3", "a.db")
		s := walk(t, "a.db", read(t, dir, "a.db"), Defaults(), false)
		if keyed := s.texts["keyed"]; strings.Count(keyed, "\n") != 3002 || !strings.Contains(keyed, "aa\tshort "+needle) || !strings.Contains(keyed, long+needle) || !strings.Contains(keyed, "key1234\tvalue 1234\n") {
			t.Errorf("%s without rowid: %d lines, left out %v", pragma, strings.Count(keyed, "\n"), s.left)
		}
		if plain := s.texts["plain"]; strings.Count(plain, "\n") != 3001 || !strings.Contains(plain, long+needle) || len(s.left) > 0 {
			t.Errorf("%s: %d lines, left out %v", pragma, strings.Count(plain, "\n"), s.left)
		}
	}
}

// TestNamesOfColumns: the names of a table's columns stand above its rows if one tells what is below it.
func TestNamesOfColumns(t *testing.T) {
	sql := "create table users([id] integer primary key, \"user name\" text, smtp_password text, unique(smtp_password)); insert into users values(7, 'ann', '" + needle + "');\n"
	sql += "create table plain(a text, b text); insert into plain values('x', 'y');\n"
	sql += "create table keyed(v text, token text primary key) without rowid; insert into keyed values('x', 'y');\n"
	s := walk(t, "a.db", read(t, made(t, sql, "sqlite3", "a.db"), "a.db"), Defaults(), false)
	for name, want := range map[string]string{
		"users": "id\tuser name\tsmtp_password\n\tann\t" + needle + "\n",
		"plain": "x\ty\n",
		"keyed": "y\tx\n", // the key is first, other than in the definition
	} {
		if got := s.texts[name]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestStringsOfPrograms(t *testing.T) {
	long := strings.Repeat("x", 300)
	source := "A = 'short " + needle + "'\nB = 'é " + needle + "'\nC = b'bytes " + needle + "'\ndef f(p='" + long + needle + "'):\n    return {'k': ('deep " + needle + "',)}\n"
	dir := made(t, "import sys, py_compile\nopen('m.py', 'w', encoding='utf-8').write('''"+source+"''')\npy_compile.compile('m.py', cfile='m.pyc')\n", "python3", "-")
	s := walk(t, "m.pyc", read(t, dir, "m.pyc"), Defaults(), false)
	for _, want := range []string{"short ", "é ", "bytes ", long, "deep "} {
		if !strings.Contains(s.texts["strings"], want+needle+"\n") {
			t.Errorf("compiled Python: no %q in %q", want, s.texts["strings"])
		}
	}
	java := "class M { static final String A = \"java " + needle + "\"; String b = \"\\u00e9 " + needle + "\", c = \"nul\\0 " + needle + "\"; }"
	dir = made(t, java, "sh", "-c", "cat > M.java && javac -encoding UTF-8 M.java")
	s = walk(t, "M.class", read(t, dir, "M.class"), Defaults(), false)
	for _, want := range []string{"java ", "é ", " "} {
		if !strings.Contains(s.texts["strings"], want+needle+"\n") {
			t.Errorf("a class: no %q in %q", want, s.texts["strings"])
		}
	}
}

func TestOfficeOfAllKinds(t *testing.T) {
	runs := func(root, space string) string {
		return "<" + root + ` xmlns:x="` + space + `"><x:p><x:r><x:t>the need</x:t></x:r><x:r><x:t>le in the haystack</x:t></x:r></x:p></` + root + ">"
	}
	for name, space := range map[string]string{
		"transitional": "http://schemas.openxmlformats.org/wordprocessingml/2006/main", "strict": "http://purl.oclc.org/ooxml/wordprocessingml/main",
		"strict sheet": "http://purl.oclc.org/ooxml/spreadsheetml/main", "strict slide": "http://purl.oclc.org/ooxml/presentationml/main",
		"ODF": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
	} {
		for how, begin := range map[string]string{"with": `<?xml version="1.0" encoding="UTF-8"?>` + "\n", "without": "", "with a mark": "\uFEFF"} {
			s := walk(t, "a.docx", zipOf(t, entry{"word/document.xml", []byte(begin + runs("x:document", space))}), Defaults(), false)
			if !strings.Contains(s.texts["word/document.xml!text"], needle) {
				t.Errorf("%s %s a declaration: %q", name, how, s.texts)
			}
		}
	}
}

// TestWordOfToday: it names the spaces of all its extensions before its own, which then
// stands behind the first kilobyte.
func TestWordOfToday(t *testing.T) {
	begin := `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n<w:document"
	for i := range 16 {
		begin += fmt.Sprintf(` xmlns:cx%d="http://schemas.microsoft.com/office/drawing/20%02d/5/10/chartex"`, i, i)
	}
	begin += ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>`
	s := walk(t, "a.docx", zipOf(t, entry{"word/document.xml", []byte(begin + "<w:r><w:t>the need</w:t></w:r><w:r><w:t>le in the haystack</w:t></w:r></w:p></w:document>")}), Defaults(), false)
	if !strings.Contains(s.texts["word/document.xml!text"], needle) {
		t.Errorf("%d bytes before the space: %q", len(begin), s.texts)
	}
}

func TestPDFThatIsEncrypted(t *testing.T) {
	page := "%PDF-1.7\n1 0 obj <</Length 60>>\nstream\nBT /F1 12 Tf <746865206e6565646c6520> Tj (in the haystack) Tj ET\nendstream endobj\ntrailer <</Root 1 0 R "
	for end, want := range map[string]int{"/Encrypt 5 0 R>>": 1, "/Encrypt\n5 0 R>>": 1, "/Encrypt<</Filter/Standard>>>>": 1, "/EncryptMetadata true>>": 0, "/Info (see /Encrypt for more)>>": 0} {
		s := walk(t, "a.pdf", []byte(page+end), Defaults(), false)
		if len(s.left) != want || (want == 0) != strings.Contains(s.texts["content 1"], needle) {
			t.Errorf("%s: left out %v, texts %q", end, s.left, s.texts)
		}
	}
}

func TestMailInMail(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	inner := "Subject: in\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64("deep "+needle) + "\r\n"
	mail := "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/alternative; boundary=\"i i\"\r\n\r\n" +
		"--i i\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\nthe=20needle=\r\n in the haystack=\r\n\r\n--i i--\r\n" +
		"--o\r\nContent-Type: message/rfc822\r\n\r\n" + inner + "\r\n--o\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*=UTF-8''caf%C3%A9.gz\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		b64(string(gzipOf([]byte("packed "+needle)))) + "\r\n--o--\r\n"
	for name, data := range map[string]string{"a.eml": mail, "box": "From x Mon\n" + mail + "\nFrom y Tue\n" + mail} {
		s := walk(t, name, []byte(data), Defaults(), false)
		var all bytes.Buffer
		for _, text := range s.texts {
			all.WriteString(text)
		}
		for _, want := range []string{"the needle in the haystack", "deep " + needle, "packed " + needle} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("%s: no %q in %q, left out %v", name, want, s.texts, s.left)
			}
		}
	}
}
