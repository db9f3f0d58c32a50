package detectors_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func tableSet() *detectors.Set {
	return detectors.NewSet(detectors.Builtin([]string{rules.Generic, rules.KubernetesSecret, rules.TerraformState})...)
}

// tableLeaks are tables in which V, a value, is found once.
var tableLeaks = []string{
	"name,url,username,password,note\nacme,https://acme.test/login,bob,<V>,\n",
	"url,username,password,totp,extra,name,grouping,fav\nhttps://a.test,alice,<V>,,\"two\nlines\",A,,0\nhttps://b.test,alice,changeme,,,B,,0\n",
	"User name,Password,Access key ID\nci,\"<V>\",x\n",
	"\"id\",\"db password\"\n\"1\",\"<V>\"",
	"host\tuser\tpassword\r\ndb1\troot\t<V>\r\n",
	"service;api_key;owner\nacme;<V>;bob\n",
	"| Host | User | Password |\n| --- | --- | --- |\n| db1 | root | <V> |\n",
	"# Servers\n\nHost | **API key**\n:--|--:\ndb | `<V>`\n",
	" id | name | password \n----+------+----------\n  1 | bob  | <V>\n(1 row)\n",
	"|Service|Access token|\n|---|---|\n|a \\| b|<V>|\n",
	"# users\nid,name,senha\n\n1,a,b\n\nid,name,senha\n1,a,<V>\n",
	"a,b,password\nx\n1,2,<V>\n",
	"user,password\nbob,password\nann,x\nuser,<V>\nuser,password\n",
	"user,passwd,x\nbob,<V>\"\"!,y\n",
}

func TestTableFinds(t *testing.T) {
	for _, text := range tableLeaks {
		want := manifestText(t, "<V>")
		text = strings.ReplaceAll(text, "<V>", want)
		n := 0
		tableSet().Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if v := m.Parts[leak.SecretPart].Reveal(); strings.TrimSuffix(v, `"!`) != want || !strings.HasPrefix(text[m.Span.Start:], want) {
				t.Errorf("%s found %q in %s", m.Rule, v, text)
			}
			n++
		})
		if n != 1 {
			t.Errorf("%d values found in %q", n, text)
		}
	}
}

func TestTableIsSilent(t *testing.T) {
	for _, text := range []string{
		"id,password_hash\n1,<V>\n", "id,password\n1,d41d8cd98f00b204e9800998ecf8427e\n", "id,Password policy\n1,<V>\n",
		"user,password\nbob,changeme\nann,hunter2\n", "user,password\n\nbob,<V>\n", "func(user, password string)\nx,<V>\n",
		"user, password = <V>\nx,<V>\n", "password\n<V>\n", "name,token_id,x\na,<V>,b\n", "name,token,x\na,the,DT\nb,cat,NN\n",
		"name,password,x\na,b,c,<V>\n", "import user, password,\n    <V>,\n", "pkcs12(\n    passphrase,\n    name,\n    <V>,\n    iter,\n)\n", "the password, which is long, matters\nx, <V>, y\n",
		"a,b,c\nx,password,y\nz,<V>,w\n", "a,password,b\n1,\"<V>", "a,password,b",
	} {
		if got := detectortest.Matches(tableSet(), manifestText(t, text), 0); len(got) > 0 {
			t.Errorf("%v in %q", got, text)
		}
	}
}

func TestTableKeepsTheContract(t *testing.T) {
	ds := detectors.Builtin([]string{rules.Generic, rules.KubernetesSecret, rules.TerraformState})
	for _, text := range tableLeaks {
		of := ds[0]
		if text = manifestText(t, text); !slices.ContainsFunc([]string{"passw", "Passw", "pwd", "senha"}, func(w string) bool { return strings.Contains(text, w) }) {
			of = ds[1]
		}
		detectortest.Accept(t, of, text)
	}
}

// TestTableIsBounded: text made to take long takes a few seconds a megabyte at most.
func TestTableIsBounded(t *testing.T) {
	for _, piece := range []string{"password,password\n", "password,x\n\n", "password,a\nb\n", "a,password\n\"\n", "|password|token|\n|--|--|\n\n", strings.Repeat("password,", 60) + "\n\n"} {
		start := time.Now()
		text := slices.Repeat([]byte(piece), (256<<10)/len(piece))
		tableSet().Scan(&leak.Chunk{Data: text}, func(leak.Match) {})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("256 kB of %q took %v", piece, took)
		} else {
			t.Logf("256 kB of %q: %v", piece, took)
		}
	}
}
