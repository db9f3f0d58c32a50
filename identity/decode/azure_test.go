package decode

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/tokensum"
)

// azureKey makes a key of a kind.
func azureKey(sign, seed string, before int) string {
	head := made(alphanum, before) + sign
	return head + tokensum.AzureKeySum(head, tokensum.AzureKind{Sign: sign, Seed: seed}, sign == "AzFu")
}

func annotated(date, data, sign string, kind byte) string {
	head := made(alphanum, 52) + "JQQJ9" + string(kind) + date + strings.Repeat("A", 12) + data + sign
	return head + tokensum.AnnotatedSum(head)
}

func TestAzureKeys(t *testing.T) {
	secret := "ab" + "c8Q~" + made(alphanum, 31)
	secret = secret[:3] + "8Q~" + made(alphanum, 31)
	secret += tokensum.EntraSum(secret)
	const uuid = "11111111-2222-3333-4444-555555555555"
	lower := made("abcdefghijklmnopqrstuvwxyz234567", 51) + "a"
	check(t, []vector{
		{"storage", Input{Value: azureKey("+ASt", "Default0", 76), Parts: map[string]string{"account": "acmedata"}}, map[string]string{"provider": "azure", "kind": "Azure storage account key", "permission": "admin", "tenant": "acmedata"}, []string{made(alphanum, 76)[:20]}, nil},
		{"Cosmos, read-only", Input{Value: azureKey("ACDb", "MastRO00", 76), Parts: map[string]string{"host": "acme.documents.azure.com"}}, map[string]string{"permission": "read-only", "tenant": "acme", "server": "acme.documents.azure.com"}, nil, nil},
		{"Cosmos, read-write", value(azureKey("ACDb", "MastRW00", 76)), map[string]string{"permission": "read-write"}, nil, nil},
		{"Service Bus", Input{Value: azureKey("+ASb", "Listen00", 33), Parts: map[string]string{"host": "acme.servicebus.windows.net", "key_name": "orders-reader", "entity": "orders"}}, map[string]string{"permission": "listen", "tenant": "acme", "name": "orders-reader", "opens": "orders"}, nil, nil},
		{"Event Hubs", value(azureKey("+AEh", "Send0000", 33)), map[string]string{"permission": "send", "kind": "Azure Event Hubs key"}, nil, nil},
		{"Relay", value(azureKey("+ARm", "Manage00", 33)), map[string]string{"permission": "manage"}, nil, nil},
		{"Functions", value(azureKey("AzFu", "Master00", 44)), map[string]string{"permission": "admin", "kind": "Azure Functions master key"}, nil, nil},
		{"Search", value(azureKey("AzSe", "Query000", 42)), map[string]string{"permission": "read-only"}, nil, nil},
		{"Search, admin", value(azureKey("AzSe", "PAdmin00", 42)), map[string]string{"permission": "admin"}, nil, nil},
		{"registry", Input{Value: azureKey("+ACR", "ACRDflt0", 42), Parts: map[string]string{"host": "acme.azurecr.io"}}, map[string]string{"identity_type": "registry_robot", "tenant": "acme"}, nil, nil},
		{"device", Input{Value: azureKey("AIoT", "Device00", 33), Parts: map[string]string{"device": "pump-7", "host": "plant.azure-devices.net"}}, map[string]string{"identity_type": "device", "name": "pump-7", "tenant": "plant"}, nil, nil},
		{"hub", value(azureKey("AIoT", "IoTHub00", 33)), map[string]string{"kind": "Azure IoT Hub key"}, nil, nil},
		{"API Management", value(azureKey("APIM", "Gatewy00", 76)), map[string]string{"kind": "Azure API Management gateway key"}, nil, nil},
		{"Event Grid", value(azureKey("AZEG", "SendRecv", 33)), map[string]string{"permission": "send"}, nil, nil},
		{"wrong checksum", value(made(alphanum, 76) + "+ASt" + "AAAAAA=="), map[string]string{"note": badSum}, nil, []string{"identity_type"}},

		{"older Service Bus key", Input{Provider: "azure", Value: made(b64Chars, 43) + "=", Parts: map[string]string{"host": "acme.servicebus.windows.net", "key_name": "RootManageSharedAccessKey"}}, map[string]string{"tenant": "acme", "permission": "manage|send|listen", "name": "RootManageSharedAccessKey"}, nil, []string{"provider"}},
		{"older storage key", Input{Provider: "azure", Value: made(b64Chars, 86) + "==", Parts: map[string]string{"account": "acmedata"}}, map[string]string{"tenant": "acmedata"}, nil, nil},

		{"OpenAI", value(annotated("CC", "AAAB", "ACOG", '9')), map[string]string{"kind": "Azure OpenAI key", "issued": "2026-03-01T00:00:00Z"}, nil, nil},
		{"Speech", value(annotated("BL", "AAAY", "ACOG", '9')), map[string]string{"kind": "Azure Speech key", "issued": "2025-12-01T00:00:00Z"}, nil, nil},
		{"DevOps", Input{Value: annotated("BA", "AAAA", "AZDO", '9'), Parts: map[string]string{"organization": "acme"}}, map[string]string{"identity_type": "human_account", "kind": "Azure DevOps personal access token", "issued": "2025-01-01T00:00:00Z", "tenant": "acme"}, nil, nil},
		{"App Configuration", value(annotated("AL", "AAAA", "AZAC", '9')), map[string]string{"kind": "Azure App Configuration key", "issued": "2024-12-01T00:00:00Z"}, nil, nil},
		{"of the platform", value(annotated("AA", "AAAA", "msql", 'D')), map[string]string{"note": "a key that the platform manages, not a customer|derived from another key"}, nil, nil},
		{"month 13", value(annotated("AM", "AAAA", "AZAC", '9')), nil, nil, nil},

		{"Entra secret", Input{Value: secret, Parts: map[string]string{"client_id": uuid, "tenant_id": uuid}}, map[string]string{"identity_type": "service_principal", "id": uuid, "tenant": uuid}, []string{secret[6:20]}, nil},
		{"Entra secret, older", value("yyy7" + "Q~" + strings.Repeat("y", 31)), map[string]string{"identity_type": "service_principal"}, nil, nil},
		{"Entra secret, wrong checksum", value(secret[:37] + "~~~"), nil, nil, nil},
		{"DevOps, user", value(tokensum.DevOpsMake(lower, "user")), map[string]string{"identity_type": "human_account"}, nil, nil},
		{"DevOps, application", Input{Value: tokensum.DevOpsMake(lower, "application"), Parts: map[string]string{"organization": "acme"}}, map[string]string{"identity_type": "service_principal", "tenant": "acme"}, nil, nil},
	})
}

