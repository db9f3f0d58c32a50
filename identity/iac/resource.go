package iac

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// A resource is one of Terraform, or of a format that has been translated to
// its words.
type resource struct {
	format, kind, address, path string
	line, end                   int
	attr                        map[string][]string // what is known of attributes; "metadata.name" for those in blocks
	refs                        map[string][]token  // what they refer to
	needs                       []string            // addresses that a state says it depends on
	tags                        []tag
	rights                      rights
}

// first returns the first of some attributes that has a value.
func (r *resource) first(names []string) string {
	for _, n := range names {
		for _, v := range r.attr[n] {
			if v != "" {
				return v
			}
		}
	}
	return ""
}

// all returns all values and references of some attributes.
func (r *resource) all(names []string) (values []string, refs []token) {
	for _, n := range names {
		values = append(values, r.attr[n]...)
		refs = append(refs, r.refs[n]...)
	}
	return values, refs
}

// object makes an object of a resource, with all but its uses.
func (r *resource) object() *object {
	typ := strings.TrimSuffix(r.kind, "_v1")
	k, known := kindOf(r.kind)
	o := &object{format: r.format, kind: r.kind, address: r.address, path: r.path, line: r.line, end: r.end, consumer: k.consumer}
	if !known {
		o.consumer = "resource"
	}
	if o.label = r.first(k.calls); o.label == "" {
		o.label = r.address
	}
	for _, t := range r.tags {
		o.tag(t)
	}
	r.identity(o, k)
	r.credential(o, k)
	for _, n := range k.store {
		for _, v := range r.attr[n] {
			o.offer(storeToken(v))
		}
	}
	if values, refs := r.all(k.to); len(k.role) > 0 || len(k.to) > 0 {
		o.grants, o.consumer = r.first(k.role), ""
		for _, v := range values {
			o.use(named(principal(v)), r.line, "")
		}
		for _, t := range refs {
			o.use(t, r.line, "")
		}
	}
	r.giving(o, k)
	r.made(o)
	for _, n := range k.runs {
		for _, v := range r.attr[n] {
			o.use(named(principal(v)), r.line, "runs as")
		}
	}
	values, refs := r.all(k.into)
	o.into = append(o.into, refs...)
	for _, v := range values {
		o.into = append(o.into, storeToken(v))
	}
	r.cloudSpecific(o, typ)
	return o
}

// kindOf is what is known of a type. All of Google's bindings are alike.
func kindOf(typ string) (kind, bool) {
	k, known := kinds[typ]
	if !known {
		k, known = kinds[strings.TrimSuffix(strings.TrimSuffix(typ, "_v1"), "_v2beta2")]
	}
	if !known && strings.HasPrefix(typ, "google_") && hasSuffix(typ, "_iam_member", "_iam_binding") {
		return googleBinding, true
	}
	return k, known
}

var googleBinding = kind{role: []string{"role"}, to: []string{"member", "members"}}

// identity fills in what a resource says of the identity that it is.
func (r *resource) identity(o *object, k kind) {
	if k.identity == "" {
		if len(k.server) > 0 {
			o.server = r.first(k.server)
		}
		return
	}
	o.identity, o.provider = k.identity, k.provider
	for _, n := range k.names {
		for _, v := range r.attr[n] {
			if n == "id" {
				if v = principal(v); !guid.MatchString(v) {
					continue
				}
			}
			switch {
			case guid.MatchString(v):
				if o.id == "" {
					o.id = v
				}
			case o.name == "":
				o.name = v
			}
			o.names = append(o.names, strings.ToLower(v))
		}
	}
	if v := r.first(k.tenant); v != "" {
		o.tenant = leak.Tenant{ID: strings.TrimPrefix(v, "projects/"), Kind: k.in}
	}
	if o.name == "" {
		o.name, o.id = o.id, ""
	}
	o.server = r.first(k.server)
	perms, _ := r.all(k.perm)
	for _, p := range perms {
		o.fact(leak.ClaimPermission, p)
	}
	if k.expires != "" {
		o.fact(leak.ClaimExpires, r.first([]string{k.expires}))
	}
}

// credential fills in whose credential a resource is.
func (r *resource) credential(o *object, k kind) {
	if k.keyID == "" && len(k.of) == 0 {
		return
	}
	if k.keyID != "" {
		for _, v := range r.attr[k.keyID] {
			v = v[strings.LastIndexByte(v, '/')+1:] // projects/p/serviceAccounts/e/keys/ID
			o.names = append(o.names, strings.ToLower(v))
			o.fact(leak.ClaimKeyID, v)
		}
	}
	o.fact(leak.ClaimLabel, r.first(k.labels))
	if k.identity == "" && k.expires != "" {
		o.fact(leak.ClaimExpires, r.first([]string{k.expires}))
	}
	if o.provider == "" {
		o.provider = providerOf(r.kind)
	}
	values, refs := r.all(k.of)
	o.of = append(o.of, refs...)
	for _, v := range values {
		o.of = append(o.of, named(principal(v)))
		o.use(named(principal(v)), r.line, "")
	}
}

