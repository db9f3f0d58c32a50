package iac

import (
	"strconv"
	"strings"
)

// maxEach is how many instances for_each or count may make.
const maxEach = 1000

// An instance is one of those that for_each or count make of a block.
type instance struct {
	key   string // behind its address: ["alpha"], [0]
	bound map[string]*expr
}

// instances are those of a block: one with neither for_each nor count. Where they are
// not known there is one, which stands for any number.
func (s *scope) instances(in *body) (out []instance, known bool) {
	if e := in.attr("for_each"); e != nil {
		keys, values, ok := s.each(e, 0)
		if !ok {
			return []instance{{}}, false
		}
		for i, key := range keys {
			out = append(out, instance{"[" + strconv.Quote(key) + "]", map[string]*expr{"each.key": {kind: literalExpr, text: key}, "each.value": values[i]}})
		}
		return out, true
	}
	e := in.attr("count")
	if e == nil {
		return []instance{{}}, true
	}
	text, ok := s.settled(e)
	n, err := strconv.Atoi(text)
	if !ok || err != nil || n < 0 || n > maxEach {
		return []instance{{}}, false
	}
	for i := range n {
		index := strconv.Itoa(i)
		out = append(out, instance{"[" + index + "]", map[string]*expr{"count.index": {kind: literalExpr, text: index}}})
	}
	return out, true
}

// each are the keys and the values of what for_each goes through: a set or a map that
// is written out, or a resource that goes through one.
func (s *scope) each(e *expr, depth int) (keys []string, values []*expr, ok bool) {
	if s.steps--; s.steps < 0 || depth > 8 || e == nil {
		return nil, nil, false
	}
	switch e.kind {
	case tupleExpr:
		for _, p := range e.parts {
			key, ok := s.settled(p)
			if !ok {
				return nil, nil, false
			}
			keys, values = append(keys, key), append(values, &expr{kind: literalExpr, text: key})
		}
		return keys, values, len(keys) <= maxEach
	case objectExpr:
		for i := 0; i+1 < len(e.parts); i += 2 {
			key, ok := s.settled(e.parts[i])
			if !ok {
				return nil, nil, false
			}
			keys, values = append(keys, key), append(values, e.parts[i+1])
		}
		return keys, values, len(keys) <= maxEach
	case callExpr:
		if len(e.parts) == 1 && (e.text == "toset" || e.text == "tomap" || e.text == "tolist" || e.text == "nonsensitive" || e.text == "sensitive") {
			return s.each(e.parts[0], depth+1)
		}
	case traversalExpr:
		if len(e.names) != 2 || len(e.parts) > 0 {
			return nil, nil, false
		}
		name := e.names[0] + "." + e.names[1]
		if e.names[0] == "local" || e.names[0] == "var" {
			return s.each(s.values[name], depth+1)
		}
		keys, values, ok = s.each(s.values[name+"/for_each"], depth+1)
		for i := range values {
			values[i] = e
		}
		return keys, values, ok
	}
	return nil, nil, false
}

// aliasOf is the configuration of a provider that an expression names, aws.dev: "dev";
// "" for the one without an alias.
func (s *scope) aliasOf(e *expr) string {
	if e != nil && e.kind == traversalExpr && len(e.names) == 2 {
		return e.names[1]
	}
	name, _ := s.settled(e) // in quotes, until Terraform 0.11
	_, alias, _ := strings.Cut(name, ".")
	return alias
}

// accountOf is the account of AWS that an object is in, as far as code says so: that
// of its provider, which the one who calls its module may give. Of a provider whose
// account nobody knows it is none, though others have one.
func (ix *index) accountOf(o *object) string {
	folder, alias := ix.providerOf(o, "aws", ix.hasAccount)
	return ix.account[folder][alias]
}

func (ix *index) hasAccount(at configuration) bool {
	_, ok := ix.account[at.folder][at.alias]
	return ok
}

// providerOf is the configuration of a provider that an object is made with, by folder
// and alias: the first that is known of its own and of those that the calls of its
// modules hand on, else the last.
func (ix *index) providerOf(o *object, provider string, known func(configuration) bool) (folder, alias string) {
	folder, alias, by := dir(o.path), o.alias, o.call
	for range maxCallers {
		if by == nil || known(configuration{folder, provider, alias}) {
			break
		}
		name := provider
		if alias != "" {
			name += "." + alias
		}
		outer, ok := by.providers[name]
		if !ok && alias != "" {
			break
		}
		folder, alias, by = by.folder, outer, nil
		if calls := ix.tf.calls[folder]; len(calls) == 1 {
			by = &calls[0]
		}
	}
	return folder, alias
}

// defaultOwners gives the resources of Terraform that name no owner the tags that
// their provider gives everything: default_tags of aws, default_labels of google.
// https://www.hashicorp.com/blog/default-tags-in-the-terraform-aws-provider
func (ix *index) defaultOwners() {
	if len(ix.tf.defaults) == 0 {
		return
	}
	for _, o := range ix.objects {
		provider, _, _ := strings.Cut(o.kind, "_")
		if o.format == "terraform" && (provider == "aws" || provider == "google") && !strings.Contains(o.address, "data.") {
			folder, alias := ix.providerOf(o, provider, ix.hasDefaults)
			o.inherit(ix.tf.defaults[configuration{folder, provider, alias}])
		}
	}
}

func (ix *index) hasDefaults(at configuration) bool {
	_, ok := ix.tf.defaults[at]
	return ok
}

// configuration is one of a provider of Terraform.
type configuration struct{ folder, provider, alias string }

// inAccount notes the account of a provider's configuration, "" if it says none. Two
// that say different ones say nothing.
func (ix *index) inAccount(folder, alias, account string) {
	if ix.account[folder] == nil {
		ix.account[folder] = map[string]string{}
	}
	if old, ok := ix.account[folder][alias]; ok && old != account {
		account = ""
	}
	ix.account[folder][alias] = account
}

// onlyAccount takes the account of the ARNs in a folder for that of its provider, if
// it has but one of each.
func (ix *index) onlyAccount() {
	for folder, seen := range ix.accounts {
		by := ix.account[folder]
		if _, ok := by[""]; len(seen) == 1 && by[""] == "" && (len(by) == 0 || ok && len(by) == 1) {
			ix.account[folder] = map[string]string{"": seen[0]}
		}
	}
}
