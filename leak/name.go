package leak

// nameStart is where names stand in the offsets of a blob: all of a name is before the
// blob's first byte.
const nameStart = -1 << 40

// MinName is the length in bytes of the shortest name that is searched. No credential
// that shows by itself what it is, is shorter.
const MinName = 20

// InName returns the place of a span of a name: see Chunk.Name.
func InName(s Span) Span { return Span{s.Start + nameStart, s.End + nameStart} }

// OfName reports whether a span is one of a name, and not of a text.
func (s Span) OfName() bool { return s.Start < 0 }

// NameOffset is where a span of a name begins in the name.
func (s Span) NameOffset() int64 { return s.Start - nameStart }

// FieldName is the Field of a Location that is the name of a file, or of a folder.
const FieldName = "name"

// IsName reports whether the place is a name, and not in a text.
func (l *Location) IsName() bool {
	return l.Field == FieldName && (l.Kind == KindFile || l.Kind == KindBlob || l.Kind == KindLayer || l.Kind == KindStdin || l.Kind == KindLog)
}
