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
)

// Config says where the master key is.
type Config struct {
	Keyset string `env:"IDPROOF_MASTER_KEY" help:"Master key as a Tink keyset in JSON, for example from a secret manager. Takes the place of the file." placeholder:"JSON" json:"-"`
	File   string `env:"IDPROOF_MASTER_KEY_FILE" help:"File of the master key; made on first start. Default: master.key in the data folder. Keep a copy: without it nothing that is stored can be read." placeholder:"FILE"`

	KMS      string `env:"IDPROOF_MASTER_KEY_KMS" help:"Master key that never leaves a key management service with the transit engine of Vault or OpenBao, in place of a key here: https://vault.example.com/v1/transit/keys/idproof." placeholder:"URL"`
	KMSToken string `name:"kms-token-file" env:"IDPROOF_MASTER_KEY_KMS_TOKEN_FILE" help:"File of the token for that service, read whenever it is asked. None: an agent in front adds it." placeholder:"FILE"`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	given := 0
	for _, s := range []string{c.Keyset, c.File, c.KMS} {
		if s != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return errors.New("master key: in a file, in the environment or in a key management service, not in several places")
	case c.KMS == "" && c.KMSToken != "":
		return errors.New("master key: a token, but no key management service")
	case c.KMS != "":
		_, err := newKMS(c.KMS, c.KMSToken)
		return err
	}
	return nil
}

// Path is the file of the master key; dir is the data folder.
func (c Config) Path(dir string) string {
	if c.File != "" {
		return c.File
	}
	return filepath.Join(dir, "master.key")
}

// Load reads the master key. When there is neither a key nor a file yet, it
// makes a new key and stores it durably, readable only by its owner. dir is the
// data folder.
func Load(c Config, dir string) (*Master, error) {
	if c.KMS != "" {
		k, err := newKMS(c.KMS, c.KMSToken)
		if err != nil {
			return nil, err
		}
		return newMaster(k), nil
	}
	if c.Keyset != "" {
		return parse([]byte(c.Keyset))
	}
	path := c.Path(dir)
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
	h, err := read(data)
	if err != nil {
		return nil, err
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("seal: the master key is not for authenticated encryption: %w", err)
	}
	m := newMaster(a)
	m.keys, m.current = keys(h)
	return m, nil
}

// keys are the ids of a keyset's keys, the oldest first, and that of the one it
// seals with.
func keys(h *keyset.Handle) (ids []uint32, current uint32) {
	info := h.KeysetInfo()
	for _, k := range info.GetKeyInfo() {
		ids = append(ids, k.GetKeyId())
	}
	return ids, info.GetPrimaryKeyId()
}

// Prepare adds a new key to a keyset in JSON. It opens; what is sealed is sealed
// with the old one until [Switch]. In between every process has to learn it.
func Prepare(keysetJSON []byte) ([]byte, error) {
	return change(keysetJSON, func(m *keyset.Manager, _ *keyset.Handle) error {
		_, err := m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
}

// Switch makes the newest key of a keyset the one that seals; what the older ones
// sealed still opens. Reading old values again and sealing them anew is not
// needed: only the short wrapped keys of sessions and the merchants' secrets
// depend on it, and those of sessions go with them.
func Switch(keysetJSON []byte) ([]byte, error) {
	return change(keysetJSON, func(m *keyset.Manager, h *keyset.Handle) error {
		ids, _ := keys(h)
		return m.SetPrimary(ids[len(ids)-1])
	})
}

// Prepared is the newest key of a keyset if it does not seal yet.
func Prepared(keysetJSON []byte) (key uint32, ok bool, err error) {
	h, err := read(keysetJSON)
	if err != nil {
		return 0, false, err
	}
	ids, current := keys(h)
	newest := ids[len(ids)-1]
	return newest, newest != current, nil
}

func read(keysetJSON []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(keysetJSON)))
	if err != nil {
		return nil, errors.New("seal: the master key is not a Tink keyset in JSON") // the cause could quote the key
	}
	return h, nil
}

func change(keysetJSON []byte, f func(*keyset.Manager, *keyset.Handle) error) ([]byte, error) {
	h, err := read(keysetJSON)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(h)
	if err = f(m, h); err == nil {
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

// ReplaceFile puts another keyset into a key file, durably: the old file stays
// beside it with ".old" at the end, and the new one takes its place at once or
// not at all.
func ReplaceFile(path string, next []byte) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("seal: read the master key: %w", err)
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
