package extract

// formats finds values whose form no other field has.
func (r *printer) formats() {}

// placed finds what has no label by where it usually stands.
func (r *printer) placed() {}

// note records a repair.
func (r *printer) note(field, read, made string) {}

// table reads categories and their dates.
func (r *printer) table(page int) {}

// general reads documents that are no identity documents.
func (r *printer) general() {}
