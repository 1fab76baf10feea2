package console

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"idproof/internal/merchant"
	"idproof/internal/policy"
	"idproof/internal/sms"
)

// group is some settings that are shown together; which there are is data.
type group struct {
	ID     string  `json:"id"`
	Fields []field `json:"fields"`
}

// field is a setting, by its name in the JSON of merchant.Settings; a dot leads
// into an object.
type field struct {
	Name    string  `json:"name"`
	Kind    string  `json:"kind"` // names the part of settings.html that shows it, and of read that reads it
	Options options `json:"options,omitempty"`
	Example string  `json:"example,omitempty"`
}

// options are what can be chosen: a list, or the name of a list of package merchant.
type options []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *options) UnmarshalJSON(b []byte) error {
	var name string
	if json.Unmarshal(b, &name) != nil {
		return json.Unmarshal(b, (*[]string)(o))
	}
	list, ok := map[string][]string{"locales": merchant.Locales, "analysis_types": merchant.AnalysisTypes, "document_types": merchant.DocumentTypes}[name]
	if !ok {
		return fmt.Errorf("console: no list %q", name)
	}
	*o = list
	return nil
}

//go:embed settings.json
var groupsFile []byte

func loadGroups() (groups []group, err error) {
	if err := json.Unmarshal(groupsFile, &groups); err != nil {
		return nil, fmt.Errorf("console: settings: %w", err)
	}
	return groups, nil
}

// object is JSON.
type object = map[string]any

// asObject is a value of ours as JSON.
func asObject(v any) (object, error) {
	data, err := json.Marshal(v)
	o := object{}
	if err == nil {
		err = json.Unmarshal(data, &o)
	}
	return o, err
}

// at is the value at a path, nil when there is none.
func at(o object, path string) any {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return o[name]
	}
	inner, _ := o[name].(object)
	return at(inner, rest)
}

// put sets the value at a path; nil takes it away, and what is empty then.
func put(o object, path string, value any) {
	name, rest, deeper := strings.Cut(path, ".")
	if deeper {
		inner, _ := o[name].(object)
		inner = maps.Clone(inner)
		if inner == nil {
			inner = object{}
		}
		put(inner, rest, value)
		if value = inner; len(inner) == 0 {
			value = nil
		}
	}
	if o[name] = value; value == nil {
		delete(o, name)
	}
}

// shown is a field with its value, as the template sees it.
type shown struct {
	field

	Value   string            // of kinds of one value
	Chosen  []string          // of kinds of several, in order
	Map     map[string]string // of kinds that have a value for each of something
	Default string            // what counts when nothing is set; empty: not to be said
	Wrong   string            // what is wrong with it
	Kept    string            // what is kept, where that differs from what was entered

	// Of the policy.
	Presets []policy.Preset
	Preset  policy.Preset // the one that counts
	Reasons []policy.Rule
	Actions []string
}

// Has reports whether an option is chosen.
func (s shown) Has(option string) bool { return slices.Contains(s.Chosen, option) }

// Nth is the option in that place of an order, from 0; empty: none.
func (s shown) Nth(n int) string {
	if n < len(s.Chosen) {
		return s.Chosen[n]
	}
	return ""
}

// settingsPage is what the page of a group shows.
type settingsPage struct {
	Group    group
	Groups   []group
	Revision int64
	Fields   []shown
	SMS      *smsState // nil: not on this page
}

type smsState struct {
	Through string
	Set     bool
	At      time.Time
}

// show fills a field from the settings; effective are those with defaults.
func show(f field, settings, effective object) shown {
	out := shown{field: f}
	fill(&out, at(settings, f.Name))
	if def := (shown{field: f}); f.Kind == "text" || f.Kind == "address" || f.Kind == "number" || f.Kind == "duration" || f.Kind == "choice" || f.Kind == "long" {
		fill(&def, at(effective, f.Name))
		if out.Value == "" {
			out.Default = def.Value
		}
	}
	return out
}

// explain gives fields of the policy the words that come with the program.
func explain(s shown, preset string) shown {
	if s.Kind != "preset" && s.Kind != "reasons" {
		return s
	}
	s.Presets, s.Reasons = policy.Presets(), policy.Rules()
	s.Reasons = s.Reasons[:len(s.Reasons)-1] // that an analysis failed is no decision
	s.Actions = []string{string(policy.Ignore), string(policy.Review), string(policy.Decline)}
	s.Preset = s.Presets[slices.IndexFunc(s.Presets, func(p policy.Preset) bool { return p.Name == cmp.Or(preset, policy.Standard) })]
	return s
}

