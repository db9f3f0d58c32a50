package names

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/leak"
)

const (
	// kafkaModules begin the names of Kafka's log-in modules in sasl.jaas.config:
	// kafka.apache.org/documentation/#security_jaas_client.
	kafkaModules = "org.apache.kafka.common.security."
	kafkaServers = "bootstrapservers"
	maxModule    = 400 // bytes from the module's name to the password
)

// kafka says that a password in the options of a log-in module is that of a client of
// Kafka, and of which servers.
func (b *beside) kafka(p *identity.Place) {
	if p.Start < 0 || p.Start > len(p.Text) || !unspecific(&b.s.q.Finding.Rule) {
		return
	}
	before := p.Text[max(0, p.Start-maxModule):p.Start]
	i := bytes.LastIndex(before, []byte(kafkaModules))
	if i < 0 || bytes.ContainsAny(before[i:], ";{}") {
		return
	}
	const why = "it is an option of a log-in module of Kafka"
	own := b.seen.Own.Line
	b.tell(leak.ClaimProvider, "kafka", why, around.InBlock, own)
	b.tell(leak.ClaimType, string(leak.ServiceAccount), why, around.InBlock, own)
	for i := range b.seen.Fields {
		f := &b.seen.Fields[i]
		first, _, _ := strings.Cut(f.Value, ",")
		m := hosted.FindStringSubmatch(first)
		if strings.HasSuffix(Plain(f.Name), kafkaServers) && m != nil && settled(first) && strings.ContainsAny(m[1], ".:") {
			b.says(f, leak.ClaimServer, strings.ToLower(m[1]), max(b.seen.Weight(f), around.InFile))
		}
	}
}
