package iac

// expression reads values and operators up to the end of a line (if ends), a
// comma, or a bracket that closes. One value is itself; several are something
// whose value is not computed. It is nil if there is none.
func (p *hclParser) expression(ends bool, depth int) *expr {
	var values []*expr
	line := p.line()
	for operator := false; ; {
		switch t := p.peek(); t {
		case hclNewline:
			if ends {
				return p.joined(values, operator, line)
			}
			p.at++
		case hclEnd, ',', '}', ']', ')', hclSequence:
			return p.joined(values, operator, line)
		case hclWord, hclNumber, hclQuote, hclHeredoc, '[', '{', '(':
			if len(values) < maxUses {
				values = append(values, p.value(depth))
			} else {
				p.value(depth)
			}
		default: // an operator, or something that is not understood
			operator = true
			p.at++
		}
	}
}

func (p *hclParser) joined(values []*expr, operator bool, line int) *expr {
	switch {
	case len(values) == 0:
		return nil
	case len(values) == 1 && !operator:
		return values[0]
	}
	return &expr{kind: otherExpr, parts: values, line: line, file: p.file}
}

// value reads one value, with what is taken of it: value.name, value[0].
func (p *hclParser) value(depth int) *expr {
	e := &expr{line: p.line(), file: p.file, kind: otherExpr}
	if depth >= maxNesting {
		p.recover()
		return e
	}
	switch p.peek() {
	case hclNumber:
		e.kind, e.text = literalExpr, p.text()
	case hclQuote:
		p.at++
		e = p.template(hclTextEnd, depth+1)
	case hclHeredoc:
		p.at++
		e = p.template(hclTextEnd, depth+1)
	case '(':
		p.at++
		if inner := p.expression(false, depth+1); inner != nil {
			e = inner
		}
		p.close(')')
	case '[':
		p.at++
		e.kind = tupleExpr
		p.elements(e, ']', depth+1)
	case '{':
		p.at++
		p.object(e, depth+1)
	default:
		p.word(e, depth)
	}
	p.suffix(&e, depth)
	return e
}

// word reads what begins with a name.
func (p *hclParser) word(e *expr, depth int) {
	name := p.text()
	switch {
	case p.take('('):
		e.kind, e.text = callExpr, name
		p.elements(e, ')', depth+1)
	case name == "true" || name == "false":
		e.kind, e.text = literalExpr, name
	case name != "null":
		e.kind, e.names = traversalExpr, []string{name}
	}
}

// suffix reads .name, .*, [index] after a value.
func (p *hclParser) suffix(e **expr, depth int) {
	for {
		switch p.peek() {
		case '.':
			p.at++
			switch p.peek() {
			case hclWord:
				name := p.text()
				if (*e).kind == traversalExpr && len((*e).names) < 10 {
					(*e).names = append((*e).names, name)
				} else {
					*e = &expr{kind: otherExpr, parts: []*expr{*e}, line: (*e).line, file: p.file}
				}
			case hclNumber, '*':
				p.at++
			}
		case '[':
			p.at++
			if p.take('*') {
				p.close(']')
				continue
			}
			index := &expr{kind: otherExpr, line: p.line(), file: p.file}
			p.elements(index, ']', depth+1)
			if (*e).kind != traversalExpr {
				*e = &expr{kind: otherExpr, parts: []*expr{*e}, line: (*e).line, file: p.file}
			}
			(*e).parts = append((*e).parts, index.parts...)
		default:
			return
		}
	}
}

// elements reads values with commas between them, or a "for".
func (p *hclParser) elements(e *expr, end byte, depth int) {
	for {
		for p.take(hclNewline) || p.take(',') {
		}
		v := p.expression(false, depth)
		if v != nil && len(e.parts) < maxUses {
			e.parts = append(e.parts, v)
		}
		if p.peek() != ',' {
			p.close(end)
			return
		}
	}
}

// object reads { key = value, ... }, or a "for".
func (p *hclParser) object(e *expr, depth int) {
	e.kind = objectExpr
	for {
		for p.take(hclNewline) || p.take(',') || p.take(hclOperator) {
		}
		switch p.peek() {
		case hclWord, hclQuote, '(', hclNumber, hclHeredoc:
		default:
			p.close('}')
			return
		}
		k := p.value(depth)
		if k.kind == traversalExpr && len(k.names) == 1 && k.names[0] == "for" {
			e.kind = otherExpr
			p.elements(e, '}', depth)
			return
		}
		if k.kind == traversalExpr && len(k.names) == 1 { // a bare word is a text
			k = &expr{kind: literalExpr, text: k.names[0], line: k.line, file: p.file}
		}
		if !p.take('=') && !p.take(':') {
			p.close('}')
			return
		}
		if v := p.expression(true, depth); v != nil && len(e.parts) < 2*maxUses {
			e.parts = append(e.parts, k, v)
		}
	}
}

// close goes on after the bracket that closes what is read.
func (p *hclParser) close(end byte) {
	for depth := 0; ; p.at++ {
		switch t := p.peek(); t {
		case hclEnd:
			p.fail()
			return
		case '{', '[', '(':
			p.fail()
			depth++
		case '}', ']', ')':
			if depth == 0 {
				if t == end {
					p.at++
				} else {
					p.fail()
				}
				return
			}
			depth--
		default:
			if t != hclNewline {
				p.fail()
			}
		}
	}
}

// template reads the parts of a text up to its end.
func (p *hclParser) template(end byte, depth int) *expr {
	e := &expr{kind: templateExpr, line: p.line(), file: p.file}
	for {
		switch t := p.peek(); t {
		case end:
			p.at++
			return e.plain()
		case hclEnd:
			if end != hclEnd {
				p.fail()
			}
			return e.plain()
		case hclQuoted, hclLiteral:
			line := p.line()
			s := p.long()
			if t == hclQuoted {
				s = unescape(s)
			}
			e.add(&expr{kind: literalExpr, text: s, line: line, file: p.file})
		case hclInterp, hclControl:
			p.at++
			var v *expr
			if depth < maxNesting {
				v = p.expression(false, depth+1)
			}
			if t == hclControl || v == nil {
				v = &expr{kind: otherExpr, parts: []*expr{v}, line: p.line(), file: p.file}
			}
			e.add(v)
			p.endOfSequence()
		default:
			p.fail()
			p.at++
		}
	}
}

// endOfSequence goes on after the } of a ${ or %{.
func (p *hclParser) endOfSequence() {
	for depth := 0; ; p.at++ {
		switch p.peek() {
		case hclEnd:
			return
		case hclInterp, hclControl:
			depth++
		case hclSequence:
			if depth--; depth < 0 {
				p.at++
				return
			}
		}
	}
}

func (e *expr) add(part *expr) {
	if len(e.parts) < maxUses {
		e.parts = append(e.parts, part)
	}
}

// plain turns a template of one text into that.
func (e *expr) plain() *expr {
	switch {
	case len(e.parts) == 0:
		e.kind = literalExpr
	case len(e.parts) == 1 && e.parts[0].kind == literalExpr:
		e.kind, e.text, e.parts = literalExpr, e.parts[0].text, nil
	}
	return e
}
