package tokensum

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// AzureKind is what an identifiable key of Azure says that it is.
type AzureKind struct {
	Sign       string // four characters before the checksum
	Seed       string // of the checksum, eight characters
	Name       string // in words
	Permission string // "send", "listen", "manage", "invoke", "admin", "read-only", "read-write"; empty where the key does not tell
}

// AzureKinds are the signatures and seeds of
// https://github.com/microsoft/security-utilities, IdentifiableMetadata.cs. The
// seeds of an Azure IoT hub and of a subscription to API Management are the same
// there, their signatures are not.
var AzureKinds = []AzureKind{
	{"+ASt", "Default0", "storage account key", "admin"},
	{"+ASb", "Send0000", "Service Bus key", "send"},
	{"+ASb", "Listen00", "Service Bus key", "listen"},
	{"+ASb", "Manage00", "Service Bus key", "manage"},
	{"+ASb", "System00", "Service Bus system key", "manage"},
	{"+AEh", "Send0000", "Event Hubs key", "send"},
	{"+AEh", "Listen00", "Event Hubs key", "listen"},
	{"+AEh", "Manage00", "Event Hubs key", "manage"},
	{"+AEh", "System00", "Event Hubs system key", "manage"},
	{"+ARm", "Send0000", "Relay key", "send"},
	{"+ARm", "Listen00", "Relay key", "listen"},
	{"+ARm", "Manage00", "Relay key", "manage"},
	{"ACDb", "MastRW00", "Cosmos DB primary or secondary key", "read-write"},
	{"ACDb", "MastRO00", "Cosmos DB read-only key", "read-only"},
	{"ACDb", "SystRW00", "Cosmos DB system key", "read-write"},
	{"ACDb", "SystRO00", "Cosmos DB read-only system key", "read-only"},
	{"ACDb", "SysAll00", "Cosmos DB system key", "admin"},
	{"ACDb", "Resour00", "Cosmos DB resource key", ""},
	{"ACDb", "Encryp00", "Cosmos DB data encryption key", ""},
	{"AzFu", "Functi00", "Functions key", "invoke"},
	{"AzFu", "System00", "Functions system key", "invoke"},
	{"AzFu", "Master00", "Functions master key", "admin"},
	{"AzCa", "Access00", "Cache for Redis access key", "read-write"},
	{"AzSe", "Query000", "AI Search query key", "read-only"},
	{"AzSe", "PAdmin00", "AI Search admin key", "admin"},
	{"+ABa", "AbAcct00", "Batch account key", "admin"},
	{"+ACR", "ACRDflt0", "Container Registry password", ""},
	{"+AMC", "Classic0", "Machine Learning (classic) web service key", "invoke"},
	{"+SQL", "UsrPwd00", "SQL password", ""},
	{"AIoT", "IoTHub00", "IoT Hub key", ""},
	{"AIoT", "DpsKey00", "IoT device provisioning key", ""},
	{"AIoT", "Device00", "IoT device key", ""},
	{"APIM", "Tenant00", "API Management direct management key", "admin"},
	{"APIM", "IoTHub00", "API Management subscription key", ""},
	{"APIM", "Gatewy00", "API Management gateway key", ""},
	{"APIM", "GitKey00", "API Management repository key", "admin"},
	{"AZEG", "SendRecv", "Event Grid key", "send"},
}

// sumLen is the length of a checksum in base64, without padding.
const sumLen = 6

// AzureKey says of which kind an identifiable key is. ok is false if it has no
// signature of these, or no checksum of a kind with it.
func AzureKey(key string) (kind AzureKind, ok bool) {
	raw, sign, ok := azureBytes(key)
	if !ok {
		return AzureKind{}, false
	}
	for _, k := range AzureKinds {
		if k.Sign == sign && azureSum(key, raw, Seed(k.Seed)) {
			return k, true
		}
	}
	return AzureKind{}, false
}

// azureBytes decodes a key of one of the lengths that there are: 32, 39, 40
// or 64 bytes. Those of Functions use the alphabet of URLs.
func azureBytes(key string) (raw []byte, sign string, ok bool) {
	text := strings.TrimRight(key, "=")
	switch len(text) {
	case 43, 52, 54, 86:
	default:
		return nil, "", false
	}
	sign = text[len(text)-sumLen-4 : len(text)-sumLen]
	raw, ok = decodeKey(text)
	return raw, sign, ok
}

// decodeKey decodes base64 of both alphabets without padding. Line feeds, which
// the decoder of the library leaves out, are in no key.
func decodeKey(text string) ([]byte, bool) {
	raw, err := base64.RawStdEncoding.Strict().DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(text))
	return raw, err == nil && !strings.ContainsAny(text, "\r\n") && len(raw) > 4
}

func azureSum(key string, raw []byte, seed uint64) bool {
	body := raw[:len(raw)-4]
	sum := marvinBytes(body, seed)
	if bytes.Equal(sum, raw[len(body):]) {
		return true
	}
	// In keys of the cache the characters of base64 that are neither letters nor
	// digits are replaced, in the checksum too.
	made := base64.StdEncoding.EncodeToString(append(bytes.Clone(body), sum...))
	return strings.Contains(key, "AzCa") && strings.NewReplacer("+", "P", "/", "F").Replace(made) == key
}

// AzureKeySum appends the checksum of a kind to a key that ends in the
// kind's signature, in the alphabet of URLs if url is set. Empty if the head is of
// no length that fits.
func AzureKeySum(head string, k AzureKind, url bool) string {
	raw, ok := decodeKey(head + strings.Repeat("A", sumLen))
	if !ok || !strings.HasSuffix(head, k.Sign) {
		return ""
	}
	body := raw[:len(raw)-4]
	enc := base64.StdEncoding
	if url {
		enc = base64.URLEncoding
	}
	return enc.EncodeToString(append(bytes.Clone(body), marvinBytes(body, Seed(k.Seed))...))[len(head):]
}

// AzureSum is what follows the beginning of a key, which ends in a signature: the
// checksum of the first kind that has it, and the padding.
func AzureSum(head string) string {
	for _, k := range AzureKinds {
		if strings.HasSuffix(head, k.Sign) {
			return AzureKeySum(head, k, k.Sign == "AzFu")
		}
	}
	return ""
}
