package cilog

import "bytes"

// masks counts what services print in place of secrets that they know: *** of
// GitHub and Azure, **** of Jenkins and CircleCI, [MASKED] of GitLab, [REDACTED] of
// Buildkite. Bitbucket prints the name of the variable, which nothing tells from
// other text.
//
//   - https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
//   - https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable
//   - https://plugins.jenkins.io/credentials-binding/
//   - https://buildkite.com/docs/pipelines/configure/managing-log-output
//   - https://circleci.com/docs/guides/security/env-vars/#secrets-masking
func masks(text []byte) (n int64) {
	end := []byte("ED]") // of both words: one look
	for at := 0; ; {
		i := bytes.Index(text[at:], end)
		if i < 0 {
			break
		}
		at += i + len(end)
		if bytes.HasSuffix(text[:at], []byte("[MASKED]")) || bytes.HasSuffix(text[:at], []byte("[REDACTED]")) {
			n++
		}
	}
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("***"))
		if i < 0 {
			return n
		}
		from := at + i
		for at = from + 3; at < len(text) && text[at] == '*'; {
			at++
		}
		if at-from <= 4 { // longer ones are rules across the page
			n++
		}
	}
}
