package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
)

func (a *app) rulesHostsCommand() *cobra.Command {
	var f scanFlags
	var format string
	c := &cobra.Command{
		Use:   "hosts",
		Short: "List the hosts that verification may contact, for a firewall or a proxy",
		Long: `List the hosts that --verify may contact, with the classes of the calls and
whose credentials are sent there. Nothing is contacted, and no name is resolved.

The formats are text, json, squid (access lists to include in squid.conf) and
iptables (a chain for "iptables-restore --noflush"; iptables resolves the names
when it loads them, and knows no suffixes such as *.okta.com).`,
		Example: `  whosekey rules hosts
  whosekey rules hosts --verify safe --format json
  whosekey rules hosts --format squid > /etc/squid/conf.d/whosekey.conf
  whosekey rules hosts --format iptables --allow-host vault.acme.example:8200 | iptables-restore --noflush`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f.failOn = "new"
			write := hostFormats[format]
			if write == nil {
				return usage(fmt.Errorf("--format %q", format), "use text, json, squid or iptables")
			}
			s, err := f.prepare()
			if err != nil {
				return err
			}
			q, err := s.askSettings(hereRepository(), verify.Extended)
			if err != nil {
				return err
			}
			if f.verify.mode == "" { // what the settings turn on may be turned on further
				q.mode = verify.Extended
			}
			if !q.on() {
				return usage(errors.New("--verify off contacts no host"), "")
			}
			if err := q.start(s, nil); err != nil {
				return err
			}
			defer q.close()
			a.tell(q)
			return write(a.stdout, egressOf(q.engine.Hosts()))
		},
	}
	fl := c.Flags()
	fl.StringVar(&format, "format", "text", "text, json, squid or iptables")
	fl.StringVar(&f.config, "config", "", "settings `file`")
	fl.StringArrayVar(&f.ruleFiles, "rules", nil, "further provider `file`, TOML; repeatable")
	fl.StringSliceVar(&f.disable, "disable", nil, "rule `ids` to leave out")
	fl.StringVar(&f.verify.mode, "verify", "", "hosts of this mode: safe or extended (default extended)")
	f.verify.addHosts(c)
	f.verify.changed = fl.Changed
	oneOf(c, "format", "text", "json", "squid", "iptables")
	return c
}

// egress is a host that may be contacted.
type egress struct {
	Host      string       `json:"host"`              // "api.acme.example", or "*.acme.example" for one label before it
	Port      string       `json:"port"`              // "443"; "any" for what the user allows without a port
	Classes   []leak.Class `json:"classes"`           // of the calls; empty for what the user allows
	Providers []string     `json:"providers"`         // whose credentials are sent there
	ByUser    bool         `json:"by_user,omitempty"` // it was allowed in settings or with --allow-host
	suffix    string       // of "*.": ".acme.example"
	address   netip.Addr   // of a host that is one
}

func egressOf(all []verify.Egress) (out []egress) {
	for _, h := range all {
		e := egress{Host: h.Host, Classes: h.Classes, Providers: h.Providers, ByUser: h.Allowed, Port: cmp.Or(h.Port, "any")}
		if rest, ok := strings.CutPrefix(e.Host, "*"); ok {
			e.suffix = rest
		}
		e.address, _ = netip.ParseAddr(e.Host)
		if e.Classes == nil {
			e.Classes = []leak.Class{}
		}
		if e.Providers == nil {
			e.Providers = []string{}
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b egress) int {
		return cmp.Or(strings.Compare(strings.TrimPrefix(a.Host, "*."), strings.TrimPrefix(b.Host, "*.")), strings.Compare(a.Host, b.Host), strings.Compare(a.Port, b.Port))
	})
	return out
}

var hostFormats = map[string]func(io.Writer, []egress) error{
	"text": hostsText, "json": hostsJSON, "squid": hostsSquid, "iptables": hostsIptables,
}

func (e *egress) who() string {
	who := strings.Join(e.Providers, ", ")
	if e.ByUser {
		who = strings.TrimPrefix(who+", allowed by you", ", ")
	}
	return who
}

