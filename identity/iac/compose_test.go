package iac

import (
	"slices"
	"strings"
	"testing"
)

// TestComposeInherited: services use what an anchor or a service that they extend
// gives them, unless they set it themselves.
func TestComposeInherited(t *testing.T) {
	for text, want := range map[string]string{
		"x-env: &env\n  KEY: @1@\nservices:\n  api:\n    environment:\n      <<: *env\n  web:\n    image: w\n":                                   "api",
		"x-env: &env\n  KEY: @1@\nservices:\n  api:\n    environment:\n      <<: *env\n      KEY: mine\n  web:\n    environment: *env\n":         "web",
		"x-app: &app\n  environment:\n  - KEY=@1@\nservices:\n  api:\n    <<: *app\n  web:\n    <<: [*app]\n    environment: []\n":               "api",
		"x-a: &a {A: b}\nx-b: &b\n  KEY: @1@\nservices:\n  api: {environment: {<<: [*a, *b]}}\n":                                                 "api",
		"services:\n  api:\n    environment:\n      KEY: @1@\n  web:\n    extends: api\n  cron:\n    extends: {service: web}\n  other: {}\n":     "api cron web",
		"services:\n  api:\n    environment:\n      KEY: @1@\n  web:\n    extends: {service: api}\n    environment: [KEY=mine]\n":                "api",
		"services:\n  api:\n    environment:\n      KEY: @1@\n  web:\n    extends: {file: other.yml, service: api}\n":                            "api",
		"services:\n  api:\n    extends: web\n    environment:\n      KEY: @1@\n  web:\n    extends: api\n":                                      "api web",
		"services:\r\n  api: &api\r\n    environment:\r\n      KEY: @1@\r\n  web:\r\n    <<: *api\r\n    command: x\r\n":                         "api web",
		"x-env: &env\n  KEY: @1@\nservices:\n  api:\n    image: a\n":                                                                             "",
		"x-env: &env\n  KEY: @1@\n  OTHER: x\nservices:\n  api:\n    environment:\n      OTHER: y\n      KEY: ${KEY}\n  web: {image: \"w:1\"}\n": "",
	} {
		r := &tree{files: map[string]string{"docker-compose.yml": strings.ReplaceAll(text, "@1@", madeUp(1))}}
		var got []string
		for _, c := range resolve(t, r.query(t, "aws", "docker-compose.yml", 1)).Consumers {
			got = append(got, c.Name)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q: used by %q, want %q", text, got, want)
		}
	}
}
