package owners

import (
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

func TestLabelsOfImagesNameOwners(t *testing.T) {
	labels := map[string]map[string]string{
		"acme/app:1": {"maintainer": "Ann Lee <ann@acme.example>, payments-team@acme.example", "other": "x"},
		"acme/old:1": {"org.opencontainers.image.authors": "@acme/ops"},
	}
	r := FromLabels(func(l *leak.Location) map[string]string {
		if l.Image == nil {
			return nil
		}
		return labels[l.Image.Name]
	})
	at := func(name string) leak.Location {
		return leak.Location{Kind: leak.KindLayer, Image: &leak.ImagePlace{Name: name}}
	}
	got, _ := resolve(t, r, &identity.Query{Finding: &leak.Finding{Locations: []leak.Location{{Kind: leak.KindFile}, at("acme/app:1"), at("acme/old:1"), at("no/label")}}})
	want := []leak.Owner{
		{Name: "Ann Lee", Email: "ann@acme.example", Kind: "person"}, {Name: "payments-team", Email: "payments-team@acme.example", Kind: "team"}, {Name: "@acme/ops", Kind: "team"},
	}
	if len(got) != len(want) {
		t.Fatalf("owners %+v", got)
	}
	for i, w := range want {
		if o := got[i]; o.Name != w.Name || o.Email != w.Email || o.Kind != w.Kind || o.Source != identity.OwnerMaintains {
			t.Errorf("owner %d is %+v, want %+v", i, o, w)
		}
	}
}
