package decode

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// readSAS reads shared access signatures of storage accounts, alone or at the end
// of an address, and those of Service Bus, Event Hubs and IoT Hub
// (https://learn.microsoft.com/en-us/rest/api/storageservices/delegate-access-with-shared-access-signature,
// https://learn.microsoft.com/en-us/rest/api/eventhub/generate-sas-token).
func readSAS(in *Input) []leak.Evidence {
	text := strings.Trim(in.Value, `"'`)
	if len(text) > 8<<10 || !strings.Contains(text, "sig=") {
		return nil
	}
	v := &voice{weight: 0.97}
	if body, ok := strings.CutPrefix(text, "SharedAccessSignature sr="); ok {
		v.messagingSAS("sr=" + body)
		return v.out
	}
	before, query, ok := strings.Cut(text, "?")
	if !ok {
		before, query = "", text
	}
	if account := in.part("account"); before == "" && account != "" {
		before = "https://" + account + ".blob." + in.part("domain") + in.part("entity")
	}
	v.sas(query, before)
	return v.out
}

// sas reads the signature of a storage account, for the address that it stands
// at.
func (v *voice) sas(query, address string) {
	get := queryOf(strings.TrimPrefix(query, "?"))
	version := get("sv")
	if get("sig") == "" || len(version) != 10 || version[4] != '-' || get("sp") == "" && get("si") == "" {
		return
	}
	v.weight = 0.97
	kind := "service"
	switch {
	case get("skoid") != "":
		kind = "user delegation"
	case get("ss") != "" && get("srt") != "":
		kind = "account"
	}
	v.out = append(v.out, of("azure", leak.APIKey, "Azure storage shared access signature ("+kind+")", 0.97, "the parameters of the signature").out...)
	if kind == "user delegation" {
		v.weigh(0.5, leak.ClaimNote, "signed by a user, an application or a managed identity of Entra ID", "skoid in the signature")
		v.delegation(get)
	}
	v.target(address, kind != "user delegation", get("sr"))
	v.rights(get("sp"))
	v.say(leak.ClaimLabel, get("si"), "si in the signature: a stored access policy, which can end it")
	v.services(get("ss"))
	v.when(leak.ClaimIssued, azureTime(get("st")), "st in the signature: valid from")
	v.when(leak.ClaimExpires, azureTime(get("se")), "se in the signature")
	if get("se") == "" {
		v.say(leak.ClaimNote, "when it ends is said by its stored access policy", "the signature has no se")
	}
	if strings.Contains(get("spr"), "http,") || strings.HasSuffix(get("spr"), ",http") {
		v.say(leak.ClaimNote, "it may be used without TLS", "spr in the signature")
	}
	v.say(leak.ClaimNote, prefixed("only from ", get("sip")), "sip in the signature")
}

// delegation reads who made the key that signed: object and tenant of Entra ID.
func (v *voice) delegation(get func(string) string) {
	if id := get("skoid"); uuidForm.MatchString(id) {
		v.say(leak.ClaimID, strings.ToLower(id), "skoid in the signature: the object that signed")
	}
	if id := get("sktid"); uuidForm.MatchString(id) {
		v.tenant("tenant", strings.ToLower(id), "sktid in the signature: the tenant that signed")
	}
	if ske := azureTime(get("ske")); !ske.IsZero() {
		v.say(leak.ClaimNote, "the key that signed it ends at "+ske.Format(time.RFC3339), "ske in the signature")
	}
	v.say(leak.ClaimHuman, get("saoid"), "saoid in the signature: the user that it was made for")
}

// target reads the address that a signature stands at.
func (v *voice) target(address string, tenant bool, resource string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return
	}
	sub := &voice{weight: v.weight}
	if sub.azureHost(u.Host, "the host of the address") {
		for _, e := range sub.out {
			if tenant || e.Claim != leak.ClaimTenant && e.Claim != leak.ClaimTenantKind {
				v.out = append(v.out, e)
			}
		}
	}
	path := strings.Trim(u.Path, "/")
	kind := map[string]string{"b": "blob ", "c": "container ", "f": "file ", "s": "share ", "d": "directory ", "bs": "blob snapshot ", "bv": "blob version "}[resource]
	v.say(leak.ClaimScope, prefixed(kind, path), "the path of the address")
}