func hostsText(out io.Writer, all []egress) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tPORT\tCLASS\tPROVIDER")
	for _, e := range all {
		var classes []string
		for _, c := range e.Classes {
			classes = append(classes, string(c))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Host, e.Port, strings.Join(classes, ","), e.who())
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write hosts: %w", err)
	}
	return nil
}

func hostsJSON(out io.Writer, all []egress) error {
	if all == nil {
		all = []egress{}
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("write hosts: %w", err)
	}
	return nil
}

// hostsSquid writes access lists, one for each port. Squid refuses a list that
// has a name and a suffix of it, so names that a suffix covers are left out.
func hostsSquid(out io.Writer, all []egress) error {
	var b strings.Builder
	b.WriteString("# What whosekey contacts to verify credentials. Include it before other http_access lines.\n")
	b.WriteString("# A suffix here lets names of any depth through; whosekey itself asks those of one label more.\n")
	for _, port := range ports(all) {
		names, addresses := squidLists(all, port)
		for _, l := range []struct {
			kind, name string
			list       []string
		}{{"dstdomain", "whosekey_hosts_" + port, names}, {"dst", "whosekey_addresses_" + port, addresses}} {
			if len(l.list) == 0 {
				continue
			}
			fmt.Fprintln(&b)
			for _, item := range l.list {
				fmt.Fprintf(&b, "acl %s %s %s\n", l.name, l.kind, item)
			}
			if port == "any" {
				fmt.Fprintf(&b, "http_access allow CONNECT %s\n", l.name)
				continue
			}
			fmt.Fprintf(&b, "acl whosekey_port_%s port %s\nhttp_access allow CONNECT %s whosekey_port_%s\n", port, port, l.name, port)
		}
	}
	return writeAll(out, b.String())
}

func ports(all []egress) (out []string) {
	for _, e := range all {
		out = append(out, e.Port)
	}
	return distinct(out)
}

func squidLists(all []egress, port string) (names, addresses []string) {
	var suffixes []string
	for _, e := range all {
		if e.Port == port && e.suffix != "" {
			suffixes = append(suffixes, e.suffix)
		}
	}
	covered := func(name, but string) bool {
		return slices.ContainsFunc(suffixes, func(s string) bool { return s != but && strings.HasSuffix("."+name, s) })
	}
	for _, e := range all {
		switch {
		case e.Port != port:
		case e.address.IsValid():
			addresses = append(addresses, e.Host)
		case e.suffix != "" && !covered(e.suffix[1:], e.suffix):
			names = append(names, e.suffix)
		case e.suffix == "" && !covered(e.Host, ""):
			names = append(names, e.Host)
		}
	}
	return distinct(names), distinct(addresses)
}

// hostsIptables writes a chain of its own, which the user calls where it fits.
func hostsIptables(out io.Writer, all []egress) error {
	var b strings.Builder
	b.WriteString("# What whosekey contacts to verify credentials: a chain to jump to from OUTPUT.\n")
	b.WriteString("# Load it with \"iptables-restore --noflush\", and again from time to time: names are\n")
	b.WriteString("# resolved when it is loaded, and one that does not resolve is an error.\n")
	b.WriteString("*filter\n:WHOSEKEY - [0:0]\n")
	for _, e := range all {
		if e.suffix != "" {
			fmt.Fprintf(&b, "# %s port %s: iptables knows no suffixes; name the hosts, or use a proxy (--format squid)\n", e.Host, e.Port)
			continue
		}
		if e.address.Is6() {
			fmt.Fprintf(&b, "# %s port %s: for ip6tables\n", e.Host, e.Port)
			continue
		}
		port := " --dport " + e.Port
		if e.Port == "any" {
			port = ""
		}
		fmt.Fprintf(&b, "-A WHOSEKEY -p tcp -m tcp -d %s%s -m comment --comment %q -j ACCEPT\n", e.Host, port, comment(e.who()))
	}
	b.WriteString("COMMIT\n")
	return writeAll(out, b.String())
}

// comment cuts a text to what iptables takes for one, 255 bytes.
func comment(s string) string { return "whosekey: " + s[:min(len(s), 240)] }

func writeAll(out io.Writer, text string) error {
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("write hosts: %w", err)
	}
	return nil
}
