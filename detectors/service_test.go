package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestService names fields and values, and whose they are said to be.
func TestService(t *testing.T) {
	set := everything(t)
	const value = "kyorj6r8a3ahnzdt23mp"
	hex := strings.Repeat("3f9ac07d51e8b264", 3)
	for _, tt := range []struct{ field, value, want string }{
		{"asanaToken", value, "asana"},
		{"ASANA_CLIENT_SECRET", value, "asana"},
		{"vite.asana.token", value, "asana"},
		{"asanatoken", value, "asana"},
		{"launchDarklyKey", value, "launchdarkly"},
		{"NEW_RELIC_SECRET", value, "newrelic"},
		{"NewRelicAPIKey", value, "newrelic"},
		{"DOCKER_HUB_TOKEN", "dckr_pat_" + value + "mapxWQ3", "dockerhub"},
		{"postgres_password", value + "!", "postgresql"},
		{"key ASANA_TOKEN of Secret prod/github", value, "asana"},
		{"squareToken", value, "square"},
		{"square_access_token", value, "square"},

		{"", value, ""},
		{"token", value, ""},
		{"token_square", value, ""},
		{"my_square_token", value, ""},
		{"asana_github_token", value, ""},
		{"asanas_token", value, ""},
		{"jwt_secret", value, ""},
		{"cursor_token", value, ""},
		{"asana_token", value + "?" + value, ""},
		{"figma_token", "figd_" + value, "figma"},
		{"grafana_token", "glsa_" + value, ""},
		{"AmazonBedrockToken", value, "aws"},
		{"fbApiKey", value, "facebook"},
		{"xrayToken", value, "jfrog"},
		{"X_CONSUMER_SECRET", value, "twitter"},
		{"X-Api-Key", value, ""},
		{"XRAY_API_KEY", value, "jfrog"},
		{"XRAY_CLIENT_SECRET", value, ""}, // of Jira's Xray
		{"wandb_api_key", hex[:40], "wandb"},
		{"wandb_api_key", hex[:34], ""},
		{"wandb_password", hex[:34], "wandb"},
		{"AWS_SECRET_ACCESS_KEY", hex[:40], "aws"},
		{"AWS_SECRET_ACCESS_KEY", hex[:42], ""},

		{"mailjetsms_token", value + value[:12], "mailjet"},
		{"splunkobservabilitytoken", value + "mz", "splunk"},
		{"mailjsms_token", value, ""},
		{"boxing_token", value, ""},
		{"meraki_token", hex[:40], "meraki"},
		{"meraki_token", hex + hex[:19] + "R21", ""}, // hexadecimal are all that are known
		{"meraki_password", hex + hex[:19] + "R21", "meraki"},
		{"spotify_token", value + value + value + value + value + value, "spotify"},
		{"codeclimate_token", hex[:40], "codeclimate"}, // not as long as its rule's
		{"figma_token", value + "*", ""},
		{"ELASTIC_CLOUD_API_KEY", value[:18] + "==:" + value, ""},

		// known by name only
		{"MAPQUEST_API_KEY", value + value[:12], "mapquest"},
		{"MAPQUEST_API_KEY", value, ""}, // too short
		{"MAPQUEST_API_KEY", value + value[:11] + "!", ""},
		{"MAPQUEST_API_KEY", value + value + value, "mapquest"},
		{"mapQuestKey", hex[:32], "mapquest"},
		{"pinata_api_secret", hex, "pinata"},
		{"my_pinata_secret", hex, ""},
		{"harvestappToken", value, "harvest"},
		{"mapquest_asana_token", value, ""},
		{"hellosign_secret", value + value + value + "kyor", "dropboxsign"},
		{"PENDO_INTEGRATION_KEY", value + value[:16], "pendo"},
		{"GHOST_ADMIN_API_KEY", hex[:24] + ":" + hex[:32], "ghost"},
		{"asana_api_key", hex[:24] + ":" + hex[:32], ""},
		{"UPSTASH_REDIS_REST_TOKEN", value, "upstash"},
		{"redis_upstash_token", value, "upstash"},
		{"redis_mysql_password", value, ""},
	} {
		h := &leak.Hit{Rule: rules.Generic, Field: tt.field, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(tt.value)}}
		if got := set.Service(h); got != tt.want {
			t.Errorf("Service(%s) = %q, want %q", tt.field, got, tt.want)
		}
		h.Rule = "slack-bot-token"
		if got := set.Service(h); got != "" {
			t.Errorf("a rule that knows its provider says %q of %s", got, tt.field)
		}
	}
}
