package report

import (
	"errors"
	"io"

	"github.com/whosekey/whosekey/leak"
)

type stub struct{}

var errTODO = errors.New("report: this format is being written")

func (stub) Start(Run) error             { return errTODO }
func (stub) Finding(*leak.Finding) error { return errTODO }
func (stub) Finish(Summary) error        { return errTODO }

// NewText returns a Handler that writes for people.
func NewText(w io.Writer, opts TextOptions) Handler { return stub{} }
