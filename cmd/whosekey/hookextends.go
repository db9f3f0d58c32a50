package main

import (
	"encoding/json"
	"errors"
	"path"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// extending adds our file to those that lefthook's settings extend, or takes it out
// again, in the language of the file: https://lefthook.dev/configuration/
func extending(name, text string, uninstall bool) (string, error) {
	switch path.Ext(name) {
	case ".toml":
		text = withoutTOML(text)
		if uninstall {
			return text, nil
		}
		return withTOML(text)
	case ".json", ".jsonc":
		text = withoutJSON(text)
		if uninstall {
			return text, nil
		}
		return withJSON(text)
	}
	text = withoutExtends(text)
	if uninstall {
		return text, nil
	}
	return withExtends(text)
}

const (
	ownItem  = `"` + lefthookOwn + `", `
	tomlLine = `extends = ["` + lefthookOwn + `"]` + extendsMark + "\n"
	jsonLine = "\n  " + `"extends": ["` + lefthookOwn + `"]`
)

var (
	tomlList = lazy.New(`(?m)^extends[ \t]*=[ \t]*\[`)
	tomlKey  = lazy.New(`(?m)^["']?extends["']?[ \t]*=`)
	jsonList = lazy.New(`"extends"\s*:\s*\[`)
)

// withTOML adds to the list, or a line at the top, where no table has begun.
func withTOML(text string) (string, error) {
	if at := tomlList.FindStringIndex(text); at != nil {
		return text[:at[1]] + ownItem + text[at[1]:], nil // a comma at the end is allowed
	}
	if tomlKey.MatchString(text) {
		return "", errors.New(`whosekey cannot read the list "extends" there: add "` + lefthookOwn + `" to it yourself`)
	}
	return tomlLine + text, nil
}

func withoutTOML(text string) string {
	return strings.Replace(strings.Replace(text, tomlLine, "", 1), "["+ownItem, "[", 1)
}

// withJSON adds to the list, or a list at the top. The rest stays as it is, also its
// lines and comments.
func withJSON(text string) (string, error) {
	was := json.Valid([]byte(text))
	if at := jsonList.FindStringIndex(text); at != nil {
		item := ownItem
		if strings.HasPrefix(strings.TrimSpace(text[at[1]:]), "]") {
			item = strings.TrimSuffix(ownItem, ", ")
		}
		text = text[:at[1]] + item + text[at[1]:]
	} else if begin := strings.Index(text, "{"); begin >= 0 && !strings.Contains(text, `"extends"`) {
		comma := ","
		if strings.HasPrefix(strings.TrimSpace(text[begin+1:]), "}") {
			comma = ""
		}
		text = text[:begin+1] + jsonLine + comma + text[begin+1:]
	} else {
		return "", errors.New(`whosekey cannot read it: add "extends": ["` + lefthookOwn + `"] yourself`)
	}
	if was != json.Valid([]byte(text)) {
		return "", errors.New(`whosekey cannot read it: add "extends": ["` + lefthookOwn + `"] yourself`)
	}
	return text, nil
}

func withoutJSON(text string) string {
	for _, ours := range [][2]string{{jsonLine + ",", ""}, {jsonLine, ""}, {"[" + ownItem, "["}, {"[" + strings.TrimSuffix(ownItem, ", "), "["}} {
		if strings.Contains(text, ours[0]) {
			return strings.Replace(text, ours[0], ours[1], 1)
		}
	}
	return text
}
