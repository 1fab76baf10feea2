package extract

import (
	"testing"

	"idproof/aamva"
)

func TestFromAAMVA(t *testing.T) {
	payload, err := aamva.Build(
		aamva.Header{IIN: "636000", Version: 10},
		aamva.Subfile{Type: "DL", Elements: []aamva.Element{
			{Code: "DCS", Value: "SAMPLE   "},
			{Code: "DAC", Value: "ALEX"},
			{Code: "DAD", Value: "QUINN"},
			{Code: "DBB", Value: "06061986"},
			{Code: "DBA", Value: "12102030"},
			{Code: "DBC", Value: "9"},
			{Code: "DAQ", Value: "T64200000"},
			{Code: "DAU", Value: "068 in"},
			{Code: "DAG", Value: "1 MAIN ST"},
			{Code: "DAI", Value: "RICHMOND"},
			{Code: "DAJ", Value: "VA"},
			{Code: "DAK", Value: "232690000  "},
			{Code: "DCG", Value: "USA"},
			{Code: "DAH", Value: "NONE"},
		}},
		aamva.Subfile{Type: "ZV", Elements: []aamva.Element{{Code: "ZVA", Value: "01"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	d, err := aamva.Parse(payload)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]BarcodeField{}
	for _, f := range FromAAMVA(d) {
		got[f.Name] = f
	}
	for _, want := range []BarcodeField{
		{"Surname", "SAMPLE", "SAMPLE"},
		{"Given_Names", "ALEX QUINN", "ALEX QUINN"},
		{"Date_of_Birth", "1986-06-06", "06061986"},
		{"Date_of_Expiry", "2030-12-10", "12102030"},
		{"Sex", "X", "9"},
		{"Height", "173", "068 in"},
		{"Address", "1 MAIN ST, RICHMOND, VA 23269", "1 MAIN ST, NONE, RICHMOND, VA, 232690000"},
		{"Issuing_Country", "USA", "USA"},
		{"Issuing_Region", "US-VA", "VA"},
	} {
		if got[want.Name] != want {
			t.Errorf("%+v, want %+v", got[want.Name], want)
		}
	}
	if _, there := got["Date_of_Issue"]; there {
		t.Error("a date of issue out of nothing")
	}
	if f := AAMVAElements(d); f["ZVA"] != "01" || f["DCS"] != "SAMPLE" || len(f) != 15 {
		t.Errorf("elements %v", f)
	}
}
