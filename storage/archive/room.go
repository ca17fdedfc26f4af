package archive

import (
	"fmt"
	"os"
	"path/filepath"
)

// spare is what is left free on a disk beyond what is needed.
const spare = 16 << 20

// NeedRoom is an error unless so many bytes fit on the disk of a directory, which may not be
// there yet. Where nobody can tell, it is nil.
func NeedRoom(dir string, bytes int64) error {
	for {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
	free, known := free(dir)
	if known && free < bytes+spare {
		return fmt.Errorf("there is no room for it: about %d MB are needed in %s and %d MB are free. Make room, or name a place on another disk", (bytes+spare)>>20, dir, free>>20)
	}
	return nil
}
