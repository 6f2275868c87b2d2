package memstore_test

import (
	"testing"

	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
	"github.com/filavip/filavip/internal/store/storetest"
)

func options() storetest.Options {
	return storetest.Options{
		AtomicBlocks: true,
		Open: func(storetest.TB) storetest.Opened {
			s := memstore.New()
			reopen := func(storetest.TB) store.Store { s = s.Reopen(); return s }
			crash := func(storetest.TB) store.Store { s = s.Crash(); return s }
			return storetest.Opened{Store: s, Reopen: reopen, Crash: crash}
		},
	}
}

func TestConformance(t *testing.T) { storetest.Run(t, options()) }

func TestModel(t *testing.T) {
	storetest.Model(t, options(), func() store.Store { return memstore.New() })
}
