package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

const (
	// insideNamespace marks the process that mounting started.
	insideNamespace = "AFTERCARE_TEST_MAY_MOUNT"
	capSysAdmin     = 21 // the right to mount, see capabilities(7)

	mayNotMount = "This test fills a small disk of its own. Run it as root, or let users make namespaces: " +
		"`sysctl kernel.unprivileged_userns_clone=1`, and on Ubuntu `sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
)

// mounting reports whether the test may mount file systems in this process. Where it may
// not, the test was run in another one, in namespaces of its own: the same user, with the
// right to mount what nobody else sees. There is then nothing left to do here.
func mounting(t *testing.T) bool {
	t.Helper()
	if os.Getuid() == 0 || os.Getenv(insideNamespace) != "" {
		return true
	}
	args := []string{"-test.v", "-test.run=^" + t.Name() + "$"}
	for _, a := range os.Args[1:] {
		if !strings.HasPrefix(a, "-test.") {
			args = append(args, a) // lengths and seeds
		}
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), insideNamespace+"=yes")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{capSysAdmin},
		Pdeathsig:   syscall.SIGKILL,
	}
	runtime.LockOSThread() // the death signal comes when this thread ends
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	switch _, ran := err.(*exec.ExitError); { //nolint:errorlint // Wait returns it as it is
	case err != nil && !ran:
		t.Fatalf("run the test in namespaces of its own: %v\n%s", err, mayNotMount)
	case err != nil:
		t.Fatalf("in namespaces of its own: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if attr, ok := strings.CutPrefix(strings.TrimSpace(line), "=== ATTR  "); ok {
			test, rest, _ := strings.Cut(attr, " ")
			key, value, _ := strings.Cut(rest, " ")
			if _, part, ok := strings.Cut(test, "/"); ok && key == "figure" {
				value = part + ": " + value
			}
			t.Attr(key, value)
		}
	}
	return false
}
