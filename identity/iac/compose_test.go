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

// TestComposeOverFiles: services use what one of another file gives them that they
// extend, wherever and whatever that is called; of it, lines of their own are told.
func TestComposeOverFiles(t *testing.T) {
	const base = "services:\n  app:\n    env_file: app.env\n    environment:\n      KEY: @1@\n      TWO: ${TWO}\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"called otherwise":  {map[string]string{"base.yml": base, "compose.yaml": "services:\n  web:\n    extends: {file: base.yml, service: app}\n  other: {}\n"}, "web compose.yaml:2"},
		"called so":         {map[string]string{"compose.base.yml": base, "compose.yaml": "services:\n  web:\n    extends:\n      file: ./compose.base.yml\n      service: app\n"}, "app compose.base.yml:5, web compose.yaml:2"},
		"of another folder": {map[string]string{"base.yml": base, "svc/pay/docker-compose.yml": "services:\n  pay:\n    extends: {file: ../../base.yml, service: app}\n"}, "pay svc/pay/docker-compose.yml:2"},
		"over two":          {map[string]string{"base.yml": base, "mid.yml": "services:\n  mid:\n    extends: {file: base.yml, service: app}\n", "compose.yml": "services:\n  a:\n    extends: {file: mid.yml, service: mid}\n  b:\n    extends: a\n"}, "a compose.yml:2, b compose.yml:4"},
		"set anew":          {map[string]string{"base.yml": base, "compose.yml": "services:\n  a:\n    extends: {file: base.yml, service: app}\n    environment: {KEY: mine}\n"}, ""},
		"another service":   {map[string]string{"base.yml": base + "  else: {}\n", "compose.yml": "services:\n  a:\n    extends: {file: base.yml, service: else}\n"}, ""},
		"gone":              {map[string]string{"base.yml": base, "compose.yml": "services:\n  a:\n    extends: {file: bases.yml, service: app}\n"}, ""},
		"circle":            {map[string]string{"base.yml": "services:\n  app:\n    extends: {file: compose.yml, service: a}\n    environment:\n      KEY: @1@\n", "compose.yml": "services:\n  a:\n    extends: {file: base.yml, service: app}\n"}, "a compose.yml:2"},
		"out of the tree":   {map[string]string{"base.yml": base, "compose.yml": "services:\n  a:\n    extends: {file: ../base.yml, service: app}\n"}, ""},
		"included":          {map[string]string{"base.yml": base, "compose.yml": "include:\n  - base.yml\nservices:\n  a: {}\n"}, "app base.yml:5"},
		"included, long":    {map[string]string{"base.yml": base, "compose.yml": "include:\n  - path: [x.yml, ./base.yml]\n"}, "app base.yml:5"},
	} {
		leaking := "base.yml"
		if c.files[leaking] == "" {
			leaking = "compose.base.yml"
		}
		c.files[leaking] = strings.ReplaceAll(c.files[leaking], "@1@", madeUp(1))
		var got []string
		for _, u := range resolve(t, (&tree{files: c.files}).query(t, "aws", leaking, 1)).Consumers {
			got = append(got, u.Name+" "+u.Ref)
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: used by %q, want %q", name, got, c.want)
		}
	}
}

// TestComposeFilesOverFiles: a file of variables that the extended service names is the
// extending one's too, from the folder of the file that names it.
func TestComposeFilesOverFiles(t *testing.T) {
	r := &tree{files: map[string]string{
		"common/base.yml": "services:\n  app:\n    env_file: [app.env]\n", "common/app.env": "KEY=" + madeUp(1) + "\n",
		"pay/compose.yml": "services:\n  pay:\n    image: x\n    extends:\n      file: ../common/base.yml\n      service: app\n",
	}}
	got := resolve(t, r.query(t, "aws", "common/app.env", 1)).Consumers
	if len(got) != 1 || got[0].Name != "pay" || got[0].Ref != "pay/compose.yml:2" {
		t.Errorf("used by %+v", got)
	}
}
