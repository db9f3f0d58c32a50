package lfs

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const v1 = "version https://git-lfs.github.com/spec/v1\n"
	oid := strings.Repeat("0a", 32)
	for _, tt := range []struct {
		text     string
		like, ok bool
	}{
		{v1 + "oid sha256:" + oid + "\nsize 12\n", true, true},
		{v1 + "oid sha256:" + oid + "\nsize 12", true, true},
		{"version https://hawser.github.com/spec/v1\noid sha256:" + oid + "\nsize 12\n", true, true},
		{v1 + "oid sha256:" + oid + "\nsize 012\n", true, false},
		{v1 + "oid sha256:" + oid + "\nsize -1\n", true, false},
		{v1 + "oid sha256:" + oid + "\nsize 99999999999999999999\n", true, false},
		{v1 + "oid sha256:" + strings.ToUpper(oid) + "\nsize 12\n", true, false},
		{v1 + "oid sha256:" + oid[2:] + "\nsize 12\n", true, false},
		{v1 + "oid sha256:" + oid + "\nsize 12\nsize 13\n", true, false},
		{v1 + "oid sha256:" + oid + "\nsize 12\n" + strings.Repeat("\n", MaxPointer), true, false},
		{"version https://git-lfs.github.com/spec/v2\noid sha256:" + oid + "\nsize 12\n", true, false},
		{"version https://example.com/\n", false, false},
		{"x" + v1, false, false},
		{"", false, false},
	} {
		p, ok := Parse([]byte(tt.text))
		if ok != tt.ok || ok && p != (Pointer{oid, 12}) || Like([]byte(tt.text)) != tt.like {
			t.Errorf("Parse(%.90q) = %v, %v, want %v; Like: %v, want %v", tt.text, p, ok, tt.ok, !tt.like, tt.like)
		}
	}
}
