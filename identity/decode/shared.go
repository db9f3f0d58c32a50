package decode

import (
	"slices"
	"strings"
)

// sharedHosts are servers that a provider has for all of its customers, who may have one of
// their own of the same software; apart are those of them whose customers are others than
// elsewhere, so that one name there and elsewhere is two; sharedBelow are domains of which
// all servers are.
var (
	sharedHosts = map[string][]string{
		"azure":     {"dev.azure.com"},
		"bitbucket": {"bitbucket.org", "api.bitbucket.org"},
		"dockerhub": {"docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com"},
		"github":    {"github.com", "api.github.com", "raw.githubusercontent.com", "uploads.github.com", "ghcr.io"},
		"gitlab":    {"gitlab.com", "registry.gitlab.com"},
		"grafana":   {"grafana.com"},
		"nuget":     {"api.nuget.org"},
		"pulumi":    {"api.pulumi.com", "app.pulumi.com"},
		"quay":      {"quay.io"},
		"sentry":    {"sentry.io", "us.sentry.io", "de.sentry.io"},
		"sonarqube": {"sonarcloud.io"}, "sourcegraph": {"sourcegraph.com"},
		"terraform": {"app.terraform.io"},
	}
	apart       = []string{"app.eu.terraform.io", "sonarqube.us"}
	sharedBelow = []string{"datadoghq.com", "datadoghq.eu", "ddog-gov.com"} // api.us3.datadoghq.com: a site, https://docs.datadoghq.com/getting_started/site/
)

// SharedHosts are the servers that a provider has for all of its customers, of whom none
// has the name of another; nil for none.
func SharedHosts(provider string) []string { return sharedHosts[provider] }

// shared reports whether a host says nothing of whose a credential is.
func shared(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "www."), ".")
	for _, domain := range sharedBelow {
		if site, is := strings.CutSuffix(host, domain); is && (site == "" || strings.HasSuffix(site, ".")) {
			return true
		}
	}
	for _, hosts := range sharedHosts {
		if slices.Contains(hosts, host) {
			return true
		}
	}
	return slices.Contains(apart, host)
}
