package idn_test

import (
	"fmt"

	"policyd-spf/internal/idn"
)

func ExampleToASCII() {
	for _, name := range []string{"Bücher.example", "faß.example", "mx.example", "☃.example"} {
		ascii, ok := idn.ToASCII(name)
		fmt.Printf("%q %t\n", ascii, ok)
	}
	// Output:
	// "xn--bcher-kva.example" true
	// "xn--fa-hia.example" true
	// "mx.example" true
	// "" false
}
