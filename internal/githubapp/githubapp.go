// Package githubapp gets the tokens of a GitHub App: of one installation each, and
// for an hour. It knows nothing of what they are used for.
package githubapp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// App is a GitHub App.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
type App struct {
	ID  string
	Key *rsa.PrivateKey
	Now func() time.Time // nil: time.Now

	mu   sync.Mutex
	kept map[string]token // by what they are for
}

// Want is what a token is for.
type Want struct {
	// Of is what has the installation: orgs/NAME, users/NAME or repos/OWNER/NAME.
	Of string
	// Repositories and Permissions narrow the token, such as {"actions": "read"};
	// empty for all that the installation has.
	// https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
	Repositories []string
	Permissions  map[string]string
}

type token struct {
	Token string    `json:"token"`
	Until time.Time `json:"expires_at"`
	made  time.Time
}

// RefusedError says that GitHub gives the App no token, and will not later either:
// callers tell people what to do, and do not ask again.
type RefusedError struct{ text string }

func (e *RefusedError) Error() string { return e.text }

// ParseKey reads the private key of an App as GitHub hands it out: PEM.
func ParseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it holds no private key in PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if k, ok := key.(*rsa.PrivateKey); err == nil && ok {
		return k, nil
	}
	return nil, errors.New("its private key is not one of RSA")
}

// margin is how long before its end a token is renewed: a clone takes its time.
const margin = 10 * time.Minute

// Token returns one for an installation, from the API at an address that ends in
// a slash. It may be called from several goroutines; errors have no address.
func (a *App) Token(ctx context.Context, api string, w Want) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	body, err := json.Marshal(struct {
		Repositories []string          `json:"repositories,omitempty"`
		Permissions  map[string]string `json:"permissions,omitempty"`
	}{w.Repositories, w.Permissions})
	if err != nil {
		panic("githubapp: names are not JSON")
	}
	id := api + " " + w.Of + " " + string(body)
	if t := a.kept[id]; now.Before(t.Until.Add(-margin)) {
		return t.Token, nil
	}
	jwt, err := a.jwt(now)
	if err != nil {
		return "", err
	}
	var installation struct {
		ID int64 `json:"id"`
	}
	if err := ask(ctx, http.MethodGet, api+w.Of+"/installation", jwt, nil, &installation); err != nil {
		return "", err
	}
	var t token
	err = ask(ctx, http.MethodPost, fmt.Sprintf("%sapp/installations/%d/access_tokens", api, installation.ID), jwt, body, &t)
	if s := statusError(0); errors.As(err, &s) && s == http.StatusUnprocessableEntity {
		return "", &RefusedError{"the GitHub App gets no token: its installation lacks " + w.lacks()}
	}
	if err != nil {
		return "", err
	}
	if t.Token == "" {
		return "", &RefusedError{"the GitHub App gets no token: the answer has none"}
	}
	if a.kept == nil {
		a.kept = map[string]token{}
	}
	t.made = now
	a.kept[id] = t
	return t.Token, nil
}

func (a *App) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}

// settled is after how long the refusal of a token is news: one that was just made is
// refused for another reason, and would be made again and again.
const settled = time.Minute

// Refused tells that GitHub did not take a token, though its hour has not ended: it was
// revoked, or the App was suspended. It reports whether Token may have another one now.
// Without an App there is none.
func (a *App) Refused(secret string) bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, t := range a.kept {
		if t.Token != secret {
			continue
		}
		if a.now().Sub(t.made) < settled {
			return false
		}
		delete(a.kept, id)
	}
	return true // also if somebody else has told it before
}

// lacks names what is asked for.
func (w *Want) lacks() string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(w.Permissions)) {
		list = append(list, "the permission "+k+":"+w.Permissions[k])
	}
	if len(w.Repositories) > 0 {
		list = append(list, "the repository "+strings.Join(w.Repositories, ", "))
	}
	return strings.Join(list, " or ")
}

// jwt says who the App is: signed, for nine minutes, from a minute ago, as clocks
// differ.
func (a *App) jwt(now time.Time) (string, error) {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic("githubapp: a claim is not JSON")
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := part(map[string]string{"alg": "RS256", "typ": "JWT"}) + "." +
		part(map[string]any{"iat": now.Add(-time.Minute).Unix(), "exp": now.Add(9 * time.Minute).Unix(), "iss": a.ID})
	sum := sha256.Sum256([]byte(text))
	sign, err := rsa.SignPKCS1v15(rand.Reader, a.Key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign for the GitHub App: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sign), nil
}

// statusError is a status that Token looks at.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("the GitHub App gets no token: %d %s", int(s), http.StatusText(int(s)))
}

// asker follows no redirect: what says who the App is goes to GitHub alone.
var asker = http.Client{
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func ask(ctx context.Context, method, address, jwt string, body []byte, to any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address of the GitHub App cannot be read")
	}
	req.Header.Set("Authorization", "Bearer "+jwt)
	req.Header.Set("Accept", "application/vnd.github+json")
	res, err := asker.Do(req)
	if err != nil {
		if e := new(url.Error); errors.As(err, &e) {
			err = e.Err
		}
		return errors.New("the forge does not answer: " + err.Error())
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		return &RefusedError{"the GitHub App gets no token (401): are its id and its key of the same App, and is the clock right?"}
	case res.StatusCode == http.StatusNotFound:
		return &RefusedError{"the GitHub App gets no token (404): is it installed there?"}
	case res.StatusCode/100 != 2:
		return statusError(res.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(to); err != nil {
		return errors.New("the GitHub App gets no token: the answer is not JSON")
	}
	return nil
}
