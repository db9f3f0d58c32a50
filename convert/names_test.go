package convert

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestRuleOf(t *testing.T) {
	catalog := []leak.RuleInfo{
		{ID: "slack-bot-token", Title: "Slack bot token", Provider: "slack"},
		{ID: "slack-user-token", Title: "Slack user token", Provider: "slack"},
		{ID: "slack-webhook-url", Title: "Slack incoming webhook", Provider: "slack"},
		{ID: "github-personal-access-token", Title: "GitHub personal access token (classic)", Provider: "github"},
		{ID: "github-fine-grained-token", Title: "GitHub fine-grained personal access token", Provider: "github"},
		{ID: "private-key-pem", Title: "Private key", Provider: "generic"},
		{ID: "datadog-api-key", Title: "Datadog API key", Provider: "datadog"},
	}
	for _, tt := range []struct{ tool, rule, title, id, provider string }{
		{"gitleaks", "slack-bot-token", "", "slack-bot-token", "slack"},
		{"gitleaks", "slack-webhook-url", "", "slack-webhook-url", "slack"},
		{"trufflehog", "SlackWebhook", "", "slack-webhook-url", "slack"},
		{"trufflehog", "Slack", "", "", "slack"}, // any of three
		{"gitleaks", "datadog-access-token", "", "datadog-api-key", "datadog"},
		{"kingfisher", "kingfisher.datadog.1", "Datadog API Key", "datadog-api-key", "datadog"},
		{"github", "github_personal_access_token", "GitHub Personal Access Token", "github-personal-access-token", "github"},
		{"detect-secrets", "Private Key", "", "private-key-pem", "generic"},
		{"gitleaks", "acme-token", "", "", ""},
		{"gitleaks", "generic-api-key", "", "", ""},
	} {
		id, provider := RuleOf(&Hit{Tool: tt.tool, Rule: tt.rule, Title: tt.title}, catalog)
		if id != tt.id || provider != tt.provider {
			t.Errorf("%s %s: %q of %q, want %q of %q", tt.tool, tt.rule, id, provider, tt.id, tt.provider)
		}
	}
}
