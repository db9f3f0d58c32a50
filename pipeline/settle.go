package pipeline

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// settle drops what nobody asks for once it is known which kinds count. Of the others it is
// where their pieces are, which most have in common.
func (c *collector) settle() {
	c.known, c.alike, c.lesser, c.ofRule = nil, nil, nil, nil
	for i := range c.kinds {
		if k := &c.kinds[i]; !k.counts {
			c.onlyPieces(k)
		}
		c.kinds[i].hashed = ""
	}
}

// told drops what findings have by now, and who masks texts.
func (c *collector) told() {
	c.redactor()
	c.all = c.parts()
	for i := range c.kinds {
		c.onlyPieces(&c.kinds[i])
	}
	c.piecesOf = nil
}

// onlyPieces leaves of a kind where its pieces are.
func (c *collector) onlyPieces(k *kind) {
	var key []byte
	for _, p := range k.Pieces {
		key = binary.AppendVarint(binary.AppendVarint(key, p.Start), p.End)
	}
	if c.piecesOf == nil {
		c.piecesOf = map[string]*leak.Hit{}
	}
	h := c.piecesOf[string(key)]
	if h == nil {
		h = &leak.Hit{Pieces: k.Pieces}
		c.piecesOf[string(key)] = h
	}
	k.Hit = h
}

// shared has one copy of the texts, and lists of them, that many findings have.
type shared struct {
	texts map[string]string
	lists map[string][]string
}

func (s *shared) text(t string) string {
	if one, ok := s.texts[t]; ok {
		return one
	}
	if s.texts == nil {
		s.texts = map[string]string{}
	}
	s.texts[t] = t
	return t
}

// list is l as nobody may change it: who appends gets a copy.
func (s *shared) list(l []string) []string {
	key := strings.Join(l, "\x00")
	if one, ok := s.lists[key]; ok {
		return one
	}
	if s.lists == nil {
		s.lists = map[string][]string{}
	}
	s.lists[key] = slices.Clip(l)
	return s.lists[key]
}
