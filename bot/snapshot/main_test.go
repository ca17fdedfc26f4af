package snapshot

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/internal/testdisk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, testdisk.InMemory()) }
