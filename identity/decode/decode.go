// Package decode reads what a credential says about itself: kind, tenant,
// identity, permissions, dates, environment. It computes and parses only; it uses
// neither network nor files.
package decode

import (
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// Input is a credential.
type Input struct {
	Rule     string            // id of the rule that found it; may be empty
	Provider string            // id; may be empty
	Value    string            // the credential itself
	Parts    map[string]string // its other pieces by name: "key_id", "user", "host"
	Now      time.Time         // for plausible dates

	depth   int      // of credentials within credentials
	entries *[]Entry // takes what a file with many says of each; nil for nobody
}

// maxValue is the longest credential that is looked at, in bytes.
const maxValue = 1 << 20

// maxDepth is how deep credentials within credentials are read: a kubeconfig
// has a certificate, and a docker config a service account's key.
const maxDepth = 2

// maxEvidence is how much is said of one credential.
const maxEvidence = 300

// decoder reads one family of credentials. It must be quick to say no, and must
// not believe that a value has any structure: all of them are an enemy's.
type decoder struct {
	name string
	// read returns nothing if the value is of another family.
	read func(in *Input) []leak.Evidence
}

// Decode returns what the credential says about itself: the evidence of all
// decoders that know it. No evidence holds the credential, or a part of it that
// opens anything.
func Decode(in Input) []leak.Evidence {
	if len(in.Value) > maxValue {
		return nil
	}
	if !isKeyStore([]byte(in.Value)) { // the last byte of a binary file may be a blank
		in.Value = strings.TrimSpace(in.Value)
	}
	var all []leak.Evidence
	for _, d := range documents() {
		all = append(all, d.read(&in)...)
		if len(all) > 0 && len(in.Parts) == 0 {
			return all[:min(len(all), maxEvidence)]
		}
	}
	for _, list := range [][]decoder{cloud, others()} {
		for _, d := range list {
			all = append(all, d.read(&in)...)
		}
	}
	all = append(all, beside(&in, all)...)
	if value, ok := assigned(in.Value); ok && len(all) == 0 {
		return in.within(in.Rule, value)
	}
	return all[:min(len(all), maxEvidence)]
}

// within is the evidence of a credential that stands in another one.
func (in *Input) within(rule, value string) []leak.Evidence {
	if in.depth >= maxDepth {
		return nil
	}
	return Decode(Input{Rule: rule, Value: value, Now: in.Now, depth: in.depth + 1})
}

// says is evidence from the bytes of the credential.
func says(claim, value string, weight float64, reason string) leak.Evidence {
	return leak.Evidence{Class: leak.FromStructure, Claim: claim, Value: value, Weight: weight, Reason: reason}
}
