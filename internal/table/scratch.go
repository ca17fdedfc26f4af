package table

import (
	"os"
	"path/filepath"
	"time"
)

// ScratchFiles is how the directories are called into which large workbooks are unpacked.
const ScratchFiles = "excelize-*"

const (
	scratchOwn = "excelize-aftercare-*" // beside them may lie those of other programs
	scratchFor = 24 * time.Hour         // longer than any workbook is read
)

// scratch makes a directory for the parts of one workbook: the reader of workbooks forgets some where it fails. What a
// program that was killed left there long ago goes. Where none can be made, parts are unpacked in memory.
func scratch(in string) string {
	if in == "" {
		in = os.TempDir()
	}
	old, _ := filepath.Glob(filepath.Join(in, scratchOwn))
	for _, dir := range old {
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && time.Since(info.ModTime()) > scratchFor {
			_ = os.RemoveAll(dir) // another user's stays
		}
	}
	dir, err := os.MkdirTemp(in, scratchOwn)
	if err != nil {
		return filepath.Join(in, "excelize-aftercare-none")
	}
	return dir
}
