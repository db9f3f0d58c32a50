package decode

import (
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// connection are the fields of a connection string, names in lower case
// without spaces.
type connection map[string]string

// maxConnection is the longest connection string, in bytes.
const maxConnection = 8 << 10

func parseConnection(s string) connection {
	if len(s) > maxConnection || strings.Count(s, "=") < 2 || strings.ContainsAny(s, "\n\r{") {
		return nil
	}
	c := connection{}
	for n := 0; s != "" && n < 60; n++ {
		var field string
		field, s, _ = strings.Cut(s, ";")
		name, value, ok := strings.Cut(field, "=")
		name = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", ""))
		if _, twice := c[name]; ok && !twice && len(name) < 60 {
			c[name] = strings.TrimSpace(value)
		}
	}
	return c
}

func (c connection) has(names ...string) bool {
	for _, n := range names {
		if c[n] == "" {
			return false
		}
	}
	return true
}

// readConnection reads the connection strings of Azure's services. Their keys
// are read too, which say more.
func readConnection(in *Input) []leak.Evidence {
	text := strings.Trim(in.Value, `"'`)
	c := parseConnection(text)
	var v *voice
	key := ""
	switch {
	case c == nil:
		return nil
	case c.has("accountname", "accountkey"):
		v, key = c.storage(), c["accountkey"]
	case c.has("sharedaccesssignature"):
		v = of("azure", leak.APIKey, "Azure connection string with a shared access signature", 0.95, "the form of the connection string")
		v.azureHost(c.anyHost(), "the endpoint in the connection string")
		v.sas(c["sharedaccesssignature"], c.anyEndpoint())
		return v.out
	case c.has("hostname", "sharedaccesskey"):
		v, key = c.iot(), c["sharedaccesskey"]
	case c.has("endpoint", "sharedaccesskey"):
		v, key = c.messaging(), c["sharedaccesskey"]
	case c.has("accountendpoint", "accountkey"):
		v, key = c.endpoint("Azure Cosmos DB connection string", "accountendpoint"), c["accountkey"]
	case c.has("endpoint", "id", "secret"):
		v = c.endpoint("Azure App Configuration connection string", "endpoint")
		v.say(leak.ClaimKeyID, c["id"], "Id in the connection string")
		key = c["secret"]
	case c.has("endpoint", "accesskey"):
		v, key = c.endpoint("Azure connection string", "endpoint"), c["accesskey"]
	case c.has("instrumentationkey"):
		v = c.insights()
	default:
		return c.sql()
	}
	return append(v.out, keyIn(in, key)...)
}

// keyIn is what the key in a connection string says of what it may do.
func keyIn(in *Input, key string) (out []leak.Evidence) {
	sub := Input{Value: key, Now: in.Now}
	for _, read := range []func(*Input) []leak.Evidence{readAzureKey, readAnnotated} {
		for _, e := range read(&sub) {
			if e.Claim == leak.ClaimPermission || e.Claim == leak.ClaimIssued || e.Claim == leak.ClaimNote {
				out = append(out, e)
			}
		}
	}
	return out
}

// storage reads AccountName=...;AccountKey=...
// (https://learn.microsoft.com/en-us/azure/storage/common/storage-configure-connection-string).
func (c connection) storage() *voice {
	v := of("azure", leak.APIKey, "Azure storage connection string", 0.95, "AccountName and AccountKey in the connection string")
	if c["accountname"] == "devstoreaccount1" {
		v.say(leak.ClaimNote, "the account of the emulator, whose key is public", "AccountName in the connection string")
		v.environment("dev", "the account of the emulator")
	}
	v.tenant("storage account", c["accountname"], "AccountName in the connection string")
	if suffix := c["endpointsuffix"]; suffix != "" {
		v.say(leak.ClaimServer, c["accountname"]+".*."+suffix, "EndpointSuffix in the connection string")
	}
	v.say(leak.ClaimPermission, "admin", "an account key may do all in the account")
	return v
}

// messaging reads Endpoint=sb://...;SharedAccessKeyName=...;SharedAccessKey=...
// (https://learn.microsoft.com/en-us/azure/service-bus-messaging/service-bus-sas).
func (c connection) messaging() *voice {
	v := of("azure", leak.APIKey, "Azure Service Bus, Event Hubs or Relay connection string", 0.95, "Endpoint and SharedAccessKey in the connection string")
	v.azureHost(hostOf(c["endpoint"]), "Endpoint in the connection string")
	if c["sharedaccesskeyname"] != "" {
		v.policy(c["sharedaccesskeyname"], "SharedAccessKeyName in the connection string")
	}
	v.say(leak.ClaimScope, c["entitypath"], "EntityPath in the connection string")
	return v
}

// iot reads HostName=...;SharedAccessKeyName=... and HostName=...;DeviceId=...
// (https://learn.microsoft.com/en-us/azure/iot-hub/iot-hub-dev-guide-sas).
func (c connection) iot() *voice {
	typ, kind := leak.APIKey, "Azure IoT Hub connection string"
	if c["deviceid"] != "" {
		typ, kind = leak.Device, "Azure IoT device connection string"
	}
	v := of("azure", typ, kind, 0.95, "HostName and SharedAccessKey in the connection string")
	v.azureHost(c["hostname"], "HostName in the connection string")
	if device := c["deviceid"]; device != "" {
		v.say(leak.ClaimName, device, "DeviceId in the connection string")
		v.say(leak.ClaimID, device, "DeviceId in the connection string")
		v.say(leak.ClaimService, c["moduleid"], "ModuleId in the connection string")
		v.say(leak.ClaimPermission, "send", "a device sends and receives its own messages")
		v.say(leak.ClaimPermission, "listen", "a device sends and receives its own messages")
	} else if policy := c["sharedaccesskeyname"]; policy != "" {
		v.policy(policy, "SharedAccessKeyName in the connection string")
	}
	return v
}

func (c connection) endpoint(kind, field string) *voice {
	host := strings.ToLower(hostOf(c[field]))
	for suffix, name := range map[string]string{".service.signalr.net": "SignalR", ".webpubsub.azure.com": "Web PubSub", ".communication.azure.com": "Communication Services"} {
		if strings.HasSuffix(host, suffix) {
			kind = "Azure " + name + " connection string"
		}
	}
	v := of("azure", leak.APIKey, kind, 0.95, "the form of the connection string")
	v.azureHost(host, "the endpoint in the connection string")
	return v
}

// insights reads InstrumentationKey=...;IngestionEndpoint=...
// (https://learn.microsoft.com/en-us/azure/azure-monitor/app/connection-strings).
// The key is what lets telemetry in, so that it is not shown.
func (c connection) insights() *voice {
	v := of("azure", leak.APIKey, "Application Insights connection string", 0.95, "InstrumentationKey in the connection string")
	v.say(leak.ClaimPermission, "send", "it lets telemetry in, no more")
	if id := c["applicationid"]; uuidForm.MatchString(id) {
		v.say(leak.ClaimID, strings.ToLower(id), "ApplicationId in the connection string")
		v.tenant("application", strings.ToLower(id), "ApplicationId in the connection string")
	}
	host := hostOf(c["ingestionendpoint"])
	v.say(leak.ClaimServer, host, "IngestionEndpoint in the connection string")
	if region, _, ok := strings.Cut(host, "."); ok {
		v.say(leak.ClaimRegion, strings.TrimRight(region, "-0123456789"), "IngestionEndpoint in the connection string")
	}
	return v
}

// sql reads Server=tcp:NAME.database.windows.net;User ID=...;Password=...
// (https://learn.microsoft.com/en-us/azure/azure-sql/database/connect-query-content-reference-guide).
func (c connection) sql() []leak.Evidence {
	get := func(names ...string) string {
		for _, n := range names {
			if c[n] != "" {
				return c[n]
			}
		}
		return ""
	}
	host := strings.ToLower(get("server", "datasource", "addr", "address", "networkaddress"))
	host, _, _ = strings.Cut(strings.TrimPrefix(host, "tcp:"), ",")
	if !strings.Contains(host, ".database.") || get("password", "pwd") == "" {
		return nil
	}
	v := of("azure", leak.DatabaseUser, "Azure SQL connection string", 0.95, "Server and Password in the connection string")
	if !v.azureHost(host, "Server in the connection string") {
		return nil
	}
	user := get("userid", "uid", "user", "username")
	if login, at, ok := strings.Cut(user, "@"); ok && strings.HasPrefix(host, strings.ToLower(at)) {
		user = login // login@server
	}
	v.say(leak.ClaimName, user, "User ID in the connection string")
	v.say(leak.ClaimID, user, "User ID in the connection string")
	v.say(leak.ClaimScope, prefixed("database ", get("initialcatalog", "database")), "Database in the connection string")
	if mode := strings.ToLower(c["authentication"]); strings.Contains(mode, "serviceprincipal") {
		v.say(leak.ClaimNote, "the user is an application of Entra ID", "Authentication in the connection string")
	}
	return v.out
}

// anyEndpoint is the first of the endpoints of a storage account.
func (c connection) anyEndpoint() string {
	for _, name := range []string{"blobendpoint", "queueendpoint", "tableendpoint", "fileendpoint", "endpoint"} {
		if c[name] != "" {
			return c[name]
		}
	}
	return ""
}

func (c connection) anyHost() string {
	if u, err := url.Parse(c.anyEndpoint()); err == nil {
		return u.Host
	}
	return c["hostname"]
}
