package archive

import "strings"

// columnsOf has the names of the columns in the definition of a table, CREATE TABLE t (a, b, ...);
// none if they are not clear. See https://www.sqlite.org/lang_createtable.html.
func columnsOf(sql string) (names row) {
	const most = 2000 // columns, by SQLite's own limit
	from := strings.IndexByte(sql, '(')
	if from < 0 {
		return nil
	}
	depth, start, quote := 0, from+1, byte(0)
	for i := from; i < len(sql) && len(names) <= most; i++ {
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
				names = append(names, columnName(sql[start:i]))
			}
			if start = i + 1; c == ')' {
				return names
			}
		case c == ')':
			depth--
		}
	}
	return nil
}

// columnName is the name that the definition of a column begins with, which may be in quotes.
func columnName(part string) string {
	part = strings.TrimLeft(part, " \t\r\n")
	if part == "" {
		return ""
	}
	end := strings.IndexAny(part, " \t\r\n")
	if close := strings.IndexByte("\"`'[", part[0]); close >= 0 {
		if n := strings.IndexByte(part[1:], "\"`']"[close]); n >= 0 {
			return part[1 : 1+n]
		}
	}
	if end < 0 {
		return part
	}
	return part[:end]
}

// secretColumns are what names of columns have in them below which credentials may stand: their
// rows are read under a line with the names, as those of a table in a text are.
var secretColumns = []string{"pass", "pwd", "secret", "token", "key", "kennwort", "contrase", "senha"}

// heading is the line with the names of a table's columns, nil if none tells what stands below it.
// Of a table WITHOUT ROWID the columns stand in another order than in its definition.
func heading(names row, sql string) row {
	const most = 1 << 10 // bytes of all of them
	total := 0
	for _, n := range names {
		total += len(n) + 1
	}
	if total > most || strings.Contains(strings.ToUpper(sql), "WITHOUT") {
		return nil
	}
	for _, n := range names {
		for _, w := range secretColumns {
			if strings.Contains(strings.ToLower(n), w) {
				return strings.Split(strings.Join(names, "\x00"), "\x00") // not of the whole text
			}
		}
	}
	return nil
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
