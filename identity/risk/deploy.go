package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

const (
	shown       = 5  // consumers that a text names
	maxCommands = 20 // of one step
)

func (s *subject) deploy(m *rules.Remedy) leak.Action {
	a := leak.Action{Step: StepDeploy, Command: s.commands(m.Deploy)}
	also := ""
	if m.Pair {
		also = " It has another id too: both go there together."
	}
	if len(s.id.Consumers) == 0 {
		a.Text = "Put the new one, from a vault, where the old one is used: nothing in the repository says where that is." + also + " Do not commit it."
		return a
	}
	var where, restart []string
	for _, c := range s.id.Consumers {
		if len(where) < shown {
			where = append(where, strings.TrimSpace(c.Kind+" "+c.Name)+" ("+c.Ref+")")
		}
		add := func(list []string, line string) []string {
			if line == "" || slices.Contains(list, line) || len(list) >= maxCommands {
				return list
			}
			return append(list, line)
		}
		if m.Pair {
			a.Command = add(a.Command, storeCommand(c, idOf))
		}
		a.Command, restart = add(a.Command, storeCommand(c, nil)), add(restart, restartCommand(c))
	}
	a.Command = append(a.Command, restart[:min(len(restart), max(0, maxCommands-len(a.Command)))]...)
	a.Text = "Put the new one where the old one is used: " + strings.Join(where, ", ")
	if n := len(s.id.Consumers) - len(where); n > 0 {
		a.Text += fmt.Sprintf(", and %d more", n)
	}
	a.Text += "." + also + " Do not commit it."
	return a
}

// storeCommand puts a new value where a consumer takes it from: it asks for the value,
// or reads it from a file. Sources: the manuals of gh, glab, the circleci command
// line (context store-secret), az pipelines and kubectl. With a function for names
// the command is for what is stored under the name that it makes of the credential's.
func storeCommand(c leak.Consumer, other func(string) string) string {
	via, environment, inEnvironment := strings.Cut(c.Via, identity.OfEnvironment)
	c.Via = via
	name, context := stored(c.Via)
	key, inSecret := strings.CutPrefix(c.Via, "value of ")
	if other != nil {
		name, key = other(name), other(key)
	}
	values := map[string]string{"variable": name, "context": context, "environment": environment}
	if strings.Contains(environment, "${{") { // what it is depends on how the workflow was begun
		values["environment"] = ""
	}
	set := func(template string) string {
		if other != nil {
			template = strings.NewReplacer("${variable}", "${variable:variable-of-its-id}", "${key}", "${key:key-of-its-id}").Replace(template)
		}
		return fill(template, values)
	}
	switch {
	case strings.HasPrefix(c.Ref, ".github/") && inEnvironment:
		// Secrets of an environment come first: docs.github.com/en/actions/security-for-github-actions/security-guides/about-secrets
		return set("gh secret set --env ${environment} ${variable}")
	case strings.HasPrefix(c.Ref, ".github/"):
		return set("gh secret set ${variable}")
	case c.Kind == "gitlab-ci" || strings.Contains(c.Ref, ".gitlab-ci"):
		return set("glab variable update ${variable} --masked < <new-value-file>")
	case c.Kind == "azure-pipelines" && name != "":
		return set("az pipelines variable update --pipeline-name ${pipeline} --name ${variable} --secret true --prompt-value true")
	case c.Kind == "circleci" && context != "":
		return set("circleci context store-secret <vcs-type> <organization> ${context} ${variable} < <new-value-file>")
	case c.Kind == "secret" && inSecret:
		// What create would write alone is merged: the other entries stay.
		namespace, secret := inNamespace(c.Name)
		values["secret"], values["key"] = secret, key
		return set("kubectl" + namespace + " create secret generic ${secret} --from-file=${key}=<new-value-file> --dry-run=client -o yaml | kubectl" +
			namespace + " patch secret ${secret} --patch-file /dev/stdin")
	}
	return ""
}

// idEnds are how names of the secret half of a credential end by convention, and
// those of its id.
var idEnds = [][2]string{{"SECRET_ACCESS_KEY", "ACCESS_KEY_ID"}, {"ACCESS_KEY_SECRET", "ACCESS_KEY_ID"}, {"SECRET_KEY", "ACCESS_KEY"}, {"PRIVATE_KEY", "PUBLIC_KEY"}}

// idOf is the name under which a credential's id is kept beside it: AWS_ACCESS_KEY_ID
// of AWS_SECRET_ACCESS_KEY, and of itself; empty if the name does not tell.
func idOf(name string) string {
	upper := strings.ToUpper(name)
	for _, sign := range []string{"_", "-", "."} {
		for _, e := range idEnds {
			secret, id := strings.ReplaceAll(e[0], "_", sign), strings.ReplaceAll(e[1], "_", sign)
			if strings.HasSuffix(upper, id) {
				return name
			}
			if !strings.HasSuffix(upper, secret) || len(upper) != len(name) {
				continue
			}
			if name != upper {
				id = strings.ToLower(id)
			}
			return name[:len(name)-len(secret)] + id
		}
	}
	return ""
}

// restartCommand has a workload of Kubernetes take a new value.
func restartCommand(c leak.Consumer) string {
	kind := strings.ToLower(c.Kind)
	if !slices.Contains([]string{"deployment", "statefulset", "daemonset"}, kind) {
		return ""
	}
	namespace, name := inNamespace(c.Name)
	return fill("kubectl"+namespace+" rollout restart "+kind+"/${workload}", map[string]string{"workload": name})
}

// inNamespace splits the name of an object into an option of kubectl and the name
// in its namespace.
func inNamespace(name string) (option, object string) {
	namespace, rest, ok := strings.Cut(name, "/")
	if !ok {
		return "", name
	}
	return fill(" -n ${namespace}", map[string]string{"namespace": namespace}), rest
}

// stores are names under which CI systems keep values.
var stores = lazy.New(`^(?:secrets\.|\$\{?)?([A-Za-z_][A-Za-z0-9_.-]*)\}?$`)

// stored is the name under which a CI system keeps what a job uses, by how it gets at
// it (package identity/ci), and the context that holds it: PAYMENTS_KEY of "env
// MAIL_KEY = secrets.PAYMENTS_KEY", "$PAYMENTS_KEY in run of context prod".
func stored(via string) (name, context string) {
	via, _, _ = strings.Cut(via, ", inherited by ")
	via, _, _ = strings.Cut(via, ", given by ")
	via, context, _ = strings.Cut(via, " of context ")
	if c, ok := strings.CutPrefix(via, "context "); ok {
		return "", c
	}
	context, _, _ = strings.Cut(context, ", ")
	for _, other := range []string{"written in ", "file ", "service connection ", "variable group "} {
		if strings.HasPrefix(via, other) {
			return "", context
		}
	}
	if _, of, ok := strings.Cut(via, " = "); ok {
		via = of
	} else if kind, rest, ok := strings.Cut(via, " "); ok && !strings.HasPrefix(rest, "in ") {
		via = rest
	} else {
		via = kind
	}
	if m := stores.FindStringSubmatch(via); m != nil {
		name = m[1]
	}
	return name, context
}
