package iac

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// readManifest reads YAML or JSON that may be of Kubernetes, or a template of
// CloudFormation.
func readManifest(ix *index, path string, data []byte) {
	ix.documents(path, data, words("kind:", `"kind"`, "Resources"), func(doc *node, end int) {
		switch {
		case isTemplateOfCloudFormation(doc):
			readCloudFormation(ix, path, doc, end)
		case text(get(doc, "kind")) == "Kustomization":
			readKustomizationDoc(ix, path, doc, end)
		case strings.HasSuffix(text(get(doc, "kind")), "List") && isList(get(doc, "items")):
			for _, item := range list(get(doc, "items")) {
				ix.manifest("kubernetes", path, item, end, nil)
			}
		default:
			ix.manifest("kubernetes", path, doc, end, nil)
		}
	})
}

// manifest takes in one object of Kubernetes. plain, if not nil, turns the names
// of a template into text.
func (ix *index) manifest(format, path string, doc *node, end int, plain func(string) string) *object {
	kind, name := text(get(doc, "kind")), text(get(doc, "metadata", "name"))
	if kind == "" || len(kind) > 100 || !isMap(get(doc, "metadata")) {
		return nil
	}
	if name == "" {
		name = text(get(doc, "metadata", "generateName"))
	}
	if plain == nil {
		plain = cut
	}
	name = plain(name)
	o := &object{format: format, kind: kind, path: path, line: doc.Line, end: end, namespace: plain(text(get(doc, "metadata", "namespace")))}
	o.address, o.label = kind+"/"+name, name
	if o.namespace != "" {
		o.address, o.label = kind+"/"+o.namespace+"/"+name, o.namespace+"/"+name
	}
	for _, p := range pairs(get(doc, "metadata", "labels")) {
		o.tagged(p.Key.Value, plain(text(p.Value)), p.Key.Line)
	}
	annotation := func(key string) string { return plain(text(get(doc, "metadata", "annotations", key))) }
	for _, p := range pairs(get(doc, "metadata", "annotations")) {
		if ownerKey(p.Key.Value) != "" {
			o.tagged(p.Key.Value, plain(text(p.Value)), p.Key.Line)
		}
	}
	if len(o.owners) == 0 {
		for _, p := range pairs(get(doc, "spec", "template", "metadata", "labels")) {
			o.tagged(p.Key.Value, plain(text(p.Value)), p.Key.Line)
		}
	}
	o.fact(leak.ClaimEnvironment, environmentIn(o.namespace))
	ix.kubernetesKind(o, doc, name, annotation, plain)
	ix.add(o)
	return o
}

// kubernetesKind does what differs from kind to kind.
func (ix *index) kubernetesKind(o *object, doc *node, name string, annotation, plain func(string) string) {
	switch o.kind {
	case "ServiceAccount":
		o.identity, o.provider = leak.ServiceAccount, "kubernetes"
		serviceAccountNames(o, name)
		o.offer(token("sa:" + name))
		workloadIdentity(o, annotation)
		o.walk(doc, plain)
	case "Secret":
		o.offer(token("secret:" + name))
		o.consumer = "secret"
		if sa := annotation("kubernetes.io/service-account.name"); sa != "" {
			o.provider = "kubernetes"
			o.of = append(o.of, token("sa:"+sa))
		}
	case "ConfigMap":
		o.offer(token("configmap:" + name))
		o.consumer = "configmap"
	case "SealedSecret":
		o.offer(token("secret:" + name))
	case "ExternalSecret", "VaultStaticSecret", "VaultDynamicSecret", "SecretProviderClass", "PushSecret":
		externalSecret(o, doc, name, plain)
	case "RoleBinding", "ClusterRoleBinding":
		binding(o, doc, plain)
	case "Role", "ClusterRole":
		o.offer(roleToken(o.kind, o.namespace, name))
		if roleRules(o, doc); o.rights.lost {
			ix.note(o.path, "line %d: more than %d rules or %d resources: the rest is left out", o.line, maxAllowing, maxFacts)
		}
	case "Namespace", "CustomResourceDefinition", "NetworkPolicy":
	default:
		o.consumer = strings.ToLower(o.kind)
		o.walk(doc, plain)
	}
}

// serviceAccountNames are the ways to name a service account of Kubernetes.
func serviceAccountNames(o *object, name string) {
	o.name = name
	o.names = append(o.names, strings.ToLower(name))
	if o.namespace != "" {
		o.name = o.namespace + "/" + name
		o.names = append(o.names, strings.ToLower(o.name), "system:serviceaccount:"+strings.ToLower(o.namespace+":"+name))
		o.tenant = leak.Tenant{Name: o.namespace, Kind: "namespace"}
	}
}

