package session

import (
	"errors"
	"net/http"
)

// Error is something that a client or a person can mend. It is also the shape
// in which the API says so. Descriptions are English, for developers, and hold
// no personal data; end users see their own text for each code.
type Error struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Description }

// Is makes errors of the same code equal, whatever they say.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Say is the same error with a description that fits the case better.
func (e *Error) Say(description string) *Error { return &Error{e.Code, description} }

// Refused reports whether err is a decision, so that nothing was changed. After
// any other error of a change nobody knows: the connection may have been cut while
// the answer came that it is kept.
func Refused(err error) bool {
	var e *Error
	return errors.As(err, &e)
}

// HTTPStatus is the status that goes with the code.
func (e *Error) HTTPStatus() int {
	if s, ok := statuses[e.Code]; ok {
		return s
	}
	return http.StatusBadRequest
}

// The errors of the API. Every INVALID_ code is about one field of a request.
var (
	ErrInvalid       = &Error{"INVALID_REQUEST", "The request cannot be understood."}
	ErrUnauthorized  = &Error{"UNAUTHORIZED", "Send your key in the Authorization header."}
	ErrNotFound      = &Error{"SESSION_NOT_FOUND", "There is no such session, or no such part of it."}
	ErrRoute         = &Error{"NOT_FOUND", "There is nothing at this address."}
	ErrMethod        = &Error{"METHOD_NOT_ALLOWED", "This address does not take that method."}
	ErrExpired       = &Error{"SESSION_EXPIRED", "The link has expired."}
	ErrClosed        = &Error{"SESSION_CLOSED", "The session is closed and cannot be changed."}
	ErrRunning       = &Error{"ANALYSIS_RUNNING", "An analysis is running; wait for its result."}
	ErrIncomplete    = &Error{"DOCUMENT_MISSING", "Upload the pictures of the document first."}
	ErrTooMany       = &Error{"TOO_MANY_ATTEMPTS", "The session has no attempt left."}
	ErrTooLarge      = &Error{"PAYLOAD_TOO_LARGE", "The upload is too large."}
	ErrUnsupported   = &Error{"UNSUPPORTED_MEDIA", "The upload is not a picture or PDF that can be read: send JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or PDF."}
	ErrMediaType     = &Error{"UNSUPPORTED_MEDIA", "Send the body as application/json."}
	ErrKeyReused     = &Error{"IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another request."}
	ErrPrecondition  = &Error{"PRECONDITION_FAILED", "It was changed meanwhile; read it again."}
	ErrRateLimited   = &Error{"RATE_LIMITED", "Too many requests; wait and try again."}
	ErrInternal      = &Error{"INTERNAL", "Something went wrong on our side; try again."}
	ErrUnavailable   = &Error{"UNAVAILABLE", "The service cannot take this now; try again later."}
	ErrChallenge     = &Error{"CHALLENGE_INVALID", "The challenge is not this session's, or was changed."}
	ErrChallengeOver = &Error{"CHALLENGE_EXPIRED", "The time of the challenge is over; ask for a new one."}
	ErrChallengeUsed = &Error{"CHALLENGE_USED", "The challenge was answered, or another one was asked for since; ask for a new one."}
	ErrMissingConfig = &Error{"MISSING_CONFIG", "This installation is not set up for that."}
)

var statuses = map[string]int{
	ErrUnauthorized.Code:  http.StatusUnauthorized,
	ErrNotFound.Code:      http.StatusNotFound,
	ErrRoute.Code:         http.StatusNotFound,
	ErrMethod.Code:        http.StatusMethodNotAllowed,
	ErrExpired.Code:       http.StatusGone,
	ErrClosed.Code:        http.StatusConflict,
	ErrRunning.Code:       http.StatusConflict,
	ErrIncomplete.Code:    http.StatusConflict,
	ErrTooMany.Code:       http.StatusConflict,
	ErrKeyReused.Code:     http.StatusConflict,
	ErrChallengeOver.Code: http.StatusGone,
	ErrChallengeUsed.Code: http.StatusConflict,
	ErrPrecondition.Code:  http.StatusPreconditionFailed,
	ErrTooLarge.Code:      http.StatusRequestEntityTooLarge,
	ErrUnsupported.Code:   http.StatusUnsupportedMediaType,
	ErrRateLimited.Code:   http.StatusTooManyRequests,
	ErrInternal.Code:      http.StatusInternalServerError,
	ErrUnavailable.Code:   http.StatusServiceUnavailable,
}
