package main

import (
	"archive/tar"
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdImage builds an image as docker save writes it:
//
//	image FILE NAME [-- layer INSTRUCTION [PATH TEXT]...] [-- env NAME=VALUE] [-- label NAME=VALUE]
func cmdImage(ts *testscript.TestScript, neg bool, args []string) {
	img := v1.Image(empty.Image)
	config := v1.Config{Labels: map[string]string{}}
	for rest := args[2:]; len(rest) > 0; {
		rest = rest[1:] // --
		end := slices.Index(rest, "--")
		if end < 0 {
			end = len(rest)
		}
		part := rest[:end]
		rest = rest[end:]
		add := mutate.Addendum{History: v1.History{CreatedBy: strings.ToUpper(part[0]) + " " + part[1], EmptyLayer: true}}
		switch k, v, _ := strings.Cut(part[1], "="); part[0] {
		case "env":
			config.Env = append(config.Env, part[1])
		case "label":
			config.Labels[k] = v
		case "layer":
			add.History = v1.History{CreatedBy: part[1]}
			add.Layer = testLayer(ts, part[2:])
		}
		var err error
		img, err = mutate.Append(img, add)
		ts.Check(err)
	}
	c, err := img.ConfigFile()
	ts.Check(err)
	c = c.DeepCopy()
	c.Config, c.OS, c.Architecture = config, "linux", "amd64"
	img, err = mutate.ConfigFile(img, c)
	ts.Check(err)
	tag, err := name.NewTag(args[1])
	ts.Check(err)
	ts.Check(tarball.WriteToFile(ts.MkAbs(args[0]), tag, img))
}

// testLayer is a layer of paths and texts.
func testLayer(ts *testscript.TestScript, pairs []string) v1.Layer {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		ts.Check(w.WriteHeader(&tar.Header{Name: pairs[i], Size: int64(len(pairs[i+1])), Mode: 0o644}))
		_, err := io.WriteString(w, pairs[i+1])
		ts.Check(err)
	}
	ts.Check(w.Close())
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	ts.Check(err)
	return l
}
