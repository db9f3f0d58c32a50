package image

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
)

// imageFiles are those files of an archive that only archives of images have, sorted:
// docker save writes what says which are whose at its end.
func imageFiles(names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return path.Base(name) != "layer.tar" && digestOf(name) == (v1.Hash{}) })
	slices.Sort(names)
	return names
}

// planLoose plans what an archive or a layout has that does not say which image its files
// are of, most often as it ends early: each file by itself.
func (r *run) planLoose(ctx context.Context, t target, store *layoutStore, files []string) error {
	if !store.cut {
		r.skip(noList, t.path)
	}
	for _, file := range files {
		p := r.planner(store, t.path)
		at := leak.ImagePlace{Name: p.name}
		if head, err := store.head(file); err == nil && len(bytes.TrimSpace(head)) > 0 && bytes.TrimSpace(head)[0] == '{' {
			text, err := store.readFile(file)
			if err != nil {
				r.skip(remark{nobody.reason + ": " + err.Error(), nobody.fix}, t.path+" "+file)
				continue
			}
			p.texts("config", nil, text, at)
			continue
		}
		if err := p.stack(ctx, &picture{store: store, ImagePlace: at}, []blob{{file: file, size: -1}}); err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
	}
	return ctx.Err()
}
