package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// imagePlaces are places of each kind in container images.
func imagePlaces() []leak.Location {
	return []leak.Location{
		{
			Kind: leak.KindLayer, Path: "etc/app.env", Position: leak.Position{Line: 3, Column: 1, EndLine: 3, EndColumn: 9},
			Image: &leak.ImagePlace{
				Name: "docker.io/acme/app:1", Digest: "sha256:aa", Platform: "linux/arm64", Layer: 2, Layers: 5, LayerDigest: "sha256:bb",
				Instruction: "RUN\n  make", RemovedIn: 4, RemovedBy: "RUN rm /etc/app.env",
			},
		},
		{Kind: leak.KindImage, Field: "Env", AtHead: true, Position: leak.Position{Line: 1, Column: 5, EndLine: 1, EndColumn: 9}, Image: &leak.ImagePlace{Name: "acme/app@sha256:aa"}},
	}
}

func TestPlacesInImagesComeBack(t *testing.T) {
	var b bytes.Buffer
	h, err := New("jsonl", &b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &leak.Finding{ID: "x", Rule: sampleRules[0], Confidence: leak.High, Verdict: leak.Verdict{Status: leak.Unchecked}, Locations: imagePlaces()}
	if err = h.Start(sampleRun()); err == nil {
		err = h.Finding(f)
	}
	if err == nil {
		err = h.Finish(Summary{Findings: 1, Places: 2})
	}
	if err != nil {
		t.Fatal(err)
	}
	got := new(recorder)
	if err := Replay(&b, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(imagePlaces(), got.findings[0].Locations); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPlacesInImagesAsText(t *testing.T) {
	ls := imagePlaces()
	for i, want := range []string{
		"docker.io/acme/app:1 (linux/arm64) layer 2: etc/app.env:3:1 | layer 2 of 5, RUN make; deleted in layer 4 by RUN rm /etc/app.env, but whoever can pull the image can read it | .image/docker.io/acme/app/layer/etc/app.env",
		"acme/app@sha256:aa Env:1:5 | in what the image says of itself | .image/acme/app/Env",
	} {
		if got := strings.Join([]string{place(&ls[i]), since(&ls[i]), locationPath(&ls[i])}, " | "); got != want {
			t.Errorf("place %d is\n%s, want\n%s", i, got, want)
		}
	}
}