// fill puts a value of the settings into a field.
func fill(out *shown, value any) {
	switch v := value.(type) {
	case string:
		out.Value = v
		if out.Kind == "duration" {
			out.Value = short(v)
		}
	case float64:
		out.Value = strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			out.Value = "on"
		}
	case []any:
		for _, one := range v {
			out.Chosen = append(out.Chosen, fmt.Sprint(one))
		}
	case object:
		out.Map = map[string]string{}
		for k, one := range v {
			out.Map[k] = fmt.Sprint(one)
		}
		if out.Kind == "json" {
			data, err := json.MarshalIndent(v, "", "  ")
			if err == nil { // it was JSON before
				out.Value = string(data)
			}
		}
	}
}

// short writes a duration as people do: 30d, 36h, 90m.
func short(d string) string {
	t, err := time.ParseDuration(d)
	switch {
	case err != nil:
		return d
	case t >= 48*time.Hour && t%(24*time.Hour) == 0:
		return strconv.FormatInt(int64(t/(24*time.Hour)), 10) + "d"
	case t%time.Hour == 0:
		return strconv.FormatInt(int64(t/time.Hour), 10) + "h"
	case t%time.Minute == 0:
		return strconv.FormatInt(int64(t/time.Minute), 10) + "m"
	}
	return d
}

// read takes a field out of a form: what is to be shown again, and the value
// for the settings, nil for the default. wrong is the key of a text.
func read(f field, r *http.Request) (out shown, value any, wrong string) {
	out = shown{field: f, Value: strings.TrimSpace(strings.ReplaceAll(r.PostFormValue(f.Name), "\r\n", "\n"))}
	switch f.Kind {
	case "flag":
		if out.Value != "" {
			return out, true, ""
		}
		return out, nil, ""
	case "several", "ordered", "lines":
		out.Value = ""
		given := r.PostForm[f.Name]
		if f.Kind == "lines" {
			given = strings.Split(strings.ReplaceAll(r.PostFormValue(f.Name), "\r\n", "\n"), "\n")
		}
		for _, one := range given {
			if one = strings.TrimSpace(one); one != "" && !slices.Contains(out.Chosen, one) {
				out.Chosen = append(out.Chosen, one)
			}
		}
		if len(out.Chosen) == 0 {
			return out, nil, ""
		}
		return out, out.Chosen, ""
	case "texts", "reasons":
		out.Value, out.Map = "", map[string]string{}
		for name, given := range r.PostForm {
			if key, ok := strings.CutPrefix(name, f.Name+"."); ok && strings.TrimSpace(given[0]) != "" {
				out.Map[key] = strings.TrimSpace(strings.ReplaceAll(given[0], "\r\n", "\n"))
			}
		}
		if len(out.Map) == 0 {
			return out, nil, ""
		}
		return out, out.Map, ""
	}
	if out.Value == "" {
		return out, nil, ""
	}
	switch f.Kind {
	case "number":
		n, err := strconv.Atoi(out.Value)
		if err != nil {
			return out, nil, "settings.notnumber"
		}
		return out, n, ""
	case "duration":
		d := out.Value
		if days, ok := strings.CutSuffix(d, "d"); ok {
			n, err := strconv.Atoi(days)
			if err != nil || n < 0 || n > 36500 {
				return out, nil, "settings.notduration"
			}
			d = strconv.Itoa(24*n) + "h"
		}
		if _, err := time.ParseDuration(d); err != nil {
			return out, nil, "settings.notduration"
		}
		return out, d, ""
	case "json":
		o := object{}
		if json.Unmarshal([]byte(out.Value), &o) != nil {
			return out, nil, "settings.notjson"
		}
		return out, o, ""
	}
	return out, out.Value, ""
}

func (h *handler) group(r *http.Request) (group, error) {
	i := slices.IndexFunc(h.groups, func(g group) bool { return g.ID == r.PathValue("group") })
	if i < 0 {
		return group{}, errNotFound
	}
	return h.groups[i], nil
}

func (h *handler) firstSettings(w http.ResponseWriter, r *http.Request, _ *visit) error {
	return seeOther(w, r, "/console/settings/"+h.groups[0].ID, "")
}

