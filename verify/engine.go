package verify

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Config is what an Engine needs.
type Config struct {
	Mode      Mode
	Verifiers map[string]Verifier // by the id of the rule: see Compile
	// Providers are those of the rules: their patterns say what is constant in a
	// credential, for the negative control.
	Providers []*rules.Provider
	Door      DoorOptions // Hosts and Rates are those of Verifiers

	Cache Cache  // default: NewMemory
	Salt  []byte // of the keys in Cache; default: random
	// Fresh is how old an answer in Cache may be, whoever put it there; 0: as old as Cache
	// has it.
	Fresh time.Duration

	Budget  int           // calls at most; 0: no limit
	Timeout time.Duration // for a call of Verify, with all waiting; 0: no limit

	// Named says that the user handed the credentials over and said which rule's they
	// are: they are asked about however sure the rule is.
	Named bool

	// OwnTenants are those of the user ("aws:123456789012"). If there are some
	// of a provider, credentials of its other tenants are not asked about.
	OwnTenants []string
	// Offline tells what can be known of a credential without asking: that it
	// has expired. Optional.
	Offline func(*leak.Finding) (leak.Verdict, bool)
	// Mend makes the checksum of a token right, by the name that rules give it:
	// detectors.Mend. Without it there is no negative control for such rules.
	Mend func(checksum, token string) (string, bool)
	// Certificates are those that the scan has seen, for private keys; optional.
	// It may be called by several goroutines.
	Certificates func() []*x509.Certificate
	// Authorities are those that the scan has seen for a server and a token beside
	// it; optional, likewise.
	Authorities func(server string, token leak.Secret) []*x509.Certificate
	// Cluster is the server that belongs to a token, as Query.Cluster; optional.
	Cluster func(token leak.Secret) string
	// Context is the server of a token in a kubeconfig of several clusters, as
	// Certificates.Context; optional.
	Context func(token leak.Secret, host string) (server string, known bool)
	// Progress is told how many credentials have been asked about; optional. It
	// may be called by several goroutines.
	Progress func(done, total int)
	Now      func() time.Time // default time.Now
}

// Engine decides which credentials are asked about, and asks. Its calls may
// not overlap.
type Engine struct {
	cfg      Config
	door     *Guard
	kinds    map[string]*kind // by the id of the rule
	servers  map[string]*kind // log-ins by their protocol: see kindOf
	budget   *pool
	controls map[string]control // outcomes, by verifier and host
	credits  map[string]*credit // for controls, by verifier and first host
	attempts map[string]int     // passwords of users, by what accounted says
	from     string             // the host that the repository comes from: see From
}

// kind is what is known about the credentials of a rule.
type kind struct {
	verifier Verifier
	id       string        // of the verifier: rules may share one
	table    *rules.Verify // nil if the caller did not give its file
	revision string        // of the verifier
	hosts    patterns
	provider string
	rule     *rules.Rule // nil if the caller did not give its file
}