var (
	guid    = lazy.New(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	gcpMail = lazy.New(`^[a-z0-9][a-z0-9-]{2,62}@([a-z0-9][a-z0-9.:-]{2,62})\.iam\.gserviceaccount\.com$`)
	awsARN  = lazy.New(`^arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):(user|role|assumed-role)/(?:[^\s]*/)?([\w+=,.@-]+)$`)
)

// cloudSpecific derives names from names.
func (r *resource) cloudSpecific(o *object, typ string) {
	switch typ {
	case "google_service_account":
		id, project := r.first([]string{"account_id"}), o.tenant.ID
		if mail := r.first([]string{"email"}); mail == "" && id != "" && project != "" {
			o.name = id + "@" + project + ".iam.gserviceaccount.com"
			o.names = append(o.names, strings.ToLower(o.name))
		}
		if m := gcpMail.FindStringSubmatch(o.name); m != nil && o.tenant.ID == "" {
			o.tenant = leak.Tenant{ID: m[1], Kind: "project"}
		}
	case "aws_iam_user", "aws_iam_role":
		if m := awsARN.FindStringSubmatch(o.name); m != nil {
			o.tenant, o.name = leak.Tenant{ID: m[1], Kind: "account"}, m[3]
			o.names = append(o.names, strings.ToLower(m[3]))
		}
	case "kubernetes_service_account", "kubernetes_secret", "kubernetes_config_map":
		o.namespace = r.first([]string{"metadata.namespace"})
		name := r.first([]string{"metadata.name"})
		what := map[string]string{"kubernetes_secret": "secret:", "kubernetes_config_map": "configmap:", "kubernetes_service_account": "sa:"}[typ]
		if name != "" {
			o.offer(token(what + name))
			o.label = name
		}
		if what == "sa:" {
			serviceAccountNames(o, name)
		} else {
			o.consumer = strings.TrimSuffix(what, ":")
		}
	}
	o.names = slices.Compact(o.names)
}

// providerOf is the provider of a type that has none in kinds.
func providerOf(kind string) string {
	first, _, _ := strings.Cut(kind, "_")
	switch first {
	case "azuread", "azurerm":
		return "azure"
	}
	return first
}

// principal strips what IAM and Entra put before a name: "serviceAccount:a@b",
// "/applications/ID".
func principal(v string) string {
	for _, p := range []string{"serviceAccount:", "user:", "group:", "/applications/", "/servicePrincipals/"} {
		v = strings.TrimPrefix(v, p)
	}
	if i := strings.Index(v, "/serviceAccounts/"); i >= 0 {
		v = v[i+len("/serviceAccounts/"):]
	}
	return v
}

// storeToken is the token of a secret in a store, by its path there.
func storeToken(name string) token {
	name = strings.TrimSpace(name)
	if m := strings.Index(name, ":secret:"); m >= 0 && strings.HasPrefix(name, "arn:aws") {
		name = name[m+len(":secret:"):]
	}
	if i := strings.Index(name, "/secrets/"); i >= 0 && strings.HasPrefix(name, "projects/") {
		name, _, _ = strings.Cut(name[i+len("/secrets/"):], "/")
	}
	if name = strings.Trim(name, "/"); len(name) < 3 || len(name) > maxText {
		return ""
	}
	return token("store:" + name)
}

// maker matches the address of what makes passwords and keys for others.
var maker = lazy.New(`(?:^|\.)(?:random_password|random_string|tls_private_key)\.[^.]+$`)

// madeToken is the token of a password or key that Terraform makes, by the address that
// states name it by: without the number of an instance. Empty for anything else.
func madeToken(folder, address string) token {
	for {
		before, rest, ok := strings.Cut(address, "[")
		_, after, end := strings.Cut(rest, "]")
		if !ok || !end {
			break
		}
		address = before + after
	}
	if !maker.MatchString(address) {
		return ""
	}
	return token("made:" + folder + ":" + address)
}

// made notes what depends on a password or key that Terraform makes, by a state.
func (r *resource) made(o *object) {
	if r.format != "terraform-state" {
		return
	}
	o.offer(madeToken(dir(r.path), r.address))
	for _, n := range r.needs {
		o.use(madeToken(dir(r.path), n), r.line, "depends on it")
	}
}
