package names

import (
	"slices"
	"strings"
	"testing"
)

// TestNestedTLS: settings that say TLS in a block of their own say it as well as one field
// does, and those that switch it off, or are another server's, do not.
func TestNestedTLS(t *testing.T) {
	const redis = "redis:\n  host: r.acme.io\n  password: SECRET\n"
	const xml = "<s>\n<driver>redis</driver>\n<host>r.acme.io</host>\n<password>SECRET</password>\n"
	for text, want := range map[string]bool{
		"[redis-tls]\nhost = r.acme.io\npassword = SECRET\n":                            true,
		"[redis-tls]\nhost = r.acme.io\npassword = SECRET\ntls = false\n":               false,
		"[redis]\nhost = a.acme.io\n[redis-tls]\nhost = r.acme.io\npassword = SECRET\n": true,
		"[redis]\nhost = r.acme.io\npassword = SECRET\n[redis-tls]\nhost = a.acme.io\n": false,
		"redis-tls:\n  host: r.acme.io\n  password: SECRET\n":                           true,
		"redisTLS:\n  host: r.acme.io\n  password: SECRET\n":                            true,
		"redis-titles:\n  host: r.acme.io\n  password: SECRET\n":                        false,
		redis:                                 false,
		redis + "  ssl:\n    enabled: true\n": true,
		redis + "  tls:\n    # a comment\n    enabled: \"true\"\n":                        true,
		redis + "  tls: {enabled: true}\n":                                                true,
		redis + "  tls: { rejectUnauthorized: false }\n":                                  true,
		redis + "  ssl:\n    bundle: acme\n":                                              true,
		redis + "  socket:\n    tls: true\n":                                              true,
		redis + "  options:\n    tls:\n      enabled: true\n":                             true,
		redis + "  ssl.enabled: true\n":                                                   true,
		redis + "  ssl: true\n":                                                           true,
		redis + "  ssl: false\n":                                                          false,
		redis + "  ssl:\n    enabled: false\n":                                            false,
		redis + "  tls:\n    ca: /etc/ca.pem\n    enabled: false\n":                       false,
		redis + "  tls:\n    enabled: false\n    ca: /etc/ca.pem\n":                       false,
		redis + "  tls:\n    # enabled: true\n":                                           false,
		redis + "  tls:\n    insecure: true\n":                                            false,
		redis + "  tls: {disabled: true}\n":                                               false,
		redis + "web:\n  ssl:\n    enabled: true\n":                                       false,
		redis + "ssl:\n  enabled: true\n":                                                 true,
		"redis:\n  tls:\n    enabled: true\n  host: r.acme.io\n  password: SECRET\n":      true,
		"redis:\n  host: r.acme.io\n  auth:\n    password: SECRET\n  tls:\n    on: yes\n": true,
		"redis:\n  host: r.acme.io\n  auth:\n    password: SECRET\nweb:\n  tls: true\n":   false,
		"spring:\n  data:\n    redis:\n      host: r.acme.io\n      password: SECRET\n      ssl:\n        enabled: true\n":                            true,
		"spring.data.redis.host=r.acme.io\nspring.data.redis.password=SECRET\nspring.data.redis.ssl.enabled=true\n":                                   true,
		"spring.data.redis.host=r.acme.io\nspring.data.redis.password=SECRET\nspring.data.redis.ssl.enabled=false\n":                                  false,
		"redis_host: r.acme.io\nredis_password: SECRET\nredis_tls:\n  enabled: true\n":                                                                true,
		"redis_host: r.acme.io\nredis_password: SECRET\nweb:\n  tls:\n    enabled: true\n":                                                            false,
		"redis_host: r.acme.io\nredis_password: SECRET\ntls:\n  enabled: true\n":                                                                      false,
		"{\"redis\":{\"host\":\"r.acme.io\",\"password\":\"SECRET\",\"tls\":{\"enabled\":true}}}":                                                     true,
		"{\"redis\":{\"host\":\"r.acme.io\",\"password\":\"SECRET\",\"tls\":{\"enabled\":false}}}":                                                    false,
		"{\n  \"redis\": {\n    \"host\": \"r.acme.io\",\n    \"password\": \"SECRET\",\n    \"ssl\":\n    {\n      \"enabled\": true\n    }\n  }\n}": true,
		"{\"redis\":{\"host\":\"r.acme.io\",\"password\":\"SECRET\"},\"web\":{\"tls\":{\"enabled\":true}}}":                                           false,
		"[redis]\nhost = \"r.acme.io\"\npassword = \"SECRET\"\n[redis.tls]\nenabled = true\n":                                                         true,
		"[redis]\nhost = \"r.acme.io\"\npassword = \"SECRET\"\n[web.tls]\nenabled = true\n":                                                           false,
		"[redis.auth]\nhost = \"r.acme.io\"\npassword = \"SECRET\"\n[redis.tls]\nenabled = true\n":                                                    true,
		"[redis.tls]\nenabled = true\n[redis.auth]\nhost = r.acme.io\npassword = SECRET\n":                                                            true,
		"[redis:auth]\nhost = r.acme.io\npassword = SECRET\n[redis:tls]\nca = /etc/ca.pem\n":                                                          true,
		"[cache.redis.auth]\nhost = r.acme.io\npassword = SECRET\n[cache.redis.tls]\nenabled = true\n":                                                true,
		"[redis.auth]\nhost = r.acme.io\npassword = SECRET\n[redis.tls]\nenabled = false\n":                                                           false,
		"[redis.auth]\nhost = r.acme.io\npassword = SECRET\n[web.tls]\nenabled = true\n":                                                              false,
		xml + "<ssl>true</ssl>\n</s>":                         true,
		xml + "<ssl>\n<enabled>true</enabled>\n</ssl>\n</s>":  true,
		xml + "<tls enabled=\"true\"/>\n</s>":                 true,
		xml + "<tls ca=\"/etc/ca.pem\"/>\n</s>":               true,
		xml + "<ssl>\n<enabled>false</enabled>\n</ssl>\n</s>": false,
		xml + "<ssl>false</ssl>\n</s>":                        false,
		xml + "<tls enabled=\"false\"/>\n</s>":                false,
		xml + "</s>\n<web>\n<tls enabled=\"true\"/>\n</web>":  false,
		"servers:\n  - redis:\n      host: r.acme.io\n      password: SECRET\n  - web:\n      tls:\n        enabled: true\n": false,
	} {
		got := ask(t, query("", "x", strings.ReplaceAll(text, "SECRET", secret)))
		has := func(part string) bool {
			return slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, part) })
		}
		if !has("provider=redis") {
			t.Errorf("%q: %q, want a login of Redis", text, got)
		}
		if has("over TLS") != want {
			t.Errorf("%q: %q, want TLS %v", text, got, want)
		}
	}
}
