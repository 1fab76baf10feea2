package aamva

import (
	"errors"
	"fmt"
	"strings"
)

// ErrBuild says that a payload cannot be encoded as asked.
var ErrBuild = errors.New("aamva: cannot encode")

// Build returns the payload with that header and these subfiles, in the layout of
// the header's version: the inverse of Parse. Entries, Offset and Length are
// computed; elements stay in their order and their values as they are. The result
// is ISO 8859-1. The error wraps ErrBuild: no subfile, a name or code that is
// none, a control character or one outside ISO 8859-1 in a value, or more than
// the directory can address.
//
// Build does not ask whether the elements are those of the edition, so that tests
// can build what Parse must complain of.
func Build(h Header, subfiles ...Subfile) ([]byte, error) {
	if len(h.IIN) != 6 || strings.Trim(h.IIN, "0123456789") != "" || h.Version < 0 || h.Version > 99 {
		return nil, fmt.Errorf("%w: header", ErrBuild)
	}
	if len(subfiles) == 0 || len(subfiles) > 99 {
		return nil, fmt.Errorf("%w: %d subfiles", ErrBuild, len(subfiles))
	}
	head := fmt.Sprintf("@\n\x1e\rANSI %s%02d", h.IIN, h.Version)
	if h.Version == 0 {
		head = fmt.Sprintf("@\n\x1c\rAAMVA%s%02d", h.IIN, h.Version)
	}
	if h.Version >= 2 {
		head += fmt.Sprintf("%02d", min(max(h.JurisdictionVersion, 0), 99))
	}
	head += fmt.Sprintf("%02d", len(subfiles))
	offset := len(head) + 10*len(subfiles)
	var body []byte
	for _, s := range subfiles {
		b, err := s.encode()
		if err != nil {
			return nil, err
		}
		if offset > 9999 || len(b) > 9999 {
			return nil, fmt.Errorf("%w: too long", ErrBuild)
		}
		head += fmt.Sprintf("%s%04d%04d", s.Type, offset, len(b))
		offset += len(b)
		body = append(body, b...)
	}
	return append([]byte(head), body...), nil
}

func (s Subfile) encode() ([]byte, error) {
	if !mainType(s.Type) && (len(s.Type) != 2 || s.Type[0] != 'Z' || !upper(s.Type[1])) {
		return nil, fmt.Errorf("%w: subfile name", ErrBuild)
	}
	b := []byte(s.Type)
	for i, e := range s.Elements {
		if !known(e.Code) && !zone(e.Code) || len(e.Code) != 3 {
			return nil, fmt.Errorf("%w: element code", ErrBuild)
		}
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, e.Code...)
		for _, r := range e.Value {
			if r < ' ' || r > 0xff {
				return nil, fmt.Errorf("%w: character in %s", ErrBuild, e.Code)
			}
			b = append(b, byte(r))
		}
	}
	return append(b, '\r'), nil
}