func TestConnectionStrings(t *testing.T) {
	key := azureKey("+ASt", "Default0", 76)
	bus := azureKey("+ASb", "Manage00", 33)
	iot := azureKey("AIoT", "Device00", 33)
	pass := "Pa" + made(alphanum, 14)
	const uuid = "11111111-2222-3333-4444-555555555555"
	check(t, []vector{
		{"storage", value("DefaultEndpointsProtocol=https;AccountName=acmedata;AccountKey=" + key + ";EndpointSuffix=core.windows.net"), map[string]string{"tenant": "acmedata", "tenant_kind": "storage account", "permission": "admin", "server": "acmedata.*.core.windows.net"}, []string{key[:20]}, nil},
		{"emulator", value("AccountName=devstoreaccount1;AccountKey=" + key), map[string]string{"environment": "dev"}, nil, nil},
		{"Service Bus", value("Endpoint=sb://acme-prod.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=" + bus + ";EntityPath=orders"), map[string]string{"tenant": "acme-prod", "name": "RootManageSharedAccessKey", "permission": "manage|send|listen", "opens": "orders"}, []string{bus[:20]}, nil},
		{"IoT Hub", value("HostName=plant.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey=" + iot), map[string]string{"tenant": "plant", "permission": "admin", "name": "iothubowner"}, []string{iot[:20]}, nil},
		{"device", value("HostName=plant.azure-devices.net;DeviceId=pump-7;SharedAccessKey=" + iot), map[string]string{"identity_type": "device", "name": "pump-7", "id": "pump-7", "tenant": "plant"}, []string{iot[:20]}, nil},
		{"Cosmos", value("AccountEndpoint=https://acme.documents.azure.com:443/;AccountKey=" + azureKey("ACDb", "MastRO00", 76) + ";"), map[string]string{"tenant": "acme", "permission": "read-only"}, nil, nil},
		{"App Configuration", value("Endpoint=https://acme-cfg.azconfig.io;Id=x1-l0-s0:abc;Secret=" + annotated("CC", "AAAA", "AZAC", '9')), map[string]string{"tenant": "acme-cfg", "key_id": "x1-l0-s0:abc", "issued": "2026-03-01T00:00:00Z"}, nil, nil},
		{"SignalR", value("Endpoint=https://chat.service.signalr.net;AccessKey=" + made(b64Chars, 43) + "=;Version=1.0;"), map[string]string{"tenant": "chat", "kind": "Azure SignalR connection string"}, []string{made(b64Chars, 43)}, nil},
		{"insights", value("InstrumentationKey=" + uuid + ";IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;ApplicationId=22222222-2222-3333-4444-555555555555"), map[string]string{"permission": "send", "region": "westeurope", "id": "22222222-2222-3333-4444-555555555555"}, []string{uuid}, nil},
		{"SQL", value("Server=tcp:acme-prod.database.windows.net,1433;Initial Catalog=payments;User ID=app_rw@acme-prod;Password=" + pass + ";Encrypt=True;"), map[string]string{"identity_type": "database_user", "tenant": "acme-prod", "name": "app_rw", "opens": "database payments"}, []string{pass}, nil},
		{"of a key whose checksum is wrong", Input{Rule: "azure-storage-key", Value: made(alphanum, 76) + "+A" + "St" + made(alphanum, 6) + "==", Parts: map[string]string{"account": "acmedata", "domain": "core.windows.net"}}, map[string]string{"server": "acmedata.*.core.windows.net"}, nil, nil},
		{"of no account", Input{Rule: "azure-storage-key", Value: made(alphanum, 76) + "+A" + "St" + made(alphanum, 6) + "==", Parts: map[string]string{"domain": "core.windows.net"}}, map[string]string{"note": "the checksum is wrong: not a real token, or mistyped"}, nil, []string{"server"}},
		{"with a signature", value("BlobEndpoint=https://acmedata.blob.core.windows.net/;SharedAccessSignature=sv=2022-11-02&ss=b&srt=co&sp=rl&se=2027-01-01T00:00:00Z&sig=" + made(alphanum, 43) + "%3D"), map[string]string{"tenant": "acmedata", "permission": "read-only|read|list", "expires": "2027-01-01T00:00:00Z"}, []string{made(alphanum, 43)}, nil},
		{"none", value("Endpoint=https://example.com;SharedAccess=1"), nil, nil, nil},
	})
}

