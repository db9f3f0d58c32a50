package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// PostDigest sends a digest to a webhook: as JSON, or, in the format text, as
// {"text": Markdown}, which Slack, Mattermost, Teams and Google Chat take. The
// address is a secret: no error has it.
func PostDigest(ctx context.Context, address, format string, d *Digest) error {
	var body any = d
	if format == "text" {
		body = map[string]string{"text": Markdown(d)}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return errors.New("the address of the webhook cannot be read")
	}
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if e := new(url.Error); errors.As(err, &e) {
		return fmt.Errorf("send the digest to %s: %w", req.URL.Host, e.Err)
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("send the digest to %s: %s", req.URL.Host, res.Status)
	}
	return nil
}
