package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/rules"
)

// excess is how much more an identity may do than all of its known uses need.
type excess struct {
	may  string // what it may do, of a permission
	uses string // where and for what it is used, of people
	most string // the most that a new credential needs
}

// clouds are the providers whose services consumers' needs name.
var clouds = map[string]string{"s3": "aws", "ecr": "aws", "storage": "google", "bigquery": "google", "kubernetes": "kubernetes"}

// along are services of AWS that others need too: keys that encrypt what is stored, who one is.
var along = []string{"kms", "sts"}

// managed are policies of AWS for one service.
var managed = lazy.New(`^(?:Amazon|AWS)(S3|SQS|SNS|SES|DynamoDB|RDS|EC2ContainerRegistry|EC2|Lambda|ElasticContainerRegistryPublic)_?(?:FullAccess|ReadOnly|ReadOnlyAccess|PowerUser)$`)

// serviceOf is the service that a permission is for: "*" for all, empty where that cannot
// be told.
func serviceOf(provider, permission string) string {
	power, p := powerOf(permission), bare(permission)
	if provider == "kubernetes" {
		return "kubernetes"
	}
	if power == rules.Admin || strings.HasPrefix(p, "* except ") || slices.Contains([]string{"editor", "poweruseraccess"}, strings.ToLower(p)) {
		return "*"
	}
	if m := managed.FindStringSubmatch(p); m != nil {
		if m[1] == "EC2ContainerRegistry" {
			return "ecr"
		}
		return strings.ToLower(m[1])
	}
	before, _, ok := strings.Cut(p, map[string]string{"aws": ":", "google": "."}[provider])
	if !ok || provider != "aws" && provider != "google" || strings.HasPrefix(p, "arn:") || strings.ContainsAny(before, " */") {
		return ""
	}
	return strings.ToLower(before)
}

// needed is what the known consumers need, by service, and where; false if that of one of
// them cannot be told, or is of another cloud.
func (s *subject) needed() (needs map[string]string, at []string, ok bool) {
	needs = map[string]string{}
	for _, c := range s.id.Consumers {
		if c.Needs == "" && slices.Contains(handing, c.Kind) {
			continue // it hands it on to one that is known, or to nobody's knowledge
		}
		if c.Needs == "" {
			return nil, nil, false
		}
		for _, n := range strings.Fields(c.Needs) {
			service, access, _ := strings.Cut(n, ":")
			if clouds[service] != s.id.Provider {
				return nil, nil, false
			}
			if needs[service] != "write" {
				needs[service] = access
			}
		}
		if !slices.Contains(at, c.NeedsAt) {
			at = append(at, c.NeedsAt)
		}
	}
	return needs, at, len(at) > 0
}

// wider says how the permissions exceed what is needed, where that can be told.
func (s *subject) wider() (e excess, ok bool) {
	needs, at, ok := s.needed()
	if !ok {
		return e, false
	}
	rank := len(rules.Powers)
	for _, p := range s.id.Permissions {
		power, service := powerOf(p), serviceOf(s.id.Provider, p)
		access := needs[service]
		changes := slices.Contains([]rules.Power{rules.Admin, rules.Secrets, rules.Service, rules.Publish, rules.Write}, power)
		i := slices.Index(rules.Powers, power)
		if service == "" || i < 0 || i >= rank || slices.Contains(along, service) || access == "read" && !changes {
			continue
		}
		if access == "write" && power != rules.Service && (power != rules.Admin && power != rules.Secrets || service != "kubernetes") {
			continue
		}
		rank, e.may = i, fmt.Sprintf("it has %q: %s", p, says(power, p))
		if access == "" && service != "*" {
			e.may += ", in " + serviceName(service)
		}
	}
	if e.may == "" {
		return e, false
	}
	e.most = describe(needs, "read from %s", "write to %s")
	e.uses = "its only known use, " + at[0] + ", " + describe(needs, "reads from %s", "writes to %s")
	if len(at) > 1 {
		e.uses = fmt.Sprintf("its %d known uses, %s and others, %s", len(at), at[0], describe(needs, "read from %s", "write to %s"))
	}
	return e, true
}

// describe puts needs into words.
func describe(needs map[string]string, read, write string) string {
	var out []string
	for service, access := range needs {
		form := read
		if access == "write" {
			form = write
		}
		out = append(out, fmt.Sprintf(form, serviceName(service)))
	}
	slices.Sort(out)
	return strings.Join(out, " and ")
}

func serviceName(service string) string {
	if service == "kubernetes" {
		return "Kubernetes"
	}
	if name := services[service]; name != "" {
		return name
	}
	return service
}

// enough ends the step that makes a new credential: what it needs to be able to do.
func (s *subject) enough() string {
	if e, ok := s.wider(); ok {
		return " Give it no more than the right to " + e.most + ": nothing that is known needs more."
	}
	return ""
}
