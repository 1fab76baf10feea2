package number_test

import (
	"fmt"

	"idproof/catalogue/number"
)

func ExampleTable_Check() {
	table := number.Load()
	r := table.Check("POL", number.Personal, "44051401359")
	fmt.Println(r.Valid, r.Format.Name, r.Birth.Year, r.Sex, r.Birth.Agrees(1944, 5, 14))
	r = table.Check("POL", number.Personal, "44051401358")
	fmt.Println(r.Valid, r.Reason)
	// Output:
	// true PESEL 1944 M true
	// false check_digit
}

func ExampleTable_Find() {
	for _, m := range number.Load().Find("ESP", "DNI 12345678Z  NUM SOPORT BAA000589") {
		fmt.Println(m.Format.Kind, m.Value)
	}
	// Output:
	// personal 12345678Z
	// identity_card 12345678Z
	// driving_license 12345678Z
}
