//go:build ignore

// Language writes internal/language/trigrams.bin: how likely a letter is behind two
// others in the words that people write in code.
//
//	go run scripts/language.go WORDS > internal/language/trigrams.bin
//
// WORDS has a word on each line: /usr/share/dict/american-english of Debian's
// package wamerican, which is made of SCOWL (its licence allows any use). To these
// come the words in the Go files of $GOROOT/src, each counted by the logarithm of
// how often it stands there, and those below.
//
// The table has a byte for each of 27*27*27 texts of three: 0 is the edge of a
// word, 1 to 26 are the letters. It is -log2 of the probability of the third
// behind the first two, in sixteenths.
package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// further words: what programmers shorten, and what passwords are called elsewhere.
const further = `pwd passwd pw psw pswd passphrase usr user username userpass str cfg config conf ctx env opts args params param
req res resp msg err tmp buf ptr num idx len obj val var func impl init exec cmd ctl svc srv src dst dest img btn txt url uri uuid guid html http
https json yaml toml xml css sql mysql mariadb postgres postgresql pgsql psql sqlite mongo mongodb redis rabbitmq kafka elastic elasticsearch
memcached nginx apache tomcat docker kube kubectl kubernetes helm aws gcp azure oauth oidc saml ldap jwt jwks rsa ecdsa hmac sha crypt bcrypt scrypt
hash salt nonce uid gid pid sys admin root sudo localhost hostname github gitlab gitea jenkins travis django flask rails laravel symfony spring
java kotlin python ruby golang rust node npm yarn webpack react angular vue foo bar baz qux foobar foobaz quux qwerty asdf zxcv qwertyuiop asdfgh lorem ipsum
async await const boolean int string float struct enum char ptr null nil undef undefined impl mutex sync util utils lib libs repo dev prod stage staging
passwort kennwort geheim schluessel benutzer contrasena clave secreta secreto usuario senha segredo usuario chave motdepasse parole parola chiave utente
wachtwoord geheim sleutel gebruiker losenord hemlig passord adgangskode kodeord salasana tunnus heslo haslo jelszo lozinka geslo parool sifre parolasi
mot passe mima mimazi pasuwado bimilbeonho parol sandi katakunci rahasia mat khau`

var word = regexp.MustCompile(`[A-Za-z][a-z]{2,}|[A-Z]{3,}`)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run scripts/language.go WORDS > internal/language/trigrams.bin")
		os.Exit(2)
	}
	weight := map[string]float64{}
	for w := range strings.FieldsSeq(further) {
		weight[w] += 6
	}
	f, err := os.Open(os.Args[1])
	check(err)
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.ToLower(strings.TrimSuffix(s.Text(), "'s"))
		if !strings.ContainsFunc(w, func(r rune) bool { return r < 'a' || r > 'z' }) && weight[w] < 1 {
			weight[w]++
		}
	}
	for w, n := range inGo() {
		if n >= 3 {
			weight[w] += math.Log2(1 + n)
		}
	}
	os.Stdout.Write(table(weight))
}

func inGo() map[string]float64 {
	count := map[string]float64{}
	check(filepath.WalkDir(filepath.Join(runtime.GOROOT(), "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata") || strings.Contains(path, "tables.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, w := range word.FindAllString(string(text), -1) {
			count[strings.ToLower(w)]++
		}
		return err
	}))
	return count
}

// table counts, with what less of the context says mixed in: eight of these count
// as much as what was seen behind the whole.
func table(weight map[string]float64) []byte {
	const n, mix = 27, 8
	var one [n]float64
	var two [n][n]float64
	var three [n][n][n]float64
	for _, w := range slices.Sorted(maps.Keys(weight)) { // sums of floats depend on the order
		f := weight[w]
		a, b := 0, 0
		for i := 0; i <= len(w); i++ {
			c := 0
			if i < len(w) {
				c = int(w[i]-'a') + 1
			}
			one[c] += f
			two[b][c] += f
			three[a][b][c] += f
			a, b = b, c
		}
	}
	sum := func(row [n]float64) (s float64) {
		for _, v := range row {
			s += v
		}
		return s
	}
	out := make([]byte, 0, n*n*n)
	for a := range n {
		for b := range n {
			for c := range n {
				p := (one[c] + mix) / (sum(one) + mix*n)
				p = (two[b][c] + mix*p) / (sum(two[b]) + mix)
				p = (three[a][b][c] + mix*p) / (sum(three[a][b]) + mix)
				out = append(out, byte(min(255, math.Round(-16*math.Log2(p)))))
			}
		}
	}
	return out
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
