// Package leak holds the vocabulary that every other package speaks: what was
// scanned, what was found in it, and where a person would look for it.
//
// It imports only the standard library and does no I/O.
package leak

import (
	"hash/maphash"
	"slices"
)

// Ref names one blob inside the source that produced it. It is a number that
// only that source can interpret; everybody else may compare it and hand it
// back to the source's Locate and Open.
type Ref uint64

// Span is the half-open byte range [Start, End) of a blob.
type Span struct{ Start, End int64 }

// Contains reports whether o lies within s.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Overlaps reports whether s and o share a byte.
func (s Span) Overlaps(o Span) bool { return s.Start < o.End && o.Start < s.End }

// Chunk is a run of bytes to be searched.
type Chunk struct {
	Ref    Ref
	Offset int64  // of Data[0] in the blob
	Data   []byte // valid only until emit returns; copy what you keep
	More   bool   // the blob goes on after Data

	// Name says that Data is no part of the blob but its name, or that of a folder it is
	// in. What is found there has a Span before the blob's first byte: see InName. Its
	// Offset is 0, its Place nil, and no other chunk goes on with it.
	Name bool

	// Place says where a piece of Data stands in the blob, and which decoders it
	// came through, outermost first, for a source that tidies or decodes the blob
	// before it is searched. The span that it is given counts from Offset. Nil if
	// Data is the blob's bytes from Offset on.
	Place func(Span) (in Span, encoding string)
	// Within maps a span of Data to the packed text that it was unpacked from; nil where Place
	// tells places apart.
	Within func(Span) Span

	// Takes is asked, before Place, whether a match counts at a span that counts from
	// Offset, for a source whose Data has pieces in it that may not belong together. Nil
	// if all do.
	Takes func(Span, Form) bool

	// A source that knows that much of a blob was in another one, which it
	// emitted before, says so: Copies are the runs of Data that stand there
	// too, in the order of To, and Base is what who searched that blob left in
	// its Keep. Both blobs are whole chunks.
	Base   any
	Copies []Copy
	// WantKeep says that there will be such blobs: who searches this one may
	// leave in Keep what spares searching the copies again.
	WantKeep bool
	Keep     any

	// Looks is set by who searches: how many places of Data had to be looked at
	// more closely, which is what a search costs beside its bytes. If MaxLooks
	// is not 0 the search may end where they would be more.
	Looks, MaxLooks int
	// Found is set by who searches, and has left Data as it was: how many matches
	// there are. A source may keep what it will be asked for again.
	Found int
	// Packed is set by who searches: how often encoded text in Data was not looked
	// into further, because it would be too much.
	Packed int
	// At is set with Found by who keeps matches: where in the blob they stand. It is
	// valid until emit returns.
	At []Span
}

// Form says how much of a match shows where the credential ends, if what stands behind
// it could belong to it.
type Form int8

const (
	Shapeless Form = iota // nothing: it is known by the words around it
	Shaped                // it has a form of its own, of any length
	Fixed                 // it has one length, or a checksum
)

// Cut reports whether the search of c ended early.
func (c *Chunk) Cut() bool { return c.MaxLooks > 0 && c.Looks > c.MaxLooks }

// Copy says that Len bytes from To on are those of the base from From on.
type Copy struct{ From, To, Len int }

// Match is one hit of one rule. Two matches with the same Rule, Ref and Span
// are the same match: chunks may overlap, so the same hit can be seen twice.
type Match struct {
	*Hit
	Ref Ref
	// Span is where the credential itself stands in the blob. For an encoded
	// credential it covers the encoded text.
	Span Span
}

// Hit is what a rule found, wherever it stands. Thousands of versions of a file
// share one: nobody changes it.
type Hit struct {
	Rule string
	// Pieces are where the pieces of the credential stand that must not be
	// shown, counted from Span.Start, Span included.
	Pieces []Span
	// Encoding names the decoders that the credential was found through,
	// outermost first ("base64"); empty for plain text.
	Encoding string
	Parts    Parts
	// Loose are the parts, sorted, that merely stand near the credential and may
	// be another's: there are several, or something divides them from it. A
	// refusal of the whole then says nothing of the credential.
	Loose []string
	// Why lists, for people, the checks that the match passed.
	Why []string
	// Field says what the credential is the value of, where a rule knows no more of
	// it: "DB_PASSWORD", "key DB_PASSWORD of Secret prod/api". Empty elsewhere.
	Field string
	// Within is where it stands in the text that was packed, where only that can be
	// told: Span is all that was packed. Empty elsewhere.
	Within Span
}

// Apart reports whether two hits in the same packed text stand in different places of it.
func (h *Hit) Apart(o *Hit) bool {
	return h.Within != Span{} && o.Within != Span{} && !h.Within.Overlaps(o.Within)
}

// Places are the pieces of the credential in the blob.
func (m Match) Places() []Span {
	out := make([]Span, len(m.Pieces))
	for i, p := range m.Pieces {
		out[i] = Span{m.Span.Start + p.Start, m.Span.Start + p.End}
	}
	return out
}

// Same reports whether two hits say the same.
func (h *Hit) Same(o *Hit) bool {
	return h == o || h.Rule == o.Rule && h.Encoding == o.Encoding && h.Field == o.Field && h.Within == o.Within && slices.Equal(h.Pieces, o.Pieces) && slices.Equal(h.Why, o.Why) && slices.Equal(h.Loose, o.Loose) && h.Parts.same(o.Parts)
}

