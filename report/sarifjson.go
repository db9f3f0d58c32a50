package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// encodeSARIF encodes a value of go-sarif without what that writes into every
// object only because it is not in use: half of a result would be empty lists.
func encodeSARIF(v any) ([]byte, error) {
	full, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(full))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	prune(tree)
	return encodeJSON(tree)
}

// unused are the values that SARIF says are meant where there is none.
var unused = map[string]any{
	"index": json.Number("-1"), "parentIndex": json.Number("-1"), "id": json.Number("-1"), "rank": json.Number("-1"),
	"byteOffset": json.Number("-1"), "charOffset": json.Number("-1"), "ruleIndex": json.Number("-1"),
	"kind": "fail", "enabled": true, "isComprehensive": false, "language": "en-US",
}

func prune(tree any) {
	switch v := tree.(type) {
	case []any:
		for _, e := range v {
			prune(e)
		}
	case map[string]any:
		for key, e := range v {
			if key == "properties" {
				continue // ours: what is there is meant
			}
			list, isList := e.([]any)
			if e == nil || isList && len(list) == 0 || isUnused(key, e) || key == "contents" || key == "newlineSequences" {
				delete(v, key)
				continue
			}
			prune(e)
		}
	}
}

func isUnused(key string, e any) bool {
	switch e.(type) {
	case json.Number, string, bool:
		u, known := unused[key]
		return known && u == e
	}
	return false
}

// locationURI is a relative URI for every place, as GitHub requires one.
func locationURI(l *leak.Location) string { return escapePath(sarifPath(l)) }

// locationPath is a path for every place. What is not a file gets one below
// .git, where no file of a checkout can be:
//
//	.git/commit/<id>/message    also author, committer
//	.git/tag/<id>/message       also tagger
//	.git/note/<id of what it is about>
//	.git/refname/refs/heads/<name>
//
// What is in a container image gets one below .image, with its repository:
//
//	.image/docker.io/acme/app/layer/etc/app.env
//	.image/docker.io/acme/app/Env              also history, provenance and the like
//
// Standard input is "stdin", and what has no known place is "unknown".
func locationPath(l *leak.Location) string {
	if p := relativePath(l.Repository); p != "" {
		inside := *l
		inside.Repository = ""
		return p + "/" + locationPath(&inside)
	}
	switch l.Kind {
	case leak.KindCommit:
		return gitPath("commit", l.Commit, l.Field)
	case leak.KindTag:
		id := l.Blob
		if id == "" {
			id = l.Commit
		}
		return gitPath("tag", id, l.Field)
	case leak.KindNote:
		if l.NoteFor != "" {
			return gitPath("note", l.NoteFor, "")
		}
		return gitPath("note", l.Path, "")
	case leak.KindRefName:
		return gitPath("refname", l.Path, "")
	case leak.KindLayer, leak.KindImage:
		return imagePath(l)
	case leak.KindStdin:
		if l.InArchive != "" {
			return "stdin!" + relativePath(l.InArchive)
		}
		return "stdin"
	case leak.KindLog:
		if l.Path == "" {
			return "stdin"
		}
	}
	if p := relativePath(l.Path); p != "" {
		return p
	}
	return "unknown"
}

func gitPath(kind, id, field string) string {
	if field == "" && (kind == "commit" || kind == "tag") {
		field = "message"
	}
	return ".git/" + kind + path.Join("/", id, field)
}

// relativePath returns a path that is below the root, without dot segments.
func relativePath(p string) string { return path.Clean("/" + p)[1:] }

// relativeURI is relativePath with every byte encoded that a path may not have.
// Bytes that are not UTF-8 are encoded as they are.
func relativeURI(p string) string { return escapePath(relativePath(p)) }

// rootURI returns the file URI of a directory.
func rootURI(root string) string {
	root = strings.ReplaceAll(text(root), `\`, "/")
	if !strings.HasPrefix(root, "/") {
		root = "/" + root // C:/dir
	}
	return "file://" + escapePath(strings.TrimSuffix(root, "/")+"/")
}

// outsideURI is the URI of a file that is not below the root, such as the settings of a
// linked work tree; empty for what is. Below the root there is no such file to open.
func outsideURI(root string, l *leak.Location) string {
	if root == "" || l.Kind != leak.KindFile || l.InArchive != "" || !strings.HasPrefix(l.Path, "../") {
		return ""
	}
	return strings.TrimSuffix(rootURI(path.Join(strings.ReplaceAll(root, `\`, "/"), l.Path)), "/")
}

func escapePath(p string) string {
	// Not the colon: what precedes one in a relative URI is read as a scheme.
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/!$&'()*+,;=@"
	var b strings.Builder
	for i := range len(p) {
		if strings.IndexByte(plain, p[i]) >= 0 {
			b.WriteByte(p[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", p[i])
		}
	}
	return b.String()
}

// lineHash is what GitHub knows a result by. For a file that is in the
// checkout it must be the hash of the line or nothing: upload-sarif computes
// it then. For the rest any value will do that does not change, and without
// one every run would make new alerts.
func lineHash(f *leak.Finding, l *leak.Location, pos *leak.Position) string {
	if pos.LineHash != "" {
		return pos.LineHash
	}
	if l.Path != "" && l.InArchive == "" && !l.IsName() && (l.Kind == leak.KindFile || l.Kind == leak.KindBlob && (l.AtHead || l.Staged)) {
		return ""
	}
	sum := sha256.Sum256([]byte(f.ID + "\x00" + locationURI(l)))
	return fmt.Sprintf("%x:1", sum[:8])
}
