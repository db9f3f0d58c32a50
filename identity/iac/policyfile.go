package iac

import (
	"context"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// policyText reads a policy of AWS that is a text within another one: all of it stands
// in that line.
func (r *rights) policyText(s string, line int) {
	if len(s) > maxPolicy || !strings.Contains(s, "Statement") {
		r.lost = r.lost || len(s) > maxPolicy
		return
	}
	if docs, err := yamltree.Parse([]byte(strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace(s))); err == nil && len(docs) > 0 {
		r.policyNode(docs[0], line-1, nil)
	}
}

// maxPolicyFiles bounds the files with policies that Terraform names.
const maxPolicyFiles = 500

// policyFile notes that a file is named as a policy: file("policy.json").
func (ix *index) policyFile(r *rights) {
	for _, t := range r.from {
		if path, ok := strings.CutPrefix(string(t), "file:"); ok && len(ix.policyFiles) < maxPolicyFiles && !slices.Contains(ix.policyFiles, path) {
			ix.policyFiles = append(ix.policyFiles, path)
		}
	}
}

// readPolicies reads the files that are named as policies.
func (ix *index) readPolicies(ctx context.Context, repo identity.Repository) error {
	ix.leaveFolder() // it names some too
	for _, path := range ix.policyFiles {
		if !ix.has(path) || skipped(path) {
			continue
		}
		if _, err := ix.readFile(ctx, repo, policyFormat, path); err != nil {
			return err
		}
	}
	return nil
}

// policyFormat is a policy in a file of its own, in JSON. What a template fills in is
// within its strings.
var policyFormat = &format{words: words("Statement"), read: func(ix *index, path string, data []byte) {
	o := &object{format: "policy", kind: "policy", address: path, path: path, line: 1, end: 1}
	o.offer(token("file:" + path))
	ix.documents(path, data, nil, func(doc *node, end int) {
		o.end = max(o.end, end)
		if o.rights.policyNode(doc, 0, nil); o.rights.lost {
			ix.note(path, "more than %d statements or %d actions: the rest is left out", maxAllowing, maxFacts)
		}
	})
	ix.add(o)
}}
