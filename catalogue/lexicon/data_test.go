package lexicon

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/mrz"
)

func TestData(t *testing.T) {
	names, err := fs.Glob(files, "data/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), 40)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			raw, err := files.ReadFile(name)
			require.NoError(t, err)
			d := json.NewDecoder(strings.NewReader(string(raw)))
			d.DisallowUnknownFields()
			var l language
			require.NoError(t, d.Decode(&l))
			assert.Equal(t, "data/"+l.Language+".json", name)
			assert.NotEmpty(t, l.Script)
			for _, code := range l.Issuers {
				_, ok := mrz.StateName(code)
				assert.True(t, ok, code)
			}
			for _, title := range l.Titles {
				assert.Contains(t, []string{"passport", "identity_card", "driving_license", "residence_permit", "visa", "other"}, title.Type)
			}
			for field, words := range l.Labels {
				assert.NotEmpty(t, words, field)
			}
		})
	}
}

func TestScan(t *testing.T) {
	// The least distances of "nom" to texts that end at each letter.
	var peq [256]uint64
	for i, b := range []byte("nom") {
		peq[b] |= 1 << i
	}
	out := make([]uint8, 6)
	least := scan(&peq, 3, []byte("axnamx"), out, false)
	assert.Equal(t, 1, least)
	assert.Equal(t, []uint8{3, 3, 2, 2, 1, 2}, out)
}
