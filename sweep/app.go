package sweep

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
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// App is a GitHub App: its tokens are of one installation, and end after an hour.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
type App struct {
	ID  string
	Key *rsa.PrivateKey
	Now func() time.Time // nil: time.Now

	mu    sync.Mutex
	kept  map[string]appToken // by installation's account
	asker http.Client
}

type appToken struct {
	Token string    `json:"token"`
	Until time.Time `json:"expires_at"`
}

// ParseAppKey reads the private key of an App as GitHub hands it out: PEM.
func ParseAppKey(text []byte) (*rsa.PrivateKey, error) {
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

// token returns one for the installation of an organisation or user.
func (a *App) token(ctx context.Context, api, what, name string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if a.Now != nil {
		now = a.Now()
	}
	id := what + "/" + name
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
	if err := a.ask(ctx, http.MethodGet, api+what+"s/"+name+"/installation", jwt, &installation); err != nil {
		return "", err
	}
	var t appToken
	if err := a.ask(ctx, http.MethodPost, fmt.Sprintf("%sapp/installations/%d/access_tokens", api, installation.ID), jwt, &t); err != nil {
		return "", err
	}
	if a.kept == nil {
		a.kept = map[string]appToken{}
	}
	a.kept[id] = t
	return t.Token, nil
}

// jwt says who the App is: signed, for nine minutes, from a minute ago, as clocks
// differ.
func (a *App) jwt(now time.Time) (string, error) {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic("sweep: a claim is not JSON")
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

func (a *App) ask(ctx context.Context, method, address, jwt string, to any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(nil))
	if err != nil {
		return errors.New("the address of the GitHub App cannot be read")
	}
	req.Header.Set("Authorization", "Bearer "+jwt)
	req.Header.Set("Accept", "application/vnd.github+json")
	res, err := a.asker.Do(req)
	if err != nil {
		return errors.New("the forge does not answer: " + reason(err))
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		if res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusNotFound {
			return fmt.Errorf("the GitHub App gets no token (%s): is it installed there? %w", strings.ToLower(res.Status), gitrepo.ErrLogin)
		}
		return fmt.Errorf("the GitHub App gets no token: %s", res.Status)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(to); err != nil {
		return errors.New("the GitHub App gets no token: the answer is not JSON")
	}
	return nil
}
