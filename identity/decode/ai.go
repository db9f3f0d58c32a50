package decode

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// aiKinds are credentials of makers of models and of what surrounds them.
var aiKinds = []prefix{
	{"sk-or-v1-", 64, "openrouter", leak.APIKey, "API key", "", ""},
	{"r8_", 37, "replicate", leak.HumanAccount, "API token", "", ""},
	{"gsk_", 52, "groq", leak.APIKey, "API key", "", ""},
	{"xai-", 80, "xai", leak.APIKey, "API key", "", ""},
	{"pplx-", 48, "perplexity", leak.APIKey, "API key", "", ""},
	{"lsv2_pt_", 32, "langchain", leak.HumanAccount, "LangSmith personal access token", "", ""},
	{"lsv2_sk_", 32, "langchain", leak.ServiceAccount, "LangSmith service key", "", ""},
	{"ls__", 32, "langchain", leak.APIKey, "LangSmith API key of the old form", "", ""},
	{"crsr_", 64, "cursor", leak.AIAgent, "API key", "", ""},
	{"cog_", 32, "devin", leak.AIAgent, "service user key or personal access token", "", ""},
	{"apk_user_", 40, "devin", leak.HumanAccount, "personal API key", "", ""},
}

// openAI tells its kinds apart. All have a mark in the middle, which is base64
// of "OpenAI".
func openAI(in *Input) []leak.Evidence {
	v := in.Value
	if !strings.HasPrefix(v, "sk-") || !strings.Contains(v, "T3BlbkFJ") || !madeOf(v, "-_", 40, 250) {
		return nil
	}
	const mark = ", and has OpenAI's mark in the middle"
	kinds := []prefix{
		{"sk-svcacct-", 0, "openai", leak.ServiceAccount, "API key of a project's service account", "", ""},
		{"sk-admin-", 0, "openai", leak.APIKey, "admin key of the organization", "admin", ""},
		{"sk-proj-", 0, "openai", leak.APIKey, "project API key", "", ""},
		{"sk-None-", 0, "openai", leak.APIKey, "user API key", "", ""},
		{"sk-", 0, "openai", leak.APIKey, "user API key of the old form", "", ""},
	}
	for _, k := range kinds {
		if !strings.HasPrefix(v, k.start) {
			continue
		}
		c := about(k.provider, k.identity, k.kind, .85, "begins with "+k.start+mark)
		c.add(leak.ClaimPermission, k.may, "begins with "+k.start)
		if strings.HasPrefix(k.kind, "user") {
			c.add(leak.ClaimNote, "acts for the user who made it, in all of that user's projects", "begins with "+k.start)
		}
		return c.list
	}
	return nil
}

// anthropic tells its kinds apart: sk-ant-<kind><version>-...
func anthropic(in *Input) []leak.Evidence {
	rest, ok := strings.CutPrefix(in.Value, "sk-ant-")
	if !ok || !madeOf(rest, "-_", 60, 200) {
		return nil
	}
	kinds := []prefix{
		{"api", 0, "", leak.APIKey, "API key", "", ""},
		{"admin", 0, "", leak.APIKey, "Admin API key of the organization", "admin", ""},
		{"oat", 0, "", leak.AIAgent, "OAuth access token of a Claude agent", "", ""},
		{"ort", 0, "", leak.AIAgent, "OAuth refresh token of a Claude agent", "", ""},
	}
	for _, k := range kinds {
		version, ok := strings.CutPrefix(rest, k.start)
		if !ok || len(version) < 3 || !isDigit(version[0]) || !isDigit(version[1]) {
			continue
		}
		weight, reason := .85, "begins with sk-ant-"+k.start+version[:2]
		if !strings.HasSuffix(rest, "AA") {
			weight = .7
		}
		c := about("anthropic", k.identity, k.kind, weight, reason)
		c.add(leak.ClaimPermission, k.may, reason)
		return c.list
	}
	return nil
}
