package main

import (
	"errors"
	"fmt"

	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/verify"
)

// given reports whether a flag stands on the command line.
func (f *verifyFlags) given(flag string) bool { return f.changed != nil && f.changed(flag) }

// settings are what the flags say, as a settings file would.
func (f *verifyFlags) settings() *policy.VerifyConfig {
	return &policy.VerifyConfig{
		Mode: f.mode, AllowHosts: f.allowHosts, AllowPrivate: f.allowPrivate, Budget: f.budget, Rate: f.rate,
		Timeout: policy.Duration{Duration: f.timeout}, Total: policy.Duration{Duration: f.total}, Proxy: f.proxy, CAFiles: f.caFiles,
	}
}

// check refuses flags that make no sense, whether anybody is asked or not.
func (f *verifyFlags) check(c *policy.VerifyConfig) error {
	if err := c.CheckLimits(func(key string) bool { return f.given("verify-" + key) }); err != nil {
		return usage(fmt.Errorf("--verify-%w", err), "")
	}
	if f.proxy == "" && f.given("verify-proxy") {
		return usage(errors.New(`--verify-proxy "": names no proxy`), "")
	}
	if err := verify.ParseProxy(f.proxy); err != nil {
		return usage(fmt.Errorf("--verify-proxy: %w", err), "")
	}
	if _, err := policy.Prefixes(f.allowPrivate); err != nil {
		return usage(fmt.Errorf("--allow-private %w", err), "")
	}
	for _, h := range f.allowHosts {
		if err := verify.ParseAllowed(h); err != nil {
			return usage(fmt.Errorf("--allow-host: %w", err), "")
		}
	}
	return nil
}
