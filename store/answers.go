package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
)

// maxBody bounds an answer that is kept.
const maxBody = 64 << 20

// Answer returns what a forge answered at an address, and its tag; empty if nothing
// is kept.
func (s *Store) Answer(ctx context.Context, address string) (tag string, body []byte, err error) {
	var packed []byte
	found, err := s.one(ctx, s.db, []any{&tag, &packed}, `select tag, body from answers where address = ?`, address)
	if err != nil || !found {
		return "", nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(z, maxBody))
	}
	if err != nil {
		return "", nil, fmt.Errorf("read an answer: %w", err)
	}
	return tag, body, nil
}

// KeepAnswer keeps one.
func (s *Store) KeepAnswer(ctx context.Context, address, tag string, body []byte) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(body)
	if err := z.Close(); err != nil {
		return err
	}
	_, err := s.exec(ctx, s.db, `insert into answers (address, tag, body, at) values (?, ?, ?, ?) on conflict (address) do update set tag = excluded.tag, body = excluded.body, at = excluded.at`,
		address, clean(tag), b.Bytes(), stamp(s.Now()))
	return err
}
