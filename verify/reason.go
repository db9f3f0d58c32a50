package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// problem is an error whose text is safe to print: it holds no URL, nothing of
// a credential and nothing that a server said.
type problem string

func (p problem) Error() string { return string(p) }

// What Reason says where little is known.
const (
	noTime   = "no answer in time"
	noAnswer = "no answer"
)

// Reason says in words that are safe to print why a call failed. Whatever it
// does not know is "no answer": the text of an error can hold a URL, a user's
// name or what the server said.
func Reason(err error) string {
	var (
		own   problem
		no    *Refused
		alert tls.AlertError
		head  tls.RecordHeaderError
		dns   *net.DNSError
		errno syscall.Errno
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &own):
		return string(own)
	case errors.As(err, &no):
		return no.Error()
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return noTime
	case errors.As(err, &dns):
		return resolving(dns)
	case errors.As(err, &alert), errors.As(err, &head):
		return "the server does not speak TLS as it should"
	case errors.As(err, &errno):
		return system(errno)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return "the connection ended before the answer"
	}
	if why := certificate(err); why != "" {
		return why
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return noTime
	}
	return noAnswer
}

func resolving(err *net.DNSError) string {
	switch {
	case err.IsNotFound:
		return "there is no host of that name"
	case err.IsTimeout:
		return "its name was not resolved in time"
	}
	return "its name cannot be resolved"
}

func system(errno syscall.Errno) string {
	switch errno {
	case syscall.ECONNREFUSED:
		return "connection refused"
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED:
		return "connection reset"
	case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL:
		return "there is no way to the host"
	case syscall.ETIMEDOUT:
		return noTime
	case syscall.EMFILE, syscall.ENFILE:
		return "too many open files on this machine"
	}
	return noAnswer
}

const unknownAuthority = "the certificate is of no authority that this machine trusts (--verify-ca names another)"

// certificate says what is wrong with a server's certificate, and is empty if
// that is not what the error is about.
func certificate(err error) string {
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &name):
		return "the certificate is for another host"
	case errors.As(err, &unknown):
		return unknownAuthority
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is not valid today: it expired, or a clock is wrong"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "the certificate is not valid"
	}
	return ""
}
