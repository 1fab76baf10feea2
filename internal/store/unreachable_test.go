package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/store"
)

func TestUnreachable(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"cut":              {&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, true},
		"bad connection":   {driver.ErrBadConn, true},
		"closed":           {sql.ErrConnDone, true},
		"broken off":       {io.ErrUnexpectedEOF, true},
		"shutting down":    {&pgconn.PgError{Code: "57P01"}, true},
		"too many":         {&pgconn.PgError{Code: "53300"}, true},
		"deadlock":         {&pgconn.PgError{Code: "40P01"}, true},
		"unique":           {&pgconn.PgError{Code: "23505"}, false},
		"no code":          {&pgconn.PgError{}, false},
		"not found":        {merchant.ErrNotFound, false},
		"a fault":          {errors.New("analysis: the engine failed"), false},
		"too slow":         {errors.Join(context.DeadlineExceeded, &net.OpError{Op: "read", Err: errors.New("x")}), false},
		"nothing":          {nil, false},
		"joined with more": {errors.Join(errors.New("evidence"), driver.ErrBadConn), true},
	} {
		err := tt.err
		if err != nil {
			err = fmt.Errorf("store: %w", err)
		}
		require.Equal(t, tt.want, store.Unreachable(err), name)
	}
}
