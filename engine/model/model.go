// Package model runs neural networks: it finds the model files, loads the ONNX
// runtime once for the process and gives each network a plain function from
// numbers to numbers.
//
// What the numbers mean belongs to the package that uses the network. A
// network runs on one thread; parallelism comes from running lines, pages and
// requests side by side, which is faster under load than splitting one run.
package model

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// ErrNotFound reports a missing models folder, runtime library or model file.
// The set-up script fetches them.
var ErrNotFound = errors.New("model: not found")

// runtimeLibrary is the ONNX runtime's file name in the models folder.
const runtimeLibrary = "libonnxruntime.so.1"

// Dir finds the models folder: the environment variable IDPROOF_MODELS, else
// "models" beside the executable, else "models" in the working directory or
// any of its parents.
func Dir() (string, error) {
	if d := os.Getenv("IDPROOF_MODELS"); d != "" {
		return d, nil
	}
	var tries []string
	if exe, err := os.Executable(); err == nil {
		tries = append(tries, filepath.Dir(exe))
	}
	if wd, err := os.Getwd(); err == nil {
		for d := wd; ; d = filepath.Dir(d) {
			tries = append(tries, d)
			if d == filepath.Dir(d) {
				break
			}
		}
	}
	for _, d := range tries {
		m := filepath.Join(d, "models")
		if _, err := locate(m, runtimeLibrary); err == nil {
			return m, nil
		}
	}
	return "", fmt.Errorf("%w: no models folder beside the program or above the working directory", ErrNotFound)
}

// locate returns the path of a file in the folder or in its "fetched" part.
func locate(dir, name string) (string, error) {
	for _, p := range []string{filepath.Join(dir, name), filepath.Join(dir, "fetched", name)} {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%w: %s", ErrNotFound, name)
}

// The ONNX runtime is one per process by its own design; users counts the
// open Runtimes so that the last one shuts it down.
var environment struct {
	sync.Mutex
	users int
}

// Runtime loads networks from one models folder.
type Runtime struct {
	dir   string
	slots chan struct{}
	nets  map[string]*Net
}

// Open starts the runtime on the given models folder ("" for the one that
// [Dir] finds). At most parallel networks run at the same time, whatever the
// number of callers.
func Open(dir string, parallel int) (*Runtime, error) {
	if dir == "" {
		var err error
		if dir, err = Dir(); err != nil {
			return nil, err
		}
	}
	lib, err := locate(dir, runtimeLibrary)
	if err != nil {
		return nil, err
	}
	environment.Lock()
	defer environment.Unlock()
	if environment.users == 0 {
		ort.SetSharedLibraryPath(lib)
		if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
			return nil, fmt.Errorf("model: start the runtime: %w", err)
		}
		if err := ort.DisableTelemetry(); err != nil {
			return nil, fmt.Errorf("model: %w", err)
		}
	}
	environment.users++
	return &Runtime{dir: dir, slots: make(chan struct{}, max(parallel, 1)), nets: map[string]*Net{}}, nil
}

// Close frees every network that the runtime loaded. None may be running.
func (r *Runtime) Close() error {
	var errs []error
	for _, n := range r.nets {
		errs = append(errs, n.session.Destroy())
	}
	clear(r.nets)
	environment.Lock()
	defer environment.Unlock()
	if environment.users--; environment.users == 0 {
		errs = append(errs, ort.DestroyEnvironment())
	}
	return errors.Join(errs...)
}

// Path returns where a file of the models folder is, for the data files that
// come with a network, such as its list of characters.
func (r *Runtime) Path(name string) (string, error) { return locate(r.dir, name) }

// Net is a network with one input and one output, both of 32-bit floats. It is
// safe for concurrent use.
type Net struct {
	// Name is the file's name without its ending.
	Name string
	// Version is the first twelve hexadecimal digits of the file's SHA-256.
	Version string
	// Meta is what the file says of itself, such as its list of characters.
	Meta map[string]string

	session *ort.DynamicAdvancedSession
	slots   chan struct{}
}

