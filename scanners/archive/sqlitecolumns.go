package archive

import "strings"

// columnsOf counts the columns in the definition of a table, CREATE TABLE t (a, b, ...);
// 0 if that is not clear. See https://www.sqlite.org/lang_createtable.html.
func columnsOf(sql string) (n int) {
	const most = 2000 // columns, by SQLite's own limit
	from := strings.IndexByte(sql, '(')
	if from < 0 {
		return 0
	}
	depth, start, quote := 0, from+1, byte(0)
	for i := from; i < len(sql) && n <= most; i++ {
		switch c := sql[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '[':
			quote = ']'
		case c == '(':
			depth++
		case c == ')' && depth == 1, c == ',' && depth == 1:
			if !constraint(sql[start:i]) {
				n++
			}
			if start = i + 1; c == ')' {
				return n
			}
		case c == ')':
			depth--
		}
	}
	return 0
}

// constraint reports whether a part of a definition is none of a column.
func constraint(part string) bool {
	words := strings.FieldsFunc(part, func(r rune) bool { return r <= ' ' || r == '(' })
	if len(words) == 0 {
		return true
	}
	switch strings.ToUpper(words[0]) {
	case "CONSTRAINT", "CHECK", "UNIQUE":
		return true
	case "PRIMARY", "FOREIGN":
		return len(words) > 1 && strings.EqualFold(words[1], "KEY")
	}
	return false
}
