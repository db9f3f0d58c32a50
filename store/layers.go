package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/whosekey/whosekey/leak"
)

// schema3 has the layers of container images that were searched to their ends. how
// is a hash of what decides what is found, and policy one of what decides what of
// that is reported; empty where nothing was.
const schema3 = `
create table layers (
	digest text not null,
	how text not null,
	policy text not null,
	files BYTES,
	record text not null,
	seen_at bigint not null,
	primary key (digest, how)
);
create index layers_seen on layers (seen_at)
`

// schema10 forgets what was kept before passwords of known layers were masked in
// instructions and in the lines beside other findings: the layers, which are searched
// again, and the instructions of images, which their next scan writes again.
const schema10 = `
SECURE;
delete from layers;
update occurrences set record = WITHOUT_STEPS where record like '%"image":{%'
`

// Layer is a layer that was searched to its end.
type Layer struct {
	Digest, How, Policy string
	Index               []byte // of its files, which only who made it can read
	Left                []Gap  // what was left out, without Repository
	Findings            []LayerFinding
}

// LayerFinding is a credential of a layer, without Parts. Its Locations have no
// Image: Entries say, of each, which entry of the layer it is.
type LayerFinding struct {
	*leak.Finding
	Entries []int64
}

// layerRecord is the record of a layer.
type layerRecord struct {
	Left     []Gap           `json:"left,omitempty"`
	Findings []findingRecord `json:"findings,omitempty"`
}

type findingRecord struct {
	ID         string          `json:"id"`
	Rule       leak.RuleInfo   `json:"rule"`
	Confidence leak.Confidence `json:"confidence"`
	Verdict    leak.Verdict    `json:"verdict"`
	Why        []string        `json:"why,omitempty"`
	Encoding   string          `json:"encoding,omitempty"`
	Also       []string        `json:"also,omitempty"`
	Identity   *leak.Identity  `json:"identity,omitempty"`
	Places     []layerPlace    `json:"places"`
}

type layerPlace struct {
	Entry  int64  `json:"entry"`
	Path   string `json:"path"`
	Record string `json:"record"`
}

// Layer returns what is known of a layer; nil if it was not searched that way.
func (s *Store) Layer(ctx context.Context, digest, how string) (*Layer, error) {
	l := &Layer{Digest: digest, How: how}
	var text string
	found, err := s.one(ctx, s.db, []any{&l.Policy, &l.Index, &text}, `select policy, files, record from layers where digest = ? and how = ?`, digest, how)
	if err != nil {
		return nil, fmt.Errorf("read a layer: %w", err)
	}
	if !found {
		return nil, nil
	}
	var r layerRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return nil, fmt.Errorf("read the layer %s: %w", digest, err)
	}
	l.Left = r.Left
	for _, f := range r.Findings {
		one := LayerFinding{Finding: &leak.Finding{
			ID: f.ID, Rule: f.Rule, Confidence: f.Confidence, Verdict: f.Verdict, Why: f.Why, Encoding: f.Encoding, Also: f.Also, Identity: f.Identity,
		}}
		for _, p := range f.Places {
			at, err := decodePlace(p.Record, p.Path, "", false, 0)
			if err != nil {
				return nil, err
			}
			one.Locations, one.Entries = append(one.Locations, at), append(one.Entries, p.Entry)
		}
		l.Findings = append(l.Findings, one)
	}
	return l, nil
}

// layersKept is for how long a layer is remembered after it was last searched or
// asked for: 180 days, in microseconds.
const layersKept = 180 * 24 * 3600 * 1e6

// KeepLayers writes down layers that were searched, and that others were seen
// again. Those that nobody saw for long are forgotten.
func (s *Store) KeepLayers(ctx context.Context, layers []Layer, how string, again []string) error {
	now := stamp(s.Now())
	return s.Do(ctx, func(tx *Tx) error {
		for i := range layers {
			l := &layers[i]
			text, err := l.record()
			if err != nil {
				return err
			}
			_, err = s.exec(ctx, tx, `insert into layers (digest, how, policy, files, record, seen_at) values (?, ?, ?, ?, ?, ?)
				on conflict (digest, how) do update set policy = excluded.policy, files = excluded.files, record = excluded.record, seen_at = excluded.seen_at`,
				l.Digest, l.How, l.Policy, l.Index, text, now)
			if err != nil {
				return fmt.Errorf("write down a layer: %w", err)
			}
		}
		for _, digest := range again {
			if _, err := s.exec(ctx, tx, `update layers set seen_at = ? where digest = ? and how = ?`, now, digest, how); err != nil {
				return fmt.Errorf("write down a layer: %w", err)
			}
		}
		_, err := s.exec(ctx, tx, `delete from layers where seen_at < ?`, now-layersKept)
		return err
	})
}

func (l *Layer) record() (string, error) {
	r := layerRecord{Left: l.Left}
	for _, f := range l.Findings {
		one := findingRecord{
			ID: f.ID, Rule: f.Rule, Confidence: f.Confidence, Verdict: f.Verdict, Why: f.Why, Encoding: f.Encoding, Also: f.Also, Identity: f.Identity,
		}
		for i := range f.Locations {
			at := f.Locations[i]
			at.Image = nil
			text, err := encodePlace(&at)
			if err != nil {
				return "", err
			}
			one.Places = append(one.Places, layerPlace{f.Entries[i], clean(at.Path), text})
		}
		r.Findings = append(r.Findings, one)
	}
	return encode(&r)
}
