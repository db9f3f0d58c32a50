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
	for at := 0; ; at++ {
		i := bytes.IndexByte(text[at:], '[')
		if i < 0 {
			break
		}
		at += i
		if rest := text[at+1:]; bytes.HasPrefix(rest, []byte("MASKED]")) || bytes.HasPrefix(rest, []byte("REDACTED]")) {
			n++
		}
	}
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '*') // bytes.Index for more looks at each place
		if i < 0 {
			return n
		}
		from := at + i
		for at = from + 1; at < len(text) && text[at] == '*'; {
			at++
		}
		if stars := at - from; stars == 3 || stars == 4 { // longer ones are rules across the page
			n++
		}
	}
}