func (h *handler) showSettings(w http.ResponseWriter, r *http.Request, v *visit) error {
	g, err := h.group(r)
	if err != nil {
		return err
	}
	out := h.newView(v, "settings", "group."+g.ID+".title")
	out.Said = h.told(r, "revision", v.merchant.Revision)
	p, err := h.settingsPage(g, v.merchant)
	if err != nil {
		return err
	}
	out.Page = p
	h.render(w, r, http.StatusOK, "settings", out)
	return nil
}

// settingsPage is the page of a group with the settings as they are.
func (h *handler) settingsPage(g group, m merchant.Merchant) (*settingsPage, error) {
	settings, err1 := asObject(m.Settings)
	effective, err2 := asObject(m.Settings.WithDefaults())
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	p := &settingsPage{Group: g, Groups: h.groups, Revision: m.Revision}
	for _, f := range g.Fields {
		p.Fields = append(p.Fields, explain(show(f, settings, effective), m.Settings.Policy.Preset))
	}
	if g.ID == "phone" {
		p.SMS = &smsState{Through: h.SMS.Through(m.SMS()), Set: m.Settings.SMS.Has(m.SMSSecret), At: m.SMSSecret.SetAt}
	}
	return p, nil
}

// errConflict says that somebody else has changed the settings.
var errConflict = errors.New("console: changed meanwhile")

// saveSettings changes the settings of a group, by the rules of the API, unless
// somebody else has changed any since the form was made.
func (h *handler) saveSettings(w http.ResponseWriter, r *http.Request, v *visit) error {
	g, err := h.group(r)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(r.PostFormValue("revision"), 10, 64)
	if err != nil {
		return errNotFound
	}
	entered := make([]shown, len(g.Fields))
	values := make([]any, len(g.Fields))
	wrong := false
	for i, f := range g.Fields {
		var key string
		if entered[i], values[i], key = read(f, r); key != "" {
			entered[i].Wrong, wrong = h.texts.text(key), true
		}
	}
	if wrong {
		return h.again(w, r, v, g, entered, nil)
	}
	var invalid error
	err = h.Merchants.UpdateMerchant(r.Context(), v.merchant.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
		v.merchant = m
		if m.Revision != revision {
			return m, errConflict
		}
		settings, err := asObject(m.Settings)
		if err != nil {
			return m, err
		}
		change := object{}
		for i, f := range g.Fields {
			put(settings, f.Name, values[i])
			top, _, _ := strings.Cut(f.Name, ".")
			change[top] = nil
		}
		for top := range change {
			change[top] = settings[top]
		}
		patch, err := json.Marshal(change)
		if err != nil {
			return m, err
		}
		next, err := m.Settings.With(patch)
		if err != nil {
			invalid = err
			return m, err
		}
		m.Settings = next
		return m, nil
	})
	switch {
	case invalid != nil:
		return h.again(w, r, v, g, entered, invalid)
	case errors.Is(err, errConflict):
		return h.conflict(w, r, v, g, entered)
	case err != nil:
		return err
	}
	m, err := h.Merchants.Merchant(r.Context(), v.merchant.ID)
	if err != nil {
		return err
	}
	said := "settings.saved"
	if m.Revision == revision {
		said = "settings.same"
	}
	return seeOther(w, r, "/console/settings/"+g.ID, said)
}

// again shows a form with what was entered, and what is wrong with it.
func (h *handler) again(w http.ResponseWriter, r *http.Request, v *visit, g group, entered []shown, invalid error) error {
	out := h.newView(v, "settings", "group."+g.ID+".title")
	out.Wrong = h.texts.text("settings.wrong")
	for line := range strings.SplitSeq(fmt.Sprint(invalid), "\n") {
		name, said, ok := strings.Cut(line, ": ")
		if invalid == nil || !ok {
			continue
		}
		said = strings.ToUpper(said[:1]) + said[1:]
		i := slices.IndexFunc(entered, func(s shown) bool { return s.Name == name })
		if i < 0 { // what is about several fields is said at the first of them
			i = slices.IndexFunc(entered, func(s shown) bool { return strings.HasPrefix(s.Name, name+".") })
		}
		if i < 0 {
			out.Wrong += " " + line
			continue
		}
		entered[i].Wrong = strings.TrimSpace(entered[i].Wrong + " " + said)
	}
	p, err := h.settingsPage(g, v.merchant)
	if err != nil {
		return err
	}
	p.Revision, err = strconv.ParseInt(r.PostFormValue("revision"), 10, 64)
	for i := range entered {
		entered[i].Default = p.Fields[i].Default
		entered[i] = explain(entered[i], presetOf(entered))
	}
	p.Fields = entered
	out.Page = p
	h.render(w, r, http.StatusBadRequest, "settings", out)
	return err
}

