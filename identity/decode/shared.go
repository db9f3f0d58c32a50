package decode

import "strings"

// sharedHosts are servers that a provider has for all of its customers, who may have one of
// their own of the same software; sharedBelow are domains of which all servers are.
var (
	sharedHosts = map[string]bool{
		"github.com": true, "api.github.com": true, "raw.githubusercontent.com": true, "uploads.github.com": true, "gitlab.com": true, "bitbucket.org": true, "api.bitbucket.org": true,
		"dev.azure.com": true, "sentry.io": true, "us.sentry.io": true, "de.sentry.io": true, "app.terraform.io": true, "app.eu.terraform.io": true,
		"api.pulumi.com": true, "app.pulumi.com": true, "sonarcloud.io": true, "sonarqube.us": true, "sourcegraph.com": true, "grafana.com": true,
		"ghcr.io": true, "docker.io": true, "index.docker.io": true, "registry-1.docker.io": true, "hub.docker.com": true, "quay.io": true, "registry.gitlab.com": true,
	}
	sharedBelow = []string{"datadoghq.com", "datadoghq.eu", "ddog-gov.com"} // api.us3.datadoghq.com: a site, https://docs.datadoghq.com/getting_started/site/
)

// shared reports whether a host says nothing of whose a credential is.
func shared(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "www."), ".")
	for _, domain := range sharedBelow {
		if site, is := strings.CutSuffix(host, domain); is && (site == "" || strings.HasSuffix(site, ".")) {
			return true
		}
	}
	return sharedHosts[host]
}