func TestSharedAccessSignatures(t *testing.T) {
	sig := made(alphanum, 43) + "="
	const object, tenant = "99999999-8888-7777-6666-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	base := "https://acmedata.blob.core.windows.net/exports/2026/a.csv?"
	check(t, []vector{
		{"service", value(base + sasQuery("sv", "2022-11-02", "sr", "b", "sp", "r", "st", "2026-03-01T00:00Z", "se", "2027-03-01", "spr", "https", "sig", sig)), map[string]string{"tenant": "acmedata", "permission": "read-only|read", "issued": "2026-03-01T00:00:00Z", "expires": "2027-03-01T00:00:00Z", "opens": "blob exports/2026/a.csv", "server": "acmedata.blob.core.windows.net"}, []string{made(alphanum, 43)}, nil},
		{"account", value("?" + sasQuery("sv", "2022-11-02", "ss", "bq", "srt", "sco", "sp", "rwdlacup", "se", "2099-12-31T23:59:59Z", "spr", "https,http", "sip", "168.1.5.60-168.1.5.70", "sig", sig)), map[string]string{"kind": "Azure storage shared access signature (account)", "permission": "read-write|read|write|delete|list", "opens": "blobs|queues", "note": "it may be used without TLS|only from 168.1.5.60-168.1.5.70", "expires": "2099-12-31T23:59:59Z"}, []string{made(alphanum, 43)}, []string{"tenant"}},
		{"user delegation", value(base + sasQuery("skoid", object, "sktid", tenant, "skt", "2026-03-01T00:00:00Z", "ske", "2026-03-08T00:00:00Z", "sks", "b", "skv", "2022-11-02", "sv", "2022-11-02", "sr", "c", "sp", "cw", "se", "2026-03-02T00:00:00Z", "sig", sig)), map[string]string{"id": object, "tenant": tenant, "permission": "write-only|create|write", "server": "acmedata.blob.core.windows.net", "note": "the key that signed it ends at 2026-03-08T00:00:00Z"}, []string{made(alphanum, 43)}, nil},
		{"stored policy", value(base + sasQuery("sv", "2019-12-12", "sr", "c", "si", "partners", "sig", sig)), map[string]string{"label": "partners", "note": "when it ends is said by its stored access policy"}, nil, []string{"expires", "permission"}},
		{"copied out of a page", value(strings.ReplaceAll(base+sasQuery("sv", "2022-11-02", "sr", "b", "sp", "r", "se", "2027-03-01", "sig", sig), "&", "&amp;")), map[string]string{"tenant": "acmedata", "permission": "read-only"}, []string{made(alphanum, 43)}, nil},
		{"beside its account", Input{Value: sasQuery("sv", "2022-11-02", "sr", "c", "sp", "rl", "se", "2027-03-01", "sig", sig), Parts: map[string]string{"account": "acmedata", "domain": "core.windows.net", "entity": "/exports"}}, map[string]string{"tenant": "acmedata", "opens": "container exports"}, nil, nil},
		{"Service Bus", value("SharedAccessSignature " + sasQuery("sr", "https://acme.servicebus.windows.net/orders", "sig", sig, "se", "1772370000", "skn", "RootManageSharedAccessKey")), map[string]string{"tenant": "acme", "opens": "orders", "name": "RootManageSharedAccessKey", "expires": "2026-03-01T13:00:00Z", "permission": "manage"}, []string{made(alphanum, 43)}, nil},
		{"device", value("SharedAccessSignature " + sasQuery("sr", "plant.azure-devices.net/devices/pump-7", "sig", sig, "se", "1772370000")), map[string]string{"identity_type": "device", "name": "pump-7", "tenant": "plant"}, nil, nil},
		{"Logic App", value("https://prod-12.westeurope.logic.azure.com:443/workflows/" + made(lowHex, 32) + "/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" + made(urlChars, 43)), map[string]string{"identity_type": "webhook", "region": "westeurope", "id": made(lowHex, 32)}, []string{made(urlChars, 43)}, nil},
		{"absurd", value("https://x.blob.core.windows.net/?" + sasQuery("sv", "2022-11-02", "sp", strings.Repeat("r", 300), "se", "99999-01-01", "sig", sig)), map[string]string{"kind": "Azure storage shared access signature (service)"}, nil, []string{"expires", "permission"}},
	})
}
