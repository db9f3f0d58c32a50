// Package store keeps what sweeps found: findings with their places, identities
// and owners, the history of verdicts, and which repositories were searched how
// far. It is SQL: one file of SQLite, or PostgreSQL, with the same schema.
//
// It holds no secret. A finding's id is a keyed hash, and texts come in masked.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// Store is an open database. It may be used by several goroutines at once.
type Store struct {
	db       *sql.DB
	postgres bool
	verdicts atomic.Int64 // that were kept
	// Now is the clock that times are taken from; tests have their own.
	Now func() time.Time
}

// Open opens a database and brings its schema up to date: "postgres://..." or the
// name of a file of SQLite, which is made (for its owner alone) if it is missing.
func Open(ctx context.Context, name string) (*Store, error) {
	s := &Store{Now: time.Now}
	var err error
	if IsPostgreSQL(name) {
		s.postgres = true
		err = s.openPostgreSQL(name)
	} else {
		err = s.openSQLite(name)
	}
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		s.db.Close()
		return nil, fmt.Errorf("open the store %s: %w", Shown(name), err)
	}
	return s, nil
}

// IsPostgreSQL reports whether a name is an address of a server.
func IsPostgreSQL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// Shown is the name of a database without its password.
func Shown(name string) string {
	if !IsPostgreSQL(name) {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		return "postgres://..."
	}
	u.User, u.RawQuery = nil, "" // the query can hold a password too
	return u.String()
}

// maxConns is how many connections a process has to PostgreSQL.
const maxConns = 16

func (s *Store) openPostgreSQL(name string) error {
	cfg, err := pgx.ParseConfig(name)
	if err != nil {
		return fmt.Errorf("open the store %s: the address cannot be read", Shown(name)) // err quotes it
	}
	s.db = stdlib.OpenDB(*cfg)
	s.db.SetMaxOpenConns(maxConns)
	s.db.SetMaxIdleConns(maxConns)
	s.db.SetConnMaxIdleTime(time.Minute)
	return nil
}

func (s *Store) openSQLite(name string) error {
	// SQLite would make it readable for all.
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	f.Close()
	abs, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	// Writers queue from their start, for up to 30 s: one that only found out in
	// the middle that it wants to write could not wait.
	dsn := (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String() +
		"?_txlock=immediate&_timezone=UTC&_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)"
	s.db, err = sql.Open("sqlite", dsn)
	if err != nil {
		return fmt.Errorf("open the store %s: %w", name, err)
	}
	s.db.SetMaxOpenConns(4)
	s.db.SetMaxIdleConns(4)
	return nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// DB is the database, for the engine of the jobs, which keeps its own tables there.
func (s *Store) DB() *sql.DB { return s.db }

// PostgreSQL reports whether it is one.
func (s *Store) PostgreSQL() bool { return s.postgres }

// Tx is a transaction.
type Tx struct {
	*sql.Tx
	s        *Store
	counting counting
}

// attempts is how often a transaction is tried that lost against another.
const attempts = 8

// Do runs a transaction: all of it, or nothing. If the database says that it lost
// against another one, it is run again, so that do must have no other effects.
func (s *Store) Do(ctx context.Context, do func(*Tx) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, do)
		if err == nil || try == attempts || !lost(err) {
			return err
		}
		select {
		case <-time.After(time.Duration(try) * 50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) once(ctx context.Context, do func(*Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	mine := &Tx{Tx: tx, s: s}
	err = do(mine)
	if err == nil {
		err = mine.count(ctx)
	}
	if err != nil {
		tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// lost reports whether a transaction could do better the next time.
func lost(err error) bool {
	if e := new(pgconn.PgError); errors.As(err, &e) {
		return e.Code == "40001" || e.Code == "40P01" // serialization, deadlock
	}
	if e := new(sqlite.Error); errors.As(err, &e) {
		return e.Code()&0xff == 5 || e.Code()&0xff == 6 // busy, locked
	}
	return false
}

// Full reports whether an error says that the database has no room.
func Full(err error) bool {
	if e := new(pgconn.PgError); errors.As(err, &e) {
		return e.Code == "53100" // disk_full
	}
	e := new(sqlite.Error)
	return errors.As(err, &e) && noRoom(e)
}

// noRoom knows SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the file beside the log could not be made
// as large as it has to be, for which that is the reason.
// https://www.sqlite.org/rescode.html#ioerr_shmsize
func noRoom(e *sqlite.Error) bool { return e.Code()&0xff == 13 || e.Code() == 4874 }

// room is how many bytes Roomy writes: what a search of a small repository does.
const room = 64 << 10

// Roomy reports whether the database takes what searches write, by writing some and
// taking it away. An error other than that there is no room is returned.
func (s *Store) Roomy(ctx context.Context) (bool, error) {
	b := make([]byte, room/2)
	rand.Read(b) // what is the same all over would be compressed
	_, err := s.exec(ctx, s.db, `insert into meta (name, value) values ('room', ?) on conflict (name) do update set value = excluded.value`, hex.EncodeToString(b))
	if err == nil {
		_, err = s.exec(ctx, s.db, `delete from meta where name = 'room'`)
	}
	if Full(err) {
		return false, nil
	}
	return true, err
}

// Away reports whether an error says that the database cannot be reached just now,
// or has no room: it is worth waiting for. Who ends its own question has no reason to wait.
func Away(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if e := new(pgconn.PgError); errors.As(err, &e) {
		// Class 53 is insufficient resources, 57P the server going down, 08 connections.
		return strings.HasPrefix(e.Code, "53") || strings.HasPrefix(e.Code, "57P") || strings.HasPrefix(e.Code, "08")
	}
	if e := new(sqlite.Error); errors.As(err, &e) {
		return noRoom(e) || e.Code()&0xff == 5 // busy
	}
	for _, broken := range []error{driver.ErrBadConn, sql.ErrConnDone, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return pgconn.SafeToRetry(err) || errors.As(err, new(*pgconn.ConnectError))
}

// query is what a transaction and a database have in common.
type query interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// bind writes the ? of a statement as the database wants them. No statement of
// ours has one in a text.
func (s *Store) bind(text string) string {
	if !s.postgres {
		return text
	}
	var b strings.Builder
	n := 0
	for {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n++
		fmt.Fprintf(&b, "$%d", n)
		text = after
	}
}

func (s *Store) exec(ctx context.Context, q query, text string, args ...any) (int64, error) {
	r, err := q.ExecContext(ctx, s.bind(text), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// each calls visit for every row, which scans it.
func (s *Store) each(ctx context.Context, q query, visit func(scan func(...any) error) error, text string, args ...any) error {
	rows, err := q.QueryContext(ctx, s.bind(text), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *Store) one(ctx context.Context, q query, to []any, text string, args ...any) (found bool, err error) {
	err = q.QueryRowContext(ctx, s.bind(text), args...).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// stamp is how times are kept: microseconds since 1970, 0 for none.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func unstamp(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// clean makes a text what databases take: UTF-8 without NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
