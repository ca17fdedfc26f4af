package aftercare_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/security.md says which test holds what: each of them exists.
func TestTheTestsThatThePageOnSecurityNamesExist(t *testing.T) {
	named := regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]+)`").FindAllStringSubmatch(read(t, "docs/security.md"), -1)
	if len(named) < 60 {
		t.Errorf("it names only %d tests", len(named))
	}
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, f := range declared.FindAllStringSubmatch(read(t, path), -1) {
			there[f[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatalf("look for tests: %v", err)
	}
	for _, n := range named {
		if !there[n[1]] {
			t.Errorf("there is no %s", n[1])
		}
	}
}

// Each attack that was tried has a test that is named after it.
func TestEveryAttackHasATestNamedAfterIt(t *testing.T) {
	rows := regexp.MustCompile(`(?m)^\| ([HMLR][0-9]+) .*$`).FindAllStringSubmatch(read(t, "docs/security.md"), -1)
	if len(rows) != 31 {
		t.Errorf("%d attacks are in the table: H1–H3, M4–M9, L10–L19, R1–R12 are 31", len(rows))
	}
	for _, row := range rows {
		if !regexp.MustCompile("`Test" + row[1] + "[A-Z]").MatchString(row[0]) {
			t.Errorf("%s has no test named after it: %s", row[1], row[0])
		}
	}
}

// L18: the unit file takes from the server what it never needs.
func TestL18TheUnitIsHardened(t *testing.T) {
	unit := "\n" + read(t, "deploy/aftercare.service")
	for _, line := range []string{
		"DynamicUser=yes", "UMask=0077", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
		"ProtectKernelTunables=yes", "ProtectControlGroups=yes", "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectClock=yes",
		"ProtectHostname=yes", "ProtectProc=invisible", "SystemCallArchitectures=native", "CapabilityBoundingSet=", "AmbientCapabilities=",
		"RestrictNamespaces=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
		"RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "SystemCallFilter=@system-service",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit has no line %s", line)
		}
	}
	for _, set := range []string{"MemoryMax=", "LimitNOFILE=", "TimeoutStopSec="} {
		if !strings.Contains(unit, "\n"+set) {
			t.Errorf("the unit sets no %s", set)
		}
	}
}
