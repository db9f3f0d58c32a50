package gitrepo

import (
	"strings"
	"testing"
)

func TestUnsigned(t *testing.T) {
	numbers := strings.Repeat("wsFcBAABCAAQBQJqidb5CRC1aQ7uu5UhlAAAWBkQAG1ReyesuF0JUzjHn4bfxq7h\n", 9) + "sVq8+hZX+TA/+/dPvUo7\n=1PfQ\n"
	pgp := func(settings, numbers string) string {
		return "-----BEGIN PGP SIGNATURE-----\n" + settings + numbers + "-----END PGP SIGNATURE-----\n"
	}
	ssh := "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg\nAAAABHNoYTUxMg==\n-----END SSH SIGNATURE-----\n"
	header := func(signature string) string { // of a commit: each line but the first is indented
		return "author A <a@example.com> 1 +0000\ngpgsig " + strings.ReplaceAll(strings.TrimSuffix(signature, "\n"), "\n", "\n ") + "\n"
	}
	for name, c := range map[string]struct{ text, kept string }{
		"commit":              {header(pgp("\n", numbers)), header("-----BEGIN PGP SIGNATURE-----\n\n")},
		"commit of GitHub":    {header(pgp("\n", numbers)+"\n") + "\n", header("-----BEGIN PGP SIGNATURE-----\n\n")},
		"commit with ssh":     {header(ssh), header("-----BEGIN SSH SIGNATURE-----\n")},
		"tag":                 {"v1\n\n" + pgp("Version: GnuPG v1\nComment: mine\n\n", numbers), "v1\n\n-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v1\nComment: mine\n\n"},
		"tag with ssh":        {"v1\n" + ssh, "v1\n-----BEGIN SSH SIGNATURE-----\n"},
		"none":                {"v1\n", "v1\n"},
		"no end":              {"-----BEGIN PGP SIGNATURE-----\n\n" + numbers, "-----BEGIN PGP SIGNATURE-----\n\n" + numbers},
		"no beginning":        {numbers + "-----END PGP SIGNATURE-----\n", numbers + "-----END PGP SIGNATURE-----\n"},
		"text among them":     {pgp("\n", "w_secret=1\n"+numbers), "-----BEGIN PGP SIGNATURE-----\n\nw_secret=1\n" + numbers + "-----END PGP SIGNATURE-----\n"},
		"not of a signature":  {pgp("\n", "AKIA"+numbers), pgp("\n", "AKIA"+numbers)},
		"far too long":        {pgp("\n", strings.Repeat(numbers, 20)), pgp("\n", strings.Repeat(numbers, 20))},
		"something behind it": {pgp("\n", numbers) + "more", pgp("\n", numbers) + "more"},
		"empty":               {"", ""},
	} {
		got := strings.ReplaceAll(string(unsigned([]byte(c.text))), "\n ", "\n")
		if want := strings.ReplaceAll(c.kept, "\n ", "\n"); strings.TrimRight(got, " \n") != strings.TrimRight(want, " \n") {
			t.Errorf("%s: kept\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestBlank(t *testing.T) {
	id, no := strings.Repeat("0af9", 10), strings.Repeat(" ", 40)
	for text, want := range map[string]string{
		"tree " + id + "\nparent " + id + "\nparent " + id + "\nauthor " + id + "\n": "tree " + no + "\nparent " + no + "\nparent " + no + "\nauthor " + id + "\n",
		"object " + id + "\ntype commit\n":                                           "object " + no + "\ntype commit\n",
		"tree " + id + "f\n":                                                         "tree " + id + "f\n",
		"tree " + id:                                                                 "tree " + id,
		"author tree " + id + "\n":                                                   "author tree " + id + "\n",
	} {
		got := []byte(text)
		if blank(got, 40); string(got) != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	not := []byte("tree " + strings.Repeat("g", 40) + "\n")
	if blank(not, 40); !strings.Contains(string(not), "gggg") {
		t.Error("what is no id was overwritten")
	}
}
