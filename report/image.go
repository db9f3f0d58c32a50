package report

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// maxInstruction is how much of an instruction is shown: a RUN can have pages.
const maxInstruction = 160

// instruction is one on a line.
func instruction(s string) string {
	return limited(visible(text(strings.Join(strings.Fields(s), " "))), maxInstruction)
}

// imagePlace names a place in an image: "acme/app:1 layer 3: etc/app.env".
func imagePlace(l *leak.Location) string {
	i := l.Image
	if i == nil {
		return cmp.Or(visible(l.Path), visible(l.Field), "(no known place)")
	}
	name := visible(text(i.Name))
	if i.Platform != "" && i.Platform != "linux/amd64" {
		name += " (" + visible(text(i.Platform)) + ")"
	}
	switch {
	case l.Kind == leak.KindLayer:
		return fmt.Sprintf("%s layer %d: %s", name, i.Layer, cmp.Or(visible(l.Path), visible(l.Field)))
	case l.Path != "":
		return fmt.Sprintf("%s %s: %s", name, visible(l.Field), visible(l.Path))
	}
	return name + " " + cmp.Or(visible(l.Field), "config")
}

// history says what put it into an image, and what took it away.
func history(l *leak.Location) string {
	i := l.Image
	if l.Kind == leak.KindImage {
		if i.Instruction != "" {
			return "step of the history: " + instruction(i.Instruction)
		}
		return "in what the image says of itself"
	}
	line := fmt.Sprintf("layer %d of %d", i.Layer, i.Layers)
	if i.Instruction != "" {
		line += ", " + instruction(i.Instruction)
	}
	return line + "; " + imageState(i)
}

// imageState says whether a file is in the final image.
func imageState(i *leak.ImagePlace) string {
	if i.RemovedIn == 0 {
		return "in the final file system"
	}
	how := "deleted"
	if i.Replaced {
		how = "replaced"
	}
	line := fmt.Sprintf("%s in layer %d", how, i.RemovedIn)
	if i.RemovedBy != "" {
		line += " by " + instruction(i.RemovedBy)
	}
	return line + ", but whoever can pull the image can read it"
}

// imagePath is a path for a place in an image, that stays when the image is built
// again.
func imagePath(l *leak.Location) string {
	name := ""
	if l.Image != nil {
		name, _, _ = strings.Cut(l.Image.Name, "@")
		if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
			name = name[:at]
		}
	}
	kind := l.Field
	if l.Kind == leak.KindLayer {
		kind = "layer"
	}
	return ".image" + path.Join("/", relativePath(name), "/", relativePath(kind), relativePath(l.Path))
}

// imageLocation is the place in SARIF's words for what is in no file.
func imageLocation(l *leak.Location) *sarif.LogicalLocation {
	i := l.Image
	full := []string{i.Name}
	if i.Digest != "" && !strings.Contains(i.Name, "@") {
		full[0] += "@" + i.Digest
	}
	if i.Platform != "" {
		full = append(full, i.Platform)
	}
	name, kind := cmp.Or(l.Field, "config"), "resource"
	if i.Layer > 0 && l.Kind == leak.KindLayer {
		name, kind = fmt.Sprintf("layer %d", i.Layer), "namespace"
		full = append(full, name+" "+i.LayerDigest)
	} else {
		full = append(full, name)
	}
	if l.Path != "" {
		full = append(full, l.Path)
	}
	return sarif.NewLogicalLocation().WithName(text(name)).WithKind(kind).WithFullyQualifiedName(text(strings.TrimSpace(strings.Join(full, " "))))
}