// conflict shows a form with what was entered where somebody else was faster.
func (h *handler) conflict(w http.ResponseWriter, r *http.Request, v *visit, g group, entered []shown) error {
	out := h.newView(v, "settings", "group."+g.ID+".title")
	out.Wrong = h.texts.text("settings.conflict", "revision", v.merchant.Revision)
	p, err := h.settingsPage(g, v.merchant)
	if err != nil {
		return err
	}
	for i, kept := range p.Fields {
		entered[i].Default = kept.Default
		entered[i] = explain(entered[i], presetOf(entered))
		if now := said(kept); now != said(entered[i]) {
			entered[i].Kept = now
			if now == "" {
				entered[i].Kept = h.texts.text("settings.nothing")
			}
		}
	}
	p.Fields = entered
	out.Page = p
	h.render(w, r, http.StatusConflict, "settings", out)
	return nil
}

// presetOf is the preset that was entered, if it is one.
func presetOf(entered []shown) string {
	for _, s := range entered {
		if s.Kind == "preset" && slices.Contains([]string{policy.Lenient, policy.Standard, policy.Strict}, s.Value) {
			return s.Value
		}
	}
	return ""
}

// said is a value in one line.
func said(s shown) string {
	parts := slices.Clone(s.Chosen)
	if s.Value != "" {
		parts = append(parts, s.Value)
	} else {
		for _, k := range slices.Sorted(maps.Keys(s.Map)) {
			parts = append(parts, k+": "+s.Map[k])
		}
	}
	return strings.Join(parts, ", ")
}

// phone is where the gateway for text messages is shown.
const phone = "/console/settings/phone"

func (h *handler) setSMSSecret(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := h.Merchants.UpdateMerchant(r.Context(), v.merchant.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
		var err error
		m.SMSSecret, err = m.Settings.SMS.NewSecret(r.PostFormValue("secret"), h.Now())
		return m, err
	})
	if errors.Is(err, sms.ErrSecret) {
		return h.phoneWrong(w, r, v, http.StatusBadRequest, h.texts.text("sms.secret.bad"))
	}
	if errors.Is(err, sms.ErrNoGateway) {
		return errNotFound // the page has no such form then
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, phone, "sms.secret.done")
}

func (h *handler) forgetSMSSecret(w http.ResponseWriter, r *http.Request, v *visit) error {
	err := h.Merchants.UpdateMerchant(r.Context(), v.merchant.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
		m.SMSSecret = sms.Secret{}
		return m, nil
	})
	if err != nil {
		return err
	}
	return seeOther(w, r, phone, "sms.forgotten")
}

func (h *handler) testSMS(w http.ResponseWriter, r *http.Request, v *visit) error {
	number := strings.TrimSpace(r.PostFormValue("number"))
	if !sms.IsNumber(number) {
		return h.phoneWrong(w, r, v, http.StatusBadRequest, h.texts.text("sms.number.bad"))
	}
	if h.Limits.Message(w, r, v.merchant.ID) {
		return h.phoneWrong(w, r, v, http.StatusTooManyRequests, h.texts.text("sms.limit"))
	}
	err := h.SMS.SendOwn(r.Context(), v.merchant.SMS(), number, sms.Test)
	var failed *sms.FailedError
	switch {
	case errors.Is(err, sms.ErrNoGateway):
		return errNotFound
	case errors.As(err, &failed):
		why := h.texts.text("why."+failed.Reason, "status", failed.Status)
		return h.phoneWrong(w, r, v, http.StatusOK, h.texts.text("sms.failed", "why", why))
	case err != nil:
		return err
	}
	return seeOther(w, r, phone, "sms.sent")
}

// phoneWrong shows the page of the phone with what went wrong.
func (h *handler) phoneWrong(w http.ResponseWriter, r *http.Request, v *visit, status int, wrong string) error {
	i := slices.IndexFunc(h.groups, func(g group) bool { return g.ID == "phone" })
	p, err := h.settingsPage(h.groups[i], v.merchant)
	if err != nil {
		return err
	}
	out := h.newView(v, "settings", "group.phone.title")
	out.Wrong, out.Page = wrong, p
	h.render(w, r, status, "settings", out)
	return nil
}
