package inventory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// Runs joins the identities of several runs or lists, one for each repository,
// say: records with the same id or alias, and those that have a credential in
// common, by its id or by the provider's. The surest record is kept, with what
// the others add; their ids become aliases.
//
// Ids of credentials are the same in two runs only if both were made with the same
// --key-file, or without one and without a baseline of their own.
type Runs struct {
	// Judge judges a record again that was joined of several; nil for nobody.
	Judge func(*record.Record)

	all    []*record.Record
	parent []int          // union-find
	first  map[string]int // by key
}

// Add adds an identity.
func (j *Runs) Add(r *record.Record) {
	if j.first == nil {
		j.first = map[string]int{}
	}
	at := len(j.all)
	j.all, j.parent = append(j.all, r), append(j.parent, at)
	for _, key := range joinKeys(r) {
		if other, there := j.first[key]; there {
			j.parent[j.root(other)] = j.root(at)
		} else {
			j.first[key] = at
		}
	}
}

func (j *Runs) root(i int) int {
	for j.parent[i] != i {
		j.parent[i] = j.parent[j.parent[i]]
		i = j.parent[i]
	}
	return i
}

// leastKeyID is how long the public id of a credential is that no other has.
const leastKeyID = 16

func joinKeys(r *record.Record) (keys []string) {
	for _, id := range append([]string{r.ID}, r.Aliases...) {
		keys = append(keys, "i"+id)
	}
	for _, c := range r.Credentials {
		if c.ID != "" {
			keys = append(keys, "c"+c.ID)
		}
		if len(c.KeyID) >= leastKeyID && !strings.Contains(c.KeyID, "…") {
			keys = append(keys, "k"+c.Kind+"\x00"+c.KeyID)
		}
	}
	return keys
}

// Joined returns the identities, each once, in the order in which the first
// record of each was added.
func (j *Runs) Joined() (out []*record.Record) {
	groups := map[int][]*record.Record{}
	var order []int
	for i, r := range j.all {
		root := j.root(i)
		if groups[root] == nil {
			order = append(order, root)
		}
		groups[root] = append(groups[root], r)
	}
	for _, root := range order {
		list := groups[root]
		if len(list) == 1 {
			out = append(out, list[0])
			continue
		}
		slices.SortStableFunc(list, func(a, b *record.Record) int { return cmp.Compare(b.Confidence, a.Confidence) })
		best := *list[0]
		best.Credentials = slices.Clone(best.Credentials)
		for _, r := range list[1:] {
			acrossRuns(&best, r)
		}
		if j.Judge != nil {
			j.Judge(&best)
		}
		out = append(out, &best)
	}
	return out
}

// acrossRuns adds to a record what another run found out about the identity.
func acrossRuns(a, b *record.Record) {
	status, reason, places := a.Status, a.StatusReason, a.Occurrences+b.Occurrences
	if slices.Equal(a.Repositories, b.Repositories) { // scanned twice
		places = max(a.Occurrences, b.Occurrences)
	}
	for i := range a.Credentials {
		k := &a.Credentials[i]
		for _, c := range b.Credentials {
			if c.ID == k.ID || len(c.KeyID) >= leastKeyID && c.KeyID == k.KeyID && c.Kind == k.Kind {
				sameCredential(k, &c)
			}
		}
	}
	joinRecords(a, b)
	a.Credentials = dropTwins(a.Credentials)
	a.CredentialCount = max(a.CredentialCount, b.CredentialCount, len(a.Credentials))
	a.Occurrences = places
	if a.Inventory != nil && b.Status == leak.ShadowIdentity { // one run knew the inventory's record
		a.Status, a.StatusReason = status, reason
	}
	if a.Inventory == nil && b.Inventory != nil {
		a.Inventory = b.Inventory
		if a.Status == leak.ShadowIdentity || a.Status == leak.UnknownStatus {
			a.Status, a.StatusReason = b.Status, b.StatusReason
		}
	}
	for _, id := range append([]string{b.ID}, b.Aliases...) {
		if id != a.ID && !slices.Contains(a.Aliases, id) && len(a.Aliases) < maxJoined {
			a.Aliases = append(slices.Clip(a.Aliases), id)
		}
	}
	slices.Sort(a.Aliases)
	a.Evidence = untested(a.Evidence, b.Evidence)
	a.Permissions, a.DeclaredIn, a.Evidence = more(a.Permissions, b.Permissions), more(a.DeclaredIn, b.DeclaredIn), more(a.Evidence, untested(b.Evidence, a.Evidence))
	fill(&a.Owner, b.Owner)
	if b.Environment != "" && b.Environment != a.Environment {
		// As in one run: production where as much speaks for it as for another.
		if x, y := speaks(a.Evidence, a.Environment), speaks(a.Evidence, b.Environment); y > x || y == x && b.Environment == "prod" {
			a.Environment, a.EnvironmentSource = b.Environment, b.EnvironmentSource
		}
	}
	fill(&a.CreationDate, b.CreationDate)
	fill(&a.Expiration, b.Expiration)
	a.LastAccessed = max(a.LastAccessed, b.LastAccessed)
}

