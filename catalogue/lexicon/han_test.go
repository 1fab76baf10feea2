package lexicon

import "testing"

func TestWordsInChineseCharacters(t *testing.T) {
	x, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text, label, title, issuer, state string
		start, end                        int
	}{
		{text: "姓名王小明", label: "Full_Name", start: 0, end: 2},
		{text: "中华人民共和国", state: "CHN"},
		{text: "居民身份证", title: "identity_card", issuer: "CHN"},
		{text: "运 120 出生日期 1990", label: "Date_of_Birth", start: 6, end: 10},
		{text: "免許の条件等", title: "driving_license", issuer: "JPN"},
		{text: "在留カード", title: "residence_permit", issuer: "JPN"},
		{text: "東京都千代田区"},
	} {
		w := x.Words(c.text)
		if got := len(w.Labels) > 0; got != (c.label != "") || got && (w.Labels[0].Field != c.label || w.Labels[0].Start != c.start || w.Labels[0].End != c.end) {
			t.Errorf("%s: labels %v", c.text, w.Labels)
		}
		if got := len(w.Titles) > 0; got != (c.title != "") || got && (w.Titles[0].Type != c.title || w.Titles[0].Issuer != c.issuer) {
			t.Errorf("%s: titles %v", c.text, w.Titles)
		}
		if got := len(w.States) > 0; got != (c.state != "") || got && w.States[0].Code != c.state {
			t.Errorf("%s: states %v", c.text, w.States)
		}
	}
}