// Load reads the network name + ".onnx", each run of which takes one thread. Who
// loads it again gets the same one. Networks are loaded one after another.
func (r *Runtime) Load(name string) (*Net, error) { return r.LoadWide(name, 1) }

// LoadWide is Load for a network that is large and waited for by itself: each
// run takes so many threads, which sleep in between.
func (r *Runtime) LoadWide(name string, threads int) (*Net, error) {
	if n := r.nets[name]; n != nil {
		return n, nil
	}
	path, err := locate(r.dir, name+".onnx")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	ins, outs, err := ort.GetInputOutputInfoWithONNXData(data)
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", name, err)
	}
	if len(ins) != 1 || len(outs) != 1 {
		return nil, fmt.Errorf("model: %s has %d inputs and %d outputs, not one of each", name, len(ins), len(outs))
	}
	so, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", name, err)
	}
	defer func() { _ = so.Destroy() }() // frees memory; there is nothing to do about a failure
	// Shapes vary from run to run, so memory planned for one shape is wasted.
	if err := errors.Join(so.SetIntraOpNumThreads(threads), so.SetInterOpNumThreads(1), so.SetMemPattern(false), so.AddSessionConfigEntry("session.intra_op.allow_spinning", "0")); err != nil {
		return nil, fmt.Errorf("model: %s: %w", name, err)
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(data, []string{ins[0].Name}, []string{outs[0].Name}, so)
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", name, err)
	}
	sum := sha256.Sum256(data)
	n := &Net{Name: name, Version: hex.EncodeToString(sum[:6]), session: s, slots: r.slots}
	if n.Meta, err = meta(s); err != nil {
		return nil, fmt.Errorf("model: %s: %w", name, errors.Join(err, s.Destroy()))
	}
	r.nets[name] = n
	return n, nil
}

// meta reads a network's own notes.
func meta(s *ort.DynamicAdvancedSession) (map[string]string, error) {
	m, err := s.GetModelMetadata()
	if err != nil {
		return nil, err
	}
	defer func() { _ = m.Destroy() }()
	keys, err := m.GetCustomMetadataMapKeys()
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(keys))
	for _, k := range keys {
		v, _, err := m.LookupCustomMetadataMap(k)
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

// Tensor is a dense array in row-major order; len(Data) is the product of Shape.
type Tensor struct {
	Shape []int
	Data  []float32
}

// Run computes the network's output. It waits for a free slot of the runtime
// and gives up only while waiting: a run that has begun is finished.
func (n *Net) Run(ctx context.Context, in Tensor) (Tensor, error) {
	select {
	case n.slots <- struct{}{}:
		defer func() { <-n.slots }()
	case <-ctx.Done():
		return Tensor{}, ctx.Err()
	}
	shape := make(ort.Shape, len(in.Shape))
	for i, d := range in.Shape {
		shape[i] = int64(d)
	}
	x, err := ort.NewTensor(shape, in.Data)
	if err != nil {
		return Tensor{}, fmt.Errorf("model: %s: %w", n.Name, err)
	}
	defer func() { _ = x.Destroy() }()
	outs := []ort.Value{nil}
	if err := n.session.Run([]ort.Value{x}, outs); err != nil {
		return Tensor{}, fmt.Errorf("model: %s: %w", n.Name, err)
	}
	defer func() { _ = outs[0].Destroy() }()
	y, ok := outs[0].(*ort.Tensor[float32])
	if !ok {
		return Tensor{}, fmt.Errorf("model: %s: the output is not 32-bit floats", n.Name)
	}
	out := Tensor{Data: append([]float32(nil), y.GetData()...)}
	for _, d := range y.GetShape() {
		out.Shape = append(out.Shape, int(d))
	}
	return out, nil
}
