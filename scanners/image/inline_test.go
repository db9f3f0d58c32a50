package image

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// TestInline: what a descriptor has in itself need not be anywhere else, and counts only
// if it is what the digest says.
func TestInline(t *testing.T) {
	img := imageOf(t, v1.Config{Env: []string{"X=secret-config"}}, built{by: "COPY x", how: "gzip", items: []item{{name: "x", text: "secret-layer"}}})
	for _, right := range []bool{true, false} {
		m, err := img.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		m = m.DeepCopy()
		config, _ := img.RawConfigFile()
		layers, _ := img.Layers()
		rc, _ := layers[0].Compressed()
		data, _ := io.ReadAll(rc)
		m.Config.Data, m.Layers[0].Data = config, data
		if !right {
			m.Config.Data = bytes.Replace(config, []byte("secret-config"), []byte("secret-wrongs"), 1)
			m.Layers[0].Data = append([]byte("secret-text "), bytes.Repeat([]byte(" "), len(data)-12)...)
		}
		raw, _ := json.Marshal(m)
		h, size, _ := v1.SHA256(bytes.NewReader(raw))
		dir := t.TempDir()
		l, err := layout.Write(dir, empty.Index)
		if err == nil {
			err = l.WriteBlob(h, io.NopCloser(bytes.NewReader(raw)))
		}
		if err == nil {
			err = l.AppendDescriptor(v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: h, Size: size})
		}
		if err != nil {
			t.Fatal(err)
		}
		got, cov := look(t, Options{Refs: []string{"oci-layout:" + dir}})
		if want := []string{"secret-config", "secret-layer"}; right && (!slices.Equal(words(got), want) || reasons(cov) != "") {
			t.Errorf("only inline: found %v, skipped %q", got, reasons(cov))
		}
		if !right && (!slices.Equal(words(got), []string{"secret-text", "secret-wrongs"}) || len(cov.Skipped()) < 2) {
			t.Errorf("wrong and only inline: found %v, skipped %q", got, reasons(cov))
		}
		os.WriteFile(filepath.Join(dir, blobPath(m.Config.Digest)), config, 0o600)
		os.WriteFile(filepath.Join(dir, blobPath(m.Layers[0].Digest)), data, 0o600)
		got, cov = look(t, Options{Refs: []string{"oci-layout:" + dir}})
		if len(got["secret-config"]) != 1 || len(got["secret-layer"]) != 1 || reasons(cov) != "" {
			t.Errorf("inline (right: %v) and beside it: found %v, skipped %q", right, got, reasons(cov))
		}
	}
}

// TestPageForABlob: a registry that gives a web page for one blob of an image does not
// hide the rest.
func TestPageForABlob(t *testing.T) {
	img := imageOf(t, v1.Config{Env: []string{"X=secret-config"}}, built{by: "x", how: "gzip", items: []item{{name: "x", text: "secret-first"}}}, built{by: "y", how: "gzip", items: []item{{name: "y", text: "secret-second"}}})
	host := serve(t)
	push(t, host+"/x:1", img)
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"secret-config", "secret-first", "secret-second"}
	for i, d := range []v1.Descriptor{m.Config, m.Layers[0], m.Layers[1]} {
		for _, page := range []string{"<html>log in</html>", "<html>" + strings.Repeat("log in ", 100_000)} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, d.Digest.Hex) {
					w.Header().Set("Content-Type", "text/html")
					io.WriteString(w, page)
					return
				}
				relay(w, r, host)
			}))
			got, cov := look(t, Options{Refs: []string{strings.TrimPrefix(s.URL, "http://") + "/x:1"}})
			want := slices.Delete(slices.Clone(all), i, i+1)
			if !slices.Equal(words(got), want) || !strings.Contains(reasons(cov), "digest") {
				t.Errorf("a page of %d bytes for %s: found %v, skipped %q", len(page), all[i], words(got), reasons(cov))
			}
			s.Close()
		}
	}
}
