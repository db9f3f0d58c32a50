package sweep

import "errors"

func newGitHub(string, *Logins) (Source, error) { return nil, errors.New("not yet") }
func newGitLab(string, *Logins) (Source, error) { return nil, errors.New("not yet") }
func newGitea(string, *Logins) (Source, error)  { return nil, errors.New("not yet") }
