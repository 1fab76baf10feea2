package raster

import (
	"context"
	"errors"
	"sync"
	"syscall"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Decoder decodes files and keeps what is expensive to make: the compiled
// readers of PDF (some seconds) and HEIC (half a second), which are made with
// the first such file. Both run as WebAssembly, in a sandbox of its own for each
// file: without access to files or network, with bounded memory that is given
// back at once, and stopped when the context ends. The zero value is ready;
// several goroutines may use it.
type Decoder struct {
	once  sync.Once
	slots chan struct{} // who may run a sandbox now
	code  wazero.CompilationCache
}

const (
	// maxSandboxes run at the same time per Decoder; more would only add memory.
	maxSandboxes = 2
	// sandboxMemory bounds the memory of one.
	sandboxMemory = 512 << 20
)

// start makes what the zero value lacks.
func (d *Decoder) start() {
	d.slots = make(chan struct{}, maxSandboxes)
	d.code = wazero.NewCompilationCache()
}

// Close frees what is kept. No Decode may be running, nor follow.
func (d *Decoder) Close() error {
	d.once.Do(d.start)
	return d.code.Close(context.Background())
}

// sandbox waits for leave to run a sandbox. It is made with the configuration
// and in the context returned; done ends it.
func (d *Decoder) sandbox(ctx context.Context) (inside context.Context, c wazero.RuntimeConfig, done func(), err error) {
	d.once.Do(d.start)
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, nil, context.Cause(ctx)
	}
	c = wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling). // the PDF reader's
		WithMemoryLimitPages(sandboxMemory >> 16).
		WithCompilationCache(d.code).
		WithCloseOnContextDone(true)
	inside = experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(reserve))
	return inside, c, func() { <-d.slots }, nil
}

// mapped is memory outside the garbage collector's reach: it grows in place,
// where a slice would be copied and leave its former selves behind.
type mapped struct{ reserved []byte }

func reserve(_, limit uint64) experimental.LinearMemory {
	b, err := syscall.Mmap(-1, 0, int(limit), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		b = nil
	}
	return &mapped{b}
}

// Reallocate implements experimental.LinearMemory; nil means no.
func (m *mapped) Reallocate(size uint64) []byte {
	if size > uint64(len(m.reserved)) ||
		size > 0 && syscall.Mprotect(m.reserved[:size], syscall.PROT_READ|syscall.PROT_WRITE) != nil {
		return nil
	}
	return m.reserved[:size]
}

// Free implements experimental.LinearMemory.
func (m *mapped) Free() {
	if m.reserved != nil {
		_ = syscall.Munmap(m.reserved)
		m.reserved = nil
	}
}

// errSandbox is a failure of ours, not of the file.
var errSandbox = errors.New("the reader of this format does not start")