// New returns an Engine. An error says which setting makes no sense.
func New(cfg Config) (*Engine, error) {
	if !slices.Contains([]Mode{Off, Plan, Safe, Extended}, cfg.Mode) {
		return nil, fmt.Errorf("verify %q: must be off, plan, safe or extended", cfg.Mode)
	}
	if cfg.Cache == nil {
		cfg.Cache = NewMemory()
	}
	if len(cfg.Salt) == 0 {
		cfg.Salt = make([]byte, 32)
		rand.Read(cfg.Salt)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	e := &Engine{cfg: cfg, kinds: map[string]*kind{}, servers: map[string]*kind{}, controls: map[string]control{}, credits: map[string]*credit{}, attempts: map[string]int{}, budget: newPool(cfg.Budget)}
	o := cfg.Door
	o.Hosts, o.Rates = nil, map[string]float64{}
	for _, id := range slices.Sorted(maps.Keys(cfg.Verifiers)) {
		k, err := e.newKind(id, cfg.Verifiers[id])
		if err != nil {
			return nil, err
		}
		e.kinds[id] = k
		if k.verifier.Class() > e.most() {
			continue
		}
		for _, h := range e.hostsOf(k.verifier) {
			o.Hosts = append(o.Hosts, h)
			if r, ok := k.verifier.(interface{ Rate() float64 }); ok && r.Rate() > 0 && (o.Rates[h] == 0 || r.Rate() < o.Rates[h]) {
				o.Rates[h] = r.Rate()
			}
		}
	}
	slices.Sort(o.Hosts)
	o.Hosts = slices.Compact(o.Hosts)
	var err error
	if e.door, err = NewDoor(o); err != nil {
		return nil, err
	}
	for _, k := range e.kinds {
		k.revision = e.revision(k.table)
	}
	for name, l := range logins {
		e.servers[name] = &kind{verifier: l, id: "login/" + name, hosts: patterns{}, revision: e.revision(nil)}
	}
	return e, nil
}

func (e *Engine) newKind(rule string, v Verifier) (*kind, error) {
	k := &kind{verifier: v, id: rule, hosts: patterns{}}
	for _, h := range e.hostsOf(v) {
		p, err := declared(h)
		if err != nil {
			return nil, fmt.Errorf("%w (rule %s)", err, rule)
		}
		k.hosts = append(k.hosts, p)
	}
	for _, p := range e.cfg.Providers {
		for i := range p.Rules {
			if p.Rules[i].ID != rule {
				continue
			}
			k.provider, k.rule = p.ID, &p.Rules[i]
			for n := range p.Verify {
				if &p.Verify[n] == p.For(rule) {
					k.id, k.table = fmt.Sprint(p.ID, "/", n), &p.Verify[n]
				}
			}
		}
	}
	return k, nil
}

// hostsOf are the hosts that a verifier may ask in the mode of the engine: some
// are for further questions alone.
func (e *Engine) hostsOf(v Verifier) []string {
	hosts := v.Hosts()
	if f, ok := v.(interface{ FurtherHosts() []string }); ok && e.most() < leak.S2 {
		further := f.FurtherHosts()
		hosts = slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return slices.Contains(further, h) })
	}
	return hosts
}

// Close gives up what is kept for further calls.
func (e *Engine) Close() { e.door.Close() }

// most is the highest class of calls that may be made.
func (e *Engine) most() leak.Class {
	if e.cfg.Mode == Safe {
		return leak.S1
	}
	return leak.S2
}

// job is a credential to be asked about, whichever findings it has.
type job struct {
	key      string // HMAC of verifier and credential
	kind     *kind
	findings []*leak.Finding
	calls    []Call
	host     string // of the first call: the queue that it waits in
	credit   *credit
	verdict  leak.Verdict
	asked    bool
}

// Verify sets the Verdict of each finding. In the modes off and plan it asks
// nobody. What it finds depends neither on the order of the findings nor on
// who answers first. The error is that of ctx: what was not asked by then
// stays unchecked.
func (e *Engine) Verify(ctx context.Context, fs []*leak.Finding) error {
	if e.cfg.Mode == Off {
		return nil
	}
	all, same := e.spread(fs)
	jobs := e.jobs(all)
	if e.cfg.Mode == Plan {
		return nil
	}
	run := ctx
	if e.cfg.Timeout > 0 {
		var cancel context.CancelFunc
		run, cancel = context.WithTimeoutCause(ctx, e.cfg.Timeout, e.overtime())
		defer cancel()
	}
	// In rounds: what the first did not need of the budget is for those that there
	// was not enough for.
	for now, later := e.reserve(e.sparing(jobs, e.attempts)); len(now) > 0; now, later = e.reserve(later) {
		e.askAll(run, now)
		e.controlAll(run, now)
		e.release(now)
	}
	for _, j := range jobs {
		if !j.asked {
			e.late(ctx, j)
		}
		for _, f := range j.findings {
			f.Verdict = j.verdict.Clone()
		}
	}
	if len(jobs) > 0 && ctx.Err() == nil {
		e.keep(jobs, all)
	}
	for f, list := range same {
		f.Verdict = together(list)
	}
	e.elsewhere(fs)
	return ctx.Err()
}