// speaks is the weight of the best evidence for an environment.
func speaks(list []record.Evidence, environment string) (most float64) {
	for _, e := range list {
		if e.Claim == leak.ClaimEnvironment && strings.EqualFold(e.Value, environment) {
			most = max(most, e.Weight)
		}
	}
	return most
}

// untested is evidence without the note that all is in tests, unless another run
// says so too.
func untested(list, other []record.Evidence) []record.Evidence {
	only := func(e record.Evidence) bool { return e.Claim == leak.ClaimNote && e.Value == identity.NoteTestFixture }
	if slices.ContainsFunc(other, only) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), only)
}

// maxJoined bounds the lists of a joined record.
const maxJoined = 300

func fill(to *string, with string) {
	if *to == "" {
		*to = with
	}
}

// more are two lists, with what is in both once.
func more[T comparable](a, b []T) []T {
	a = slices.Clip(a)
	for _, x := range b {
		if len(a) < maxJoined && !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// dropTwins keeps the first of the credentials with one public id.
func dropTwins(list []record.Credential) []record.Credential {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(c record.Credential) bool {
		key := c.Kind + "\x00" + c.KeyID
		twin := len(c.KeyID) >= leastKeyID && seen[key]
		seen[key] = true
		return twin
	})
}

// sameCredential adds what another run found out about a credential: when it was
// first exposed, who can read it, and the latest answer.
func sameCredential(a, b *record.Credential) {
	if b.FirstExposedAt != "" && (a.FirstExposedAt == "" || b.FirstExposedAt < a.FirstExposedAt) {
		a.FirstExposedAt, a.FirstExposedRef = b.FirstExposedAt, b.FirstExposedRef
	}
	if at := slices.Index(exposures, b.Exposure); at >= 0 && (at < slices.Index(exposures, a.Exposure) || !slices.Contains(exposures, a.Exposure)) {
		a.Exposure = b.Exposure
	}
	risk, controls, plan := a.Risk, a.Controls, a.Plan
	if b.Risk != nil && (risk == nil || b.Risk.Score > risk.Score) {
		risk, plan = b.Risk, b.Plan
	}
	newer := b.StateEvidence != "" && (a.StateEvidence == "" || b.StateAt > a.StateAt)
	for _, c := range b.Controls {
		if !slices.ContainsFunc(controls, func(k record.Control) bool { return k.ID == c.ID }) {
			controls = append(slices.Clip(controls), c)
		}
	}
	switch {
	case newer:
		a.State, a.StateEvidence, a.StateAt = b.State, b.StateEvidence, b.StateAt
		risk, plan = cmp.Or(b.Risk, risk), b.Plan
	case a.StateEvidence != "": // and what it is worth
		risk, plan = cmp.Or(a.Risk, risk), a.Plan
	}
	if a.Risk != nil && b.Risk != nil {
		risk = widest(risk, a.Risk, b.Risk)
	}
	a.Risk, a.Controls, a.Plan = risk, controls, plan
	a.LastUsedAt, a.LastRotatedAt = max(a.LastUsedAt, b.LastUsedAt), max(a.LastRotatedAt, b.LastRotatedAt)
	fill(&a.IssuedAt, b.IssuedAt)
	fill(&a.ExpiresAt, b.ExpiresAt)
}

// widest is a risk with what two runs say of where the credential is and what it
// may do: the worse of each. What capped one run's does not cap what is in both: to
// stand in tests, say. What caps by the state is found out again.
func widest(r, a, b *record.Risk) *record.Risk {
	out := *r
	out.Factors = slices.Clone(r.Factors)
	for i, f := range out.Factors {
		if !slices.Contains([]string{"exposure", "privilege", "lifetime"}, f.Name) {
			continue
		}
		for _, other := range slices.Concat(a.Factors, b.Factors) {
			if other.Name == f.Name && other.Points > out.Factors[i].Points {
				out.Factors[i] = other
			}
		}
	}
	if a.Cap == "" || b.Cap == "" {
		out.Cap = ""
	}
	return &out
}

// exposures are from the widest to the narrowest.
var exposures = []string{"public", "internal", "log", "image", "private", "unknown"}
