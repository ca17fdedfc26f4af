//go:build !unix

package main

import "io/fs"

func strangeOwner(string, fs.FileInfo) (owner, wanted string, strange bool) { return "", "", false }

func freeShare(string) (float64, bool) { return 0, false }

func mayWrite(string) bool { return true } // whoever makes the file finds out
