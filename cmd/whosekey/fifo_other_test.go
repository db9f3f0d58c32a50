//go:build !unix

package main

func makeFIFO(string) error { return nil } // there are none
