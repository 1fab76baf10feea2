package session

import (
	"errors"
	"io"
	"net/http"
	"syscall"
)

// uploadError finds the error that a client can mend in what went wrong while
// its upload was read and kept.
func uploadError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, ErrTooLarge):
		return ErrTooLarge
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrInvalid.Say("The upload broke off.")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errors.Join(ErrUnavailable, err)
	}
	return err
}
