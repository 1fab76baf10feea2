package raster

import (
	"context"
	"sync"

	"github.com/klippa-app/go-pdfium"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Decoder decodes files and holds what is expensive to start: the readers for
// PDF and HEIC, which start with the first such file. They run as WebAssembly,
// without access to files or network, with bounded memory, and stop when the
// context ends. The zero value is ready; several goroutines may use it.
type Decoder struct {
	once  sync.Once
	slots chan struct{} // who may run a sandbox now

	mu   sync.Mutex // guards starting and closing
	pdf  pdfium.Pool
	heic *heicReader
}

const (
	// sandboxes run at the same time per Decoder; more would only add memory.
	maxSandboxes = 2
	// sandboxPages bounds the memory of one, in WebAssembly pages of 64 KiB.
	sandboxPages = 512 << 20 / (64 << 10)
)

// sandbox waits for leave to run a sandbox; the caller calls done at the end.
func (d *Decoder) sandbox(ctx context.Context) (done func(), err error) {
	d.once.Do(func() { d.slots = make(chan struct{}, maxSandboxes) })
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// sandboxConfig bounds memory and lets contexts interrupt running code. The PDF
// reader's module needs exception handling.
func sandboxConfig() wazero.RuntimeConfig {
	return wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(sandboxPages).
		WithCloseOnContextDone(true)
}

// Close frees what was started. It must not be called while a Decode is
// running; a later Decode starts anew.
func (d *Decoder) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	if d.pdf != nil {
		err = d.pdf.Close()
		d.pdf = nil
	}
	if d.heic != nil {
		d.heic.runtime.Close(context.Background())
		d.heic = nil
	}
	return err
}
