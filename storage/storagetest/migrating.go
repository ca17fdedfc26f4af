package storagetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

// OpenAtOnce opens one new database n times at the same moment, as instances do that are
// started together. All of them open, and find the same buckets.
func OpenAtOnce(t *testing.T, n int, open func(context.Context) (storage.Store, error)) {
	t.Helper()
	errs, buckets := make([]error, n), make([]int, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			s, err := open(t.Context())
			if err == nil {
				buckets[i] = s.Buckets()
				err = s.Close()
			}
			errs[i] = err
		})
	}
	close(start)
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for i, b := range buckets {
		if b == 0 || b != buckets[0] {
			t.Errorf("number %d found %d buckets, the first one %d", i, b, buckets[0])
		}
	}
}
