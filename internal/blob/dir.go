package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"idproof/internal/seal"
)

// partial marks a file that is being written; one that is older than abandoned
// no longer is.
const (
	partial   = ".partial"
	abandoned = time.Hour
)

// Dir is a [Store] in a folder. Several processes may share the folder.
type Dir struct{ root *os.Root }

// OpenDir opens the folder, makes it when missing (readable only by its owner)
// and removes what writes left behind that were interrupted long ago.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	d := &Dir{root: root}
	err = d.walk(context.Background(), func(name string, info fs.FileInfo) error {
		if strings.HasSuffix(name, partial) && time.Since(info.ModTime()) > abandoned {
			return root.Remove(name)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob: clean up: %w", err), root.Close())
	}
	return d, nil
}

// Close releases the folder.
func (d *Dir) Close() error { return d.root.Close() }

// Put implements [Store].
func (d *Dir) Put(ctx context.Context, name string, key seal.Key, r io.Reader) (err error) {
	local := filepath.FromSlash(name)
	if err := d.root.MkdirAll(filepath.Dir(local), 0o700); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	if _, err := d.root.Stat(local); err == nil {
		return fmt.Errorf("blob: put: %w", fs.ErrExist)
	}
	f, err := d.root.OpenFile(local+partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			err = errors.Join(err, d.root.Remove(local+partial))
		}
	}()
	w, err := key.Writer(f, name)
	if err != nil {
		return err
	}
	if _, err = io.Copy(w, ctxReader{ctx, r}); err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	if err = w.Close(); err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	if err = f.Sync(); err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	if err = f.Close(); err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	if err = d.root.Rename(local+partial, local); err != nil {
		return fmt.Errorf("blob: put: %w", err)
	}
	// The new names are durable only when their folders are: the file's own,
	// and the parents that MkdirAll may have made.
	for dir := filepath.Dir(local); ; dir = filepath.Dir(dir) {
		if err := d.sync(dir); err != nil {
			return fmt.Errorf("blob: put: %w", err)
		}
		if dir == "." {
			return nil
		}
	}
}

func (d *Dir) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements [Store].
func (d *Dir) Open(_ context.Context, name string, key seal.Key) (io.ReadCloser, error) {
	f, err := d.root.Open(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	r, err := key.Reader(f, name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// Delete implements [Store].
func (d *Dir) Delete(_ context.Context, name string) error {
	err := d.root.Remove(filepath.FromSlash(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

// Each implements [Store].
func (d *Dir) Each(ctx context.Context, fn func(name string, at time.Time) error) error {
	return d.walk(ctx, func(name string, info fs.FileInfo) error {
		if strings.HasSuffix(name, partial) {
			return nil
		}
		return fn(name, info.ModTime())
	})
}

func (d *Dir) walk(ctx context.Context, fn func(name string, info fs.FileInfo) error) error {
	return fs.WalkDir(d.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted while walking
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir():
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return fn(name, info)
	})
}

// ctxReader ends a copy when its context does.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