// workloadIdentity links a service account to the cloud identity that it acts
// as. Sources: the documentation of GKE ("Authenticate to Google Cloud APIs from GKE
// workloads"), EKS ("IAM roles for service accounts") and Azure Workload Identity ("Service
// account labels and annotations").
func workloadIdentity(o *object, annotation func(string) string) {
	for _, key := range []string{"iam.gke.io/gcp-service-account", "eks.amazonaws.com/role-arn", "azure.workload.identity/client-id"} {
		v := annotation(key)
		if v == "" {
			continue
		}
		o.consumer, o.label = "service account", o.name
		o.use(named(v), o.line, "annotation "+key)
		if m := awsARN.FindStringSubmatch(v); m != nil {
			o.use(named(m[3]), o.line, "annotation "+key)
		}
	}
}

// externalSecret reads what makes a Secret from a store's secret: External
// Secrets, the operators of Vault, and the CSI driver.
func externalSecret(o *object, doc *node, name string, plain func(string) string) {
	target := plain(text(get(doc, "spec", "target", "name")))
	if target == "" {
		target = plain(text(get(doc, "spec", "destination", "name")))
	}
	if target == "" {
		target = name
	}
	o.offer(token("secret:" + target))
	if o.kind == "SecretProviderClass" {
		o.offer(token("spc:" + name))
	}
	scalars(get(doc, "spec"), maxSteps, func(keys []string, n *node) bool {
		switch at := lastKey(keys); {
		case len(keys) > 1 && keys[len(keys)-2] == "remoteRef" && at == "key", len(keys) > 1 && keys[len(keys)-2] == "extract" && at == "key",
			at == "path", at == "objectName", at == "resourceName", at == "secretPath":
			o.use(storeToken(plain(n.Value)), n.Line, o.kind+" "+name)
		}
		return true
	})
}

// binding is a grant: of a role, to service accounts.
func binding(o *object, doc *node, plain func(string) string) {
	o.grants = text(get(doc, "roleRef", "kind")) + " " + plain(text(get(doc, "roleRef", "name")))
	o.rights.giver = true
	if role := roleToken(text(get(doc, "roleRef", "kind")), o.namespace, plain(text(get(doc, "roleRef", "name")))); role != "" {
		o.rights.from = append(o.rights.from, role)
	}
	for _, s := range list(get(doc, "subjects")) {
		name, ns := plain(text(get(s, "name"))), plain(text(get(s, "namespace")))
		switch {
		case text(get(s, "kind")) != "ServiceAccount" || name == "":
		case ns != "":
			o.use(named("system:serviceaccount:"+ns+":"+name), s.Line, "")
		default:
			o.use(token("sa:"+name), s.Line, "")
		}
	}
}

// walk finds the Secrets, config maps and service accounts that an object
// names, wherever in it: pods stand in many kinds of objects.
func (o *object) walk(doc *node, plain func(string) string) {
	w := podWalker{o: o, plain: plain, left: maxSteps}
	w.walk(doc, "", "", 0)
}

type podWalker struct {
	o     *object
	plain func(string) string
	left  int
}

func (w *podWalker) walk(n *node, under, env string, depth int) {
	if w.left--; w.left < 0 || depth > 40 {
		return
	}
	if isList(n) {
		for _, e := range list(n) {
			w.walk(e, under, env, depth+1)
		}
		return
	}
	if !isMap(n) {
		return
	}
	name := w.plain(text(get(n, "name")))
	switch under {
	case "env":
		env = name
	case "secretKeyRef":
		w.secret(n, name, "env "+env)
	case "secretRef":
		w.secret(n, name, "envFrom")
	case "configMapKeyRef", "configMapRef":
		w.o.use(token("configmap:"+name), n.Line, "env "+env)
	case "imagePullSecrets", "secrets": // the latter of a service account
		w.secret(n, name, under)
	case "secret": // in a projected volume
		w.secret(n, name, "volume")
	}
	for _, p := range pairs(n) {
		w.entry(p, under)
		w.walk(p.Value, p.Key.Value, env, depth+1)
	}
}

// entry looks at one entry of a mapping.
func (w *podWalker) entry(p pair, under string) {
	v, line := w.plain(text(p.Value)), p.Key.Line
	switch k := p.Key.Value; {
	case under == "volumes" && k == "configMap":
		w.o.use(token("configmap:"+w.plain(text(get(p.Value, "name")))), line, "volume")
	case v == "":
	case k == "secretName" && under == "secret":
		w.o.use(token("secret:"+v), line, "volume")
	case k == "secretName" || k == "existingSecret":
		w.o.use(token("secret:"+v), line, k)
	case k == "serviceAccountName":
		w.o.use(token("sa:"+v), line, k)
	case k == "secretProviderClass":
		w.o.use(token("spc:"+v), line, k)
	}
}

func (w *podWalker) secret(n *node, name, via string) {
	if name != "" && len(w.o.uses) < maxUses {
		w.o.uses = append(w.o.uses, use{token: token("secret:" + name), key: w.plain(text(get(n, "key"))), line: n.Line, via: strings.TrimSpace(via)})
	}
}