// rightWords are the letters of sp.
var rightWords = map[rune]string{
	'r': "read", 'a': "add", 'c': "create", 'w': "write", 'd': "delete", 'x': "delete version", 'y': "delete for ever", 'l': "list",
	't': "tags", 'f': "find", 'm': "move", 'e': "execute", 'o': "change owner", 'p': "change permissions or process", 'i': "set immutability", 'u': "update",
}

// rights reads sp, one letter for each right.
func (v *voice) rights(sp string) {
	if sp == "" || len(sp) > 20 {
		return
	}
	reads, writes := strings.ContainsAny(sp, "rl"), strings.ContainsAny(sp, "acwdxymopiu")
	const why = "sp in the signature"
	switch {
	case reads && writes:
		v.say(leak.ClaimPermission, "read-write", why)
	case reads:
		v.say(leak.ClaimPermission, "read-only", why)
	case writes:
		v.say(leak.ClaimPermission, "write-only", why)
	}
	for _, letter := range sp {
		v.say(leak.ClaimPermission, rightWords[letter], why)
	}
}

func (v *voice) services(ss string) {
	for _, letter := range ss {
		v.say(leak.ClaimScope, map[rune]string{'b': "blobs", 'q': "queues", 't': "tables", 'f': "files"}[letter], "ss in the signature")
	}
}

// azureTime reads the forms of times that signatures may have.
func azureTime(s string) time.Time {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

var messagingEntity = lazy.New(`^(?:(?:sb|https?|amqps?)://)?([0-9A-Za-z.-]{4,120})(/[0-9A-Za-z._~/-]{0,200})?$`)

func (v *voice) messagingSAS(query string) {
	get := queryOf(query)
	m := messagingEntity.FindStringSubmatch(get("sr"))
	if m == nil || get("sig") == "" {
		return
	}
	iot := strings.Contains(m[1], ".azure-devices")
	kind := "Azure Service Bus, Event Hubs or Relay shared access signature"
	if iot {
		kind = "Azure IoT Hub shared access signature"
	}
	v.out = of("azure", leak.APIKey, kind, 0.97, "the parameters of the signature").out
	v.azureHost(m[1], "sr in the signature")
	path := strings.Trim(m[2], "/")
	if device, ok := strings.CutPrefix(path, "devices/"); ok && iot {
		device, _, _ = strings.Cut(device, "/")
		v.device(device, "sr in the signature")
	} else {
		v.say(leak.ClaimScope, path, "sr in the signature")
	}
	if get("skn") != "" {
		v.policy(get("skn"), "skn in the signature: the policy that signed")
	}
	if n, err := strconv.ParseInt(get("se"), 10, 64); err == nil && n > 0 && n <= endOfTime {
		v.when(leak.ClaimExpires, time.Unix(n, 0), "se in the signature")
	}
}

var logicApp = lazy.New(`(prod-[0-9]{1,3})\.([0-9a-z]{3,25})\.logic\.azure\.(?:com|us|cn)(?::443)?/workflows/([0-9a-f]{16,32})/triggers/([0-9A-Za-z_%-]{1,60})`)

// readLogicApp reads addresses that start a workflow of Logic Apps
// (https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-http-endpoint).
func readLogicApp(in *Input) []leak.Evidence {
	if len(in.Value) > 4096 || !strings.Contains(in.Value, ".logic.azure.") || !strings.Contains(in.Value, "sig=") {
		return nil
	}
	m := logicApp.FindStringSubmatch(in.Value)
	if m == nil {
		return nil
	}
	v := of("azure", leak.Webhook, "address that starts a workflow of Azure Logic Apps", 0.95, "the host and path of the address")
	v.say(leak.ClaimRegion, m[2], "the host of the address")
	v.say(leak.ClaimID, m[3], "the workflow in the address")
	v.say(leak.ClaimName, "workflow "+m[3], "the workflow in the address")
	v.say(leak.ClaimPermission, "send", "the address starts the workflow, no more")
	return v.out
}
