package prefilter

// Compilers are Compile with each of the ways to find windows.
var Compilers = map[string]func([]Literal) *Filter{
	"pairs": func(lits []Literal) *Filter { return compile(lits, false) },
	"sets":  func(lits []Literal) *Filter { return compile(lits, true) },
	"few":   Few,
}