// Sum is a number that two hits which are the Same share. It is of no use to
// who does not know the seed.
func (h *Hit) Sum(seed maphash.Seed) uint64 {
	sum := maphash.String(seed, h.Rule)
	for name, s := range h.Parts { // in any order
		sum += maphash.String(seed, name) ^ 31*maphash.String(seed, s.reveal())
	}
	return sum
}

func (p Parts) same(o Parts) bool {
	for name, s := range p {
		if other, ok := o[name]; !ok || s.reveal() != other.reveal() {
			return false
		}
	}
	return len(p) == len(o)
}

// Parts are the named pieces of a credential. There is always one named
// SecretPart.
type Parts map[string]Secret

// SecretPart is the name of the piece that is the credential itself.
const SecretPart = "secret"

// publicParts are pieces that say where a credential belongs and open nothing.
var publicParts = map[string]bool{}

func init() {
	for _, name := range []string{
		"account", "algorithm", "app", "bot_id", "cloud", "config", "context", "data_center", "database", "device", "domain", "entity", "env",
		"group", "header", "host", "kind", "merchant", "organization", "own_server", "port", "project", "protocol", "region", "registry", "scheme", "service",
		"shop", "store", "subdomain", "team", "tenant", "tenant_id", "type", "user", "workflow",
	} {
		publicParts[name] = true
	}
}

// PublicPart reports whether a piece may be shown: without the name of the host
// nobody knows which database leaked.
func PublicPart(name string) bool { return publicParts[name] }

// IdentifierPart reports whether a piece names a credential or its owner at the
// provider, and opens nothing: the id of an access key, of an app. Such pieces
// stand in the record of an identity, and nowhere else.
func IdentifierPart(name string) bool { return PublicPart(name) || identifierParts[name] }

var identifierParts = map[string]bool{
	"access_id": true, "access_key": true, "account_id": true, "app_id": true, "app_key": true, "client_email": true,
	"client_id": true, "creator": true, "email": true, "id": true, "key_id": true, "key_name": true, "public_key": true, "role_id": true,
	"space_id": true, "token_id": true, "webhook_id": true,
}

// Identifiers are the values of the pieces that may be shown in the record of an
// identity.
func (p Parts) Identifiers() (out []string) {
	for name, s := range p {
		if name != SecretPart && IdentifierPart(name) {
			out = append(out, s.Reveal())
		}
	}
	return out
}

// SecretIn reports whether the credential itself is one of some texts.
func (p Parts) SecretIn(texts map[string]bool) bool { return texts[p[SecretPart].Reveal()] }

// Confidence says how sure a detector is that a match is a credential.
type Confidence string

// The confidences, surest first.
const (
	High   Confidence = "high"   // a checksum, or a unique prefix and structure
	Medium Confidence = "medium" // a known shape with the provider's name near it
	Low    Confidence = "low"    // something that sounds secret is assigned
)

// AtLeast reports whether c is as sure as min, or surer.
func (c Confidence) AtLeast(min Confidence) bool { return c.order() >= min.order() }

func (c Confidence) order() int {
	switch c {
	case High:
		return 3
	case Medium:
		return 2
	case Low:
		return 1
	}
	return 0
}

// Status says whether a credential works, in the words of every report.
type Status string

// The states. Only Unchecked is given before somebody has asked a provider.
const (
	Unchecked    Status = "unchecked"    // nobody asked
	Live         Status = "live"         // the provider accepted it
	Dead         Status = "dead"         // the provider rejected it
	Expired      Status = "expired"      // its own dates say so
	Restricted   Status = "restricted"   // it works, but not for this question
	Unknown      Status = "unknown"      // asked, no clear answer
	Unverifiable Status = "unverifiable" // there is no safe way to ask
	SkippedCheck Status = "skipped"      // policy forbade the question
	Canary       Status = "canary"       // a trap; never contacted
)

// Finding is a distinct credential, with every place it was seen.
type Finding struct {
	ID         string // keyed hash of rule and secret; stable, safe to publish
	Rule       RuleInfo
	Parts      Parts
	Loose      []string       // parts that may be another credential's: see Match
	Elsewhere  []string       // parts, sorted, that have another value in another place of it
	Others     []Surroundings // of those places; never in a report
	Confidence Confidence
	Verdict    Verdict
	Why        []string // the checks that it passed, for people
	Encoding   string   // decoders that it was found through, outermost first
	Also       []string // ids of other rules that matched the same bytes
	Locations  []Location
	// Service is whose the credential is by a name beside it, where the rule knows no more than
	// its form. Reports call it the provider.
	Service string
	// Identity is what the credential belongs to; findings of one identity share
	// it. Nil if nobody asked.
	Identity *Identity
}

// Surroundings are what stands beside a credential in one of its places.
type Surroundings struct {
	Parts Parts
	Loose []string
}

// Credential is the finding among the credentials of its identity: its own
// risk, controls and plan. Nil if it has no identity.
func (f *Finding) Credential() *Credential {
	if f.Identity == nil {
		return nil
	}
	for i := range f.Identity.Credentials {
		if c := &f.Identity.Credentials[i]; c.ID == f.ID {
			return c
		}
	}
	return nil
}

// RuleInfo is what a report says about the rule of a finding.
type RuleInfo struct {
	ID       string
	Title    string
	Provider string
	About    string     // where the provider documents its credentials
	Rotate   string     // what to do with a leaked one
	Severity float64    // 0.1 to 10, as in SARIF's security-severity
	Sure     Confidence // the best that a match of the rule can have
	// Named: the rule asks for the provider's name in front of a mark that others have too. It
	// wins over the rules that ask for the mark alone.
	Named bool
}
