package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"idproof/internal/config"
	"idproof/internal/seal"
)

// rotateCmd begins to seal with a new master key.
type rotateCmd struct {
	config.Data `embed:""`
}

// Run adds a key to the file of the master key. Whatever runs goes on with the
// old one until it is started again; both open what either sealed.
func (c *rotateCmd) Run(std streams) error {
	if c.Master.Keyset != "" {
		return errors.New("the master key is in the environment: rotate it where it comes from")
	}
	path := c.Master.File
	if path == "" {
		path = filepath.Join(c.Dir, "master.key")
	}
	if err := seal.RotateFile(path); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s has a new key; the file as it was is %s.old.\nReplace every copy of it, then restart the service: what is sealed from then on wants the new file.\n", path, path)
	return nil
}
