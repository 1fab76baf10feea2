package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Config says where the master key is.
type Config struct {
	Keyset string `env:"IDPROOF_MASTER_KEY" help:"Master key as a Tink keyset in JSON, for example from a secret manager. Takes the place of the file." placeholder:"JSON" json:"-"`
	File   string `env:"IDPROOF_MASTER_KEY_FILE" help:"File of the master key; made on first start. Default: master.key in the data folder. Keep a copy: without it nothing that is stored can be read." placeholder:"FILE"`
}

// Load reads the master key. When there is neither a key nor a file yet, it
// makes a new key and stores it durably, readable only by its owner. dir is the
// data folder.
func Load(c Config, dir string) (*Master, error) {
	if c.Keyset != "" {
		return parse([]byte(c.Keyset))
	}
	path := c.File
	if path == "" {
		path = filepath.Join(dir, "master.key")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if data, err = create(path); err != nil {
			return nil, fmt.Errorf("seal: make the master key %s: %w", path, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("seal: read the master key: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("seal: the master key %s can be read by others: chmod 600 it", path)
	}
	return parse(data)
}

func parse(data []byte) (*Master, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(data)))
	if err != nil {
		return nil, errors.New("seal: the master key is not a Tink keyset in JSON") // the cause could quote the key
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("seal: the master key is not for authenticated encryption: %w", err)
	}
	return newMaster(a), nil
}

// Rotate adds a new key to the keyset in JSON, with which everything is sealed
// from now on; what the old ones sealed still opens. Reading old values again
// and sealing them anew is not needed: only the short wrapped keys of sessions
// and the merchants' secrets depend on it, and those of sessions go with them.
func Rotate(keysetJSON []byte) ([]byte, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(keysetJSON)))
	if err != nil {
		return nil, errors.New("seal: the master key is not a Tink keyset in JSON")
	}
	m := keyset.NewManagerFromHandle(h)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err == nil {
		h, err = m.Handle()
	}
	var buf bytes.Buffer
	if err == nil {
		err = insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&buf))
	}
	if err != nil {
		return nil, fmt.Errorf("seal: rotate: %w", err)
	}
	return buf.Bytes(), nil
}

// RotateFile is [Rotate] of a key file, durably: the old file stays beside it
// with ".old" at the end, and the new one takes its place at once or not at all.
func RotateFile(path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("seal: read the master key: %w", err)
	}
	next, err := Rotate(old)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{path + ".old": old, path + ".new": next} {
		if err := writeDurably(name, data); err != nil {
			return fmt.Errorf("seal: %w", err)
		}
	}
	if err := errors.Join(os.Rename(path+".new", path), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

func writeDurably(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// FromKMS returns a master whose key never leaves where it is kept: a is a
// client of a key management service in the shape of Tink's AEAD, as Tink has
// them for the usual ones. It is asked once for every session that is loaded.
func FromKMS(a tink.AEAD) *Master { return newMaster(a) }

func newKeyset() (*keyset.Handle, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return h, nil
}

func create(path string) ([]byte, error) {
	h, err := newKeyset()
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&buf)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(buf.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	return buf.Bytes(), syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
