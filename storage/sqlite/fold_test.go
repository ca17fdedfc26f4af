package sqlite_test

import (
	"flag"
	"testing"

	"github.com/aftercare/aftercare/storage/storagetest"
)

var histories = flag.Int("histories", 2, "how many random histories the read model is played through")

func TestTheReadModelIsAFoldFromNothing(t *testing.T) {
	storagetest.FoldHistories(t, engine(), 1, *histories)
}

func TestEverySlotIsAsTheModelHasIt(t *testing.T) {
	storagetest.SlotHistories(t, engine(), 1, *histories)
}
