package aamva

import (
	"strings"
	"unicode/utf8"
)

// placeholder reports whether a value says that there is none.
func placeholder(v string) bool {
	switch strings.ToUpper(v) {
	case "", "NONE", "UNAVL", "UNAVAIL", "UNAVAILABLE", "N/A":
		return true
	}
	return false
}

// edition is the version by whose rules elements are judged.
func (d *Document) edition() int { return min(d.Header.Version, MaxVersion) }

// check compares the elements with the edition's table.
func (d *Document) check() {
	if d.Header.IIN != "" {
		if _, ok := LookupIIN(d.Header.IIN); !ok {
			d.warn(CodeIIN, "")
		}
	}
	first := map[string]string{}
	for i := range d.Subfiles {
		for _, e := range d.Subfiles[i].Elements {
			d.checkElement(e, d.Subfiles[i].Type, first)
		}
	}
	d.checkMandatory(first)
}

func (d *Document) checkElement(e Element, subfile string, first map[string]string) {
	v := strings.TrimSpace(e.Value)
	if before, seen := first[e.Code]; seen && before != v {
		d.warn(CodeDuplicate, e.Code)
	} else if !seen {
		first[e.Code] = v
	}
	info := load().byCode[e.Code]
	switch version := d.edition(); {
	case info == nil && subfile[0] == 'Z':
	case info == nil:
		if !zone(e.Code) {
			d.warn(CodeElement, e.Code)
		}
	case d.Header.IIN != "" && (version < info.From || version > info.To):
		d.warn(CodeEdition, e.Code)
	case info.MaxLength > 0 && utf8.RuneCountInString(v) > info.MaxLength:
		d.warn(CodeLong, e.Code)
	}
}

func (d *Document) checkMandatory(first map[string]string) {
	version, licence := d.edition(), d.Type != "ID"
	for i := range load().elements {
		info := &load().elements[i]
		if !info.Mandatory(version, licence) {
			continue
		}
		v, there := first[info.Code]
		switch {
		case !there && version < 2 && info.Code == "DAA" && first["DAB"] != "" && first["DAC"] != "":
			// Version 1 takes the name whole or in parts.
		case v == "" && version < 2 && residence[info.Code] != "" && first[residence[info.Code]] != "":
			// And it takes either address.
		case !there:
			d.fail(CodeMissing, info.Code)
		case v == "" && mayNotBeBlank(info):
			d.fail(CodeBlank, info.Code)
		}
	}
}

// residence gives the element of the residence for that of the mailing address.
var residence = map[string]string{"DAG": "DAL", "DAI": "DAN", "DAJ": "DAO", "DAK": "DAP"}

// mayNotBeBlank reports whether a mandatory element has to say something. Where
// there is nothing to say, such as no restrictions, blanks are a habit as old as
// "NONE", and before version 2 the rule.
func mayNotBeBlank(e *ElementInfo) bool {
	switch e.Code {
	case "DAR", "DAS", "DAT", "DCB", "DCD", "DAD", "DCH":
		return false
	}
	return true
}