// late says why a credential was not asked about any more.
func (e *Engine) late(ctx context.Context, j *job) {
	switch {
	case j.verdict.Status != "": // no budget
	case ctx.Err() != nil:
		j.verdict = leak.Verdict{Status: leak.Unchecked, Reason: "interrupted"}
	default:
		j.verdict = leak.Verdict{Status: leak.Unknown, Reason: "not asked: " + e.overtime().Error()}
	}
}

func (e *Engine) overtime() error {
	return problem(fmt.Sprintf("the time for asking (%v) is used up", e.cfg.Timeout))
}

// jobs gives all findings that need not be asked about their verdicts, and
// returns the others by credential, the most severe first.
func (e *Engine) jobs(fs []*leak.Finding) []*job {
	byKey := map[string]*job{}
	for _, f := range fs {
		v, k, calls := e.judge(f)
		if v.Status != "" {
			f.Verdict = v
			continue
		}
		key := e.key(k, f, calls)
		now := e.cfg.Now()
		if v, ok := e.cfg.Cache.Get(key, now); ok && (e.cfg.Fresh == 0 || now.Sub(v.When) < e.cfg.Fresh) {
			f.Verdict = v.Clone()
			continue
		}
		j := byKey[key]
		if j == nil {
			j = &job{key: key, kind: k, calls: calls}
			byKey[key] = j
			if len(calls) > 0 {
				j.host = calls[0].Host
			}
		}
		j.findings = append(j.findings, f)
	}
	jobs := slices.Collect(maps.Values(byKey))
	for _, j := range jobs {
		slices.SortFunc(j.findings, bySeverity)
	}
	slices.SortFunc(jobs, func(a, b *job) int {
		return cmp.Or(bySeverity(a.findings[0], b.findings[0]), strings.Compare(a.key, b.key))
	})
	return jobs
}

func bySeverity(a, b *leak.Finding) int {
	return cmp.Or(cmp.Compare(b.Rule.Severity, a.Rule.Severity), strings.Compare(a.Rule.ID, b.Rule.ID), strings.Compare(a.ID, b.ID))
}

// key identifies a credential and the question, with who is asked, and tells
// nothing about them.
func (e *Engine) key(k *kind, f *leak.Finding, calls []Call) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.Parts)) {
		v := f.Parts[name].Reveal()
		fmt.Fprintf(&text, "%s=%d:%s;", name, len(v), v)
	}
	for _, name := range slices.Concat(f.Loose, f.Elsewhere) { // a refusal means less
		text.WriteString(name + "?")
	}
	return leak.NewSecret(text.String()).Fingerprint(e.cfg.Salt, fmt.Sprint(k.id, " ", k.revision, " ", e.cfg.Mode == Extended, " ", question(calls)))
}

func (e *Engine) query(f *leak.Finding) Query {
	q := Query{Rule: f.Rule.ID, Parts: f.Parts, Extended: e.cfg.Mode == Extended, Now: e.cfg.Now(), Certificates: e.cfg.Certificates}
	if e.cfg.Authorities != nil { // of a made-up credential, those of the real one
		q.Authorities = func(server string) []*x509.Certificate { return e.cfg.Authorities(server, f.Parts[leak.SecretPart]) }
	}
	if e.cfg.Cluster != nil {
		q.Cluster = func() string { return e.cfg.Cluster(f.Parts[leak.SecretPart]) }
	}
	return q
}

// ask asks about one credential. A verifier that panics, or the library under
// it, spoils no other verdict.
func (e *Engine) ask(ctx context.Context, j *job, q Query, c *credit) (v leak.Verdict) {
	at := e.door.visit(j.kind.hosts)
	at.most, at.pay = e.most(), c.pay
	q.Door = at
	defer func() {
		if recover() != nil {
			v = leak.Verdict{Status: leak.Unknown, Reason: "a fault of ours: the verifier gave up; please report it"}
		}
		if ctx.Err() != nil && v.Status == leak.Unknown {
			v.Reason = Reason(context.Cause(ctx))
		}
		e.tidy(&v, j, at)
	}()
	return j.kind.verifier.Verify(ctx, q)
}
