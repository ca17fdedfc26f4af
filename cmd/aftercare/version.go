package main

import (
	_ "embed" // for the licences
	"runtime"
	"runtime/debug"
)

// versionCmd prints which build this is.
type versionCmd struct {
	outputFlags
	Licences bool `help:"Print what the program is made with, and under which terms."`
}

// thirdParty is the licences and notices of all modules in the program.
//
//go:embed third_party.txt
var thirdParty string

// build is what the Go toolchain recorded in the binary.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // built from a tree with changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisBuild() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// Run prints the build.
func (c *versionCmd) Run(a *terminal) error {
	if c.Licences {
		return a.printf("%s", thirdParty)
	}
	b := thisBuild()
	if c.JSON {
		return a.printJSON(b)
	}
	return a.printf("aftercare %s (%s, %s)\n", b.Version, b.Go, b.Platform)
}
