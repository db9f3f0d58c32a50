//go:build !linux

package main

// largePages does nothing: no other system leaves it to who asks.
func largePages() {}
